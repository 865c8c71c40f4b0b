"""A key is edited on the page: renamed, described and narrowed; never widened, and nobody is locked out unwarned."""

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from calmboard.access.credentials.keys import Key, NewKey, create_key, find_key, revoke_key
from calmboard.clock import now
from tests.portal.account.factors import pass_ten_minutes, set_up
from tests.portal.forms import HTMX
from tests.support.clients.markup import find_repairs
from tests.support.users import Api, TestUser, add_project_and_board, csrf_token

_RIGHTS = frozenset({"projects:read", "tasks:write"})


@pytest.fixture
def key(person: TestUser) -> Key:
    return _make(person)[0]


def _make(person: TestUser, **changes: Any) -> tuple[Key, Api]:
    values: dict[str, Any] = {
        "name": "Sprint mirror",
        "integration": "jira",
        "scopes": _RIGHTS,
        "expires_at": now() + timedelta(days=90),
    }
    with person.app.app_context():
        key, secret = create_key(person.access, NewKey(**{**values, **changes}))
    return key, Api(person.app, secret)


def _send(browser: FlaskClient, key: Key, **fields: Any) -> TestResponse:
    path = f"/integrations/keys/{key.id}/edit"
    day = key.expires_at.date().isoformat() if key.expires_at else ""
    form = {"name": key.name, "projects": "read", "tasks": "write", "reach": "all", "last_day": day}
    return browser.post(path, data={"csrf_token": csrf_token(browser.get(path)), **form, **fields})


def _now(person: TestUser, key: Key) -> Key:
    with person.app.app_context():
        return find_key(person.access, key.id)


def test_what_narrows_is_saved_and_said(person: TestUser, key: Key, browser_of: FlaskClient) -> None:
    day = (now() + timedelta(days=10)).date().isoformat()
    answer = _send(browser_of, key, name="Night mirror", note="In the vault", tasks="read", last_day=day, window_limit="7")
    assert answer.location == f"/integrations/keys/{key.id}"
    page = browser_of.get(answer.location).text
    assert ("The changes are saved." in page, "In the vault" in page) == (True, True)
    after = _now(person, key)
    assert (after.name, after.note, after.window_limit) == ("Night mirror", "In the vault", 7)
    assert after.scopes == {"projects:read", "tasks:read"}
    assert after.expires_at is not None
    assert after.expires_at.date().isoformat() == day


def test_the_form_as_it_opens_changes_nothing(person: TestUser, key: Key, browser_of: FlaskClient) -> None:
    answer = _send(browser_of, key)
    assert "Nothing was changed" in browser_of.get(answer.location).text
    assert _now(person, key) == key


def test_all_errors_stand_at_their_fields_and_nothing_is_lost(person: TestUser, key: Key, browser_of: FlaskClient) -> None:
    entered = {
        "name": "",
        "note": "x" * 501,
        "projects": "write",
        "last_day": "2099-01-01",
        "networks": "nowhere",
        "window_limit": "lots",
    }
    answer = _send(browser_of, key, **entered)
    assert answer.status_code == 422
    assert find_repairs(answer.text) == []
    for field in ("name", "note", "rights", "last_day", "networks", "window_limit"):
        assert f'id="{field}-error"' in answer.text
        assert f'href="#{field}"' in answer.text
    assert ("nowhere" in answer.text, 'value="lots"' in answer.text, "x" * 501 in answer.text) == (True, True, True)
    assert _now(person, key) == key


def test_a_key_is_limited_to_fewer_projects_and_never_to_others(app: Flask, person: TestUser, browser_of: FlaskClient) -> None:
    first, second, other = (add_project_and_board(app, person, name).project_id for name in ("One", "Two", "Other"))
    key, _ = _make(person, project_ids=frozenset({first, second}))
    assert other not in browser_of.get(f"/integrations/keys/{key.id}/edit").text
    refused = _send(browser_of, key, reach="some", project_ids=[first, other])
    assert (refused.status_code, 'id="project_ids-error"' in refused.text) == (422, True)
    _send(browser_of, key, reach="some", project_ids=[second])
    assert _now(person, key).project_ids == frozenset({second})
    assert _send(browser_of, key, reach="some").status_code == 422


def test_a_key_for_all_projects_is_limited_to_some(app: Flask, person: TestUser, key: Key, browser_of: FlaskClient) -> None:
    project_id = add_project_and_board(app, person, "One").project_id
    _send(browser_of, key, reach="some", project_ids=[project_id])
    assert _now(person, key).project_ids == frozenset({project_id})


