"""What schemathesis cannot know by itself: which strings are callbacks and names, and that each request has its own address."""

from secrets import token_bytes
from typing import Any

import schemathesis
from hypothesis import strategies as st
from schemathesis import Case, HookContext

_PATH = r"(/[a-z0-9_~-]{1,12}){0,3}"
_CALLBACKS = (
    rf"https://[a-z]{{1,20}}\.example(:[1-9][0-9]{{0,3}})?{_PATH}",
    rf"http://(localhost|127\.0\.0\.1|\[::1\])(:[1-9][0-9]{{0,3}})?{_PATH}",
    rf"com\.[a-z]{{1,12}}\.app:{_PATH}/cb",
)

schemathesis.openapi.format("callback", st.one_of([st.from_regex(pattern, fullmatch=True) for pattern in _CALLBACKS]))
schemathesis.openapi.format("shown-name", st.from_regex(r"[!-~À-ž]( ?[!-~À-ž]){0,60}", fullmatch=True))


@schemathesis.hook
def before_call(context: HookContext, case: Case[Any], kwargs: dict[str, Any]) -> None:
    """Send from a new address, so that no limit by address ends the run. Not by `random`, which each example seeds."""
    case.headers["X-Forwarded-For"] = "10." + ".".join(str(byte) for byte in token_bytes(3))
