"""The callback URLs of one's own OAuth client: saved, or sent back with what is wrong."""

from flask import flash, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from calmboard.access.clients import change_callbacks
from calmboard.errors import ValidationFailed
from portal.door import bp, is_htmx
from portal.integrations import integrations_page
from portal.oauth_client import oauth_part
from portal.oauth_examples import origin
from portal.session import current_access

_SAVED = "The callback URLs are saved. They count from the next request on."


@bp.post("/integrations/oauth/callbacks")
def save_callbacks() -> Response | tuple[str, int]:
    access, typed = current_access(), request.form.get("callbacks", "")
    try:
        change_callbacks(access, typed, origin())
    except ValidationFailed as problem:
        part = oauth_part(access, typed, problem.errors)
        return (render_template("integrations/_oauth_client.html", **part) if is_htmx() else integrations_page(part)), 422
    if not is_htmx():
        flash(_SAVED)
        return redirect(url_for("portal.integrations", _anchor="oauth-client"), 303)
    return make_response(render_template("integrations/_oauth_saved.html", sentence=_SAVED, **oauth_part(access)))
