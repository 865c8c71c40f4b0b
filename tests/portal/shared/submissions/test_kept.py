"""A form outlives its session: what was entered comes back after signing in, to that browser alone, and never a secret."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update
from werkzeug.test import TestResponse

from calmboard.access.credentials.key_lists import list_keys
from calmboard.access.credentials.sessions import end_all_sessions
from calmboard.access.kept_forms import delete_expired_forms
from calmboard.clock import now
from calmboard.db import db
from calmboard.models import KeptForm
from calmboard.pagination import PageRequest
from portal.shared.submissions.kept import REFILLS
from tests.portal.forms import HTMX, key_form, send
from tests.support.users import TestUser, csrf_token

_NEW, _KEYS, _CALLBACKS = "/integrations/keys/new", "/integrations/keys", "/integrations/oauth/callbacks"
_KEPT = "/sign-in?next=/kept-form"

# Forms that consist of a button, or of boxes beside a list.
_NOTHING_ENTERED = {
    "passkey_options",
    "remove_passkey",
    "sign_in_options",
    "sign_in_by_passkey",
    "code_options",
    "submit_passkey",
    "proof_options",
    "prove_by_passkey",
    "agree_to_change",
    "cancel_change",
    "hand_over",
    "keep_own_account",
    "stop_change",
    "pause_selection",
    "ask_before_revoking",
    "revoke_selection",
    "end_session",
    "make_trial_key",
    "end_trial_key",
    "make_practice_board",
    "pause_key",
    "resume_key",
    "extend_key",
    "disconnect",
    "disable_own_app",
    "enable_own_app",
    "leave_own_app",
    "delete_own_app",
    "cut_off",
    "let_in_again",
    "start_playground",
    "exchange_code",
    "session_token",
    "sign_out",
    "sign_out_everywhere",
    "stop",
    "allow",
    "begin_second_factor",
    "create_recovery_codes",
    "remove_factor",
}


@pytest.fixture(autouse=True)
def without_kept_forms(app: Flask) -> None:
    with app.app_context():
        db.session.query(KeptForm).delete()
        db.session.commit()


@pytest.fixture
def submit(app: Flask, person: TestUser, browser_of: FlaskClient) -> Callable[..., TestResponse]:
    """Fill a form in, let the session end, and send it."""
    token = csrf_token(browser_of.get(_NEW))

    def submit(path: str, fields: dict[str, Any], headers: dict[str, str] | None = None, **request: Any) -> TestResponse:
        with app.app_context():
            end_all_sessions(person.access, person.person.id)
        from_us = {"Origin": "http://localhost", **(headers or {})}
        return browser_of.post(path, data={"csrf_token": token, **fields}, headers=from_us, **request)

    return submit


def test_what_was_entered_comes_back_after_signing_in(
    app: Flask, person: TestUser, browser_of: FlaskClient, submit: Callable[..., TestResponse]
) -> None:
    answer = submit(_KEYS, key_form("Sprint mirror", lifetime="365", sprints="read"))
    assert (answer.status_code, answer.location) == (303, _KEPT)
    assert "What you entered is kept for an hour" in browser_of.get(answer.location).text
    page = _sign_in(browser_of, person, answer.location)
    assert page.status_code == 200
    assert "Your session had ended, so nothing was changed." in page.text
    assert 'value="Sprint mirror"' in page.text
    chosen = dict(re.findall(r'type="radio" name="(\w+)" value="(\w+)"[^>]* checked>', page.text))
    assert {"integration": "jira", "tasks": "write", "sprints": "read", "lifetime": "365"}.items() <= chosen.items()
    assert _names(app, person) == []
    sent = browser_of.post(_KEYS, data={"csrf_token": csrf_token(page), **key_form("Sprint mirror")})
    assert sent.status_code == 303
    assert _names(app, person) == ["Sprint mirror"]


def test_it_opens_once(person: TestUser, browser_of: FlaskClient, submit: Callable[..., TestResponse]) -> None:
    _sign_in(browser_of, person, submit(_KEYS, key_form("Sprint mirror")).location)
    again = browser_of.get("/kept-form", follow_redirects=True).text
    assert "That form is not kept any more." in again


def test_callbacks_and_reasons_come_back_too(
    app: Flask, person: TestUser, browser_of: FlaskClient, submit: Callable[..., TestResponse]
) -> None:
    answer = submit(_CALLBACKS, {"callbacks": "https://app.example/back"})
    assert answer.location.startswith(_KEPT)
    assert "https://app.example/back" in _sign_in(browser_of, person, answer.location).text
    person.new_key("Jira mirror")
    with app.app_context():
        [key] = list_keys(person.access, PageRequest()).rows
    answer = submit(f"{_KEYS}/{key.id}/revoke", {"reason": "leaked", "sure": "yes"})
    page = _sign_in(browser_of, person, answer.location).text
    assert "Revoke “Jira mirror”?" in page
    assert '<option value="leaked" selected>' in page
    answer = submit(f"{_KEYS}/{key.id}/edit", {"name": "Typed already", "note": "Here"})
    page = _sign_in(browser_of, person, answer.location).text
    assert ('value="Typed already"' in page, ">Here</textarea>" in page) == (True, True)
    answer = submit(f"{_KEYS}/{key.id}/replace", {"overlap": "week"})
    assert "Replace “<bdi>Jira mirror</bdi>”?" in _sign_in(browser_of, person, answer.location).text


def test_htmx_gets_the_sign_in_in_the_dialog(
    person: TestUser, browser_of: FlaskClient, submit: Callable[..., TestResponse]
) -> None:
    dialog = submit(_CALLBACKS, {"callbacks": "https://app.example/back"}, HTMX)
    assert (dialog.status_code, dialog.headers["HX-Retarget"], dialog.headers["HX-Reswap"]) == (422, "#dialog", "innerHTML")
    assert "What you entered is kept for an hour" in dialog.text
    [action] = re.findall(r'<form [^>]*action="([^"]+)"', dialog.text)
    assert "https://app.example/back" in _sign_in(browser_of, person, action).text


def test_no_password_is_kept(app: Flask, submit: Callable[..., TestResponse]) -> None:
    submit("/account/password", {"current_password": "quiet-harbour", "new_password": "louder-harbour"})
    assert "harbour" not in repr(_kept(app))


@pytest.mark.parametrize("headers", [{"Origin": "https://elsewhere.example"}, {"Origin": "null"}, {"Origin": ""}])
def test_a_form_of_another_site_is_not_kept(app: Flask, submit: Callable[..., TestResponse], headers: dict[str, str]) -> None:
    answer = submit(_KEYS, key_form("Planted"), headers)
    assert (answer.status_code, answer.location) == (303, "/sign-in")
    assert _kept(app) == []


@pytest.mark.parametrize("headers", [{"Origin": "https://elsewhere.example"}, {}])
def test_a_form_of_another_site_does_not_come_back_to_who_is_signed_in(browser_of: FlaskClient, headers: dict[str, str]) -> None:
    answer = browser_of.post(_KEYS, data=key_form("Planted"), headers=headers)
    assert answer.status_code == 400
    assert "Planted" not in answer.text


def test_a_form_that_is_too_large_is_not_kept(app: Flask, submit: Callable[..., TestResponse]) -> None:
    assert submit(_CALLBACKS, {"callbacks": "x" * 70_000}).location == "/sign-in"
    assert _kept(app) == []


def test_only_so_many_are_kept_for_a_network(app: Flask, submit: Callable[..., TestResponse]) -> None:
    for _ in range(31):
        submit(_CALLBACKS, {"callbacks": "https://app.example/back"})
    assert len(_kept(app)) == 30


def test_another_browser_does_not_open_it(person: TestUser, submit: Callable[..., TestResponse]) -> None:
    submit(_KEYS, key_form("Sprint mirror"))
    assert "Sprint mirror" not in person.sign_in().get("/kept-form", follow_redirects=True).text


def test_signing_out_forgets_it(
    person: TestUser, browser_of: FlaskClient, submit: Callable[..., TestResponse], new_user: Callable[..., TestUser]
) -> None:
    submit(_KEYS, key_form("Sprint mirror"))
    send(browser_of, "/sign-in", "/sign-in", email=person.email, password=person.password)
    send(browser_of, "/account", "/sign-out")
    assert "Sprint mirror" not in _sign_in(browser_of, new_user(), _KEPT).text


def test_after_an_hour_it_is_gone(
    app: Flask, person: TestUser, browser_of: FlaskClient, submit: Callable[..., TestResponse]
) -> None:
    answer = submit(_KEYS, key_form("Sprint mirror"))
    with app.app_context():
        db.session.execute(update(KeptForm).values(expires_at=now() - timedelta(seconds=1)))
        db.session.commit()
    assert "That form is not kept any more." in _sign_in(browser_of, person, answer.location).text
    with app.app_context():
        delete_expired_forms()
    assert _kept(app) == []


def test_a_form_from_before_the_last_sign_in_comes_back_filled(app: Flask, person: TestUser, browser_of: FlaskClient) -> None:
    stale = csrf_token(browser_of.get(_NEW))
    send(browser_of, "/account", "/sign-out")
    send(browser_of, "/sign-in", "/sign-in", email=person.email, password=person.password)
    form = {"csrf_token": stale, **key_form("Sprint mirror")}
    page = browser_of.post(_KEYS, data=form, headers={"Origin": "http://localhost"})
    assert page.status_code == 422
    assert "This form was opened before you last signed in, so nothing was changed." in page.text
    assert 'value="Sprint mirror"' in page.text
    assert _names(app, person) == []
    form["csrf_token"] = csrf_token(page)
    assert browser_of.post(_KEYS, data=form).status_code == 303


def test_htmx_gets_a_stale_form_in_its_place(person: TestUser, browser_of: FlaskClient) -> None:
    page = browser_of.post(
        _CALLBACKS, data={"callbacks": "https://app.example/back"}, headers={"Origin": "http://localhost", **HTMX}
    )
    assert page.status_code == 422
    assert page.text.lstrip().startswith('<section class="section" id="oauth-client"')
    assert "https://app.example/back" in page.text
    assert '<hx-partial hx-target="#notice">' in page.text


def test_a_stale_sign_in_keeps_the_address_alone(client: FlaskClient) -> None:
    form = {"email": "somebody@calmboard.test", "password": "quiet-harbour"}
    page = client.post("/sign-in", data=form, headers={"Origin": "http://localhost"})
    assert page.status_code == 422
    assert 'value="somebody@calmboard.test"' in page.text
    assert "quiet-harbour" not in page.text


def test_the_preview_leaves_the_form_as_it_is(client: FlaskClient) -> None:
    answer = client.get(f"{_KEYS}/preview?tasks=read", headers=HTMX)
    assert (answer.status_code, answer.headers.get("HX-Redirect")) == (200, None)
    assert "Your session ended" in answer.text


def test_every_form_with_something_to_enter_comes_back(app: Flask) -> None:
    """Say by `refilled_by` how its page is filled, or in the list above why nothing is lost."""
    views = {
        rule.endpoint.removeprefix("portal.")
        for rule in app.url_map.iter_rules()
        if rule.endpoint.startswith("portal.") and "POST" in (rule.methods or ())
    }
    refilled = {endpoint.removeprefix("portal.") for endpoint in REFILLS}
    assert views == refilled | _NOTHING_ENTERED
    assert refilled.isdisjoint(_NOTHING_ENTERED)


def _sign_in(browser: FlaskClient, person: TestUser, page: str) -> TestResponse:
    """Sign in on this page, and follow to where that leads."""
    answer = send(browser, page, page, email=person.email, password=person.password)
    return browser.get(answer.location, follow_redirects=True)


def _names(app: Flask, person: TestUser) -> list[str]:
    with app.app_context():
        return [key.name for key in list_keys(person.access, PageRequest()).rows]


def _kept(app: Flask) -> list[bytes]:
    with app.app_context():
        return list(db.session.execute(select(KeptForm.content)).scalars())
