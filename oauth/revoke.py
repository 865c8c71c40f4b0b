"""Revocation (RFC 7009): always 200, whether the token was one or not."""

from flask import Blueprint, Response

from calmboard.access import grants
from oauth.answers import OAuthError, answer, answer_error
from oauth.parameters import need, public_client, read_form

bp = Blueprint("oauth_revoke", __name__)


@bp.post("/api/oauth/revoke")
def revoke_token() -> Response:
    try:
        parameters = read_form()
        grants.revoke(public_client(parameters), need(parameters, "token"))
    except OAuthError as error:
        return answer_error(error)
    return answer({})
