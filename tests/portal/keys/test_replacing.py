"""The form for a key with the settings of another: rights, projects and lifetime are carried over, and said."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import delete

from calmboard.access.credentials.keys import NewKey, issue_key
from calmboard.clock import now
from calmboard.db import db
from calmboard.models import Membership
from portal.shared.texts.words import long_date
from tests.support.users import ProjectAndBoard, TestUser

_NEW = "/integrations/keys/new"
_RIGHTS = frozenset({"projects:read", "tasks:write"})


def test_rights_projects_and_lifetime_are_those_of_the_old_key(
    app: Flask, person: TestUser, browser_of: FlaskClient, new_project: Callable[..., ProjectAndBoard]
) -> None:
    chosen = [new_project(person).project_id for _ in range(2)]
    page = _replace(app, person, browser_of, NewKey("CI deploy", "jira", _RIGHTS, frozenset(chosen), _in_days(30)))
    assert "Filled in from “CI deploy”: rights, 2 projects and 30 days." in page
    assert 'value="CI deploy 2"' in page
    assert {"reach": "some", "lifetime": "30", "projects": "read", "tasks": "write", "boards": "none"}.items() <= _chosen(
        page
    ).items()
    assert sorted(re.findall(r'name="project_ids" value="(\w+)" data-preview checked', page)) == sorted(chosen)


def test_a_key_for_all_projects_without_end_stays_one(app: Flask, person: TestUser, browser_of: FlaskClient) -> None:
    page = _replace(app, person, browser_of, NewKey("CI deploy 2", "jira", _RIGHTS))
    assert "Filled in from “CI deploy 2”: rights, all projects and no end." in page
    assert 'value="CI deploy 3"' in page
    assert (_chosen(page)["reach"], _chosen(page)["lifetime"]) == ("all", "never")


def test_a_length_that_is_no_choice_becomes_a_day(app: Flask, person: TestUser, browser_of: FlaskClient) -> None:
    page = _replace(app, person, browser_of, NewKey("CI deploy", "jira", _RIGHTS, None, _in_days(45)))
    day = now() + timedelta(days=45)
    assert f"rights, all projects and 45 days, which is until {long_date(day)}." in page
    assert _chosen(page)["lifetime"] == "date"
    assert f'name="last_day" type="date" value="{day.date().isoformat()}"' in page


def test_a_project_that_cannot_be_seen_any_more_is_left_out_and_said(
    app: Flask, person: TestUser, browser_of: FlaskClient, new_project: Callable[..., ProjectAndBoard]
) -> None:
    kept, lost = new_project(person).project_id, new_project(person).project_id
    key_id = _issue(app, person, NewKey("CI deploy", "jira", _RIGHTS, frozenset({kept, lost})))
    _leave(app, person, lost)
    page = browser_of.get(f"{_NEW}?replaces={key_id}").text
    assert "rights, 1 project and no end. 1 project that you cannot see any more is left out." in page
    assert (kept in page, lost in page) == (True, False)
    _leave(app, person, kept)
    page = browser_of.get(f"{_NEW}?replaces={key_id}").text
    assert "You cannot see any of its projects any more: choose others." in page
    assert _chosen(page)["reach"] == "some"


@pytest.mark.parametrize("replaced", ["key_01m86ffkj1eyt9k86t46h61k8b", "%00", "x" * 3000, "theirs"])
def test_a_key_of_nobody_or_of_others_fills_nothing_in(
    app: Flask, browser_of: FlaskClient, new_user: Callable[..., TestUser], replaced: str
) -> None:
    if replaced == "theirs":
        replaced = _issue(app, new_user(), NewKey("Foreign deploy", "jira", _RIGHTS))
    answer = browser_of.get(f"{_NEW}?replaces={replaced}")
    assert answer.status_code == 200
    assert "The key to replace is none of yours, or was removed. Nothing is filled in." in answer.text
    assert "Foreign deploy" not in answer.text
    assert set(_chosen(answer.text).values()) == {"none", "all", "90"}


def test_an_expired_key_leads_to_this_form(app: Flask, person: TestUser, browser_of: FlaskClient) -> None:
    key_id = _issue(app, person, NewKey("CI deploy", "jira", _RIGHTS, None, _in_days(-7)))
    page = browser_of.get("/integrations").text
    assert f'href="{_NEW}?replaces={key_id}"' in page


def _replace(app: Flask, person: TestUser, browser: FlaskClient, old: NewKey) -> str:
    return browser.get(f"{_NEW}?replaces={_issue(app, person, old)}").text


def _issue(app: Flask, person: TestUser, key: NewKey) -> str:
    with app.app_context():
        key_id = issue_key(person.person.id, key)[0]
        db.session.commit()
    return key_id


def _leave(app: Flask, person: TestUser, project_id: str) -> None:
    with app.app_context():
        db.session.execute(delete(Membership).where(Membership.project_id == project_id, Membership.user_id == person.person.id))
        db.session.commit()


def _in_days(days: int) -> datetime:
    return now() + timedelta(days=days)


def _chosen(page: str) -> dict[str, str]:
    """The chosen radio button of each group."""
    return dict(re.findall(r'<input[^>]*type="radio" name="(\w+)" value="(\w+)"[^>]* checked>', page))
