"""A key is replaced on the page: its successor is shown once, and both say how long the old one goes on."""

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import update

from calmboard.access.credentials.key_life.rotation import replace_key
from calmboard.access.credentials.key_lists import list_keys
from calmboard.access.credentials.keys import Key, NewKey, create_key, find_key, revoke_key
from calmboard.clock import now
from calmboard.db import db
from calmboard.models import ApiKey
from calmboard.pagination import PageRequest
from tests.portal.forms import HTMX
from tests.support.clients.markup import find_repairs, text_of
from tests.support.users import Api, TestUser, csrf_token

_SECRET = re.compile(r"cbk_[0-9A-Za-z]{36}")


@pytest.fixture
def key(person: TestUser) -> Key:
    """A key that was used."""
    new = NewKey("Sprint mirror", "jira", frozenset({"projects:read"}), expires_at=now() + timedelta(days=90))
    with person.app.app_context():
        key, secret = create_key(person.access, new)
    Api(person.app, secret).get("/me", headers={"User-Agent": "n8n/1.2"})
    return key


def _form(browser: FlaskClient, key: Key, **fields: str) -> dict[str, str]:
    page = browser.get(f"/integrations/keys/{key.id}/replace")
    [token] = re.findall(r'name="form_token" value="([^"]+)"', page.text)
    return {"csrf_token": csrf_token(page), "form_token": token, "overlap": "24h", **fields}


def _replace(browser: FlaskClient, key: Key, **fields: str) -> str:
    answer = browser.post(f"/integrations/keys/{key.id}/replace", data=_form(browser, key, **fields))
    assert answer.status_code == 303
    return str(answer.location)


def _keys(person: TestUser) -> list[Key]:
    with person.app.app_context():
        return list(list_keys(person.access, PageRequest()).rows)


def test_the_question_names_what_is_carried_over(key: Key, browser_of: FlaskClient) -> None:
    page = browser_of.get(f"/integrations/keys/{key.id}/replace").text
    assert find_repairs(page) == []
    assert re.findall(r'value="(\w+)" checked', page) == ["24h"]
    for words in ("Sprint mirror", "Read: projects", "all my projects", "by n8n"):
        assert words in text_of(page)


def test_the_successor_is_shown_once_and_both_work(person: TestUser, key: Key, browser_of: FlaskClient) -> None:
    address = _replace(browser_of, key)
    page = re.sub(r"<[^>]+>", "", browser_of.get(address).text)
    [secret] = set(_SECRET.findall(page))
    assert Api(person.app, secret).get("/me").status_code == 200
    assert "The old key" in page
    assert not _SECRET.search(re.sub(r"<[^>]+>", "", browser_of.get(address).text))
    assert len(_keys(person)) == 2


def test_rows_and_pages_of_both_say_how_long_the_old_one_goes_on(person: TestUser, key: Key, browser_of: FlaskClient) -> None:
    _replace(browser_of, key)
    new = next(other for other in _keys(person) if other.id != key.id)
    for path in ("/integrations/keys", f"/integrations/keys/{new.id}", f"/integrations/keys/{key.id}"):
        text = text_of(browser_of.get(path).text)
        assert re.search(r"The old key was last used just now from [\d.]+ by n8n\.", text), path
    assert f"The old key, cbk_…{key.last4}, still works for 24 hours" in text_of(browser_of.get("/integrations/keys").text)
    assert f"It still works for 24 hours. cbk_…{new.last4} took its place." in text_of(browser_of.get("/integrations/keys").text)
    assert f'href="/integrations/keys/{key.id}"' in browser_of.get(f"/integrations/keys/{new.id}").text


def test_the_old_one_ends_now_after_a_question(person: TestUser, key: Key, browser_of: FlaskClient) -> None:
    _replace(browser_of, key)
    [link] = set(
        re.findall(r'href="(/integrations/keys/\w+/revoke\?reason=replaced)"', browser_of.get("/integrations/keys").text)
    )
    question = browser_of.get(link)
    assert '<option value="replaced" selected>' in question.text
    form = {"csrf_token": csrf_token(question), "reason": "replaced", "sure": "yes"}
    browser_of.post(f"/integrations/keys/{key.id}/revoke", data=form)
    with person.app.app_context():
        assert find_key(person.access, key.id).revoked_reason == "replaced"
    assert "still works" not in browser_of.get("/integrations/keys").text


