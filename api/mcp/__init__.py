"""The interface for agents: the Model Context Protocol at `/mcp`."""

from flask import Flask

from api.mcp.content.board_app import BOARD_APP
from api.mcp.content.prompts import PROMPTS
from api.mcp.content.resources import RESOURCES, list_resources
from api.mcp.mcp_catalogue import catalogue
from api.mcp.protocol import endpoint
from api.mcp.protocol.endpoint import answer_problem
from api.mcp.registry import REGISTRY, Registry
from api.mcp.tools import TOOLS
from calmboard.access.oauth.resources import MCP
from web.problems import add_rendering

__all__ = ["answer_problem", "catalogue", "install"]


def install(app: Flask) -> None:
    registry = Registry(list_resources=list_resources)
    registry.add(*TOOLS, *RESOURCES, BOARD_APP, *PROMPTS)
    REGISTRY.set(app, registry)
    app.register_blueprint(endpoint.bp)
    add_rendering(app, answer_problem, MCP)
