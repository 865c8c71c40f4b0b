"""What tests of the pages are given: somebody with a project of their own, and their browser."""

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

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
