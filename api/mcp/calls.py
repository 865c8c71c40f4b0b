"""The context of one call, as tools, resources and prompts receive it: the caller's access, and the client's capabilities."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from calmboard.access.access import Access

JSON = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class CallContext:
    """`answers`: what people answered to the requests of an InputRequired, by their keys; `state`: what it stored."""

    access: Access
    capabilities: JSON = field(default_factory=dict)
    progress_token: str | int | None = None
    log_level: str | None = None
    answers: JSON = field(default_factory=dict)
    state: Any = None
    is_legacy: bool = False

    def with_state(self, state: Any) -> "CallContext":
        return self if state is None else replace(self, state=state)

    @property
    def supports_forms(self) -> bool:
        """Whether the client declared elicitation in form mode; an empty `elicitation` means forms."""
        modes = self.capabilities.get("elicitation")
        return isinstance(modes, Mapping) and (not modes or "form" in modes)

    def progress(self, done: int, total: int, message: str) -> dict[str, Any] | None:
        """A progress notification to yield; None where the client requested none."""
        if self.progress_token is None:
            return None
        params = {"progressToken": self.progress_token, "progress": done, "total": total, "message": message}
        return {"jsonrpc": "2.0", "method": "notifications/progress", "params": params}


class InputRequired(Exception):
    """The client has to ask its user first (MRTR): requests by key, and the state to keep until they are answered."""

    def __init__(self, requests: dict[str, dict[str, Any]], state: Any = None) -> None:
        super().__init__("input required")
        self.requests = requests
        self.state = state


@dataclass(frozen=True, slots=True)
class Content:
    """A tool's answer as content blocks, where it is more than one struct."""

    blocks: list[dict[str, Any]]
    structured: Any = None
    is_error: bool = False
    meta: JSON | None = None


def text(content: str) -> dict[str, Any]:
    return {"type": "text", "text": content}


def form(message: str, properties: dict[str, Any], required: list[str]) -> dict[str, Any]:
    """An elicitation request in form mode."""
    schema = {"type": "object", "properties": properties, "required": required}
    return {"method": "elicitation/create", "params": {"mode": "form", "message": message, "requestedSchema": schema}}
