"""The Integrations & APIs page."""

from typing import Any

from flask import current_app, render_template

from calmboard.access.integrations import INTEGRATIONS
from calmboard.access.plans import PLANS, window_of
from calmboard.errors import PROBLEMS
from portal.agents.connection_test import tested
from portal.agents.section import agents_part, mcp_part
from portal.apps.client import oauth_part
from portal.docs.examples import examples, first_examples
from portal.keys.lists import keys_part
from portal.shared.blueprint import bp, is_htmx
from portal.shared.session import current_access

_COMMON = (
    "missing_api_key",
    "invalid_api_key",
    "api_key_revoked",
    "paid_plan_required",
    "forbidden",
    "not_found",
    "rate_limit_exceeded",
)


@bp.get("/integrations")
def integrations() -> str:
    return integrations_page(oauth_part(current_access()))


@bp.get("/integrations/mcp-test")
def test_mcp_server() -> str:
    """What the server answers and which tools an agent would get; without htmx, the page with that in its place."""
    access = current_access()
    found = tested(access)
    if not is_htmx():
        return integrations_page(oauth_part(access), found)
    return render_template("agents/_tested_now.html", plan=PLANS[access.user.plan], **found, **agents_part(access))


def integrations_page(oauth: dict[str, Any], found: dict[str, Any] | None = None) -> str:
    """The page, with what it says about OAuth, and what a test of the MCP server found; see `oauth_part` and `tested`."""
    access = current_access()
    nouns = examples(access)
    return render_template(
        "overview/page.html",
        place="integrations",
        window=window_of(access.user.plan, current_app.config["CALMBOARD"]),
        tools=INTEGRATIONS,
        nouns=nouns,
        examples=first_examples(nouns),
        common_problems=[PROBLEMS[code] for code in _COMMON],
        **keys_part(access),
        **oauth,
        **mcp_part(access),
        **(found or {}),
    )
