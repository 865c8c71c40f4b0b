"""People who are added."""

from collections.abc import Callable

import pytest
from flask import Flask

from calmboard.errors import ValidationFailed
from calmboard.ids import new_id
from calmboard.work.people import add_person, find_person
from tests.support.users import DEMO_PASSWORD, ProjectAndBoard, TestUser


@pytest.fixture
def project(new_project: Callable[..., ProjectAndBoard], owner: TestUser) -> ProjectAndBoard:
    return new_project(owner)


def test_whoever_adds_a_person_keeps_nobody_from_writing(app: Flask, owner: TestUser, project: ProjectAndBoard) -> None:
    email = f"{new_id('usr')}@calmboard.test"
    with app.app_context():
        person = add_person(email, "Noor Haddad", DEMO_PASSWORD, "free")
        assert find_person(email) == person
        assert owner.api.post(f"/boards/{project.board_id}/tasks", json={"title": "One"}).status_code == 201
        with pytest.raises(ValidationFailed):
            add_person(email, "Noor Haddad", DEMO_PASSWORD, "free")
        assert owner.api.post(f"/boards/{project.board_id}/tasks", json={"title": "Two"}).status_code == 201
