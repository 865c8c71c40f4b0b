"""API keys: created, listed, paused, revoked."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, Literal

from sqlalchemy import ColumnElement, bindparam, func, select, update
from sqlalchemy.exc import IntegrityError

from calmboard import ids
from calmboard.access.access import USE_RECORD_INTERVAL, Access, CredentialUse
from calmboard.access.audit import Actor, Subject, record_audit
from calmboard.access.limits.rate_limits import LIMITS
from calmboard.access.permissions import require_scope
from calmboard.access.plans import PLANS, require_paid_plan
from calmboard.access.providers import PROVIDERS, find_provider
from calmboard.access.scopes import expand, unknown
from calmboard.access.secret_format import digest, new_secret
from calmboard.clock import now
from calmboard.db import AnyRow, autocommit, db, retry_conflicts
from calmboard.errors import Conflict, FieldError, Forbidden, NotFound, ValidationFailed
from calmboard.models import ApiKey, Membership, User
from calmboard.pagination import Order, Page, PageRequest, order_and_limit, read_page
from calmboard.prepared import Prepared
from calmboard.settings import RateLimit
from calmboard.texts.names import one_line

MAX_NAME_LENGTH = 80
MAX_PROJECTS = 100
# Keys that one person makes. Each can be revoked once, and that is never refused.
NEW_LIMIT = RateLimit(100, 3600)
_MADE_OFTEN = "You made a hundred keys within the hour. Those that you have work on, and can be revoked."
REASONS = {
    "leaked": "It may have leaked",
    "replaced": "Another key replaces it",
    "unused": "Nothing uses it any more",
    "other": "Another reason",
}

Status = Literal["active", "paused", "expired", "revoked"]


@dataclass(frozen=True, slots=True)
class NewKey:
    """The attributes of a new key. `project_ids` None: every project, now and later; `expires_at` None: no end; `networks`
    None: everywhere; `window_limit` None: that of the plan. `cut_off`: where admins ended the reach of the key before it.
    """

    name: str
    integration: str
    scopes: frozenset[str]
    project_ids: frozenset[str] | None = None
    expires_at: datetime | None = None
    note: str | None = None
    networks: tuple[str, ...] | None = None
    window_limit: int | None = None
    cut_off: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Key:
    """A key as its owner sees it; without the secret."""

    id: str
    name: str
    integration: str
    last4: str
    scopes: frozenset[str]
    project_ids: frozenset[str] | None
    created_at: datetime
    expires_at: datetime | None
    paused_at: datetime | None
    revoked_at: datetime | None
    revoked_reason: str | None
    last_used_at: datetime | None
    last_used_ip: str | None
    last_used_agent: str | None
    last_used_endpoint: str | None
    last_used_status: int | None
    last_used_code: str | None
    last_used_reason: str | None
    note: str | None
    networks: tuple[str, ...] | None
    window_limit: int | None
    successor_id: str | None
    replaced_at: datetime | None
    planned_expires_at: datetime | None
    cut_off: frozenset[str]

    def status(self, at: datetime) -> Status:
        if self.revoked_at is not None:
            return "revoked"
        if self.expires_at is not None and self.expires_at <= at:
            return "expired"
        return "paused" if self.paused_at is not None else "active"


@dataclass(frozen=True, slots=True)
class KeyChange:
    """A key as an action left it; `is_done` says whether this action changed it, or it was so before."""

    key: Key
    is_done: bool


COLUMNS = tuple(getattr(ApiKey, name) for name in Key.__dataclass_fields__)


@retry_conflicts
def create_key(access: Access, new: NewKey, before_commit: Callable[[str, str], None] | None = None) -> tuple[Key, str]:
    """Create a key and return it with its secret, which is not stored; `before_commit` gets its id and secret.

    Raises Forbidden without a session, PaidPlanRequired, Conflict where the plan's number of keys is reached,
    RateLimitExceeded, and ValidationFailed with an error for each field that cannot be used.
    """
    require_session(access)
    require_paid_plan(access)
    errors = _errors(access, new)
    if errors:
        raise ValidationFailed(errors=tuple(errors))
    count_new_key(access)
    db.session.execute(select(User.id).where(User.id == access.user.id).with_for_update())
    _check_key_limit(access)
    key_id, secret = issue_key(access.user.id, new, access)
    if before_commit is not None:
        before_commit(key_id, secret)
    db.session.commit()
    return find_key(access, key_id), secret


def count_new_key(access: Access) -> None:
    """Raises RateLimitExceeded where somebody makes keys without end."""
    LIMITS.get().count("new_keys", access.user.id, NEW_LIMIT).check_limit(_MADE_OFTEN)


def issue_key(user_id: str, new: NewKey, actor: Actor = "operator", key_id: str | None = None) -> tuple[str, str]:
    """Write a key for anyone, on any plan; the caller commits. Returns its id and its secret."""
    secret = new_secret("cbk")
    key = _row_of(user_id, new, key_id or ids.new_id("key"), secret)
    db.session.add(key)
    try:
        db.session.flush()
    except IntegrityError:
        db.session.rollback()
        raise ValidationFailed(errors=(name_taken(new.name),)) from None
    details = {"name": key.name, "scopes": key.scopes.split(), "project_ids": key.project_ids, "expires_at": key.expires_at}
    record_audit(actor, "key.created", Subject("key", key.id, user_id), details)
    return key.id, secret


def _row_of(user_id: str, new: NewKey, key_id: str, secret: str) -> ApiKey:
    return ApiKey(
        id=key_id,
        user_id=user_id,
        name=one_line(new.name),
        integration=new.integration,
        digest=digest(secret),
        last4=secret[-4:],
        scopes=" ".join(sorted(expand(new.scopes))),
        project_ids=None if new.project_ids is None else sorted(new.project_ids),
        expires_at=new.expires_at,
        note=new.note,
        networks=None if new.networks is None else list(new.networks),
        window_limit=new.window_limit,
        cut_off=sorted(new.cut_off) or None,
    )


def find_key(access: Access, key_id: str) -> Key:
    with autocommit() as connection:
        statement = select(*COLUMNS, ApiKey.user_id).where(ApiKey.id == key_id)
        row = connection.execute(statement).first() if ids.is_id("key", key_id) else None
    if row is None:
        raise NotFound(f"No key has the id “{key_id[:60]}”.")
    if row.user_id != access.user.id:
        raise Forbidden("The key belongs to somebody else.")
    return key_of(row)


def find_key_for_update(access: Access, key_id: str) -> Key:
    """As `find_key`, locked until the commit, so that what is decided on it stays true."""
    found = select(*COLUMNS).where(ApiKey.id == key_id, ApiKey.user_id == access.user.id).with_for_update()
    row = db.session.execute(found).first()
    return find_key(access, key_id) if row is None else key_of(row)


def read_key(access: Access, key_id: str) -> Key:
    """A key of the user, for programs. Raises NotFound, and Forbidden where it is not accessible.

    A key that is limited to some projects sees itself only: the others reveal more than it may know.
    """
    require_scope(access, "keys:read")
    key = find_key(access, key_id)
    if _sees_itself_only(access) and not _is_itself(access, key_id):
        raise Forbidden("A key that is limited to some projects sees itself only.")
    return key


def list_key_page(access: Access, page_request: PageRequest) -> Page[Key]:
    """The user's keys that `read_key` would return, newest first, the revoked ones too."""
    require_scope(access, "keys:read")
    statement = _key_list(_sees_itself_only(access), page_request.after is not None)
    values = {"user_id": access.user.id, "itself": access.credential.id if access.credential else None}
    with autocommit() as connection:
        page = read_page(connection, statement, page_request, values)
    return Page([key_of(row) for row in page.rows], page.after)


