"""All that an account holds, as one JSON document: read and sent page by page, so that it needs the same memory for everybody.

Each part names its columns: what is secret, or somebody else's, is in none of them.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy import func, select

from calmboard.access.access import Access
from calmboard.access.audit import Subject, record_audit
from calmboard.access.credentials.passwords import verify
from calmboard.access.limits.rate_limits import LIMITS
from calmboard.clock import now
from calmboard.db import AnySelect, autocommit, db, retry_conflicts
from calmboard.errors import FieldError, ValidationFailed
from calmboard.models import (
    ApiKey,
    Attachment,
    AuditEntry,
    Board,
    Comment,
    MadeApp,
    Membership,
    OAuthClient,
    OAuthGrant,
    Passkey,
    Project,
    SecondFactor,
    Task,
    User,
    UserSession,
)
from calmboard.settings import RateLimit

EXPORT_LIMIT = RateLimit(5, 3600)
_OFTEN = "Your data was downloaded often within the hour. The file that you have is as good."
_ROWS_AT_ONCE = 1000


@dataclass(frozen=True, slots=True)
class _Part:
    """A list of the document; `key` is the column that its rows are in the order of."""

    name: str
    statement: AnySelect
    key: Any


@retry_conflicts
def begin_export(access: Access, password: str) -> Iterator[bytes]:
    """The document, piece by piece. Raises ValidationFailed where the password does not fit, RateLimitExceeded."""
    if verify(access.user.email, password) is None:
        raise ValidationFailed(errors=(FieldError("/current_password", "no_match", "This is not your password."),))
    LIMITS.get().count("exports", access.user.id, EXPORT_LIMIT).check_limit(_OFTEN)
    record_audit(access, "account.exported", Subject("user", access.user.id, access.user.id))
    db.session.commit()
    return _document(access.user.id)


def _document(user_id: str) -> Iterator[bytes]:
    yield b'{"exported_at":' + msgspec.json.encode(now()) + b',"profile":' + msgspec.json.encode(_profile(user_id))
    for part in _parts(user_id):
        yield b",\n" + msgspec.json.encode(part.name) + b":["
        for number, row in enumerate(_rows(part)):
            yield (b",\n" if number else b"\n") + msgspec.json.encode(row)
        yield b"]"
    yield b"}\n"


def _rows(part: _Part) -> Iterator[dict[str, Any]]:
    last = ""
    while True:
        page = part.statement.where(part.key > last).order_by(part.key).limit(_ROWS_AT_ONCE)
        with autocommit() as connection:
            rows = connection.execute(page.add_columns(part.key.label("page_key"))).all()
        if not rows:
            return
        last = rows[-1].page_key
        for row in rows:
            yield {name: value for name, value in row._mapping.items() if name != "page_key"}


def _profile(user_id: str) -> dict[str, Any]:
    columns = (User.id, User.name, User.email, User.plan, User.created_at, User.muted_notices)
    factor = select(SecondFactor.confirmed_at).where(SecondFactor.user_id == User.id).scalar_subquery()
    with autocommit() as connection:
        row = connection.execute(select(*columns, factor.label("second_factor_since")).where(User.id == user_id)).one()
    return row._asdict()


def _parts(user_id: str) -> list[_Part]:
    return [
        _Part("sessions", _own(UserSession, user_id, "id created_at last_seen_at expires_at proven_at ip agent"), UserSession.id),
        _Part("passkeys", _own(Passkey, user_id, "id name created_at last_used_at"), Passkey.id),
        _Part("keys", _own(ApiKey, user_id, _KEY_COLUMNS), ApiKey.id),
        _Part("connected_apps", _grants(user_id), OAuthGrant.id),
        _Part("made_apps", _made_apps(user_id), OAuthClient.id),
        _Part("memberships", _memberships(user_id), Membership.project_id),
        _Part("tasks", _in_own_projects(user_id, Task, _TASK_COLUMNS).where(Task.created_by == user_id), Task.id),
        _Part("comments", _in_own_projects(user_id, Comment, _COMMENT_COLUMNS).where(Comment.author_id == user_id), Comment.id),
        _Part("files", _in_own_projects(user_id, Attachment, _FILE_COLUMNS).where(Attachment.added_by == user_id), Attachment.id),
        _Part("audit_log", _own(AuditEntry, user_id, _AUDIT_COLUMNS), AuditEntry.id),
    ]


_KEY_COLUMNS = (
    "id name integration last4 scopes project_ids networks window_limit note created_at expires_at paused_at revoked_at "
    "revoked_reason last_used_at last_used_ip last_used_agent last_used_endpoint"
)
_TASK_COLUMNS = (
    "id board_id number title description state due_date blocked blocked_reason pinned sprint_id started_at done_at created_at "
    "updated_at"
)
_COMMENT_COLUMNS = "id task_id credential_name body created_at updated_at"
_FILE_COLUMNS = "id task_id name media_type size_bytes sha256 created_at"
_AUDIT_COLUMNS = (
    "id at action subject_kind subject_id project_id actor_id actor_name source credential_id credential_name details"
)


def _columns(table: Any, names: str) -> list[Any]:
    return [getattr(table, name).label(name) for name in names.split()]


def _own(table: Any, user_id: str, names: str) -> AnySelect:
    return select(*_columns(table, names)).where(table.user_id == user_id)


def _in_own_projects(user_id: str, table: Any, names: str) -> AnySelect:
    """Of the projects that the person is in now: what they wrote elsewhere is not theirs to read any more."""
    statement: AnySelect = select(*_columns(table, names), Board.project_id)
    if table is not Task:
        statement = statement.join(Task, Task.id == table.task_id)
    statement = statement.join(Board, Board.id == Task.board_id)
    return statement.join(Membership, Membership.project_id == Board.project_id).where(Membership.user_id == user_id)


def _grants(user_id: str) -> AnySelect:
    names = "id client_id scopes project_ids resource created_at expires_at revoked_at last_used_at last_used_ip last_used_agent"
    name = func.coalesce(OAuthClient.name, "").label("client_name")
    return _own(OAuthGrant, user_id, names).add_columns(name).join(OAuthClient, OAuthClient.id == OAuthGrant.client_id)


def _made_apps(user_id: str) -> AnySelect:
    about = _columns(MadeApp, "description home_page verified_at disabled_at")
    statement = select(*_columns(OAuthClient, "id name redirect_uris created_at"), *about)
    owned = statement.outerjoin(MadeApp, MadeApp.client_id == OAuthClient.id)
    return owned.where((OAuthClient.user_id == user_id) | (MadeApp.maker_id == user_id))


def _memberships(user_id: str) -> AnySelect:
    statement = select(Membership.project_id, Project.name.label("project_name"), Membership.role, Membership.joined_at)
    return statement.join(Project, Project.id == Membership.project_id).where(Membership.user_id == user_id)
