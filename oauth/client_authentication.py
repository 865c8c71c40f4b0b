"""Which client asks at an endpoint of programs (RFC 6749, section 2.3). All are public: none has a secret."""

import base64
from collections.abc import Mapping
from urllib.parse import unquote_plus

from flask import request

from calmboard.access.oauth.clients import Client, known_client
from oauth.answers import OAuthError

_PUBLIC = "Clients here are public and have no secret"


def identify_client(client_id: str) -> Client:
    client = known_client(client_id)
    if client is None:
        raise OAuthError("invalid_client", "No client has this id. Register again.", 401)
    return client


def read_client_id(parameters: Mapping[str, str]) -> str:
    """The id in the form, or in HTTP Basic with an empty secret, as common libraries send it by themselves."""
    if request.headers.get("Authorization"):
        return _basic_client_id(parameters)
    if "client_secret" in parameters:
        raise OAuthError("invalid_client", f"{_PUBLIC}: this one is not expected. Leave client_secret out.", 401)
    if "client_id" not in parameters:
        raise OAuthError("invalid_request", "The parameter client_id is missing.")
    return parameters["client_id"]


def _basic_client_id(parameters: Mapping[str, str]) -> str:
    if "client_secret" in parameters:
        message = "The client authenticates in two ways, by the Authorization header and by client_secret. Send client_id alone."
        raise OAuthError("invalid_request", message)
    client_id, secret = _read_basic()
    if secret:
        message = f"{_PUBLIC}: the one in the Authorization header is not expected. Send client_id in the body alone."
        raise OAuthError("invalid_client", message, 401)
    if parameters.get("client_id", client_id) != client_id:
        raise OAuthError("invalid_request", "client_id in the body is not the one in the Authorization header. Send one of them.")
    return client_id


def _read_basic() -> tuple[str, str]:
    """Id and secret, percent-encoded each by RFC 6749, section 2.3.1."""
    scheme, _, encoded = request.headers["Authorization"].strip().partition(" ")
    if scheme.lower() != "basic":
        raise OAuthError("invalid_client", f"{_PUBLIC}. Send client_id in the body, without an Authorization header.", 401)
    try:
        pair = base64.b64decode(encoded.strip(), validate=True).decode()
    except ValueError:
        pair = ""
    if ":" not in pair or not pair.isprintable():
        message = "The Authorization header is no readable Basic. Send client_id in the body alone."
        raise OAuthError("invalid_client", message, 401)
    # An id that is an address holds colons where a library did not encode it; then the last one ends the id.
    client_id, secret = (pair[:-1], "") if pair.endswith(":") else pair.split(":", 1)
    return client_id if ":" in client_id else _decoded(client_id), _decoded(secret)


def _decoded(text: str) -> str:
    """Bytes that are no UTF-8 and NUL become what no id contains."""
    return unquote_plus(text).replace("\0", "\ufffd")
