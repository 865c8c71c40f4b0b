"""The page behind a mailed invitation, for whoever opens it."""

import re
from collections.abc import Callable
from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import update

from calmboard.access.credentials.passwords import verify
from calmboard.clock import now
from calmboard.db import db
from calmboard.ids import new_id
from calmboard.models import Invitation, Membership, Project, User
from calmboard.operations.mailing import send_next_message
from calmboard.work.invitations import create_invitation_message
from tests.portal.forms import send
from tests.support.clients.accessibility import find_violations
from tests.support.clients.browser import Pages
from tests.support.servers.databases import Databases
from tests.support.users import ProjectAndBoard, TestUser, add_project_and_board, add_user, csrf_token

_PASSWORD = "four unrelated words here"


@pytest.fixture
def owner(new_user: Callable[..., TestUser]) -> TestUser:
    """The messages of each test's own owner are counted."""
    return new_user()


@pytest.fixture
def project(app: Flask, owner: TestUser) -> ProjectAndBoard:
    return add_project_and_board(app, owner)


@pytest.fixture
def newcomer() -> str:
    """An address without an account."""
    return f"{new_id('usr')}@harbour.example"


def invite(app: Flask, owner: TestUser, project: ProjectAndBoard, email: str, role: str = "member") -> tuple[str, str]:
    """The invitation's id, and the path that the message links to."""
    created = owner.api.post(f"/projects/{project.project_id}/invitations", json={"email": email, "role": role})
    assert created.status_code == 201, created.text
    return created.json["id"], path_of(app, created.json["id"])


def path_of(app: Flask, invitation_id: str) -> str:
    with app.app_context():
        message = create_invitation_message(invitation_id)
    assert message
    return f"/invitations/{message.token}"


def test_beyond_five_messages_a_day_the_last_link_still_works(
    app: Flask, client: FlaskClient, owner: TestUser, project: ProjectAndBoard, newcomer: str
) -> None:
    path = f"/projects/{project.project_id}/invitations"
    for _ in range(4):
        invite(app, owner, project, newcomer)
    invitation_id, link = invite(app, owner, project, newcomer.upper())
    again = owner.api.post(path, json={"email": newcomer, "role": "admin"})
    assert (again.status_code, again.json["code"], again.json["policy"]) == (429, "rate_limit_exceeded", "invitations")
    assert again.json["detail"].startswith(f"{newcomer} was sent 5 invitations within a day")
    assert 86400 - 60 <= int(again.headers["Retry-After"]) <= 86400
    assert client.get(link).status_code == 200
    owner.api.delete(f"/invitations/{invitation_id}")
    assert owner.api.post(path, json={"email": newcomer}).status_code == 429


def test_who_may_not_invite_sends_no_message(app: Flask, owner: TestUser, member: TestUser, newcomer: str) -> None:
    project = add_project_and_board(app, owner, member=member)
    path = f"/projects/{project.project_id}/invitations"
    assert {member.api.post(path, json={"email": newcomer}).status_code for _ in range(11)} == {403}
    assert {owner.api.post(path, json={"email": member.person.email}).status_code for _ in range(11)} == {409}
    assert owner.api.post(path, json={"email": newcomer}).status_code == 201


def roles(owner: TestUser, project: ProjectAndBoard) -> dict[str, str]:
    listed = owner.api.get(f"/projects/{project.project_id}/members").json["data"]
    return {member["email"]: member["role"] for member in listed}


@pytest.fixture
def mail_app(make_app: Callable[..., Flask], database: Databases) -> Flask:
    """An app with a database of its own, whose outbox no other test fills."""
    return make_app(database_url=database.seeded())


def test_the_message_holds_a_link_that_works(mail_app: Flask, tmp_path: Path) -> None:
    owner = add_user(mail_app)
    message = mailed_invitation(owner, add_project_and_board(mail_app, owner, name="Überfahrt"), tmp_path)
    text = message.get_content()
    link = re.search(r"http://127\.0\.0\.1:8000(/invitations/(?!stop)\S+)", text)
    assert message["To"] == "kai@harbour.example"
    inviter = f"“{owner.person.name}” ({owner.email})"
    assert f"{inviter} asks you to join the project “Überfahrt” on CalmBoard, as an admin." in text
    assert "You do not know them? Do nothing" in text
    assert link
    page = mail_app.test_client().get(link[1])
    assert (page.status_code, page.headers["Cache-Control"]) == (200, "no-store")


