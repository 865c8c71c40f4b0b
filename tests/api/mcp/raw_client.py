"""A client that sends valid and invalid messages, and the assertions that every error response has in common."""

import json
from collections.abc import Mapping
from typing import Any, cast

from flask import Flask

from tests.support.clients.agent import MODERN
from tests.support.users import Answer, new_address

VERSION = "io.modelcontextprotocol/protocolVersion"
CAPABILITIES = "io.modelcontextprotocol/clientCapabilities"
META = {VERSION: MODERN, CAPABILITIES: {}}
NAMED = {"tools/call": "name", "prompts/get": "name", "resources/read": "uri"}

Headers = Mapping[str, str | list[str] | None]


class McpClient:
    """Sends any body and headers to /mcp, with a secret where there is one."""

    def __init__(self, app: Flask, secret: str | None) -> None:
        self._client = app.test_client()
        self._client.environ_base["REMOTE_ADDR"] = new_address()
        self._credential = {"Authorization": f"Bearer {secret}"} if secret else {}

    def send(self, body: Any = b"", headers: Headers | None = None, **request: Any) -> Answer:
        """A body of bytes is sent unchanged. None omits a header, a list repeats it."""
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        all_headers = {**self._credential, **(headers or {})}
        sent = [(name, item) for name, value in all_headers.items() for item in _each(value)]
        defaults = {"method": "POST", "path": "/mcp", "content_type": "application/json", "data": raw}
        return cast("Answer", self._client.open(headers=sent, **{**defaults, **request}))

    def ask(self, body: Mapping[str, Any], headers: Headers | None = None) -> Answer:
        """A request of the modern protocol, with its headers and these changes to them."""
        return self.send(body, {**headers_of(body), **(headers or {})})


def _each(value: str | list[str] | None) -> list[str]:
    return value if isinstance(value, list) else [] if value is None else [value]


def modern(method: str = "server/discover", params: Any = None, **changes: Any) -> dict[str, Any]:
    """A valid request, with these changes."""
    return {"jsonrpc": "2.0", "id": 7, "method": method, "params": {"_meta": META, **(params or {})}, **changes}


def old(method: str = "ping", **changes: Any) -> dict[str, Any]:
    """A request of an earlier revision."""
    return {"jsonrpc": "2.0", "id": 7, "method": method, **changes}


def headers_of(body: Mapping[str, Any]) -> dict[str, str | list[str] | None]:
    """The headers that a modern client sends with a request."""
    named = body["params"].get(NAMED.get(body["method"]))
    name = {"Mcp-Name": named} if isinstance(named, str) else {}
    return {"MCP-Protocol-Version": MODERN, "Mcp-Method": body["method"], **name}


def refusal(answer: Answer, status: int, code: int, message_id: Any = None) -> dict[str, Any]:
    """The error of a response with this status and code, and without a traceback."""
    assert answer.status_code == status, answer.text
    assert answer.content_type == "application/json"
    assert "Traceback" not in answer.text
    assert_error(answer.json, code, message_id)
    return cast("dict[str, Any]", answer.json["error"])


def assert_error(frame: dict[str, Any], code: int, message_id: Any = None) -> None:
    """Whether this is an error response; one to a message whose id cannot be read has no id."""
    assert frame["jsonrpc"] == "2.0"
    assert "result" not in frame
    assert frame["error"]["code"] == code, frame
    assert frame["error"]["message"]
    assert set(frame["error"]) <= {"code", "message", "data"}
    assert frame.get("id") == message_id
    assert type(frame.get("id")) is type(message_id)
