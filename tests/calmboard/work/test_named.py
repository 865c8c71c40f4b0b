"""What is named instead of given by its id: found where it may be seen, and never guessed."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from flask import Flask

from calmboard.access.access import Access, Credential
from calmboard.db import db
from calmboard.errors import FieldError, InsufficientScope, ValidationFailed
from calmboard.models import Board, Label, Sprint
from calmboard.work.named import EVERYWHERE, Kind, Within, resolve_name, resolve_names
from tests.support.users import ProjectAndBoard, TestUser


@pytest.fixture
def two_projects(
    someone: TestUser, new_user: Callable[..., TestUser], new_project: Callable[..., ProjectAndBoard]
) -> tuple[ProjectAndBoard, ProjectAndBoard]:
    """Two projects of someone's with the same board; another person is in both, and another one in the second."""
    other = new_user()
    return new_project(someone, name="Harbour", member=other), new_project(someone, name="Dome", member=other, viewer=new_user())


def _add(app: Flask, row: Label | Sprint | Board) -> str:
    with app.app_context():
        db.session.add(row)
        db.session.commit()
        return row.id


def _refusal(app: Flask, access: Access, kind: Kind, name: str, within: Within = EVERYWHERE) -> FieldError:
    with app.app_context(), pytest.raises(ValidationFailed) as refused:
        resolve_name(access, kind, name, "/name", within)
    (error,) = refused.value.errors
    assert error.pointer == "/name"
    return error


def test_an_id_is_returned_as_it_is_and_me_is_who_asks(app: Flask, someone: TestUser) -> None:
    with app.app_context():
        people = resolve_names(someone.access, "person", [someone.person.id, "me", "none"], "/people", literals=("none",))
    assert people == [someone.person.id, "none"]


def test_people_are_named_by_address_whatever_its_case(app: Flask, someone: TestUser, two_projects: object) -> None:
    with app.app_context():
        assert resolve_name(someone.access, "person", f" {someone.email.upper()}", "/person") == someone.person.id


def test_a_name_of_several_lists_them_without_their_addresses(
    app: Flask, someone: TestUser, two_projects: tuple[ProjectAndBoard, ProjectAndBoard]
) -> None:
    """Everybody here has the same name."""
    error = _refusal(app, someone.access, "person", someone.person.name, Within(two_projects[0].project_id))
    assert (error.code, len(error.allowed_values)) == ("ambiguous", 2)
    assert someone.person.id in error.detail
    assert "@" not in error.detail
    assert len(_refusal(app, someone.access, "person", "noor haddad").allowed_values) == 3


def test_nobody_is_found_by_those_who_share_no_project(app: Flask, someone: TestUser, new_user: Callable[..., TestUser]) -> None:
    error = _refusal(app, new_user().access, "person", someone.email)
    assert (error.code, f"called “{someone.email[:60]}" in error.detail) == ("unknown_value", True)


def test_a_label_is_looked_for_in_the_project_of_the_board(
    app: Flask, someone: TestUser, two_projects: tuple[ProjectAndBoard, ProjectAndBoard]
) -> None:
    harbour, dome = two_projects
    label_ids = [_add(app, Label(project_id=project.project_id, name="Bug")) for project in two_projects]
    with app.app_context():
        assert resolve_name(someone.access, "label", "bug", "/label", Within(board_id=dome.board_id)) == label_ids[1]
        assert resolve_name(someone.access, "label", "bug", "/label", Within(project_id=harbour.project_id)) == label_ids[0]
    error = _refusal(app, someone.access, "label", "bug")
    assert (error.code, error.allowed_values) == ("ambiguous", tuple(label_ids))
    assert all(project.project_id in error.detail for project in two_projects)


def test_case_counts_where_names_differ_in_nothing_else(
    app: Flask, someone: TestUser, two_projects: tuple[ProjectAndBoard, ProjectAndBoard]
) -> None:
    board_id = two_projects[0].board_id
    upper, lower = (_add(app, Sprint(board_id=board_id, name=name)) for name in ("Light", "light"))
    with app.app_context():
        assert resolve_name(someone.access, "sprint", "light", "/sprint", Within(board_id=board_id)) == lower
    assert _refusal(app, someone.access, "sprint", "LIGHT").allowed_values == (upper, lower)
    assert "the board brd_" in _refusal(app, someone.access, "sprint", "dark", Within(board_id=board_id)).detail


def test_boards_and_projects_are_named(
    app: Flask, someone: TestUser, two_projects: tuple[ProjectAndBoard, ProjectAndBoard]
) -> None:
    harbour, dome = two_projects
    with app.app_context():
        project_id = resolve_name(someone.access, "project", "harbour", "/project")
        assert project_id == harbour.project_id
        assert resolve_name(someone.access, "board", "telescope", "/board", Within(project_id)) == harbour.board_id
    assert _refusal(app, someone.access, "board", "Telescope").allowed_values == (harbour.board_id, dome.board_id)


def test_a_credential_finds_names_in_its_projects_and_scopes_alone(
    app: Flask, someone: TestUser, two_projects: tuple[ProjectAndBoard, ProjectAndBoard]
) -> None:
    credential = Credential("api_key", "key_1", "Some", "1234", frozenset({"boards:read"}), None, None, None)
    limited = replace(credential, project_ids=frozenset({two_projects[1].project_id}))
    with app.app_context():
        assert resolve_name(Access(someone.person, "key", limited), "board", "Telescope", "/board") == two_projects[1].board_id
        with pytest.raises(InsufficientScope):
            resolve_name(Access(someone.person, "key", credential), "sprint", "Light", "/sprint")
