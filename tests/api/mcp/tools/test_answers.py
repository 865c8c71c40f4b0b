"""Answers are sent once: data without what is empty for programs, and a table or sentences for the reader."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask

from api.mcp.answers import KEPT_LISTS
from tests.api.mcp.content.test_agreed_sentences import FORGED, LINE_ENDS_AND_UNSEEN
from tests.api.mcp.created import create_task
from tests.api.mcp.registered_calls import ARGUMENTS, with_ids
from tests.support.clients.agent import LEGACY, Agent
from tests.support.resources import create_resources
from tests.support.users import ProjectAndBoard, TestUser

NEWEST_OLD, OLDEST = LEGACY[0], LEGACY[-1]
EMPTY: tuple[Any, ...] = (None, "", [], {})
READS = ("list_projects", "get_project", "get_board", "list_tasks", "get_task", "search", "get_report")


def empty_fields(value: Any, path: str = "") -> Iterator[str]:
    for name, item in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        if item in EMPTY:
            yield f"{path}/{name}"
        yield from empty_fields(item, f"{path}/{name}")


@pytest.mark.parametrize("name", READS)
def test_what_is_empty_is_left_out(app: Flask, owner: TestUser, project: ProjectAndBoard, name: str) -> None:
    arguments = with_ids(ARGUMENTS[name], create_resources(owner.api, project))
    result = Agent(app, owner.key, NEWEST_OLD).call(name, **arguments)
    assert list(empty_fields(result["structuredContent"])) == []
    assert len(result["content"]) == 1


def test_a_list_of_nothing_says_so(agent: Agent, project: ProjectAndBoard) -> None:
    result = agent.call("list_tasks", board_id=project.board_id)
    assert (result["structuredContent"], result["content"][0]["text"]) == ({"tasks": []}, "tasks: none")
    assert "tasks" in KEPT_LISTS


@pytest.mark.parametrize("name", READS)
def test_the_oldest_clients_get_the_same_data_as_text(app: Flask, owner: TestUser, project: ProjectAndBoard, name: str) -> None:
    arguments = with_ids(ARGUMENTS[name], create_resources(owner.api, project))
    newer, oldest = (Agent(app, owner.key, version).call(name, **arguments) for version in (NEWEST_OLD, OLDEST))
    assert json.loads(oldest["content"][0]["text"]) == newer["structuredContent"]
    assert set(oldest) == {"content", "isError"}


def test_the_text_holds_what_a_reader_needs_to_go_on(agent: Agent, someone: TestUser, project: ProjectAndBoard) -> None:
    task_ids = [create_task(someone, project, title, state="review", due_date="2026-12-18") for title in ("Grind", "Coat")]
    result = agent.call("list_tasks", board_id=project.board_id)
    numbers = [task["number"] for task in result["structuredContent"]["tasks"]]
    assert result["content"][0]["text"].splitlines() == [
        f"tasks (2; board_id {project.board_id}; state review; due_date 2026-12-18; blocked no; pinned no): id | number | title",
        f"- {task_ids[0]} | {numbers[0]} | Grind",
        f"- {task_ids[1]} | {numbers[1]} | Coat",
    ]


@pytest.mark.parametrize("title", [*FORGED, "Old | done | - tsk_forged"])
def test_what_people_wrote_stays_in_its_cell(agent: Agent, someone: TestUser, project: ProjectAndBoard, title: str) -> None:
    create_task(someone, project, title)
    task_id = create_task(someone, project, "Grind")
    lines = agent.call("list_tasks", board_id=project.board_id)["content"][0]["text"].split("\n")
    head, forged, last = lines
    assert len({line.count(" | ") for line in lines}) == 1
    assert last.startswith(f"- {task_id} | ")
    assert not LINE_ENDS_AND_UNSEEN.search(head + forged + last)


def test_a_text_of_many_lines_shows_where_they_end(agent: Agent, task_id: str) -> None:
    agent.structured("update_task", task_id=task_id, description="First.\n\n- Second\r\n- Third")
    assert "description: First. ⏎ - Second ⏎ - Third" in agent.call("get_task", task_id=task_id)["content"][0]["text"]
