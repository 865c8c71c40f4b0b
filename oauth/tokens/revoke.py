"""Revocation (RFC 7009): always 200, whether the token was one or not."""

from flask import Blueprint, Response

from calmboard.access.oauth import grants
from calmboard.settings import RateLimit
from oauth.answers import OAuthError, answer, answer_error
from oauth.client_authentication import identify_client, read_client_id
from oauth.parameters import read_form, require_parameter
from oauth.rate_limits import check_limit, client_network

bp = Blueprint("oauth_revoke", __name__)

_RATE_LIMIT = RateLimit(120, 60)


@bp.post("/api/oauth/revoke")
def revoke_token() -> Response:
    try:
        parameters = read_form()
        client_id = read_client_id(parameters)
        check_limit("revoke", f"{client_id[:100]}/{client_network()}", _RATE_LIMIT)
        grants.revoke(identify_client(client_id), require_parameter(parameters, "token"))
    except OAuthError as error:
        return answer_error(error)
    return answer({})
