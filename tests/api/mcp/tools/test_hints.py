"""The annotations of each tool, compared with what a call of it does."""

from collections.abc import Mapping
from typing import Any

import pytest
from flask import Flask

from tests.api.mcp.raw_client import McpClient
from tests.api.mcp.registered_calls import RegisteredCall, outcome, registered_calls, registry, state_of
from tests.support.resources import create_resources
from tests.support.users import ProjectAndBoard, TestUser

HINTS = {tool.name: tool.definition()["annotations"] for tool in registry().tools.values()}
WRITES = [call for call in registered_calls() if call.is_write]
# Counts, times and ids of requests, which change with the rest.
IGNORED = ("task_count", "done_count", "updated_at", "request_id")


@pytest.fixture
def resources(owner: TestUser, project: ProjectAndBoard, call: RegisteredCall) -> dict[str, str]:
    return create_resources(owner.api, project, call.name)


def has_all(after: Any, before: Any) -> bool:
    """Whether all that was there still is, as it was."""
    if isinstance(before, Mapping):
        return all(name in IGNORED or (name in after and has_all(after[name], before[name])) for name in before)
    if isinstance(before, list):
        return all(any(has_all(one, old) for one in after) for old in before)
    return bool(after == before)


def is_same(after: Any, before: Any) -> bool:
    return has_all(after, before) and has_all(before, after)


@pytest.mark.parametrize("call", [call for call in WRITES if not HINTS[call.name]["destructiveHint"]], ids=lambda call: call.name)
def test_a_tool_that_says_it_only_adds_leaves_all_that_was_there(
    app: Flask, owner: TestUser, call: RegisteredCall, resources: dict[str, str]
) -> None:
    before = state_of(owner, resources)
    assert outcome(call.ask(McpClient(app, owner.key), resources)) == (200, "done")
    after = state_of(owner, resources)
    assert has_all(after, before)
    assert not is_same(after, before)


@pytest.mark.parametrize("call", [call for call in WRITES if HINTS[call.name]["idempotentHint"]], ids=lambda call: call.name)
def test_a_tool_that_says_it_may_be_repeated_does_nothing_the_second_time(
    app: Flask, owner: TestUser, call: RegisteredCall, resources: dict[str, str]
) -> None:
    before, client = state_of(owner, resources), McpClient(app, owner.key)
    assert outcome(call.ask(client, resources)) == (200, "done")
    after_first = state_of(owner, resources)
    call.ask(client, resources)
    assert is_same(state_of(owner, resources), after_first)
    assert not is_same(after_first, before)


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
def test_annotations_are_as_expected(name: str, hints: dict[str, bool]) -> None:
    assert {hint: HINTS[name][hint] for hint in hints} == hints
    assert HINTS[name]["openWorldHint"] is False
