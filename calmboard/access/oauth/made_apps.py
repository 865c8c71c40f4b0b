"""The applications that people make: several each, kept with colleagues, shown to whoever is asked to authorize one."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import delete, func, insert, or_, select, update

from calmboard.access.access import Access, Person
from calmboard.access.audit import Actor, Subject, record_audit
from calmboard.access.oauth.app_names import MAX_SHOWN_LENGTH
from calmboard.access.oauth.clients import Client, callback_errors, find_client
from calmboard.access.oauth.grants import end_client_grants
from calmboard.access.oauth.pictures import draw_again
from calmboard.access.plans import require_paid_plan
from calmboard.clock import now
from calmboard.db import AnyRow, autocommit, db, retry_conflicts
from calmboard.errors import Conflict, FieldError, Forbidden, NotFound, ValidationFailed
from calmboard.ids import is_id, new_id
from calmboard.models import AppMaintainer, MadeApp, Membership, OAuthClient, OAuthGrant, UsageDay, User
from calmboard.texts.names import one_line

MAX_APPS = 20
MAX_MAINTAINERS = 10
MAX_DESCRIPTION_LENGTH, MAX_HOME_PAGE_LENGTH = 300, 500
_COUNTED = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class App:
    """An application as its maker and maintainers see it. The client that everybody has is one too, with the id of its person
    as `maker_id`.
    """

    client: Client
    maker_id: str
    maker: str
    created_at: datetime
    description: str | None
    home_page: str | None
    has_picture: bool
    verified_at: datetime | None
    disabled_at: datetime | None
    maintainers: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class AppUse:
    """How many people an application acts for now, and its calls of thirty days; nothing of who they are or what they have."""

    people: int
    answered: int
    not_answered: int


@dataclass(frozen=True, slots=True)
class AppForm:
    """What a maker says of an application. `picture` is what was uploaded, None to leave it as it is, empty to take it away."""

    name: str
    description: str
    home_page: str
    redirect_uris: tuple[str, ...]
    picture: bytes | None = None


def list_apps(access: Access) -> list[App]:
    """The applications that a person made or keeps, the newest first; at most twenty of their own."""
    kept = select(AppMaintainer.client_id).where(AppMaintainer.user_id == access.user.id)
    condition = or_(MadeApp.maker_id == access.user.id, MadeApp.client_id.in_(kept))
    with autocommit() as connection:
        ids = connection.execute(select(MadeApp.client_id).where(condition).order_by(MadeApp.client_id.desc())).scalars().all()
    found = (find_app(client_id) for client_id in ids)
    return [app for app in found if app is not None]


def find_app(client_id: str) -> App | None:
    """What people are told of an application that somebody made; None of those that registered themselves."""
    client = find_client(client_id)
    if client is None or client.kind != "own":
        return None
    with autocommit() as connection:
        row = connection.execute(_ABOUT.where(OAuthClient.id == client_id)).first()
        maintainers = connection.execute(_MAINTAINERS.where(AppMaintainer.client_id == client_id)).all()
    return None if row is None else _app_of(client, row, maintainers)


def read_app(access: Access, client_id: str) -> App:
    """Raises NotFound, and Forbidden to whoever neither made nor keeps it."""
    app = find_app(client_id) if is_id("cli", client_id) else None
    if app is None:
        raise NotFound("No application has this id.")
    if access.user.id not in _keepers(app):
        raise Forbidden("The application is kept by somebody else.")
    return app


def read_use(access: Access, client_id: str) -> AppUse:
    read_app(access, client_id)
    grants = select(OAuthGrant.id).where(OAuthGrant.client_id == client_id)
    live = (OAuthGrant.client_id == client_id, OAuthGrant.revoked_at.is_(None), OAuthGrant.redeemed_at.is_not(None))
    people = select(func.count(OAuthGrant.user_id.distinct())).where(*live, OAuthGrant.expires_at > now())
    refused = UsageDay.refused + UsageDay.limited + UsageDay.failed
    calls = select(func.sum(UsageDay.answered), func.sum(refused)).where(
        UsageDay.credential_id.in_(grants), UsageDay.day > (now() - _COUNTED).date()
    )
    with autocommit() as connection:
        number, (answered, not_answered) = connection.execute(people).scalar_one(), connection.execute(calls).one()
    return AppUse(number, int(answered or 0), int(not_answered or 0))


@retry_conflicts
def create_app(access: Access, form: AppForm) -> App:
    """Raises Forbidden without a session, PaidPlanRequired, Conflict for one too many, and ValidationFailed for each field."""
    _require_session(access)
    require_paid_plan(access)
    values, picture = _checked(form)
    db.session.execute(select(User.id).where(User.id == access.user.id).with_for_update())
    own = select(func.count()).select_from(MadeApp).where(MadeApp.maker_id == access.user.id)
    if db.session.execute(own).scalar_one() >= MAX_APPS:
        db.session.rollback()
        raise Conflict(f"You made {MAX_APPS:,} applications, as many as a person may. Delete one that nobody uses.")
    client_id, at = new_id("cli"), now()
    client = {"id": client_id, "kind": "own", "name": values["name"], "redirect_uris": list(form.redirect_uris), "details": {}}
    db.session.execute(insert(OAuthClient), {**client, "created_at": at, "updated_at": at})
    about = {"description": values["description"], "home_page": values["home_page"], "picture": picture}
    db.session.execute(insert(MadeApp), {"client_id": client_id, "maker_id": access.user.id, "created_at": at, **about})
    details = {"name": values["name"], "redirect_uris": list(form.redirect_uris)}
    record_audit(access, "client.created", _subject(access, client_id), details)
    db.session.commit()
    return read_app(access, client_id)


@retry_conflicts
def change_app(access: Access, client_id: str, form: AppForm) -> App:
    """By its maker or a maintainer. A verified application whose name or callbacks change is unverified again."""
    _require_session(access)
    before = read_app(access, client_id)
    values, picture = _checked(form)
    client = {"name": values["name"], "redirect_uris": list(form.redirect_uris)}
    db.session.execute(update(OAuthClient).where(OAuthClient.id == client_id).values(**client, updated_at=now()))
    about: dict[str, Any] = {"description": values["description"], "home_page": values["home_page"]}
    if form.picture is not None:
        about["picture"] = picture
    if (before.client.name, before.client.redirect_uris) != (client["name"], form.redirect_uris):
        about["verified_at"] = None
    db.session.execute(update(MadeApp).where(MadeApp.client_id == client_id).values(**about))
    before_values = {"name": before.client.name, "redirect_uris": list(before.client.redirect_uris)}
    record_audit(access, "client.changed", _subject(access, client_id), {**client, "before": before_values})
    db.session.commit()
    return read_app(access, client_id)


@retry_conflicts
def set_maintainers(access: Access, client_id: str, project_id: str, user_ids: Collection[str]) -> App:
    """Who keeps the application beside its maker: members of a project of the maker's. Raises Forbidden to all but the maker."""
    _require_session(access)
    app = read_app(access, client_id)
    if app.maker_id != access.user.id:
        raise Forbidden("Only who made an application chooses who keeps it.")
    chosen = {*user_ids} - {app.maker_id}
    if len(chosen) > MAX_MAINTAINERS:
        raise _refusal("maintainers", "too_many", f"Choose at most {MAX_MAINTAINERS:,} members.")
    if not {access.user.id, *chosen} <= _members(project_id, {access.user.id, *chosen}):
        raise _refusal("maintainers", "unknown_value", "One of them is not a member of this project any more. Choose again.")
    db.session.execute(delete(AppMaintainer).where(AppMaintainer.client_id == client_id))
    if chosen:
        db.session.execute(insert(AppMaintainer), [{"client_id": client_id, "user_id": user_id} for user_id in sorted(chosen)])
    details = {"name": app.client.name, "maintainers": sorted(chosen)}
    record_audit(access, "client.maintainers_changed", _subject(access, client_id), details)
    db.session.commit()
    return read_app(access, client_id)


