"""Handles tools/call: reads the arguments, runs the tool once per idempotency key, and turns errors into advice."""

import hashlib
import inspect
import json
import re
from collections.abc import Generator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import msgspec
from msgspec import UNSET, Raw

from api.framework.answers import MAX_ERRORS, problem_body
from api.mcp.answers import as_text, data_of
from api.mcp.arguments import given_arguments, read_arguments
from api.mcp.calls import CallContext, Content, InputRequired, text
from api.mcp.registry import Tool
from calmboard import ids
from calmboard.access import idempotency
from calmboard.access.permissions import require_scope
from calmboard.errors import FieldError, InsufficientScope, Problem
from calmboard.work.visible_resources import require_visible
from web.problems import undo_changes
from web.record import current_record

MessageStream = Generator[dict[str, Any] | None, None, dict[str, Any]]

_HEADER, _ARGUMENT = "Idempotency-Key", "idempotency_key"
_ID_FIELDS = ("id", "project_id", "board_id", "task_id", "sprint_id")
_RESOURCE_ID = re.compile("|".join(ids.pattern(prefix) for prefix in ("prj", "brd", "tsk", "spr")))

_encode = msgspec.json.Encoder().encode


def call_tool(tool: Tool, call: CallContext, arguments: Mapping[str, Any]) -> MessageStream:
    """The notifications of a tool while it runs, and its result at the end.

    Raises InsufficientScope, which is answered 403 so that a client can step up, and InputRequired. Every
    other Problem becomes a result with `isError`, since an agent can do something about it.
    """
    require_scope(call.access, *tool.scopes)
    try:
        given = given_arguments(tool.takes, arguments) if tool.takes else arguments
        args = read_arguments(tool.takes, given, tool.alternatives) if tool.takes else given
        return (yield from _run_idempotently(tool, call, args, given))
    except Problem as problem:
        current_record().refuse(problem)
        return _error_result(problem)


def _run_idempotently(tool: Tool, call: CallContext, args: Any, arguments: Mapping[str, Any]) -> MessageStream:
    """Run the tool once per idempotency key, and replay the stored result."""
    key, credential = getattr(args, "idempotency_key", UNSET), call.access.credential
    if key is UNSET or credential is None or getattr(args, "dry_run", False):
        return _success_result(tool, (yield from _run(tool, call, args)))
    payload = json.dumps([tool.name, arguments], sort_keys=True, ensure_ascii=False)
    claim = idempotency.claim(credential.id, f"mcp/{key}", hashlib.sha256(payload.encode()).digest())
    if isinstance(claim, idempotency.StoredResponse):
        require_visible(
            call.access, [*_resource_ids(arguments), *_resource_ids(msgspec.json.decode(claim.body))], ignore_missing=True
        )
        return {**_content_with_text(claim.body), "_meta": {"ai.calmboard/replayed": True}}
    try:
        with idempotency.complete_on_commit(claim):
            result = yield from _run(tool, call, args)
    except BaseException:
        idempotency.release(claim)
        raise
    if isinstance(result, Content):
        idempotency.release(claim)
        return _success_result(tool, result)
    encoded = _encode(data_of(tool.gives, result) if tool.gives else result)
    idempotency.store_response(claim, idempotency.StoredResponse(200, {}, encoded))
    return _content_with_text(encoded)


def _resource_ids(values: Any) -> list[str]:
    """The ids of resources in the arguments of a call and in its answer, at most two levels deep.

    A result is replayed only to who may still see them; an argument may hold a name instead.
    """
    items = [values, *(item for value in values.values() for item in (value if isinstance(value, list) else [value]))]
    texts = [text for item in items if isinstance(item, dict) for name, text in item.items() if name in _ID_FIELDS]
    return [text for text in dict.fromkeys(texts) if isinstance(text, str) and _RESOURCE_ID.fullmatch(text)]


def _run(tool: Tool, call: CallContext, args: Any) -> Generator[dict[str, Any] | None, None, Any]:
    """What the tool returns, after its notifications where it is a generator function."""
    result = tool.run(call, args)
    return (yield from result) if inspect.isgenerator(result) else result


def _success_result(tool: Tool, result: Any) -> dict[str, Any]:
    if not isinstance(result, Content):
        data = data_of(tool.gives, result) if tool.gives else msgspec.to_builtins(result)
        return _content_of(data, _encode(data))
    body: dict[str, Any] = {"content": result.blocks, "isError": result.is_error}
    if result.structured is not None:
        body["structuredContent"] = result.structured
    return {**body, "_meta": dict(result.meta)} if result.meta else body


def _content_with_text(structured: bytes) -> dict[str, Any]:
    return _content_of(msgspec.json.decode(structured), structured)


def _content_of(data: Any, encoded: bytes) -> dict[str, Any]:
    """The data, and the same as text for the reader."""
    return {"content": [text(as_text(data))], "structuredContent": Raw(encoded), "isError": False}


def _error_result(problem: Problem) -> dict[str, Any]:
    """What went wrong, each invalid argument with what would be valid, and what to do next."""
    if isinstance(problem, InsufficientScope):
        raise problem
    undo_changes()
    _name_key_as_argument(problem)
    lines = [problem.detail, *_error_lines(problem.errors)]
    if advice := problem.hint or problem.remedy:
        lines.append(f"What to do: {advice}")
    return {"content": [text("\n".join(lines))], "isError": True, "_meta": {"ai.calmboard/problem": problem_body(problem)}}


def _error_lines(errors: Sequence[FieldError]) -> list[str]:
    lines = [f"- {_argument_name(error)}: {error.detail}{_allowed_values(error)}" for error in errors[:MAX_ERRORS]]
    more = f"- These are the first {MAX_ERRORS} of {len(errors)} errors."
    return [*lines, more] if len(errors) > MAX_ERRORS else lines


def _name_key_as_argument(problem: Problem) -> None:
    """The idempotency key is an argument here, not a header."""
    if f" {_HEADER} " not in problem.detail:
        return
    problem.detail = problem.detail.replace(_HEADER, _ARGUMENT)
    problem.errors = tuple(
        replace(error, pointer=f"/{_ARGUMENT}", detail=error.detail.replace(_HEADER, _ARGUMENT)) for error in problem.errors
    )


def _argument_name(error: FieldError) -> str:
    return error.pointer.removeprefix("/") or "arguments"


def _allowed_values(error: FieldError) -> str:
    return f" Allowed: {', '.join(error.allowed_values)}." if error.allowed_values else ""


__all__ = ["InputRequired", "MessageStream", "call_tool"]
