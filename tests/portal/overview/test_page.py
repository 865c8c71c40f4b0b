"""What the pages say, and what they tell the browser."""

import json
import re
import shlex
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event

from calmboard.db import db
from calmboard.errors import PROBLEMS
from calmboard.settings import RateLimit
from tests.support.clients.markup import text_of
from tests.support.users import TestUser

_PUBLIC = ["/sign-in", "/forgot-password", "/docs/errors", "/docs/api", "/docs/api/tasks", "/nothing-here"]
_COMMON_CODES = [
    "missing_api_key",
    "invalid_api_key",
    "api_key_revoked",
    "paid_plan_required",
    "forbidden",
    "not_found",
    "rate_limit_exceeded",
]


@pytest.fixture(scope="module")
def page(owner: TestUser) -> str:
    return owner.sign_in().get("/integrations").text


@pytest.mark.parametrize("path", ["/integrations", "/account", "/integrations/keys/new", *_PUBLIC])
def test_a_page_forbids_what_it_does_not_need(owner: TestUser, path: str) -> None:
    headers = owner.sign_in().get(path, follow_redirects=True).headers
    policy = headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self';")
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Cache-Control"] == "no-store"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"


def test_https_is_kept_to_where_there_is_https(make_app: Callable[..., Flask]) -> None:
    client = make_app(origin="https://calmboard.example").test_client()
    headers = client.get("/sign-in", base_url="https://calmboard.example").headers
    assert headers["Strict-Transport-Security"].startswith("max-age=31536000")


@pytest.mark.parametrize("host", ["x" * 64, "a b", "[::1", "a:b:c", ""])
@pytest.mark.parametrize(("path", "status"), [("/healthz", 200), ("/sign-in", 308), ("/mcp", 421), ("/api/oauth/authorize", 421)])
def test_a_host_that_cannot_be_one_is_another_host(client: FlaskClient, path: str, status: int, host: str) -> None:
    assert client.get(path, headers={"Host": host}).status_code == status


def test_the_start_leads_to_sign_in_or_to_the_page(client: FlaskClient, owner: TestUser) -> None:
    assert client.get("/").location == "/sign-in"
    assert owner.sign_in().get("/").location == "/integrations"


@pytest.mark.parametrize("section", ["keys", "tools", "rest", "auth", "examples", "errors"])
def test_every_entry_of_the_contents_has_its_section(page: str, section: str) -> None:
    assert f'href="#{section}"' in page
    assert f'<section class="section" id="{section}"' in page


def test_the_page_says_who_and_what_plan(page: str, owner: TestUser) -> None:
    text = text_of(page)
    assert owner.person.name in text
    assert owner.email in text
    assert "Includes integration APIs" in text
    assert "Paid-plan feature" in text


def test_the_window_is_the_one_that_is_set(make_app: Callable[..., Flask], owner: TestUser) -> None:
    app = make_app(rates={"pro": RateLimit(7, 60), "business": RateLimit(9, 60)})
    assert "7 a minute" in TestUser(app, owner.person, owner.password).sign_in().get("/integrations").text


@pytest.mark.parametrize("code", _COMMON_CODES)
def test_the_common_errors_are_on_the_page(page: str, code: str) -> None:
    assert f"<code>{code}</code>" in page


def test_each_error_has_its_entry_in_the_reference(client: FlaskClient) -> None:
    reference = client.get("/docs/errors").text
    for code, problem in PROBLEMS.items():
        assert f'id="{code}"' in reference
        assert problem.meaning in text_of(reference)


def test_readers_who_are_signed_out_find_their_way(client: FlaskClient) -> None:
    for path in ("/docs/api", "/docs/api/tasks", "/docs/recipes", "/docs/recipes/jira", "/docs/errors"):
        header = client.get(path).text.partition("</header>")[0]
        for link in ("/docs/api", "/docs/recipes", "/docs/errors", "/sign-in"):
            assert f'href="{link}"' in header