@pytest.mark.parametrize(
    ("stored", "mailed"),
    [
        ("a\r\nBcc: x@evil.example\u2028\x1b[2Jb", "“a Bcc: x@ evil. example [2Jb”"),
        ("\u202eevil\u2066\u200f", "“evil”"),
        ("Bank” (help@bank.example) «asks» you", "“Bank' (help@ bank. example) 'asks' you”"),
        ("https://evil.example/win", "“https: //evil. example/win”"),
        ("www.evil.example v2.5", "“www. evil. example v2.5”"),
        ("x" * 100, f"“{'x' * 79}…”"),
    ],
)
def test_a_name_in_a_message_is_a_name_whatever_it_was_stored_as(
    mail_app: Flask, tmp_path: Path, stored: str, mailed: str
) -> None:
    owner = add_user(mail_app)
    project = add_project_and_board(mail_app, owner)
    with mail_app.app_context():
        db.session.execute(update(Project).where(Project.id == project.project_id).values(name=stored))
        db.session.execute(update(User).where(User.id == owner.person.id).values(name=stored))
        db.session.commit()
    first, *_ = mailed_invitation(owner, project, tmp_path).get_content().splitlines()[2:]
    assert (
        first
        == f"{mailed} ({owner.email}) asks you to join the project {mailed} on CalmBoard, as an admin. To join, open this link:"
    )


def mailed_invitation(owner: TestUser, project: ProjectAndBoard, directory: Path) -> EmailMessage:
    owner.api.post(f"/projects/{project.project_id}/invitations", json={"email": "kai@harbour.example", "role": "admin"})
    with owner.app.app_context():
        assert send_next_message()
    (file,) = (directory / "mail").glob("*.eml")
    return message_from_bytes(file.read_bytes(), policy=policy.default)


def test_a_newcomer_makes_an_account_and_is_in(
    app: Flask, client: FlaskClient, owner: TestUser, project: ProjectAndBoard, newcomer: str
) -> None:
    _, path = invite(app, owner, project, newcomer, "admin")
    answer = send(client, path, path, name="Kai Berg", password=_PASSWORD)
    assert (answer.status_code, answer.location) == (303, "/integrations")
    assert "You are in the project Observatory now, as an admin." in client.get("/integrations").text
    assert roles(owner, project)[newcomer] == "admin"
    with app.app_context():
        person = verify(newcomer, _PASSWORD)
    assert person
    assert (person.name, person.plan) == ("Kai Berg", "free")
    assert owner.api.get(f"/projects/{project.project_id}/invitations").json["data"] == []
    (line, *_) = owner.api.get(f"/projects/{project.project_id}/activity").json["data"]
    assert (line["what"], line["actor"]["name"], line["source"]) == ("member.joined", "Kai Berg", "session")


def test_a_newcomer_is_told_all_errors_and_the_link_stays(
    app: Flask, client: FlaskClient, owner: TestUser, project: ProjectAndBoard, newcomer: str
) -> None:
    _, path = invite(app, owner, project, newcomer)
    answer = send(client, path, path, name=" ", password="short")
    assert answer.status_code == 422
    assert "Two things need a second look." in answer.text
    assert send(client, path, path, name="Kai", password=_PASSWORD).status_code == 303


def test_a_person_with_an_account_signs_in_first_and_comes_back(
    app: Flask, client: FlaskClient, owner: TestUser, project: ProjectAndBoard, new_user: Callable[..., TestUser]
) -> None:
    person = new_user()
    _, path = invite(app, owner, project, person.email.upper())
    page = client.get(path)
    assert 'name="password"' not in page.text
    sign_in = re.search(r'href="(/sign-in\?next=[^"]+)"', page.text)
    assert sign_in
    back = send(client, sign_in[1], sign_in[1], email=person.email, password=person.password)
    assert back.location == path
    assert send(client, path, path).status_code == 303
    assert roles(owner, project)[person.email] == "member"
    assert person.api.get(f"/projects/{project.project_id}").status_code == 200


def test_somebody_else_is_told_and_does_not_join(
    app: Flask, owner: TestUser, outsider: TestUser, project: ProjectAndBoard, newcomer: str
) -> None:
    _, path = invite(app, owner, project, newcomer)
    browser = outsider.sign_in()
    page = browser.get(path)
    assert page.status_code == 200
    assert f"You are signed in as {outsider.email}" in page.text
    assert browser.post(path, data={"csrf_token": csrf_token(page)}).status_code == 403
    assert outsider.email not in roles(owner, project)


