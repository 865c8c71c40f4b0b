"""The form for an app of one's own: a new one, or one that is edited."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from flask import flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response

from calmboard.access.oauth.app_changes import change_app, create_app
from calmboard.access.oauth.app_forms import MAX_DESCRIPTION_LENGTH, MAX_HOME_PAGE_LENGTH, AppForm
from calmboard.access.oauth.app_names import MAX_SHOWN_LENGTH
from calmboard.access.oauth.made_apps import App
from calmboard.access.oauth.pictures import MAX_BYTES
from calmboard.access.oauth.redirect_uris import MAX_OWN
from calmboard.errors import Conflict, PaidPlanRequired, ValidationFailed
from portal.account.proof import proven
from portal.apps.callback_fields import submitted_uris
from portal.apps.own.rows import OwnApps, kept_app
from portal.shared.blueprint import UNCHANGED, bp
from portal.shared.session import current_access
from portal.shared.submissions.kept import Fields, refilled_by
from portal.shared.submissions.once import created_once

_UNVERIFIED = "It is not verified any more: what whoever runs CalmBoard had looked at is another now."


@dataclass(slots=True)
class OwnAppFields:
    """What was entered; `uris` are the callbacks, each in a field, `takes_away` that the picture goes, `is_again` that the form
    was kept, without the picture that may have been chosen.
    """

    name: str = ""
    description: str = ""
    home_page: str = ""
    uris: Sequence[str] = ()
    takes_away: bool = False
    is_again: bool = False
    errors: dict[str, str] = field(default_factory=dict)

    @property
    def uri_fields(self) -> list[str]:
        return [*self.uris, *[""] * (MAX_OWN - len(self.uris))]

    def app_form(self, picture: bytes | None) -> AppForm:
        return AppForm(self.name, self.description, self.home_page, tuple(self.uris), picture)


@bp.get("/integrations/apps/new")
def new_app() -> ResponseReturnValue:
    return _new_page(OwnAppFields())


def _refill_new(fields: Fields) -> ResponseReturnValue:
    return _new_page(_read(fields, is_again=True))


@bp.post("/integrations/apps/new")
@refilled_by(_refill_new)
@proven
@created_once()
def create_own_app() -> ResponseReturnValue:
    fields = _read(request.form)
    try:
        app = create_app(current_access(), fields.app_form(_sent_picture()))
    except ValidationFailed as problem:
        fields.errors = _errors(problem)
        return _new_page(fields)
    except (Conflict, PaidPlanRequired) as problem:
        return _to_list(problem.detail)
    flash(f"{app.client.shown_name} is made. Its client ID stands here; put it into your program.")
    return redirect(url_for("portal.app_page", app_id=app.client.id), 303)


@bp.get("/integrations/apps/<client_id>/edit")
def edit_app(client_id: str) -> Response:
    app = kept_app(current_access(), client_id)
    fields = OwnAppFields(app.client.name, app.description or "", app.home_page or "", app.client.redirect_uris)
    return _page(app, fields)


def _refill_edit(fields: Fields, client_id: str) -> ResponseReturnValue:
    return _page(kept_app(current_access(), client_id), _read(fields, is_again=True))


@bp.post("/integrations/apps/<client_id>/edit")
@refilled_by(_refill_edit)
@proven
def change_own_app(client_id: str) -> ResponseReturnValue:
    before, fields = kept_app(current_access(), client_id), _read(request.form)
    picture = _sent_picture()
    if picture is None and fields.takes_away:
        picture = b""
    try:
        app = change_app(current_access(), client_id, fields.app_form(picture))
    except ValidationFailed as problem:
        fields.errors = _errors(problem)
        return _page(before, fields)
    lost = before.verified_at is not None and app.verified_at is None
    flash(f"{app.client.shown_name} is saved. {_UNVERIFIED if lost else 'Whoever is asked from now on sees it so.'}")
    return redirect(url_for("portal.app_page", app_id=client_id), 303)


def _new_page(fields: OwnAppFields) -> Response:
    own = OwnApps.of(current_access())
    if not own.has_plan:
        return _to_list("Apps for others come with a paid plan. What you have goes on, and the first one stays yours.")
    if own.is_full:
        return _to_list(f"You made {own.most:,} apps, as many as a person may. Delete one that nobody uses.")
    return _page(None, fields)


def _page(app: App | None, fields: OwnAppFields) -> Response:
    page = render_template(
        "apps/own/form.html",
        nav_section="integrations",
        app=app,
        form=fields,
        errors=fields.errors,
        most={"name": MAX_SHOWN_LENGTH, "description": MAX_DESCRIPTION_LENGTH, "home_page": MAX_HOME_PAGE_LENGTH},
    )
    return make_response(page, 422 if fields.errors else 200)


def _to_list(sentence: str) -> Response:
    flash(sentence, UNCHANGED)
    return redirect(url_for("portal.app_list", _anchor="own-apps"), 303)


def _read(values: Fields, *, is_again: bool = False) -> OwnAppFields:
    return OwnAppFields(
        name=values.get("name", "")[:500],
        description=values.get("description", "").replace("\r\n", "\n")[:2000],
        home_page=values.get("home_page", "")[:2000],
        uris=submitted_uris(values),
        takes_away="takes_away" in values,
        is_again=is_again,
    )


def _sent_picture() -> bytes | None:
    """What was uploaded, no more of it than shows that it is too much; an empty file is no picture, and not none."""
    sent = request.files.get("picture")
    if sent is None or not sent.filename:
        return None
    return sent.stream.read(MAX_BYTES + 1) or b"\0"


def _errors(problem: ValidationFailed) -> dict[str, str]:
    """The sentences for each field, by its id."""
    return {_field_id(error.pointer): error.detail for error in problem.errors}


def _field_id(pointer: str) -> str:
    name, _, index = pointer.lstrip("/").partition("/")
    return f"callback-{int(index) + 1}" if index else name
