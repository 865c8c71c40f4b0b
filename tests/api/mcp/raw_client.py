"""Messages as they go over the wire, in order or not, and what every refusal of one has in common."""

import json
from collections.abc import Mapping
from typing import Any, cast

from flask import Flask

from tests.support.agent import MODERN
from tests.support.users import Answer, new_address

VERSION = "io.modelcontextprotocol/protocolVersion"
CAPABILITIES = "io.modelcontextprotocol/clientCapabilities"
META = {VERSION: MODERN, CAPABILITIES: {}}
NAMED = {"tools/call": "name", "prompts/get": "name", "resources/read": "uri"}

Headers = Mapping[str, str | list[str] | None]


class McpClient:
    """Sends to /mcp whatever it is given, with a secret where there is one."""

    def __init__(self, app: Flask, secret: str | None) -> None:
        self._client = app.test_client()
        self._client.environ_base["REMOTE_ADDR"] = new_address()
        self._own = {"Authorization": f"Bearer {secret}"} if secret else {}

    def send(self, body: Any = b"", headers: Headers | None = None, **request: Any) -> Answer:
        """A body of bytes goes as it is. None leaves a header out, a list sends it as often."""
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        given = {**self._own, **(headers or {})}
        sent = [(name, one) for name, value in given.items() for one in _each(value)]
        usual = {"method": "POST", "path": "/mcp", "content_type": "application/json", "data": raw}
        return cast("Answer", self._client.open(headers=sent, **{**usual, **request}))

    def ask(self, body: Mapping[str, Any], headers: Headers | None = None) -> Answer:
        """A request of the modern protocol, with the headers that belong to it and these changes to them."""
        return self.send(body, {**headers_of(body), **(headers or {})})


def _each(value: str | list[str] | None) -> list[str]:
    return value if isinstance(value, list) else [] if value is None else [value]


def modern(method: str = "server/discover", params: Any = None, **changes: Any) -> dict[str, Any]:
    """A request in order, and what is changed about it."""
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
    """The error of an answer that has this status and code, and no trace of what is inside."""
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
