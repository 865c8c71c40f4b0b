"""Which names and phrases of old are still in use: words.py lists them."""

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

from tests.house.rules.source import python_files
from tests.house.rules.words import NAME_SHAPES, NAMES, PHRASES

_PAPERS = ("README.md", "STYLE.md", "Makefile", "docs/*.md")


def name_breaches(root: Path) -> list[str]:
    """A sentence for each file that uses an old name."""
    return [
        f"{path.relative_to(root)}: {name}: say {word}"
        for path in python_files(root)
        for name in sorted(_names_in(path.read_text()))
        if (word := _replacement(name))
    ]


def phrase_breaches(root: Path) -> list[str]:
    """A sentence for each old phrase in a docstring, a comment or a paper."""
    code = [(path, text) for path in python_files(root) for text in _prose_of(path.read_text())]
    papers = [(path, path.read_text()) for pattern in _PAPERS for path in sorted(root.glob(pattern))]
    return [
        f"{path.relative_to(root)}: “{found[0]}”: say “{word}”"
        for path, text in [*code, *papers]
        for phrase, word in PHRASES.items()
        if (found := re.search(phrase, text))
    ]


def _replacement(name: str) -> str | None:
    shapes = (word for shape, word in NAME_SHAPES.items() if re.fullmatch(shape, name))
    return NAMES.get(name) or next(shapes, None)


def _names_in(source: str) -> set[str]:
    return {token.string for token in _tokens(source) if token.type == tokenize.NAME}


def _prose_of(source: str) -> Iterator[str]:
    yield from (token.string for token in _tokens(source) if token.type == tokenize.COMMENT)
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield ast.get_docstring(node) or ""


def _tokens(source: str) -> Iterator[tokenize.TokenInfo]:
    return tokenize.generate_tokens(io.StringIO(source).readline)
