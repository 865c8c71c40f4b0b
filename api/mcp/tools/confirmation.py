"""Asks the client's user to confirm what cannot be undone, where the client supports it."""

from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from api.mcp.answers import as_text, data_of
from api.mcp.calls import CallContext, Content, InputRequired, form, text


def is_confirmed(call: CallContext, message: str, question: str, preview: Any) -> bool:
    """Whether to proceed: the user confirmed what they were shown, or the client cannot ask.

    `preview` holds, in plain values, what the message describes. Raises InputRequired where there is no valid answer,
    or what it confirmed has changed since.
    """
    if not call.supports_forms:
        return True
    answer = call.answers.get("confirm")
    action = answer.get("action") if isinstance(answer, Mapping) else None
    if action in ("decline", "cancel"):
        return False
    confirmed = _read_confirmation(answer) if action == "accept" and call.state == preview else None
    if confirmed is None:
        fields = {"confirm": {"type": "boolean", "title": question, "description": "This cannot be undone."}}
        raise InputRequired({"confirm": form(message, fields, ["confirm"])}, state=preview)
    return confirmed


def declined_result(kind: type[Struct], result: Mapping[str, Any]) -> Content:
    """The result where the user did not confirm. As content, so that the next call with the same idempotency key asks again."""
    data = data_of(kind, result)
    return Content([text(as_text(data))], data)


def _read_confirmation(answer: Any) -> bool | None:
    content = answer.get("content")
    confirmed = content.get("confirm") if isinstance(content, Mapping) else None
    return confirmed if isinstance(confirmed, bool) else None
