"""POST /mcp: checks origin and credential, reads the message, answers it; every answer is JSON-RPC."""

from collections.abc import Iterator
from typing import Any, cast

import msgspec
from flask import Blueprint, Response, request, stream_with_context
from flask.globals import request_ctx
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as AnyResponse

from api.framework.answers import add_rate_limit_headers, problem_body
from api.framework.auth import authenticate
from api.framework.bodies import MAX_BYTES, parse, read_full_body
from api.mcp.protocol.messages import Message, batch_in, id_of, read_json, read_message
from api.mcp.protocol.methods import dispatch, finish_result
from api.mcp.protocol.origins import allow_browsers, preflight, require_origin
from api.mcp.protocol.revisions import INTERNAL_ERROR, INVALID_REQUEST, Failure, error_frame, result_frame
from api.mcp.registry import REGISTRY, Registry
from api.mcp.tool_calls import MessageStream
from calmboard.access.access import Access
from calmboard.access.limits.rate_limits import LIMITS
from calmboard.access.oauth.resources import MCP, MCP_PREFIX
from calmboard.errors import InsufficientScope, MethodNotAllowed, Problem
from web.origin import origin
from web.problems import as_problem, undo_changes
from web.record import current_record

bp = Blueprint("mcp", __name__)

_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
_ALLOWED = "POST, OPTIONS"

_encode = msgspec.json.Encoder().encode


@bp.route("/mcp", methods=_METHODS, provide_automatic_options=False)
@bp.route("/mcp/", methods=_METHODS, provide_automatic_options=False)
def handle_post() -> AnyResponse:
    incoming = request_ctx.request
    require_origin(incoming.headers)
    if incoming.method == "OPTIONS":
        return preflight(_ALLOWED)
    current_record().endpoint = f"{incoming.method} {MCP}"
    access = authenticate(MCP)
    if incoming.method != "POST":
        raise MethodNotAllowed("The MCP server answers POST alone; there is no stream to open and no session to end.")
    try:
        body = read_json(incoming)
        batch = batch_in(body, incoming.headers)
    except Failure as failure:
        return _failure_response(failure)
    return _handle_message(access, body) if batch is None else _handle_batch(access, batch)


@bp.after_request
def _add_common_headers(response: Response) -> Response:
    """Headers of every response, errors included."""
    response.headers.add("Cache-Control", "no-store")
    allow_browsers(request.headers, response)
    if (usage := current_record().usage) is not None:
        add_rate_limit_headers(response, usage)
    return response


def answer_problem(problem: Problem) -> AnyResponse:
    """A problem as JSON-RPC has it."""
    response = _json(_problem_frame(_readable_id(), problem), problem.status)
    if isinstance(problem, MethodNotAllowed):
        response.headers["Allow"] = _ALLOWED
    if (challenge := _challenge(problem)) is not None:
        response.headers["WWW-Authenticate"] = challenge
    return response


def _handle_message(access: Access, body: Any) -> AnyResponse:
    try:
        message = read_message(body, request.headers)
    except Failure as failure:
        return _failure_response(failure, body)
    if message.kind != "request":
        return _receive_response(access, message, body)
    _record_message(message)
    try:
        result = dispatch(_registry(), message, message.call(access))
        return _json(_result_frame(message, result)) if isinstance(result, dict) else _stream(message, result)
    except Failure as failure:
        return _failure_response(failure, body, 200 if message.is_legacy else failure.status)


def _handle_batch(access: Access, batch: list[Any]) -> AnyResponse:
    """Each message counts against the rate limit; answers come in the order of the requests (JSON-RPC 2.0, section 6).

    A batch that exceeds the limit is rejected as a whole, and counts as one request.
    """
    record = current_record()
    if record.usage is not None and len(batch) > record.usage.limit:
        return _failure_response(Failure(INVALID_REQUEST, f"A batch holds at most {record.usage.limit} messages on your plan."))
    if record.usage is not None and len(batch) > 1:
        record.usage.check_limit_for(len(batch) - 1)
        record.usage = LIMITS.get().spend(access, len(batch) - 1)
        record.usage.check_limit()
    record.endpoint = f"{MCP_PREFIX}batch of {len(batch)}"
    answers = [frame for body in batch if (frame := _handle_in_batch(access, body)) is not None]
    return _json(answers) if answers else _accepted()


def _handle_in_batch(access: Access, body: Any) -> dict[str, Any] | None:
    try:
        message = read_message(body, request.headers)
        if message.kind != "request":
            _receive_response(access, message, body)
            return None
        if message.method == "initialize":
            raise Failure(INVALID_REQUEST, "Send initialize by itself, before any batch.")
        result = dispatch(_registry(), message, message.call(access))
        return _result_frame(message, result if isinstance(result, dict) else _run_to_end(result))
    except Exception as error:
        return _error_frame(id_of(body), error)


def _receive_response(access: Access, message: Message, body: Any) -> AnyResponse:
    if message.kind == "response":
        _registry().on_response(access, body)
    return _accepted()


