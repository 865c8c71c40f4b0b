"""Many at once on the real server with its two workers: one consistent result, and no server error."""

import json
import urllib.error
import urllib.request
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from threading import Barrier
from typing import Any
from urllib.parse import urlencode

import pytest

from tests.oauth.conftest import CALLBACK, ORIGIN, HostApp
from tests.support.servers.server import Server
from tests.support.servers.workers import all_wrote_since, written_by_workers
from tests.support.users import TestUser, new_address

AT_ONCE = 12
ROUNDS = 3

Make = Callable[..., HostApp]
Form = dict[str, str]


@dataclass(frozen=True)
class Reply:
    status: int
    body: dict[str, Any]


@pytest.fixture
def application(host_app: Make, new_user: Callable[..., TestUser]) -> HostApp:
    return host_app(new_user())


def test_a_code_is_exchanged_once_and_its_tokens_end(application: HostApp, server: Server) -> None:
    before = written_by_workers(server)
    for _ in range(ROUNDS):
        answers = at_once(server, *[code_form(application, application.get_code())] * AT_ONCE)
        assert statuses(answers) == [200] + [400] * (AT_ONCE - 1)
        assert {answer.body["error"] for answer in answers if answer.status == 400} == {"invalid_grant"}
        [tokens] = [answer.body for answer in answers if answer.status == 200]
        assert application.api(tokens["access_token"]).get("/me").status_code == 401
    assert all_wrote_since(before, server)


def test_within_the_grace_all_get_the_one_successor(application: HostApp, server: Server) -> None:
    token = application.get_tokens()["refresh_token"]
    for _ in range(ROUNDS):
        answers = at_once(server, *[refresh_form(application, token)] * AT_ONCE)
        assert statuses(answers) == [200] * AT_ONCE
        [successor] = {answer.body["refresh_token"] for answer in answers}
        [access_token] = {answer.body["access_token"] for answer in answers}
        assert application.api(access_token).get("/me").status_code == 200
        token = successor


@pytest.mark.processes
def test_without_a_grace_one_gets_a_successor_and_the_grant_ends(application: HostApp, strict_server: Server) -> None:
    for _ in range(ROUNDS):
        token = application.get_tokens()["refresh_token"]
        answers = at_once(strict_server, *[refresh_form(application, token)] * AT_ONCE)
        assert statuses(answers) == [200] + [400] * (AT_ONCE - 1)
        [tokens] = [answer.body for answer in answers if answer.status == 200]
        assert application.api(tokens["access_token"]).get("/me").status_code == 401
        assert [answer.status for answer in at_once(strict_server, refresh_form(application, tokens["refresh_token"]))] == [400]


def test_a_token_that_is_refreshed_and_revoked_at_once_ends(application: HostApp, server: Server) -> None:
    for _ in range(ROUNDS):
        token = application.get_tokens()["refresh_token"]
        revocation = {"token": token, "client_id": application.client_id}
        answers = at_once(server, *[refresh_form(application, token)] * (AT_ONCE - 1), revocation)
        assert {answer.status for answer in answers} <= {200, 400}
        issued = [answer.body for answer in answers if "access_token" in answer.body]
        for tokens in issued:
            assert application.api(tokens["access_token"]).get("/me").status_code == 401
        assert statuses(at_once(server, *[refresh_form(application, tokens["refresh_token"]) for tokens in issued[:1]])) in (
            [],
            [400],
        )


def test_a_client_that_deletes_itself_during_exchanges_leaves_nothing(host_app: Make, person: TestUser, server: Server) -> None:
    for _ in range(ROUNDS):
        application = host_app(person)
        codes = [application.get_code() for _ in range(4)]
        token = application.get_tokens()["refresh_token"]
        forms = [*[code_form(application, code) for code in codes], *[refresh_form(application, token)] * 4]
        answers = at_once(server, *forms, deleted=application)
        assert {answer.status for answer in answers} <= {200, 204, 400, 401}, [answer.body for answer in answers]
        for tokens in [answer.body for answer in answers if "access_token" in answer.body]:
            assert application.api(tokens["access_token"]).get("/me").status_code == 401


@pytest.fixture
def person(new_user: Callable[..., TestUser]) -> TestUser:
    return new_user()


def code_form(application: HostApp, code: str) -> Form:
    form = {"grant_type": "authorization_code", "code": code, "client_id": application.client_id}
    return {**form, "redirect_uri": CALLBACK, "code_verifier": application.verifier}


def refresh_form(application: HostApp, token: str) -> Form:
    return {"grant_type": "refresh_token", "refresh_token": token, "client_id": application.client_id}


def at_once(server: Server, *forms: Form, deleted: HostApp | None = None) -> list[Reply]:
    """Send the forms at the same moment, each over a connection and from an address of its own."""
    start = Barrier(len(forms) + bool(deleted))

    def send(request: urllib.request.Request) -> Reply:
        start.wait()
        return send_request(request)

    requests = [post_request(server, form) for form in forms]
    if deleted:
        requests.append(delete_request(server, deleted))
    with ThreadPoolExecutor(len(requests) or 1) as pool:
        return list(pool.map(send, requests))


def post_request(server: Server, form: Form) -> urllib.request.Request:
    path = "token" if "grant_type" in form else "revoke"
    headers = {"X-Forwarded-For": new_address()}
    return urllib.request.Request(f"{server.url}/api/oauth/{path}", urlencode(form).encode(), headers)


def delete_request(server: Server, application: HostApp) -> urllib.request.Request:
    address = application.registration["registration_client_uri"].replace(ORIGIN, server.url)
    headers = {"Authorization": f"Bearer {application.registration['registration_access_token']}"}
    return urllib.request.Request(address, headers=headers, method="DELETE")


def send_request(request: urllib.request.Request) -> Reply:
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return Reply(answer.status, json.loads(answer.read() or b"{}"))
    except urllib.error.HTTPError as refusal:
        with refusal:
            return Reply(refusal.code, json.load(refusal))


def statuses(answers: list[Reply]) -> list[int]:
    return sorted(answer.status for answer in answers)
