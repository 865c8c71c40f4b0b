"""A form that creates, sent twice: done once, and both lead to the same page."""

import re
import threading
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from calmboard.access.credentials.key_lists import list_keys
from calmboard.pagination import PageRequest
from portal.shared.submissions.once import CREATING_VIEWS
from tests.portal.forms import key_form
from tests.support.users import TestUser, csrf_token

_NEW, _KEYS = "/integrations/keys/new", "/integrations/keys"
_SECRET = re.compile(r"cbk_[0-9A-Za-z]{36}")

# The other forms, and why sending one twice makes nothing twice.
_NOT_CREATING = {
    "passkey_options": "what is to be signed, once",
    "remove_passkey": "removed is removed",
    "sign_in_options": "what is to be signed, once",
    "sign_in_by_passkey": "what was signed counts once",
    "code_options": "what is to be signed, once",
    "submit_passkey": "what was signed counts once",
    "proof_options": "what is to be signed, once",
    "prove_by_passkey": "what was signed counts once",
    "agree_to_change": "an address that agreed has agreed",
    "cancel_change": "another time, none waits",
    "delete_account": "another time, everything else is shut",
    "download_data": "reads",
    "hand_over": "another time, they are an owner",
    "keep_own_account": "another time, it is kept",
    "stop_change": "another time, the link is used up",
    "search_keys": "only reads",
    "edit_key": "changed is changed",
    "fill_key": "the form again",
    "more_projects": "the form again",
    "more_edit_projects": "the form again",
    "pause_key": "paused is paused",
    "pause_selection": "paused is paused",
    "ask_before_revoking": "only asks",
    "revoke_selection": "revoked is revoked",
    "end_session": "ended is ended",
    "make_trial_key": "ends the one before",
    "end_trial_key": "ended is ended",
    "make_practice_board": "each person has one",
    "resume_key": "resumed is resumed",
    "revoke_key": "revoked is revoked",
    "disconnect": "disconnected is disconnected",
    "cut_off": "cut off is cut off",
    "let_in_again": "let in is let in",
    "save_callbacks": "the same addresses again",
    "change_own_app": "the same values again",
    "choose_maintainers": "the same choice again",
    "disable_own_app": "disabled is disabled",
    "enable_own_app": "enabled is enabled",
    "leave_own_app": "left is left",
    "delete_own_app": "deleted is deleted",
    "start_playground": "begins again; nothing is kept but in the cookie",
    "session_token": "sent by a script, which keeps the last one",
    "submit_sign_in": "ends the session before",
    "sign_out": "signed out is signed out",
    "sign_out_everywhere": "signed out is signed out",
    "mail_link": "the newest link works; their number is limited",
    "save_new_password": "the link works once",
    "change_password": "the second finds another current password",
    "change_name": "the same name again",
    "choose_mail": "the same choice again",
    "begin_second_factor": "the secret before was never confirmed",
    "remove_factor": "off is off",
    "submit_code": "a code works once",
    "submit_proof": "a code works once",
    "stop": "stopped is stopped",
    "allow": "allowed is allowed",
}


@pytest.fixture
def form(browser_of: FlaskClient) -> dict[str, str]:
    return _open_form(browser_of)


def test_a_second_submission_leads_to_the_same_page_and_makes_nothing(
    app: Flask, person: TestUser, browser_of: FlaskClient, form: dict[str, str]
) -> None:
    first, second = (browser_of.post(_KEYS, data=form) for _ in range(2))
    assert (first.status_code, second.status_code) == (303, 303)
    assert first.location == second.location
    assert _number_of_keys(app, person) == 1


def test_the_secret_is_shown_again_once_to_who_sent_it_twice(browser_of: FlaskClient, form: dict[str, str]) -> None:
    path = browser_of.post(_KEYS, data=form).location
    shown = [_has_secret(browser_of.get(path))]
    for _ in range(2):
        browser_of.post(_KEYS, data=form)
        shown.append(_has_secret(browser_of.get(path)))
    assert shown == [True, True, False]


def test_of_submissions_at_once_one_creates_and_the_others_wait_for_it(
    app: Flask, person: TestUser, browser_of: FlaskClient, form: dict[str, str]
) -> None:
    answers: list[TestResponse] = []
    cookie = browser_of.get_cookie("calmboard_session")
    assert cookie

    def submit() -> None:
        browser = app.test_client()
        browser.set_cookie("calmboard_session", cookie.value)
        answers.append(browser.post(_KEYS, data=form))

    threads = [threading.Thread(target=submit) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {answer.status_code for answer in answers} == {303}
    assert len({answer.location for answer in answers}) == 1
    assert _number_of_keys(app, person) == 1


def test_a_refused_form_may_be_sent_again(app: Flask, person: TestUser, browser_of: FlaskClient, form: dict[str, str]) -> None:
    refused = browser_of.post(_KEYS, data={**form, "name": ""})
    assert refused.status_code == 422
    assert browser_of.post(_KEYS, data={**form, "name": ""}).status_code == 422
    assert browser_of.post(_KEYS, data=form).status_code == 303
    assert _number_of_keys(app, person) == 1


def test_with_another_name_it_is_another_submission(
    app: Flask, person: TestUser, browser_of: FlaskClient, form: dict[str, str]
) -> None:
    """Back, a change, and Create: what was asked for is a second key."""
    for name in ("Sprint mirror", "Night mirror"):
        assert browser_of.post(_KEYS, data={**form, "name": name}).status_code == 303
    assert _number_of_keys(app, person) == 2


def test_the_token_of_another_session_leads_nowhere(
    app: Flask, browser_of: FlaskClient, form: dict[str, str], new_user: Callable[..., TestUser]
) -> None:
    mine = browser_of.post(_KEYS, data=form).location
    other = new_user()
    browser = other.sign_in()
    theirs = browser.post(_KEYS, data={**_open_form(browser), "form_token": form["form_token"]}).location
    assert theirs != mine
    assert _number_of_keys(app, other) == 1


@pytest.mark.parametrize("token", ["", "x" * 9000, "ü\n"])
def test_an_odd_token_is_a_token(browser_of: FlaskClient, form: dict[str, str], token: str) -> None:
    first, second = (browser_of.post(_KEYS, data={**form, "form_token": token}) for _ in range(2))
    assert (first.status_code, second.location) == (303, first.location)


def test_every_form_that_creates_does_so_once(app: Flask) -> None:
    """Decorate it with `created_once`, or say in the list above why a second submission makes nothing."""
    views = {
        rule.endpoint.removeprefix("portal.")
        for rule in app.url_map.iter_rules()
        if rule.endpoint.startswith("portal.") and "POST" in (rule.methods or ())
    }
    assert views == CREATING_VIEWS | _NOT_CREATING.keys()
    assert CREATING_VIEWS.isdisjoint(_NOT_CREATING)


def _open_form(browser: FlaskClient) -> dict[str, str]:
    page = browser.get(_NEW)
    [token] = re.findall(r'name="form_token" value="([^"]+)"', page.text)
    return {"csrf_token": csrf_token(page), "form_token": token, **key_form("Sprint mirror")}


def _number_of_keys(app: Flask, person: TestUser) -> int:
    with app.app_context():
        return len(list_keys(person.access, PageRequest()).rows)


def _has_secret(page: TestResponse) -> bool:
    return bool(_SECRET.search(re.sub(r"<[^>]+>", "", page.text)))
