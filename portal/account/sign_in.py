"""Signing in and out, and the way back in with a forgotten password."""

from urllib.parse import parse_qs, urlsplit

from flask import flash, redirect, render_template, request, session, url_for
from flask_login import current_user
from werkzeug.wrappers import Response as AnyResponse

from calmboard.access.credentials.passkeys.own import has_passkey
from calmboard.access.credentials.passwords import is_valid_reset_token
from calmboard.access.credentials.passwords import reset_password as set_by_link
from calmboard.access.credentials.second_factor import check_second_factor, has_second_factor
from calmboard.access.credentials.sign_in import check_password
from calmboard.access.limits.rate_limits import LIMITS
from calmboard.access.oauth.clients import find_client
from calmboard.clock import now
from calmboard.errors import ValidationFailed
from calmboard.operations import jobs
from calmboard.queue import do_jobs_wait
from calmboard.settings import RateLimit
from calmboard.work.people import request_password_reset
from portal.account.awaited import ask_for_code, awaited_person, awaits_remembering
from portal.keys.forms import errors_by_field
from portal.shared.blueprint import UNCHANGED, bp
from portal.shared.form_limits import ATTEMPT_LIMITS, client_network, form_email, limiter
from portal.shared.local_paths import local_path
from portal.shared.session import known_device, leave_session, leaving_session, remember_device, start_session
from portal.shared.submissions.kept import KEPT_FORM, Fields, is_entry_kept, refilled_by, take_kept_form

# Links mailed to one address, whoever asks for them; beyond, one in five minutes.
_LINK_LIMIT, _LINK_PACE = RateLimit(5, 3600), RateLimit(1, 300)
_LINKS_ASKED_FOR = "Links for this address were asked for often within the hour. If some reached you, the newest works."
_WRONG_CODE = "This code does not fit. Enter the one that your app shows now; each works once."
_REFUSAL = "E-mail and password do not belong together. Check both."


def _refill_sign_in(_fields: Fields) -> AnyResponse | str:
    """Somebody signed in meanwhile, in another tab: then there is nothing left to do."""
    return redirect_to_next() if current_user.is_authenticated else sign_in_page()


def _refill_forgot_password(fields: Fields) -> str:
    return render_template("account/sign_in/forgot_password.html", email=fields.get("email", ""))


def _refill_reset_password(_fields: Fields, token: str) -> AnyResponse | str | tuple[str, int]:
    return reset_password(token)


@bp.get("/sign-in")
def sign_in() -> str | AnyResponse:
    if leaving_session() is not None:
        return redirect(url_for("portal.leaving"), 303)
    return redirect_to_next() if current_user.is_authenticated else sign_in_page()


@bp.post("/sign-in")
@refilled_by(_refill_sign_in)
def submit_sign_in() -> AnyResponse | tuple[str, int]:
    """The limit on attempts is shared with `POST /api/auth/session`."""
    email = form_email()
    person = check_password(email, request.form.get("password", ""), client_network(), known_device(email))
    if person is None:
        return sign_in_page(refusal=_REFUSAL), 422
    if has_second_factor(person.id):
        ask_for_code(person, remember="remember" in request.form)
        return redirect(url_for("portal.sign_in_code", next=_next_path()), 303)
    start_session(person, remember="remember" in request.form)
    return remember_device(redirect_to_next(), person)


@bp.get("/sign-in/code")
def sign_in_code() -> str | AnyResponse:
    """The second page of the sign-in, for who has a second factor."""
    if current_user.is_authenticated:
        return redirect_to_next()
    return start_again() if awaited_person() is None else code_page()


def _refill_code(_fields: Fields) -> AnyResponse | str:
    return sign_in_code()


@bp.post("/sign-in/code")
@refilled_by(_refill_code)
def submit_code() -> AnyResponse | tuple[str, int]:
    person, remember = awaited_person(), awaits_remembering()
    if person is None:
        return start_again()
    if not check_second_factor(person, request.form.get("code", ""), known_device(person.email)):
        return code_page({"code": _WRONG_CODE}), 422
    start_session(person, remember=remember, proven_at=now())
    return remember_device(redirect_to_next(), person)


