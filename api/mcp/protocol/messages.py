"""Reads what a client sent: one JSON-RPC message, or a batch of an earlier client, and its protocol revision."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from flask import Request
from werkzeug.datastructures import Headers

from api.framework.bodies import MAX_BYTES, parse, read_full_body, require_plain
from api.mcp.calls import CallContext
from api.mcp.protocol import headers as mirrored
from api.mcp.protocol.revisions import (
    CLIENT_CAPABILITIES,
    INVALID_PARAMS,
    INVALID_REQUEST,
    LEGACY,
    LOG_LEVEL,
    MODERN,
    OLDEST,
    PARSE_ERROR,
    PROTOCOL_VERSION,
    UNSUPPORTED_VERSION,
    Failure,
)
from calmboard.access.access import Access
from calmboard.errors import InvalidRequest, UnsupportedMediaType

MAX_BATCH = 50
_MAX_ID = 2**53

Kind = Literal["request", "notification", "response"]


@dataclass(frozen=True, slots=True)
class Message:
    """A message with a valid envelope; `version` is one of MODERN and LEGACY."""

    kind: Kind
    id: str | int | None
    method: str
    params: Mapping[str, Any]
    version: str

    @property
    def is_legacy(self) -> bool:
        return self.version != MODERN

    def call(self, access: Access) -> CallContext:
        """The context that a tool, resource or prompt receives; raises Failure where inputResponses is not an object."""
        meta = _mapping(self.params.get("_meta"))
        token, answers = meta.get("progressToken"), self.params.get("inputResponses", {})
        if not isinstance(answers, dict):
            raise Failure(INVALID_PARAMS, "inputResponses has to be an object.")
        return CallContext(
            access,
            capabilities={} if self.is_legacy else _mapping(meta.get(CLIENT_CAPABILITIES)),
            progress_token=token if isinstance(token, str | int) and not isinstance(token, bool) else None,
            log_level=meta.get(LOG_LEVEL) if isinstance(meta.get(LOG_LEVEL), str) else None,
            answers=answers,
            is_legacy=self.is_legacy,
        )


def read_json(request: Request) -> Any:
    """The body as JSON; raises Failure where it is not JSON, UnsupportedMediaType where it is not declared as JSON."""
    if request.mimetype != "application/json":
        raise UnsupportedMediaType("Send the message as application/json.")
    require_plain(request)
    request.max_content_length = MAX_BYTES + 1
    try:
        return parse(read_full_body(request))
    except InvalidRequest as problem:
        raise Failure(PARSE_ERROR, problem.detail) from None


def batch_in(body: Any, headers: Headers) -> list[Any] | None:
    """The messages of a batch, which only clients of 2025-03-26 send; None for anything else."""
    if not isinstance(body, list):
        return None
    if (mirrored.version_header(headers) or OLDEST) != OLDEST:
        raise Failure(INVALID_REQUEST, "Send one message in a request; batches ended with 2025-03-26.")
    if not 1 <= len(body) <= MAX_BATCH:
        raise Failure(INVALID_REQUEST, f"A batch holds 1 to {MAX_BATCH} messages.")
    return body


def id_of(body: Any) -> str | int | None:
    """The id of a message, even of an invalid one, so that an error can name it."""
    found = body.get("id") if isinstance(body, dict) else None
    return found if _is_id(found) else None


def read_message(body: Any, headers: Headers) -> Message:
    """Check the envelope, in the order that clients rely on: message, metadata, headers, revision."""
    kind = _kind(body)
    params = {} if body.get("params") is None else body["params"]
    if not isinstance(params, dict):
        raise Failure(INVALID_PARAMS, "params has to be an object.")
    header_version = mirrored.version_header(headers)
    if not _is_modern(body.get("method"), params, header_version):
        version = header_version if header_version in LEGACY else OLDEST
        return Message(kind, body.get("id"), body.get("method", ""), params, version)
    if kind == "response":
        raise Failure(INVALID_REQUEST, "Send a request or a notification; answers belong in inputResponses.")
    _require_metadata(kind, params, header_version)
    if kind == "request":
        mirrored.require_matching_headers(headers, body["method"], params)
    _require_supported(_version_of(params) if kind == "request" else header_version)
    return Message(kind, body.get("id"), body["method"], params, MODERN)


def _kind(body: Any) -> Kind:
    if not isinstance(body, dict) or body.get("jsonrpc") != "2.0":
        raise Failure(INVALID_REQUEST, 'Send a JSON-RPC 2.0 message: an object with "jsonrpc": "2.0".')
    if "id" in body and not _is_id(body["id"]):
        raise Failure(INVALID_REQUEST, "id has to be a text or a whole number.")
    if isinstance(body.get("method"), str):
        return "request" if "id" in body else "notification"
    if "method" not in body and "id" in body and ("result" in body) != ("error" in body):
        return "response"
    raise Failure(INVALID_REQUEST, "method has to be a text.")


def _is_id(value: Any) -> bool:
    if isinstance(value, bool):
        return False
    return isinstance(value, str) or (isinstance(value, int) and -_MAX_ID < value < _MAX_ID)


def _is_modern(method: Any, params: Mapping[str, Any], header_version: str | None) -> bool:
    """A message is modern where its own metadata names a revision, or its header names none of the earlier ones.

    The header of a handshake says nothing: it negotiates the revision, and some clients send their newest one with it.
    """
    if PROTOCOL_VERSION in _mapping(params.get("_meta")):
        return True
    return method != "initialize" and header_version is not None and header_version not in LEGACY


def _require_metadata(kind: Kind, params: Mapping[str, Any], header_version: str | None) -> None:
    """The revision and the client's capabilities are required in every request and optional in notifications (basic, _meta)."""
    meta = _mapping(params.get("_meta"))
    missing = [name for name in (PROTOCOL_VERSION, CLIENT_CAPABILITIES) if name not in meta]
    if kind == "request" and missing:
        raise Failure(INVALID_PARAMS, f"params._meta has to hold {' and '.join(missing)}.")
    if not isinstance(meta.get(PROTOCOL_VERSION, ""), str):
        raise Failure(INVALID_PARAMS, f"{PROTOCOL_VERSION} has to be a text.")
    if not isinstance(meta.get(CLIENT_CAPABILITIES, {}), dict):
        raise Failure(INVALID_PARAMS, f"{CLIENT_CAPABILITIES} has to be an object.")
    if kind == "request" and (header_version is None or header_version != meta[PROTOCOL_VERSION]):
        raise mirrored.header_mismatch("MCP-Protocol-Version", PROTOCOL_VERSION)


def _version_of(params: Mapping[str, Any]) -> str:
    version: str = params["_meta"][PROTOCOL_VERSION]
    return version


def _require_supported(version: str | None) -> None:
    if version not in (MODERN, None):
        data = {"supported": [MODERN], "requested": version}
        raise Failure(UNSUPPORTED_VERSION, f"The revision {version} is not spoken here; {MODERN} is.", data)


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
