"""Carries out tools/call: arguments are read, the work is done once, and what went wrong is told so that an agent can act."""

import hashlib
import inspect
import json
from collections.abc import Generator, Mapping
from dataclasses import replace
from typing import Any, cast

import msgspec
from msgspec import UNSET, Raw, Struct

from api.framework.answers import problem_body
from api.framework.conversion.struct_reader import read_object
from api.mcp.calls import Call, Content, InputRequired, text
from api.mcp.registry import Tool
from calmboard.access import idempotency
from calmboard.access.permissions import require_scope
from calmboard.db import db
from calmboard.errors import FieldError, InsufficientScope, Problem, ValidationFailed
from calmboard.work.visible_places import require_visible

MessageStream = Generator[dict[str, Any] | None, None, dict[str, Any]]

_HEADER, _ARGUMENT = "Idempotency-Key", "idempotency_key"
_PLACES = ("project_id", "board_id", "task_id", "sprint_id")

_encode = msgspec.json.Encoder().encode


def call_tool(tool: Tool, call: Call, arguments: Mapping[str, Any]) -> MessageStream:
    """What a tool tells on the way, and its result at the end.

    Raises InsufficientScope, which is answered 403 so that a client can step up, and InputRequired. Every
    other Problem becomes a result with `isError`, since an agent can do something about it.
    """
    require_scope(call.access, *tool.scopes)
    try:
        asked = _read(tool, arguments)
        return (yield from _once(tool, call, asked, arguments))
    except Problem as problem:
        return _refused(problem)


def _read(tool: Tool, arguments: Mapping[str, Any]) -> Any:
    if tool.takes is None:
        return arguments
    faults: list[FieldError] = []
    asked = read_object(arguments, tool.takes, "", faults)
    if faults:
        hint = "Correct the arguments named above and call it again."
        raise ValidationFailed(
            "The arguments do not fit. Nothing was done.", errors=tuple(_pointed_on(tool, fault) for fault in faults), hint=hint
        )
    return asked


def _pointed_on(tool: Tool, fault: FieldError) -> FieldError:
    """An unknown argument that another tool takes says so."""
    other = tool.elsewhere.get(fault.pointer.removeprefix("/")) if fault.code == "unknown_field" else None
    return replace(fault, detail=f"{fault.detail} Use {other} for it.") if other else fault


def _once(tool: Tool, call: Call, asked: Any, arguments: Mapping[str, Any]) -> MessageStream:
    """Do the work of one idempotency key once, and tell again what was told."""
    key, credential = getattr(asked, "idempotency_key", UNSET), call.access.credential
    if key is UNSET or credential is None or getattr(asked, "dry_run", False):
        return _result(tool, (yield from _run(tool, call, asked)))
    said = json.dumps([tool.name, arguments], sort_keys=True, ensure_ascii=False)
    claim = idempotency.claim(credential.id, f"mcp/{key}", hashlib.sha256(said.encode()).digest())
    if isinstance(claim, idempotency.Answered):
        require_visible(call.access, _about(arguments), gone_is_fine=True)
        return {**_content_with_text(claim.body), "_meta": {"ai.calmboard/replayed": True}}
    try:
        with idempotency.complete_on_commit(claim):
            result = yield from _run(tool, call, asked)
    except BaseException:
        idempotency.release(claim)
        raise
    if isinstance(result, Content):
        idempotency.release(claim)
        return _result(tool, result)
    told = _encode(_structured(tool, result))
    idempotency.store_response(claim, idempotency.Answered(200, {}, told))
    return _content_with_text(told)


def _about(arguments: Mapping[str, Any]) -> list[str]:
    """What a call is about: who may no longer see it is not told again what was done."""
    return [value for name in _PLACES if isinstance(value := arguments.get(name), str)]


def _run(tool: Tool, call: Call, asked: Any) -> Generator[dict[str, Any] | None, None, Any]:
    """What the tool returns, after what it yields where it is a generator function."""
    result = tool.run(call, asked)
    return (yield from result) if inspect.isgenerator(result) else result


def _result(tool: Tool, result: Any) -> dict[str, Any]:
    if not isinstance(result, Content):
        return _content_with_text(_encode(_structured(tool, result)))
    told: dict[str, Any] = {"content": result.blocks, "isError": result.is_error}
    if result.structured is not None:
        told["structuredContent"] = result.structured
    return {**told, "_meta": dict(result.meta)} if result.meta else told


def _structured(tool: Tool, result: Any) -> Struct:
    return cast("Struct", msgspec.convert(result, tool.gives, from_attributes=True))


def _content_with_text(structured: bytes) -> dict[str, Any]:
    """The structured answer, and the same as text for clients that read no other (server/tools, Structured Content)."""
    return {"content": [text(structured.decode())], "structuredContent": Raw(structured), "isError": False}


def _refused(problem: Problem) -> dict[str, Any]:
    """What went wrong, each faulty argument with what would do, and what to do next."""
    if isinstance(problem, InsufficientScope):
        raise problem
    db.session.rollback()
    _name_argument(problem)
    lines = [problem.detail, *(f"- {_argument(fault)}: {fault.detail}{_allowed(fault)}" for fault in problem.errors)]
    if advice := problem.hint or problem.remedy:
        lines.append(f"What to do: {advice}")
    return {"content": [text("\n".join(lines))], "isError": True, "_meta": {"ai.calmboard/problem": problem_body(problem)}}


def _name_argument(problem: Problem) -> None:
    """The key of idempotency is an argument here, and no header."""
    if f" {_HEADER} " not in problem.detail:
        return
    problem.detail = problem.detail.replace(_HEADER, _ARGUMENT)
    problem.errors = tuple(
        replace(fault, pointer=f"/{_ARGUMENT}", detail=fault.detail.replace(_HEADER, _ARGUMENT)) for fault in problem.errors
    )


def _argument(fault: FieldError) -> str:
    return fault.pointer.removeprefix("/") or "arguments"


def _allowed(fault: FieldError) -> str:
    return f" Allowed: {', '.join(fault.allowed_values)}." if fault.allowed_values else ""


__all__ = ["InputRequired", "MessageStream", "call_tool"]
