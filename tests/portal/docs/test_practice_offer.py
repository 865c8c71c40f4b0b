"""The offer of a practice board: where examples that change something have none, and gone once it is made."""

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from tests.portal.forms import send
from tests.support.clients.markup import text_of
from tests.support.users import TestUser

_OFFER = "Make a practice board"


def test_without_one_a_change_names_no_task_that_is_there(person: TestUser, browser_of: FlaskClient) -> None:
    board_id = person.example_project().board_id
    task_id = person.api.post(f"/boards/{board_id}/tasks", json={"title": "Real work"}).json["id"]
    for path in ("/docs/api/tasks", "/integrations"):
        page = browser_of.get(path).text
        assert _OFFER in page
        assert "-X PATCH" in text_of(page)
        assert "/api/v1/tasks/PRACTICE_TASK_ID" in text_of(page)
        changes = text_of(page).partition("-X PATCH")[2].partition("Content-Type")[0]
        assert task_id not in changes


def test_one_click_makes_it_and_leads_back(browser_of: FlaskClient) -> None:
    answer = send(browser_of, "/docs/api/tasks", "/integrations/practice", next="/docs/api/tasks")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/docs/api/tasks")
    page = browser_of.get("/docs/api/tasks").text
    assert "Practice board is ready" in page
    assert _OFFER not in page
    assert "This creates a task on the board Practice board, marked as practice." in page
    assert "PRACTICE_TASK_ID" not in page


def test_a_form_that_changes_something_offers_it_too(browser_of: FlaskClient) -> None:
    path = "/docs/api/tasks/change-task"
    assert _OFFER in browser_of.get(path).text
    assert _OFFER not in browser_of.get("/docs/api/tasks/read-task").text
    answer = send(browser_of, path, "/integrations/practice", next=path)
    assert (answer.status_code, answer.headers["Location"]) == (303, path)
    assert _OFFER not in browser_of.get(path).text


@pytest.mark.parametrize("path", ["//evil.example", "https://evil.example/docs/api/tasks", "/docs/api/tasks\\@evil.example", ""])
def test_it_leads_nowhere_else(browser_of: FlaskClient, path: str) -> None:
    answer = send(browser_of, "/docs/api/tasks", "/integrations/practice", next=path)
    assert answer.headers["Location"] == "/integrations#examples"


def test_it_is_made_by_the_form_of_who_is_signed_in_alone(browser_of: FlaskClient, client: FlaskClient, person: TestUser) -> None:
    assert browser_of.post("/integrations/practice", data={}).status_code == 400
    assert client.post("/integrations/practice", data={}).status_code in (303, 400)
    assert len(person.api.get("/projects").json["data"]) == 1
    assert _OFFER not in client.get("/docs/api/tasks").text


def test_an_answer_is_the_readers_own_or_says_example(new_user: Callable[..., TestUser]) -> None:
    page = new_user().sign_in().get("/docs/api/projects").text
    lists = page.partition('id="list-projects"')[2].partition("</section>")[0]
    assert "· Example" not in lists
    assert '"data": []' in text_of(lists)
    assert "· Example" in page.partition('id="read-project"')[2].partition("</section>")[0]
