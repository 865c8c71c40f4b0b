"""Which pages may call /mcp, and under which host it answers: before any credential, in every method."""

from collections.abc import Callable

import pytest
from flask import Flask

from tests.api.mcp.raw_client import McpClient, modern, old, refusal
from tests.support.users import TestUser

# Messages, headers and addresses are handled in Python, whatever the database.
pytestmark = pytest.mark.database("sqlite")

ORIGIN = "http://127.0.0.1:8000"
METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]

FOREIGN = [
    "https://evil.example",
    "null",
    "",
    "http://127.0.0.1",
    "http://127.0.0.1:8001",
    "https://127.0.0.1:8000",
    "http://127.0.0.1:8000.evil.example",
    "http://127.0.0.1:8000@evil.example",
    "http://evil.example/http://127.0.0.1:8000",
    "http://localhost.evil.example:8000",
    "http://127.0.0.2.evil.example:8000",
    "http://10.0.0.1:8000",
    "http://[::1",
    "http://127.0.0.1:port",
    "http://127.0.0.1:99999",
    "file://",
    "127.0.0.1:8000",
    "http://127.0.0.1:8000, https://evil.example",
    "*",
]
OWN = [ORIGIN, "http://localhost:8000", "http://[::1]:8000"]


@pytest.fixture
def client(app: Flask, owner: TestUser) -> McpClient:
    return McpClient(app, owner.key)


@pytest.fixture
def live(make_app: Callable[..., Flask]) -> Flask:
    """An app as it stands on the internet, with one page named that may speak to it."""
    return make_app(origin="https://board.example", cors_origins=("https://agent.example",))


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("origin", FOREIGN)
def test_a_page_from_elsewhere_is_refused_whatever_it_shows(app: Flask, client: McpClient, method: str, origin: str) -> None:
    for sender in (client, McpClient(app, None), McpClient(app, "cbk_nonsense")):
        answer = sender.send(old(), {"Origin": origin}, method=method)
        error = refusal(answer, 403, 403, 7 if method == "POST" else None)
        assert error["data"]["code"] == "forbidden"
        assert "WWW-Authenticate" not in answer.headers
        assert "RateLimit" not in answer.headers
        assert "Access-Control-Allow-Origin" not in answer.headers


@pytest.mark.parametrize("origin", OWN)
def test_in_development_every_loopback_name_is_our_own(client: McpClient, origin: str) -> None:
    answer = client.ask(modern(), {"Origin": origin})
    assert answer.status_code == 200
    assert answer.headers["Access-Control-Allow-Origin"] == origin
    assert "Access-Control-Allow-Credentials" not in answer.headers
    assert "Origin" in answer.vary


def test_a_program_sends_no_origin_and_gets_none(client: McpClient) -> None:
    answer = client.ask(modern())
    assert answer.status_code == 200
    assert "Access-Control-Allow-Origin" not in answer.headers
    assert "Origin" in answer.vary


@pytest.mark.parametrize("body", [b"{", b"[]", b'{"jsonrpc": "2.0", "id": 7, "method": "nothing"}'])
def test_a_page_may_read_its_errors_too(app: Flask, client: McpClient, body: bytes) -> None:
    for sender in (client, McpClient(app, None)):
        answer = sender.send(body, {"Origin": ORIGIN})
        assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN
        assert "WWW-Authenticate" in answer.headers["Access-Control-Expose-Headers"]
        assert "Retry-After" in answer.headers["Access-Control-Expose-Headers"]


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "127.0.0.1:80@evil.example", "10.0.0.1:8000"])
@pytest.mark.parametrize("method", METHODS)
def test_under_another_host_there_is_no_server(app: Flask, client: McpClient, host: str, method: str) -> None:
    for sender in (client, McpClient(app, None)):
        answer = sender.send(old(), {"Host": host, "Origin": f"http://{host}"}, method=method)
        assert 400 <= answer.status_code < 500
        assert "Traceback" not in answer.text
        assert "error" in answer.json


def test_outside_development_pages_are_named(live: Flask, owner: TestUser) -> None:
    for origin in ("https://board.example", "https://agent.example"):
        answer = McpClient(live, owner.key).ask(modern(), {"Host": "board.example", "Origin": origin})
        assert (answer.status_code, answer.headers["Access-Control-Allow-Origin"]) == (200, origin)


def test_outside_development_no_other_page_may_ask(live: Flask, owner: TestUser) -> None:
    for origin in [*FOREIGN, *OWN, "http://agent.example", "https://agent.example:444", "https://Agent.example"]:
        refusal(McpClient(live, owner.key).ask(modern(), {"Host": "board.example", "Origin": origin}), 403, 403, 7)


def test_outside_development_only_the_one_host_is_answered(live: Flask, owner: TestUser) -> None:
    for host in ("127.0.0.1:8000", "localhost", "agent.example", "board.example.evil.example"):
        refusal(McpClient(live, owner.key).ask(modern(), {"Host": host}), 421, 421, 7)


def test_a_preflight_allows_what_agents_in_pages_send(app: Flask) -> None:
    requested = "authorization, content-type, mcp-protocol-version, mcp-method, mcp-name, mcp-param-project"
    preflight = {"Origin": ORIGIN, "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": requested}
    answer = McpClient(app, None).send(b"", preflight, method="OPTIONS")
    assert (answer.status_code, answer.headers["Access-Control-Allow-Origin"]) == (204, ORIGIN)
    assert "POST" in answer.headers["Access-Control-Allow-Methods"]
    allowed = {name.strip().lower() for name in answer.headers["Access-Control-Allow-Headers"].split(",")}
    assert set(requested.split(", ")) <= allowed


@pytest.mark.parametrize("requested", ["x-evil", "mcp-param-", "mcp-param-a\u00e9", "mcp-param-*", "cookie"])
def test_a_preflight_allows_nothing_else(app: Flask, requested: str) -> None:
    preflight = {"Origin": ORIGIN, "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": requested}
    answer = McpClient(app, None).send(b"", preflight, method="OPTIONS")
    allowed = {name.strip().lower() for name in answer.headers["Access-Control-Allow-Headers"].split(",")}
    assert requested not in allowed