def disable_app(access: Access, client_id: str) -> bool:
    """End all that was granted to it, at once, and let nobody authorize it; returns whether that was possible before."""
    return _set_disabled(access, client_id, is_disabled=True)


def enable_app(access: Access, client_id: str) -> bool:
    return _set_disabled(access, client_id, is_disabled=False)


@retry_conflicts
def delete_app(access: Access, client_id: str) -> None:
    """Delete an application with all that was granted to it. Raises Forbidden to all but its maker."""
    _require_session(access)
    app = read_app(access, client_id)
    if app.maker_id != access.user.id or app.client.user_id is not None:
        raise Forbidden("Only who made an application deletes it; the first one that everybody has stays.")
    end_client_grants(access, client_id, "client_deleted")
    db.session.execute(delete(OAuthClient).where(OAuthClient.id == client_id))
    record_audit(access, "client.deleted", _subject(access, client_id), {"name": app.client.name})
    db.session.commit()


@retry_conflicts
def set_verified(actor: Actor, client_id: str, *, is_verified: bool) -> App:
    """The operator vouches for an application, or does so no more. Raises NotFound."""
    app = find_app(client_id) if is_id("cli", client_id) else None
    if app is None:
        raise NotFound(f"No application that somebody made has the id “{client_id[:60]}”.")
    _ensure_about(app.client)
    db.session.execute(update(MadeApp).where(MadeApp.client_id == client_id).values(verified_at=now() if is_verified else None))
    action = "client.verified" if is_verified else "client.unverified"
    record_audit(actor, action, Subject("client", client_id, app.maker_id), {"name": app.client.name})
    db.session.commit()
    found = find_app(client_id)
    if found is None:
        raise NotFound("The application was deleted in this very moment.")
    return found


