"""What people wrote, set into a document or a sentence so that it can be read there and change nothing else of it."""

import re

# What Markdown gives a meaning to within a line, and the quote that ends a quotation.
_SIGNS = re.compile(r'[\\"`*_\[\]<>|&~$]')
# Signs that nobody sees, and that an agent would read all the same: controls, turns of direction, tags.
_UNSEEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\xad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\U000e0000-\U000e0fff]"
)
_LINE_END = re.compile("\r\n|[\r\x85\u2028\u2029]")
_BACKTICKS = re.compile("`+")
_LONGEST_IN_SENTENCE = 80


def quoted(words: str) -> str:
    """In double quotes on one line, as a JSON text is; the signs of Markdown are escaped with a backslash."""
    return '"' + _SIGNS.sub(r"\\\g<0>", _line(words)) + '"'


def named(title: str) -> str:
    """A title in a sentence that somebody agrees to: as `quoted`, and of a long one the beginning."""
    line = _line(title)
    return quoted(line if len(line) <= _LONGEST_IN_SENTENCE else line[: _LONGEST_IN_SENTENCE - 1] + "…")


def fenced(words: str) -> str:
    """Line by line in a fence that nothing in it can end (CommonMark, section 4.5)."""
    seen = _seen(words).strip("\n")
    fence = "`" * max(3, 1 + max(map(len, _BACKTICKS.findall(seen)), default=0))
    return f"{fence}markdown\n{seen}\n{fence}"


def _line(words: str) -> str:
    return " ".join(_seen(words).split())


def _seen(words: str) -> str:
    return _UNSEEN.sub("", _LINE_END.sub("\n", words))
