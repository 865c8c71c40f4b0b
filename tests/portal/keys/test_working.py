"""How many keys work is the same number wherever it stands: neither paused nor expired ones are among them."""

from collections.abc import Callable
from html import unescape

import pytest

from calmboard.work.people import change_plan
from tests.support.states.readers import add_keys, free_with_keys, with_keys
from tests.support.users import TestUser


@pytest.fixture
def paid(new_user: Callable[..., TestUser]) -> TestUser:
    """Seven keys: five that work, one paused, one expired; and one that was revoked."""
    return with_keys(new_user().app)


def test_the_page_counts_each_key_by_what_it_does(paid: TestUser) -> None:
    page = paid.sign_in().get("/integrations").text
    assert "Seven keys: five working, one paused, one expired." in page
    assert 'id="keys-count">7</span>' in page


def test_the_account_counts_those_that_work(paid: TestUser) -> None:
    page = paid.sign_in().get("/account/sign-out-everywhere").text
    assert "Your five working keys go on; a key ends only when you revoke it." in page


def test_an_upgrade_promises_no_more_than_it_gives(new_user: Callable[..., TestUser]) -> None:
    """A paused key is paused after it too."""
    reader = free_with_keys(new_user().app)
    browser = reader.sign_in()
    page = browser.get("/integrations").text
    assert "Your three keys are kept; two of them wait for an upgrade." in page
    assert "Two of your three keys work again the moment you upgrade." in page
    assert page.count("Waiting for a paid plan") == 2
    assert "Your three keys stay; a key ends only" in unescape(browser.get("/account/sign-out-everywhere").text)
    with reader.app.app_context():
        change_plan(reader.email, "pro")
    assert "Three keys: two working, one paused." in browser.get("/integrations").text


def test_without_a_key_that_would_work_nothing_is_promised(new_user: Callable[..., TestUser]) -> None:
    reader = new_user("free")
    add_keys(reader, [("Over", "workflow", -3)])
    page = reader.sign_in().get("/integrations").text
    assert "Upgrade, and you can resume or replace your keys at once." in page
    assert "again the moment you upgrade" not in page


def test_a_count_of_four_digits_has_its_separator(new_user: Callable[..., TestUser]) -> None:
    assert "100,000 a minute" in new_user("business").sign_in().get("/integrations").text