def read_picture(client_id: str) -> bytes | None:
    """A PNG of ours, or None."""
    with autocommit() as connection:
        return connection.execute(select(MadeApp.picture).where(MadeApp.client_id == client_id)).scalar_one_or_none()


def possible_maintainers(access: Access, project_id: str) -> list[Person]:
    """The other members of a project of the person's, by name; none where it is not theirs."""
    statement = (
        select(User.id, User.name, User.email, User.plan)
        .join(Membership, Membership.user_id == User.id)
        .where(Membership.project_id == project_id, User.id != access.user.id)
        .order_by(func.lower(User.name), User.id)
        .limit(100)
    )
    if access.user.id not in _members(project_id, {access.user.id}):
        return []
    with autocommit() as connection:
        return [Person(*row) for row in connection.execute(statement)]


@retry_conflicts
def _set_disabled(access: Access, client_id: str, *, is_disabled: bool) -> bool:
    _require_session(access)
    app = read_app(access, client_id)
    if (app.disabled_at is not None) == is_disabled:
        return False
    _ensure_about(app.client)
    at = now() if is_disabled else None
    db.session.execute(update(MadeApp).where(MadeApp.client_id == client_id).values(disabled_at=at))
    if is_disabled:
        end_client_grants(access, client_id, "client_disabled")
    action = "client.disabled" if is_disabled else "client.enabled"
    record_audit(access, action, _subject(access, client_id), {"name": app.client.name})
    db.session.commit()
    return True


def _ensure_about(client: Client) -> None:
    """The client that everybody has gets its row once there is something to say of it."""
    known = db.session.execute(select(MadeApp.client_id).where(MadeApp.client_id == client.id)).first()
    if known is None:
        values = {"client_id": client.id, "maker_id": client.user_id, "created_at": client.created_at}
        db.session.execute(insert(MadeApp), values)


