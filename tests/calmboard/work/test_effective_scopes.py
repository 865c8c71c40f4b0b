"""The rights an access has somewhere: by role, scopes and list of projects."""

from collections.abc import Callable

import pytest
from flask import Flask

from calmboard.access.access import Access, Credential
from calmboard.work.projects import effective_scopes
from tests.support.statements import recorded
from tests.support.users import ProjectAndBoard, TestUser


def rights_of(app: Flask, user: TestUser, *scopes: str, project_ids: frozenset[str] | None = None) -> frozenset[str]:
    credential = Credential("api_key", "key_1", "Some", "1234", frozenset(scopes), project_ids, None, None)
    with app.app_context():
        return effective_scopes(Access(user.person, "key", credential))


@pytest.fixture
def someone(new_user: Callable[..., TestUser], new_project: Callable[..., ProjectAndBoard]) -> TestUser:
    """A viewer in one project and an admin in another one."""
    someone = new_user()
    new_project(new_user(), viewer=someone)
    new_project(new_user(), admin=someone)
    return someone


def test_a_right_of_any_role_is_effective(app: Flask, someone: TestUser) -> None:
    assert rights_of(app, someone, "tasks:read", "boards:write", "keys:write") == {"tasks:read", "boards:write"}


def test_a_session_has_every_right_of_its_roles(app: Flask, someone: TestUser) -> None:
    with app.app_context():
        rights = effective_scopes(someone.access)
    assert {"members:write", "tasks:write", "comments:read"} <= rights
    assert "projects:delete" not in rights


def test_roles_in_projects_that_a_key_cannot_access_count_for_nothing(
    app: Flask, new_user: Callable[..., TestUser], new_project: Callable[..., ProjectAndBoard]
) -> None:
    someone, other = new_user(), new_user()
    visible = new_project(other, viewer=someone)
    new_project(someone)
    allowed = frozenset({visible.project_id})
    assert rights_of(app, someone, "tasks:read", "tasks:write", project_ids=allowed) == {"tasks:read"}
    assert rights_of(app, someone, "tasks:read", project_ids=frozenset()) == frozenset()


def test_who_is_in_no_project_has_no_rights(app: Flask, new_user: Callable[..., TestUser]) -> None:
    assert rights_of(app, new_user(), "tasks:read") == frozenset()


def test_rights_cost_one_query(app: Flask, someone: TestUser) -> None:
    with recorded(app) as statements:
        rights_of(app, someone, "tasks:read")
    assert len(statements) == 1
