"""Projects, members and invitations: each change of who may do what leaves one entry in the project's log."""

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from calmboard.ids import new_id
from calmboard.work.invitations import create_invitation_message
from tests.portal.forms import send
from tests.support.audit import audit_entries, audited_actions
from tests.support.users import TestUser, add_project_and_board, add_user


@pytest.fixture
def owner(app: Flask) -> TestUser:
    return add_user(app)


@pytest.fixture
def colleague(app: Flask) -> TestUser:
    return add_user(app)


@pytest.fixture
def project_id(app: Flask, owner: TestUser, colleague: TestUser) -> str:
    return add_project_and_board(app, owner, member=colleague).project_id


def invite(app: Flask, owner: TestUser, project_id: str, email: str) -> tuple[str, str]:
    """The invitation's id, and the path of its link."""
    created = owner.api.post(f"/projects/{project_id}/invitations", json={"email": email, "role": "member"})
    assert created.status_code == 201, created.text
    with app.app_context():
        message = create_invitation_message(created.json["id"])
    assert message
    return created.json["id"], f"/invitations/{message.token}"


def essence(entry: Any) -> tuple[Any, ...]:
    return entry.action, entry.subject_id, entry.user_id, entry.actor_id, entry.source, entry.details


def test_a_new_project_makes_an_owner(app: Flask, owner: TestUser) -> None:
    project_id = owner.api.post("/projects", json={"name": "Observatory"}).json["id"]
    owner.api.patch(f"/projects/{project_id}", json={"name": "Planetarium"})
    [entry] = audit_entries(app, project_id=project_id)
    details = {"name": "Observatory", "role": "owner"}
    assert essence(entry) == ("project.created", project_id, owner.person.id, owner.person.id, "key", details)
    assert entry.credential_name == "Everything"


def test_a_deleted_project_is_in_each_members_log(app: Flask, owner: TestUser, colleague: TestUser, project_id: str) -> None:
    assert owner.api.delete(f"/projects/{project_id}").status_code == 204
    deleted, *removed = audit_entries(app, project_id=project_id)
    assert (deleted.action, deleted.details) == ("project.deleted", {"name": "Observatory"})
    assert {(entry.action, entry.user_id, entry.actor_id) for entry in removed} == {
        ("member.removed", owner.person.id, owner.person.id),
        ("member.removed", colleague.person.id, owner.person.id),
    }


def test_another_role_is_recorded_with_the_one_before(app: Flask, owner: TestUser, colleague: TestUser, project_id: str) -> None:
    for role in ("admin", "admin"):
        owner.api.patch(f"/projects/{project_id}/members/{colleague.person.id}", json={"role": role})
    [entry] = audit_entries(app, project_id=project_id)
    subject, details = colleague.person.id, {"role": "admin", "before": "member"}
    assert essence(entry) == ("member.changed", subject, subject, owner.person.id, "key", details)


@pytest.mark.parametrize("leaves", [True, False])
def test_who_leaves_or_is_removed_is_recorded(
    app: Flask, owner: TestUser, colleague: TestUser, project_id: str, leaves: bool
) -> None:
    actor = colleague if leaves else owner
    actor.api.delete(f"/projects/{project_id}/members/{colleague.person.id}")
    [entry] = audit_entries(app, project_id=project_id)
    action, subject = "member.left" if leaves else "member.removed", colleague.person.id
    assert essence(entry) == (action, subject, subject, actor.person.id, "key", {"role": "member"})


def test_an_invitation_is_recorded_when_it_is_sent_and_withdrawn(app: Flask, owner: TestUser, project_id: str) -> None:
    email = f"{new_id('usr')}@harbour.example"
    invitation_id, _ = invite(app, owner, project_id, email)
    for _ in range(2):
        owner.api.delete(f"/invitations/{invitation_id}")
    sent, withdrawn = audit_entries(app, project_id=project_id)
    details = {"email": email, "role": "member"}
    assert essence(sent) == ("invitation.sent", invitation_id, None, owner.person.id, "key", details)
    assert essence(withdrawn) == ("invitation.withdrawn", invitation_id, None, owner.person.id, "key", details)


def test_who_accepts_an_invitation_is_recorded(app: Flask, owner: TestUser, project_id: str) -> None:
    person = add_user(app)
    invitation_id, path = invite(app, owner, project_id, person.email)
    browser = person.sign_in()
    send(browser, path, path)
    send(browser, "/account", path)
    _, accepted = audit_entries(app, project_id=project_id)
    details = {"role": "member", "joined": True}
    assert essence(accepted) == ("invitation.accepted", invitation_id, person.person.id, person.person.id, "session", details)


def test_a_newcomers_account_comes_by_the_link(app: Flask, client: FlaskClient, owner: TestUser, project_id: str) -> None:
    email = f"{new_id('usr')}@harbour.example"
    _, path = invite(app, owner, project_id, email)
    send(client, path, path, name="Kai Berg", password="four unrelated words here")
    _, accepted = audit_entries(app, project_id=project_id)
    created, joined, opened = audit_entries(app, user_id=accepted.user_id)
    assert (created.action, created.source, created.details) == ("account.created", "link", {"email": email, "plan": "free"})
    assert (joined.action, joined.actor_name, opened.action) == ("invitation.accepted", "Kai Berg", "session.opened")


def test_what_a_member_may_not_do_leaves_no_entry(app: Flask, owner: TestUser, colleague: TestUser, project_id: str) -> None:
    members = f"/projects/{project_id}/members"
    refused = [
        colleague.api.patch(f"{members}/{owner.person.id}", json={"role": "viewer"}),
        colleague.api.delete(f"{members}/{owner.person.id}"),
        colleague.api.post(f"/projects/{project_id}/invitations", json={"email": "kai@harbour.example", "role": "member"}),
        colleague.api.delete(f"/projects/{project_id}"),
        owner.api.delete(f"{members}/{owner.person.id}"),
        owner.api.post(f"/projects/{project_id}/invitations", json={"email": colleague.email, "role": "admin"}),
    ]
    assert [answer.status_code for answer in refused] == [403, 403, 403, 403, 409, 409]
    assert audited_actions(app, project_id=project_id) == []
