"""Concurrent agents: what one has done is not undone by another."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from flask import Flask

from tests.support.clients.agent import Agent
from tests.support.users import ProjectAndBoard, TestUser

TURNS = 20


def at_once(app: Flask, owner: TestUser, *calls: tuple[str, dict[str, Any]]) -> list[dict[str, Any]]:
    """The results of calls that are sent at the same moment, each by an agent of its own."""
    start = Barrier(len(calls))

    def send(tool_call: tuple[str, dict[str, Any]]) -> dict[str, Any]:
        agent = Agent(app, owner.key)
        start.wait()
        return agent.call(tool_call[0], **tool_call[1])

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(send, calls))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("tool", "task", "people_to_add"), [("assign_task", "task_id", "add"), ("change_tasks", "task_ids", "add_assignees")]
)
def test_nobody_who_was_assigned_is_lost(
    app: Flask,
    owner: TestUser,
    member: TestUser,
    viewer: TestUser,
    project: ProjectAndBoard,
    tool: str,
    task: str,
    people_to_add: str,
) -> None:
    agent = Agent(app, owner.key)
    task_id = agent.structured("create_task", board_id=project.board_id, title="Grind")["id"]
    people = [who.person.id for who in (owner, member, viewer)]
    for _ in range(TURNS):
        agent.structured("assign_task", task_id=task_id, clear=["assignees"])
        results = at_once(app, owner, *((tool, {task: task_id, people_to_add: [person]}) for person in people))
        assigned = {person for person, result in zip(people, results, strict=True) if not result["isError"]}
        refusals = [result["content"][0]["text"] for result in results if result["isError"]]
        assert all("Read it with get_task, and decide again." in message for message in refusals)
        assert {person["id"] for person in agent.structured("get_task", task_id=task_id)["assignees"]} == assigned != set()


@pytest.mark.slow
def test_of_two_who_delete_a_task_one_gets_an_error(app: Flask, owner: TestUser, project: ProjectAndBoard) -> None:
    agent = Agent(app, owner.key)
    for _ in range(TURNS):
        task_id = agent.structured("create_task", board_id=project.board_id, title="Grind")["id"]
        results = at_once(app, owner, *[("delete_task", {"task_id": task_id})] * 2)
        assert sorted(result["isError"] for result in results) == [False, True]


@pytest.mark.slow
def test_what_a_completed_sprint_tells_is_what_left_it(app: Flask, owner: TestUser, project: ProjectAndBoard) -> None:
    agent = Agent(app, owner.key)
    for _ in range(TURNS):
        sprint_id = agent.structured("plan_sprint", board_id=project.board_id, name="First light")["id"]
        agent.structured("start_sprint", sprint_id=sprint_id)
        new = {"board_id": project.board_id, "title": "Grind", "sprint_id": sprint_id}
        end = {"sprint_id": sprint_id, "unfinished": "keep"}
        completed, *creations = at_once(app, owner, ("complete_sprint", end), *[("create_task", new)] * 2)
        if completed["isError"]:
            assert "Call again with dry_run to see how it stands" in completed["content"][0]["text"]
            completed = agent.call("complete_sprint", **end)
        completion = completed["structuredContent"]
        left = {result["structuredContent"]["id"] for result in creations if not result["isError"]}
        assert {task["id"] for task in completion.get("unfinished", [])} == left
        assert completion["unfinished_count"] == len(left)


def test_a_checklist_never_holds_more_than_fits(app: Flask, owner: TestUser, project: ProjectAndBoard) -> None:
    agent = Agent(app, owner.key)
    task_id = agent.structured("create_task", board_id=project.board_id, title="Grind")["id"]
    for _ in range(3):
        agent.structured("update_checklist", task_id=task_id, add=["Rub"] * 50)
    results = at_once(app, owner, *[("update_checklist", {"task_id": task_id, "add": ["Rinse"] * 40})] * 3)
    assert sorted(result["isError"] for result in results) == [False, True, True]
    assert len(agent.structured("get_task", task_id=task_id)["checklist"]) == 190
