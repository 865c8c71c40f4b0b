"""Whoever finds secrets of ours ends them, and learns nothing by it."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from calmboard.access.credentials.keys import NewKey, issue_key
from calmboard.access.credentials.session_tokens import create_session_token, find_token_session, open_token_session
from calmboard.access.credentials.sessions import find_session, open_session
from calmboard.access.secret_format import new_secret
from calmboard.db import db
from calmboard.errors import InvalidToken
from calmboard.settings import SETTINGS
from tests.api.mcp.tokens import Tokens
from tests.support.audit import audit_entries
from tests.support.statements import recorded
from tests.support.users import Api, TestUser, new_address
from tests.support.writers import writing_elsewhere

PATH = "/api/v1/credentials/revoke"


@pytest.fixture
def person(new_user: Callable[..., TestUser]) -> TestUser:
    return new_user()


@pytest.fixture
def report(app: Flask) -> Callable[..., TestResponse]:
    """Reports secrets from a network of its own, without any credential."""
    network = new_address()

    def send(*secrets: Any, **request: Any) -> TestResponse:
        sent = request or {"json": {"credentials": list(secrets)}}
        return app.test_client().post(PATH, environ_base={"REMOTE_ADDR": network}, **sent)

    return send


def test_a_key_that_was_found_works_no_more(app: Flask, person: TestUser, report: Callable[..., TestResponse]) -> None:
    found, other = person.new_key("Found"), Api(app, person.new_key("Other"))
    key_id = Api(app, found).get("/me").json["credential"]["id"]
    assert report(found).status_code == 202
    assert Api(app, found).get("/me").json["code"] == "api_key_revoked"
    assert other.get("/me").status_code == 200
    entry = audit_entries(app, subject_id=key_id)[-1]
    assert (entry.action, entry.source, entry.user_id) == ("key.revoked", "system", person.person.id)
    assert entry.details["reason"] == "leaked"


@pytest.mark.parametrize("which", ["access_token", "refresh_token"])
def test_a_token_that_was_found_ends_its_grant(
    app: Flask, person: TestUser, report: Callable[..., TestResponse], which: str
) -> None:
    tokens = Tokens(app).pair(person, SETTINGS.get(app).origin, "projects:read")
    assert Api(app, tokens.access_token).get("/projects").status_code == 200
    assert report(getattr(tokens, which)).status_code == 202
    assert Api(app, tokens.access_token).get("/projects").json["code"] == "invalid_token"


@pytest.mark.parametrize("is_own", [True, False])
def test_a_session_token_that_was_found_ends(
    app: Flask, person: TestUser, report: Callable[..., TestResponse], is_own: bool
) -> None:
    """And the session that was opened for it alone; a browser stays signed in."""
    with app.app_context():
        browser = open_session(person.person, None, None)
        session = find_session(browser)
        assert session
        own = open_token_session(person.person, None, None)
        secret = own if is_own else create_session_token(person.access, session.id)
        assert report(secret).status_code == 202
        with pytest.raises(InvalidToken):
            find_token_session(secret)
        assert find_session(browser) is not None
    entry = audit_entries(app, user_id=person.person.id)[-1]
    assert (entry.action, entry.source) == ("session.ended" if is_own else "session_token.revoked", "system")
    assert entry.details == {"reason": "leaked"}


@pytest.mark.database("sqlite")
def test_what_is_not_ours_waits_for_no_writer(app: Flask, report: Callable[..., TestResponse]) -> None:
    with writing_elsewhere(app):
        assert report(*(new_secret(kind) for kind in ("cbk", "cbo", "cbr", "cbs") * 250)).status_code == 202


def test_the_answer_is_the_same_whatever_was_sent(app: Flask, person: TestUser, report: Callable[..., TestResponse]) -> None:
    ours = person.new_key("Ours")
    answers = [report(ours), report(ours), report(new_secret("cbk")), report("not a secret"), report("cbk_\0", "é" * 900)]
    assert {(answer.status_code, answer.data, answer.content_type) for answer in answers} == {
        (202, answers[0].data, "application/json")
    }


def test_it_tells_nothing_by_its_headers(person: TestUser, report: Callable[..., TestResponse]) -> None:
    ours, none = report(person.new_key("Ours")), report(new_secret("cbk"))
    headers_of_both = [{name: value for name, value in answer.headers if name != "X-Request-Id"} for answer in (ours, none)]
    assert headers_of_both[0] == headers_of_both[1]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"json": {}}, 422),
        ({"json": {"credentials": []}}, 422),
        ({"json": {"credentials": "cbk_"}}, 422),
        ({"json": {"credentials": [1]}}, 422),
        ({"json": {"credentials": ["x"] * 1001}}, 422),
        ({"json": {"credentials": ["x"], "reason": "found"}}, 422),
        ({"data": "{", "content_type": "application/json"}, 400),
        ({"data": "cbk_", "content_type": "text/plain"}, 415),
    ],
)
def test_what_is_no_report_is_said_to_be_none(report: Callable[..., TestResponse], body: dict[str, Any], status: int) -> None:
    answer = report(**body)
    assert answer.status_code == status
    assert (answer.json or {})["code"]


def test_a_network_reports_sixty_times_an_hour(report: Callable[..., TestResponse]) -> None:
    assert {report("nothing").status_code for _ in range(60)} == {202}
    answer = report("nothing")
    assert answer.status_code == 429
    assert 0 < int(answer.headers["Retry-After"]) <= 3600


def test_a_thousand_are_as_few_statements_as_one(app: Flask, person: TestUser, report: Callable[..., TestResponse]) -> None:
    """A thousand of which none is ours; with a thousand of ours each leaves its trace besides."""
    with recorded(app) as one:
        report(new_secret("cbk"))
    with recorded(app) as many:
        report(*(new_secret("cbk") for _ in range(1000)))
    assert len(many) == len(one)


def test_a_thousand_of_ours_end_at_once(app: Flask, person: TestUser, report: Callable[..., TestResponse]) -> None:
    with app.app_context():
        secrets = [issue_key(person.person.id, NewKey(f"Key {n}", "jira", frozenset(["tasks:read"])))[1] for n in range(1000)]
        db.session.commit()
    assert report(*secrets).status_code == 202
    assert {Api(app, secret).get("/projects").json["code"] for secret in secrets[::100]} == {"api_key_revoked"}


def test_no_secret_of_a_report_is_logged(
    person: TestUser, report: Callable[..., TestResponse], capfd: pytest.CaptureFixture[str]
) -> None:
    ours = person.new_key("Ours")
    report(ours)
    assert ours not in "".join(capfd.readouterr())
