"""Which sentences that people read use a word that the house does not: words.py lists them."""

import ast
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.house.rules.source import python_files
from tests.house.sentences.words import ALLOWED, ROOMS_WITH_SENTENCES, WORDS

_DOCUMENTS = ("README.md", "docs/*.md", "templates/**/*.md", "templates/**/*.txt")
_CODE_IN_DOCUMENT = re.compile(r"```.*?```|`[^`]*`|\]\([^)]*\)|https?://\S+", re.DOTALL)
_NO_TEXT = re.compile(r"\{#.*?#\}|<(script|style|svg|pre|code)\b.*?</\1>", re.DOTALL)
_JINJA = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)
_READ_ATTRIBUTE = re.compile(r'\s(?:aria-label|title|placeholder|alt|content|data-why|data-copied)="([^"]*)"')
_TAG = re.compile(r"<[^>]*>")
_LITERAL = re.compile(r'"((?:[^"\\]|\\.)*)"|\'((?:[^\'\\]|\\.)*)\'|`((?:[^`\\]|\\.)*)`')
_SCRIPT_COMMENT = re.compile(r"//[^\n]*|/\*.*?\*/", re.DOTALL)
_SENTENCE = re.compile(r"\s|^[A-Z]")


@dataclass(frozen=True)
class Found:
    """A word in a text of a file, and what to say instead."""

    path: str
    text: str
    match: re.Match[str]
    word: str

    def __str__(self) -> str:
        return f"{self.path}: “{self.match[0]}” in “{' '.join(self.text.split())[:90]}”: say “{self.word}”"

    def is_allowed_by(self, exception: tuple[str, str, str]) -> bool:
        start, phrase, _ = exception
        around = self.text[max(0, self.match.start() - 60) : self.match.end() + 60]
        return self.path.startswith(start) and re.search(phrase, around) is not None


def sentence_breaches(root: Path) -> list[str]:
    """A sentence for each word in what people read, except those that are allowed there with a reason."""
    return [str(found) for found in found_words(root) if not any(map(found.is_allowed_by, ALLOWED))]


def found_words(root: Path) -> Iterator[Found]:
    for path, text in _texts(root):
        for pattern, word in WORDS.items():
            yield from (Found(path, text, match, word) for match in re.finditer(pattern, text))


def _texts(root: Path) -> Iterator[tuple[str, str]]:
    """Each text that people read, with the path of its file."""
    readers = {
        "templates/**/*.html": _of_template,
        "static/js/*.js": _of_script,
        "connectors/*/*.toml": _of_recipe,
        **dict.fromkeys(_DOCUMENTS, _of_document),
    }
    for pattern, read in readers.items():
        for path in sorted(root.glob(pattern)):
            yield from ((str(path.relative_to(root)), text) for text in read(path.read_text()))
    for path in python_files(root):
        if path.relative_to(root).parts[0] in ROOMS_WITH_SENTENCES:
            yield from ((str(path.relative_to(root)), text) for text in _of_module(path.read_text()))


def _of_template(source: str) -> Iterator[str]:
    """What stands between tags, what attributes say, and the sentences in expressions."""
    source = _NO_TEXT.sub(" ", source)
    for expression in _JINJA.findall(source):
        yield from _literals(expression)
    markup = _JINJA.sub("…", source)
    yield from (found[1] for found in _READ_ATTRIBUTE.finditer(markup))
    yield from (text for text in _TAG.sub("\n", markup).splitlines() if text.strip())


def _of_script(source: str) -> Iterator[str]:
    yield from _literals(_SCRIPT_COMMENT.sub("", source))


def _of_recipe(source: str) -> Iterator[str]:
    """All but its code, which says what the language and the other tool say."""
    yield from _strings_in(tomllib.loads(source))


def _of_document(source: str) -> Iterator[str]:
    yield from _CODE_IN_DOCUMENT.sub("…", source).splitlines()


def _of_module(source: str) -> Iterator[str]:
    """The sentences among its strings; what stands in code, a docstring or a comment nobody reads who uses CalmBoard."""
    tree = ast.parse(source)
    pieces = {id(piece) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for piece in node.values}
    statements = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            yield "".join(str(piece.value) if isinstance(piece, ast.Constant) else "…" for piece in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in pieces | statements:
            yield from filter(_is_sentence, [node.value])


def _literals(source: str) -> Iterator[str]:
    yield from (text for found in _LITERAL.finditer(source) if _is_sentence(text := "".join(filter(None, found.groups()))))


def _strings_in(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield from filter(_is_sentence, [value])
    elif isinstance(value, dict | list):
        for part in [text for name, text in value.items() if name != "code"] if isinstance(value, dict) else value:
            yield from _strings_in(part)


def _is_sentence(text: str) -> bool:
    """Whether people may read it: words with a space, or one that starts like a label."""
    return _SENTENCE.search(text) is not None
