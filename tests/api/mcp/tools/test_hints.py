"""What a tool promises of itself in its annotations, held against what a call of it does."""

from collections.abc import Mapping
from typing import Any

import pytest
from flask import Flask

from tests.api.mcp.raw_client import McpClient
from tests.api.mcp.registered_calls import RegisteredCall, outcome, registered_calls, registry, state_of
from tests.support.resources import create_resources
from tests.support.users import ProjectAndBoard, TestUser

HINTS = {tool.name: tool.listed()["annotations"] for tool in registry().tools.values()}
WRITES = [use for use in registered_calls() if use.is_write]
# What counts or dates the rest, and what tells one answer from another.
PASSING = ("task_count", "done_count", "updated_at", "request_id")


@pytest.fixture
def things(owner: TestUser, place: ProjectAndBoard, use: RegisteredCall) -> dict[str, str]:
    return create_resources(owner.api, place, use.name)


def has_all(after: Any, before: Any) -> bool:
    """Whether all that was there still is, as it was."""
    if isinstance(before, Mapping):
        return all(name in PASSING or (name in after and has_all(after[name], before[name])) for name in before)
    if isinstance(before, list):
        return all(any(has_all(one, old) for one in after) for old in before)
    return bool(after == before)


def is_same(after: Any, before: Any) -> bool:
    return has_all(after, before) and has_all(before, after)


@pytest.mark.parametrize("use", [use for use in WRITES if not HINTS[use.name]["destructiveHint"]], ids=lambda use: use.name)
def test_a_tool_that_says_it_only_adds_leaves_all_that_was_there(
    app: Flask, owner: TestUser, use: RegisteredCall, things: dict[str, str]
) -> None:
    before = state_of(owner, things)
    assert outcome(use.ask(McpClient(app, owner.key), things)) == (200, "done")
    after = state_of(owner, things)
    assert has_all(after, before)
    assert not is_same(after, before)


@pytest.mark.parametrize("use", [use for use in WRITES if HINTS[use.name]["idempotentHint"]], ids=lambda use: use.name)
def test_a_tool_that_says_it_may_be_repeated_does_nothing_the_second_time(
    app: Flask, owner: TestUser, use: RegisteredCall, things: dict[str, str]
) -> None:
    before, wire = state_of(owner, things), McpClient(app, owner.key)
    assert outcome(use.ask(wire, things)) == (200, "done")
    once = state_of(owner, things)
    use.ask(wire, things)
    assert is_same(state_of(owner, things), once)
    assert not is_same(once, before)


@pytest.mark.parametrize(
    ("name", "hints"),
    [
        ("get_board", {"readOnlyHint": True}),
        ("add_comment", {"destructiveHint": False, "idempotentHint": False}),
        ("move_task", {"destructiveHint": True, "idempotentHint": True}),
        ("update_task", {"destructiveHint": True, "idempotentHint": True}),
        ("update_checklist", {"destructiveHint": True, "idempotentHint": False}),
        ("plan_sprint", {"destructiveHint": True, "idempotentHint": False}),
        ("delete_task", {"destructiveHint": True}),
    ],
)
def test_what_a_tool_may_write_over_is_told_beforehand(name: str, hints: dict[str, bool]) -> None:
    assert {hint: HINTS[name][hint] for hint in hints} == hints
    assert HINTS[name]["openWorldHint"] is False
