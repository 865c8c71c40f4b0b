"""How an authorization request ends without a code: at the application's address, or on our page, which links to it."""

from urllib.parse import urlencode

from flask import render_template
from flask_login import current_user
from werkzeug.wrappers import Response

from calmboard.access.oauth.clients import Client, is_known_to
from calmboard.access.oauth.redirect_uris import is_same_origin
from oauth.answers import OAuthError, VerbatimRedirect
from oauth.consent.page import shown_address
from web.origin import origin
from web.record import current_record


def refuse(client: Client, redirect_uri: str, state: str | None, error: OAuthError) -> Response | tuple[str, int]:
    """Redirect at once to an application that the person knows; anywhere else only by a link that they may follow.

    Anybody may register an application, so its address is not one to send people to unasked (RFC 9700, section 4.11.2).
    """
    record = current_record()
    record.code, record.refused_by = error.code, "input"
    result = {"error": error.code, "error_description": error.description}
    if _may_redirect(client, redirect_uri):
        return redirect_back(redirect_uri, state, **result)
    page = render_template(
        "oauth/refused.html",
        name=client.shown_name,
        error=error,
        address=_address(redirect_uri, state, result),
        sends_to=shown_address(redirect_uri),
    )
    return page, 400


def redirect_back(redirect_uri: str, state: str | None, **result: str) -> Response:
    """303, so that a browser turns a POST into a GET."""
    address = _address(redirect_uri, state, result)
    return VerbatimRedirect(status=303, headers={"Location": address}, mimetype="text/html")


def error_page(sentence: str) -> tuple[str, int]:
    return render_template("oauth/stopped.html", sentence=sentence), 400


def _may_redirect(client: Client, redirect_uri: str) -> bool:
    """Whether the client's own document lies where the address leads, or the signed-in person knows the client."""
    if client.kind == "document" and is_same_origin(client.id, redirect_uri):
        return True
    return current_user.is_authenticated and is_known_to(current_user.person, client)


def _address(redirect_uri: str, state: str | None, result: dict[str, str]) -> str:
    """The application's address, which is only added to (RFC 6749, section 3.1.2); `iss` names the issuer (RFC 9207)."""
    parameters = {**result, **({"state": state} if state is not None else {}), "iss": origin()}
    separator = "" if redirect_uri.endswith("?") else "&" if "?" in redirect_uri else "?"
    return redirect_uri + separator + urlencode(parameters)
