"""The terms of errors for agents: arguments and not headers, tools and not URLs, tokens and not keys."""

from collections.abc import Callable

import pytest
from flask import Flask

from calmboard.ids import new_id
from tests.api.mcp.tokens import Tokens
from tests.support.clients.agent import Agent
from tests.support.users import ProjectAndBoard, TestUser

ORIGIN = "http://127.0.0.1:8000"


def test_one_entry_is_no_plural(agent: Agent, project: ProjectAndBoard) -> None:
    assert "- tasks: Use at least 1 entry." in agent.refusal("create_tasks", board_id=project.board_id, tasks=[])


def test_a_key_that_was_used_is_the_argument_at_fault(agent: Agent, project: ProjectAndBoard) -> None:
    arguments = {"board_id": project.board_id, "idempotency_key": new_id("tsk")}
    agent.structured("create_task", **arguments, title="One")
    refused = agent.call("create_task", **arguments, title="Two")
    assert "- idempotency_key: This idempotency_key came with another request" in refused["content"][0]["text"]
    problem = refused["_meta"]["ai.calmboard/problem"]
    assert [error["pointer"] for error in problem["errors"]] == ["/idempotency_key"]
    assert "Idempotency-Key" not in str(refused)


@pytest.mark.parametrize(
    ("argument", "instead"),
    [
        ("state", "move_task"),
        ("position", "move_task"),
        ("assignees", "assign_task"),
        ("blocked", "blocked_reason"),
        ("checklist", "update_checklist"),
        ("comment", "add_comment"),
    ],
)
def test_an_argument_of_another_tool_names_what_takes_it(agent: Agent, argument: str, instead: str) -> None:
    message = agent.refusal("update_task", task_id=new_id("tsk"), **{argument: "done"})
    assert f"- {argument}: There is no field “{argument}” here. Use {instead} for it." in message


def test_an_argument_of_no_tool_names_none(agent: Agent) -> None:
    message = agent.refusal("update_task", task_id=new_id("tsk"), colour="red")
    assert "- colour: There is no field “colour” here. Allowed: " in message


def test_a_project_out_of_reach_is_in_no_project(
    app: Flask, owner: TestUser, outsider: TestUser, project: ProjectAndBoard
) -> None:
    other = owner.new_key(f"Other {project.board_id}", project_ids=frozenset({new_id("prj")}))
    message = Agent(app, other).refusal("get_project", project_id=project.project_id)
    assert message.startswith("The project is out of this key's reach; the key is limited to some projects.")
    message = Agent(app, other).refusal("get_board", board_id=project.board_id)
    assert message.startswith("The board is in a project out of this key's reach;")
    message = Agent(app, outsider.key).refusal("get_project", project_id=project.project_id)
    assert message.startswith("The project is one that ")


def test_a_token_is_not_called_a_key(
    app: Flask, owner: TestUser, project: ProjectAndBoard, new_project: Callable[..., ProjectAndBoard]
) -> None:
    elsewhere = frozenset({new_project(owner).project_id})
    token = Tokens(app).for_resource(owner, f"{ORIGIN}/mcp", project_ids=elsewhere)
    message = Agent(app, token).refusal("get_project", project_id=project.project_id)
    assert message.startswith("The project is out of this token's reach; the token is limited to some projects.")
