"""A whole key that is pasted into the search: it is found and told, and no address, log, history or database holds it."""

import re
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from playwright.sync_api import expect
from sqlalchemy import select

from calmboard.access.credentials.keys import revoke_key
from calmboard.access.credentials.sessions import end_all_sessions
from calmboard.access.secret_format import new_secret
from calmboard.db import db
from calmboard.models import KeptForm
from tests.portal.forms import HTMX, send
from tests.support.clients.accessibility import find_violations
from tests.support.clients.browser import Pages
from tests.support.users import TestUser, csrf_token

_PAGE, _SEARCH = "/integrations", "/integrations/keys/search"
_NAME = re.compile(r'<h3 id="key_\w+-name"[^>]*><a [^>]*><bdi>(.*?)</bdi></a></h3>')
_OURS = {"Origin": "http://localhost"}


@pytest.fixture
def secrets(person: TestUser) -> list[str]:
    return [person.new_key(f"Key {number}") for number in range(8)]


@pytest.mark.parametrize("around", ["{}", " {}\n", "Authorization: Bearer {}", "CALMBOARD_KEY='{}'"])
def test_the_key_is_found_and_told_and_no_address_holds_it(browser_of: FlaskClient, secrets: list[str], around: str) -> None:
    answer = send(browser_of, _PAGE, _SEARCH, q=around.format(secrets[3]), sort="name")
    assert answer.status_code == 303
    assert _inner(secrets[3]) not in answer.location
    page = browser_of.get(answer.location).text
    assert _NAME.findall(page) == ["Key 3"]
    assert "This is the key “Key 3”. A whole key does not belong in a search box:" in page
    assert re.search(r'<a href="/integrations/keys/key_\w+/replace">replace it</a>', page)
    assert _inner(secrets[3]) not in page


def test_htmx_gets_it_with_the_field_emptied_of_it(browser_of: FlaskClient, secrets: list[str]) -> None:
    form = {"csrf_token": csrf_token(browser_of.get(_PAGE)), "q": secrets[3]}
    answer = browser_of.post(_SEARCH, data=form, headers=HTMX)
    assert answer.headers["Cache-Control"] == "no-store"
    assert _inner(secrets[3]) not in answer.text + str(answer.headers)
    assert _NAME.findall(answer.text) == ["Key 3"]
    assert f'value="…{secrets[3][-4:]}"' in answer.text
    assert "This is the key “Key 3”." in answer.text


def test_an_address_with_a_key_leads_to_one_without(browser_of: FlaskClient, secrets: list[str]) -> None:
    for path in (_PAGE, "/integrations/keys"):
        answer = browser_of.get(path, query_string={"q": secrets[3], "tool": "jira"})
        assert answer.status_code == 303
        assert _inner(secrets[3]) not in answer.location + answer.text
        assert "tool=jira" in answer.location
    signed_out = browser_of.application.test_client().get(_PAGE, query_string={"q": secrets[3]})
    assert signed_out.location.startswith("/sign-in?next=")
    assert _inner(secrets[3]) not in signed_out.location


@pytest.mark.parametrize("prefix", ["cbk", "cbo", "cbr", "cbc", "cbm", "cbs"])
def test_what_is_none_of_your_keys_is_told_too(browser_of: FlaskClient, prefix: str) -> None:
    secret = new_secret(prefix)
    answer = send(browser_of, _PAGE, _SEARCH, q=secret)
    assert _inner(secret) not in answer.location
    assert "That looks like a key or a token, and is none of your keys." in browser_of.get(answer.location).text


def test_a_key_of_somebody_else_is_not_named(
    browser_of: FlaskClient, new_user: Callable[..., TestUser], secrets: list[str]
) -> None:
    other = new_user().new_key("Theirs")
    page = browser_of.get(send(browser_of, _PAGE, _SEARCH, q=other).location).text
    assert ("Theirs" in page, "is none of your keys" in page) == (False, True)


def test_most_of_a_key_is_as_secret_as_the_whole(browser_of: FlaskClient, secrets: list[str]) -> None:
    answer = send(browser_of, _PAGE, _SEARCH, q=secrets[3][:-1])
    assert secrets[3][4:30] not in answer.location


def test_a_revoked_key_is_told_as_revoked(app: Flask, browser_of: FlaskClient, person: TestUser, secrets: list[str]) -> None:
    [key_id] = re.findall(r'<article class="key" id="(key_\w+)"', browser_of.get(f"{_PAGE}?q=Key+3").text)
    with app.app_context():
        revoke_key(person.access, key_id)
    page = browser_of.get(send(browser_of, _PAGE, _SEARCH, q=secrets[3]).location).text
    assert "This is the key “Key 3”, which is revoked and opens nothing any more." in page


def test_a_form_that_is_kept_after_its_session_holds_no_key(
    app: Flask, browser_of: FlaskClient, person: TestUser, secrets: list[str]
) -> None:
    token = csrf_token(browser_of.get(_PAGE))
    with app.app_context():
        end_all_sessions(person.access, person.person.id)
    answer = browser_of.post(_SEARCH, data={"csrf_token": token, "q": secrets[3], "tool": "agent"}, headers=_OURS)
    assert answer.location.startswith("/sign-in?next=/kept-form")
    with app.app_context():
        kept = b"".join(db.session.execute(select(KeptForm.content)).scalars())
    assert (_inner(secrets[3]).encode() in kept, f"…{secrets[3][-4:]}".encode() in kept) == (False, True)


def test_pasting_it_in_a_browser_leaves_it_in_no_address_and_no_field(
    page_for: Pages, person: TestUser, secrets: list[str]
) -> None:
    page = page_for(person)
    addresses: list[str] = []
    page.on("request", lambda request: addresses.append(request.url))
    page.goto(_PAGE)
    page.get_by_label("Find a key").fill(secrets[3])
    expect(page.locator("#keys article")).to_have_count(1)
    expect(page.locator("#key-list .note-warn")).to_contain_text("This is the key “Key 3”.")
    expect(page.locator("#live")).to_contain_text("This is the key “Key 3”.")
    expect(page.get_by_label("Find a key")).to_have_value(f"…{secrets[3][-4:]}")
    expect(page.get_by_label("Find a key")).to_be_focused()
    expect(page).to_have_url(re.compile(rf"q=%E2%80%A6{secrets[3][-4:]}"))
    assert find_violations(page) == []
    assert not [address for address in addresses if _inner(secrets[3]) in address]
    page.get_by_label("Find a key").fill("")
    expect(page.locator("#keys article")).to_have_count(8)
    expect(page.locator("#key-list .note-warn")).to_have_count(0)


def test_nothing_of_it_is_logged(browser_of: FlaskClient, secrets: list[str], capfd: pytest.CaptureFixture[str]) -> None:
    send(browser_of, _PAGE, _SEARCH, q=secrets[3])
    browser_of.get(_PAGE, query_string={"q": secrets[3]})
    logged = "".join(capfd.readouterr())
    assert ("/integrations/keys/search" in logged, _inner(secrets[3]) in logged) == (True, False)


def _inner(secret: str) -> str:
    """What no page has of it."""
    return secret[4:-4]
