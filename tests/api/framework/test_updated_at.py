"""`updated_at` moves whenever anything in a representation does, so that a mirror by `updated_since` misses nothing.

What is in each representation is read off the structs of the API: every field that is no column of its own row.
"""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy.orm import Mapper

from api.framework.conversion.struct_fields import fields_of
from calmboard.db import Base, db
from calmboard.models import Task
from tests.api.framework.test_access_matrix import OPERATIONS
from tests.support.resources import create_resources
from tests.support.users import Api, ProjectAndBoard, TestUser, add_project_and_board

Ids = dict[str, str]
Change = Callable[[Api, Ids], Any]

# What is read as one resource and has the time of its last change.
REPRESENTATIONS = {
    gives: operation
    for operation in OPERATIONS
    if (gives := operation.description.gives) and operation.method == "GET" and operation.has_etag
    if "updated_at" in fields_of(gives) and len(operation.parameters) == 1
}
# A text made of the row's own values.
_OWN = {("Task", "url"), ("Comment", "body_html"), ("Comment", "via")}


def _of_other_rows() -> set[tuple[str, str]]:
    tables = {mapper.class_.__name__: mapper for mapper in Base.registry.mappers}
    return {
        (struct.__name__, name)
        for struct in REPRESENTATIONS
        for name in fields_of(struct)
        if name not in _columns(tables[struct.__name__.removesuffix("WithColumns")]) and (struct.__name__, name) not in _OWN
    }


def _columns(mapper: Mapper[Any]) -> set[str]:
    return {column.key for column in mapper.columns}


def _rename_person(api: Api, ids: Ids) -> None:
    done = api.app.test_cli_runner().invoke(args=["people", "rename", ids["email"], "Ines Vega-Ruiz"])
    assert done.exit_code == 0, done.output


_ADMIN = {"role": "admin"}
CHANGES: dict[tuple[str, str], list[Change]] = {
    ("Task", "assignees"): [
        _rename_person,
        lambda api, ids: api.delete(f"/projects/{ids['project_id']}/members/{ids['user_id']}"),
        lambda api, ids: api.patch(f"/tasks/{ids['task_id']}", json={"assignees": []}),
    ],
    ("Task", "labels"): [
        lambda api, ids: api.patch(f"/labels/{ids['label_id']}", json={"name": "Mirrors"}),
        lambda api, ids: api.patch(f"/labels/{ids['label_id']}", json={"colour": "teal"}),
        lambda api, ids: api.delete(f"/labels/{ids['label_id']}"),
    ],
    ("Task", "position"): [lambda api, ids: api.patch(f"/tasks/{ids['task_id']}", json={"position": 5})],
    ("Sprint", "task_count"): [
        lambda api, ids: api.patch(f"/tasks/{ids['task_id']}", json={"sprint_id": None}),
        lambda api, ids: api.delete(f"/tasks/{ids['task_id']}"),
        lambda api, ids: api.post(f"/boards/{ids['board_id']}/tasks", json={"title": "New", "sprint_id": ids["sprint_id"]}),
    ],
    ("Sprint", "done_count"): [lambda api, ids: api.patch(f"/tasks/{ids['task_id']}", json={"state": "done"})],
    ("BoardWithColumns", "columns"): [
        lambda api, ids: api.post(f"/boards/{ids['board_id']}/tasks", json={"title": "New"}),
        lambda api, ids: api.patch(f"/tasks/{ids['task_id']}", json={"state": "ready"}),
        lambda api, ids: api.delete(f"/tasks/{ids['task_id']}"),
    ],
    ("Project", "role"): [lambda api, ids: api.patch(f"/projects/{ids['project_id']}/members/{ids['own_id']}", json=_ADMIN)],
    ("Comment", "author"): [_rename_person],
    ("ChecklistItem", "position"): [
        lambda api, ids: api.post(f"/tasks/{ids['task_id']}/checklist", json={"text": "First", "position": 0}),
        lambda api, ids: api.patch(f"/checklist-items/{ids['other_item_id']}", json={"position": 0}),
        lambda api, ids: api.delete(f"/checklist-items/{ids['item_above_id']}"),
    ],
}


@pytest.fixture
def someone(new_user: Callable[..., TestUser]) -> TestUser:
    return new_user()


@pytest.fixture
def ids(app: Flask, someone: TestUser, new_user: Callable[..., TestUser]) -> Ids:
    """One of everything, in a project of someone's; what can be on the task is on it."""
    other = new_user()
    project = _shared(app, someone, other)
    ids = create_resources(someone.api, project)
    ids |= {"own_id": someone.person.id, "user_id": other.person.id, "email": other.email}
    checklist = f"/tasks/{ids['task_id']}/checklist"
    ids["item_above_id"] = someone.api.post(checklist, json={"text": "Above", "position": 0}).json["id"]
    ids["other_item_id"] = someone.api.post(checklist, json={"text": "Below"}).json["id"]
    ids["comment_id"] = other.api.post(f"/tasks/{ids['task_id']}/comments", json={"body": "Theirs"}).json["id"]
    on_it = {"assignees": [other.person.id], "labels": [ids["label_id"]], "sprint_id": ids["sprint_id"]}
    assert someone.api.patch(f"/tasks/{ids['task_id']}", json=on_it).status_code == 200
    return ids


