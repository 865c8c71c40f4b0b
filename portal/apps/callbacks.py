"""The callback URLs of one's own OAuth client: a field each, edited, saved, or returned with their errors."""

from flask import flash, make_response, render_template, request
from flask.typing import ResponseReturnValue

from calmboard.access.oauth.app_changes import change_callbacks
from calmboard.errors import FieldError, ValidationFailed
from portal.account.proof import proven
from portal.apps.callback_fields import CallbackFields, submitted_uris
from portal.apps.page import app_list_page
from portal.apps.section import OAuthClientSection, OAuthStepsSection
from portal.overview.views import integrations_page
from portal.shared.blueprint import bp, is_htmx, page_with, redirect_to_part
from portal.shared.session import current_access
from portal.shared.submissions.kept import Fields, refilled_by
from web.origin import origin

_SAVED = "The callback URLs are saved. They count from the next request on."

# The form stands far below the note at the top of its page: it says the same itself, and takes the focus.
_UNSAVED = (FieldError("/redirect_uris", "unsaved", "This is what you entered before you signed in. Save it again."),)


def _refill(fields: Fields) -> ResponseReturnValue:
    return _edited(CallbackFields(submitted_uris(fields), _UNSAVED))


@bp.post("/integrations/oauth/callbacks")
@refilled_by(_refill)
def save_callbacks() -> ResponseReturnValue:
    uris = submitted_uris(request.form)
    if "add" in request.form:
        return _edited(CallbackFields([*uris, ""], added=len(uris)))
    if "remove" in request.form:
        return _edited(CallbackFields([uri for uri in uris if uri != request.form["remove"]]))
    return _save(uris)


@proven
def _save(uris: list[str]) -> ResponseReturnValue:
    access = current_access()
    try:
        change_callbacks(access, uris, origin())
    except ValidationFailed as problem:
        return _edited(CallbackFields(uris, problem.errors)), 422
    if not is_htmx():
        flash(_SAVED)
        return redirect_to_part("oauth-client")
    section = OAuthClientSection.of(access)
    steps = OAuthStepsSection.of(access) if page_with("oauth-client") == "portal.integrations" else None
    return make_response(render_template("apps/_saved.html", section=section, steps=steps, sentence=_SAVED))


def _edited(fields: CallbackFields) -> str:
    """The form with other fields; nothing is saved."""
    section = OAuthClientSection.of(current_access(), fields)
    if is_htmx():
        return render_template("apps/_client.html", section=section)
    return integrations_page(section) if page_with("oauth-client") == "portal.integrations" else app_list_page(section)
