"""A call of the log as a line for a terminal: what is not kept has a placeholder, and the secret is the reader's own variable."""

import json
import re

from calmboard.access.request_log.reading import Call
from portal.activity.endpoints import shown_route

_PARAMETER = re.compile(r"\{(\w+)\}")
_WITH_BODY = ("POST", "PUT", "PATCH")


def curl_of(call: Call, origin: str) -> str:
    if call.tool is not None:
        message = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": call.tool, "arguments": {}}}
        lines = [f"curl -X POST {origin}/mcp", *_header("Accept", "application/json, text/event-stream"), *_json(message)]
    else:
        lines = [f"curl -X {call.method} {_address(call, origin)}", *(_json({}) if call.method in _WITH_BODY else ())]
    return " \\\n  ".join([lines[0], *_header("Authorization", "Bearer $CALMBOARD_API_KEY"), *lines[1:]])


def _address(call: Call, origin: str) -> str:
    """Ids as names in capitals: `/tasks/TASK_ID`."""
    path = _PARAMETER.sub(lambda match: match[1].upper(), shown_route(call.route) if call.route else "/")
    return f"{origin}{path}" if call.route == "/mcp" else f"{origin}/api/v1{path}"


def _header(name: str, value: str) -> list[str]:
    return [f'-H "{name}: {value}"']


def _json(body: object) -> list[str]:
    return [*_header("Content-Type", "application/json"), f"-d '{json.dumps(body)}'"]
