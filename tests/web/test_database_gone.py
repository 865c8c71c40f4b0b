"""With the database gone every error has its status, its body in the shape of the interface, and its headers."""

from collections.abc import Iterator
from typing import Any

import pytest
import requests

from tests.support.users import new_address
from tests.web.conftest import Mortal
from tests.web.failing_app import FAILING

pytestmark = [pytest.mark.database("postgresql"), pytest.mark.processes]

_TIMEOUT_S = 10
_CLIENT_ID = "cli_01kb2m8r4ve7w9yq3zt5xhn6pd"
_PING = {"jsonrpc": "2.0", "id": 7, "method": "ping"}
_LARGE = {"text": "x" * 2_000_000}
_ELSEWHERE = {"Host": "elsewhere.example"}

Request = tuple[str, str, int, dict[str, Any]]

# What needs no database is decided as ever.
_PAGES: list[Request] = [
    ("GET", "/nowhere", 404, {}),
    ("GET", "/sign-out", 405, {}),
    ("POST", "/sign-in", 400, {"data": {"email": "a"}}),
    ("POST", "/sign-in", 413, {"data": _LARGE}),
    ("GET", "/failing", 500, {}),
    ("POST", "/api/oauth/authorize", 400, {}),
    ("GET", "/api/oauth/authorize", 400, {}),
    ("GET", f"/api/oauth/authorize?client_id={_CLIENT_ID}&redirect_uri=http://127.0.0.1/", 503, {}),
    ("GET", "/reset-password/any", 503, {}),
    ("GET", "/invitations/any", 503, {}),
]
_OF_THE_SIGNED_IN: list[Request] = [
    ("GET", "/", 503, {}),
    ("GET", "/sign-in", 503, {}),
    ("GET", "/account", 503, {}),
    ("GET", "/integrations", 503, {}),
    ("GET", "/tasks/tsk_any", 503, {}),
    ("POST", "/sign-out", 503, {}),
]
_PUBLIC = (
    "/docs/api",
    "/docs/api/tasks",
    "/docs/api.md",
    "/docs/errors",
    "/docs/mcp",
    "/docs/recipes",
    "/docs/recipes/curl",
    "/llms.txt",
)

