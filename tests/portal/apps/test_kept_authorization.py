"""The first step of OAuth: its verifier is kept for ten minutes, for one browser and one client, and it opens in a new tab."""

import re
from html import unescape
from urllib.parse import parse_qs, urlsplit

import pytest
from flask.testing import FlaskClient

from tests.portal.apps.callbacks import ORIGIN
from tests.portal.apps.test_oauth_page import allow, code_of, exchange
from tests.support.users import TestUser


def _address(browser: FlaskClient) -> str:
    return code_of(browser.get("/integrations").text, "oauth-address")


def test_the_challenge_is_kept_for_one_browser(person: TestUser, browser_of: FlaskClient) -> None:
    address = _address(browser_of)
    assert _address(browser_of) == address
    assert _address(person.sign_in()) != address


@pytest.mark.parametrize(("age_s", "is_kept"), [(590, True), (601, False)])
def test_the_verifier_is_kept_for_ten_minutes(browser_of: FlaskClient, age_s: int, is_kept: bool) -> None:
    address = _address(browser_of)
    with browser_of.session_transaction() as session:
        session["rehearsal"] = [*session["rehearsal"][:3], session["rehearsal"][3] - age_s]
    assert (_address(browser_of) == address) is is_kept


def test_the_verifier_is_kept_for_one_client(browser_of: FlaskClient) -> None:
    address = _address(browser_of)
    with browser_of.session_transaction() as session:
        session["rehearsal"] = ["cli_01m86ffkj1eyt9k86t46h61k8b", *session["rehearsal"][1:]]
    assert _address(browser_of) != address


def test_the_first_step_opens_in_a_new_tab_and_comes_back_to_its_verifier(browser_of: FlaskClient) -> None:
    page = browser_of.get("/integrations").text
    link = re.search(r'<a class="button" href="([^"]+)" target="_blank" rel="noopener">Open in a new tab', page)
    assert link
    address = unescape(link[1])
    assert address == code_of(page, "oauth-address")
    params = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
    back = allow(browser_of, address.removeprefix(ORIGIN), params)
    assert "The one this browser sent." in browser_of.get(back).text
    assert exchange(browser_of, back).status_code == 200
    assert _address(browser_of) != address