def _shared(app: Flask, someone: TestUser, other: TestUser) -> ProjectAndBoard:
    project = add_project_and_board(app, someone, admin=other)
    promoted = someone.api.patch(f"/projects/{project.project_id}/members/{other.person.id}", json={"role": "owner"})
    assert promoted.status_code == 200
    return project


def test_whatever_a_representation_shows_of_other_rows_is_changed_here() -> None:
    assert {struct.__name__ for struct in REPRESENTATIONS} == {
        "Project", "BoardWithColumns", "Task", "Sprint", "Label", "Comment", "ChecklistItem",
    }  # fmt: skip
    assert _of_other_rows() == CHANGES.keys()


@pytest.mark.parametrize(("kind", "change"), [(kind, change) for (kind, _), changes in CHANGES.items() for change in changes])
def test_the_holder_changes_with_what_it_shows(someone: TestUser, ids: Ids, kind: str, change: Change) -> None:
    operation = next(operation for struct, operation in REPRESENTATIONS.items() if struct.__name__ == kind)
    path = operation.path.format(**ids)
    before = someone.api.get(path)
    answer = change(someone.api, ids)
    assert answer is None or answer.status_code < 300, answer.text
    after = someone.api.get(path)
    assert after.json["updated_at"] > before.json["updated_at"]
    assert after.headers["ETag"] != before.headers["ETag"]
    assert {**after.json, "updated_at": ""} != {**before.json, "updated_at": ""}
    if kind == "Task":
        found = someone.api.get(f"/boards/{ids['board_id']}/tasks?updated_since={after.json['updated_at']}")
        assert ids["task_id"] in [task["id"] for task in found.json["data"]]


@pytest.mark.parametrize("change", ["label", "label deletion", "member", "person"])
def test_others_stay_as_they_are(someone: TestUser, ids: Ids, change: str) -> None:
    other = someone.api.post(f"/boards/{ids['board_id']}/tasks", json={"title": "Another"}).json
    {
        "label": CHANGES["Task", "labels"][0],
        "label deletion": CHANGES["Task", "labels"][2],
        "member": CHANGES["Task", "assignees"][1],
        "person": _rename_person,
    }[change](someone.api, ids)
    assert someone.api.get(f"/tasks/{other['id']}").json == other


def test_a_column_that_is_numbered_again_moves_its_cards(app: Flask, someone: TestUser, ids: Ids) -> None:
    """Between these two no rank is left that is short enough."""
    with app.app_context():
        for number, end in enumerate("WX", 900):
            db.session.add(Task(board_id=ids["board_id"], number=number, title=end, state="ready", rank="V" * 239 + end))
        db.session.commit()
    column = f"/boards/{ids['board_id']}/tasks?state=ready&sort=position"
    above, below = someone.api.get(column).json["data"]
    assert someone.api.patch(f"/tasks/{ids['task_id']}", json={"after": above["id"]}).status_code == 200
    cards = someone.api.get(column).json["data"]
    assert [card["id"] for card in cards] == [above["id"], ids["task_id"], below["id"]]
    assert cards[2]["position"] != below["position"]
    assert cards[2]["updated_at"] > below["updated_at"]


def test_what_was_never_changed_has_the_time_of_its_creation(someone: TestUser) -> None:
    api = someone.api
    project_id = api.post("/projects", json={"name": "Observatory"}).json["id"]
    board_id = api.post(f"/projects/{project_id}/boards", json={"name": "Telescope"}).json["id"]
    ids = create_resources(api, ProjectAndBoard(project_id, board_id))
    paths = ("/labels/{label_id}", "/comments/{comment_id}", "/checklist-items/{item_id}")
    rows = [
        *_new_tasks(api, ids),
        *(api.get(path.format(**ids)).json for path in paths),
        api.post("/projects", json={"name": "Other"}).json,
        api.post(f"/projects/{project_id}/boards", json={"name": "Other"}).json,
        api.post(f"/boards/{board_id}/sprints", json={"name": "Other"}).json,
    ]
    assert [row for row in rows if row["updated_at"] != row["created_at"]] == []


def _new_tasks(api: Api, ids: Ids) -> list[dict[str, Any]]:
    on_it = {"sprint_id": ids["sprint_id"], "labels": [ids["label_id"]], "assignees": [ids["user_id"]]}
    task = {"title": "Grind", "state": "done", "blocked": True, **on_it}
    operations = [{"op": "create", "board_id": ids["board_id"], "task": task}]
    path = f"/boards/{ids['board_id']}/tasks"
    return [
        api.post(path, json=task).json,
        api.post("/tasks/bulk", json={"operations": operations}).json["results"][0]["task"],
        api.put(f"{path}/by-external/jira/CB-9", json={"title": "New", "status": "Done"}).json,
    ]


def test_the_seed_has_it_where_nothing_happened(owner: TestUser) -> None:
    seeded = owner.example_project()
    planned = owner.api.get(f"/boards/{seeded.board_id}/sprints?state=planned").json["data"]
    rows = [owner.api.get(path).json for path in (f"/projects/{seeded.project_id}", f"/boards/{seeded.board_id}")]
    assert [row for row in (*rows, *planned) if row["updated_at"] != row["created_at"]] == []
