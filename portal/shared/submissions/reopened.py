"""Addresses that forms are sent to, opened as pages: by Reload after signing in, a restored tab, or Back and Forward.

What a form was answered with stands at its address, a list of errors for example. Opened again, that leads to the form.
"""

from flask import redirect, url_for
from werkzeug.wrappers import Response

from portal.shared.blueprint import bp


@bp.get("/integrations/keys/projects")
def reopen_key_form() -> Response:
    return redirect(url_for("portal.new_key"), 303)


@bp.get("/integrations/keys/<key_id>/edit/projects")
def reopen_edited_key(key_id: str) -> Response:
    return redirect(url_for("portal.edit_page", key_id=key_id), 303)


@bp.get("/integrations/keys/<key_id>/pause")
@bp.get("/integrations/keys/<key_id>/resume")
def reopen_key(key_id: str) -> Response:
    return redirect(url_for("portal.key_page", key_id=key_id), 303)


@bp.get("/integrations/keys/<key_id>/extend")
def reopen_extended_key(key_id: str) -> Response:
    return redirect(url_for("portal.key_page", key_id=key_id), 303)


@bp.get("/integrations/keys/search")
def reopen_search() -> Response:
    return redirect(url_for("portal.integrations", _anchor="keys"), 303)


@bp.get("/integrations/keys/selection/<step>")
def reopen_selection(**_step: str) -> Response:
    return redirect(url_for("portal.integrations", _anchor="keys"), 303)


@bp.get("/integrations/keys/try")
@bp.get("/integrations/keys/try/end")
def reopen_trial() -> Response:
    return redirect(url_for("portal.api_reference"), 303)


@bp.get("/account/sessions/<session_id>/end")
def reopen_session(**_session: str) -> Response:
    return redirect(url_for("portal.sessions"), 303)


@bp.get("/integrations/practice")
def reopen_practice() -> Response:
    return redirect(url_for("portal.integrations", _anchor="examples"), 303)


@bp.get("/integrations/oauth/callbacks")
def reopen_callbacks() -> Response:
    return redirect(url_for("portal.integrations", _anchor="oauth-client"), 303)


@bp.get("/integrations/apps/<client_id>/enable")
@bp.get("/integrations/apps/<client_id>/leave")
def reopen_own_app(client_id: str) -> Response:
    return redirect(url_for("portal.app_page", app_id=client_id), 303)


@bp.get("/oauth/rehearsal")
def reopen_playground() -> Response:
    return redirect(url_for("portal.integrations", _anchor="oauth-steps"), 303)


@bp.get("/account/name")
@bp.get("/account/email")
@bp.get("/account/email/cancel")
@bp.get("/account/mail")
def reopen_profile() -> Response:
    return redirect(url_for("portal.account"), 303)


@bp.get("/account/delete/owner")
def reopen_deletion() -> Response:
    return redirect(url_for("portal.deletion"), 303)


@bp.get("/account/keep")
def reopen_leaving() -> Response:
    return redirect(url_for("portal.leaving"), 303)


@bp.get("/account/passkeys/options")
@bp.get("/account/password")
@bp.get("/account/second-factor/recovery-codes")
def reopen_security() -> Response:
    return redirect(url_for("portal.security"), 303)


@bp.get("/sign-in/passkey")
@bp.get("/sign-in/passkey/options")
def reopen_sign_in() -> Response:
    return redirect(url_for("portal.sign_in"), 303)


@bp.get("/account/prove/passkey")
@bp.get("/account/prove/passkey/options")
def reopen_proof() -> Response:
    return redirect(url_for("portal.prove"), 303)


@bp.get("/account/second-factor/confirm")
def reopen_enrolment() -> Response:
    return redirect(url_for("portal.second_factor"), 303)


@bp.get("/change-address/<token>/stop")
def reopen_email_change(token: str) -> Response:
    return redirect(url_for("portal.email_change", token=token), 303)


@bp.get("/invitations/stop/<token>/undo")
def reopen_stop(token: str) -> Response:
    return redirect(url_for("portal.stop_page", token=token), 303)
