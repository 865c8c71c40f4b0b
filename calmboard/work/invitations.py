"""Invitations: an e-mail address is invited to a project by a mailed link, which creates an account where there is none."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import bindparam, delete, func, select, update

from calmboard import ids
from calmboard.access.access import Access, Person
from calmboard.access.audit import Subject, record_audit
from calmboard.access.permissions import find, find_for_update, require_role, require_scope
from calmboard.clock import now
from calmboard.db import AnyRow, autocommit, db, retry_conflicts
from calmboard.errors import Conflict, Forbidden, NotFound
from calmboard.events.activity import record
from calmboard.events.message_limits import check_invitation_limits
from calmboard.events.outbox import enqueue_message
from calmboard.models import Invitation, Membership, Project, User
from calmboard.pagination import Order, Page, PageRequest, order_and_limit, read_page
from calmboard.preconditions import Precondition, no_precondition
from calmboard.prepared import Prepared
from calmboard.work.people import add_person

LIFE = timedelta(days=7)

_COLUMNS = (
    Invitation.id,
    Invitation.project_id,
    Invitation.email,
    Invitation.role.label("invited_as"),  # beside the role of the user
    Invitation.invited_by,
    Invitation.created_at,
    Invitation.expires_at,
)
_BY_ID = Order((Invitation.id,))


@dataclass(frozen=True, slots=True)
class InvitationMessage:
    """What is mailed. The token is not stored; the inviter may be gone meanwhile."""

    email: str
    project_name: str
    inviter: str | None
    inviter_email: str | None
    role: str
    token: str


@dataclass(frozen=True, slots=True)
class OpenInvitation:
    """The invitation of a link; `has_account` says whether somebody has the e-mail address already."""

    id: str
    project_id: str
    project_name: str
    email: str
    role: str
    inviter: str
    expires_at: datetime
    has_account: bool


@dataclass(frozen=True, slots=True)
class Joined:
    """The project that somebody is in after accepting; `is_new` says whether they were not in it before, `role` what they are."""

    project_name: str
    role: str
    is_new: bool


def list_invitations(access: Access, project_id: str, page_request: PageRequest) -> Page[dict[str, Any]]:
    """The open invitations to a project, oldest first; including expired ones."""
    require_scope(access, "members:read")
    find(access, Project, project_id)
    with autocommit() as connection:
        page = read_page(connection, _invitation_list(page_request.after is not None), page_request, {"project_id": project_id})
    return Page([_with_invited_role(row) for row in page.rows], page.after)


def read_invitation(access: Access, invitation_id: str) -> dict[str, Any]:
    """Raises NotFound where there is none, Forbidden without access."""
    require_scope(access, "members:read")
    return _with_invited_role(find(access, Invitation, invitation_id, *_COLUMNS))


@retry_conflicts
def invite(access: Access, project_id: str, email: str, role: str) -> dict[str, Any]:
    """Invite an e-mail address to a project. Invited again, it has the new role and seven more days, and the old link is dead.

    The caller wakes the worker, which sends the message. Raises NotFound, Forbidden to those who are no admin, Conflict where
    the address is a member's, and RateLimitExceeded, with the old link alive, for a message too many.

    An address that stopped all invitations is invited like any other, and counted like any other; only the worker sends nothing.
    Whoever invites learns nothing of it, or else they would learn that somebody reads what they send there.
    """
    email = email.strip()
    project = find_for_update(access, Project, project_id)
    require_role(access, project.role, "members:write")
    _require_non_member(project_id, email)
    check_invitation_limits(access.user.id, email)
    old = (Invitation.project_id == project_id, func.lower(Invitation.email) == email.lower())
    invitation_id = db.session.execute(select(Invitation.id).where(*old)).scalar()
    values = {"email": email, "role": role, "invited_by": access.user.id, "digest": _no_digest(), "expires_at": now() + LIFE}
    if invitation_id is None:
        invitation_id = ids.new_id("inv")
        db.session.add(Invitation(id=invitation_id, project_id=project_id, **values))
    else:
        db.session.execute(update(Invitation).where(Invitation.id == invitation_id).values(**values))
    record(access, "member.invited", project_id, invitation_id, changes={"email": email, "role": role})
    subject = Subject("invitation", invitation_id, project_id=project_id)
    record_audit(access, "invitation.sent", subject, {"email": email, "role": role})
    enqueue_message("invitation", email, invitation_id, access.user.id)
    db.session.commit()
    return read_invitation(access, invitation_id)


@retry_conflicts
def withdraw_invitation(access: Access, invitation_id: str, precondition: Precondition = no_precondition) -> None:
    """Take an invitation back; its link is dead at once. Raises as `invite` does, and PreconditionFailed."""
    invitation = find_for_update(access, Invitation, invitation_id, *_COLUMNS)
    require_role(access, invitation.role, "members:write")
    precondition(_with_invited_role(invitation))
    db.session.execute(delete(Invitation).where(Invitation.id == invitation_id))
    record(access, "member.uninvited", invitation.in_project, invitation_id, changes={"email": invitation.email})
    subject = Subject("invitation", invitation_id, project_id=invitation.in_project)
    record_audit(access, "invitation.withdrawn", subject, {"email": invitation.email, "role": invitation.invited_as})
    db.session.commit()


@retry_conflicts
def create_invitation_message(invitation_id: str) -> InvitationMessage | None:
    """Create the token and message of an invitation, or None where it was withdrawn, accepted or has expired."""
    token = secrets.token_urlsafe(32)
    unexpired = update(Invitation).where(Invitation.id == invitation_id, Invitation.expires_at > now())
    is_open = db.session.execute(unexpired.values(digest=_digest(token)).returning(Invitation.id)).first()
    row = db.session.execute(_MESSAGE, {"invitation_id": invitation_id}).first() if is_open else None
    db.session.commit()
    if row is None:
        return None
    return InvitationMessage(row.email, row.project_name, row.inviter, row.inviter_email, row.role, token)


def find_open_invitation(token: str) -> OpenInvitation:
    """The invitation of a link. Raises NotFound where it is unknown, used, withdrawn, replaced or too old."""
    with autocommit() as connection:
        row = connection.execute(_OPEN_INVITATION, {"digest": _digest(token), "at": now()}).first()
    if row is None:
        raise NotFound("This invitation was accepted, withdrawn or replaced, or is older than a week. Ask for a new one.")
    values = {name: value for name, value in row._mapping.items() if name != "account_id"}
    return OpenInvitation(**{**values, "inviter": row.inviter or _NOBODY}, has_account=row.account_id is not None)


@retry_conflicts
def accept_invitation(access: Access, token: str) -> Joined:
    """Join the project, and consume the link. A member keeps their role.

    Raises NotFound as `find_open_invitation` does, Forbidden to a person with another e-mail address.
    """
    invitation = find_open_invitation(token)
    if access.user.email.lower() != invitation.email.lower():
        raise Forbidden(f"This invitation is for {invitation.email}. You are signed in as {access.user.email}.")
    project_id = invitation.project_id
    db.session.execute(select(Project.id).where(Project.id == project_id).with_for_update(key_share=True))
    deletion = delete(Invitation).where(Invitation.digest == _digest(token)).returning(Invitation.id)
    if db.session.execute(deletion).first() is None:
        raise NotFound("This invitation was accepted or withdrawn a moment ago.")
    role_before = _role_in(project_id, access.user.id)
    joins = role_before is None
    if joins:
        db.session.add(Membership(user_id=access.user.id, project_id=project_id, role=invitation.role))
        record(access, "member.joined", project_id, access.user.id, changes={"role": invitation.role})
    subject = Subject("invitation", invitation.id, access.user.id, project_id)
    record_audit(access, "invitation.accepted", subject, {"role": invitation.role, "joined": joins})
    db.session.commit()
    return Joined(invitation.project_name, role_before or invitation.role, joins)


def join_as_newcomer(token: str, name: str, password: str) -> tuple[Person, Joined]:
    """Create an account on the plan free for the invited address, and join the project with it.

    Raises NotFound as `find_open_invitation` does, ValidationFailed where name or password cannot be used or the
    address has an account.
    """
    person = add_person(find_open_invitation(token).email, name, password, "free", "link")
    return person, accept_invitation(Access.from_session(person), token)


@cache
def _invitation_list(after_cursor: bool) -> Prepared:
    statement = select(*_COLUMNS).where(Invitation.project_id == bindparam("project_id"))
    return order_and_limit(statement, _BY_ID, after_cursor=after_cursor)


def _with_invited_role(row: AnyRow) -> dict[str, Any]:
    return {**row._mapping, "role": row.invited_as}


def _require_non_member(project_id: str, email: str) -> None:
    user_id = db.session.execute(select(User.id).where(func.lower(User.email) == email.lower())).scalar()
    if user_id is not None and _role_in(project_id, user_id) is not None:
        raise Conflict(f"{email} is a member of this project already.")


def _role_in(project_id: str, user_id: str) -> str | None:
    statement = select(Membership.role).where(Membership.project_id == project_id, Membership.user_id == user_id)
    return db.session.execute(statement).scalar()


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


def _no_digest() -> bytes:
    """A digest that no token has, until the message is created."""
    return secrets.token_bytes(32)


_NOBODY = "Somebody"
_INVITER = select(User.name).where(User.id == Invitation.invited_by).scalar_subquery().label("inviter")
_ACCOUNT = select(User.id).where(func.lower(User.email) == func.lower(Invitation.email)).scalar_subquery().label("account_id")
_WITH_PROJECT = select(Invitation.email, Invitation.role, Project.name.label("project_name"), _INVITER).join(
    Project, Project.id == Invitation.project_id
)
_INVITER_EMAIL = select(User.email).where(User.id == Invitation.invited_by).scalar_subquery().label("inviter_email")
_MESSAGE = _WITH_PROJECT.add_columns(_INVITER_EMAIL).where(Invitation.id == bindparam("invitation_id"))
_OPEN_INVITATION = _WITH_PROJECT.add_columns(Invitation.id, Invitation.project_id, Invitation.expires_at, _ACCOUNT).where(
    Invitation.digest == bindparam("digest"), Invitation.expires_at > bindparam("at")
)
