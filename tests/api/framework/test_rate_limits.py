"""Rate limits: reported in headers, refused beyond, per key; failed credentials per address."""

from collections.abc import Callable

import pytest
from flask import Flask

from calmboard.ids import new_id
from calmboard.settings import RateLimit
from tests.support.users import Api, TestUser, add_user, new_address


@pytest.fixture
def narrow(make_app: Callable[..., Flask]) -> Flask:
    """The same database behind an app whose windows are small."""
    return make_app(rates={"pro": RateLimit(3, 60), "business": RateLimit(5, 60)}, rate_failures=RateLimit(2, 60))


def test_every_answer_to_a_credential_reports_the_window(narrow: Flask, owner: TestUser) -> None:
    api = Api(narrow, owner.new_key(new_id("key")))
    for remaining, path in ((2, "/me"), (1, "/tasks/none"), (0, "/projects?colour=1")):
        headers = api.get(path).headers
        assert headers["RateLimit-Policy"] == '"pro";q=3;w=60'
        assert headers["RateLimit"].startswith(f'"pro";r={remaining};t=')
        assert (headers["X-RateLimit-Limit"], headers["X-RateLimit-Remaining"]) == ("3", str(remaining))
        assert 0 < int(headers["X-RateLimit-Reset"]) <= 60
        assert "Retry-After" not in headers


def test_beyond_the_window_is_429_and_names_the_policy(narrow: Flask, owner: TestUser) -> None:
    api = Api(narrow, owner.new_key(new_id("key")))
    answer = [api.get("/me") for _ in range(4)][-1]
    assert (answer.status_code, answer.json["code"], answer.json["policy"]) == (429, "rate_limit_exceeded", "pro")
    assert 0 < int(answer.headers["Retry-After"]) <= 60
    assert answer.headers["X-RateLimit-Remaining"] == "0"


def test_each_key_has_its_own_window(narrow: Flask, owner: TestUser) -> None:
    first, second = (Api(narrow, owner.new_key(new_id("key"))) for _ in range(2))
    assert [first.get("/me").status_code for _ in range(4)][-1] == 429
    assert second.get("/me").status_code == 200


def test_the_window_is_the_plans(narrow: Flask, app: Flask) -> None:
    api = Api(narrow, add_user(app, "business").new_key())
    assert [api.get("/me").status_code for _ in range(6)] == [200] * 5 + [429]


def test_the_window_is_checked_before_the_scope_and_after_the_plan(narrow: Flask, app: Flask, owner: TestUser) -> None:
    api = Api(narrow, owner.new_key(new_id("key"), "webhooks:read"))
    assert [api.get("/projects").status_code for _ in range(4)] == [403, 403, 403, 429]
    free = Api(narrow, add_user(app, "free").new_key())
    answers = [free.get("/projects") for _ in range(4)]
    assert {answer.json["code"] for answer in answers} == {"paid_plan_required"}
    assert answers[0].headers["X-RateLimit-Limit"] == "0"


def test_failed_credentials_are_limited_by_address(narrow: Flask, owner: TestUser) -> None:
    address = {"REMOTE_ADDR": new_address()}
    wrong = Api(narrow, "cbk_wrong")
    answers = [wrong.get("/me", environ_base=address) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [401, 401, 429]
    assert answers[2].json["policy"] == "failures"
    assert "Retry-After" in answers[2].headers
    good = Api(narrow, owner.new_key(new_id("key")))
    assert good.get("/me", environ_base=address).status_code == 200
    assert wrong.get("/me", environ_base={"REMOTE_ADDR": new_address()}).status_code == 401


def test_an_ipv6_network_is_one_address(narrow: Flask) -> None:
    wrong = Api(narrow, "cbk_wrong")
    statuses = [wrong.get("/me", environ_base={"REMOTE_ADDR": f"2001:db8:1:1::{number}"}).status_code for number in range(1, 4)]
    assert statuses == [401, 401, 429]


def test_a_request_without_a_credential_is_no_failed_one(narrow: Flask) -> None:
    address = {"REMOTE_ADDR": new_address()}
    assert {Api(narrow, None).get("/me", environ_base=address).status_code for _ in range(4)} == {401}
