"""The OAuth playground: the flow with one's own client, whose callback is a page of ours that shows the response."""

import json
import secrets
from collections.abc import Mapping
from functools import partial

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response

from calmboard.access.oauth.clients import own_client
from calmboard.access.oauth.grants import GrantError, Tokens, redeem
from portal.apps.examples import ExampleAuthorization, api_command, authorize_path, playground_url, token_command
from portal.apps.kept_authorization import forget_authorization, keep_authorization, started_authorization
from portal.shared.blueprint import bp
from portal.shared.session import current_access
from portal.shared.submissions.once import created_once
from portal.shared.submissions.showing import show_again_at, show_once_at, take_shown
from web.origin import origin


@bp.post("/oauth/rehearsal")
def start_playground() -> Response:
    return redirect(authorize_path(keep_authorization(_client_id(), playground_url())), 303)


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
@created_once(again=show_again_at)
def exchange_code() -> ResponseReturnValue:
    """Exchange the code as the token endpoint does; the tokens wait for the page that the answer leads to."""
    authorization, code = _started_authorization(request.form), request.form.get("code", "")
    forget_authorization()
    if authorization is None:
        return _page("over"), 422
    client, page = own_client(current_access().user, origin()), _new_tokens_page()
    try:
        redeem(client, code, authorization.callback, authorization.verifier, origin(), partial(_show_once, page))
    except GrantError as error:
        return _page("over", reason=error.description), 422
    return redirect(page, 303)


@bp.get("/oauth/callback/<_exchange_id>")
def playground_tokens(_exchange_id: str) -> str:
    """The tokens, in this one response; its address is that of one exchange."""
    shown = take_shown()
    if shown is None:
        return _page("shown")
    answer = json.loads(shown)
    return _page("token", answer=answer, token=answer["access_token"], api_command=api_command(answer["access_token"]))


def _new_tokens_page() -> str:
    return url_for("portal.playground_tokens", _exchange_id=secrets.token_urlsafe(12))


def _show_once(page: str, tokens: Tokens) -> None:
    show_once_at(page, json.dumps(tokens.response_fields))


def _page(outcome: str, **parts: object) -> str:
    return render_template(f"apps/playground/{outcome}.html", nav_section="integrations", **parts)


def _client_id() -> str:
    return own_client(current_access().user, origin()).id


def _started_authorization(params: Mapping[str, str]) -> ExampleAuthorization | None:
    """The request that this browser started, if the callback has its state."""
    return started_authorization(_client_id(), playground_url(), params.get("state", ""))
