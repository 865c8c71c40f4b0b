"""The Integrations & APIs page."""

from typing import Any

from flask import current_app, render_template

from calmboard.access.integrations import INTEGRATIONS
from calmboard.access.plans import window_of
from calmboard.errors import PROBLEMS
from portal.door import bp
from portal.examples import examples, first_examples
from portal.key_rows import keys_part
from portal.oauth_client import oauth_part
from portal.session import current_access

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


def integrations_page(oauth: dict[str, Any]) -> str:
    """The page, with what it says about OAuth; see `oauth_part`."""
    access = current_access()
    nouns = examples(access)
    return render_template(
        "integrations/page.html",
        place="integrations",
        window=window_of(access.user.plan, current_app.config["CALMBOARD"]),
        tools=INTEGRATIONS,
        nouns=nouns,
        examples=first_examples(nouns),
        common_problems=[PROBLEMS[code] for code in _COMMON],
        **keys_part(access),
        **oauth,
    )
