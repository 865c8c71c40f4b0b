"""Arguments as real clients send them: as text, with names of their own, under another name than ours."""

import json
from typing import Any

import pytest

from tests.support.clients.agent import Agent
from tests.support.users import ProjectAndBoard

# Arguments are read in Python, whatever the database.
pytestmark = pytest.mark.database("sqlite")


@pytest.mark.parametrize(
    ("argument", "text"),
    [
        ("state", '["ready", "review"]'),
        ("state", ' ["ready",\n"review"]'),
        ("limit", "7"),
        ("blocked", "true"),
        ("blocked", "false"),
        ("blocked", "True"),
    ],
)
def test_a_list_a_number_and_a_truth_value_may_come_as_text(
    agent: Agent, project: ProjectAndBoard, argument: str, text: str
) -> None:
    expected = agent.structured("list_tasks", board_id=project.board_id, **{argument: json.loads(text.lower())})
    assert agent.structured("list_tasks", board_id=project.board_id, **{argument: text}) == expected


def test_one_text_is_a_list_of_one(agent: Agent, project: ProjectAndBoard) -> None:
    for state in ("ready", "review"):
        agent.structured("create_task", board_id=project.board_id, title=state, state=state, assignees="me")
    (task,) = agent.structured("list_tasks", board_id=project.board_id, state="ready", assignee="me")["tasks"]
    assert task["title"] == "ready"
    assert "- state/0: Send one of" in agent.refusal("list_tasks", board_id=project.board_id, state="ready, review")


@pytest.mark.parametrize("as_text", [json.dumps, lambda tasks: [json.dumps(task) for task in tasks]], ids=["list", "objects"])
def test_a_list_of_objects_may_come_as_text(agent: Agent, project: ProjectAndBoard, as_text: Any) -> None:
    tasks = as_text([{"title": "Grind", "due_date": None, "labels": "[]"}, {"title": "Coat", "pinned": "true"}])
    assert agent.structured("create_tasks", board_id=project.board_id, tasks=tasks)["created_count"] == 2
    listed = agent.structured("list_tasks", board_id=project.board_id)["tasks"]
    assert [task["title"] for task in listed] == ["Grind", "Coat"]


@pytest.mark.parametrize(
    ("argument", "text"),
    [
        ("state", '{"ready": 1}'),
        ("limit", "seven"),
        ("limit", "7.5"),
        ("limit", "1e1"),
        ("limit", "\u0667"),
        ("blocked", "yes"),
        ("blocked", "1"),
    ],
)
def test_a_text_that_stands_for_nothing_else_is_refused(agent: Agent, project: ProjectAndBoard, argument: str, text: str) -> None:
    assert f"- {argument}: Send " in agent.refusal("list_tasks", board_id=project.board_id, **{argument: text})


@pytest.mark.parametrize("text", ["[1]", "null", "7", "true", '{"a": 1}'])
def test_a_text_stays_a_text_where_one_is_asked_for(agent: Agent, project: ProjectAndBoard, text: str) -> None:
    assert agent.structured("create_task", board_id=project.board_id, title=text)["title"] == text


def test_what_clients_add_by_themselves_is_ignored(agent: Agent, project: ProjectAndBoard) -> None:
    added = {"sessionId": "1", "toolCallId": "call_1", "action": "sendMessage", "chatInput": "Hello", "_meta": {}, "__x": 1}
    assert agent.structured("list_tasks", board_id=project.board_id, **added)["tasks"] == []


@pytest.mark.parametrize(
    ("sent", "near"),
    [("boardId", "board_id"), ("board", "board_id"), ("dueBefore", "due_before"), ("states", "state"), ("Assignee", "assignee")],
)
def test_an_unknown_argument_is_refused_with_the_nearest_that_exists(agent: Agent, sent: str, near: str) -> None:
    assert f"- {sent}: There is no field “{sent}” here. Did you mean {near}?" in agent.refusal("list_tasks", **{sent: "x"})


def test_an_unknown_field_within_a_list_is_refused_in_the_same_words(agent: Agent, project: ProjectAndBoard) -> None:
    message = agent.refusal("create_tasks", board_id=project.board_id, tasks=[{"title": "Coat", "dueDate": "2026-12-18"}])
    assert "- tasks/0/dueDate: There is no field “dueDate” here. Did you mean due_date?" in message


@pytest.mark.parametrize(
    ("tool", "named", "sent"),
    [
        ("update_task", "due_date", {"due_date": "2026-12-18", "clear": ["due_date"]}),
        ("update_task", "pinned", {"pinned": True, "clear": ["pinned"]}),
        ("assign_task", "clear", {"only": ["me"], "clear": ["assignees"]}),
    ],
)
def test_what_is_emptied_and_given_at_once_is_refused(
    agent: Agent, task_id: str, tool: str, named: str, sent: dict[str, Any]
) -> None:
    assert f"- {named}: " in agent.refusal(tool, task_id=task_id, **sent)


def test_every_field_that_can_be_empty_is_emptied_by_its_name(agent: Agent, task_id: str, sprint_id: str) -> None:
    empty = agent.structured("get_task", task_id=task_id)
    words = {"description": "To a tenth.", "due_date": "2026-12-18", "blocked_reason": "Waits.", "pinned": True}
    agent.structured("update_task", task_id=task_id, sprint_id=sprint_id, **words)
    names = [*words, "sprint_id", "labels"]
    agent.structured("update_task", task_id=task_id, pinned=False, clear=names)
    emptied = agent.structured("get_task", task_id=task_id)
    assert {**emptied, "updated_at": None} == {**empty, "updated_at": None}
