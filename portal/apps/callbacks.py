"""The callback URLs of one's own OAuth client: saved, or returned with its errors."""

from flask import flash, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from calmboard.access.oauth.clients import change_callbacks
from calmboard.errors import ValidationFailed
from portal.apps.section import OAuthClientSection, OAuthStepsSection
from portal.overview.views import integrations_page
from portal.shared.blueprint import bp, is_htmx
from portal.shared.session import current_access
from web.origin import origin

_SAVED = "The callback URLs are saved. They count from the next request on."


@bp.post("/integrations/oauth/callbacks")
def save_callbacks() -> Response | tuple[str, int]:
    access, text = current_access(), request.form.get("callbacks", "")
    try:
        change_callbacks(access, text, origin())
    except ValidationFailed as problem:
        section = OAuthClientSection.of(access, text, problem.errors)
        return (render_template("apps/_client.html", section=section) if is_htmx() else integrations_page(section)), 422
    if not is_htmx():
        flash(_SAVED)
        return redirect(url_for("portal.integrations", _anchor="oauth-client"), 303)
    section, steps = OAuthClientSection.of(access), OAuthStepsSection.of(access)
    return make_response(render_template("apps/_saved.html", section=section, steps=steps, sentence=_SAVED))
