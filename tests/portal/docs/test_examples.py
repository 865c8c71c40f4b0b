"""Every example of the reference, sent as it is shown: its answer is the one that is shown, or has its shape and its values."""

import io
import json
import re
import shlex
from collections.abc import Callable
from dataclasses import dataclass
from html import unescape
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

import api
from api.framework.describe import Operation, operations
from calmboard.work.practice.board import BOARD_NAME, PROJECT_NAME, find_practice
from tests.portal.forms import send
from tests.support.resources import PREPARATION, create_resources
from tests.support.users import Answer, ProjectAndBoard, TestUser

# What an answer says of times, and of the request that is being made, is another each time.
_PASSING = re.compile(r'"(\w+_at|last_used_\w+)": ("[^"]*"|null|\d+)')
# What the asking itself changes.
_SPENT = re.compile(r'"(remaining|reset_s)": \d+')


def _described() -> list[Operation]:
    app = Flask("described")
    api.install(app)
    return list(operations(app))


OPERATIONS = _described()
READS = [one for one in OPERATIONS if one.method == "GET"]
CHANGES = [one for one in OPERATIONS if one.method != "GET"]
# They name what no practice board has, or what only the request itself knows.
NOT_COMPUTED = ("read_me", "read_invitation", "read_external_task", "download_attachment")


@dataclass(frozen=True)
class Shown:
    """An example as its reader sees it: the request of its curl command, what it says of itself, and its answer."""

    command: str
    effect: str
    head: str
    answer: Any

    @property
    def request(self) -> tuple[str, str, Any]:
        """Method, path and body, as the command sends them."""
        words = shlex.split(self.command)
        method = words[words.index("-X") + 1] if "-X" in words else "GET"
        body = json.loads(words[words.index("-d") + 1]) if "-d" in words else None
        [address] = [word for word in words if word.startswith("http")]
        return method, "/" + address.split("/", 3)[3], body


@dataclass(frozen=True)
class ReferenceReader:
    """Somebody with work of their own, a key, and a practice board made by a click."""

    person: TestUser
    browser: FlaskClient
    own: dict[str, str]
    practice: dict[str, str]

    def shown(self, operation: Operation) -> Shown:
        """The example, with an id of their own where the page says that one is to be put in."""
        page = self.browser.get(f"/docs/api/{operation.noun}").text
        name = operation.name.replace("_", "-")
        section = page.partition(f'id="{name}"')[2].partition("</section>")[0]
        effect = re.search(r'<p class="prose effect">(.*?)</p>', section, re.DOTALL)
        head = re.search(r"<span>(<strong>\d+</strong>.*?)</span>", section)
        answer = re.search(rf'<code id="{name}-answer">(.*?)</code></pre>', section, re.DOTALL)
        command = re.search(rf'<code id="{name}-curl">(.*?)</code></pre>', section, re.DOTALL)
        assert command
        assert head
        read = self._put_in(_text(answer[1])) if answer else "null"
        return Shown(self._put_in(_text(command[1])), _text(effect[1]) if effect else "", _text(head[1]), json.loads(read))

    def send(self, shown: Shown) -> Answer:
        method, path, body = shown.request
        if "-F" in shown.command:
            return self.person.api.ask(method, path, data={"file": (io.BytesIO(b"Measured twice.\n"), "note.txt", "text/plain")})
        return self.person.api.ask(method, path, json=body, buffered=True)

    def _put_in(self, text: str) -> str:
        for name in ("user_id", "invitation_id", "attachment_id", "key_id"):
            text = re.sub(rf"(PRACTICE_)?{name.upper()}", self.practice[name], text)
        return text


@pytest.fixture
def reader(
    app: Flask, new_user: Callable[..., TestUser], new_project: Callable[..., ProjectAndBoard], operation: Operation
) -> ReferenceReader:
    person = new_user()
    browser = person.sign_in()
    own = create_resources(person.api, new_project(person))
    send(browser, "/integrations", "/integrations/practice", next="/docs/api/tasks")
    with app.app_context():
        practice = find_practice(person.access)
    assert practice
    created = create_resources(person.api, ProjectAndBoard(practice.project_id, practice.board_id))
    return ReferenceReader(person, browser, own, {**created, "task_id": practice.task_id or ""})


@pytest.mark.parametrize("operation", READS, ids=lambda operation: operation.name)
def test_a_reading_example_is_answered_as_it_is_shown(reader: ReferenceReader, operation: Operation) -> None:
    shown = reader.shown(operation)
    assert ("Example" in shown.head) is (operation.name in NOT_COMPUTED and operation.description.gives is not None)
    answer = reader.send(shown)
    if operation.name not in NOT_COMPUTED:
        assert _without_times(answer.json) == _without_times(shown.answer)
    elif operation.description.gives is not None and answer.status_code == 200:
        assert _same_shape(answer.json, shown.answer)


@pytest.mark.parametrize("operation", CHANGES, ids=lambda operation: operation.name)
def test_an_example_of_a_change_is_answered_in_its_shape_with_its_values(reader: ReferenceReader, operation: Operation) -> None:
    shown = reader.shown(operation)
    _, path, body = shown.request
    _prepare(reader, operation, path)
    answer = reader.send(shown)
    assert f"{answer.status_code}" == shown.head.split()[0], answer.text
    if answer.status_code == 204:
        return
    assert "Example" in shown.head
    assert _same_shape(answer.json, shown.answer), (answer.json, shown.answer)
    assert _ids_of(path, answer.json) == _ids_of(path, shown.answer)
    for name in body or {}:
        assert name not in answer.json or shown.answer[name] == answer.json[name]


@pytest.mark.parametrize("operation", CHANGES, ids=lambda operation: operation.name)
def test_an_example_of_a_change_names_the_practice_board_and_nothing_else(reader: ReferenceReader, operation: Operation) -> None:
    shown = reader.shown(operation)
    own = [reader.own[name] for name in ("project_id", "board_id", "task_id", "label_id", "sprint_id", "comment_id", "item_id")]
    assert [one for one in own if one in shown.command or one in json.dumps(shown.answer)] == []
    assert shown.effect.startswith("This ")
    if any(value in shown.command for value in (reader.practice[name] for name in ("project_id", "board_id", "task_id"))):
        assert operation.name == "change_tasks" or BOARD_NAME in shown.effect or f"project {PROJECT_NAME}" in shown.effect


def _prepare(reader: ReferenceReader, operation: Operation, path: str) -> None:
    """What the API asks for first: a sprint that is completed was started before."""
    if operation.name in PREPARATION:
        assert reader.person.api.post(path.replace("/complete", "/start")).status_code == 200


def _text(markup: str) -> str:
    return unescape(re.sub(r"<[^>]+>", "", markup))


def _without_times(value: Any) -> str:
    return _SPENT.sub(r'"\1": "some"', _PASSING.sub(r'"\1": "then"', json.dumps(value)))


def _ids_of(path: str, value: Any) -> list[str]:
    """The ids of an address that an answer repeats."""
    return [part for part in path.split("/") if "_01" in part and part in json.dumps(value)]


def _same_shape(one: Any, other: Any) -> bool:
    """Whether both have the same fields; an empty list or null may stand for what is in the other."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_same_shape(one[name], other[name]) for name in one)
    if isinstance(one, list) and isinstance(other, list):
        return all(_same_shape(left, right) for left, right in zip(one, other, strict=False))
    return one is None or other is None or type(one) is type(other)