_API: list[Request] = [
    ("GET", "/api/v1/nowhere", 404, {}),
    ("PUT", "/api/v1/me", 405, {}),
    ("GET", "/api/v1/me", 401, {}),
    ("GET", "/api/v1/me", 401, {"headers": {"Authorization": "Bearer cbk_wrong"}}),
    ("GET", "/api/v1/me", 400, {"headers": {"Authorization": "Bearer cbk_a", "X-CalmBoard-API-Key": "cbk_b"}}),
    ("GET", "/api/v1/me", 421, {"headers": _ELSEWHERE}),
    ("GET", "/api/v1/failing", 500, {}),
    ("POST", "/api/auth/session", 415, {"data": "email=a"}),
    ("POST", "/api/auth/session", 400, {"data": "{", "headers": {"Content-Type": "application/json"}}),
    ("POST", "/api/auth/session", 413, {"json": _LARGE}),
    ("POST", "/api/auth/session", 422, {"json": {"email": "a"}}),
    ("POST", "/api/auth/session", 503, {"json": {"email": "a@calmboard.test", "password": "wrong"}}),
]
_API_BY_KEY: list[Request] = [
    ("GET", "/api/v1/me", 503, {}),
    ("GET", "/api/v1/projects?limit=0", 503, {}),
    ("GET", "/api/v1/tasks/tsk_any", 503, {}),
    ("POST", "/api/v1/projects", 503, {"data": "name=a"}),
    ("POST", "/api/v1/projects", 503, {"json": _LARGE}),
    ("POST", "/api/v1/projects", 503, {"json": {"name": 1}, "headers": {"Idempotency-Key": "a"}}),
    ("PATCH", "/api/v1/tasks/tsk_any", 503, {"json": {}, "headers": {"If-Match": '"old"'}}),
]
_OAUTH: list[Request] = [
    ("GET", "/api/oauth/nowhere", 404, {}),
    ("GET", "/.well-known/nowhere", 404, {}),
    ("GET", "/api/oauth/token", 405, {}),
    ("POST", "/api/oauth/token", 400, {"data": {"grant_type": "unknown"}}),
    ("POST", "/api/oauth/token", 413, {"data": _LARGE}),
    ("GET", "/.well-known/nowhere", 421, {"headers": _ELSEWHERE}),
    ("GET", "/api/oauth/failing", 500, {}),
    ("GET", "/.well-known/failing", 500, {}),
    ("POST", "/api/oauth/token", 503, {"data": {"grant_type": "refresh_token", "client_id": _CLIENT_ID}}),
    ("POST", "/api/oauth/revoke", 503, {"data": {"token": "any", "client_id": _CLIENT_ID}}),
    ("POST", "/api/oauth/register", 400, {"data": "{", "headers": {"Content-Type": "application/json"}}),
    ("POST", "/api/oauth/register", 503, {"json": {"redirect_uris": ["http://127.0.0.1/back"]}}),
]
_MCP: list[Request] = [
    ("POST", "/mcp", 401, {"json": _PING}),
    ("POST", "/mcp", 403, {"json": _PING, "headers": {"Origin": "https://elsewhere.example"}}),
    ("GET", "/mcp/nowhere", 404, {}),
    ("POST", "/mcp", 421, {"json": _PING, "headers": _ELSEWHERE}),
    ("GET", "/mcp/failing", 500, {}),
]
_MCP_BY_KEY: list[Request] = [
    ("POST", "/mcp", 503, {"json": _PING}),
    ("POST", "/mcp", 503, {"json": {**_PING, "method": "tools/call", "params": {"name": "list_projects"}}}),
    ("POST", "/mcp", 503, {"json": [_PING, _PING]}),
    ("GET", "/mcp", 503, {}),
]


@pytest.fixture(scope="module")
def gone(mortal: Mortal) -> Iterator[Mortal]:
    """A server whose database it has met, and which is gone."""
    assert requests.get(f"{mortal.server}/integrations", headers=mortal.person.by_cookie, timeout=_TIMEOUT_S).status_code == 200
    mortal.postgres.stop()
    yield mortal
    mortal.postgres.start()


def send(gone: Mortal, request: Request, credential: dict[str, str]) -> requests.Response:
    method, path, _, options = request
    headers = {"X-Forwarded-For": new_address(), **credential, **options.get("headers", {})}
    return requests.request(
        method, f"{gone.server}{path}", timeout=_TIMEOUT_S, allow_redirects=False, **{**options, "headers": headers}
    )


def require_headers(answer: requests.Response, request: Request) -> None:
    assert answer.status_code == request[2], (request[:3], answer.text[:200])
    assert answer.headers["X-Request-Id"].startswith("req_"), request
    assert answer.headers["X-Content-Type-Options"] == "nosniff", request
    assert ("Retry-After" in answer.headers) == (answer.status_code == 503), request


@pytest.mark.parametrize("signed_in", [False, True], ids=["nobody", "signed in"])
def test_people_are_shown_a_page(gone: Mortal, signed_in: bool) -> None:
    requested = [*_PAGES, *_OF_THE_SIGNED_IN] if signed_in else _PAGES
    for request in requested:
        answer = send(gone, request, gone.person.by_cookie if signed_in else {})
        require_headers(answer, request)
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"], request
        assert "<h1>" in answer.text, request
        assert "</html>" in answer.text, request
        assert ("CalmBoard&#39;s database does not answer." in answer.text) == (answer.status_code == 503), request


