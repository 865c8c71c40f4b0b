"""Texts are compared after NFKC and full case folding, in every list with `q` and in the search, on both databases alike."""

from collections.abc import Callable

import flask_migrate
import pytest
from flask import Flask
from sqlalchemy import text

from calmboard.db import db
from calmboard.texts.folding import find_folded, fold
from calmboard.work.search import search
from calmboard.work.visible_resources import match_names
from tests.api.resources.test_tasks import add
from tests.support.users import ProjectAndBoard, TestUser

# What is written and what is sought: full case folding (CaseFolding.txt, C and F) and NFKC.
PAIRS = [
    ("Lange STRASSE", "straße"),
    ("Lange Straße", "STRASSE"),
    ("ΟΔΟΣ", "οδος"),
    ("οδος", "ΟΔΟσ"),
    ("fi ligature", "\ufb01"),
    ("of\ufb01ce", "FI"),
    ("\uff26\uff35\uff2c\uff2c width", "full"),
    ("ABC", "\uff41\uff42\uff43"),
    ("cafe\u0301", "CAF\u00c9"),
    ("\u212bngstr\u00f6m", "\u00e5ngstro\u0308m"),
    ("10 \u33a2", "10 KM"),
    ("\u0130stanbul", "i\u0307stanbul"),
    ("\u03b1\u0345", "\u1fb3"),
]


@pytest.mark.parametrize(("written", "sought"), PAIRS)
def test_tasks_are_found_however_they_are_written(
    app: Flask, someone: TestUser, project: ProjectAndBoard, written: str, sought: str
) -> None:
    task_id = add(someone, project, "Old", description="Old")["id"]
    path = f"/boards/{project.board_id}/tasks"
    for changed in ("title", "description"):
        assert someone.api.patch(f"/tasks/{task_id}", json={changed: written}).status_code == 200
        found = someone.api.get(path, query_string={"q": sought}).json["data"]
        assert [task["id"] for task in found] == [task_id]
        with app.app_context():
            assert [hit.id for hit in search(someone.access, sought).hits] == [task_id]
        someone.api.patch(f"/tasks/{task_id}", json={changed: "New"})
        assert someone.api.get(path, query_string={"q": sought}).json["data"] == []


def test_what_comes_by_other_ways_is_found_too(someone: TestUser, project: ProjectAndBoard) -> None:
    path = f"/boards/{project.board_id}/tasks"
    operations = [{"op": "create", "board_id": project.board_id, "task": {"title": "Große Straße"}}]
    assert someone.api.post("/tasks/bulk", json={"operations": operations}).status_code == 200
    assert someone.api.put(f"{path}/by-external/jira/CB-1", json={"title": "Kleine Straße"}).status_code == 201
    assert len(someone.api.get(path, query_string={"q": "STRASSE"}).json["data"]) == 2


def test_projects_boards_sprints_and_comments_are_found(app: Flask, someone: TestUser, project: ProjectAndBoard) -> None:
    task_id = add(someone, project, "Pave")["id"]
    new = {"name": "Straße", "goal": "Weiß"}
    sprint_id = someone.api.post(f"/boards/{project.board_id}/sprints", json=new).json["id"]
    comment_id = someone.api.post(f"/tasks/{task_id}/comments", json={"body": "Heiß"}).json["id"]
    ids = {f"/projects/{project.project_id}": "Maß", f"/boards/{project.board_id}": "Fuß", f"/sprints/{sprint_id}": "Spaß"}
    for path, name in ids.items():
        assert someone.api.patch(path, json={"name": name}).status_code == 200
    assert len(someone.api.get("/projects?q=MASS").json["data"]) == 1
    assert len(someone.api.get(f"/projects/{project.project_id}/boards?q=FUSS").json["data"]) == 1
    with app.app_context():
        found = {word: [hit.id for hit in search(someone.access, word).hits] for word in ("HEISS", "SPASS", "WEISS", "STRASSE")}
        assert found == {"HEISS": [comment_id], "SPASS": [sprint_id], "WEISS": [sprint_id], "STRASSE": []}
        assert [row.id for row in match_names(someone.access, "board", "FUSS", 5)] == [project.board_id]


def test_the_seed_is_found(owner: TestUser) -> None:
    seeded = owner.example_project()
    path = f"/boards/{seeded.board_id}/tasks"
    title = owner.api.get(f"{path}?limit=1").json["data"][0]["title"]
    found = owner.api.get(path, query_string={"q": title.upper()}).json["data"]
    assert title in [task["title"] for task in found]


@pytest.mark.parametrize("character", [chr(code) for code in (0x1E9E, 0x345, 0x3F4, 0x1FFC, 0xFB03, 0x1F88, 0x390)])
def test_folding_again_changes_nothing(character: str) -> None:
    assert fold(fold(f"a{character}b")) == fold(f"a{character}b")


def test_an_excerpt_begins_where_the_word_stands() -> None:
    assert find_folded("Die Straße dort", ["dort", fold("STRASSE")]) == 4
    assert find_folded("Die ﬁne Straße", [fold("straße")]) == 8
    assert find_folded("Die Gasse", [fold("Straße")]) == 0


def test_texts_of_before_are_folded(make_app: Callable[..., Flask], empty_database_url: str) -> None:
    app = make_app(database_url=empty_database_url)
    at = "'2026-01-01 00:00:00.000000+00:00'"
    with app.app_context():
        flask_migrate.upgrade(revision="0008")
        with db.engine.begin() as connection:
            connection.execute(
                text(
                    "INSERT INTO projects (id, name, description, created_at, updated_at) "
                    f"VALUES ('prj_1', 'Straße', 'ΟΔΟΣ', {at}, {at})"
                )
            )
        flask_migrate.upgrade()
        with db.engine.connect() as connection:
            folded = connection.execute(text("SELECT name_folded, description_folded FROM projects")).one()
    assert tuple(folded) == ("strasse", "οδοσ")
