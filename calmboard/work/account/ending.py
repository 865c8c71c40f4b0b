"""What an account's deletion does, once its week is over: project by project and in batches, so that nobody waits long.

Each step is a transaction of its own. Where the worker dies in between, the next one goes on with what is left.
"""

import logging
from typing import Any

from sqlalchemy import ColumnElement, case, delete, func, select, tuple_, update
from sqlalchemy.exc import SQLAlchemyError

from calmboard.access.access import Access, Person
from calmboard.access.audit import Subject, record_audit
from calmboard.access.oauth.grants import end_client_grants
from calmboard.access.permissions import find_alone
from calmboard.clock import now
from calmboard.db import AnyRow, Base, autocommit, db, retry_conflicts
from calmboard.errors import Forbidden, NotFound
from calmboard.events.activity import record
from calmboard.events.outbox import enqueue_message
from calmboard.events.touched import touch
from calmboard.models import (
    Activity,
    AppMaintainer,
    Attachment,
    Comment,
    LoggedCall,
    MadeApp,
    Membership,
    OAuthClient,
    Project,
    Task,
    UsageDay,
    User,
)
from calmboard.models.work import ROLES
from calmboard.work.members import take_out
from calmboard.work.projects import end_project

_BATCH_SIZE = 1000
# What stays, and names its author no more.
_AUTHORED = (Task.created_by, Comment.author_id, Attachment.added_by, Activity.actor_id)
_FORMER = "A former member"


def delete_left_accounts() -> None:
    """Delete the accounts whose week is over. One that cannot be deleted now is tried again at the next run."""
    columns = (User.id, User.name, User.email, User.plan)
    with autocommit() as connection:
        rows = connection.execute(select(*columns).where(User.deletes_at <= now()).order_by(User.deletes_at)).all()
    for row in rows:
        try:
            _delete_account(Person(*row))
        except SQLAlchemyError:
            db.session.rollback()
            logging.getLogger(__name__).exception("The account %s could not be deleted, and is tried again", row.id)


def _delete_account(person: Person) -> None:
    with autocommit() as connection:
        memberships = select(Membership.project_id).where(Membership.user_id == person.id).order_by(Membership.project_id)
        project_ids = connection.execute(memberships).scalars().all()
        # Everybody's first application has no heir: it goes with its person.
        owned = select(MadeApp.client_id).join(OAuthClient).where(MadeApp.maker_id == person.id, OAuthClient.user_id.is_(None))
        client_ids = connection.execute(owned).scalars().all()
    for project_id in project_ids:
        _leave(Access.from_session(person), project_id)
    for client_id in client_ids:
        _hand_over_app(person, client_id)
    for column in _AUTHORED:
        _forget_author(column, person.id)
    _delete_rows(LoggedCall, (LoggedCall.kept_days, LoggedCall.id), LoggedCall.user_id == person.id)
    _delete_rows(UsageDay, (UsageDay.credential_id, UsageDay.day), UsageDay.user_id == person.id)
    _delete_person(person)


@retry_conflicts
def _leave(access: Access, project_id: str) -> None:
    """Leave a project to the others, with an owner; or end it, where there is nobody else."""
    try:
        project = find_alone(access, Project, project_id, Project.name)
    except (NotFound, Forbidden):  # somebody deleted it meanwhile, or took the person out
        db.session.rollback()
        return
    heir = _find_heir(access, project_id)
    if heir is None:
        end_project(access, project_id, project.name)
    else:
        if heir.role != "owner":
            _make_owner(access, project_id, heir)
        take_out(project_id, access.user.id)
        record(access, "member.left", project_id, access.user.id, changes={"name": _FORMER})
        subject = Subject("member", access.user.id, access.user.id, project_id)
        record_audit("system", "member.left", subject, {"role": project.role, "reason": "account_deleted"})
    db.session.commit()


