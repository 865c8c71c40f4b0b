"""What the walks are given beside a page."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page

from tests.support.clients.browser import Pages
from tests.support.users import TestUser

_TO_FAIL = ("net::ERR", "Failed to fetch", "answered 50")


@pytest.fixture
def page_that_fails(page_for: Pages, new_user: Callable[..., TestUser]) -> Iterator[Page]:
    """The page with one key; what fails in these tests is to fail, and is no error of the page."""
    person = new_user()
    person.new_key("Jira mirror")
    page = page_for(person)
    page.goto("/integrations")
    yield page
    page_for.errors[:] = [error for error in page_for.errors if not any(words in error for words in _TO_FAIL)]