def _checked(form: AppForm) -> tuple[Mapping[str, Any], bytes | None]:
    """The values to write, and the picture drawn again. Raises ValidationFailed with all that is wrong."""
    errors = [*_name_errors(form.name), *_text_errors(form.description), *_home_page_errors(form.home_page)]
    errors += callback_errors(list(form.redirect_uris))
    picture = None
    if form.picture:
        try:
            picture = draw_again(form.picture)
        except ValueError as error:
            errors.append(FieldError("/picture", "no_picture", str(error)))
    if errors:
        raise ValidationFailed(errors=tuple(errors))
    texts = {"name": one_line(form.name), "description": form.description.strip() or None}
    return {**texts, "home_page": form.home_page.strip() or None}, picture


def _name_errors(name: str) -> list[FieldError]:
    text = one_line(name)
    if not text:
        return [FieldError("/name", "required", "Give the application the name that it is known by.")]
    if len(text) > MAX_SHOWN_LENGTH:
        detail = f"This is {len(text):,} characters long. Use at most {MAX_SHOWN_LENGTH:,}."
        return [FieldError("/name", "too_long", detail)]
    return [] if text.isprintable() else [FieldError("/name", "unprintable", "Use letters, digits and signs that can be seen.")]


def _text_errors(text: str) -> list[FieldError]:
    if len(text) > MAX_DESCRIPTION_LENGTH:
        detail = f"This is {len(text):,} characters long. Use at most {MAX_DESCRIPTION_LENGTH:,}."
        return [FieldError("/description", "too_long", detail)]
    if not one_line(text).isprintable():
        return [FieldError("/description", "unprintable", "Use letters, digits and signs that can be seen.")]
    return []


def _home_page_errors(address: str) -> list[FieldError]:
    if not address.strip():
        return []
    try:
        parts = urlsplit(address.strip())
        is_good = parts.scheme == "https" and bool(parts.hostname) and parts.username is None and address.isprintable()
    except ValueError:
        is_good = False
    if is_good and len(address) <= MAX_HOME_PAGE_LENGTH:
        return []
    return [FieldError("/home_page", "unusable", "Write the whole address of a page, such as https://example.com.")]


def _require_session(access: Access) -> None:
    if access.source != "session":
        raise Forbidden("Applications are made and changed by a signed-in person only, never by a key or token.")


def _members(project_id: str, user_ids: Collection[str]) -> set[str]:
    statement = select(Membership.user_id).where(Membership.project_id == project_id, Membership.user_id.in_(user_ids))
    with autocommit() as connection:
        return set(connection.execute(statement).scalars())


def _keepers(app: App) -> set[str]:
    return {app.maker_id, *(user_id for user_id, _ in app.maintainers)}


def _subject(access: Access, client_id: str) -> Subject:
    return Subject("client", client_id, access.user.id)


def _refusal(name: str, code: str, detail: str) -> ValidationFailed:
    return ValidationFailed(errors=(FieldError(f"/{name}", code, detail),))


def _app_of(client: Client, row: AnyRow, maintainers: Collection[AnyRow]) -> App:
    return App(
        client=client,
        maker_id=row.maker_id,
        maker=row.maker,
        created_at=row.since or client.created_at,
        description=row.description,
        home_page=row.home_page,
        has_picture=bool(row.has_picture),
        verified_at=row.verified_at,
        disabled_at=row.disabled_at,
        maintainers=tuple((each.user_id, each.name) for each in maintainers),
    )


_MAKER_ID = func.coalesce(MadeApp.maker_id, OAuthClient.user_id)
_ABOUT = (
    select(
        User.id.label("maker_id"),
        User.name.label("maker"),
        MadeApp.created_at.label("since"),
        MadeApp.description,
        MadeApp.home_page,
        MadeApp.picture.is_not(None).label("has_picture"),
        MadeApp.verified_at,
        # Nobody starts with what ends soon: its maker is about to delete their account.
        func.coalesce(MadeApp.disabled_at, User.deletes_at).label("disabled_at"),
    )
    .select_from(OAuthClient)
    .outerjoin(MadeApp, MadeApp.client_id == OAuthClient.id)
    .join(User, User.id == _MAKER_ID)
)
_MAINTAINERS = (
    select(AppMaintainer.user_id, User.name).join(User, User.id == AppMaintainer.user_id).order_by(func.lower(User.name), User.id)
)
