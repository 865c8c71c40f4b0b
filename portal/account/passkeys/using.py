"""Signing in with a passkey, and proving the second factor with one: options for the browser, then the form it fills."""

from flask import Response, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from calmboard.access.access import Person
from calmboard.access.credentials.passkeys.using import authentication_options, use_passkey
from calmboard.access.credentials.second_factor import record_proof
from calmboard.clock import now
from portal.account.awaited import awaited_person, awaits_remembering
from portal.account.passkeys.ceremonies import ceremony
from portal.account.proof import proof_page
from portal.account.sign_in import code_page, redirect_to_next, sign_in_code, sign_in_page, start_again
from portal.shared.blueprint import bp
from portal.shared.form_limits import ATTEMPT_LIMITS, limiter, person_or_network
from portal.shared.local_paths import local_path
from portal.shared.session import current_access, remember_device, start_session

_REFUSAL = "This passkey signs nobody in here. Use your password, or another passkey."
_NOT_YOURS = "This passkey does not fit. Enter a code, or use a passkey of this account."


@bp.post("/sign-in/passkey/options")
@limiter.limit(ATTEMPT_LIMITS)
def sign_in_options() -> Response:
    return _json(authentication_options(ceremony("sign in")))


@bp.post("/sign-in/passkey")
@limiter.limit(ATTEMPT_LIMITS)
def sign_in_by_passkey() -> ResponseReturnValue:
    """Without e-mail and password: the passkey says who it is, and its device has seen that they hold it."""
    if current_user.is_authenticated:
        return redirect_to_next()
    person = use_passkey(ceremony("sign in"), request.form.get("passkey", ""))
    if person is None:
        return sign_in_page(refusal=_REFUSAL), 422
    return _sign_in(person, remember="remember" in request.form)


@bp.get("/sign-in/code/passkey")
@bp.get("/sign-in/code/passkey/options")
def reopen_code() -> ResponseReturnValue:
    """Opened as a page, the form's address leads to the form."""
    return sign_in_code()


@bp.post("/sign-in/code/passkey/options")
@limiter.limit(ATTEMPT_LIMITS)
def code_options() -> ResponseReturnValue:
    person = awaited_person()
    return Response(status=422) if person is None else _json(authentication_options(ceremony("second factor"), person))


@bp.post("/sign-in/code/passkey")
@limiter.limit(ATTEMPT_LIMITS)
def submit_passkey() -> ResponseReturnValue:
    person, remember = awaited_person(), awaits_remembering()
    if person is None:
        return start_again()
    if use_passkey(ceremony("second factor"), request.form.get("passkey", ""), person) is None:
        return code_page({"code": _NOT_YOURS}), 422
    return _sign_in(person, remember=remember)


@bp.post("/account/prove/passkey/options")
@limiter.limit(ATTEMPT_LIMITS, key_func=person_or_network)
def proof_options() -> Response:
    return _json(authentication_options(ceremony("second factor"), current_user.person))


@bp.post("/account/prove/passkey")
@limiter.limit(ATTEMPT_LIMITS, key_func=person_or_network)
def prove_by_passkey() -> ResponseReturnValue:
    if use_passkey(ceremony("second factor"), request.form.get("passkey", ""), current_user.person) is None:
        return proof_page({"code": _NOT_YOURS}), 422
    record_proof(current_access(), current_user.session.id)
    return redirect(local_path(request.args) or url_for("portal.security"), 303)


def _sign_in(person: Person, *, remember: bool) -> ResponseReturnValue:
    start_session(person, remember=remember, proven_at=now())
    return remember_device(redirect_to_next(), person)


def _json(options: str) -> Response:
    return Response(options, content_type="application/json", headers={"Cache-Control": "no-store"})
