"""A key's own page: what it is, what it did, what it can do now and why that is less than before."""

import re
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from calmboard.access.credentials.key_life.changes import KeyEdit, edit_key
from calmboard.access.credentials.key_life.reaching import cut_off
from calmboard.access.credentials.keys import NewKey, create_key, revoke_key
from calmboard.db import db
from calmboard.models import ApiKey
from calmboard.work.members import change_member, remove_member
from tests.support.clients.markup import find_repairs, text_of
from tests.support.statements import recorded
from tests.support.users import Api, TestUser, add_project_and_board, csrf_token

_RIGHTS = frozenset({"projects:write", "boards:write", "tasks:write", "members:write", "projects:read"})


def _make(person: TestUser, name: str = "Sprint mirror", **changes: Any) -> tuple[str, Api]:
    values: dict[str, Any] = {"name": name, "integration": "jira", "scopes": _RIGHTS, **changes}
    with person.app.app_context():
        key, secret = create_key(person.access, NewKey(**values))
    return key.id, Api(person.app, secret)


def test_every_row_leads_to_the_page_of_its_key(person: TestUser, browser_of: FlaskClient) -> None:
    key_id, _ = _make(person)
    address = f'<a href="/integrations/keys/{key_id}">'
    assert address in browser_of.get("/integrations").text
    assert address in browser_of.get("/integrations/keys").text


def test_the_page_of_a_new_key_says_what_there_is_not_yet(person: TestUser, browser_of: FlaskClient) -> None:
    key_id, _ = _make(person)
    page = browser_of.get(f"/integrations/keys/{key_id}")
    assert page.status_code == 200
    assert find_repairs(page.text) == []
    assert ("No calls in 30 days" in page.text, "None in the log yet." in page.text) == (True, True)
    assert re.search(r"Key “Sprint mirror” was created\.\W+You", text_of(page.text))


def test_calls_stand_there_with_status_step_and_numbers(person: TestUser, browser_of: FlaskClient) -> None:
    key_id, api = _make(person, scopes=frozenset({"projects:read"}))
    api.get("/projects")
    api.get("/keys")
    api.get(f"/projects/{person.example_project().project_id}")
    page = text_of(browser_of.get(f"/integrations/keys/{key_id}").text)
    assert "3 in 30 days, 1 not answered" in page
    assert "GET /projects" in page.replace("\u200b", "")
    assert "403 insufficient_scope" in page
    assert "Stopped at Scope" in page
    assert page.replace("\u200b", "").count("GET /projects/{project_id}") == 2, "in the last calls, and in the most called"
    log = re.search(r'href="(/integrations/activity\?[^"]+)"', browser_of.get(f"/integrations/keys/{key_id}").text)
    person.api.get("/me")
    assert log
    assert browser_of.get(log[1]).text.count('<details class="call') == 3


def test_rights_are_those_of_this_moment_in_each_project(app: Flask, person: TestUser, new_user: Callable[..., TestUser]) -> None:
    other = new_user()
    add_project_and_board(app, other, "Payments", viewer=person)
    key_id, _ = _make(person)
    rows = _effects(person.sign_in().get(f"/integrations/keys/{key_id}").text)
    assert rows["Payments"][:4] == ["Viewer", "Read", "Read", "Read"]
    assert rows["Observatory"][:4] == ["Owner", "Write", "Write", "Write"]


def test_it_says_what_was_lost_since_it_was_created(app: Flask, person: TestUser, new_user: Callable[..., TestUser]) -> None:
    other = new_user()
    payments = add_project_and_board(app, other, "Payments", admin=person).project_id
    key_id, _ = _make(person)
    with app.app_context():
        change_member(other.access, payments, person.person.id, {"role": "member"})
    page = text_of(person.sign_in().get(f"/integrations/keys/{key_id}").text)
    assert re.search(r"You have not been admin of Payments since \d+ \w+: this key lost 3 rights there\.", page)
    with app.app_context():
        change_member(other.access, payments, person.person.id, {"role": "admin"})
    assert "have not been admin" not in person.sign_in().get(f"/integrations/keys/{key_id}").text


