"""What tests of the MCP server are given."""

from collections.abc import Iterator

import pytest

from calmboard.settings import Settings
from tests.mcp.fixture_server import running_fixture_server


@pytest.fixture(scope="session")
def fixture_server(settings: Settings) -> Iterator[str]:
    """The origin of a server that has the tools, resources and prompts of fixtures.py as well."""
    with running_fixture_server(settings) as origin:
        yield origin
