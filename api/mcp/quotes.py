"""Quotes what people wrote in a document or a sentence, so that it cannot change the rest of it."""

import re

# Characters with a meaning in a line of Markdown, and the quote that ends a quotation.
_MARKDOWN_CHARACTERS = re.compile(r'[\\"`*_\[\]<>|&~$]')
# Characters that are invisible to people and not to agents: controls, bidirectional overrides, tags.
_INVISIBLE_CHARACTERS = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\xad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\U000e0000-\U000e0fff]"
)
_LINE_END = re.compile("\r\n|[\r\x85\u2028\u2029]")
_BACKTICKS = re.compile("`+")
_MAX_TITLE = 80


def quoted(text: str) -> str:
    """In double quotes on one line, as a JSON text is; the characters of Markdown are escaped with a backslash."""
    return '"' + _MARKDOWN_CHARACTERS.sub(r"\\\g<0>", _line(text)) + '"'


def quoted_title(title: str) -> str:
    """A title in a sentence that somebody agrees to: as `quoted`, and of a long one the beginning."""
    line = _line(title)
    return quoted(line if len(line) <= _MAX_TITLE else line[: _MAX_TITLE - 1] + "…")


def one_line(text: str) -> str:
    """On one line, with a sign for the end of each line that it had."""
    if text.isascii() and text.isprintable():
        return " ".join(text.split())
    lines = (" ".join(line.split()) for line in _visible(text).split("\n"))
    return " ⏎ ".join(line for line in lines if line)


def fenced(text: str) -> str:
    """Line by line in a fence that nothing in it can end (CommonMark, section 4.5)."""
    visible = _visible(text).strip("\n")
    fence = "`" * max(3, 1 + max(map(len, _BACKTICKS.findall(visible)), default=0))
    return f"{fence}markdown\n{visible}\n{fence}"


def _line(text: str) -> str:
    return " ".join(_visible(text).split())


def _visible(text: str) -> str:
    if text.isascii() and text.isprintable():
        return text
    return _INVISIBLE_CHARACTERS.sub("", _LINE_END.sub("\n", text))
