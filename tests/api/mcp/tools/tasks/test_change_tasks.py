"""Many tasks changed by one call: those that are named at once, those that fit a filter once they were shown."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from calmboard.ids import new_id
from tests.api.mcp.created import create_sprint, create_task
from tests.support.clients.agent import Agent
from tests.support.users import ProjectAndBoard, TestUser

DONE = {"state": "done"}


@pytest.fixture
def three(someone: TestUser, project: ProjectAndBoard) -> list[str]:
    return [create_task(someone, project, title, state="review") for title in ("Grind", "Polish", "Coat")]


def states(someone: TestUser, project: ProjectAndBoard) -> dict[str, str]:
    tasks = someone.api.get(f"/boards/{project.board_id}/tasks").json["data"]
    return {task["title"]: task["state"] for task in tasks}


def test_named_tasks_are_changed_at_once(
    agent: Agent, someone: TestUser, member: TestUser, project: ProjectAndBoard, three: list[str]
) -> None:
    create_sprint(someone, project)
    someone.api.post(f"/projects/{project.project_id}/labels", json={"name": "Optics"})
    changes = {
        "sprint_id": "first light",
        "add_labels": ["Optics"],
        "due_date": "2026-12-18",
        "add_assignees": ["me", member.email],
    }
    answer = agent.structured("change_tasks", task_ids=three[:2], state="in_progress", **changes)
    assert (answer["changed_count"], answer["failed_count"]) == (2, 0)
    assert [(task["id"], task["title"]) for task in answer["tasks"]] == [(three[0], "Grind"), (three[1], "Polish")]
    for task_id in three[:2]:
        task = someone.api.get(f"/tasks/{task_id}").json
        assert (task["state"], task["due_date"], [label["name"] for label in task["labels"]]) == (
            "in_progress",
            "2026-12-18",
            ["Optics"],
        )
        assert {person["id"] for person in task["assignees"]} == {someone.person.id, member.person.id}
    assert states(someone, project)["Coat"] == "review"


def test_people_and_labels_are_added_to_those_that_are_there(
    agent: Agent, someone: TestUser, member: TestUser, three: list[str]
) -> None:
    agent.structured("assign_task", task_id=three[0], add=["me"])
    agent.structured("change_tasks", task_ids=three[:2], add_assignees=[member.person.id])
    agent.structured("change_tasks", task_ids=three[:2], remove_assignees=["me"])
    assert [len(someone.api.get(f"/tasks/{task_id}").json["assignees"]) for task_id in three] == [1, 1, 0]
    agent.structured("change_tasks", task_ids=three, clear=["assignees"])
    assert [someone.api.get(f"/tasks/{task_id}").json["assignees"] for task_id in three] == [[], [], []]


def test_what_fits_a_filter_is_shown_first_and_changed_with_the_token(
    agent: Agent, someone: TestUser, project: ProjectAndBoard, three: list[str]
) -> None:
    create_task(someone, project, "Dream")
    args: dict[str, Any] = {"filter": {"board_id": project.board_id, "state": ["review"]}, **DONE}
    shown = agent.structured("change_tasks", **args)
    assert {task["id"] for task in shown["tasks"]} == set(three)
    assert shown["changed_count"] == 0
    assert set(states(someone, project).values()) == {"review", "backlog"}
    done = agent.structured("change_tasks", **args, token=shown["token"])
    assert (done["changed_count"], "token" in done) == (3, False)
    assert states(someone, project) == {"Grind": "done", "Polish": "done", "Coat": "done", "Dream": "backlog"}


def test_a_token_is_for_one_person_filter_change_and_set_of_tasks(
    app: Flask, agent: Agent, someone: TestUser, member: TestUser, project: ProjectAndBoard, three: list[str]
) -> None:
    args: dict[str, Any] = {"filter": {"board_id": project.board_id, "state": ["review"]}, **DONE}
    token = agent.structured("change_tasks", **args)["token"]
    others = [
        {**args, "state": "backlog"},
        {**args, "clear": ["due_date"]},
        {**args, "all_or_none": True},
        {**args, "filter": {"board_id": project.board_id, "state": ["review", "ready"]}},
    ]
    for other in others:
        assert "- token: This token was given for another" in agent.refusal("change_tasks", **other, token=token)
    assert "- token:" in Agent(app, member.key).refusal("change_tasks", **args, token=token)
    assert "- token:" in agent.refusal("change_tasks", **args, token=token[:-1])
    create_task(someone, project, "Measure", state="review")
    assert "- token:" in agent.refusal("change_tasks", **args, token=token)
    assert set(states(someone, project).values()) == {"review"}


@pytest.mark.parametrize("all_or_none", [False, True])
def test_each_is_changed_for_itself_or_all_or_none(
    agent: Agent, someone: TestUser, project: ProjectAndBoard, three: list[str], all_or_none: bool
) -> None:
    task_ids = [three[0], new_id("tsk"), three[1]]
    if all_or_none:
        message = agent.refusal("change_tasks", task_ids=task_ids, all_or_none=True, **DONE)
        assert f"Nothing was changed: {task_ids[1]} cannot be." in message
        assert set(states(someone, project).values()) == {"review"}
        return
    answer = agent.structured("change_tasks", task_ids=task_ids, **DONE)
    assert (answer["changed_count"], answer["failed_count"]) == (2, 1)
    assert answer["tasks"][1]["problem"].startswith("No task has the id")
    assert states(someone, project) == {"Grind": "done", "Polish": "done", "Coat": "review"}


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ({**DONE}, "task_ids: Send either task_ids or a filter."),
        ({**DONE, "task_ids": ["{task}"], "filter": {"state": ["review"]}}, "task_ids: Send either task_ids or a filter."),
        ({"task_ids": ["{task}"]}, "state: Send what to change"),
        ({"task_ids": ["{task}"], "add_labels": ["Nothing"]}, "add_labels/0: No label in "),
        ({"task_ids": ["{task}"], "token": "x", **DONE}, "token: Send it with the filter"),
        ({"task_ids": ["{task}"], "due_date": "2026-12-18", "clear": ["due_date"]}, "due_date: It is in clear"),
        ({"filter": {"state": ["finished"]}, **DONE}, "filter/state/0: Send one of backlog"),
        ({"filter": {"q": None, "state": []}, **DONE}, "task_ids: Send either task_ids or a filter."),
    ],
)
def test_a_call_that_says_too_little_or_too_much_is_refused(
    agent: Agent, three: list[str], arguments: dict[str, Any], named: str
) -> None:
    if "task_ids" in arguments:
        arguments = {**arguments, "task_ids": three[:1]}
    assert f"- {named}" in agent.refusal("change_tasks", **arguments)


def test_a_viewer_changes_none(
    app: Flask, viewer: TestUser, someone: TestUser, project: ProjectAndBoard, three: list[str]
) -> None:
    assert "role" in Agent(app, viewer.key).refusal("change_tasks", task_ids=three, **DONE)
    assert set(states(someone, project).values()) == {"review"}


def test_a_call_with_a_key_is_done_once_and_its_preview_does_not_use_it_up(
    agent: Agent, project: ProjectAndBoard, three: list[str]
) -> None:
    args: dict[str, Any] = {"filter": {"board_id": project.board_id}, "idempotency_key": new_id("key"), **DONE}
    token = agent.structured("change_tasks", **args)["token"]
    done = agent.structured("change_tasks", **args, token=token)
    assert agent.structured("change_tasks", **args, token=token) == done


def test_a_filter_without_a_board_reaches_every_board(
    app: Flask, new_user: Callable[..., TestUser], new_project: Callable[..., ProjectAndBoard]
) -> None:
    person = new_user()
    task_ids = {create_task(person, new_project(person), title, state="review") for title in ("Grind", "Polish")}
    found = Agent(app, person.key).structured("change_tasks", filter={"state": ["review"]}, state="done")
    assert {task["id"] for task in found["tasks"]} == task_ids


def test_a_filter_that_nothing_fits_changes_nothing(agent: Agent, project: ProjectAndBoard, three: list[str]) -> None:
    answer = agent.structured("change_tasks", filter={"board_id": project.board_id, "q": "no such words"}, **DONE)
    assert (answer["tasks"], answer["changed_count"], answer.get("token")) == ([], 0, None)


def test_more_than_a_hundred_are_refused(agent: Agent, someone: TestUser, project: ProjectAndBoard) -> None:
    create = {"op": "create", "board_id": project.board_id, "task": {"title": "Grit"}}
    for number in (100, 1):
        assert someone.api.post("/tasks/bulk", json={"operations": [create] * number}).status_code == 200
    answer = agent.call("change_tasks", filter={"board_id": project.board_id}, **DONE)
    assert answer["isError"]
    assert "More than 100 tasks fit. Narrow the filter" in answer["content"][0]["text"]


def test_a_call_without_a_change_is_refused(agent: Agent, someone: TestUser, project: ProjectAndBoard, three: list[str]) -> None:
    answer = agent.call("change_tasks", task_ids=three)
    assert answer["isError"]
    assert "Send what to change" in answer["content"][0]["text"]
    assert set(states(someone, project).values()) == {"review"}
