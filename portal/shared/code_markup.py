"""Code as it is shown: a block for each line, places to break, and three tones.

What is typed as it stands is plain, the reader's own values are marked, scaffolding is grey.
The text of the elements, with its newlines, is exactly what is copied.
"""

import json
import re
from collections.abc import Sequence
from typing import Any

from markupsafe import Markup, escape

_BREAK_AFTER = re.compile(r"([/=?&]+)")
_JSON_PART = re.compile(r'"(?:[^"\\]|\\.)*":?|[{}\[\],]+|[^"{}\[\],]+')
_GROUP_LENGTH = 6
_PREFIX_LENGTH = 4


def typed(text: str, yours: Sequence[str] = ()) -> Markup:
    """Code to type, line by line, with `yours` marked."""
    return _lines(typed_inline(line, yours) for line in text.split("\n"))


def typed_address(text: str, yours: Sequence[str] = ()) -> Markup:
    """An address to open, with a line for each parameter. The lines are for the eye: the text has no newline in it."""
    lines = re.split(r"(?=[?&])", text)
    return Markup("").join(_span("code-line", typed_inline(line, yours)) for line in lines)


def typed_inline(text: str, yours: Sequence[str] = ()) -> Markup:
    parts = _split(text, yours)
    return Markup("").join(_span("code-yours", part) if part in yours else with_break_points(part) for part in parts)


def json_lines(value: Any) -> Markup:
    """JSON as it is answered, with its keys and brackets in grey."""
    return _lines(_json_line(line) for line in json_text(value).split("\n"))


def json_text(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False)


def ticked(text: str) -> Markup:
    """A sentence in which what stands between backticks is code."""
    parts = text.split("`")
    return Markup("").join(
        Markup("<code>{}</code>").format(part) if place % 2 else escape(part) for place, part in enumerate(parts)
    )


def with_break_points(text: str) -> Markup:
    """Text that may wrap after / = ? and &, which adds nothing to what is copied."""
    return Markup("").join(_with_break(part) for part in _BREAK_AFTER.split(text))


def grouped_secret(secret: str) -> Markup:
    """A key in groups of six. Gaps are margins, so its text stays the plain key."""
    prefix, rest = secret[:_PREFIX_LENGTH], secret[_PREFIX_LENGTH:]
    groups = [rest[start : start + _GROUP_LENGTH] for start in range(0, len(rest), _GROUP_LENGTH)]
    body = Markup("").join(_span("six", group) for group in groups[:-1])
    return _span("code-frame", prefix) + body + _span("code-frame", groups[-1])


def _lines(lines: Any) -> Markup:
    return Markup("\n").join(_span("code-line", line) for line in lines)


def _span(name: str, text: str) -> Markup:
    return Markup('<span class="{}">{}</span>').format(name, text)


def _split(text: str, yours: Sequence[str]) -> list[str]:
    if not yours:
        return [text]
    longest_first = sorted(yours, key=len, reverse=True)
    return re.split(f"({'|'.join(map(re.escape, longest_first))})", text)


def _json_line(line: str) -> Markup:
    parts = _JSON_PART.findall(line)
    return Markup("").join(_span("code-frame", part) if _is_scaffolding(part) else escape(part) for part in parts)


def _is_scaffolding(part: str) -> bool:
    return part.endswith('":') or part[0] in "{}[],"


def _with_break(part: str) -> Markup:
    return escape(part) + Markup("<wbr>") if _BREAK_AFTER.fullmatch(part) else escape(part)


FILTERS = (typed, typed_address, typed_inline, json_lines, json_text, ticked, with_break_points, grouped_secret)
