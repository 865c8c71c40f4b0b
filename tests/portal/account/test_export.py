"""Everything that an account holds as one file: its person's, without secrets, page by page."""

import re
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from calmboard.db import db
from calmboard.models import Comment
from calmboard.work.account.export import EXPORT_LIMIT
from tests.portal.account.factors import pass_ten_minutes, set_up
from tests.portal.forms import send
from tests.support.audit import audited_actions
from tests.support.users import TestUser, add_project_and_board

PAGE = "/account/export"


@pytest.fixture
def person(new_user: Callable[..., TestUser]) -> TestUser:
    return new_user()


def download(browser: FlaskClient, person: TestUser, password: str = "") -> TestResponse:
    return send(browser, PAGE, PAGE, current_password=password or person.password)


def test_the_file_holds_what_is_the_persons_and_nothing_of_others(person: TestUser, new_user: Callable[..., TestUser]) -> None:
    other = new_user()
    shared, left = (add_project_and_board(person.app, other, name, member=person) for name in ("Shared", "Left"))
    for project in (shared, left):
        task = person.api.post(f"/boards/{project.board_id}/tasks", json={"title": f"Mine {project.project_id}"}).json
        other.api.post(f"/boards/{project.board_id}/tasks", json={"title": "Theirs"})
        person.api.post(f"/tasks/{task['id']}/comments", json={"body": "My words"})
        other.api.post(f"/tasks/{task['id']}/comments", json={"body": "Their words"})
    other.api.delete(f"/projects/{left.project_id}/members/{person.person.id}")
    answer = download(person.sign_in(), person)
    document = answer.get_json()
    assert answer.headers["Content-Disposition"].startswith('attachment; filename="calmboard-')
    assert document["profile"]["email"] == person.email
    assert [row["title"] for row in document["tasks"]] == [f"Mine {shared.project_id}"]
    assert [row["body"] for row in document["comments"]] == ["My words"]
    assert [(row["project_name"], row["role"]) for row in document["memberships"]] == [("Shared", "member")]
    assert [row["name"] for row in document["keys"]] == ["Everything"]
    assert len(document["sessions"]) == 1
    assert "account.exported" in [row["action"] for row in document["audit_log"]]
    assert "Theirs" not in answer.text
    assert other.email not in answer.text


def test_it_holds_no_secret_and_is_stored_nowhere(app: Flask, person: TestUser) -> None:
    key, browser = person.key, person.sign_in()
    authenticator, codes = set_up(person, browser)
    answer = download(browser, person)
    assert answer.headers["Cache-Control"] == "no-store"
    assert not re.search(r"cb[ckmors]_[0-9A-Za-z]{36}|argon2|digest|ciphertext|password_hash", answer.text)
    assert all(secret not in answer.text for secret in (key, *codes, authenticator.secret.hex()))


def test_long_lists_are_read_in_pages_and_whole(person: TestUser) -> None:
    project = add_project_and_board(person.app, person)
    task = person.api.post(f"/boards/{project.board_id}/tasks", json={"title": "Talked about"}).json
    with person.app.app_context():
        author = {"task_id": task["id"], "author_id": person.person.id}
        db.session.add_all([Comment(**author, body=str(number)) for number in range(2001)])
        db.session.commit()
    comments = download(person.sign_in(), person).get_json()["comments"]
    assert sorted(int(row["body"]) for row in comments) == list(range(2001))


def test_without_the_password_nothing_is_sent(person: TestUser) -> None:
    answer = download(person.sign_in(), person, "wrong")
    assert answer.status_code == 422
    assert 'id="current_password-error"' in answer.text
    assert "account.exported" not in audited_actions(person.app, subject_id=person.person.id)


def test_with_a_second_factor_it_asks_for_a_code_first(app: Flask, person: TestUser) -> None:
    browser = person.sign_in()
    set_up(person, browser)
    pass_ten_minutes(app)
    assert download(browser, person).location == "/account/prove?next=/account/export"


def test_it_is_downloaded_a_few_times_an_hour(person: TestUser) -> None:
    browser = person.sign_in()
    statuses = [download(browser, person).status_code for _ in range(EXPORT_LIMIT.amount + 1)]
    assert statuses[-2:] == [200, 429]
