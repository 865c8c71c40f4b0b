"""The app as a server's threads call it: bodies whole, small answers at once, large ones in parts."""

import tempfile
from collections.abc import Callable
from functools import partial
from io import BytesIO
from typing import Any

import pytest
from flask import Flask
from werkzeug.datastructures import Headers
from werkzeug.test import EnvironBuilder, run_wsgi_app

from tests.api.resources.test_attachments import attach
from tests.support.servers.programs import wait_until
from tests.support.users import ProjectAndBoard, Seeded, TestUser
from tests.web.serving.test_places import has, running
from web.body_limits import body_limit
from web.serving.app import ServerApp
from web.serving.places import Places

_MIB = 1024 * 1024


class Unreadable(BytesIO):
    def read(self, *_: Any) -> bytes:
        raise AssertionError("This body was to stay unread.")


@pytest.fixture
def server_app(app: Flask) -> ServerApp:
    return ServerApp(app.wsgi_app, Places(), partial(body_limit, app))


def post(server_app: ServerApp, key: str, path: str, body: BytesIO, length: int | None) -> tuple[int, str]:
    """Status and text of the answer; without a length the body comes in chunks."""
    headers = Headers({"Authorization": f"Bearer {key}", "Content-Type": "application/json"})
    environ = EnvironBuilder(path, method="POST", headers=headers).get_environ()
    environ["wsgi.input"], environ["wsgi.input_terminated"] = body, True
    if length is None:
        environ["HTTP_TRANSFER_ENCODING"] = "chunked"
    else:
        environ["CONTENT_LENGTH"] = str(length)
    parts, status, _ = run_wsgi_app(server_app, environ)
    return int(status[:3]), b"".join(parts).decode()


@pytest.mark.parametrize("length", [17, None], ids=["announced", "in chunks"])
def test_a_body_arrives_whole(server_app: ServerApp, owner: TestUser, length: int | None) -> None:
    status, text = post(server_app, owner.key, "/api/v1/projects", BytesIO(b'{"name": "Whole"}'), length)
    assert (status, '"name":"Whole"' in text) == (201, True)


def test_one_that_ends_early_is_refused(server_app: ServerApp, owner: TestUser) -> None:
    status, text = post(server_app, owner.key, "/api/v1/projects", BytesIO(b'{"name": "Half"}'), 900)
    assert (status, "Only 16 of the 900 bytes of the body arrived" in text) == (400, True)


def test_one_that_finds_no_room_on_the_disk_is_refused(
    server_app: ServerApp, owner: TestUser, seeded: Seeded, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = {"file": (BytesIO(b"x" * 300 * 1024), "picture.bin")}
    authorization = Headers({"Authorization": f"Bearer {owner.key}"})
    path = f"/api/v1/tasks/{seeded.owner.task_id}/attachments"
    environ = EnvironBuilder(path, method="POST", headers=authorization, data=file).get_environ()
    monkeypatch.setattr(tempfile, "tempdir", "/sys")  # where nobody may make a file
    parts, status, _ = run_wsgi_app(server_app, environ)
    assert (status[:3], b"no file can be saved" in b"".join(parts)) == ("503", True)


@pytest.mark.parametrize("path", ["/api/v1/projects", "/mcp", "/api/oauth/register"])
def test_one_announced_as_too_large_stays_unread(server_app: ServerApp, owner: TestUser, path: str) -> None:
    assert post(server_app, owner.key, path, Unreadable(), 2 * _MIB)[0] == 413


def test_chunks_are_read_until_they_are_too_large(server_app: ServerApp, owner: TestUser) -> None:
    body = BytesIO(b" " * 2 * _MIB)
    assert post(server_app, owner.key, "/api/v1/projects", body, None)[0] == 413
    assert body.tell() < _MIB


def test_a_small_answer_is_handed_over_at_once(server_app: ServerApp) -> None:
    answer = server_app(EnvironBuilder("/sign-in").get_environ(), lambda *_: None)
    assert isinstance(answer, list)


def test_a_large_one_comes_in_parts_and_counts_until_it_is_closed(
    server_app: ServerApp, owner: TestUser, new_project: Callable[..., ProjectAndBoard]
) -> None:
    task_id = owner.api.post(f"/boards/{new_project(owner).board_id}/tasks", json={"title": "A picture"}).json["id"]
    path = f"/api/v1/attachments/{attach(owner, task_id, b'x' * 2 * _MIB)['id']}/content"
    authorization = Headers({"Authorization": f"Bearer {owner.key}"})
    answers: list[Any] = [
        server_app(EnvironBuilder(path, headers=authorization).get_environ(), lambda *_: None) for _ in range(161)
    ]

    assert server_app.has_many_busy()
    assert sum(map(len, answers[0])) == 2 * _MIB
    for answer in answers:
        answer.close()
    assert not server_app.has_many_busy()


def test_being_alive_takes_no_place(app: Flask) -> None:
    places = Places()
    server_app = ServerApp(app.wsgi_app, places, partial(body_limit, app))
    with running(places, 2) as (entered, _):
        wait_until(has(entered, 2), "The two")
        parts, status, _ = run_wsgi_app(server_app, EnvironBuilder("/healthz").get_environ())
        assert (status, b"".join(parts)) == ("200 OK", b"ok\n")
