"""Constants of the protocol: its revisions, its error codes, and the frames of results.

Source: Model Context Protocol 2026-07-28, with 2025-11-25, 2025-06-18 and 2025-03-26 for earlier clients.
"""

from typing import Any

from calmboard import VERSION

MODERN = "2026-07-28"
LEGACY = ("2025-11-25", "2025-06-18", "2025-03-26")
OLDEST = LEGACY[-1]

PARSE_ERROR = -32700
INVALID_REQUEST = -32600
METHOD_NOT_FOUND = -32601
INVALID_PARAMS = -32602
INTERNAL_ERROR = -32603
HEADER_MISMATCH = -32020
MISSING_CAPABILITY = -32021
UNSUPPORTED_VERSION = -32022
OLD_RESOURCE_NOT_FOUND = -32002

PROTOCOL_VERSION = "io.modelcontextprotocol/protocolVersion"
CLIENT_CAPABILITIES = "io.modelcontextprotocol/clientCapabilities"
LOG_LEVEL = "io.modelcontextprotocol/logLevel"
SERVER_INFO = "io.modelcontextprotocol/serverInfo"
APPS = "io.modelcontextprotocol/ui"
APP_MEDIA_TYPE = "text/html;profile=mcp-app"

# 2026-07-28, basic/transports/streamable-http; earlier revisions define none, and their clients expect 200.
_STATUSES = {
    PARSE_ERROR: 400,
    INVALID_REQUEST: 400,
    METHOD_NOT_FOUND: 404,
    INVALID_PARAMS: 400,
    HEADER_MISMATCH: 400,
    MISSING_CAPABILITY: 400,
    UNSUPPORTED_VERSION: 400,
    INTERNAL_ERROR: 500,
}

_ABOUT_THIS_SERVER = {"name": "calmboard", "title": "CalmBoard", "version": VERSION}
INSTRUCTIONS = (
    "CalmBoard is a Scrum board service. list_projects names the projects and boards you may see. get_board tells how a board "
    "stands, list_tasks finds tasks by what they are, search by words, and change_tasks changes many by one call. Projects, "
    "boards, sprints, labels and people go by exact name or id, people also by e-mail or `me`, tasks by number (#12) or id. "
    "A task's column is its state: backlog, ready, in_progress, review or done. What an answer leaves out is empty; "
    "to empty a field, name it in clear. "
    "Before you delete anything or complete a sprint, call the tool with dry_run true and show the person what would happen. "
    "Send an idempotency_key with whatever writes, so that a repeated call does its work once."
)


class Failure(Exception):
    """A JSON-RPC error: the request was not understood, or cannot be carried out as a request of this protocol."""

    def __init__(self, code: int, message: str, data: Any = None, status: int | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.data = data
        self.status = status or _STATUSES.get(code, 200)


def missing_capability(**required: Any) -> Failure:
    return Failure(MISSING_CAPABILITY, f"The client has to declare {', '.join(required)}.", {"requiredCapabilities": required})


def invalid_cursor() -> Failure:
    return Failure(INVALID_PARAMS, "cursor is none that was given out; leave it out to start at the first page.")


def error_frame(message_id: str | int | None, code: int, message: str, data: Any = None) -> dict[str, Any]:
    """An error response; without an id where the id could not be read."""
    frame: dict[str, Any] = {"jsonrpc": "2.0"}
    if message_id is not None:
        frame["id"] = message_id
    error = {"code": code, "message": message}
    return {**frame, "error": error if data is None else {**error, "data": data}}


def result_frame(message_id: str | int | None, result: dict[str, Any]) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": message_id, "result": result}


def about_this_server(origin: str) -> dict[str, Any]:
    return {**_ABOUT_THIS_SERVER, "websiteUrl": origin}
