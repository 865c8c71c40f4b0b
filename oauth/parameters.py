"""Reads the parameters of OAuth requests: each at most once, short, and from one source only."""

from collections.abc import Mapping

from flask import request
from werkzeug.datastructures import MultiDict

from calmboard.access.oauth.resources import API, MCP, match_resource, resource_of
from oauth.answers import OAuthError
from web.origin import origin

MAX_LENGTH = 4096
MAX_BYTES = 64 * 1024


def read_form() -> dict[str, str]:
    """The parameters of a form body; the query is not read, so that no secret stands in an address."""
    if request.mimetype != "application/x-www-form-urlencoded":
        raise OAuthError("invalid_request", "Send the parameters as application/x-www-form-urlencoded.")
    request.max_content_length = MAX_BYTES
    if request.args:
        raise OAuthError("invalid_request", "Send the parameters in the body, not in the address.")
    return single_values(request.form)


def single_values(parameters: MultiDict[str, str]) -> dict[str, str]:
    """Every parameter once (RFC 6749, section 3.1), but for `resource`; empty ones count as left out."""
    if None in parameters:
        raise OAuthError("invalid_request", "A part of the form has no name.")
    for name, values in parameters.lists():
        if len(values) > 1 and name != "resource":
            raise OAuthError("invalid_request", f"The parameter {name[:40]} is there more than once.")
        if len(values[0]) > MAX_LENGTH or "\0" in values[0] or "\ufffd" in values[0]:
            raise OAuthError(
                "invalid_request", f"The parameter {name[:40]} is too long, or contains characters that cannot be used."
            )
    return {name: value for name, value in parameters.items() if value}


def require_parameter(parameters: Mapping[str, str], name: str) -> str:
    if name not in parameters:
        raise OAuthError("invalid_request", f"The parameter {name} is missing.")
    return parameters[name]


def read_resource(parameters: MultiDict[str, str]) -> str | None:
    """The requested resource as it is configured, None where there is none; raises OAuthError for an unknown one.

    A request may name several (RFC 8707, section 2); here it may only name one several times.
    """
    sent = parameters.getlist("resource")
    if not any(sent):
        return None
    requested = {match_resource(origin(), one) for one in sent}
    if None in requested:
        raise invalid_target("The parameter resource names what is not here.")
    if len(requested) > 1:
        raise invalid_target("A token is for one resource, and resource names both.")
    return requested.pop()


def invalid_target(error: str) -> OAuthError:
    """What is wrong with `resource` (RFC 8707, section 2), which ones there are, and where that is written."""
    api, mcp = resource_of(origin(), API), resource_of(origin(), MCP)
    documents = f"{api}/.well-known/oauth-protected-resource"
    detail = f"Send resource={api} for the API, or resource={mcp} for the MCP server; {documents} describes them."
    return OAuthError("invalid_target", f"{error} {detail}")
