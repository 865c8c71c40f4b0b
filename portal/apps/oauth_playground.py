"""The OAuth playground: the flow with one's own client, whose callback is a page of ours that shows the response."""

import hmac
from collections.abc import Mapping

from flask import redirect, render_template, request, session
from werkzeug.wrappers import Response

from calmboard.access.oauth.clients import own_client
from calmboard.access.oauth.grants import GrantError, redeem
from portal.apps.examples import ExampleAuthorization, api_command, authorize_path, playground_url, token_command
from portal.shared.blueprint import bp
from portal.shared.session import current_access
from web.origin import origin

# The entry of the signed cookie that holds verifier and state from the start to the callback.
_SESSION_KEY = "rehearsal"


@bp.post("/oauth/rehearsal")
def start_playground() -> Response:
    authorization = _authorization()
    session[_SESSION_KEY] = [authorization.verifier, authorization.state]
    return redirect(authorize_path(authorization), 303)


@bp.get("/oauth/callback")
def callback() -> str:
    params = request.args
    if "error" in params:
        return _page("refused", params=params, is_denied=params["error"] == "access_denied")
    if "code" not in params:
        return _page("waiting")
    authorization = _started_authorization(params)
    command = token_command(authorization, params["code"]) if authorization else ""
    return _page(
        "code", params=params, authorization=authorization, is_from_us=params.get("iss") == origin(), token_command=command
    )


@bp.post("/oauth/callback")
def exchange_code() -> str | tuple[str, int]:
    """Exchange the code as the token endpoint does; the tokens are shown in this one response."""
    authorization, code = _started_authorization(request.form), request.form.get("code", "")
    session.pop(_SESSION_KEY, None)
    if authorization is None:
        return _page("over"), 422
    try:
        tokens = redeem(
            own_client(current_access().user, origin()), code, authorization.callback, authorization.verifier, origin()
        )
    except GrantError as error:
        return _page("over", reason=error.description), 422
    return _page("token", answer=tokens.response_fields, token=tokens.access_token, api_command=api_command(tokens.access_token))


def _page(outcome: str, **parts: object) -> str:
    return render_template(f"apps/playground/{outcome}.html", nav_section="integrations", **parts)


def _authorization(*verifier_and_state: str) -> ExampleAuthorization:
    return ExampleAuthorization(own_client(current_access().user, origin()).id, playground_url(), *verifier_and_state)


def _started_authorization(params: Mapping[str, str]) -> ExampleAuthorization | None:
    """The request that this browser started, if the callback has its state."""
    stored = session.get(_SESSION_KEY)
    if stored is None or not hmac.compare_digest(stored[1].encode(), params.get("state", "").encode()):
        return None
    return _authorization(*stored)
