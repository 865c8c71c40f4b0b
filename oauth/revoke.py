"""Revocation (RFC 7009): always 200, whether the token was one or not."""

from flask import Blueprint, Response

from calmboard.access.oauth import grants
from calmboard.settings import Window
from oauth.answers import OAuthError, answer, answer_error
from oauth.parameters import need, public_client, read_form
from oauth.rate_limits import need_room, network

bp = Blueprint("oauth_revoke", __name__)

_WINDOW = Window(120, 60)


@bp.post("/api/oauth/revoke")
def revoke_token() -> Response:
    try:
        parameters = read_form()
        need_room("revoke", f"{need(parameters, 'client_id')[:100]}/{network()}", _WINDOW)
        grants.revoke(public_client(parameters), need(parameters, "token"))
    except OAuthError as error:
        return answer_error(error)
    return answer({})
