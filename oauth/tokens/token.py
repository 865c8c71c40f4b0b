"""The token endpoint: codes and refresh tokens become access tokens."""

import re
from collections.abc import Mapping
from datetime import timedelta

from flask import Blueprint, Response, request

from calmboard.access.oauth import grants
from calmboard.access.oauth.grants import GrantError, Tokens
from calmboard.access.secret_format import digest, is_well_formed
from calmboard.settings import RateLimit, current_settings
from oauth.answers import OAuthError, answer, answer_error
from oauth.client_authentication import identify_client, read_client_id
from oauth.parameters import read_form, read_resource, require_parameter
from oauth.rate_limits import check_limit, client_network

bp = Blueprint("oauth_token", __name__)

_RATE_LIMIT = RateLimit(120, 60)
_VERIFIER = re.compile(r"[A-Za-z0-9._~-]{43,128}")


@bp.post("/api/oauth/token")
def issue_tokens() -> Response:
    try:
        return _answer_tokens(_tokens(read_form()))
    except GrantError as error:
        return _refuse(OAuthError(error.code, error.description))
    except OAuthError as error:
        return _refuse(error)


def _tokens(parameters: Mapping[str, str]) -> Tokens:
    kind = require_parameter(parameters, "grant_type")
    if kind == "authorization_code":
        return _redeem(parameters)
    if kind == "refresh_token":
        return _refresh(parameters)
    raise OAuthError("unsupported_grant_type", "The grant types here are authorization_code and refresh_token.")


def _refuse(error: OAuthError) -> Response:
    check_limit("token", client_network(), _RATE_LIMIT)
    return answer_error(error)


def _redeem(parameters: Mapping[str, str]) -> Tokens:
    client = identify_client(read_client_id(parameters))
    names = ("code", "redirect_uri", "code_verifier")
    code, redirect_uri, verifier = (require_parameter(parameters, name) for name in names)
    if not _VERIFIER.fullmatch(verifier):
        raise OAuthError("invalid_request", "code_verifier has 43 to 128 characters: letters, digits and - . _ ~.")
    _check_code_limit(code)
    return grants.redeem(client, code, redirect_uri, verifier, read_resource(request.form))


def _check_code_limit(code: str) -> None:
    """By code, as a refresh is by grant: hosted applications act for many people under one client id and from one address."""
    if is_well_formed(code):
        check_limit("token", digest(code).hex(), _RATE_LIMIT)


def _refresh(parameters: Mapping[str, str]) -> Tokens:
    client = identify_client(read_client_id(parameters))
    settings = current_settings()
    scopes = frozenset(parameters.get("scope", "").split()) - {"offline_access"} or None
    grace = timedelta(seconds=settings.refresh_grace_s)
    return grants.refresh(
        client, require_parameter(parameters, "refresh_token"), scopes, read_resource(request.form), grace, settings.secret_key
    )


def _answer_tokens(tokens: Tokens) -> Response:
    response = answer(tokens.response_fields)
    response.headers["Pragma"] = "no-cache"
    return response
