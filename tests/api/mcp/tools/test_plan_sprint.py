"""A sprint that is planned by an agent: with its tasks in one call, as a whole or not at all."""

import pytest
from flask import Flask

from tests.support.clients.agent import Agent
from tests.support.users import ProjectAndBoard, TestUser, add_project_and_board


def test_a_sprint_is_planned_with_its_tasks(agent: Agent, project: ProjectAndBoard, task_id: str) -> None:
    arguments = {
        "name": "First light",
        "goal": "See a star.",
        "starts_on": "2026-12-01",
        "ends_on": "2026-12-14",
        "add": [task_id],
    }
    sprint = agent.structured("plan_sprint", board_id=project.board_id, **arguments)
    assert (sprint["state"], sprint["task_count"], sprint["ends_on"]) == ("planned", 1, "2026-12-14")
    other = agent.structured("create_task", board_id=project.board_id, title="Coat")["id"]
    sprint = agent.structured("plan_sprint", sprint_id=sprint["id"], clear=["ends_on"], add=[other], remove=[task_id])
    assert (sprint["name"], sprint["task_count"], "ends_on" in sprint) == ("First light", 1, False)
    assert "sprint_id" not in agent.structured("get_task", task_id=task_id)


def test_a_sprint_with_tasks_of_another_board_is_not_planned(
    app: Flask, agent: Agent, owner: TestUser, project: ProjectAndBoard, task_id: str
) -> None:
    other = add_project_and_board(app, owner)
    foreign_task = agent.structured("create_task", board_id=other.board_id, title="Elsewhere")["id"]
    message = agent.refusal("plan_sprint", board_id=project.board_id, name="First light", add=[task_id, foreign_task])
    assert "add/1: This board has no task with this id." in message
    assert "planned_sprints" not in agent.structured("get_board", board_id=project.board_id)
    assert "sprint_id" not in agent.structured("get_task", task_id=task_id)
    message = agent.refusal("plan_sprint", board_id=project.board_id, remove=[task_id])
    assert "name: Send a name" in message
    assert "remove: Leave it out; a new sprint has no tasks to take out." in message


def test_a_sprint_is_changed_as_a_whole_or_not_at_all(
    agent: Agent, project: ProjectAndBoard, task_id: str, sprint_id: str
) -> None:
    inside = agent.structured("create_task", board_id=project.board_id, title="Coat", sprint_id=sprint_id)["id"]
    change = {"sprint_id": sprint_id, "name": "Renamed", "add": [task_id]}
    for wrong, message in (
        ({"remove": [inside, task_id]}, "remove/1: This sprint has no task with this id."),
        ({"add": [task_id, inside], "remove": [inside]}, "remove/0: This task cannot be added and removed at once."),
        ({"starts_on": "2026-12-14", "ends_on": "2026-12-01"}, "ends_on: From 2026-12-14 to 2026-12-01 is no sprint"),
    ):
        assert message in agent.refusal("plan_sprint", **{**change, **wrong})
    (sprint,) = agent.structured("get_board", board_id=project.board_id)["planned_sprints"]
    assert (sprint["name"], sprint["task_count"]) == ("First light", 1)
    tasks = agent.structured("list_tasks", board_id=project.board_id, sprint_id=sprint_id)["tasks"]
    assert [task["id"] for task in tasks] == [inside]


def test_no_task_is_put_into_a_completed_sprint(agent: Agent, task_id: str, sprint_id: str) -> None:
    agent.structured("start_sprint", sprint_id=sprint_id)
    agent.structured("complete_sprint", sprint_id=sprint_id, unfinished="keep")
    message = agent.refusal("plan_sprint", sprint_id=sprint_id, name="Renamed", add=[task_id])
    assert "sprint_id: This sprint is completed. Choose another." in message
    assert agent.structured("plan_sprint", sprint_id=sprint_id, goal="See a star.")["name"] == "First light"


def test_a_plan_is_in_the_activity_with_its_tasks(agent: Agent, owner: TestUser, project: ProjectAndBoard, task_id: str) -> None:
    arguments = {"board_id": project.board_id, "name": "First light", "add": [task_id]}
    sprint_id = agent.structured("plan_sprint", **arguments)["id"]
    agent.structured("plan_sprint", sprint_id=sprint_id, add=[task_id])
    agent.structured("plan_sprint", sprint_id=sprint_id, remove=[task_id])
    entries = owner.api.get(f"/projects/{project.project_id}/activity").json["data"]
    moves = [(entry["what"], entry["changes"].get("sprint_id")) for entry in entries if entry["task_id"] == task_id]
    assert moves == [("task.changed", None), ("task.changed", sprint_id), ("task.created", None)]


@pytest.mark.parametrize(
    ("names", "message"),
    [
        ((), "board_id: Send board_id and a name to plan a new sprint"),
        (("board_id",), "name: Send a name; a new sprint needs one."),
        (("board_id", "sprint_id"), "sprint_id: Send board_id and a name to plan a new sprint, or sprint_id alone"),
    ],
)
def test_it_must_be_clear_which_sprint_is_meant(
    agent: Agent, project: ProjectAndBoard, sprint_id: str, names: tuple[str, ...], message: str
) -> None:
    ids = {"board_id": project.board_id, "sprint_id": sprint_id}
    assert message in agent.refusal("plan_sprint", **{name: ids[name] for name in names})
