"""What a call was answered is told again to those only who may still see what it was about."""

from collections.abc import Mapping
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import delete

from calmboard.db import db
from calmboard.ids import new_id
from calmboard.models import Membership
from tests.api.mcp.registered_calls import RegisteredCall, registered_calls, with_ids
from tests.support.agent import Agent
from tests.support.resources import create_resources
from tests.support.users import TestUser, add_project_and_board, add_user

# What was deleted is out of nobody's sight any more.
WRITES = [use for use in registered_calls() if use.is_write and use.name != "delete_task"]


@pytest.fixture
def person(app: Flask) -> TestUser:
    return add_user(app)


@pytest.mark.parametrize("use", WRITES, ids=lambda use: use.name)
def test_whoever_lost_sight_of_it_is_not_told_again(app: Flask, owner: TestUser, person: TestUser, use: RegisteredCall) -> None:
    things = create_resources(owner.api, add_project_and_board(app, owner, admin=person), use.name)
    arguments: Mapping[str, Any] = {**with_ids(use.params["arguments"], things), "idempotency_key": new_id("try")}
    agent = Agent(app, person.key)
    first = agent.structured(use.name, **arguments)
    assert agent.structured(use.name, **arguments) == first
    with app.app_context():
        db.session.execute(delete(Membership).where(Membership.user_id == person.person.id))
        db.session.commit()
    said = agent.call(use.name, **arguments)
    assert said["isError"]
    assert said["_meta"]["ai.calmboard/problem"]["code"] == "forbidden"


def test_a_task_that_was_deleted_is_deleted_once(app: Flask, owner: TestUser) -> None:
    things = create_resources(owner.api, add_project_and_board(app, owner), "delete_task")
    agent, key = Agent(app, owner.key), new_id("try")
    first = agent.structured("delete_task", task_id=things["task_id"], idempotency_key=key)
    assert agent.structured("delete_task", task_id=things["task_id"], idempotency_key=key) == first