def test_one_more_day_is_given_once_for_each_form(person: TestUser, key: Key, browser_of: FlaskClient) -> None:
    _replace(browser_of, key)
    page = browser_of.get(f"/integrations/keys/{key.id}")
    [form] = re.findall(rf'action="/integrations/keys/{key.id}/extend">(.*?)</form>', page.text, re.DOTALL)
    data = dict(re.findall(r'name="(\w+)" value="([^"]+)"', form))
    for _ in range(2):
        assert browser_of.post(f"/integrations/keys/{key.id}/extend", data=data).status_code == 303
    with person.app.app_context():
        end = find_key(person.access, key.id).expires_at
    assert end is not None
    assert abs(end - now() - timedelta(hours=48)) < timedelta(minutes=1)


def test_ending_now_leaves_one_key_that_works(person: TestUser, key: Key, browser_of: FlaskClient) -> None:
    _replace(browser_of, key, overlap="now")
    with person.app.app_context():
        assert find_key(person.access, key.id).status(now()) == "revoked"
    assert "still works" not in browser_of.get("/integrations/keys").text


def test_a_second_tab_is_led_to_the_successor_of_the_first(person: TestUser, key: Key, browser_of: FlaskClient) -> None:
    forms = [_form(browser_of, key) for _ in range(2)]
    path = f"/integrations/keys/{key.id}/replace"
    browser_of.post(path, data=forms[0])
    new = next(other for other in _keys(person) if other.id != key.id)
    for method, data in (("POST", forms[1]), ("GET", None)):
        answer = browser_of.open(path, method=method, data=data)
        assert answer.location == f"/integrations/keys/{new.id}"
        assert "“Sprint mirror” was replaced already." in browser_of.get(answer.location).text
    assert len(_keys(person)) == 2


def test_two_tabs_at_once_make_one_successor(app: Flask, person: TestUser, key: Key, browser_of: FlaskClient) -> None:
    forms, cookie = [_form(browser_of, key) for _ in range(2)], browser_of.get_cookie("calmboard_session")
    assert cookie

    def submit(form: dict[str, str]) -> str:
        browser = app.test_client()
        browser.set_cookie("calmboard_session", cookie.value)
        return str(browser.post(f"/integrations/keys/{key.id}/replace", data=form).location)

    with ThreadPoolExecutor(2) as pool:
        addresses = sorted(pool.map(submit, forms))
    [new] = [other.id for other in _keys(person) if other.id != key.id]
    assert addresses == [f"/integrations/keys/{new}", f"/integrations/keys/{new}/created"]


@pytest.mark.parametrize("overlap", ["", "never", "99d"])
def test_a_time_that_is_none_changes_nothing(person: TestUser, key: Key, browser_of: FlaskClient, overlap: str) -> None:
    answer = browser_of.post(f"/integrations/keys/{key.id}/replace", data=_form(browser_of, key, overlap=overlap))
    assert (answer.status_code, "Choose one of these times." in answer.text) == (422, True)
    assert len(_keys(person)) == 1


def test_a_key_revoked_meanwhile_is_not_replaced(person: TestUser, key: Key, browser_of: FlaskClient) -> None:
    form = _form(browser_of, key)
    with person.app.app_context():
        revoke_key(person.access, key.id)
    answer = browser_of.post(f"/integrations/keys/{key.id}/replace", data=form)
    assert answer.location == f"/integrations/keys/{key.id}"
    assert "does not work any more" in browser_of.get(answer.location).text
    assert [other for other in _keys(person) if other.id != key.id] == []


def test_in_a_dialog_a_replaced_key_leads_to_its_successor(person: TestUser, key: Key, browser_of: FlaskClient) -> None:
    with person.app.app_context():
        new, _ = replace_key(person.access, key.id, "24h")
    answer = browser_of.get(f"/integrations/keys/{key.id}/replace", headers=HTMX)
    assert answer.headers["HX-Redirect"] == f"/integrations/keys/{new.id}"


def test_a_free_plan_is_told(new_user: Callable[..., TestUser]) -> None:
    person = new_user("free")
    person.new_key("From before")
    browser = person.sign_in()
    [key] = _keys(person)
    answer = browser.get(f"/integrations/keys/{key.id}/replace")
    assert "Keys are replaced on a paid plan" in browser.get(answer.location).text


def test_nobody_replaces_the_key_of_another(key: Key, new_user: Callable[..., TestUser]) -> None:
    browser = new_user().sign_in()
    form = {"csrf_token": csrf_token(browser.get("/integrations/keys/new")), "overlap": "now"}
    for path in ("replace", "extend", "edit"):
        assert browser.post(f"/integrations/keys/{key.id}/{path}", data=form).status_code == 403


def test_an_overlap_that_is_over_says_nothing_any_more(person: TestUser, key: Key, browser_of: FlaskClient) -> None:
    _replace(browser_of, key)
    with person.app.app_context():
        db.session.execute(update(ApiKey).where(ApiKey.id == key.id).values(expires_at=now() - timedelta(seconds=1)))
        db.session.commit()
    assert "still works" not in browser_of.get("/integrations/keys").text
