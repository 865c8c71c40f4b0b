"""What can be read in one sitting: the lines of files and functions, the files of a folder."""

import ast
from collections import Counter
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

from tests.house.rules.order import MAX_FILE_LINES, MAX_FOLDER_FILES, MAX_FUNCTION_LINES
from tests.house.rules.source import python_files, source_files


def size_breaches(root: Path) -> list[str]:
    """A sentence for each file and function that no longer can be read in one sitting."""
    lines = {path: len(path.read_text().splitlines()) for path in source_files(root)}
    too_long = [path for path, count in lines.items() if count > MAX_FILE_LINES]
    long_files = (f"{path.relative_to(root)} has {lines[path]} lines: split it" for path in too_long)
    return [*long_files, *chain.from_iterable(_long_functions(root, path) for path in python_files(root))]


def folder_breaches(root: Path) -> list[str]:
    """A sentence for each folder with too many Python files."""
    counts = Counter(path.parent.relative_to(root) for path in python_files(root))
    return [
        f"{folder} has {count} Python files: make folders of those that belong together"
        for folder, count in counts.items()
        if count > MAX_FOLDER_FILES
    ]


def _long_functions(root: Path, path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and (count := _code_lines(node)) > MAX_FUNCTION_LINES:
            yield f"{path.relative_to(root)}: {node.name} has {count} lines: give its steps functions of their own"


def _code_lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """The lines of a function without its docstring."""
    end = function.end_lineno or function.lineno
    first = function.body[0]
    docstring = (first.end_lineno or 0) - first.lineno + 1 if ast.get_docstring(function) is not None else 0
    return end - function.lineno + 1 - docstring
