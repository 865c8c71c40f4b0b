"""What the pages show of other interfaces: plain data, handed over by wsgi.py."""

from typing import Any

from calmboard.extensions import Extension

API_CATALOGUE: Extension[list[dict[str, Any]]] = Extension("api_catalogue")
MCP_CATALOGUE: Extension[dict[str, Any]] = Extension("mcp_catalogue")
