"""Forms outlive their sessions: what was entered comes back, in the form's own page, after signing in again.

Kept are the forms of views that say by `refilled_by` how their page is filled; of their fields never a password, code or token.
"""

from collections.abc import Callable
from typing import ParamSpec

from flask import flash, make_response, render_template, request, session
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from calmboard.access.kept_forms import FilledForm, keep_form, take_form
from calmboard.access.secret_format import without_secrets
from portal.shared.blueprint import UNCHANGED, is_htmx
from portal.shared.form_limits import client_network
from web.origin import is_from_our_page

P = ParamSpec("P")

Fields = MultiDict[str, str]
Refill = Callable[..., ResponseReturnValue]

KEPT_FOR_PROOF = "kept_for_proof"  # whether it was kept until the second factor is proven again
KEPT_FORM = "kept_form"  # the entry of the signed cookie that holds the token of a kept form
SIGNED_IN_AGAIN = "Your session had ended, so nothing was changed. This is what you entered: look it through and send it again."
SIGNED_IN_AGAIN_EMPTY = (
    "Your session had ended, so nothing was changed. Fill the form in again: passwords and codes are never kept."
)
PROVEN = "Your code fits. This is what you entered: look it through and send it again."
PROVEN_EMPTY = "Your code fits. Fill the form in again: passwords and codes are never kept."
STALE = "This form was opened before you last signed in, so nothing was changed. Look it through and send it again."
# The name goes along for password stores alone.
_NEVER_KEPT = ("password", "token", "code", "username", "passkey")
_HAS_ENTRIES = "kept_entries"
# What stays in the cookie as somebody signs in.
KEPT_ENTRIES = (KEPT_FORM, _HAS_ENTRIES)
REFILLS: dict[str, Refill] = {}
ANCHORS: dict[str, str] = {}


def refilled_by(
    refill: Refill, anchor: str | None = None
) -> Callable[[Callable[P, ResponseReturnValue]], Callable[P, ResponseReturnValue]]:
    """Say how the page of a view's form is filled: by a function of the fields, and of the parts of the view's path.

    The form stands at the `anchor` of that page.
    """

    def decorate(view: Callable[P, ResponseReturnValue]) -> Callable[P, ResponseReturnValue]:
        REFILLS[f"portal.{view.__name__}"] = refill
        if anchor is not None:
            ANCHORS[f"portal.{view.__name__}"] = anchor
        return view

    return decorate


def keep_submitted_form() -> bool:
    """Keep the form of this request for its browser, where it is one of ours; returns whether it is kept.

    Another site could send a form here, to have its own values stand in the page: so the browser has to name ours.
    """
    if request.endpoint not in REFILLS or not is_from_our_page():
        return False
    form = FilledForm(request.endpoint, dict(request.view_args or {}), _entered())
    token = keep_form(form, client_network())
    if token is not None:
        session[KEPT_FORM] = token
        session[_HAS_ENTRIES] = any(text for _, text in form.fields)
    return token is not None


def is_entry_kept() -> bool:
    """Whether the form that waits for this browser holds anything that was entered."""
    return KEPT_FORM in session and bool(session.get(_HAS_ENTRIES))


def take_kept_form() -> Response | None:
    """The page of the form that this browser sent, filled; None where none is kept."""
    form = take_form(session.pop(KEPT_FORM, ""))
    if form is None:
        return None
    is_empty = not session.pop(_HAS_ENTRIES, False)
    if session.pop(KEPT_FOR_PROOF, False):
        flash(PROVEN_EMPTY if is_empty else PROVEN, UNCHANGED)
    else:
        flash(SIGNED_IN_AGAIN_EMPTY if is_empty else SIGNED_IN_AGAIN, UNCHANGED)
    return make_response(REFILLS[form.view](MultiDict(form.fields), **form.view_args))


def refill_stale_form() -> Response | None:
    """The page of the form of this request, filled, with new tokens in it; None for forms that cannot be filled."""
    if request.endpoint not in REFILLS or not is_from_our_page():
        return None
    is_part = is_htmx()
    if not is_part:
        flash(STALE, UNCHANGED)
    response = make_response(REFILLS[request.endpoint](MultiDict(_entered()), **(request.view_args or {})))
    if is_part:
        response.set_data(response.get_data(as_text=True) + render_template("shared/_stale.html", sentence=STALE))
    if response.status_code == 200:
        response.status_code = 422
    return response


def _entered() -> list[tuple[str, str]]:
    """What was entered, without what is kept for nobody: of a key that was pasted anywhere, its end alone."""
    fields = request.form.items(multi=True)
    return [(name, without_secrets(text)) for name, text in fields if not any(word in name for word in _NEVER_KEPT)]
