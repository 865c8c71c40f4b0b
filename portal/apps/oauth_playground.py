"""The rehearsal: the flow with one's own client, back to a page of ours that shows what came back."""

import hmac
from collections.abc import Mapping

from flask import redirect, render_template, request, session
from werkzeug.wrappers import Response

from calmboard.access.oauth.clients import own_client
from calmboard.access.oauth.grants import GrantError, redeem
from portal.apps.examples import ExampleAuthorization, api_command, authorize_path, origin, rehearsal_address, token_command
from portal.shared.blueprint import bp
from portal.shared.session import current_access

# What is kept in the signed cookie between the start and the callback: verifier and state.
_SESSION_KEY = "rehearsal"


@bp.post("/oauth/rehearsal")
def start_rehearsal() -> Response:
    asking = _asking()
    session[_SESSION_KEY] = [asking.verifier, asking.state]
    return redirect(authorize_path(asking), 303)


@bp.get("/oauth/callback")
def callback() -> str:
    came = request.args
    if "error" in came:
        return _page("refused", came=came, is_denied=came["error"] == "access_denied")
    if "code" not in came:
        return _page("waiting")
    asking = _rehearsed(came)
    command = token_command(asking, came["code"]) if asking else ""
    return _page("code", came=came, asking=asking, is_from_us=came.get("iss") == origin(), token_command=command)


@bp.post("/oauth/callback")
def exchange_code() -> str | tuple[str, int]:
    """Trade the code as the token endpoint does; the answer is shown in this one response."""
    asking, code = _rehearsed(request.form), request.form.get("code", "")
    session.pop(_SESSION_KEY, None)
    if asking is None:
        return _page("over"), 422
    try:
        tokens = redeem(own_client(current_access().user, origin()), code, asking.callback, asking.verifier, origin())
    except GrantError as error:
        return _page("over", reason=error.description), 422
    return _page("token", answer=tokens.shown, token=tokens.access_token, api_command=api_command(tokens.access_token))


def _page(outcome: str, **parts: object) -> str:
    return render_template(f"apps/playground/{outcome}.html", place="integrations", **parts)


def _asking(*kept: str) -> ExampleAuthorization:
    return ExampleAuthorization(own_client(current_access().user, origin()).id, rehearsal_address(), *kept)


def _rehearsed(came: Mapping[str, str]) -> ExampleAuthorization | None:
    """The request that this browser made, where what came back carries its state."""
    kept = session.get(_SESSION_KEY)
    if kept is None or not hmac.compare_digest(kept[1].encode(), came.get("state", "").encode()):
        return None
    return _asking(*kept)
