"""Deleting one's account: announced a week before, and taken back until then by whoever signs in.

Meanwhile nobody acts for the person: sessions, apps and tokens end, keys wait. `ending.py` does what was announced.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, delete, func, select, update
from sqlalchemy.orm import aliased

from calmboard.access.access import Access, Person
from calmboard.access.audit import Subject, record_audit
from calmboard.access.credentials.passwords import verify
from calmboard.access.credentials.session_tokens import end_tokens_of
from calmboard.access.credentials.sessions import end_all_sessions
from calmboard.access.permissions import find_alone
from calmboard.clock import now
from calmboard.db import AnyRow, AnySelect, autocommit, db, retry_conflicts
from calmboard.errors import Conflict, FieldError, ValidationFailed
from calmboard.models import (
    ApiKey,
    Board,
    Comment,
    EmailChange,
    MadeApp,
    Membership,
    OAuthGrant,
    Project,
    Task,
    User,
)

DELAY = timedelta(days=7)
_BLOCKED = "You are the only owner of a project that others work in. Make one of them an owner first."
_MOST_NAMED = 100


@dataclass(frozen=True, slots=True)
class Consequences:
    """What a deletion would end and leave: `orphaned` are projects that would be left without an owner, which prevents it;
    `own_projects` those that nobody else is in, which end; of each the first hundred, by name.
    """

    keys: int
    connected_apps: int
    made_apps: int
    tasks: int
    comments: int
    shared_projects: int
    own_projects: Sequence[AnyRow]
    orphaned: Sequence[AnyRow]


def foresee_deletion(access: Access) -> Consequences:
    user_id, at = access.user.id, now()
    live_keys = (ApiKey.user_id == user_id, ApiKey.revoked_at.is_(None), ApiKey.expires_at.is_(None) | (ApiKey.expires_at > at))
    live_grants = (OAuthGrant.user_id == user_id, OAuthGrant.revoked_at.is_(None), OAuthGrant.redeemed_at.is_not(None))
    counts = {
        "keys": select(func.count()).select_from(ApiKey).where(*live_keys),
        "connected_apps": select(func.count()).select_from(OAuthGrant).where(*live_grants, OAuthGrant.expires_at > at),
        "made_apps": select(func.count()).select_from(MadeApp).where(MadeApp.maker_id == user_id),
        "tasks": _count_shared(select(Task.id).where(Task.created_by == user_id), user_id),
        "comments": _count_shared(select(Comment.id).join(Task).where(Comment.author_id == user_id), user_id),
        "shared_projects": _projects(user_id, _has_others()).with_only_columns(func.count()),
    }
    with autocommit() as connection:
        row = connection.execute(select(*(count.scalar_subquery().label(name) for name, count in counts.items()))).one()
        own = connection.execute(_named(_projects(user_id, ~_has_others()))).all()
        orphaned = connection.execute(_named(_projects(user_id, *_is_orphaned()))).all()
    return Consequences(**row._asdict(), own_projects=own, orphaned=orphaned)


def list_heirs(access: Access, project_ids: Sequence[str]) -> dict[str, list[AnyRow]]:
    """Who could own each of these projects of the person's: its other members, by name, the first hundred of each."""
    own = _projects(access.user.id, Membership.project_id.in_(project_ids)).with_only_columns(Membership.project_id)
    others = select(Membership.project_id, User.id, User.name, User.email).join(User, User.id == Membership.user_id)
    others = others.where(Membership.project_id.in_(own), User.id != access.user.id, User.deletes_at.is_(None))
    heirs: dict[str, list[AnyRow]] = {project_id: [] for project_id in project_ids}
    with autocommit() as connection:
        for row in connection.execute(others.order_by(func.lower(User.name), User.id)):
            if len(heirs[row.project_id]) < _MOST_NAMED:
                heirs[row.project_id].append(row)
    return heirs


