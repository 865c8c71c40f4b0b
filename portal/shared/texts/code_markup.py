"""Code as it is shown: a block for each line, places to break, and three tones.

What is copied unchanged is plain, the reader's own values are highlighted, scaffolding is grey.
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


def code_block(text: str, user_values: Sequence[str] = ()) -> Markup:
    """Code to copy, line by line, with `user_values` highlighted."""
    return _lines(code_line(line, user_values) for line in text.split("\n"))


def url_block(text: str, user_values: Sequence[str] = ()) -> Markup:
    """An address to open, with a line for each parameter. The lines are visual only: the text has no newline in it."""
    lines = re.split(r"(?=[?&])", text)
    return Markup("").join(_span("code-line", code_line(line, user_values)) for line in lines)


def code_line(text: str, user_values: Sequence[str] = ()) -> Markup:
    parts = _split(text, user_values)
    return Markup("").join(_span("code-yours", part) if part in user_values else with_break_points(part) for part in parts)


def json_lines(value: Any) -> Markup:
    """A JSON response body, with its keys and brackets in grey; what is markup already stays as it is."""
    if isinstance(value, Markup):
        return value
    return _lines(_json_line(line) for line in json_text(value).split("\n"))


def json_text(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False)


def inline_code(text: str) -> Markup:
    """A sentence in which what stands between backticks is code."""
    parts = text.split("`")
    return Markup("").join(
        Markup("<code>{}</code>").format(part) if index % 2 else escape(part) for index, part in enumerate(parts)
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


def _split(text: str, user_values: Sequence[str]) -> list[str]:
    if not user_values:
        return [text]
    longest_first = sorted(user_values, key=len, reverse=True)
    return re.split(f"({'|'.join(map(re.escape, longest_first))})", text)


def _json_line(line: str) -> Markup:
    parts = _JSON_PART.findall(line)
    return Markup("").join(_span("code-frame", part) if _is_scaffolding(part) else escape(part) for part in parts)


def _is_scaffolding(part: str) -> bool:
    return part.endswith('":') or part[0] in "{}[],"


def _with_break(part: str) -> Markup:
    return escape(part) + Markup("<wbr>") if _BREAK_AFTER.fullmatch(part) else escape(part)


FILTERS = (code_block, url_block, code_line, json_lines, json_text, inline_code, with_break_points, grouped_secret)