def test_probes_are_told_in_a_line(gone: Mortal) -> None:
    request: Request = ("GET", "/readyz", 503, {})
    answer = send(gone, request, {})
    require_headers(answer, request)
    assert answer.headers["Content-Type"].startswith("text/plain")
    assert answer.text.splitlines()[0] == "not ready: CalmBoard's database does not answer. Try again in a few seconds."


def test_a_part_of_a_page_is_a_note(gone: Mortal) -> None:
    request: Request = ("GET", "/integrations", 503, {"headers": {"HX-Request": "true"}})
    answer = send(gone, request, gone.person.by_cookie)
    require_headers(answer, request)
    assert "database does not answer" in answer.text
    assert "<html" not in answer.text


@pytest.mark.parametrize("signed_in", [False, True], ids=["nobody", "signed in"])
def test_what_is_public_is_read_as_ever(gone: Mortal, signed_in: bool) -> None:
    for path in _PUBLIC:
        answer = send(gone, ("GET", path, 200, {}), gone.person.by_cookie if signed_in else {})
        require_headers(answer, ("GET", path, 200, {}))


def test_too_many_forms_are_429(gone: Mortal) -> None:
    browser = requests.Session()
    browser.headers["X-Forwarded-For"] = new_address()
    page = browser.get(f"{gone.server}/forgot-password", timeout=_TIMEOUT_S)
    token = page.text.partition('name="csrf_token"')[2].partition('value="')[2].partition('"')[0]
    form = {"email": "nobody@calmboard.test", "csrf_token": token}
    *_, last = [browser.post(f"{gone.server}/forgot-password", form, timeout=_TIMEOUT_S) for _ in range(6)]
    assert (last.status_code, "Too many tries" in last.text) == (429, True)


def test_programs_are_told_in_problem_details(gone: Mortal) -> None:
    for request in (*_API, *_API_BY_KEY):
        answer = send(gone, request, gone.person.by_key if request in _API_BY_KEY else {})
        require_headers(answer, request)
        body = answer.json()
        assert answer.headers["Content-Type"] == "application/problem+json", request
        assert (body["status"], body["request_id"]) == (answer.status_code, answer.headers["X-Request-Id"])
        assert ("database does not answer" in body["detail"]) == (answer.status_code == 503), request


def test_host_applications_are_told_in_their_shape(gone: Mortal) -> None:
    for request in _OAUTH:
        answer = send(gone, request, {})
        require_headers(answer, request)
        body = answer.json()
        assert body["error_description"], request
        assert (body["error"] == "temporarily_unavailable") == (answer.status_code == 503), request
        assert (body["error"] == "server_error") == (answer.status_code == 500), request


def test_agents_are_told_in_json_rpc(gone: Mortal) -> None:
    for request in (*_MCP, *_MCP_BY_KEY):
        answer = send(gone, request, gone.person.by_key if request in _MCP_BY_KEY else {})
        require_headers(answer, request)
        error = answer.json()["error"]
        assert error["data"]["status"] == answer.status_code, request
        assert ("database does not answer" in error["message"]) == (answer.status_code == 503), request


@pytest.mark.parametrize(("path", "body"), [("/api/v1/me", None), ("/mcp", _PING)])
def test_too_many_wrong_keys_are_429(gone: Mortal, path: str, body: Any) -> None:
    headers = {"X-Forwarded-For": new_address(), "Authorization": "Bearer cbk_wrong"}
    for status in (401, 401, 401, 429):
        answer = requests.request(
            "POST" if body else "GET", f"{gone.server}{path}", json=body, headers=headers, timeout=_TIMEOUT_S
        )
        assert answer.status_code == status
    assert int(answer.headers["Retry-After"]) > 0


def test_it_lives_and_every_failing_address_was_met(gone: Mortal) -> None:
    assert requests.get(f"{gone.server}/healthz", timeout=_TIMEOUT_S).status_code == 200
    assert {path for _, path, status, _ in (*_PAGES, *_API, *_OAUTH, *_MCP) if status == 500} == set(FAILING)
