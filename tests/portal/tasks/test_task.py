"""The page of a task: what is on it for whoever may see it, and nothing for anybody else."""

import io
from collections.abc import Callable

import pytest
from flask import Flask

from tests.support.clients.accessibility import Look, find_barriers
from tests.support.clients.browser import Pages
from tests.support.users import Api, ProjectAndBoard, TestUser, add_project_and_board

_LOOKS: list[Look] = [("light", 1280), ("dark", 360), ("light", 768)]


@pytest.fixture
def project(app: Flask, owner: TestUser) -> ProjectAndBoard:
    return add_project_and_board(app, owner)


@pytest.fixture
def task_id(owner_api: Api, project: ProjectAndBoard) -> str:
    fields = {
        "title": "Grind the <mirror>",
        "description": "First *coarse*, then <script>fine</script>.",
        "due_date": "2026-12-18",
    }
    return str(owner_api.post(f"/boards/{project.board_id}/tasks", json=fields).json["id"])


@pytest.fixture
def owner_api(app: Flask, owner: TestUser) -> Api:
    return Api(app, owner.key)


def test_it_holds_what_is_on_the_task(owner: TestUser, owner_api: Api, task_id: str) -> None:
    owner_api.post(f"/tasks/{task_id}/checklist", json={"text": "Wash the <grit> off"})
    owner_api.post(f"/tasks/{task_id}/comments", json={"body": "It **shines**."})
    owner_api.patch(f"/tasks/{task_id}", json={"blocked": True, "blocked_reason": "No pitch left"})

    page = owner.sign_in().get(f"/tasks/{task_id}")

    assert page.status_code == 200
    for part in (
        "Grind the &lt;mirror&gt;",
        "<em>coarse</em>",
        "18 Dec 2026",
        "Wash the &lt;grit&gt; off",
        "<strong>shines</strong>",
    ):
        assert part in page.text
    assert "No pitch left" in page.text
    assert f"#{owner_api.get(f'/tasks/{task_id}').json['number']}<" in page.text
    assert "<script>fine" not in page.text


def test_it_says_how_much_the_files_of_its_project_take(new_user: Callable[..., TestUser], app: Flask) -> None:
    person = new_user()
    board_id = add_project_and_board(app, person).board_id
    api = Api(app, person.key)
    for title in ("Grind", "Polish"):
        task_id = api.post(f"/boards/{board_id}/tasks", json={"title": title}).json["id"]
        form = {"file": (io.BytesIO(b"x" * 100_000), "mirror.raw")}
        assert api.post(f"/tasks/{task_id}/attachments", data=form).status_code == 201
    browser = person.sign_in()
    assert "The files of this project take 200.0 kB of 5.0 GB." in browser.get(f"/tasks/{task_id}").text
    assert "200.0 kB of 1.0 GB" in browser.get("/account").text


def test_whoever_may_not_see_the_task_learns_nothing_of_it(outsider: TestUser, viewer: TestUser, task_id: str) -> None:
    refused = outsider.sign_in().get(f"/tasks/{task_id}")

    assert refused.status_code == 403
    assert "Grind" not in refused.text
    assert viewer.sign_in().get("/tasks/tsk_01h00000000000000000000000").status_code == 404


def test_signing_in_leads_on_to_the_task(app: Flask, task_id: str) -> None:
    answer = app.test_client().get(f"/tasks/{task_id}")

    assert (answer.status_code, answer.headers["Location"]) == (303, f"/sign-in?next=/tasks/{task_id}")


def test_it_has_no_barriers(page_for: Pages, new_user: Callable[..., TestUser], app: Flask) -> None:
    person = new_user()
    board_id = add_project_and_board(app, person).board_id
    api = Api(app, person.key)
    fields = {"title": "A very long title " * 11, "description": "| a | b |\n|---|---|\n| 1 | 2 |\n\n    " + "code " * 60}
    task_id = api.post(f"/boards/{board_id}/tasks", json=fields).json["id"]
    for text in ("Wash the grit off", "Polish"):
        item_id = api.post(f"/tasks/{task_id}/checklist", json={"text": text}).json["id"]
    api.patch(f"/checklist-items/{item_id}", json={"done": True})
    api.post(f"/tasks/{task_id}/comments", json={"body": "It shines."})
    api.patch(f"/tasks/{task_id}", json={"blocked": True, "blocked_reason": "No pitch left"})
    page = page_for(person)
    page.goto(f"/tasks/{task_id}")

    assert find_barriers(page, _LOOKS) == {}