def _stream(message: Message, frames: MessageStream) -> AnyResponse:
    """Server-sent events where the tool sends notifications; otherwise JSON."""
    first, result = _next(frames)
    if first is None:
        return _json(_result_frame(message, cast("dict[str, Any]", result)))
    response = Response(stream_with_context(_sse_events(message, first, frames)), mimetype="text/event-stream")
    response.headers["X-Accel-Buffering"] = "no"
    return response


def _sse_events(message: Message, first: dict[str, Any], frames: MessageStream) -> Iterator[bytes]:
    try:
        yield from _stream_frames(message, first, frames)
    except GeneratorExit:
        _on_disconnect(message, frames)
        raise


def _stream_frames(message: Message, first: dict[str, Any], frames: MessageStream) -> Iterator[bytes]:
    frame: dict[str, Any] | None = first
    while frame is not None:
        yield _sse_event(frame)
        try:
            frame, result = _next(frames)
        except Exception as error:
            yield _sse_event(_error_frame(message.id, error))
            return
    yield _sse_event(_result_frame(message, cast("dict[str, Any]", result)))


def _on_disconnect(message: Message, frames: MessageStream) -> None:
    """A disconnect cancels the request (2026-07-28, basic/transports); in earlier revisions the work continues."""
    if not message.is_legacy:
        frames.close()
        return
    try:
        _run_to_end(frames)
    except Exception as error:
        _error_frame(message.id, error)


def _error_frame(message_id: str | int | None, error: Exception) -> dict[str, Any]:
    """An error in a response whose status is fixed already: after a stream began, or within a batch."""
    undo_changes()
    if isinstance(error, Failure):
        return error_frame(message_id, error.code, error.message, error.data)
    return _problem_frame(message_id, as_problem(error))


def _problem_frame(message_id: str | int | None, problem: Problem) -> dict[str, Any]:
    """The code is the HTTP status: outside what JSON-RPC reserves."""
    data = problem_body(problem)
    if problem.retry_after_s is not None:
        data["retry_after"] = problem.retry_after_s  # an agent sees the body, and seldom a header
    return error_frame(message_id, INTERNAL_ERROR if problem.status == 500 else problem.status, problem.detail, data)


def _next(frames: MessageStream) -> tuple[dict[str, Any] | None, dict[str, Any] | None]:
    """The next message, or None and the result."""
    try:
        while (frame := next(frames)) is None:
            pass
    except StopIteration as stop:
        return None, stop.value
    return frame, None


def _run_to_end(frames: MessageStream) -> dict[str, Any]:
    frame: dict[str, Any] | None = {}
    while frame is not None:
        frame, result = _next(frames)
    return cast("dict[str, Any]", result)


def _sse_event(frame: dict[str, Any]) -> bytes:
    return b"event: message\ndata: " + _encode(frame) + b"\n\n"


def _result_frame(message: Message, result: dict[str, Any]) -> dict[str, Any]:
    return result_frame(message.id, finish_result(message, result))


def _failure_response(failure: Failure, body: Any = None, status: int | None = None) -> AnyResponse:
    """Earlier revisions define no status for an error of a valid message, and their clients expect 200."""
    undo_changes()
    current_record().refused_by, current_record().code = "input", "invalid_request"
    frame = error_frame(id_of(body), failure.code, failure.message, failure.data)
    return _json(frame, status or failure.status)


def _record_message(message: Message) -> None:
    """Record which tool is called, and the operation; a client may have sent characters that no page shows."""
    record, name = current_record(), message.params.get("name", message.params.get("uri", ""))
    text = f"{MCP_PREFIX}{message.method} {name if isinstance(name, str) else ''}".strip()[:200]
    record.endpoint = text if text.isprintable() else "MCP"
    record.tool = name if message.method == "tools/call" and isinstance(name, str) and name in _registry().tools else None


def _readable_id() -> str | int | None:
    """The id of a request that was rejected before it was read."""
    try:
        request.max_content_length = MAX_BYTES + 1
        return id_of(parse(read_full_body(request))) if request.method == "POST" else None
    except (Problem, HTTPException):
        return None


def _challenge(problem: Problem) -> str | None:
    """WWW-Authenticate: RFC 6750, section 3, and RFC 9728, section 5.1; one step up names every scope that is needed."""
    metadata = f'resource_metadata="{origin()}/.well-known/oauth-protected-resource{MCP}"'
    if problem.status == 401:
        error = ', error="invalid_token"' if current_record().sent_credential else ""
        return f'Bearer {metadata}, scope="{" ".join(sorted(_registry().scopes))}"{error}'
    if isinstance(problem, InsufficientScope):
        credential = current_record().credential
        held = credential.scopes if credential else frozenset()
        scopes = " ".join(sorted(held | set(problem.allowed_values)))
        return f'Bearer error="insufficient_scope", scope="{scopes}", {metadata}'
    return None


def _accepted() -> AnyResponse:
    return Response(status=202)


def _json(body: Any, status: int = 200) -> Response:
    return Response(_encode(body), status, content_type="application/json")


def _registry() -> Registry:
    return REGISTRY.get()
