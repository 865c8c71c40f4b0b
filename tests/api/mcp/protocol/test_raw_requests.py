"""Bytes that no client library would send, on the real server: it refuses them and keeps running."""

import json
import socket
from dataclasses import dataclass
from urllib.parse import urlsplit

import pytest

from tests.api.mcp.raw_client import modern, old
from tests.support.clients.agent import MODERN
from tests.support.servers.server import Server
from tests.support.users import TestUser

# The server takes these bytes apart before anything asks the database.
pytestmark = pytest.mark.database("sqlite")
TIMEOUT_S = 20
PING = json.dumps(old()).encode()
DISCOVER = json.dumps(modern()).encode()
IN_ORDER = [f"MCP-Protocol-Version: {MODERN}", "Mcp-Method: server/discover"]


@dataclass(frozen=True)
class Raw:
    """An answer as it came: its status and headers, and whatever followed."""

    status: int
    head: str
    body: bytes


@pytest.fixture
def lines(server: Server, owner: TestUser) -> list[str]:
    """What every request says."""
    host = urlsplit(server.url).netloc
    return [f"Host: {host}", f"Authorization: Bearer {owner.key}", "Content-Type: application/json", "Connection: close"]


def exchange(server: Server, lines: list[str], body: bytes, method: str = "POST") -> Raw:
    """Send these lines and this body, and read until the server hangs up."""
    where = urlsplit(server.url)
    with socket.create_connection((where.hostname, where.port), timeout=TIMEOUT_S) as connection:
        connection.sendall("\r\n".join([f"{method} /mcp HTTP/1.1", *lines, "", ""]).encode("latin-1") + body)
        received = b""
        while part := connection.recv(65536):
            received += part
    head, _, rest = received.partition(b"\r\n\r\n")
    return Raw(int(head.split()[1]), head.decode("latin-1").lower(), rest)


def length(body: bytes) -> str:
    return f"Content-Length: {len(body)}"


def test_headers_in_order_are_answered(server: Server, lines: list[str]) -> None:
    answer = exchange(server, [*lines, *IN_ORDER, length(DISCOVER)], DISCOVER)
    assert answer.status == 200
    assert json.loads(answer.body)["result"]["supportedVersions"] == [MODERN]


@pytest.mark.parametrize(
    "headers",
    [
        [*IN_ORDER, "Mcp-Method: server/discover"],
        [*IN_ORDER, "mcp-method: tools/list"],
        ["Mcp-Method: tools/list", *IN_ORDER],
        [*IN_ORDER, f"MCP-Protocol-Version: {MODERN}"],
        [*IN_ORDER, "MCP-Protocol-Version: 2025-11-25"],
        ["MCP-Protocol-Version: 2025-11-25", *IN_ORDER],
        [*IN_ORDER, "Mcp-Method:"],
        [IN_ORDER[0], "Mcp-Method: server/disc\xf6ver"],
        [IN_ORDER[0], "Mcp-Method: server/discover\t; x"],
    ],
    ids=str,
)
def test_a_header_sent_twice_or_broken_is_a_mismatch(server: Server, lines: list[str], headers: list[str]) -> None:
    answer = exchange(server, [*lines, *headers, length(DISCOVER)], DISCOVER)
    assert (answer.status, json.loads(answer.body)["error"]["code"]) == (400, -32020)


@pytest.mark.parametrize("header", ["Mcp-Method: a\x00b", "Mcp-Method: a\rb", "Mcp Method: x", "Content-Length: 5x"])
def test_a_request_that_is_no_http_is_refused_by_the_server(server: Server, lines: list[str], header: str) -> None:
    assert exchange(server, [*lines, header, length(DISCOVER)], DISCOVER).status == 400


def test_a_chunked_body_is_read(server: Server, lines: list[str]) -> None:
    answer = exchange(server, [*lines, "Transfer-Encoding: chunked"], chunks(PING[:9], PING[9:]))
    assert (answer.status, json.loads(answer.body)) == (200, {"jsonrpc": "2.0", "id": 7, "result": {}})


@pytest.mark.parametrize("size", [256 * 1024 + 1, 600_000, 3_000_000])
def test_a_chunked_body_that_is_too_large_is_413(server: Server, lines: list[str], size: int) -> None:
    body = PING.ljust(size)
    answer = exchange(server, [*lines, "Transfer-Encoding: chunked"], chunks(body))
    error = json.loads(answer.body)["error"]
    assert (answer.status, error["data"]["code"]) == (413, "payload_too_large")
    assert " 262144 bytes" in error["message"]


@pytest.mark.parametrize("announced", [256 * 1024 + 2, 10**9, 10**15])
def test_a_body_announced_as_too_large_is_413_before_it_is_sent(server: Server, lines: list[str], announced: int) -> None:
    answer = exchange(server, [*lines, f"Content-Length: {announced}"], b"{")
    error = json.loads(answer.body)["error"]
    assert (answer.status, error["data"]["code"]) == (413, "payload_too_large")
    assert " 262144 bytes" in error["message"]


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 10_000,
        b'{"a":' * 10_000,
        b"\xff\xfe{}",
        b"\xef\xbb\xbf\xef\xbb\xbf{}",
        b"\0" * 50,
        b'{"jsonrpc": "2.0", "id": 7, "id": 8}',
    ],
    ids=lambda body: str(body[:12]),
)
def test_an_unreadable_body_is_a_parse_error(server: Server, lines: list[str], body: bytes) -> None:
    answer = exchange(server, [*lines, length(body)], body)
    assert (answer.status, json.loads(answer.body)["error"]["code"]) == (400, -32700)


@pytest.mark.parametrize(("with_key", "status"), [(True, 405), (False, 401)])
def test_head_is_refused_without_a_body(server: Server, lines: list[str], with_key: bool, status: int) -> None:
    sent = lines if with_key else [line for line in lines if not line.startswith("Authorization")]
    answer = exchange(server, sent, b"", method="HEAD")
    assert (answer.status, answer.body) == (status, b"")


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "TRACE", "PATCH"])
def test_another_method_is_405(server: Server, lines: list[str], method: str) -> None:
    answer = exchange(server, [*lines, "Content-Length: 0"], b"", method=method)
    assert answer.status == 405
    assert "\r\nallow: post, options" in answer.head


def test_none_of_this_was_an_internal_error(server: Server, lines: list[str]) -> None:
    assert exchange(server, [*lines, *IN_ORDER, length(DISCOVER)], DISCOVER).status == 200
    statuses = [json.loads(line)["status"] for line in server.log.splitlines() if line.startswith('{"at"')]
    assert 200 in statuses
    assert not [status for status in statuses if status >= 500]
    assert "Traceback" not in server.log


def chunks(*parts: bytes) -> bytes:
    """A body in chunks (RFC 9112, section 7.1)."""
    return b"".join(f"{len(part):x}\r\n".encode() + part + b"\r\n" for part in parts) + b"0\r\n\r\n"
