"""The form that tries an endpoint: its fields are read off the described views, and without script it gives lines to copy."""

import json
import re
import shlex
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from portal.shared.catalogues import API_CATALOGUE
from tests.portal.forms import HTMX
from tests.support.users import ProjectAndBoard, TestUser

_LINES = re.compile(r'<code id="[\w-]+-try-lines">(.*?)</code></pre>', re.DOTALL)


def _pages(app: Flask) -> list[tuple[str, dict[str, Any]]]:
    nouns = API_CATALOGUE.get(app)
    return [(f"/docs/api/{noun['slug']}/{one['name'].replace('_', '-')}", one) for noun in nouns for one in noun["endpoints"]]


def _curl(client: FlaskClient, path: str, **fields: Any) -> list[str]:
    """The words of the command that a form gives."""
    page = client.get(f"{path}/lines", query_string=fields)
    assert page.status_code == 200
    [shown] = _LINES.findall(page.text)
    return shlex.split(unescape(re.sub(r"<[^>]+>", "", shown)).replace("\\\n", ""))


def _field(page: str, name: str) -> str:
    found = re.search(rf'data-field="{re.escape(name)}".*?(?=data-field=|class="buttons")', page, re.DOTALL)
    assert found
    return found[0]


def test_every_endpoint_has_a_form_with_a_field_for_each_part(app: Flask, client: FlaskClient) -> None:
    for path, endpoint in _pages(app):
        page = client.get(path)
        assert page.status_code == 200
        fields = re.findall(r'data-field="([^"]+)"', page.text)
        parts = [("path", "path_fields"), ("query", "query_fields"), ("header", "header_fields"), ("body", "body_fields")]
        expected = {
            f"{location}.{row['name']}"
            for location, rows in parts
            for row in endpoint[rows]
            if "." not in row["name"].replace("[]", "")
        }
        assert {field for field in fields if field != "json"} == expected


def test_allowed_values_are_chosen_from_a_list(client: FlaskClient) -> None:
    page = client.get("/docs/api/tasks/create-task").text
    assert re.findall(r'<option value="(\w*)"', _field(page, "body.state")) == [
        "",
        "backlog",
        "done",
        "in_progress",
        "ready",
        "review",
    ]
    assert re.findall(r'<option value="(\w*)"', _field(page, "body.blocked")) == ["", "true", "false"]
    boxes = re.findall(
        r'type="checkbox"[^>]* value="(\w+)"', _field(client.get("/docs/api/tasks/list-tasks").text, "query.state")
    )
    assert boxes == ["backlog", "done", "in_progress", "ready", "review"]


def test_a_field_says_what_it_takes(client: FlaskClient) -> None:
    page = client.get("/docs/api/tasks/list-tasks").text
    limit = _field(page, "query.limit")
    assert "1 to 100." in limit
    assert 'inputmode="numeric"' in limit
    assert 'type="date"' in _field(page, "query.due_after")
    due = _field(page, "query.due_date")
    assert 'placeholder="2026-12-18"' in due
    assert '<option value="none">' in due
    create = client.get("/docs/api/tasks/create-task").text
    assert ", needed" in _field(create, "body.title")
    assert "1 to 200 characters." in _field(create, "body.title")


def test_a_signed_in_reader_finds_their_own_ids_filled_in(owner: TestUser, client: FlaskClient) -> None:
    task_id = owner.example_project().task_id
    assert f'value="{task_id}"' in _field(owner.sign_in().get("/docs/api/tasks/read-task").text, "path.task_id")
    assert 'value=""' in _field(client.get("/docs/api/tasks/read-task").text, "path.task_id")


_ENTERED = {
    "path.board_id": "brd_1",
    "body.title": "It's $HOME, `id`",
    "body.state": "ready",
    "body.position": "3",
    "body.assignees": "me, ana@harbour.example",
    "body.labels": "[]",
    "body.blocked": "false",
    "body.sprint_id": "null",
    "body.description": "Two\r\nlines",
    "header.Idempotency-Key": 'once "and" $only',
}
_SENT = {
    "title": "It's $HOME, `id`",
    "state": "ready",
    "position": 3,
    "assignees": ["me", "ana@harbour.example"],
    "labels": [],
    "blocked": False,
    "sprint_id": None,
    "description": "Two\nlines",
}


def test_projects_and_boards_are_chosen_by_name(
    new_user: Callable[..., TestUser], new_project: Callable[..., ProjectAndBoard], outsider: TestUser
) -> None:
    person = new_user()
    ids = new_project(person)
    name = person.api.get(f"/boards/{ids.board_id}").json["name"]
    own, theirs = (one.sign_in().get("/docs/api/tasks/list-tasks").text for one in (person, outsider))
    assert re.search(rf'<option value="{ids.board_id}">[^<]+ · {re.escape(name)}</option>', _field(own, "path.board_id"))
    assert ids.board_id not in theirs