def _find_heir(access: Access, project_id: str) -> AnyRow | None:
    """Who owns the project then: the member with the most rights, of those the one who is in it for longest."""
    rank = case({role: rank for rank, role in enumerate(ROLES)}, value=Membership.role)
    others = select(Membership.user_id, Membership.role).join(User, User.id == Membership.user_id)
    others = others.where(Membership.project_id == project_id, Membership.user_id != access.user.id)
    return db.session.execute(others.order_by(User.deletes_at.is_not(None), rank, Membership.joined_at).limit(1)).first()


def _make_owner(access: Access, project_id: str, heir: AnyRow) -> None:
    its = (Membership.project_id == project_id, Membership.user_id == heir.user_id)
    db.session.execute(update(Membership).where(*its).values(role="owner"))
    touch(Project, [project_id])
    record(access, "member.changed", project_id, heir.user_id, changes={"role": "owner"})
    subject = Subject("member", heir.user_id, heir.user_id, project_id)
    record_audit("system", "member.changed", subject, {"role": "owner", "before": heir.role, "reason": "account_deleted"})


@retry_conflicts
def _hand_over_app(person: Person, client_id: str) -> None:
    """An application that somebody else keeps becomes theirs; any other ends with all that was granted to it."""
    keepers = select(AppMaintainer.user_id).join(User, User.id == AppMaintainer.user_id)
    keepers = keepers.where(AppMaintainer.client_id == client_id, User.deletes_at.is_(None))
    heir_id = db.session.execute(keepers.order_by(func.lower(User.name), User.id).limit(1)).scalar()
    name = db.session.execute(select(OAuthClient.name).where(OAuthClient.id == client_id)).scalar()
    if heir_id is None:
        end_client_grants("system", client_id, "client_deleted")
        db.session.execute(delete(OAuthClient).where(OAuthClient.id == client_id))
        record_audit("system", "client.deleted", Subject("client", client_id, person.id), {"name": name})
    else:
        its = (AppMaintainer.client_id == client_id, AppMaintainer.user_id == heir_id)
        db.session.execute(delete(AppMaintainer).where(*its))
        db.session.execute(update(MadeApp).where(MadeApp.client_id == client_id).values(maker_id=heir_id))
        record_audit("system", "client.maintainers_changed", Subject("client", client_id, heir_id), {"name": name})
    db.session.commit()


def _forget_author(column: Any, user_id: str) -> None:
    """In the order of the ids, so that the table is read once however many there are."""
    table, last = column.class_, ""
    while True:
        found = select(table.id).where(column == user_id, table.id > last).order_by(table.id).limit(_BATCH_SIZE)
        with autocommit() as connection:
            ids = connection.execute(found).scalars().all()
        if not ids:
            return
        _forget_batch(column, user_id, ids)
        last = ids[-1]


@retry_conflicts
def _forget_batch(column: Any, user_id: str, ids: Any) -> None:
    change = update(column.class_).where(column.class_.id.in_(ids), column == user_id).values({column.key: None})
    db.session.execute(change, execution_options={"synchronize_session": False})
    db.session.commit()


def _delete_rows(table: type[Base], key: tuple[Any, ...], condition: ColumnElement[bool]) -> None:
    while True:
        with autocommit() as connection:
            keys = [tuple(row) for row in connection.execute(select(*key).where(condition).limit(_BATCH_SIZE))]
        if not keys:
            return
        _delete_batch(table, tuple_(*key).in_(keys))


@retry_conflicts
def _delete_batch(table: type[Base], condition: ColumnElement[bool]) -> None:
    db.session.execute(delete(table).where(condition), execution_options={"synchronize_session": False})
    db.session.commit()


@retry_conflicts
def _delete_person(person: Person) -> None:
    """With all that is theirs alone: keys, sessions, apps, settings. The audit log goes on, as long as any of it."""
    deletion = delete(User).where(User.id == person.id, User.deletes_at <= now()).returning(User.id)
    if db.session.execute(deletion, execution_options={"synchronize_session": False}).first() is not None:
        record_audit("system", "account.deleted", Subject("user", person.id, person.id))
        enqueue_message("account_deleted", person.email)
    db.session.commit()
