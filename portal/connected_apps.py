"""Connected apps: the question before one is disconnected, and doing so."""

from flask import flash, make_response, redirect, render_template, url_for
from werkzeug.wrappers import Response

from calmboard.access.grants import end_my_grant, find_my_grant
from portal.app_rows import apps_part
from portal.door import bp, is_htmx
from portal.key_rows import use_of
from portal.session import current_access


@bp.get("/integrations/apps/<grant_id>/disconnect")
def disconnect_page(grant_id: str) -> str:
    grant = find_my_grant(current_access(), grant_id)
    return render_template(
        "apps/_disconnect.html" if is_htmx() else "apps/disconnect.html",
        place="integrations",
        in_dialog=is_htmx(),
        grant=grant,
        use=use_of(grant),
    )


@bp.post("/integrations/apps/<grant_id>/disconnect")
def disconnect(grant_id: str) -> Response:
    grant = end_my_grant(current_access(), grant_id)
    sentence = f"{grant.client_name} is disconnected. Its requests get invalid_token."
    if not is_htmx():
        flash(sentence)
        return redirect(url_for("portal.integrations", _anchor="connected-apps"), 303)
    parts = apps_part(current_access(), changed=True)
    return make_response(render_template("apps/_changed.html", sentence=sentence, **parts))