def test_without_script_the_lines_hold_what_was_entered(client: FlaskClient) -> None:
    words = _curl(client, "/docs/api/tasks/create-task", **_ENTERED)
    assert words[:3] == ["curl", "-X", "POST"]
    assert words[3].endswith("/api/v1/boards/brd_1/tasks")
    assert "Authorization: Bearer $CALMBOARD_API_KEY" in words
    assert 'Idempotency-Key: once "and" $only' in words
    assert json.loads(words[-1]) == _SENT


def test_parameters_go_into_the_address(client: FlaskClient) -> None:
    fields = {"path.board_id": "brd_1", "query.q": "a&b c", "query.state": ["ready", "done"], "query.limit": "5"}
    words = _curl(client, "/docs/api/tasks/list-tasks", **fields)
    assert words[1].endswith("/api/v1/boards/brd_1/tasks?limit=5&state=ready,done&q=a%26b+c")


def test_a_part_of_the_path_cannot_leave_it(client: FlaskClient) -> None:
    words = _curl(client, "/docs/api/tasks/read-task", **{"path.task_id": '../../x"; rm -rf ?#'})
    assert words[1].endswith("/api/v1/tasks/..%2F..%2Fx%22%3B%20rm%20-rf%20%3F%23")


def test_the_body_may_be_written_as_json(client: FlaskClient) -> None:
    words = _curl(
        client, "/docs/api/tasks/create-task", **{"body.title": "Left out", "json": '{"title": "Sent", "pinned": true}'}
    )
    assert json.loads(words[-1]) == {"title": "Sent", "pinned": True}


@pytest.mark.parametrize("text", ["{", "nul", "[" * 100_000, '{"a": 1,}', r'{"a": "\ud800"}', '{"a": NaN}'])
def test_what_is_no_json_is_said_and_stays(client: FlaskClient, text: str) -> None:
    answer = client.get("/docs/api/tasks/create-task/lines", query_string={"json": text, "body.title": "Kept"})
    assert answer.status_code == 422
    assert "This cannot be read as JSON." in answer.text
    assert 'value="Kept"' in answer.text
    assert "Error: " in answer.text


@pytest.mark.parametrize("text", ["<script>alert(1)</script>", '"><img src=x>', "\0", "{{ 7 * 7 }}", "x" * 30_000])
def test_hostile_values_stay_text(client: FlaskClient, text: str) -> None:
    answer = client.get(
        "/docs/api/tasks/create-task/lines", query_string={"path.board_id": text, "body.title": text, "body.state": text}
    )
    assert answer.status_code == 200
    assert "<script>alert" not in answer.text
    assert "<img src=x" not in answer.text
    assert "{{ 7" in answer.text or "7 * 7" not in text


@pytest.mark.parametrize("path", ["/docs/api/tasks/unicorn", "/docs/api/unicorn/create-task", "/docs/api/sprints/create-task"])
def test_an_endpoint_that_is_not_there_is_not_found(client: FlaskClient, path: str) -> None:
    for page in (path, f"{path}/lines", f"{path}/question"):
        assert client.get(page).status_code == 404


def test_htmx_gets_the_form_alone_and_the_lines_alone(client: FlaskClient) -> None:
    assert client.get("/docs/api/me/read-me", headers=HTMX).text.lstrip().startswith('<section class="try"')
    assert client.get("/docs/api/me/read-me/lines", headers=HTMX).text.lstrip().startswith('<div class="code">')


def test_the_offer_of_a_key_depends_on_the_plan(client: FlaskClient, owner: TestUser, free: TestUser) -> None:
    paid, unpaid, nobody = (one.get("/docs/api/me/read-me").text for one in (owner.sign_in(), free.sign_in(), client))
    assert "Use a key for 10 minutes" in paid
    assert "Use a key for 10 minutes" not in unpaid + nobody
    assert "Keys come with a paid plan, and yours is Free" in unpaid
    assert '<a href="/sign-in?next=/docs/api/me/read-me">Sign in</a>' in nobody


def test_the_question_names_what_is_changed(owner: TestUser, outsider: TestUser) -> None:
    task_id = owner.example_project().task_id
    title = owner.api.get(f"/tasks/{task_id}").json["title"]
    address = f"/docs/api/tasks/change-task/question?path.task_id={task_id}&sets=title&sets=unicorn"
    question = unescape(owner.sign_in().get(address, headers=HTMX).text)
    assert f"The task is “{title}”." in question
    assert "It sends <code>title</code>." in question
    assert "unicorn" not in question
    theirs = unescape(outsider.sign_in().get(address, headers=HTMX).text)
    assert title not in theirs
    assert "You see no task by this ID; the key may." in theirs


def test_the_question_before_deleting_says_that_it_is_for_good(owner: TestUser, client: FlaskClient) -> None:
    project_id = owner.example_project().project_id
    address = f"/docs/api/projects/delete-project/question?path.project_id={project_id}"
    assert "It is deleted for good" in owner.sign_in().get(address, headers=HTMX).text
    assert "The project is" not in client.get(address, headers=HTMX).text
