"""The door for agents: the Model Context Protocol at `/mcp`."""

from flask import Flask

from api.mcp import endpoint
from api.mcp.catalogue import catalogue
from api.mcp.endpoint import answer_problem
from api.mcp.registry import Registry

__all__ = ["answer_problem", "catalogue", "install"]


def install(app: Flask) -> None:
    app.extensions["calmboard_mcp"] = Registry()
    app.register_blueprint(endpoint.bp)
