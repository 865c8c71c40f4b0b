"""An agent at POST /mcp, of one revision of the protocol; every result is validated against the official schema."""

import json
from typing import Any, cast

from flask import Flask
from mcp_types import methods

from api.mcp.content.prompts import PROMPTS
from api.mcp.content.resources import RESOURCES
from api.mcp.registry import Prompt, Resource, Tool
from api.mcp.tools import TOOLS
from calmboard.access.scopes import DEFAULT_SCOPES
from tests.support.users import Answer, new_address

MODERN = "2026-07-28"
LEGACY = ("2025-11-25", "2025-06-18", "2025-03-26")
_NAMED = {"tools/call": "name", "prompts/get": "name", "resources/read": "uri"}

_ENTRIES: list[Tool | Resource | Prompt] = [*TOOLS, *RESOURCES, *PROMPTS]
# Every scope that an agent can use.
EVERYTHING = DEFAULT_SCOPES.union(scope for entry in _ENTRIES for scope in entry.scopes)


class Agent:
    """Sends requests with a key or token. `capabilities`: what the client declares."""

    def __init__(self, app: Flask, secret: str | None, version: str = MODERN, capabilities: dict[str, Any] | None = None) -> None:
        self._client = app.test_client()
        self._client.environ_base["REMOTE_ADDR"] = new_address()
        self._headers = {"Authorization": f"Bearer {secret}"} if secret else {}
        self.version = version
        self.capabilities = capabilities or {}

    def call(self, tool: str, /, **arguments: Any) -> dict[str, Any]:
        """The result of a tool, an error of its own included."""
        return self.result("tools/call", {"name": tool, "arguments": arguments})

    def structured(self, tool: str, /, **arguments: Any) -> Any:
        """The structured content of a successful result."""
        result = self.call(tool, **arguments)
        assert not result.get("isError"), result["content"]
        (block,) = result["content"]
        return json.loads(block["text"]) if self.version == LEGACY[-1] else result["structuredContent"]

    def refusal(self, tool: str, /, **arguments: Any) -> str:
        """The text of an error result."""
        result = self.call(tool, **arguments)
        assert result["isError"] is True, result
        text: str = result["content"][0]["text"]
        return text

    def result(self, method: str, params: dict[str, Any] | None = None) -> dict[str, Any]:
        """The result of a method, validated against its revision."""
        answer = self.ask(method, params)
        assert answer.status_code == 200, answer.text
        assert "result" in answer.json, answer.text
        result = cast("dict[str, Any]", answer.json["result"])
        if result.get("resultType") != "input_required":
            methods.validate_server_result(method, self.version, result)
        return result

    def error(self, method: str, params: dict[str, Any] | None = None) -> dict[str, Any]:
        """The JSON-RPC error of a method."""
        return cast("dict[str, Any]", self.ask(method, params).json["error"])

    def ask(self, method: str, params: dict[str, Any] | None = None, headers: dict[str, str] | None = None) -> Answer:
        params = dict(params or {})
        if self.version == MODERN:
            params["_meta"] = {**self._metadata(), **params.get("_meta", {})}
        name_header = {"Mcp-Name": params[_NAMED[method]]} if method in _NAMED and self.version == MODERN else {}
        modern = {"Mcp-Method": method, **name_header} if self.version == MODERN else {}
        versioned = {"MCP-Protocol-Version": self.version} if self.version != LEGACY[-1] else {}
        body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
        return self.send(body, {**versioned, **modern, **(headers or {})})

    def send(self, body: Any, headers: dict[str, str] | None = None, method: str = "POST") -> Answer:
        """Send any body and headers unchanged; None omits a header."""
        raw = body if isinstance(body, bytes | str) else json.dumps(body)
        sent = {name: value for name, value in {**self._headers, **(headers or {})}.items() if value is not None}
        return cast("Answer", self._client.open("/mcp", method=method, data=raw, content_type="application/json", headers=sent))

    def _metadata(self) -> dict[str, Any]:
        return {
            "io.modelcontextprotocol/protocolVersion": MODERN,
            "io.modelcontextprotocol/clientCapabilities": self.capabilities,
            "io.modelcontextprotocol/clientInfo": {"name": "test", "version": "1"},
        }
