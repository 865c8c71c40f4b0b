"""Members: their roles, and how they leave. Invitations: sent, sent again, withdrawn."""

import threading
from collections.abc import Callable

import pytest
from flask import Flask

from tests.support.users import ProjectAndBoard, TestUser, add_project_and_board


@pytest.fixture
def admin(new_user: Callable[..., TestUser]) -> TestUser:
    return new_user()


@pytest.fixture
def project(app: Flask, owner: TestUser, admin: TestUser, member: TestUser, viewer: TestUser) -> ProjectAndBoard:
    return add_project_and_board(app, owner, admin=admin, member=member, viewer=viewer)


def path_of(project: ProjectAndBoard, user: TestUser) -> str:
    return f"/projects/{project.project_id}/members/{user.person.id}"


def test_a_member_is_read_by_anybody_in_the_project(viewer: TestUser, member: TestUser, project: ProjectAndBoard) -> None:
    read = viewer.api.get(path_of(project, member)).json
    assert (read["id"], read["email"], read["role"]) == (member.person.id, member.email, "member")


def test_somebody_who_is_no_member_is_not_found(owner: TestUser, outsider: TestUser, project: ProjectAndBoard) -> None:
    for method in ("GET", "DELETE"):
        assert owner.api.ask(method, path_of(project, outsider)).status_code == 404


@pytest.mark.parametrize("method", ["PATCH", "PUT"])
def test_a_role_takes_effect_at_the_next_request(
    admin: TestUser, viewer: TestUser, project: ProjectAndBoard, method: str
) -> None:
    task = {"title": "By a former viewer"}
    assert viewer.api.post(f"/boards/{project.board_id}/tasks", json=task).status_code == 403
    assert admin.api.ask(method, path_of(project, viewer), json={"role": "member"}).json["role"] == "member"
    assert viewer.api.post(f"/boards/{project.board_id}/tasks", json=task).status_code == 201


def test_a_member_changes_no_roles(member: TestUser, viewer: TestUser, project: ProjectAndBoard) -> None:
    assert member.api.patch(path_of(project, viewer), json={"role": "admin"}).status_code == 403
    assert member.api.delete(path_of(project, viewer)).status_code == 403


def test_an_admin_neither_makes_nor_changes_owners(
    admin: TestUser, owner: TestUser, member: TestUser, project: ProjectAndBoard
) -> None:
    for answer in (
        admin.api.patch(path_of(project, member), json={"role": "owner"}),
        admin.api.patch(path_of(project, admin), json={"role": "owner"}),
        admin.api.patch(path_of(project, owner), json={"role": "viewer"}),
        admin.api.delete(path_of(project, owner)),
    ):
        assert (answer.status_code, answer.json["code"]) == (403, "forbidden")
        assert "Only an owner" in answer.json["detail"]


def test_the_only_owner_stays(owner: TestUser, project: ProjectAndBoard) -> None:
    for answer in (owner.api.patch(path_of(project, owner), json={"role": "admin"}), owner.api.delete(path_of(project, owner))):
        assert (answer.status_code, answer.json["code"]) == (409, "conflict")
    assert owner.api.patch(path_of(project, owner), json={"role": "owner"}).status_code == 200


def test_an_owner_may_go_once_there_is_another(owner: TestUser, member: TestUser, project: ProjectAndBoard) -> None:
    assert owner.api.patch(path_of(project, member), json={"role": "owner"}).json["role"] == "owner"
    assert owner.api.delete(path_of(project, owner)).status_code == 204
    assert member.api.delete(path_of(project, member)).status_code == 409


def test_of_two_owners_who_leave_at_once_one_stays(app: Flask, owner: TestUser, admin: TestUser) -> None:
    for _ in range(5):
        shared = add_project_and_board(app, owner, admin=admin)
        owner.api.patch(path_of(shared, admin), json={"role": "owner"})
        statuses: list[int] = []
        both = [threading.Thread(target=_leave, args=(user, shared, statuses)) for user in (owner, admin)]
        for thread in both:
            thread.start()
        for thread in both:
            thread.join()
        assert sorted(statuses) == [204, 409]


def _leave(user: TestUser, project: ProjectAndBoard, statuses: list[int]) -> None:
    statuses.append(user.api.delete(path_of(project, user)).status_code)


