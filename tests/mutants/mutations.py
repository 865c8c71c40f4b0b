"""All mutants of a file: its source with one small change each."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.mutants.operators import OPERATORS

# Nothing is decided there: types, and the names of what a module offers.
_SKIPPED_FIELDS = {"annotation", "returns", "decorator_list"}


@dataclass(frozen=True)
class Mutant:
    """The `index`-th change of a file; `before` and `after` are the statement around it."""

    path: Path
    index: int
    operator: str
    line: int
    before: str
    after: str


@dataclass(frozen=True)
class _Change:
    """What stands in the place `key` of a parent's field, and what shall stand there."""

    parent: ast.AST
    field: str
    key: int | None
    node: Any
    replacement: ast.AST
    operator: str
    statement: ast.stmt

    def put(self, node: ast.AST) -> None:
        if self.key is None:
            setattr(self.parent, self.field, node)
        else:
            getattr(self.parent, self.field)[self.key] = node


def mutants_of(path: Path) -> list[Mutant]:
    return [
        Mutant(path, index, change.operator, change.node.lineno, *_texts(change))
        for index, change in enumerate(_changes(ast.parse(path.read_text())))
    ]


def mutated_tree(path: Path, index: int) -> ast.Module:
    """The file's tree with its `index`-th change in it."""
    tree = ast.parse(path.read_text())
    change = list(_changes(tree))[index]
    change.put(ast.copy_location(change.replacement, change.node))
    return ast.fix_missing_locations(tree)


def _texts(change: _Change) -> tuple[str, str]:
    """The statement without and with the change."""
    if change.node is change.statement:
        return _head(change.node), _head(change.replacement)
    before = _head(change.statement)
    change.put(change.replacement)
    after = _head(change.statement)
    change.put(change.node)
    return before, after


def _head(node: ast.AST) -> str:
    """The statement's source; of a compound one only what stands before its block."""
    text = ast.unparse(ast.fix_missing_locations(node))
    return text.splitlines()[0] if hasattr(node, "body") else text


def _changes(tree: ast.Module) -> Iterator[_Change]:
    for parent, field, key, node, statement in _places(tree, None):
        for operator in OPERATORS:
            for replacement in operator(node):
                yield _Change(parent, field, key, node, replacement, operator.__name__, statement)


def _places(parent: ast.AST, statement: ast.stmt | None) -> Iterator[tuple[ast.AST, str, int | None, ast.AST, ast.stmt]]:
    """Every node with its parent, its place there and the statement that it belongs to."""
    for field, value in ast.iter_fields(parent):
        if field in _SKIPPED_FIELDS:
            continue
        for key, node in enumerate(value) if isinstance(value, list) else [(None, value)]:
            if not isinstance(node, ast.AST) or _is_offered_names(node):
                continue
            around = node if isinstance(node, ast.stmt) else statement
            if around is not None:
                yield parent, field, key, node, around
            yield from _places(node, around)


def _is_offered_names(node: ast.AST) -> bool:
    return isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__"
