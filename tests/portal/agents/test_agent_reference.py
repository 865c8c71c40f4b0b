"""The reference of the MCP server says what agents are really given."""

import pytest
from flask import Flask
from flask.testing import FlaskClient

from api.mcp.registry import REGISTRY, Registry


@pytest.fixture
def registry(app: Flask) -> Registry:
    return REGISTRY.get(app)


@pytest.mark.parametrize("path", ["/docs/mcp", "/docs/mcp.md"])
def test_everything_an_agent_is_given_is_there(client: FlaskClient, registry: Registry, path: str) -> None:
    page = client.get(path).text.replace("<wbr>", "")
    names = [*registry.tools, *registry.prompts, *(resource.uri for resource in registry.resources)]
    assert len(names) > 20
    assert [name for name in names if name not in page] == []


@pytest.mark.parametrize("path", ["/docs/mcp", "/docs/mcp.md"])
def test_every_argument_and_scope_is_explained(client: FlaskClient, registry: Registry, path: str) -> None:
    page = client.get(path).text
    arguments = {name for tool in registry.tools.values() for name in tool.input_schema.get("properties", {})}
    scopes = {scope for tool in registry.tools.values() for scope in tool.scopes}
    assert arguments
    assert [word for word in (*arguments, *scopes) if word not in page] == []


@pytest.mark.parametrize("path", ["/docs/mcp", "/docs/mcp.md"])
def test_resources_and_prompts_say_what_they_need(client: FlaskClient, registry: Registry, path: str) -> None:
    resources_and_prompts = (*registry.resources, *registry.prompts.values())
    page = client.get(path).text.partition("calmboard://")[2]
    assert page.count("Needs ") == len(resources_and_prompts)


def test_language_models_find_the_server(client: FlaskClient) -> None:
    assert "/docs/mcp.md" in client.get("/llms.txt").text
