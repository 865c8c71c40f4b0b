"""The account's first page: who a person is here, and what they hear of by mail."""

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from werkzeug.wrappers import Response

from calmboard.access.plans import PLANS
from calmboard.errors import ValidationFailed
from calmboard.events.notices import OPTIONAL, choose_notices, muted_notices
from calmboard.work.account.email_change import read_email_change
from calmboard.work.discussion.file_limits import read_own_usage
from calmboard.work.people import rename_person
from portal.keys.forms import errors_by_field
from portal.shared.blueprint import bp
from portal.shared.session import current_access
from portal.shared.submissions.kept import Fields, refilled_by


@bp.get("/account")
def account() -> str:
    return account_page()


def account_page(
    errors: dict[str, str] | None = None,
    name: str | None = None,
    wanted: frozenset[str] | None = None,
    email: str = "",
) -> str:
    """The page, with what was entered in one of its forms and what is wrong with it."""
    access = current_access()
    return render_template(
        "account/account.html",
        plan=PLANS[access.user.plan],
        errors=errors or {},
        name=access.user.name if name is None else name,
        email=email,
        email_change=read_email_change(access),
        notices=OPTIONAL,
        wanted=OPTIONAL.keys() - muted_notices(access) if wanted is None else wanted,
        file_usage=read_own_usage(access),
    )


def _refill_name(fields: Fields) -> str:
    return account_page(name=fields.get("name", ""))


@bp.post("/account/name")
@refilled_by(_refill_name)
def change_name() -> ResponseReturnValue:
    name = request.form.get("name", "")
    try:
        rename_person(current_user.person.email, name, current_access())
    except ValidationFailed as problem:
        return account_page(errors_by_field(problem), name=name), 422
    flash("Your name is saved. Tasks and comments show it from now on.")
    return redirect(url_for("portal.account"), 303)


def _refill_mail(fields: Fields) -> str:
    return account_page(wanted=frozenset(fields.getlist("wanted")))


@bp.post("/account/mail")
@refilled_by(_refill_mail, anchor="mail")
def choose_mail() -> Response:
    choose_notices(current_access(), request.form.getlist("wanted"))
    flash("Your choice is saved.")
    return redirect(url_for("portal.account"), 303)
