"""Making an application, changing it, choosing who keeps it, disabling and deleting it; and vouching for it."""

from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import delete, func, insert, select, update

from calmboard.access.access import Access
from calmboard.access.audit import Actor, Subject, record_audit
from calmboard.access.oauth.app_forms import AppForm
from calmboard.access.oauth.client_deletion import delete_client
from calmboard.access.oauth.clients import Client, callback_errors, own_client
from calmboard.access.oauth.grants import end_client_grants
from calmboard.access.oauth.made_apps import App, find_app, members_among, read_app, read_picture
from calmboard.access.plans import require_paid_plan
from calmboard.clock import now
from calmboard.db import db, retry_conflicts
from calmboard.errors import Conflict, Forbidden, NotFound, Problem, ValidationFailed, invalid_field
from calmboard.ids import new_id
from calmboard.models import AppMaintainer, MadeApp, OAuthClient, User

MAX_APPS = 20
MAX_MAINTAINERS = 10
_OF_CLIENT = ("name", "redirect_uris")
# Who vouched for an application vouched for these: what tells people who it is, and where their codes go.
_VOUCHED_FOR = frozenset({*_OF_CLIENT, "home_page", "picture"})


@retry_conflicts
def create_app(access: Access, form: AppForm) -> App:
    """Raises Forbidden without a session, PaidPlanRequired, Conflict for one too many, and ValidationFailed for each field."""
    _require_session(access)
    require_paid_plan(access)
    values = _values(form.checked())
    _require_room(access)
    client_id, at = new_id("cli"), now()
    client = {"id": client_id, "kind": "own", **{name: values.pop(name) for name in _OF_CLIENT}, "details": {}}
    db.session.execute(insert(OAuthClient), {**client, "created_at": at, "updated_at": at})
    db.session.execute(insert(MadeApp), {"client_id": client_id, "maker_id": access.user.id, "created_at": at, **values})
    details = {name: client[name] for name in _OF_CLIENT}
    record_audit(access, "client.created", Subject("client", client_id, access.user.id), details)
    db.session.commit()
    return read_app(access, client_id)


@retry_conflicts
def change_app(access: Access, client_id: str, form: AppForm) -> App:
    """By its maker or a maintainer. A verified application is unverified again, unless its description alone changes."""
    _require_session(access)
    values = _values(form.checked())
    app = _lock(access, client_id)
    if form.picture is None:
        del values["picture"]
    _change(access, app, values)
    db.session.commit()
    return read_app(access, client_id)


@retry_conflicts
def change_callbacks(access: Access, uris: list[str], origin: str) -> Client:
    """Set the callback addresses of the client that everybody has, one's own.

    Raises ValidationFailed with an error for each address that cannot be used: `/redirect_uris/0` and so on.
    """
    _require_session(access)
    if errors := callback_errors(uris):
        raise ValidationFailed(errors=tuple(errors))
    client = own_client(access.user, origin)
    _change(access, _lock(access, client.id), {"redirect_uris": uris})
    db.session.commit()
    return own_client(access.user, origin)


@retry_conflicts
def set_maintainers(access: Access, client_id: str, project_id: str, user_ids: Collection[str]) -> App:
    """Who keeps the application beside its maker: those who do so already, and members of a project of the maker's.

    Raises Forbidden to all but the maker.
    """
    app = _own(access, client_id, "Only who made an application chooses who keeps it.")
    chosen = {*user_ids} - {app.maker_id}
    if len(chosen) > MAX_MAINTAINERS:
        raise invalid_field("maintainers", "too_many", f"Choose at most {MAX_MAINTAINERS:,} members.")
    _lock(access, client_id)
    added = chosen - {user_id for user_id, _ in app.maintainers}
    if added and not {access.user.id, *added} <= members_among(project_id, {access.user.id, *added}):
        db.session.rollback()
        raise invalid_field("maintainers", "unknown_value", "One of them is not a member of this project any more. Choose again.")
    _ensure_about(app.client)
    db.session.execute(delete(AppMaintainer).where(AppMaintainer.client_id == client_id))
    if chosen:
        db.session.execute(insert(AppMaintainer), [{"client_id": client_id, "user_id": user_id} for user_id in sorted(chosen)])
    details = {"name": app.client.name, "maintainers": sorted(chosen)}
    record_audit(access, "client.maintainers_changed", _subject(app), details)
    db.session.commit()
    return read_app(access, client_id)


@retry_conflicts
def leave_app(access: Access, client_id: str) -> None:
    """Keep an application of somebody else's no more. Raises Forbidden to its maker."""
    _require_session(access)
    app = _lock(access, client_id)
    if app.maker_id == access.user.id:
        db.session.rollback()
        raise Forbidden("Who made an application keeps it. Delete it, if it is to go.")
    row = (AppMaintainer.client_id == client_id, AppMaintainer.user_id == access.user.id)
    db.session.execute(delete(AppMaintainer).where(*row))
    left = sorted(user_id for user_id, _ in app.maintainers if user_id != access.user.id)
    record_audit(access, "client.maintainers_changed", _subject(app), {"name": app.client.name, "maintainers": left})
    db.session.commit()


def disable_app(access: Access, client_id: str) -> bool:
    """End all that was granted to it, at once, and let nobody authorize it; returns whether that was possible before."""
    return _set_disabled(access, client_id, is_disabled=True)


def enable_app(access: Access, client_id: str) -> bool:
    return _set_disabled(access, client_id, is_disabled=False)


