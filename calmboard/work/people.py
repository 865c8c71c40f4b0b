"""People: added, found, put on a plan."""

import re

from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError

from calmboard.access.access import Person
from calmboard.access.audit import Actor, Subject, record_audit
from calmboard.access.credentials.passwords import MAX_LENGTH, MIN_LENGTH, hash_password
from calmboard.access.plans import PLANS
from calmboard.db import autocommit, db, retry_conflicts
from calmboard.errors import FieldError, NotFound, ValidationFailed
from calmboard.events.message_limits import may_receive
from calmboard.events.outbox import enqueue_message
from calmboard.events.touched import touch
from calmboard.models import Comment, Task, TaskAssignee, User
from calmboard.texts.names import ONE_LINE, ONE_LINE_RULE, one_line

_MAX_NAME_LENGTH = 100
_EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s]{1,189}")


@retry_conflicts
def add_person(email: str, name: str, password: str, plan: str, actor: Actor = "operator") -> Person:
    """Add a person; raises ValidationFailed with an error for each value that cannot be used."""
    errors = [error for error in (email_error(email), _name_error(name), _password_error(password), _plan_error(plan)) if error]
    if errors:
        raise ValidationFailed(errors=tuple(errors))
    user = User(email=email.strip(), name=one_line(name), password_hash=hash_password(password), plan=plan)
    db.session.add(user)
    try:
        db.session.flush()
    except IntegrityError:
        db.session.rollback()
        raise ValidationFailed(errors=(FieldError("/email", "taken", f"Somebody has {email} already."),)) from None
    person = Person(user.id, user.name, user.email, user.plan)
    record_audit(actor, "account.created", Subject("user", user.id, user.id), {"email": user.email, "plan": plan})
    db.session.commit()
    return person


@retry_conflicts
def change_plan(email: str, plan: str, actor: Actor = "operator") -> Person:
    """Put a person on another plan, from their next request on."""
    if error := _plan_error(plan):
        raise ValidationFailed(errors=(error,))
    person = find_person(email)
    change = update(User).where(User.id == person.id, User.plan != plan).values(plan=plan).returning(User.id)
    if db.session.execute(change).first() is not None:
        record_audit(actor, "plan.changed", Subject("user", person.id, person.id), {"plan": plan, "before": person.plan})
    db.session.commit()
    return find_person(email)


@retry_conflicts
def rename_person(email: str, name: str, actor: Actor = "operator") -> Person:
    """Give a person another name, which their tasks and comments show from then on."""
    if error := _name_error(name):
        raise ValidationFailed(errors=(error,))
    person, new = find_person(email), one_line(name)
    renaming = update(User).where(User.id == person.id, User.name != new).values(name=new).returning(User.id)
    if db.session.execute(renaming).first() is not None:
        touch(Task, select(TaskAssignee.task_id).where(TaskAssignee.user_id == person.id))
        touch(Comment, select(Comment.id).where(Comment.author_id == person.id))
        record_audit(actor, "account.renamed", Subject("user", person.id, person.id), {"name": new, "before": person.name})
    db.session.commit()
    return find_person(email)


@retry_conflicts
def request_password_reset(email: str) -> None:
    """Let the worker mail a link to whoever has this e-mail address, and nothing where nobody has: either takes as long.

    A link too many is not mailed, and nobody learns of it: the newest of those before it works. The caller wakes the worker.
    """
    recipient = email.replace("\0", "")
    if may_receive(recipient):
        enqueue_message("password_reset", recipient)
    db.session.commit()


def find_person(email: str) -> Person:
    with autocommit() as connection:
        columns = (User.id, User.name, User.email, User.plan)
        row = connection.execute(select(*columns).where(func.lower(User.email) == email.strip().lower())).first()
    if row is None:
        raise NotFound(f"Nobody has the e-mail address {email}.")
    return Person(*row)


def has_account(email: str) -> bool:
    """Whether somebody has this e-mail address."""
    with autocommit() as connection:
        found = select(User.id).where(func.lower(User.email) == email.strip().lower())
        return connection.execute(found).first() is not None


def email_error(email: str) -> FieldError | None:
    if _EMAIL.fullmatch(email.strip()):
        return None
    return FieldError("/email", "not_an_address", f"“{email}” is not an e-mail address.")


def _name_error(name: str) -> FieldError | None:
    if not 0 < len(one_line(name)) <= _MAX_NAME_LENGTH:
        return FieldError("/name", "length", f"A name has 1 to {_MAX_NAME_LENGTH} characters.")
    if not re.fullmatch(ONE_LINE, one_line(name)):
        return FieldError("/name", "unprintable", f"Use letters and signs that can be seen. {ONE_LINE_RULE}")
    return None


def _password_error(password: str) -> FieldError | None:
    if MIN_LENGTH <= len(password) <= MAX_LENGTH:
        return None
    return FieldError("/password", "length", f"A password has {MIN_LENGTH} to {MAX_LENGTH} characters.")


def _plan_error(plan: str) -> FieldError | None:
    return None if plan in PLANS else FieldError("/plan", "unknown_value", f"A plan is one of {', '.join(PLANS)}.", tuple(PLANS))
