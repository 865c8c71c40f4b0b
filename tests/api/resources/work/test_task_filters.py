"""Filters of a list of tasks: what has no such thing, any or all of several, names in place of ids, times."""

import pytest
from flask import Flask

from tests.api.resources.test_tasks import add
from tests.support.users import ProjectAndBoard, TestUser, add_project_and_board

PAST, FUTURE = "2020-01-01T00:00:00Z", "2099-01-01T00:00:00Z"


@pytest.fixture
def project(app: Flask, owner: TestUser, member: TestUser, outsider: TestUser) -> ProjectAndBoard:
    """Four tasks: `bare` has nothing; `bug`, `ui` and `both` have those labels and one thing more each."""
    project = add_project_and_board(app, owner, member=member)
    add_project_and_board(app, outsider)
    bug, ui = (_label(owner, project, name) for name in ("bug", "UI"))
    sprint_id = owner.api.post(f"/boards/{project.board_id}/sprints", json={"name": "First light"}).json["id"]
    add(owner, project, "bare")
    add(owner, project, "bug", labels=[bug], assignees=[owner.person.id], due_date="2026-12-17")
    add(owner, project, "ui", labels=[ui], assignees=[member.person.id], blocked=True, sprint_id=sprint_id)
    add(member, project, "both", labels=[bug, ui], state="done", due_date="2026-12-18")
    return project


def _label(owner: TestUser, project: ProjectAndBoard, name: str) -> str:
    label_id: str = owner.api.post(f"/projects/{project.project_id}/labels", json={"name": name}).json["id"]
    return label_id


@pytest.mark.parametrize(
    ("query", "titles"),
    [
        ("assignee=none", "bare both"),
        ("assignee=none,me", "bare bug both"),
        ("assignee={email}", "ui"),
        ("assignee={EMAIL},me", "bug ui"),
        ("sprint_id=none", "bare bug both"),
        ("sprint_id=first light", "ui"),
        ("sprint_id=none,First light", "bare bug ui both"),
        ("label=none", "bare"),
        ("label=bug", "bug both"),
        ("label=bug,ui", "bug ui both"),
        ("label=none,bug", "bare bug both"),
        ("label_all=bug,ui", "both"),
        ("label_all=bug,BUG", "bug both"),
        ("label=none&label_all=bug", ""),
        ("due_date=none", "bare ui"),
        ("due_before=none", "bare ui"),
        ("due_date=2026-12-17", "bug"),
        ("due_before=2026-12-18", "bug"),
        (f"blocked_since={PAST}", "ui"),
        (f"blocked_since={FUTURE}", ""),
        (f"blocked_before={FUTURE}", "ui"),
        (f"blocked_before={PAST}", ""),
        (f"done_since={PAST}", "both"),
        (f"done_before={PAST}", ""),
        (f"done_since={PAST}&done_before={FUTURE}&state=done,review", "both"),
        ("changed_by={email}", "both"),
        ("changed_by=me", "bare bug ui"),
        (f"updated_before={FUTURE}&assignee=me", "bug"),
        (f"updated_before={PAST}", ""),
    ],
)
def test_filters_find_what_they_say(owner: TestUser, member: TestUser, project: ProjectAndBoard, query: str, titles: str) -> None:
    query = query.format(email=member.email, EMAIL=member.email.upper())
    answer = owner.api.get(f"/boards/{project.board_id}/tasks?{query}")
    assert answer.status_code == 200, answer.text
    assert " ".join(task["title"] for task in answer.json["data"]) == titles


@pytest.mark.parametrize(
    ("query", "pointers"),
    [
        ("label=bug,unknown&assignee=nobody@calmboard.test", ["assignee/0", "label/1"]),
        ("sprint_id=Last light", ["sprint_id/0"]),
        ("changed_by={outsider}", ["changed_by/0"]),
    ],
)
def test_a_name_that_nothing_has_is_400_and_named(
    owner: TestUser, outsider: TestUser, project: ProjectAndBoard, query: str, pointers: list[str]
) -> None:
    answer = owner.api.get(f"/boards/{project.board_id}/tasks?{query.format(outsider=outsider.email)}")
    assert (answer.status_code, answer.json["code"]) == (400, "invalid_request")
    assert [(error["pointer"], error["code"]) for error in answer.json["errors"]] == [
        (pointer, "unknown_value") for pointer in pointers
    ]


def test_a_board_that_is_not_there_is_404_whatever_is_named(owner: TestUser, project: ProjectAndBoard) -> None:
    other = project.board_id[:-4] + "0000"
    assert owner.api.get(f"/boards/{other}/tasks?label=bug").status_code == 404
