"""Arguments that exclude each other are an error, not an empty list."""

from typing import Any

import pytest
from flask import Flask

from calmboard.ids import new_id
from tests.api.mcp.created import create_sprint, create_task
from tests.support.clients.agent import LEGACY, Agent
from tests.support.users import ProjectAndBoard, TestUser, add_project_and_board


@pytest.fixture
def elsewhere(app: Flask, someone: TestUser) -> ProjectAndBoard:
    """Another project of the same person's."""
    return add_project_and_board(app, someone, name="Dome")


def create_label(someone: TestUser, project: ProjectAndBoard) -> str:
    label_id: str = someone.api.post(f"/projects/{project.project_id}/labels", json={"name": "Optics"}).json["id"]
    return label_id


def test_a_sprint_of_another_board_is_no_empty_list(
    agent: Agent, someone: TestUser, project: ProjectAndBoard, elsewhere: ProjectAndBoard
) -> None:
    sprint_id = create_sprint(someone, elsewhere)
    message = agent.refusal("list_tasks", board_id=project.board_id, sprint_id=sprint_id)
    assert f"- sprint_id: This is a sprint of another board, {elsewhere.board_id}." in message
    assert "What to do: Correct what is named above, and call again. get_board names" in message
    assert agent.structured("list_tasks", board_id=elsewhere.board_id, sprint_id=sprint_id)["tasks"] == []
    assert agent.structured("list_tasks", sprint_id=sprint_id)["tasks"] == []


@pytest.mark.parametrize("located_by", ["board_id", "sprint_id"])
def test_a_label_of_another_project_is_no_empty_list(
    agent: Agent, someone: TestUser, project: ProjectAndBoard, elsewhere: ProjectAndBoard, located_by: str
) -> None:
    value = {"board_id": project.board_id, "sprint_id": create_sprint(someone, project)}[located_by]
    message = agent.refusal("list_tasks", **{located_by: value}, label=create_label(someone, elsewhere))
    assert f"- label: This is a label of another project, {elsewhere.project_id}; {project.project_id} has its own." in message
    assert "get_project names the labels" in message
    assert agent.structured("list_tasks", **{located_by: value}, label=create_label(someone, project))["tasks"] == []


def test_somebody_of_another_project_is_no_empty_list(
    agent: Agent, someone: TestUser, member: TestUser, project: ProjectAndBoard, elsewhere: ProjectAndBoard
) -> None:
    message = agent.refusal("list_tasks", board_id=elsewhere.board_id, assignee=member.person.id)
    assert f"- assignee: Nobody in the project {elsewhere.project_id} has this id." in message
    message = agent.refusal("list_tasks", label=create_label(someone, elsewhere), assignee=member.person.id)
    assert "- assignee: Nobody in the project" in message
    assert agent.structured("list_tasks", board_id=project.board_id, assignee=member.person.id)["tasks"] == []


def test_all_contradictions_are_named_at_once(
    agent: Agent, someone: TestUser, outsider: TestUser, project: ProjectAndBoard, elsewhere: ProjectAndBoard
) -> None:
    filters = {"sprint_id": create_sprint(someone, elsewhere), "label": create_label(someone, elsewhere)}
    message = agent.refusal("list_tasks", board_id=project.board_id, assignee=outsider.person.id, **filters)
    assert [line.split(":")[0] for line in message.splitlines() if line.startswith("- ")] == [
        "- sprint_id",
        "- label",
        "- assignee",
    ]


def test_what_is_out_of_reach_is_not_told_apart_by_where_it_is(
    app: Flask, outsider: TestUser, project: ProjectAndBoard, agent: Agent
) -> None:
    theirs = add_project_and_board(app, outsider)
    message = agent.refusal("list_tasks", board_id=project.board_id, sprint_id=create_sprint(outsider, theirs))
    assert theirs.board_id not in message
    assert theirs.project_id not in message


@pytest.mark.parametrize(
    ("after", "before"), [("2026-12-18", "2026-12-18"), ("2026-12-18", "2026-12-19"), ("2027-01-01", "2026-01-01")]
)
def test_days_with_none_between_them_are_refused(agent: Agent, project: ProjectAndBoard, after: str, before: str) -> None:
    message = agent.refusal("list_tasks", board_id=project.board_id, due_after=after, due_before=before)
    assert f"- due_after: No day lies between {after} and {before}." in message
    assert "- due_before:" in message


def test_one_day_between_is_a_day(agent: Agent, someone: TestUser, project: ProjectAndBoard) -> None:
    create_task(someone, project, due_date="2026-12-18")
    found = agent.structured("list_tasks", board_id=project.board_id, due_after="2026-12-17", due_before="2026-12-19")
    assert len(found["tasks"]) == 1


@pytest.mark.parametrize(
    ("report", "narrowed", "taker"),
    [
        ("velocity", {"sprint_id": new_id("spr")}, "burndown"),
        ("velocity", {"starts_on": "2026-11-01"}, "throughput and cycle_time"),
        ("burndown", {"sprints": 3}, "velocity"),
        ("throughput", {"limit": 5}, "cycle_time"),
        ("cycle_time", {"by": "day"}, "throughput"),
    ],
)
def test_a_report_refuses_what_narrows_another(
    app: Flask, someone: TestUser, project: ProjectAndBoard, report: str, narrowed: dict[str, Any], taker: str
) -> None:
    message = Agent(app, someone.key, LEGACY[0]).refusal("get_report", report=report, board_id=project.board_id, **narrowed)
    assert f"- {next(iter(narrowed))}: The report {report} does not take it; {taker} would. Leave it out." in message


def test_nobody_is_put_on_and_taken_off_at_once(agent: Agent, someone: TestUser, member: TestUser, task_id: str) -> None:
    both = {"add": [someone.person.id, member.person.id], "remove": ["me"]}
    message = agent.refusal("assign_task", task_id=task_id, **both)
    assert f"- add: {someone.person.id} is in add and in remove." in message
    assert "assignees" not in agent.structured("get_task", task_id=task_id)


def test_whoever_assigns_says_whom(agent: Agent, task_id: str) -> None:
    assert "- add: Send add, remove, only or clear." in agent.refusal("assign_task", task_id=task_id)


def test_somebody_who_cannot_be_assigned_is_named_where_they_were_sent(
    agent: Agent, member: TestUser, outsider: TestUser, free: TestUser, task_id: str
) -> None:
    agent.structured("assign_task", task_id=task_id, add=[member.person.id])
    people = ["me", outsider.person.id, free.person.id]
    message = agent.refusal("assign_task", task_id=task_id, add=people)
    assert "- add/1: Nobody in this project has this id." in message
    assert "- add/2:" in message
    assert "- only/1:" in agent.refusal("assign_task", task_id=task_id, only=people)
