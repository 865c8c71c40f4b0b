"""What tests of the pages are given: somebody with a project of their own, and their browser."""

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from tests.support.users import Character, Place


@pytest.fixture
def person(new_person: Callable[..., Character], new_place: Callable[..., Place]) -> Character:
    """Somebody with a project of their own."""
    person = new_person()
    new_place(person)
    return person


@pytest.fixture
def browser_of(person: Character) -> FlaskClient:
    return person.sign_in()
