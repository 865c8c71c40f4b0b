"""What tests of the pages are given: somebody with a project of their own, and their browser."""

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from playwright.sync_api import Page

from tests.support.clients.browser import Pages
from tests.support.users import ProjectAndBoard, TestUser


@pytest.fixture
def person(new_user: Callable[..., TestUser], new_project: Callable[..., ProjectAndBoard]) -> TestUser:
    """Somebody with a project of their own."""
    person = new_user()
    new_project(person)
    return person


@pytest.fixture
def browser_of(person: TestUser) -> FlaskClient:
    return person.sign_in()


@pytest.fixture
def page(page_for: Pages, new_user: Callable[..., TestUser]) -> Page:
    """Integrations & APIs in Chromium, of somebody with two keys."""
    person = new_user()
    person.new_key("Slack stand-up")
    person.new_key("Jira mirror")
    page = page_for(person)
    page.goto("/integrations")
    return page
