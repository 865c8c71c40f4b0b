"""The page after a key was created: the secret once, to its session, for two minutes; then the key's row."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update

from calmboard.access.credentials.sessions import end_session
from calmboard.access.credentials.waiting_secrets import delete_expired_secrets
from calmboard.clock import now
from calmboard.db import db
from calmboard.models import WaitingSecret
from tests.portal.forms import HTMX, key_form, open_created, send
from tests.support.users import Api, TestUser

_NEW, _KEYS = "/integrations/keys/new", "/integrations/keys"
_SECRET = re.compile(r"cbk_[0-9A-Za-z]{36}")


def test_the_form_leads_to_a_page_that_shows_the_secret_once(app: Flask, browser_of: FlaskClient) -> None:
    path = _create(browser_of)
    first, again = browser_of.get(path), browser_of.get(path)
    [secret] = set(_secrets(first.text))
    assert first.headers["Cache-Control"] == "no-store"
    assert Api(app, secret).get("/me").status_code == 200
    assert again.status_code == 200
    assert _secrets(again.text) == []
    assert "This key was shown once" in again.text
    assert "Sprint mirror" in again.text
    assert re.search(r'href="/integrations/keys/key_\w+/replace"[^>]*>.*Replace it', again.text)


def test_looking_for_the_page_alone_takes_nothing(browser_of: FlaskClient) -> None:
    path = _create(browser_of)
    assert browser_of.head(path).status_code == 200
    assert _secrets(browser_of.get(path).text)


def test_another_session_of_the_same_person_is_shown_the_row_alone(person: TestUser, browser_of: FlaskClient) -> None:
    path = _create(browser_of)
    assert "This key was shown once" in person.sign_in().get(path).text
    assert _secrets(browser_of.get(path).text)


def test_nobody_else_finds_the_page(browser_of: FlaskClient, new_user: Callable[..., TestUser], client: FlaskClient) -> None:
    path = _create(browser_of)
    assert new_user().sign_in().get(path).status_code == 403
    assert client.get(path).location.startswith("/sign-in")
    assert browser_of.get(f"{_KEYS}/key_01m86ffkj1eyt9k86t46h61k8b/created").status_code == 404


def test_after_two_minutes_it_is_shown_to_nobody_and_removed(app: Flask, browser_of: FlaskClient) -> None:
    path = _create(browser_of)
    with app.app_context():
        db.session.execute(update(WaitingSecret).values(expires_at=now() - timedelta(seconds=1)))
        db.session.commit()
    assert _secrets(browser_of.get(path).text) == []
    assert _waiting(app)
    with app.app_context():
        delete_expired_secrets()
    assert _waiting(app) == []


def test_the_database_alone_does_not_open_it(app: Flask, person: TestUser, browser_of: FlaskClient) -> None:
    path = _create(browser_of)
    rows = repr(_waiting(app))
    [secret] = set(_secrets(browser_of.get(path).text))
    assert secret[4:34] not in rows


def test_it_ends_with_the_session(app: Flask, person: TestUser, browser_of: FlaskClient) -> None:
    _create(browser_of)
    with browser_of.session_transaction() as cookie:
        token = cookie["_user_id"]
    before = len(_waiting(app))
    with app.app_context():
        end_session(person.access, token)
    assert len(_waiting(app)) == before - 1


def test_a_first_request_that_was_refused_is_told_as_refused(app: Flask, browser_of: FlaskClient) -> None:
    page = open_created(browser_of, key_form("Narrow", tasks="none", boards="none")).text
    Api(app, _secrets(page)[0]).post("/boards/brd_01m86ffkj1eyt9k86t46h61k8b/tasks", json={"title": "Polish"})
    path = _first_use_path(page)
    notice = browser_of.get(path, headers=HTMX).text
    assert "Heard it, and refused it." in notice
    assert "Heard it.<" not in notice
    assert "insufficient_scope" in notice
    assert "This needs the scope tasks:write." in notice
    assert f'href="{_NEW}?replaces=' in notice
    [seen] = re.findall(r'data-poll="([^"]+)"', notice)
    assert browser_of.get(seen.replace("&amp;", "&"), headers=HTMX).status_code == 204


def test_waiting_goes_on_beside_the_key_after_the_session_ended(app: Flask, person: TestUser, browser_of: FlaskClient) -> None:
    path = _first_use_path(open_created(browser_of, key_form("Sprint mirror")).text)
    with browser_of.session_transaction() as cookie:
        token = cookie["_user_id"]
    with app.app_context():
        end_session(person.access, token)
    answer = browser_of.get(path, headers=HTMX)
    assert (answer.status_code, answer.headers.get("HX-Redirect")) == (200, None)
    assert "Your session ended." in answer.text
    assert '<a href="/sign-in" target="_blank"' in answer.text
    assert "data-poll" not in answer.text


def _create(browser: FlaskClient) -> str:
    """The path that the form leads to."""
    answer = send(browser, _NEW, _KEYS, **key_form("Sprint mirror"))
    assert answer.status_code == 303
    return str(answer.location)


def _first_use_path(page: str) -> str:
    [path] = re.findall(r'data-poll="([^"]+/first-use[^"]*)"', page)
    return str(path)


def _secrets(page: str) -> list[str]:
    return _SECRET.findall(re.sub(r"<[^>]+>", "", page))


def _waiting(app: Flask) -> list[Any]:
    with app.app_context():
        return [row.ciphertext for row in db.session.execute(select(WaitingSecret.ciphertext))]