def test_a_link_works_once(app: Flask, client: FlaskClient, owner: TestUser, project: ProjectAndBoard, newcomer: str) -> None:
    _, path = invite(app, owner, project, newcomer)
    page = client.get(path)
    send(client, path, path, name="Kai", password=_PASSWORD)
    assert client.get(path).status_code == 404
    answer = client.post(path, data={"csrf_token": csrf_token(client.get("/account"))})
    assert page.status_code == 200
    assert answer.status_code == 404
    assert "This invitation does not work any more" in answer.text


def test_a_link_is_dead_once_it_is_sent_again_withdrawn_or_old(
    app: Flask, client: FlaskClient, owner: TestUser, project: ProjectAndBoard, newcomer: str
) -> None:
    _, first = invite(app, owner, project, newcomer)
    invitation_id, second = invite(app, owner, project, newcomer)
    assert (client.get(first).status_code, client.get(second).status_code) == (404, 200)
    with app.app_context():
        ended = update(Invitation).where(Invitation.id == invitation_id).values(expires_at=now() - timedelta(seconds=1))
        db.session.execute(ended)
        db.session.commit()
        assert create_invitation_message(invitation_id) is None
    assert client.get(second).status_code == 404
    _, third = invite(app, owner, project, newcomer)
    owner.api.delete(f"/invitations/{invitation_id}")
    assert client.get(third).status_code == 404


def test_who_is_a_member_already_keeps_their_role(
    app: Flask, owner: TestUser, project: ProjectAndBoard, new_user: Callable[..., TestUser]
) -> None:
    person = new_user()
    _, first = invite(app, owner, project, person.email, "admin")
    browser = person.sign_in()
    page = browser.get(first)
    browser.post(first, data={"csrf_token": csrf_token(page)})
    assert roles(owner, project)[person.email] == "admin"
    again = owner.api.post(f"/projects/{project.project_id}/invitations", json={"email": person.email})
    assert again.status_code == 409


def test_who_became_a_member_meanwhile_is_told_what_they_are(
    app: Flask, owner: TestUser, project: ProjectAndBoard, new_user: Callable[..., TestUser]
) -> None:
    person = new_user()
    _, path = invite(app, owner, project, person.email, "admin")
    with app.app_context():
        db.session.add(Membership(user_id=person.person.id, project_id=project.project_id, role="viewer"))
        db.session.commit()
    browser = person.sign_in()
    form = {"csrf_token": csrf_token(browser.get(path))}
    answer = browser.post(path, data=form, follow_redirects=True).text
    assert "You were in the project Observatory already, and stay a viewer." in answer


def test_the_token_is_in_no_log(
    app: Flask, client: FlaskClient, owner: TestUser, project: ProjectAndBoard, newcomer: str, capfd: pytest.CaptureFixture[str]
) -> None:
    _, path = invite(app, owner, project, newcomer)
    client.get(path)
    written = capfd.readouterr().out
    assert '"/invitations/<token>"' in written
    assert path.rpartition("/")[2] not in written


@pytest.mark.parametrize("reader", ["newcomer", "signed out", "invited", "somebody else", "too late"])
@pytest.mark.parametrize("width", [1280, 360])
def test_the_page_has_no_barriers(
    app: Flask,
    owner: TestUser,
    outsider: TestUser,
    page_for: Pages,
    new_user: Callable[..., TestUser],
    project: ProjectAndBoard,
    newcomer: str,
    reader: str,
    width: int,
) -> None:
    person = new_user()
    _, path = invite(app, owner, project, person.email if reader in ("invited", "signed out") else newcomer)
    who = {"invited": person, "somebody else": outsider}.get(reader)
    page = page_for(who, javascript=True, width=width) if who else page_for(width=width)
    page.goto("/invitations/too-late" if reader == "too late" else path)
    assert find_violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_a_newcomer_joins_without_javascript(
    app: Flask, owner: TestUser, page_for: Pages, project: ProjectAndBoard, newcomer: str
) -> None:
    _, path = invite(app, owner, project, newcomer)
    page = page_for(javascript=False)
    page.goto(path)
    page.get_by_label("Your name").fill("Kai Berg")
    page.get_by_label("Password", exact=True).fill(_PASSWORD)
    page.get_by_role("button", name="Make the account and join").click()
    assert page.get_by_text("You are in the project Observatory now").is_visible()
