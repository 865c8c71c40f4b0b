"""Fixtures of the tests of the MCP server."""

from collections.abc import Callable

import pytest
from flask import Flask

from calmboard.settings import Settings
from tests.api.mcp.created import FORM_CAPABILITIES
from tests.api.mcp.fixture_server import running_fixture_server
from tests.support.clients.agent import Agent
from tests.support.servers.kept import Kept
from tests.support.users import ProjectAndBoard, TestUser


@pytest.fixture
def someone(owner: TestUser) -> TestUser:
    """The user of the agent. Tests that list all of a user's resources override it with a new user."""
    return owner


@pytest.fixture
def project(
    new_project: Callable[..., ProjectAndBoard], someone: TestUser, member: TestUser, viewer: TestUser
) -> ProjectAndBoard:
    """A project of the user's with one empty board, Telescope."""
    return new_project(someone, member=member, viewer=viewer)


@pytest.fixture
def agent(app: Flask, someone: TestUser) -> Agent:
    """An agent whose client supports no elicitation."""
    return Agent(app, someone.key)


@pytest.fixture
def eliciting_agent(app: Flask, someone: TestUser) -> Agent:
    """An agent whose client supports elicitation by form."""
    return Agent(app, someone.key, capabilities=FORM_CAPABILITIES)


@pytest.fixture
def task_id(agent: Agent, project: ProjectAndBoard) -> str:
    task_id: str = agent.structured("create_task", board_id=project.board_id, title="Grind the mirror")["id"]
    return task_id


@pytest.fixture
def sprint_id(agent: Agent, project: ProjectAndBoard) -> str:
    sprint_id: str = agent.structured("plan_sprint", board_id=project.board_id, name="First light")["id"]
    return sprint_id


@pytest.fixture(scope="session")
def fixture_server(settings: Settings, kept: Kept) -> str:
    """The origin of a server that has the tools, resources and prompts of fixtures.py as well."""
    return kept.enter(("fixture server", settings.database_url), lambda: running_fixture_server(settings))
