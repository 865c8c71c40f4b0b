"""Asks the client's person before something is done that cannot be undone, where the client can ask."""

from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import Struct

from api.mcp.calls import Call, Content, InputRequired, form, text


def is_agreed(call: Call, message: str, question: str, seen: Any) -> bool:
    """Whether this may go on: the person agreed to what they were shown, or nobody can be asked.

    `seen` says, in plain values, what the message is about. Raises InputRequired where there is no answer that can be
    read, or it was given to something that has changed since.
    """
    if not call.can_ask_by_form:
        return True
    answer = call.answers.get("confirm")
    action = answer.get("action") if isinstance(answer, Mapping) else None
    if action in ("decline", "cancel"):
        return False
    confirmed = _confirmed(answer) if action == "accept" and call.state == seen else None
    if confirmed is None:
        fields = {"confirm": {"type": "boolean", "title": question, "description": "This cannot be undone."}}
        raise InputRequired({"confirm": form(message, fields, ["confirm"])}, state=seen)
    return confirmed


def unchanged(kind: type[Struct], told: Mapping[str, Any]) -> Content:
    """The answer where the person did not agree. As content, so that the next call with the same idempotency key asks anew."""
    structured = msgspec.to_builtins(msgspec.convert(told, kind, from_attributes=True))
    return Content([text(msgspec.json.encode(structured).decode())], structured)


def _confirmed(answer: Any) -> bool | None:
    content = answer.get("content")
    confirmed = content.get("confirm") if isinstance(content, Mapping) else None
    return confirmed if isinstance(confirmed, bool) else None