def test_the_guide_reads_the_same_as_a_page_and_as_markdown(client: FlaskClient) -> None:
    titles = re.findall(r"^## (.+)$", client.get("/docs/api.md").text.partition("## Resources")[0], re.MULTILINE)
    shown = re.findall(r'<h2 id="[\w-]+-title">(.+?)</h2>', client.get("/docs/api").text)
    assert shown == titles


def test_the_first_examples_are_few_and_lead_to_the_others(page: str) -> None:
    assert page.count('<details class="fold example"') == 6
    assert 'href="/docs/api"' in page
    assert 'href="/docs/api/tasks"' in page


def test_examples_hold_the_readers_own_ids_and_no_secret(page: str, owner: TestUser) -> None:
    project = owner.example_project()
    assert f"/api/v1/boards/{project.board_id}/tasks" in text_of(page)
    assert not re.search(r"cbk_[0-9A-Za-z]{36}", text_of(page))


def test_the_answers_shown_are_json(page: str) -> None:
    answers = re.findall(r'<code id="[\w-]+-answer">(.*?)</code></pre>', page, re.DOTALL)
    assert answers
    for answer in answers:
        json.loads(text_of(answer))


def test_the_curl_lines_are_one_command_each(page: str) -> None:
    commands = re.findall(r'<code id="[\w-]+-curl">(.*?)</code></pre>', page, re.DOTALL)
    assert commands
    for command in commands:
        assert shlex.split(text_of(command))[0] == "curl"


@pytest.mark.parametrize("path", ["/integrations", "/account", "/integrations/keys/new", "/sign-in", "/docs/api/tasks"])
def test_no_page_holds_inline_code_or_style(owner: TestUser, path: str) -> None:
    page = owner.sign_in().get(path, follow_redirects=True).text
    assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=|hx-on|javascript:", page)


def test_a_free_plan_reads_what_is_missing_and_where_to_upgrade(make_app: Callable[..., Flask], free: TestUser) -> None:
    app = make_app(billing_url="https://calmboard.example/plans")
    page = TestUser(app, free.person, free.password).sign_in().get("/integrations").text
    assert "Without integration APIs" in page
    assert "What Pro adds" in page
    assert 'href="https://calmboard.example/plans"' in page
    assert '"paid_plan_required"' in text_of(page)


@pytest.mark.parametrize(
    ("method", "path", "status", "title"),
    [
        ("GET", "/nothing-here", 404, "Nothing here"),
        ("POST", "/integrations", 405, "Not this way"),
        ("GET", "/sign-out", 405, "Not this way"),
    ],
)
def test_what_went_wrong_is_a_page_in_words(owner: TestUser, method: str, path: str, status: int, title: str) -> None:
    answer = owner.sign_in().open(path, method=method)
    assert answer.status_code == status
    assert f"<h1>{title}</h1>" in answer.text


def test_a_wrong_method_is_told_the_right_ones(client: FlaskClient) -> None:
    """RFC 9110, section 15.5.6."""
    assert client.get("/sign-out").headers["Allow"] == "OPTIONS, POST"
    assert client.put("/api/oauth/authorize").headers["Allow"] == "GET, HEAD, OPTIONS, POST"


def test_the_page_takes_as_many_statements_however_many_keys(app: Flask, new_user: Callable[..., TestUser]) -> None:
    person = new_user()
    browser = person.sign_in()
    person.new_key("Key")
    with_one = _statements_of(app, browser)
    for number in range(5):
        person.new_key(f"Key {number}")
    assert _statements_of(app, browser) == with_one


def _statements_of(app: Flask, browser: FlaskClient) -> int:
    """How many statements one view of the page sends to the database."""
    sent: list[str] = []

    def record(connection: object, cursor: object, statement: str, *rest: object) -> None:
        sent.append(statement)

    with app.app_context():
        engines = list(db.engines.values())
    for engine in engines:
        event.listen(engine, "before_cursor_execute", record)
    browser.get("/integrations")
    for engine in engines:
        event.remove(engine, "before_cursor_execute", record)
    return len(sent)
