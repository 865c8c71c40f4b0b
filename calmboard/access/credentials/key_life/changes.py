"""A key as it stands is renamed, described and narrowed; what would widen it takes a new key."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from msgspec import UNSET, UnsetType
from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError

from calmboard.access.access import Access
from calmboard.access.audit import Subject, record_audit
from calmboard.access.credentials.key_life.networks import is_within, read_networks
from calmboard.access.credentials.keys import (
    MAX_NAME_LENGTH,
    Key,
    KeyChange,
    find_key,
    find_key_for_update,
    name_error,
    name_taken,
    projects_error,
    require_session,
)
from calmboard.access.plans import rate_limit_of
from calmboard.access.scopes import expand
from calmboard.clock import now
from calmboard.db import autocommit, db, retry_conflicts
from calmboard.errors import Conflict, FieldError, Problem, ValidationFailed, invalid_field
from calmboard.models import ApiKey, LoggedCall
from calmboard.models.requests import IS_USE
from calmboard.settings import current_settings
from calmboard.texts.names import one_line

MAX_NOTE_LENGTH = 500
_LOOKED_AT = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyEdit:
    """What of a key is to be changed. `networks` as they were entered; none of them, or None: everywhere."""

    name: str | UnsetType = UNSET
    note: str | UnsetType | None = UNSET
    scopes: frozenset[str] | UnsetType = UNSET
    project_ids: frozenset[str] | UnsetType | None = UNSET
    expires_at: datetime | UnsetType | None = UNSET
    networks: tuple[str, ...] | UnsetType | None = UNSET
    window_limit: int | UnsetType | None = UNSET


@dataclass(frozen=True, slots=True)
class SeenNetwork:
    """An address that a key was used from, of its last thousand calls."""

    ip: str
    last_at: datetime
    calls: int


@retry_conflicts
def edit_key(access: Access, key_id: str, edit: KeyEdit) -> KeyChange:
    """Change what is given. Raises Forbidden without a session, NotFound, Conflict for a key that works no more, and
    ValidationFailed with an error for each field that cannot be used, such as a right that the key does not have.
    """
    require_session(access)
    find_key(access, key_id)
    key = find_key_for_update(access, key_id)
    try:
        _require_working(key)
        values = _changed_values(access, key, edit)
    except Problem:
        db.session.rollback()
        raise
    if values:
        _write(key, values)
        details = {"name": values.get("name", key.name), "before": _shown(key, values), "after": values}
        record_audit(access, "key.changed", Subject("key", key_id, access.user.id), details)
    db.session.commit()
    return KeyChange(find_key(access, key_id), is_done=bool(values))


def check_edit(access: Access, key: Key, edit: KeyEdit) -> None:
    """Raises ValidationFailed with all that is in the way of such a change."""
    _changed_values(access, key, edit)


def list_seen_networks(access: Access, key_id: str) -> list[SeenNetwork]:
    """Where the last thousand calls that used a key came from, the latest first."""
    find_key(access, key_id)
    latest = (
        select(LoggedCall.network, LoggedCall.at)
        .where(LoggedCall.credential_id == key_id, LoggedCall.network.is_not(None), IS_USE)
        .order_by(LoggedCall.id.desc())
        .limit(_LOOKED_AT)
        .subquery()
    )
    last_at = func.max(latest.c.at)
    statement = select(latest.c.network, last_at, func.count()).group_by(latest.c.network).order_by(last_at.desc())
    with autocommit() as connection:
        return [SeenNetwork(*row) for row in connection.execute(statement)]


def list_shut_out(access: Access, key_id: str, networks: tuple[str, ...]) -> list[SeenNetwork]:
    """The addresses that used the key and could not any more with these networks: to be named before they are set."""
    allowed = read_networks(networks)
    return [] if allowed is None else [seen for seen in list_seen_networks(access, key_id) if not is_within(seen.ip, allowed)]


def _require_working(key: Key) -> None:
    if key.status(now()) in ("revoked", "expired"):
        raise Conflict(f"“{key.name}” does not work any more, so nothing of it can be changed.")


def _write(key: Key, values: Mapping[str, Any]) -> None:
    try:
        db.session.execute(update(ApiKey).where(ApiKey.id == key.id).values(**values))
    except IntegrityError:
        db.session.rollback()
        raise ValidationFailed(errors=(name_taken(values["name"]),)) from None


def _changed_values(access: Access, key: Key, edit: KeyEdit) -> dict[str, Any]:
    """The columns to set; raises ValidationFailed with all that is wrong."""
    values: dict[str, Any] = {}
    errors: list[FieldError] = []
    for field in fields(edit):
        given = getattr(edit, field.name)
        if given is UNSET:
            continue
        try:
            value = _READ[field.name](access, key, given)
        except ValidationFailed as problem:
            errors += problem.errors
        else:
            if value != _stored(key)[field.name]:
                values[field.name] = value
    if errors:
        raise ValidationFailed(errors=tuple(errors))
    return values


def _stored(key: Key) -> dict[str, Any]:
    """What of a key can be changed, as its columns hold it."""
    return {
        "name": key.name,
        "note": key.note,
        "scopes": " ".join(sorted(key.scopes)),
        "project_ids": None if key.project_ids is None else sorted(key.project_ids),
        "expires_at": key.expires_at,
        "networks": None if key.networks is None else list(key.networks),
        "window_limit": key.window_limit,
    }


def _shown(key: Key, values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in _stored(key).items() if name in values}


def _name(access: Access, key: Key, name: str) -> str:
    if one_line(name).lower() != key.name.lower() and (error := name_error(access, name)):
        raise ValidationFailed(errors=(error,))
    if len(one_line(name)) > MAX_NAME_LENGTH or not one_line(name):
        raise invalid_field("name", "required", f"Give the key a name of at most {MAX_NAME_LENGTH:,} characters.")
    return one_line(name)


def _note(_access: Access, _key: Key, note: str | None) -> str | None:
    text = (note or "").replace("\r\n", "\n").strip()
    if len(text) > MAX_NOTE_LENGTH:
        raise invalid_field("note", "too_long", f"This is {len(text):,} characters long. Use at most {MAX_NOTE_LENGTH:,}.")
    if "\0" in text:
        raise invalid_field("note", "unprintable", "Use letters, digits and signs that can be seen.")
    return text or None


def _scopes(_access: Access, key: Key, scopes: frozenset[str]) -> str:
    if not scopes:
        raise invalid_field("scopes", "required", "Leave at least one right; a key without rights can do nothing.")
    if wider := expand(scopes) - key.scopes:
        raise invalid_field("scopes", "wider", f"The key has no {', '.join(sorted(wider))[:200]}. {_NEVER_WIDER}")
    return " ".join(sorted(expand(scopes)))


def _projects(_access: Access, key: Key, project_ids: frozenset[str] | None) -> list[str] | None:
    if key.project_ids is None and project_ids is not None:
        return _chosen_projects(_access, project_ids)
    if project_ids is None and key.project_ids is not None:
        raise invalid_field("project_ids", "wider", f"The key is limited to some projects. {_NEVER_WIDER}")
    if project_ids is None or key.project_ids is None:
        return None
    if not project_ids:
        raise invalid_field("project_ids", "required", "Leave at least one project.")
    if project_ids - key.project_ids:
        raise invalid_field("project_ids", "wider", f"One of these projects is not among those of the key. {_NEVER_WIDER}")
    return sorted(project_ids)


def _chosen_projects(access: Access, project_ids: frozenset[str]) -> list[str]:
    if error := projects_error(access, project_ids):
        raise ValidationFailed(errors=(error,))
    return sorted(project_ids)


def _expiry(_access: Access, key: Key, expires_at: datetime | None) -> datetime | None:
    if expires_at == key.expires_at:
        return expires_at
    if expires_at is None or (key.expires_at is not None and expires_at > key.expires_at):
        raise invalid_field("expires_at", "wider", f"The key ends before. {_NEVER_WIDER}")
    if expires_at <= now():
        raise invalid_field("expires_at", "in_the_past", "That time has passed. Choose a later one, or revoke the key.")
    return expires_at


def _networks(_access: Access, _key: Key, networks: tuple[str, ...] | None) -> list[str] | None:
    return read_networks(networks or ())


def _window(access: Access, _key: Key, window_limit: int | None) -> int | None:
    plan = rate_limit_of(access.user.plan, current_settings())
    if window_limit is None or (plan is not None and 1 <= window_limit < plan.amount):
        return window_limit
    most = f" and less than the {plan.amount:,} of your plan" if plan else ""
    raise invalid_field("window_limit", "out_of_range", f"Choose at least 1{most}, or leave it empty for the plan's.")


_NEVER_WIDER = "A key is never widened: create a new one."
_READ: Mapping[str, Callable[[Access, Key, Any], Any]] = {
    "name": _name,
    "note": _note,
    "scopes": _scopes,
    "project_ids": _projects,
    "expires_at": _expiry,
    "networks": _networks,
    "window_limit": _window,
}