def test_who_is_removed_is_out_at_once_and_off_their_tasks(admin: TestUser, member: TestUser, project: ProjectAndBoard) -> None:
    task = {"title": "Theirs", "assignees": [member.person.id, admin.person.id]}
    created = admin.api.post(f"/boards/{project.board_id}/tasks", json=task).json
    assert admin.api.delete(path_of(project, member)).status_code == 204
    assert member.api.get(f"/projects/{project.project_id}").status_code == 403
    left = admin.api.get(f"/tasks/{created['id']}").json
    assert [person["id"] for person in left["assignees"]] == [admin.person.id]
    assert left["updated_at"] > created["updated_at"]


def test_a_viewer_may_leave(viewer: TestUser, project: ProjectAndBoard) -> None:
    assert viewer.api.delete(path_of(project, viewer)).status_code == 204
    assert viewer.api.get(f"/projects/{project.project_id}").status_code == 403


def test_a_role_that_changed_meanwhile_is_not_overwritten(owner: TestUser, member: TestUser, project: ProjectAndBoard) -> None:
    seen = owner.api.get(path_of(project, member)).headers["ETag"]
    owner.api.patch(path_of(project, member), json={"role": "admin"})
    answer = owner.api.patch(path_of(project, member), json={"role": "viewer"}, headers={"If-Match": seen})
    assert answer.status_code == 412


def test_an_invitation_is_found_at_its_location_and_holds_no_token(admin: TestUser, project: ProjectAndBoard) -> None:
    answer = admin.api.post(
        f"/projects/{project.project_id}/invitations",
        json={"email": f"Kai.{project.project_id}@harbour.example", "role": "viewer"},
    )
    assert (answer.status_code, answer.json["role"], answer.json["invited_by"]) == (201, "viewer", admin.person.id)
    assert set(answer.json) == {"id", "project_id", "email", "role", "invited_by", "created_at", "expires_at"}
    assert admin.api.get(answer.headers["Location"]).json == answer.json
    assert admin.api.get(f"/projects/{project.project_id}/invitations").json["data"] == [answer.json]


def test_inviting_again_renews_the_one_invitation(admin: TestUser, owner: TestUser, project: ProjectAndBoard) -> None:
    path = f"/projects/{project.project_id}/invitations"
    first = admin.api.post(path, json={"email": f"{project.project_id}@harbour.example", "role": "viewer"}).json
    again = owner.api.post(path, json={"email": first["email"].upper(), "role": "admin"}).json
    assert (again["id"], again["role"], again["invited_by"]) == (first["id"], "admin", owner.person.id)
    assert again["expires_at"] > first["expires_at"]
    assert len(owner.api.get(path).json["data"]) == 1


def test_a_member_is_not_invited_and_invites_nobody(admin: TestUser, member: TestUser, project: ProjectAndBoard) -> None:
    path = f"/projects/{project.project_id}/invitations"
    answer = admin.api.post(path, json={"email": member.email.upper()})
    assert (answer.status_code, answer.json["code"]) == (409, "conflict")
    assert member.api.post(path, json={"email": "kai@harbour.example"}).status_code == 403


@pytest.mark.parametrize(
    "email",
    ["kai", "kai@", "@harbour.example", "kai @harbour.example", "kai@harbour.example\r\nBcc: b@c.example", "a\r\nBcc: b@c"],
)
def test_what_is_no_address_is_not_invited(admin: TestUser, project: ProjectAndBoard, email: str) -> None:
    answer = admin.api.post(f"/projects/{project.project_id}/invitations", json={"email": email})
    assert (answer.status_code, answer.json["errors"][0]["pointer"]) == (422, "/email")
    assert "such as ana@harbour.example" in answer.json["errors"][0]["detail"]


def test_nobody_is_invited_as_owner(owner: TestUser, project: ProjectAndBoard) -> None:
    answer = owner.api.post(f"/projects/{project.project_id}/invitations", json={"email": "kai@harbour.example", "role": "owner"})
    assert (answer.status_code, answer.json["errors"][0]["pointer"]) == (422, "/role")


def test_a_withdrawn_invitation_is_gone(owner: TestUser, project: ProjectAndBoard) -> None:
    new = {"email": f"{project.project_id}@harbour.example"}
    invitation = owner.api.post(f"/projects/{project.project_id}/invitations", json=new).json
    assert owner.api.delete(f"/invitations/{invitation['id']}").status_code == 204
    assert owner.api.get(f"/invitations/{invitation['id']}").status_code == 404
