"""What the pages show of other interfaces: plain data, handed over by wsgi.py."""

from collections.abc import Callable
from typing import Any

from calmboard.extensions import Extension

API_CATALOGUE: Extension[list[dict[str, Any]]] = Extension("api_catalogue")
# The answer to a reading example: its name, address, reader and path arguments; None where there is none to show.
API_ANSWERS: Extension[Callable[..., Any]] = Extension("api_answers")
MCP_CATALOGUE: Extension[dict[str, Any]] = Extension("mcp_catalogue")
