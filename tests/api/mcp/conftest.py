"""What tests of the MCP server are given."""

from collections.abc import Callable, Iterator

import pytest
from flask import Flask

from calmboard.settings import Settings
from tests.api.mcp.created import ASKS
from tests.api.mcp.fixture_server import running_fixture_server
from tests.support.agent import Agent
from tests.support.users import ProjectAndBoard, TestUser


@pytest.fixture
def someone(owner: TestUser) -> TestUser:
    """Whom the agent acts for. Tests of all that somebody has say otherwise, and take somebody new."""
    return owner


@pytest.fixture
def place(new_project: Callable[..., ProjectAndBoard], someone: TestUser, member: TestUser, viewer: TestUser) -> ProjectAndBoard:
    """A project of theirs with one empty board, Telescope."""
    return new_project(someone, member=member, viewer=viewer)


@pytest.fixture
def agent(app: Flask, someone: TestUser) -> Agent:
    """An agent whose client cannot ask its person anything."""
    return Agent(app, someone.key)


@pytest.fixture
def asking(app: Flask, someone: TestUser) -> Agent:
    """An agent whose client shows forms."""
    return Agent(app, someone.key, capabilities=ASKS)


@pytest.fixture
def task_id(agent: Agent, place: ProjectAndBoard) -> str:
    made: str = agent.structured("create_task", board_id=place.board_id, title="Grind the mirror")["id"]
    return made


@pytest.fixture
def sprint_id(agent: Agent, place: ProjectAndBoard) -> str:
    planned: str = agent.structured("plan_sprint", board_id=place.board_id, name="First light")["id"]
    return planned


@pytest.fixture(scope="session")
def fixture_server(settings: Settings) -> Iterator[str]:
    """The origin of a server that has the tools, resources and prompts of fixtures.py as well."""
    with running_fixture_server(settings) as origin:
        yield origin
