"""Stored results are replayed only to who may still see the resources that the call named."""

from collections.abc import Mapping
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import delete

from calmboard.db import db
from calmboard.ids import new_id
from calmboard.models import Membership
from tests.api.mcp.registered_calls import RegisteredCall, registered_calls, with_ids
from tests.support.clients.agent import Agent
from tests.support.resources import create_resources
from tests.support.users import TestUser, add_project_and_board, add_user

# A deleted task is visible to nobody.
WRITES = [call for call in registered_calls() if call.is_write and call.name != "delete_task"]


@pytest.fixture
def person(app: Flask) -> TestUser:
    return add_user(app)


@pytest.mark.parametrize("call", WRITES, ids=lambda call: call.name)
def test_a_result_is_not_replayed_after_access_is_lost(
    app: Flask, owner: TestUser, person: TestUser, call: RegisteredCall
) -> None:
    resources = create_resources(owner.api, add_project_and_board(app, owner, admin=person), call.name)
    arguments: Mapping[str, Any] = {**with_ids(call.params["arguments"], resources), "idempotency_key": new_id("try")}
    agent = Agent(app, person.key)
    first = agent.structured(call.name, **arguments)
    assert agent.structured(call.name, **arguments) == first
    with app.app_context():
        db.session.execute(delete(Membership).where(Membership.user_id == person.person.id))
        db.session.commit()
    result = agent.call(call.name, **arguments)
    assert result["isError"]
    assert result["_meta"]["ai.calmboard/problem"]["code"] == "forbidden"


def test_a_task_that_was_deleted_is_deleted_once(app: Flask, owner: TestUser) -> None:
    resources = create_resources(owner.api, add_project_and_board(app, owner), "delete_task")
    agent, key = Agent(app, owner.key), new_id("try")
    first = agent.structured("delete_task", task_id=resources["task_id"], idempotency_key=key)
    assert agent.structured("delete_task", task_id=resources["task_id"], idempotency_key=key) == first
