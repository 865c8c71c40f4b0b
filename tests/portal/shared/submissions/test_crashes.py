"""A worker that dies while a secret is made: there is the key with the page that shows it, or there is neither."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, select
from sqlalchemy.orm import Session

from calmboard.access.credentials.key_lists import list_keys
from calmboard.access.credentials.sessions import find_session
from calmboard.db import db
from calmboard.models import WaitingSecret
from calmboard.pagination import PageRequest
from tests.portal.apps.test_oauth_page import allow, start_playground
from tests.portal.forms import key_form, send
from tests.support.users import TestUser, csrf_token


class Killed(BaseException):
    """As SIGKILL: nothing of the request comes after it."""


@contextmanager
def killed_at(moment: str) -> Iterator[None]:
    """The process ends `before_commit`, or `after_transaction_end`, of the first transaction."""

    def die(_session: Any, transaction: Any = None) -> None:
        if transaction is None or transaction.parent is None:  # a flush ends one within it
            raise Killed

    event.listen(Session, moment, die)
    try:
        with pytest.raises(Killed):
            yield
    finally:
        event.remove(Session, moment, die)


def test_a_key_that_was_made_is_shown_after_the_crash(person: TestUser, browser_of: FlaskClient) -> None:
    with killed_at("after_transaction_end"):
        send(browser_of, "/integrations/keys/new", "/integrations/keys", **key_form("Sprint mirror"))
    [key_id] = _key_ids(person)
    page = re.sub(r"<[^>]+>", "", browser_of.get(f"/integrations/keys/{key_id}/created").text)
    assert re.search(r"cbk_[0-9A-Za-z]{36}", page)


def test_a_key_that_was_not_made_leaves_no_secret(person: TestUser, browser_of: FlaskClient) -> None:
    with killed_at("before_commit"):
        send(browser_of, "/integrations/keys/new", "/integrations/keys", **key_form("Sprint mirror"))
    assert (_key_ids(person), _number_waiting(person.app, browser_of)) == ([], 0)


def test_tokens_that_were_exchanged_are_shown_after_the_crash(app: Flask, browser_of: FlaskClient) -> None:
    page = browser_of.get(allow(browser_of, *start_playground(browser_of)))
    form = dict(re.findall(r'name="(code|state|form_token)" value="([^"]+)"', page.text)) | {"csrf_token": csrf_token(page)}
    with killed_at("after_transaction_end"):
        browser_of.post("/oauth/callback", data=form)
    assert _number_waiting(app, browser_of) == 1


def _key_ids(person: TestUser) -> list[str]:
    with person.app.app_context():
        return [key.id for key in list_keys(person.access, PageRequest()).rows]


def _number_waiting(app: Flask, browser: FlaskClient) -> int:
    with app.app_context():
        sessions = db.session.execute(select(WaitingSecret.session_id)).scalars().all()
    return len([session for session in sessions if session == _session_id(app, browser)])


def _session_id(app: Flask, browser: FlaskClient) -> str:
    with browser.session_transaction() as cookie:
        token = cookie["_user_id"]
    with app.app_context():
        found = find_session(token)
    assert found
    return found.id
