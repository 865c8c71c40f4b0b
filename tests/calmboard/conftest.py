"""Somebody new with a project of their own, for tests of lists and names that others must not disturb."""

from collections.abc import Callable

import pytest

from tests.support.users import ProjectAndBoard, TestUser


@pytest.fixture
def someone(new_user: Callable[..., TestUser]) -> TestUser:
    return new_user()


@pytest.fixture
def project(someone: TestUser, new_project: Callable[..., ProjectAndBoard]) -> ProjectAndBoard:
    return new_project(someone)
