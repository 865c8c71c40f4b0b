"""The blueprint of every page, and the checks in front of it."""

from flask import Blueprint, make_response, redirect, request, url_for
from flask_login import current_user
from flask_wtf.csrf import CSRFProtect
from werkzeug.wrappers import Response

from calmboard.errors import InvalidRequest

bp = Blueprint("portal", __name__)
csrf = CSRFProtect()

_PUBLIC = {
    "portal.start",
    "portal.sign_in",
    "portal.submit_sign_in",
    "portal.forgot_password",
    "portal.mail_link",
    "portal.reset_password",
    "portal.save_new_password",
    "portal.errors_reference",
    "portal.api_reference",
    "portal.noun_reference",
    "portal.api_reference_text",
    "portal.noun_reference_text",
    "portal.errors_reference_text",
    "portal.llms_text",
    "portal.agent_reference",
    "portal.agent_reference_text",
    "portal.recipe_list",
    "portal.recipe_page",
    "portal.invitation",
    "portal.join",
    "portal.stop_page",
    "portal.stop",
    "portal.allow",
}
# Mail programs send this form by themselves (RFC 8058), without a session; its address is signed, which no other site can do.
_WITHOUT_CSRF_TOKEN = {"portal.stop"}


@bp.before_request
def _require_person() -> Response | None:
    """Every page is for signed-in people, except those named as public."""
    if request.endpoint in _PUBLIC or current_user.is_authenticated:
        return None
    next_path = request.full_path.rstrip("?") if request.method == "GET" and not is_htmx() else None
    return redirect_to(url_for("portal.sign_in", next=next_path))


@bp.before_request
def _require_readable_form() -> None:
    """Reject what no page sends: a part without a name, which arrives as None, and NUL, which PostgreSQL rejects in text."""
    if None in request.form or any("\0" in text for texts in request.form.listvalues() for text in texts):
        raise InvalidRequest("A part of this form has no name, or holds NUL. Load the page again and send the form on it.")


@bp.before_request
def _require_csrf_token() -> None:
    if request.method == "POST" and request.endpoint not in _WITHOUT_CSRF_TOKEN:
        csrf.protect()


def is_htmx() -> bool:
    """Whether htmx requests a part of a page, and not the page."""
    return request.headers.get("HX-Request") == "true"


def redirect_to(address: str) -> Response:
    """Redirect the browser to another page; htmx needs a header for that."""
    if not is_htmx():
        return redirect(address, 303)
    response = make_response("", 204)
    response.headers["HX-Redirect"] = address
    return response
