"""Clients that are slow or silent, by the hundred, on the real server without a proxy: everybody else is answered."""

import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from urllib.parse import urlsplit

import pytest
import requests
from flask import Flask

from calmboard.settings import Settings
from tests.support.servers.programs import free_port, wait_until
from tests.support.servers.server import Server, running_server
from tests.support.users import Api, ProjectAndBoard, TestUser

pytestmark = [pytest.mark.database("sqlite"), pytest.mark.processes]

_SILENT, _IDLE, _READERS = 300, 1000, 100
_FILE_BYTES = 9 * 1024 * 1024
_DEADLINE_S = 20
_PATIENCE_S = 10

Connect = Callable[[str], socket.socket]


@pytest.fixture(scope="module")
def open_server(settings: Settings) -> Iterator[Server]:
    """A server that clients reach themselves."""
    port = free_port()
    own = replace(settings, port=port, origin=f"http://127.0.0.1:{port}")
    with running_server(own, CALMBOARD_TRUSTED_PROXIES="0") as server:
        yield server


@pytest.fixture
def connect(open_server: Server) -> Iterator[Connect]:
    """Connect from an address; the connections are closed at the end."""
    with ExitStack() as stack:

        def connect_from(address: str) -> socket.socket:
            connection = socket.socket()
            stack.enter_context(connection)
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            connection.bind((address, 0))
            connection.connect(("127.0.0.1", urlsplit(open_server.url).port))
            return connection

        yield connect_from


def many_addresses(number: int) -> list[str]:
    return [f"127.1.{index // 250}.{index % 250 + 1}" for index in range(number)]


def announce(server: Server, path: str, length: int, sent: bytes = b"a=") -> bytes:
    head = f"POST {path} HTTP/1.1\r\nHost: {urlsplit(server.url).netloc}\r\nContent-Length: {length}\r\n"
    return head.encode() + b"Content-Type: application/x-www-form-urlencoded\r\n\r\n" + sent


def require_answers(server: Server, owner: TestUser) -> None:
    for path, status in (("/healthz", 200), ("/sign-in", 200), ("/api/v1/projects", 200)):
        headers = {"Authorization": f"Bearer {owner.key}"}
        assert requests.get(f"{server.url}{path}", headers=headers, timeout=_PATIENCE_S).status_code == status
    answer = requests.post(f"{server.url}/api/oauth/token", data={"grant_type": "unknown"}, timeout=_PATIENCE_S)
    assert answer.json()["error"] == "unsupported_grant_type"


def ended(connection: socket.socket) -> bool:
    """Whether the server has answered or closed."""
    connection.setblocking(False)
    try:
        connection.recv(1, socket.MSG_PEEK)
    except BlockingIOError:
        return False
    except OSError:
        return True
    return True


@pytest.mark.parametrize("path", ["/sign-in", "/api/oauth/token", "/api/oauth/register"])
def test_bodies_that_never_come_stop_nobody(open_server: Server, connect: Connect, owner: TestUser, path: str) -> None:
    for address in ["127.0.0.9"] * (_SILENT // 3) + many_addresses(_SILENT // 3):
        connect(address).sendall(announce(open_server, path, 1000))

    require_answers(open_server, owner)


def test_all_at_once_stop_nobody_and_are_ended(
    app: Flask, open_server: Server, connect: Connect, owner: TestUser, new_project: Callable[..., ProjectAndBoard]
) -> None:
    api = Api(app, owner.key)
    task_id = api.post(f"/boards/{new_project(owner).board_id}/tasks", json={"title": "A picture"}).json["id"]
    sent = requests.post(
        f"{open_server.url}/api/v1/tasks/{task_id}/attachments",
        headers={"Authorization": f"Bearer {owner.key}"},
        files={"file": ("picture.bin", b"x" * _FILE_BYTES)},
        timeout=_PATIENCE_S,
    )
    download = f"GET /api/v1/attachments/{sent.json()['id']}/content HTTP/1.1\r\nHost: {urlsplit(open_server.url).netloc}\r\n"
    idle = [connect("127.0.0.9") for _ in range(_IDLE)]
    silent = [connect(address) for address in ["127.0.0.9"] * _SILENT + many_addresses(_SILENT)]
    for connection in silent:
        connection.sendall(announce(open_server, "/sign-in", 1000))
    readers = [connect(address) for address in many_addresses(_READERS)]
    for connection in readers:
        connection.sendall(f"{download}Authorization: Bearer {owner.key}\r\n\r\n".encode())

    for _ in range(3):
        require_answers(open_server, owner)
    wait_until(lambda: all(map(ended, silent + idle)), "The end of them", within_s=2 * _DEADLINE_S)
    require_answers(open_server, owner)


def test_a_body_that_ends_early_is_refused(open_server: Server, connect: Connect, owner: TestUser) -> None:
    connection = connect("127.0.0.1")
    head = announce(open_server, "/api/v1/projects", 100, b'{"name": "Half"}').replace(
        b"application/x-www-form-urlencoded", f"application/json\r\nAuthorization: Bearer {owner.key}".encode()
    )
    connection.sendall(head)
    connection.shutdown(socket.SHUT_WR)
    answer = b""
    connection.settimeout(_PATIENCE_S)
    while part := connection.recv(65536):
        answer += part

    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b"Only 16 of the 100 bytes of the body arrived" in answer


def test_a_large_body_in_chunks_arrives(open_server: Server, owner: TestUser) -> None:
    def parts() -> Iterator[bytes]:
        yield b'{"name": "In parts", "description": "'
        for _ in range(20):
            yield b"word " * 100
        yield b'"}'

    headers = {"Authorization": f"Bearer {owner.key}", "Content-Type": "application/json"}
    answer = requests.post(f"{open_server.url}/api/v1/projects", data=parts(), headers=headers, timeout=_PATIENCE_S)

    assert (answer.status_code, answer.json()["name"]) == (201, "In parts")
