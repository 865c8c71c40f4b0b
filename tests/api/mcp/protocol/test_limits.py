"""The rate limit at /mcp: that of the REST API, reported in headers and in a form that an agent understands."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask

from api.mcp.calls import CallContext, Content, text
from api.mcp.registry import REGISTRY, Tool
from calmboard.ids import new_id
from calmboard.settings import RateLimit
from tests.api.mcp.raw_client import McpClient, modern, old, refusal
from tests.support.clients.agent import LEGACY
from tests.support.users import Api, TestUser

LIMIT = 12
GREETING = {"jsonrpc": "2.0", "method": "notifications/initialized"}


@pytest.fixture
def narrow(make_app: Callable[..., Flask]) -> Flask:
    """An app with low rate limits."""
    return make_app(rates={"pro": RateLimit(LIMIT, 60), "business": RateLimit(LIMIT, 60)}, rate_failures=RateLimit(3, 60))


@pytest.fixture
def person(new_user: Callable[..., TestUser]) -> TestUser:
    return new_user()


@pytest.fixture
def new_client(narrow: Flask, person: TestUser) -> Callable[[int], McpClient]:
    """Create a key and send this many requests with it: `new_client(3)`."""

    def make(spent: int) -> McpClient:
        client = McpClient(narrow, person.new_key(new_id("key")))
        for _ in range(spent):
            assert client.send(old()).status_code == 200
        return client

    return make


@pytest.fixture
def runs(narrow: Flask) -> Iterator[list[Any]]:
    """The arguments of each call of a tool named `count`."""
    calls: list[Any] = []

    def run(_call: CallContext, arguments: Any) -> Content:
        calls.append(arguments)
        return Content([text("counted")])

    registry = REGISTRY.get(narrow)
    registry.add(Tool("count", "Count", "Counts.", run, ("projects:read",), "adds", schema={"type": "object"}))
    yield calls
    del registry.tools["count"]


def remaining(answer: Any) -> int:
    return int(answer.headers["X-RateLimit-Remaining"])


REQUESTS: list[tuple[Any, dict[str, Any]]] = [
    (modern(), {}),
    (old(), {}),
    (old("nothing"), {}),
    (old("tools/call", params={"name": "no_such_tool"}), {}),
    (GREETING, {}),
    (b"{", {}),
    (b"[]", {}),
    ([old()] * 51, {}),
    (old(id=None), {}),
    (old(), {"content_type": "text/plain"}),
    (b"x" * 300_000, {}),
    (b"", {"method": "GET"}),
    (b"", {"method": "DELETE"}),
    (b"", {"method": "HEAD"}),
]


def test_every_answer_to_a_credential_counts_one_and_reports_the_rate_limit(new_client: Callable[[int], McpClient]) -> None:
    for body, request in REQUESTS:
        answer = new_client(0).send(body, **request)
        assert remaining(answer) == LIMIT - 1, body
        assert answer.headers["RateLimit-Policy"] == f'"pro";q={LIMIT};w=60'
        assert answer.headers["RateLimit"] == f'"pro";r={LIMIT - 1};t={answer.headers["X-RateLimit-Reset"]}'
        assert answer.headers["X-RateLimit-Limit"] == str(LIMIT)
        assert "Retry-After" not in answer.headers


def test_a_preflight_counts_nothing(new_client: Callable[[int], McpClient]) -> None:
    client = new_client(0)
    assert "RateLimit" not in client.send(method="OPTIONS").headers
    assert remaining(client.send(old())) == LIMIT - 1


def test_both_interfaces_share_one_rate_limit(narrow: Flask, person: TestUser) -> None:
    api, client = Api(narrow, person.key), McpClient(narrow, person.key)
    for left in range(LIMIT - 1, 0, -2):
        assert remaining(api.get("/me")) == left
        assert remaining(client.send(old())) == left - 1
    assert (api.get("/me").status_code, client.send(old()).status_code) == (429, 429)


def test_another_key_has_a_rate_limit_of_its_own(new_client: Callable[[int], McpClient]) -> None:
    assert new_client(LIMIT).send(old()).status_code == 429
    assert new_client(0).send(old()).status_code == 200


@pytest.mark.parametrize("version", ["2026-07-28", *LEGACY])
def test_past_the_rate_limit_the_error_says_when_to_retry(
    new_client: Callable[[int], McpClient], runs: list[Any], version: str
) -> None:
    client, call = new_client(LIMIT), {"name": "count", "arguments": {}}
    if version in LEGACY:
        answer = client.send(old("tools/call", params=call), {"MCP-Protocol-Version": version})
    else:
        answer = client.ask(modern("tools/call", call))
    error = refusal(answer, 429, 429, 7)
    wait_s = int(answer.headers["Retry-After"])
    assert 1 <= wait_s <= 60
    assert (error["data"]["code"], error["data"]["retry_after"]) == ("rate_limit_exceeded", wait_s)
    assert str(LIMIT) in error["message"]
    assert error["data"]["hint"]
    assert remaining(answer) == 0
    assert runs == []


def test_past_the_rate_limit_nothing_unreadable_is_an_error_of_its_own(new_client: Callable[[int], McpClient]) -> None:
    client = new_client(LIMIT)
    for body in (b"{", b"[]", b"", b"x" * 300_000, b'{"jsonrpc": "2.0", "id": null, "method": "ping"}'):
        refusal(client.send(body), 429, 429)


@pytest.mark.parametrize("message", [old("tools/call", params={"name": "count", "arguments": {}}), GREETING, old("nothing"), 5])
def test_each_message_of_a_batch_counts(new_client: Callable[[int], McpClient], runs: list[Any], message: Any) -> None:
    for size in (1, 2, LIMIT):
        runs.clear()
        answer = new_client(0).send([message] * size)
        assert answer.status_code in (200, 202)
        assert remaining(answer) == LIMIT - size
        assert len(runs) == (size if isinstance(message, dict) and message["method"] == "tools/call" else 0)


def test_a_batch_that_does_not_fit_now_is_refused_whole_and_counts_as_one(
    new_client: Callable[[int], McpClient], runs: list[Any]
) -> None:
    for spent in (1, 5, LIMIT - 1):
        client = new_client(spent)
        answer = client.send(batch_of(LIMIT - spent + 1))
        error = refusal(answer, 429, 429)
        assert error["data"]["code"] == "rate_limit_exceeded"
        assert error["data"]["retry_after"] == int(answer.headers["Retry-After"])
        assert runs == []
        left = LIMIT - spent - 1
        assert remaining(answer) == left
        assert client.send(batch_of(left) if left else old()).status_code == (200 if left else 429)
        assert len(runs) == left
        runs.clear()


def test_a_batch_that_can_never_fit_names_the_limit(new_client: Callable[[int], McpClient], runs: list[Any]) -> None:
    for spent in (0, LIMIT - 1):
        answer = new_client(spent).send(batch_of(LIMIT + 1))
        assert f"A batch holds at most {LIMIT} messages" in refusal(answer, 400, -32600)["message"]
        assert "Retry-After" not in answer.headers
        assert remaining(answer) == LIMIT - spent - 1
        assert runs == []


def batch_of(size: int) -> list[Any]:
    return [old("tools/call", id=number, params={"name": "count"}) for number in range(size)]


def test_wrong_credentials_have_a_rate_limit_by_address(narrow: Flask, person: TestUser) -> None:
    wrong = person.key[:-1] + ("a" if person.key[-1] != "a" else "b")
    stranger = McpClient(narrow, wrong)
    for _ in range(3):
        refusal(stranger.send(old()), 401, 401, 7)
    answer = stranger.send(old())
    assert refusal(answer, 429, 429, 7)["data"]["policy"] == "failures"
    assert int(answer.headers["Retry-After"]) >= 1
    assert McpClient(narrow, person.key).send(old()).status_code == 200