@retry_conflicts
def begin_deletion(access: Access, email: str, password: str, session_id: str) -> None:
    """Let the account be deleted in a week. Every other browser is signed out, every app disconnected; the keys wait.

    Raises ValidationFailed where e-mail or password are not the person's, Conflict where a project would have no owner.
    """
    _require_identity(access, email, password)
    for project_id in (
        db.session.execute(_projects(access.user.id, Membership.role == "owner").order_by(Project.id)).scalars().all()
    ):
        find_alone(access, Project, project_id)
    if db.session.execute(_projects(access.user.id, *_is_orphaned())).first() is not None:
        db.session.rollback()
        raise Conflict(_BLOCKED)
    deletes_at = now() + DELAY
    begun = update(User).where(User.id == access.user.id, User.deletes_at.is_(None)).values(deletes_at=deletes_at)
    if db.session.execute(begun.returning(User.id)).first() is not None:
        record_audit(access, "account.deletion_begun", _subject(access), {"deletes_at": deletes_at})
        db.session.execute(delete(EmailChange).where(EmailChange.user_id == access.user.id))
        end_tokens_of(session_id)
        end_all_sessions(access, access.user.id, except_id=session_id)
    db.session.commit()


@retry_conflicts
def keep_account(access: Access) -> bool:
    """Take the deletion back; whether there was one, and time to."""
    kept = update(User).where(User.id == access.user.id, User.deletes_at > now()).values(deletes_at=None)
    was_leaving = db.session.execute(kept.returning(User.id)).first() is not None
    if was_leaving:
        record_audit(access, "account.kept", _subject(access))
    db.session.commit()
    return was_leaving


def find_deletion(person: Person) -> datetime | None:
    """When the account is going to be deleted, if it is."""
    with autocommit() as connection:
        return connection.execute(select(User.deletes_at).where(User.id == person.id)).scalar()


def _require_identity(access: Access, email: str, password: str) -> None:
    errors = []
    if email.strip().lower() != access.user.email.lower():
        errors.append(FieldError("/email", "no_match", f"Type {access.user.email}, which is the address of this account."))
    if verify(access.user.email, password) is None:
        errors.append(FieldError("/current_password", "no_match", "This is not your password."))
    if errors:
        raise ValidationFailed(errors=tuple(errors))


def _projects(user_id: str, *conditions: ColumnElement[bool]) -> AnySelect:
    """The ids of the person's projects for which these conditions hold."""
    statement: AnySelect = select(Project.id).join(Membership, Membership.project_id == Project.id)
    return statement.where(Membership.user_id == user_id, *conditions)


def _count_shared(work: AnySelect, user_id: str) -> AnySelect:
    """How much of it is in projects that others are in as well: the rest ends with them."""
    shared = work.join(Board, Board.id == Task.board_id).join(Membership, Membership.project_id == Board.project_id)
    return shared.where(Membership.user_id == user_id, _has_others()).with_only_columns(func.count())


def _named(projects: AnySelect) -> AnySelect:
    return projects.with_only_columns(Project.id, Project.name).order_by(func.lower(Project.name), Project.id).limit(_MOST_NAMED)


def _is_orphaned() -> tuple[ColumnElement[bool], ...]:
    """The person is its only owner, and others are in it. Who is about to leave as well owns nothing for long."""
    return Membership.role == "owner", _has_others(), ~_has_others(is_owner=True)


def _has_others(*, is_owner: bool = False) -> ColumnElement[bool]:
    other, person = aliased(Membership), aliased(User)
    found = select(other.user_id).where(other.project_id == Membership.project_id, other.user_id != Membership.user_id)
    if is_owner:
        stays = and_(person.id == other.user_id, person.deletes_at.is_(None))
        found = found.join(person, stays).where(other.role == "owner")
    return found.correlate(Membership).exists()


def _subject(access: Access) -> Subject:
    return Subject("user", access.user.id, access.user.id)
