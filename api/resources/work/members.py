"""Members of a project, and invitations to it."""

from typing import Any

from flask import Blueprint

from api.framework.bodies import given
from api.framework.describe import describe
from api.framework.queries import PageQuery
from api.shapes.work.members import Invitation, Member, MemberChanges, NewInvitation
from calmboard.access.access import Access
from calmboard.operations import jobs
from calmboard.pagination import Page
from calmboard.preconditions import Precondition
from calmboard.work import invitations, members

bp = Blueprint("members", __name__)


@bp.get("/v1/projects/<project_id>/members")
@describe("List the members of a project", Member, query=PageQuery, scope="members:read")
def list_members(access: Access, project_id: str, query: PageQuery) -> Page[Any]:
    """The people in a project. Their ids are what `assignees` of a task takes."""
    return members.list_members(access, project_id, query.page_request)


@bp.get("/v1/projects/<project_id>/members/<user_id>")
@describe("Read a member", Member, scope="members:read")
def read_member(access: Access, project_id: str, user_id: str) -> Any:
    """One person in a project, with their role."""
    return members.read_member(access, project_id, user_id)


@bp.put("/v1/projects/<project_id>/members/<user_id>")
@bp.patch("/v1/projects/<project_id>/members/<user_id>")
@describe("Change a member's role", Member, takes=MemberChanges, scope="members:write", guarded=Member)
def change_member(access: Access, project_id: str, user_id: str, changes: MemberChanges, precondition: Precondition) -> Any:
    """Give a member another role, from their next request on. Only owners make, change and remove owners.

    A project keeps one owner at least: the last one is answered 409. PUT means the same, for tools that can only PUT.
    """
    return members.change_member(access, project_id, user_id, given(changes), precondition)


@bp.delete("/v1/projects/<project_id>/members/<user_id>")
@describe("Remove a member", scope="members:write", guarded=Member)
def remove_member(access: Access, project_id: str, user_id: str, precondition: Precondition) -> None:
    """Take a member out of a project and off its tasks, from their next request on. Anybody may leave by themselves."""
    members.remove_member(access, project_id, user_id, precondition)


@bp.get("/v1/projects/<project_id>/invitations")
@describe("List the invitations to a project", Invitation, query=PageQuery, scope="members:read")
def list_invitations(access: Access, project_id: str, query: PageQuery) -> Page[Any]:
    """Whom the project invited, and who has not joined yet; an expired one stays until it is sent again or withdrawn."""
    return invitations.list_invitations(access, project_id, query.page_request)


@bp.post("/v1/projects/<project_id>/invitations")
@describe("Invite a person", Invitation, takes=NewInvitation, scope="members:write", location="/api/v1/invitations/{id}")
def invite(access: Access, project_id: str, new: NewInvitation) -> Any:
    """Mail a link that lets a person join, with an account or without one; it works for seven days.

    Inviting the same address again sends a new link, and the old one stops working. A member's address is answered 409.
    A person sends 30 invitations an hour and 100 a day, 10 on an account's first day, and an address gets 5 a day from all
    people; the next is answered 429, and the old link goes on working. An address that wants no invitations gets none.
    """
    invitation = invitations.invite(access, project_id, new.email, new.role)
    jobs.wake_mailers()
    return invitation


@bp.get("/v1/invitations/<invitation_id>")
@describe("Read an invitation", Invitation, scope="members:read")
def read_invitation(access: Access, invitation_id: str) -> Any:
    """One invitation. The link itself is in the mailed message only."""
    return invitations.read_invitation(access, invitation_id)


@bp.delete("/v1/invitations/<invitation_id>")
@describe("Withdraw an invitation", scope="members:write", guarded=Invitation)
def withdraw_invitation(access: Access, invitation_id: str, precondition: Precondition) -> None:
    """Take an invitation back; its link stops working at once."""
    invitations.withdraw_invitation(access, invitation_id, precondition)
