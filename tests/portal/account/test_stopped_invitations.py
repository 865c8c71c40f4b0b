"""The link in each invitation that stops all of them to one address."""

import re
from collections.abc import Callable
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from calmboard.events.stopped_addresses import create_stop_token
from calmboard.ids import new_id
from calmboard.operations.mailing import send_next_message
from tests.portal.forms import send
from tests.support.clients.accessibility import find_violations
from tests.support.clients.browser import Pages
from tests.support.servers.databases import Databases
from tests.support.users import Answer, TestUser, add_project_and_board, add_user, csrf_token

ONE_CLICK = {"List-Unsubscribe": "One-Click"}


@pytest.fixture
def mail_app(make_app: Callable[..., Flask], database: Databases) -> Flask:
    """An app with a database of its own, whose outbox no other test fills."""
    return make_app(database_url=database.seeded())


@pytest.fixture
def address() -> str:
    return f"{new_id('usr')}@harbour.example"


@pytest.fixture
def path(app: Flask, address: str) -> str:
    with app.app_context():
        return f"/invitations/stop/{create_stop_token(address.upper())}"


@pytest.mark.slow
def test_the_link_of_a_message_stops_all_invitations_to_its_address(mail_app: Flask, tmp_path: Path, address: str) -> None:
    answers, client = [invite(mail_app, address)], mail_app.test_client()
    (message,) = send_all(mail_app, tmp_path)
    (path,) = re.findall(r"http://127\.0\.0\.1:8000(/invitations/stop/\S+)", message.get_content())
    page = client.get(path)
    assert f"no more invitations to {address}" in page.text
    answers.append(invite(mail_app, address))
    assert len(send_all(mail_app, tmp_path)) == 2, "Opening the link alone changes nothing"
    stopped = client.post(path)
    assert (stopped.status_code, stopped.headers["Cache-Control"]) == (200, "no-store")
    name, _, domain = address.partition("@")
    answers += [invite(mail_app, written) for written in (address, address.upper(), f"{name}+2@{domain}")]
    assert len(send_all(mail_app, tmp_path)) == 2
    assert {(answer.status_code, tuple(answer.json)) for answer in answers} == {(201, tuple(answers[0].json))}


def test_whoever_invites_a_stopped_address_is_counted_as_ever(app: Flask, client: FlaskClient, path: str, address: str) -> None:
    client.post(path)
    assert [invite(app, address).status_code for _ in range(6)] == [201] * 5 + [429]


def test_what_waited_when_it_was_stopped_is_not_sent(mail_app: Flask, tmp_path: Path, address: str) -> None:
    invite(mail_app, address)
    with mail_app.app_context():
        path = f"/invitations/stop/{create_stop_token(address)}"
    mail_app.test_client().post(path)
    assert send_all(mail_app, tmp_path) == []


def test_a_link_for_a_new_password_still_comes(mail_app: Flask, tmp_path: Path) -> None:
    person, client = add_user(mail_app), mail_app.test_client()
    with mail_app.app_context():
        client.post(f"/invitations/stop/{create_stop_token(person.email)}")
    send(client, "/forgot-password", "/forgot-password", email=person.email)
    assert [message["To"] for message in send_all(mail_app, tmp_path)] == [person.email]


def test_a_mail_program_stops_them_by_one_click(mail_app: Flask, tmp_path: Path, address: str) -> None:
    invite(mail_app, address)
    (message,) = send_all(mail_app, tmp_path)
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    link = re.fullmatch(r"<http://127\.0\.0\.1:8000(/invitations/stop/\S+)>", message["List-Unsubscribe"])
    assert link
    answer = mail_app.test_client().post(link[1], data=ONE_CLICK, content_type="multipart/form-data")
    assert answer.status_code == 200
    invite(mail_app, address)
    assert len(send_all(mail_app, tmp_path)) == 1


def test_other_mail_has_no_such_header(mail_app: Flask, tmp_path: Path) -> None:
    person = add_user(mail_app)
    send(mail_app.test_client(), "/forgot-password", "/forgot-password", email=person.email)
    (message,) = send_all(mail_app, tmp_path)
    assert [name for name in message if name.startswith("List-")] == []


def test_a_stop_is_taken_back(mail_app: Flask, tmp_path: Path, address: str) -> None:
    client = mail_app.test_client()
    with mail_app.app_context():
        path = f"/invitations/stop/{create_stop_token(address)}"
    for _ in range(2):
        assert "Get invitations again" in client.post(path, data=ONE_CLICK).text
    answer = client.post(f"{path}/undo", data={"csrf_token": csrf_token(client.get(path))})
    assert (answer.status_code, answer.location) == (303, path)
    page = client.get(path)
    assert f"Invitations reach {address} again." in page.text
    assert "Stop all invitations?" in page.text
    invite(mail_app, address)
    assert len(send_all(mail_app, tmp_path)) == 1


def test_a_stop_is_taken_back_by_the_page_alone(client: FlaskClient, path: str) -> None:
    client.post(path)
    assert client.post(f"{path}/undo").status_code == 400
    assert "No more invitations" in client.get(path).text


@pytest.mark.parametrize("broken", ["short", "other", "made up"])
def test_a_link_that_is_not_whole_stops_nothing(app: Flask, client: FlaskClient, path: str, broken: str) -> None:
    with app.app_context():
        other = create_stop_token("other@harbour.example").rpartition(".")[2]
    wrong = {"short": path[:-1], "other": f"{path.rpartition('.')[0]}.{other}", "made up": "/invitations/stop/made-up"}[broken]
    token = csrf_token(client.get("/sign-in"))
    answers = [client.get(wrong), client.post(wrong), client.post(f"{wrong}/undo", data={"csrf_token": token})]
    assert [answer.status_code for answer in answers] == [404] * 3
    assert "This link is not whole" in answers[0].text
    assert "Stop all invitations?" in client.get(path).text


@pytest.mark.parametrize("state", ["open", "stopped", "not whole"])
@pytest.mark.parametrize("width", [1280, 360])
def test_the_page_has_no_barriers(client: FlaskClient, page_for: Pages, path: str, state: str, width: int) -> None:
    if state == "stopped":
        client.post(path)
    page = page_for(width=width)
    page.goto("/invitations/stop/cut" if state == "not whole" else path)
    assert find_violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_both_buttons_work_without_javascript(page_for: Pages, path: str) -> None:
    page = page_for(javascript=False)
    page.goto(path)
    page.get_by_role("button", name="Stop all invitations").click()
    page.get_by_role("button", name="Get invitations again").click()
    assert page.get_by_role("button", name="Stop all invitations").is_visible()


def invite(app: Flask, address: str) -> Answer:
    person: TestUser = add_user(app)
    path = f"/projects/{add_project_and_board(app, person).project_id}/invitations"
    return person.api.post(path, json={"email": address})


def send_all(app: Flask, directory: Path) -> list[EmailMessage]:
    """Everything that was mailed until now."""
    with app.app_context():
        while send_next_message():
            pass
    files = sorted((directory / "mail").glob("*.eml"))
    return [message_from_bytes(file.read_bytes(), policy=policy.default) for file in files]
