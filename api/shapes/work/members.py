"""The people of a project, and those who are invited to join."""

from typing import Annotated

from msgspec import UNSET, Struct, UnsetType

from api.shapes.values import Email, InvitationId, PersonName, ProjectId, Role, Time, UserId, about
from calmboard.models import work

# The pattern that browsers accept in a field for an e-mail address (HTML, section 4.10.5.1.5).
_EMAIL_PATTERN = r"^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63})*$"

InvitedEmail = Annotated[str, about("Whom to invite.", "ana@harbour.example", max_length=254, pattern=_EMAIL_PATTERN)]
InvitedRole = Annotated[work.InvitedRole, about("Their role once they accept; owners are made of members.", "member")]


class Member(Struct):
    """A person in a project."""

    id: UserId
    name: PersonName
    email: Email
    role: Role
    joined_at: Time


class MemberChanges(Struct, kw_only=True, forbid_unknown_fields=True):
    """The role to give; without one nothing changes."""

    role: Role | UnsetType = UNSET


class Invitation(Struct):
    """An e-mail address that was invited to a project and has not joined yet."""

    id: InvitationId
    project_id: ProjectId
    email: Email
    role: InvitedRole
    invited_by: UserId | None
    created_at: Time
    expires_at: Annotated[Time, about("When the mailed link ends.", "2026-12-01T09:30:00Z")]


class NewInvitation(Struct, kw_only=True, forbid_unknown_fields=True):
    """Whom to invite, and as what."""

    email: InvitedEmail
    role: InvitedRole = "member"