def test_it_says_what_was_left_cut_off_and_narrowed(app: Flask, person: TestUser, new_user: Callable[..., TestUser]) -> None:
    other = new_user()
    left = add_project_and_board(app, other, "Left behind", member=person).project_id
    closed = add_project_and_board(app, other, "Closed to it", member=person).project_id
    key_id, _ = _make(person)
    with app.app_context():
        remove_member(other.access, left, person.person.id)
        cut_off(other.access, closed, key_id)
        edit_key(person.access, key_id, KeyEdit(scopes=_RIGHTS - {"members:write"} | {"members:read"}))
    page = person.sign_in().get(f"/integrations/keys/{key_id}").text
    text = text_of(page)
    assert "You have not been in one of its projects" in text
    assert "Left behind" not in text
    assert "An admin cut this key off from Closed to it" in text
    assert re.search(r"Its rights were narrowed on \d+ \w+: members:write gone\.", text)
    assert _effects(page)["Closed to it"] == ["Cut off by an admin", *["None"] * 7]
    assert "Key “Sprint mirror” was changed: rights." in text


def test_a_key_that_was_revoked_while_its_page_was_open_says_so(person: TestUser, browser_of: FlaskClient) -> None:
    key_id, _ = _make(person)
    with person.app.app_context():
        revoke_key(person.access, key_id)
    page = browser_of.get(f"/integrations/keys/{key_id}").text
    assert "The key itself does not work any more:" in page
    assert f"/integrations/keys/{key_id}/pause" not in page
    for step in ("edit", "replace"):
        answer = browser_of.get(f"/integrations/keys/{key_id}/{step}")
        assert answer.location == f"/integrations/keys/{key_id}"
        assert "does not work any more" in browser_of.get(answer.location).text


def test_what_is_done_on_the_page_leads_back_to_it(person: TestUser, browser_of: FlaskClient) -> None:
    key_id, _ = _make(person)
    address = f"/integrations/keys/{key_id}"
    for action, text in (("pause", "paused"), ("resume", "works again"), ("revoke", "revoked")):
        page = browser_of.get(address)
        if action == "revoke":
            page = browser_of.get(_action(page.text, f"{address}/revoke", "href"))
            assert f'<a class="button" href="{address}" data-close' in page.text
        form = {"csrf_token": csrf_token(page), "sure": "yes"}
        answer = browser_of.post(_action(page.text, f"{address}/{action}", "action"), data=form)
        assert answer.location == address
        assert text in browser_of.get(address).text


def _action(page: str, path: str, attribute: str) -> str:
    found = re.search(rf'{attribute}="({re.escape(path)}[^"]*)"', page)
    assert found
    return unescape(found[1])


@pytest.mark.parametrize("step", ["", "/edit", "/replace"])
def test_the_page_is_for_its_owner_alone(browser_of: FlaskClient, new_user: Callable[..., TestUser], step: str) -> None:
    theirs, _ = _make(new_user(), "Foreign deploy")
    answer = browser_of.get(f"/integrations/keys/{theirs}{step}")
    assert (answer.status_code, "Foreign deploy" in answer.text) == (403, False)
    assert browser_of.get(f"/integrations/keys/key_01m86ffkj1eyt9k86t46h61k8b{step}").status_code == 404
    assert browser_of.get(f"/integrations/keys/%00{step}").status_code == 404


def test_a_row_shows_that_every_call_is_refused(person: TestUser, browser_of: FlaskClient) -> None:
    _, api = _make(person, scopes=frozenset({"projects:read"}))
    api.get("/keys")
    api.get(f"/projects/{person.example_project().project_id}")
    page = text_of(browser_of.get("/integrations/keys").text)
    assert "Refused: 403 insufficient_scope" in page


def test_the_page_asks_as_much_of_500_keys_as_of_5(app: Flask, new_user: Callable[..., TestUser]) -> None:
    """And sends at most 150 KB."""
    numbers = []
    for amount in (5, 500):
        person = new_user("business")
        with app.app_context():
            for number in range(amount):
                db.session.add(_row(person, number))
            db.session.commit()
        browser = person.sign_in()
        for path in ("/integrations/keys", "/integrations"):
            browser.get(path)
            with recorded(app) as statements:
                page = browser.get(path, headers={"Accept-Encoding": "gzip"})
            assert len(page.data) <= 150_000
            numbers.append(len(statements))
    assert numbers[:2] == numbers[2:]


def _row(person: TestUser, number: int) -> ApiKey:
    return ApiKey(
        user_id=person.person.id,
        name=f"Key {number}",
        integration="workflow",
        digest=f"{person.person.id}{number}".encode().ljust(32, b"x")[-32:],
        last4=f"{number:04}",
        scopes="projects:read",
    )


def _effects(page: str) -> dict[str, list[str]]:
    """The words of each project's row."""
    [table] = re.findall(r'<div class="key-effects".*?</table>', page, re.DOTALL)
    rows = re.findall(r"<th scope=\"row\"><bdi>(.*?)</bdi></th>(.*?)</tr>", table, re.DOTALL)
    return {name: re.findall(r"<td>(.*?)</td>", cells) for name, cells in rows}
