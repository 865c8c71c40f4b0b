"""The door for agents: the Model Context Protocol at `/mcp`."""

from typing import Any

from flask import Flask

from api.mcp import endpoint
from api.mcp.endpoint import answer_problem
from api.mcp.registry import Registry

__all__ = ["answer_problem", "catalogue", "install"]


def install(app: Flask) -> None:
    app.extensions["calmboard_mcp"] = Registry()
    app.register_blueprint(endpoint.bp)


def catalogue(app: Flask) -> list[dict[str, Any]]:
    """The tools as plain data, for the page: name, title, description, scopes and effect."""
    registry: Registry = app.extensions["calmboard_mcp"]
    names = ("name", "title", "description", "scopes", "effect")
    return [{name: getattr(tool, name) for name in names} for tool in registry.tools.values()]
