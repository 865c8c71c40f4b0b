"""requestState passes through the client: what was changed, borrowed, expired or meant for something else is refused."""

import time
from collections.abc import Callable
from hashlib import sha256
from typing import Any

import pytest
from flask import Flask
from itsdangerous import TimestampSigner, URLSafeTimedSerializer

from calmboard.settings import SETTINGS
from tests.api.mcp.raw_client import CAPABILITIES, META, McpClient, modern, refusal
from tests.support.resources import create_resources
from tests.support.users import ProjectAndBoard, TestUser

INVALID_PARAMS = -32602
FORMS: dict[str, Any] = {CAPABILITIES: {"elicitation": {"form": {}}}}
ACCEPTED = {"confirm": {"action": "accept", "content": {"confirm": True}}}


@pytest.fixture
def task_id(owner: TestUser, new_project: Callable[..., ProjectAndBoard], member: TestUser) -> str:
    return create_resources(owner.api, new_project(owner, member=member))["task_id"]


@pytest.fixture
def client(app: Flask, owner: TestUser) -> McpClient:
    return McpClient(app, owner.key)


def delete(task_id: str, **extra: Any) -> dict[str, Any]:
    """A call that requires a confirmation."""
    params = {"name": "delete_task", "arguments": {"task_id": task_id}, **extra}
    return modern("tools/call", {**params, "_meta": {**META, **FORMS}})


def pending_state(client: McpClient, task_id: str) -> str:
    """The state of a call that waits for its confirmation."""
    result = client.ask(delete(task_id)).json["result"]
    assert result["resultType"] == "input_required"
    state: str = result["requestState"]
    return state


def is_there(owner: TestUser, task_id: str) -> bool:
    return bool(owner.api.get(f"/tasks/{task_id}").status_code == 200)


def test_the_same_request_with_its_answer_is_carried_out(client: McpClient, owner: TestUser, task_id: str) -> None:
    state = pending_state(client, task_id)
    assert is_there(owner, task_id)
    answer = client.ask(delete(task_id, requestState=state, inputResponses=ACCEPTED))
    assert answer.json["result"]["resultType"] == "complete"
    assert not is_there(owner, task_id)


def test_a_state_that_was_changed_is_refused(client: McpClient, owner: TestUser, task_id: str) -> None:
    state = pending_state(client, task_id)
    for sent in (*_changed(state), 5, True, [], {}, [state]):
        refusal(client.ask(delete(task_id, requestState=sent, inputResponses=ACCEPTED)), 400, INVALID_PARAMS, 7)
    assert is_there(owner, task_id)


def _changed(state: str) -> list[str]:
    """A state cut, stretched, and with each of its parts from elsewhere."""
    payload, timestamp, signature = state.rsplit(".", 2)
    whole_states = ["", "x", state[:-1], f"{state}x", state.swapcase(), "\N{SNOWMAN}", "\0", "e30", "x" * 100_000]
    parts = [
        f"{payload}.{timestamp}",
        f"{payload}.{timestamp}.",
        f".{timestamp}.{signature}",
        f"{payload}x.{timestamp}.{signature}",
    ]
    return [*whole_states, *parts, f"{payload}.{timestamp[::-1]}.{signature}", f"{payload}.{timestamp}.{signature[::-1]}"]


def test_a_state_of_somebody_else_is_refused(
    app: Flask, client: McpClient, owner: TestUser, member: TestUser, task_id: str
) -> None:
    state = pending_state(client, task_id)
    for key in (member.key, owner.new_key("Another")):
        answer = McpClient(app, key).ask(delete(task_id, requestState=state, inputResponses=ACCEPTED))
        refusal(answer, 400, INVALID_PARAMS, 7)
    assert is_there(owner, task_id)


def test_a_state_for_other_arguments_is_refused(
    client: McpClient, owner: TestUser, new_project: Callable[..., ProjectAndBoard]
) -> None:
    first, second = (create_resources(owner.api, new_project(owner))["task_id"] for _ in range(2))
    state = pending_state(client, first)
    refusal(client.ask(delete(second, requestState=state, inputResponses=ACCEPTED)), 400, INVALID_PARAMS, 7)
    assert is_there(owner, first)
    assert is_there(owner, second)


@pytest.mark.parametrize(
    ("method", "params"),
    [
        ("tools/call", {"name": "get_task"}),
        ("tools/call", {"name": "complete_sprint"}),
        ("prompts/get", {"name": "stand_up", "arguments": {"board": "x"}}),
        ("resources/read", {}),
    ],
)
def test_a_state_for_another_use_is_refused(client: McpClient, task_id: str, method: str, params: dict[str, Any]) -> None:
    there = {"uri": f"calmboard://tasks/{task_id}"} if method == "resources/read" else {"arguments": {"task_id": task_id}}
    answer = client.ask(modern(method, {**there, **params, "requestState": pending_state(client, task_id)}))
    refusal(answer, 400, INVALID_PARAMS, 7)


@pytest.mark.parametrize(("age_s", "is_taken"), [(580, True), (620, False)])
def test_a_state_lives_for_ten_minutes(
    app: Flask, client: McpClient, owner: TestUser, task_id: str, age_s: int, is_taken: bool
) -> None:
    state = signed_before(app, pending_state(client, task_id), age_s)
    answer = client.ask(delete(task_id, requestState=state, inputResponses=ACCEPTED))
    if is_taken:
        assert answer.json["result"]["resultType"] == "complete"
    else:
        refusal(answer, 400, INVALID_PARAMS, 7)
    assert is_there(owner, task_id) is not is_taken


def signed_before(app: Flask, state: str, age_s: int) -> str:
    """The same state, as the server would have signed it so long ago."""

    class Earlier(TimestampSigner):
        def get_timestamp(self) -> int:
            return int(time.time()) - age_s

    key = SETTINGS.get(app).secret_key
    how: dict[str, Any] = {"salt": "mcp-request-state", "signer_kwargs": {"digest_method": sha256}}
    payload = URLSafeTimedSerializer(key, **how).loads(state)
    signed: str = URLSafeTimedSerializer(key, signer=Earlier, **how).dumps(payload)
    return signed