def revoke_self(access: Access, key_id: str) -> None:
    """Revoke the calling key, at once and permanently. Raises NotFound, and Forbidden for any other key."""
    find_key(access, key_id)
    if not _is_itself(access, key_id):
        raise Forbidden("A key can revoke itself only. Others are revoked by a signed-in person, on Integrations & APIs.")
    _change(access, key_id, "key.revoked", {"revoked_at": now()})


def revoke_key(access: Access, key_id: str, reason: str | None = None) -> KeyChange:
    """Revoke a key permanently, at once. Revoking it again changes nothing."""
    require_session(access)
    if reason is not None and reason not in REASONS:
        error = FieldError("/reason", "unknown_value", "Choose one of the reasons in the list.", tuple(REASONS))
        raise ValidationFailed(errors=(error,))
    return _change(access, key_id, "key.revoked", {"revoked_at": now(), "revoked_reason": reason}, reason=reason)


def pause_key(access: Access, key_id: str) -> KeyChange:
    """Reject the key's requests until it is resumed."""
    require_session(access)
    return _change(access, key_id, "key.paused", {"paused_at": now()}, ApiKey.paused_at.is_(None))


def resume_key(access: Access, key_id: str) -> KeyChange:
    require_session(access)
    return _change(access, key_id, "key.resumed", {"paused_at": None}, ApiKey.paused_at.is_not(None))


def record_key_use(key_id: str, use: CredentialUse) -> None:
    """Record when and from where a key was last used, at most once a minute."""
    at = now()
    statement = (
        update(ApiKey)
        .where(ApiKey.id == key_id, (ApiKey.last_used_at.is_(None)) | (ApiKey.last_used_at < at - USE_RECORD_INTERVAL))
        .values(
            last_used_at=at,
            last_used_ip=use.ip,
            last_used_agent=use.agent and use.agent[:200],
            last_used_endpoint=use.endpoint[:200],
            last_used_status=use.status,
            last_used_code=use.code,
            last_used_reason=use.reason and use.reason[:300],
        )
    )
    with autocommit() as connection:
        connection.execute(statement)


@cache
def _key_list(only_itself: bool, after_cursor: bool) -> Prepared:
    statement = select(*COLUMNS).where(ApiKey.user_id == bindparam("user_id"))
    if only_itself:
        statement = statement.where(ApiKey.id == bindparam("itself"))
    return order_and_limit(statement, Order((ApiKey.id,), descending=True), after_cursor=after_cursor)


