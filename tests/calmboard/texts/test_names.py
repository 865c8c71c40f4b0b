"""Names and titles are one line: at every interface that takes one, whichever it is."""

from collections.abc import Callable, Iterator
from typing import Any

import flask_migrate
import pytest
from flask import Flask
from msgspec import Meta
from sqlalchemy import text

from api.framework.conversion.struct_fields import fields_of
from api.framework.conversion.type_parts import parts_of
from calmboard.db import db
from calmboard.texts.names import ONE_LINE
from tests.api.framework.test_access_matrix import OPERATIONS
from tests.support.clients.agent import Agent
from tests.support.resources import create_resources
from tests.support.users import TestUser, add_project_and_board, csrf_token

BROKEN = " \tFirst\r\n\r\nlight\tof \u2028 all \x0b\n"
ONE = "First light of all"
# C0 and C1 controls, and what embeds, overrides and isolates a direction (UAX 9).
UNREADABLE = [*"\x00\x01\x1b\x7f\x9f", *map(chr, (*range(0x202A, 0x202F), *range(0x2066, 0x206A)))]


def _named() -> Iterator[tuple[str, str]]:
    """Every operation with a field that is a name, and that field."""
    for operation in OPERATIONS:
        for name, field in fields_of(operation.description.takes).items() if operation.description.takes else ():
            notes = (note for part in parts_of(field.type) for note in getattr(part, "__metadata__", ()))
            if any(isinstance(note, Meta) and note.pattern == ONE_LINE for note in notes):
                yield operation.name, name


NAMED = [pair for pair in _named() if "_by_" not in pair[0]]


@pytest.fixture
def ids(app: Flask, owner: TestUser) -> dict[str, str]:
    return create_resources(owner.api, add_project_and_board(app, owner))


def _send(owner: TestUser, ids: dict[str, str], operation_name: str, field: str, name: str) -> Any:
    operation = next(operation for operation in OPERATIONS if operation.name == operation_name)
    return owner.api.ask(operation.method, operation.path.format(**ids), json={field: name})


def test_the_names_are_these() -> None:
    assert {field for _, field in NAMED} == {"name", "title", "text"}
    assert len(NAMED) >= 12


@pytest.mark.parametrize(("operation", "field"), NAMED)
def test_a_name_is_one_line(owner: TestUser, ids: dict[str, str], operation: str, field: str) -> None:
    answer = _send(owner, ids, operation, field, BROKEN)
    assert (answer.status_code < 300, answer.json[field]) == (True, ONE)


@pytest.mark.parametrize(("operation", "field"), NAMED)
def test_what_shows_a_name_as_another_is_refused(owner: TestUser, ids: dict[str, str], operation: str, field: str) -> None:
    for character in UNREADABLE:
        answer = _send(owner, ids, operation, field, f"a{character}b")
        assert (answer.status_code, answer.json["errors"][0]["pointer"]) == (422, f"/{field}"), repr(character)
    assert "one line" in answer.json["errors"][0]["detail"]


def test_joined_emoji_and_names_from_right_to_left_stay(owner: TestUser, ids: dict[str, str]) -> None:
    for title in ("👩‍💻 pairs", "שלום\u200f!", "می\u200cخواهم", "a  b"):
        assert owner.api.patch(f"/tasks/{ids['task_id']}", json={"title": title}).json["title"] == title


def test_a_limit_counts_what_is_stored(owner: TestUser, ids: dict[str, str]) -> None:
    assert owner.api.patch(f"/tasks/{ids['task_id']}", json={"title": "x" * 200 + "\n"}).status_code == 200
    assert owner.api.patch(f"/tasks/{ids['task_id']}", json={"title": "\n\t "}).status_code == 422


def test_an_agent_writes_one_line_too(app: Flask, owner: TestUser, ids: dict[str, str]) -> None:
    agent = Agent(app, owner.key)
    assert agent.structured("create_task", board_id=ids["board_id"], title=BROKEN)["title"] == ONE
    assert "title" in agent.refusal("create_task", board_id=ids["board_id"], title="a\u202eb")


def test_a_key_has_one_line_too(new_user: Callable[..., TestUser]) -> None:
    browser = new_user().sign_in()
    form = {"csrf_token": csrf_token(browser.get("/integrations/keys/new")), "integration": "jira", "tasks": "read"}
    assert ONE in browser.post("/integrations/keys", data={**form, "name": BROKEN}, follow_redirects=True).text


def test_a_person_has_one_line_too(app: Flask, new_user: Callable[..., TestUser]) -> None:
    email, runner = new_user().email, app.test_cli_runner()
    assert runner.invoke(args=["people", "rename", email, "Ana\tRuiz\n"]).output == f"{email} is called Ana Ruiz now.\n"
    refused = runner.invoke(args=["people", "rename", email, "Ana\u202eRuiz"])
    assert (refused.exit_code, "direction" in refused.output) == (1, True)


def test_an_application_has_one_line_too(app: Flask) -> None:
    body = {"client_name": "Board\r\nmirror ", "redirect_uris": ["https://mirror.example/callback"]}
    answer = app.test_client().post("/api/oauth/register", json=body)
    assert (answer.status_code, answer.get_json()["client_name"]) == (201, "Board mirror")
    assert app.test_client().post("/api/oauth/register", json={**body, "client_name": "a\u202eb"}).status_code == 400


def test_names_of_before_are_written_in_one_line(make_app: Callable[..., Flask], empty_database_url: str) -> None:
    app = make_app(database_url=empty_database_url)
    with app.app_context():
        flask_migrate.upgrade(revision="0009")
        with db.engine.begin() as connection:
            connection.execute(text(_OLD_PROJECT))
            for label_id, name in (("lbl_1", "Bug"), ("lbl_2", "bug\r\n"), ("lbl_3", "a\u202eb")):
                connection.execute(text(_OLD_LABEL), {"id": label_id, "name": name})
        flask_migrate.upgrade()
        with db.engine.connect() as connection:
            labels = connection.execute(text("SELECT name FROM labels ORDER BY id")).scalars().all()
            project = connection.execute(text("SELECT name, name_folded, updated_at > created_at FROM projects")).one()
    assert (labels, tuple(project)) == (["Bug", "bug 2", "ab"], ("Two lines", "two lines", True))


_AT = "'2026-01-01 00:00:00.000000+00:00'"
_OLD_PROJECT = (
    "INSERT INTO projects (id, name, name_folded, description, description_folded, created_at, updated_at) "
    f"VALUES ('prj_1', 'Two\nlines', 'two\nlines', '', '', {_AT}, {_AT})"
)
_OLD_LABEL = (
    "INSERT INTO labels (id, project_id, name, colour, created_at, updated_at) "
    f"VALUES (:id, 'prj_1', :name, 'grey', {_AT}, {_AT})"
)
