"""The Integrations & APIs page."""

from typing import Any

from flask import render_template

from calmboard.access.plans import PLANS, rate_limit_of
from calmboard.access.providers import PROVIDERS
from calmboard.errors import PROBLEMS
from calmboard.settings import current_settings
from portal.agents.connection_test import run_connection_test
from portal.agents.section import agents_section, mcp_section
from portal.apps.sections import oauth_section
from portal.docs.examples import examples, first_examples
from portal.keys.section import keys_section
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
    return integrations_page(oauth_section(current_access()))


@bp.get("/integrations/mcp-test")
def test_mcp_server() -> str:
    """The result of the connection test; without htmx, the page with the result in its place."""
    access = current_access()
    result = run_connection_test(access)
    if not is_htmx():
        return integrations_page(oauth_section(access), result)
    return render_template("agents/_tested_now.html", plan=PLANS[access.user.plan], **result, **agents_section(access))


def integrations_page(oauth: dict[str, Any], test_result: dict[str, Any] | None = None) -> str:
    """The page, given its section on OAuth and the result of a connection test; see `oauth_section` and `run_connection_test`."""
    access = current_access()
    nouns = examples(access)
    return render_template(
        "overview/page.html",
        nav_section="integrations",
        rate_limit=rate_limit_of(access.user.plan, current_settings()),
        tools=PROVIDERS.get(),
        nouns=nouns,
        examples=first_examples(nouns),
        common_problems=[PROBLEMS[code] for code in _COMMON],
        **keys_section(access),
        **oauth,
        **mcp_section(access),
        **(test_result or {}),
    )