def test_projects_are_searched_where_they_are_many(person: TestUser, key: Key, browser_of: FlaskClient, app: Flask) -> None:
    names = [f"Team {number:02}" for number in range(30)]
    ids = [add_project_and_board(app, person, name).project_id for name in names]
    path = f"/integrations/keys/{key.id}/edit"
    page = browser_of.get(path)
    assert "Find a project" in page.text
    assert names[-1] not in page.text
    form = {"csrf_token": csrf_token(page), "name": "Not saved yet", "reach": "some", "project_ids": [ids[0]]}
    found = browser_of.post(f"{path}/projects", data={**form, "projects_q": "team 29", "projects_find": ""})
    assert (names[-1] in found.text, 'value="Not saved yet"' in found.text, names[0] in found.text) == (True, True, True)
    part = browser_of.post(f"{path}/projects", data={**form, "projects_q": "team 29"}, headers=HTMX)
    assert (names[-1] in part.text, "<h1>" in part.text) == (True, False)
    by_enter = browser_of.post(path, data={**form, "projects_q": "team 29", "by_enter": "Save"})
    assert names[-1] in by_enter.text
    assert _now(person, key) == key


def test_a_day_that_cannot_be_read_is_told_with_all_else(person: TestUser, key: Key, browser_of: FlaskClient) -> None:
    _send(browser_of, key)
    page = _send(browser_of, key, last_day="31.12.", networks="203.0.113.0/24", window_limit="0").text
    assert "This is no day." in page
    for field in ("last_day", "sure", "window_limit"):
        assert f'id="{field}-error"' in page


def test_networks_seen_so_far_fill_the_field(person: TestUser, browser_of: FlaskClient) -> None:
    key, api = _make(person)
    api.get("/projects")
    browser_of.get(f"/integrations/keys/{key.id}")
    answer = _send(browser_of, key, seen="yes", note="Kept")
    assert answer.status_code == 200
    assert ">127.0.0.1</textarea>" in answer.text
    assert ">Kept</textarea>" in answer.text
    assert _now(person, key).networks is None


def test_who_would_be_shut_out_is_named_before_and_ticked(person: TestUser, browser_of: FlaskClient) -> None:
    key, api = _make(person)
    api.get("/projects")
    browser_of.get(f"/integrations/keys/{key.id}")
    warned = _send(browser_of, key, networks="203.0.113.0/24", note="Kept")
    assert warned.status_code == 422
    assert "These networks shut out 127.0.0.1, which used it and " in warned.text
    assert f"{browser_of.environ_base['REMOTE_ADDR']}, where you are now." in warned.text
    assert ("203.0.113.0/24</textarea>" in warned.text, ">Kept</textarea>" in warned.text) == (True, True)
    assert _now(person, key).networks is None
    _send(browser_of, key, networks="203.0.113.0/24", sure="yes")
    assert _now(person, key).networks == ("203.0.113.0/24",)
    assert api.get("/projects").json["code"] == "network_not_allowed"


def test_a_key_revoked_while_its_form_was_open_stays_as_it_is(person: TestUser, key: Key, browser_of: FlaskClient) -> None:
    token = csrf_token(browser_of.get(f"/integrations/keys/{key.id}/edit"))
    with person.app.app_context():
        revoke_key(person.access, key.id)
    answer = browser_of.post(f"/integrations/keys/{key.id}/edit", data={"csrf_token": token, "name": "Later"})
    assert answer.location == f"/integrations/keys/{key.id}"
    assert "does not work any more" in browser_of.get(answer.location).text
    assert _now(person, key).name == "Sprint mirror"


@pytest.mark.parametrize(
    "odd",
    [
        {"name": "x" * 90},
        {"networks": "0.0.0.0/0"},
        {"last_day": "31.12."},
        {"window_limit": "٣"},
        {"networks": "a" * 999},
    ],
)
def test_odd_values_are_refused_with_a_sentence(person: TestUser, key: Key, browser_of: FlaskClient, odd: dict[str, str]) -> None:
    answer = _send(browser_of, key, **odd)
    assert (answer.status_code, "form-errors" in answer.text) == (422, True)
    assert _now(person, key) == key


@pytest.mark.parametrize(
    ("fields", "is_wider"),
    [
        ({"networks": "", "window_limit": "7"}, True),
        ({"networks": "10.0.0.0/8, 127.0.0.0/8", "window_limit": "7"}, True),
        ({"networks": "127.0.0.0/8", "window_limit": ""}, True),
        ({"networks": "127.0.0.0/8", "window_limit": "8"}, True),
        ({"networks": "127.0.0.1", "window_limit": "6"}, False),
        ({"networks": "127.0.0.0/8", "window_limit": "7"}, False),
    ],
)
def test_more_networks_or_a_larger_window_ask_for_the_second_factor(
    app: Flask, person: TestUser, key: Key, browser_of: FlaskClient, fields: dict[str, str], is_wider: bool
) -> None:
    _send(browser_of, key, networks="127.0.0.0/8", window_limit="7", sure="yes")
    set_up(person, browser_of)
    pass_ten_minutes(app)
    answer = _send(browser_of, key, **fields, sure="yes")
    assert answer.location.startswith("/account/prove") == is_wider
    after = _now(person, key)
    assert not is_wider or (after.networks, after.window_limit) == (("127.0.0.0/8",), 7)