def _sees_itself_only(access: Access) -> bool:
    return access.is_limited


def _is_itself(access: Access, key_id: str) -> bool:
    return access.source == "key" and access.credential is not None and access.credential.id == key_id


def require_session(access: Access) -> None:
    if access.source != "session":
        raise Forbidden("Keys are made and changed by a signed-in person only, never by a key or token.")


def _errors(access: Access, new: NewKey) -> list[FieldError]:
    checks = (
        name_error(access, new.name),
        _integration_error(new),
        _scopes_error(new),
        projects_error(access, new.project_ids),
        _expiry_error(new),
    )
    return [error for error in checks if error is not None]


def name_error(access: Access, name: str) -> FieldError | None:
    name = one_line(name)
    if not name:
        return FieldError("/name", "required", "Give the key a name; it tells your keys apart.")
    if len(name) > MAX_NAME_LENGTH:
        return FieldError("/name", "too_long", f"This is {len(name):,} characters long. Use at most {MAX_NAME_LENGTH:,}.")
    if not name.isprintable():
        return FieldError("/name", "unprintable", "Use letters, digits and signs that can be seen.")
    statement = select(ApiKey.id).where(
        ApiKey.user_id == access.user.id,
        func.lower(ApiKey.name) == func.lower(name),
        ApiKey.revoked_at.is_(None),
        ApiKey.successor_id.is_(None),
    )
    with autocommit() as connection:
        return name_taken(name) if connection.execute(statement).first() else None


def name_taken(name: str) -> FieldError:
    return FieldError("/name", "taken", f"You already have a key called “{name}”. Add what makes this one different.")


def _integration_error(new: NewKey) -> FieldError | None:
    if find_provider(new.integration) is not None:
        return None
    choices = tuple(provider.slug for provider in PROVIDERS.get())
    return FieldError("/integration", "unknown_value", "Choose the tool that will use the key.", choices)


def _scopes_error(new: NewKey) -> FieldError | None:
    if not new.scopes:
        return FieldError("/scopes", "required", "Choose at least one right; a key without rights can do nothing.")
    if unknown_scopes := unknown(new.scopes):
        return FieldError("/scopes", "unknown_value", f"There is no scope {', '.join(unknown_scopes)[:200]}.")
    return None


def projects_error(access: Access, project_ids: frozenset[str] | None) -> FieldError | None:
    if project_ids is None:
        return None
    if not project_ids:
        return FieldError("/project_ids", "required", "Choose at least one project, or let the key see all of yours.")
    if len(project_ids) > MAX_PROJECTS:
        return FieldError(
            "/project_ids", "too_many", f"Choose at most {MAX_PROJECTS:,} projects, or let the key see all of yours."
        )
    well_formed = [project_id for project_id in project_ids if ids.is_id("prj", project_id)]
    statement = select(func.count()).where(Membership.user_id == access.user.id, Membership.project_id.in_(well_formed))
    with autocommit() as connection:
        own_count = connection.execute(statement).scalar_one()
    if own_count == len(project_ids):
        return None
    return FieldError(
        "/project_ids",
        "unknown_value",
        "One of these projects is not yours any more, and was taken out. Look the others through.",
    )


def _expiry_error(new: NewKey) -> FieldError | None:
    if new.expires_at is None or new.expires_at > now():
        return None
    return FieldError("/expires_at", "in_the_past", "That time has passed. Choose a later one.")


def _check_key_limit(access: Access) -> None:
    plan = PLANS[access.user.plan]
    conditions = (ApiKey.user_id == access.user.id, ApiKey.revoked_at.is_(None), ApiKey.successor_id.is_(None))
    statement = select(func.count()).where(*conditions)
    if db.session.execute(statement).scalar_one() >= plan.max_keys:
        db.session.rollback()
        raise Conflict(f"{plan.name} holds {plan.max_keys:,} keys, and you have them all. Revoke one that nothing uses any more.")


@retry_conflicts
def _change(
    access: Access, key_id: str, action: str, values: Mapping[str, Any], *conditions: ColumnElement[bool], **details: Any
) -> KeyChange:
    """Change a key that is not revoked and meets the conditions; of any other it changes nothing."""
    key = find_key(access, key_id)
    change = update(ApiKey).where(ApiKey.id == key_id, ApiKey.revoked_at.is_(None), *conditions)
    is_done = db.session.execute(change.values(**values).returning(ApiKey.id)).first() is not None
    if is_done:
        record_audit(access, action, Subject("key", key_id, access.user.id), {"name": key.name, **details})
    db.session.commit()
    return KeyChange(find_key(access, key_id), is_done)


def key_of(row: AnyRow) -> Key:
    values = {name: getattr(row, name) for name in Key.__dataclass_fields__}
    values["scopes"] = frozenset(row.scopes.split())
    values["project_ids"] = None if row.project_ids is None else frozenset(row.project_ids)
    values["networks"] = None if row.networks is None else tuple(row.networks)
    values["cut_off"] = frozenset(row.cut_off or ())
    return Key(**values)
