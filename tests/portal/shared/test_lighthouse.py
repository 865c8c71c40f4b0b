"""Lighthouse judges the five pages that people meet first, as on a phone with a slow line."""

from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.portal.forms import key_form, send
from tests.support.clients.browser import Pages
from tests.support.clients.lighthouse import judge
from tests.support.servers.server import Server
from tests.support.states.every import STATES
from tests.support.users import SESSION_COOKIE, TestUser

pytestmark = [pytest.mark.database("sqlite"), pytest.mark.judge]

_LEAST_SPEED = 98
# Whatever else the machine does makes a page slower, and never faster: what it can do is known after the first attempt.
_ATTEMPTS = 3
_STATES = {state.name: state for states in STATES.values() for state in states}


@pytest.mark.parametrize("name", ["page with keys", "key form", "consent", "reference"])
def test_a_page_is_fast_and_well_made(app: Flask, page_for: Pages, tmp_path: Path, name: str) -> None:
    state = _STATES[name]
    reader = state.reader(app)
    page = page_for(reader)
    state.visit(page, reader)
    assert_excellent(lambda: page.url, reader.sign_in(), tmp_path)


def test_the_page_that_shows_a_key_is_fast_and_well_made(server: Server, person: TestUser, tmp_path: Path) -> None:
    """Another key for each attempt: its page shows it once."""
    browser = person.sign_in()
    names = iter(("First", "Second", "Third"))

    def new_key_page() -> str:
        return f"{server}{send(browser, '/integrations', '/integrations/keys', **key_form(next(names))).location}"

    assert_excellent(new_key_page, browser, tmp_path)


def assert_excellent(address: Callable[[], str], browser: FlaskClient, directory: Path) -> None:
    speeds, slowdown = [], 4.0
    for _ in range(_ATTEMPTS):
        url, cookie = address(), browser.get_cookie(SESSION_COOKIE)
        assert cookie
        scores, slowdown = judge(url, f"{cookie.key}={cookie.value}", directory, slowdown)
        speeds.append(scores.pop("performance"))
        assert scores == dict.fromkeys(scores, 100)
        if speeds[-1] >= _LEAST_SPEED:
            return
    raise AssertionError(f"The speed was {speeds} of 100.")