def read_deletable_app(access: Access, client_id: str) -> App:
    """Raises Forbidden to all but its maker, and for the client that everybody has."""
    app = _own(access, client_id, "Only who made an application deletes it.")
    if app.is_first:
        raise Forbidden("The client that everybody has stays. Disable it, if nobody is to use it.")
    return app


def delete_app(access: Access, client_id: str) -> None:
    """Delete an application with all that was granted to it. Raises Forbidden as `read_deletable_app` does."""
    app = read_deletable_app(access, client_id)
    delete_client(access, app.client, app.maker_id)


@retry_conflicts
def set_verified(actor: Actor, client_id: str, *, is_verified: bool) -> App:
    """The operator vouches for an application, or does so no more. Raises NotFound."""
    app = find_app(client_id)
    if app is None:
        raise NotFound(f"No application that somebody made has the id “{client_id[:60]}”.")
    _ensure_about(app.client)
    db.session.execute(update(MadeApp).where(MadeApp.client_id == client_id).values(verified_at=now() if is_verified else None))
    action = "client.verified" if is_verified else "client.unverified"
    record_audit(actor, action, _subject(app), {"name": app.client.name})
    db.session.commit()
    found = find_app(client_id)
    if found is None:
        raise NotFound("The application was deleted in this very moment.")
    return found


@retry_conflicts
def _set_disabled(access: Access, client_id: str, *, is_disabled: bool) -> bool:
    _require_session(access)
    app = _lock(access, client_id)
    if (app.disabled_at is not None) == is_disabled:
        db.session.rollback()
        return False
    _ensure_about(app.client)
    at = now() if is_disabled else None
    db.session.execute(update(MadeApp).where(MadeApp.client_id == client_id).values(disabled_at=at))
    if is_disabled:
        end_client_grants(access, client_id, "client_disabled")
    action = "client.disabled" if is_disabled else "client.enabled"
    record_audit(access, action, _subject(app), {"name": app.client.name})
    db.session.commit()
    return True


def _change(access: Access, app: App, values: Mapping[str, Any]) -> None:
    """Write what differs, and unverify the application where somebody vouched for that; nothing where nothing differs."""
    before = {**_values_of(app), "picture": read_picture(app.client.id)}
    changed = {name: value for name, value in values.items() if value != before[name]}
    if not changed:
        return
    client = {name: value for name, value in changed.items() if name in _OF_CLIENT}
    db.session.execute(update(OAuthClient).where(OAuthClient.id == app.client.id).values(**client, updated_at=now()))
    about = {name: value for name, value in changed.items() if name not in _OF_CLIENT}
    if about:
        _ensure_about(app.client)
    if not _VOUCHED_FOR.isdisjoint(changed):
        about["verified_at"] = None
    if about:
        db.session.execute(update(MadeApp).where(MadeApp.client_id == app.client.id).values(**about))
    shown = {name: {**before, **changed}[name] for name in _OF_CLIENT}
    details = {**shown, "before": before["redirect_uris"], "changed": sorted(changed)}
    record_audit(access, "client.changed", _subject(app), details)


def _values(form: AppForm) -> dict[str, Any]:
    return {
        "name": form.name,
        "redirect_uris": list(form.redirect_uris),
        "description": form.description or None,
        "home_page": form.home_page or None,
        "picture": form.picture or None,
    }


def _values_of(app: App) -> dict[str, Any]:
    client = {"name": app.client.name, "redirect_uris": list(app.client.redirect_uris)}
    return {**client, "description": app.description, "home_page": app.home_page}


def _lock(access: Access, client_id: str) -> App:
    """The application as it is, until the commit. Raises as `read_app` does."""
    read_app(access, client_id)
    lock = select(OAuthClient.id).where(OAuthClient.id == client_id).with_for_update(key_share=True)
    db.session.execute(lock)
    try:
        return read_app(access, client_id)
    except Problem:
        db.session.rollback()
        raise


def _own(access: Access, client_id: str, refusal: str) -> App:
    """Raises Forbidden with this sentence to a maintainer."""
    _require_session(access)
    app = read_app(access, client_id)
    if app.maker_id != access.user.id:
        raise Forbidden(refusal)
    return app


def _require_session(access: Access) -> None:
    if access.source != "session":
        raise Forbidden("Applications are made and changed by a signed-in person only, never by a key or token.")


def _require_room(access: Access) -> None:
    """One creates after the other, so that nobody has one too many."""
    db.session.execute(select(User.id).where(User.id == access.user.id).with_for_update(key_share=True))
    own = select(func.count()).select_from(MadeApp).join(OAuthClient).where(MadeApp.maker_id == access.user.id)
    if db.session.execute(own.where(OAuthClient.user_id.is_(None))).scalar_one() >= MAX_APPS:
        db.session.rollback()
        raise Conflict(f"You made {MAX_APPS:,} applications, as many as a person may. Delete one that nobody uses.")


def _ensure_about(client: Client) -> None:
    """The client that everybody has gets its row once there is something to say of it."""
    known = db.session.execute(select(MadeApp.client_id).where(MadeApp.client_id == client.id)).first()
    if known is None:
        values = {"client_id": client.id, "maker_id": client.user_id, "created_at": client.created_at}
        db.session.execute(insert(MadeApp), values)


def _subject(app: App) -> Subject:
    """Whoever changes it, that stands in the log of who made it."""
    return Subject("client", app.client.id, app.maker_id)
