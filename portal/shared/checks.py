"""The checks in front of every page: a readable form, somebody signed in, the token of their session."""

from flask import current_app, make_response, render_template, request, url_for
from flask_login import current_user
from flask_wtf.csrf import CSRFError
from werkzeug.wrappers import Response

from calmboard.access.secret_format import without_secrets
from calmboard.errors import InvalidRequest
from portal.shared.blueprint import bp, csrf, is_htmx, redirect_to
from portal.shared.session import leaving_session
from portal.shared.submissions.kept import ANCHORS, is_entry_kept, keep_submitted_form, refill_stale_form
from web.body_limits import body_limit

_PUBLIC = {
    "portal.start",
    "portal.sign_in",
    "portal.submit_sign_in",
    "portal.sign_in_code",
    "portal.submit_code",
    "portal.sign_in_options",
    "portal.sign_in_by_passkey",
    "portal.code_options",
    "portal.submit_passkey",
    "portal.forgot_password",
    "portal.mail_link",
    "portal.reset_password",
    "portal.save_new_password",
    "portal.errors_reference",
    "portal.leaks",
    "portal.security_text",
    "portal.api_reference",
    "portal.noun_reference",
    "portal.try_endpoint",
    "portal.try_in_terminal",
    "portal.ask_before_sending",
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
    "portal.reopen_stop",
    "portal.reopen_sign_in",
    "portal.reopen_code",
    "portal.leaving",
    "portal.keep_own_account",
    "portal.email_change",
    "portal.agree_to_change",
    "portal.stop_change",
    "portal.reopen_email_change",
}
# What a page asks for by itself, and what it shows in that place once the session has ended: the rest stays for its reader.
_POLLED = {
    "portal.first_use": "keys/_session_ended.html",
    "portal.preview_key": "keys/_preview_ended.html",
    "portal.newer_activity": "activity/_session_ended.html",
}
# Forms that htmx sends from a page that has a dialog.
_WITH_DIALOG = {"portal.save_callbacks", "portal.revoke_key"}
# Mail programs send this form by themselves (RFC 8058), without a session; its address is signed, which no other site can do.
_WITHOUT_CSRF_TOKEN = {"portal.stop"}


@bp.before_request
def _limit_form() -> None:
    request.max_content_length = body_limit(current_app, request.path)


@bp.before_request
def _require_readable_form() -> None:
    """Reject what no page sends: a part without a name, which arrives as None, and NUL, which PostgreSQL rejects in text."""
    if None in request.form or any("\0" in text for texts in request.form.listvalues() for text in texts):
        raise InvalidRequest("A part of this form has no name, or holds NUL. Load the page again and send the form on it.")


@bp.before_request
def _require_person() -> Response | None:
    """Every page is for signed-in people, except those named as public. What was entered in a form is kept for them."""
    if request.endpoint in _PUBLIC or current_user.is_authenticated:
        return None
    if leaving_session() is not None:
        return None if request.endpoint == "portal.sign_out" else redirect_to(url_for("portal.leaving"))
    if request.method == "POST" and keep_submitted_form():
        return _sign_in_for_form()
    if is_htmx() and request.endpoint in _POLLED:
        return make_response(render_template(_POLLED[request.endpoint]))
    next_path = without_secrets(request.full_path.rstrip("?")) if request.method == "GET" and not is_htmx() else None
    return redirect_to(url_for("portal.sign_in", next=next_path))


@bp.before_request
def _require_csrf_token() -> Response | None:
    if request.method != "POST" or request.endpoint in _WITHOUT_CSRF_TOKEN:
        return None
    try:
        csrf.protect()
    except CSRFError:
        if (page := refill_stale_form()) is None:
            raise
        return page
    return None


def _sign_in_for_form() -> Response:
    """The sign-in that leads back to a form: as a page, or in the dialog of the page that sent it."""
    form_page = url_for("portal.kept_form", _anchor=ANCHORS.get(request.endpoint or ""))
    if not is_htmx() or request.endpoint not in _WITH_DIALOG:
        return redirect_to(url_for("portal.sign_in", next=form_page))
    response = make_response(render_template("account/sign_in/_dialog.html", next=form_page, is_entry_kept=is_entry_kept()), 422)
    response.headers.update({"HX-Retarget": "#dialog", "HX-Reswap": "innerHTML"})
    return response