@bp.get("/kept-form")
def kept_form() -> AnyResponse:
    """The form that this browser sent after its session had ended, as it was filled in."""
    page = take_kept_form()
    if page is not None:
        return page
    flash("That form is not kept any more. It was kept for an hour, and opens once.", UNCHANGED)
    return redirect(url_for("portal.integrations"), 303)


@bp.post("/sign-out")
def sign_out() -> AnyResponse:
    """With `next`, to sign in as somebody else and continue there."""
    leave_session()
    flash("You are signed out.")
    return redirect(url_for("portal.sign_in", next=local_path(request.form)), 303)


@bp.get("/forgot-password")
def forgot_password() -> str:
    return render_template("account/sign_in/forgot_password.html")


@bp.post("/forgot-password")
@limiter.limit("5/minute;20/hour")
@refilled_by(_refill_forgot_password)
def mail_link() -> str:
    """Respond the same whether or not the account exists; the worker does the rest."""
    usage = LIMITS.get().count_paced("reset_links", form_email(), _LINK_LIMIT, _LINK_PACE)
    usage.check_limit(_LINKS_ASKED_FOR)
    request_password_reset(form_email())
    jobs.wake_mailers()
    return render_template("account/sign_in/forgot_password.html", is_sent=True, email=form_email(), do_mails_wait=do_jobs_wait())


@bp.get("/reset-password/<token>")
def reset_password(token: str) -> str | tuple[str, int]:
    return _reset_page() if is_valid_reset_token(token) else _dead_link()


@bp.post("/reset-password/<token>")
@limiter.limit(ATTEMPT_LIMITS)
@refilled_by(_refill_reset_password)
def save_new_password(token: str) -> AnyResponse | tuple[str, int]:
    if not is_valid_reset_token(token):
        return _dead_link()
    try:
        set_by_link(token, request.form.get("new_password", ""))
    except ValidationFailed as problem:
        return _reset_page(errors_by_field(problem)), 422
    leave_session()
    flash("The new password is saved. Sign in with it.")
    return redirect(url_for("portal.sign_in"), 303)


def code_page(errors: dict[str, str] | None = None) -> str:
    person = awaited_person()
    return render_template(
        "account/sign_in/code.html", next=_next_path(), errors=errors or {}, has_passkey=person and has_passkey(person.id)
    )


def start_again() -> AnyResponse:
    """The password counts for ten minutes, in the browser that it was entered in."""
    flash("Enter your password again: it was entered a while ago, or in another browser.", UNCHANGED)
    return redirect(url_for("portal.sign_in", next=_next_path()), 303)


def redirect_to_next() -> AnyResponse:
    return redirect(_next_path() or url_for("portal.integrations"), 303)


def sign_in_page(refusal: str = "") -> str:
    return render_template(
        "account/sign_in/sign_in.html",
        next=_next_path(),
        application=_application(_next_path()),
        is_form_kept=KEPT_FORM in session and (_next_path() or "").startswith(url_for("portal.kept_form")),
        is_entry_kept=is_entry_kept(),
        refusal=refusal,
        email=request.form.get("email", ""),
        remember="remember" in request.form,
    )


def _next_path() -> str | None:
    return local_path(request.args)


def _application(path: str | None) -> str | None:
    """Who asks for consent on this path, by the name they registered under; None where nobody does."""
    parts = urlsplit(path or "")
    if parts.path != "/api/oauth/authorize":
        return None
    client = find_client("".join(parse_qs(parts.query).get("client_id", [])))
    return client.shown_name if client else "the application"


def _reset_page(errors: dict[str, str] | None = None) -> str:
    return render_template("account/sign_in/reset_password.html", errors=errors or {})


def _dead_link() -> tuple[str, int]:
    return render_template("account/sign_in/dead_link.html"), 404
