"""What is text after an action in a page that others left behind: what came of it, never what was asked for."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import update

from calmboard.access.credentials.key_lists import list_keys
from calmboard.access.credentials.keys import Key, pause_key, resume_key, revoke_key
from calmboard.clock import now
from calmboard.db import db
from calmboard.models import ApiKey
from calmboard.pagination import PageRequest
from portal.shared.texts.words import short_date
from tests.portal.forms import HTMX
from tests.support.users import TestUser, csrf_token

_KEYS = "/integrations/keys"


@pytest.fixture
def key(app: Flask, person: TestUser) -> Key:
    person.new_key("Jira mirror")
    with app.app_context():
        [key] = list_keys(person.access, PageRequest()).rows
    return key


@pytest.mark.parametrize("headers", [{}, HTMX])
@pytest.mark.parametrize("act", ["pause", "resume", "revoke"])
def test_a_key_revoked_elsewhere_is_told_as_revoked(
    app: Flask, person: TestUser, browser_of: FlaskClient, key: Key, act: str, headers: dict[str, str]
) -> None:
    token = csrf_token(browser_of.get("/integrations"))
    with app.app_context():
        revoke_key(person.access, key.id)
    text = _text_after(browser_of, key, act, token, headers)
    assert f"Jira mirror was revoked on {short_date(now())}; a revoked key cannot work again." in text
    for wrong in ("works again", "is paused", "Jira mirror is revoked"):
        assert wrong not in text


def test_a_key_that_was_paused_already_is_told_so(app: Flask, person: TestUser, browser_of: FlaskClient, key: Key) -> None:
    token = csrf_token(browser_of.get("/integrations"))
    with app.app_context():
        pause_key(person.access, key.id)
    assert f"Jira mirror was paused already on {short_date(now())}." in _text_after(browser_of, key, "pause", token)
    with app.app_context():
        resume_key(person.access, key.id)
    text = _text_after(browser_of, key, "resume", token)
    assert "Jira mirror was not paused. It works." in text
    assert "note-ok" not in text


@pytest.mark.parametrize("act", ["pause", "resume"])
def test_an_expired_key_is_told_as_expired(app: Flask, browser_of: FlaskClient, key: Key, act: str) -> None:
    token = csrf_token(browser_of.get("/integrations"))
    yesterday = now() - timedelta(days=1)
    with app.app_context():
        db.session.execute(update(ApiKey).where(ApiKey.id == key.id).values(expires_at=yesterday))
        db.session.commit()
    text = _text_after(browser_of, key, act, token)
    assert f"Jira mirror expired on {short_date(yesterday)}; an expired key cannot work again." in text


def test_a_resumed_key_of_a_free_plan_does_not_work_yet(app: Flask, new_user: Callable[..., TestUser]) -> None:
    person = new_user(plan="free")
    person.new_key("Jira mirror")
    with app.app_context():
        [key] = list_keys(person.access, PageRequest()).rows
        pause_key(person.access, key.id)
    browser = person.sign_in()
    text = _text_after(browser, key, "resume", csrf_token(browser.get("/account")))
    assert "Jira mirror is not paused. It works once your plan includes integration APIs." in text


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_the_question_looks_before_it_asks(
    app: Flask, person: TestUser, browser_of: FlaskClient, key: Key, headers: dict[str, str]
) -> None:
    with app.app_context():
        revoke_key(person.access, key.id)
    question = browser_of.get(f"{_KEYS}/{key.id}/revoke", headers=headers).text
    assert "“Jira mirror” is revoked already" in question
    assert "Revoke “Jira mirror”?" not in question
    assert f"{_KEYS}/{key.id}/revoke" not in question


def _text_after(browser: FlaskClient, key: Key, act: str, token: str, headers: dict[str, str] | None = None) -> str:
    """The sentence after an action: in the answer to htmx, else on the page that follows."""
    form = {"csrf_token": token, "sure": "yes"}
    answer = browser.post(f"{_KEYS}/{key.id}/{act}", data=form, headers=headers, follow_redirects=True).text
    if headers:
        return answer.partition('<hx-partial hx-target="#live">')[2].partition("</hx-partial>")[0]
    return answer.partition('<section class="section" id="keys"')[2].partition('class="note')[2].partition("</div>")[0]
