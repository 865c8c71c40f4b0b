"""Whether tests lie where what they test does, and whether every module can be reached by its name."""

import ast
from collections.abc import Iterator
from pathlib import Path

from tests.house.rules.order import EXTERNAL_CLIENTS, UNMIRRORED_TESTS, WALKS
from tests.house.rules.source import Module, product_modules, python_files


def mirror_breaches(root: Path) -> list[str]:
    """A sentence for each folder of tests that has no counterpart in the product."""
    folders = sorted({path.parent.relative_to(root / "tests") for path in python_files(root / "tests")})
    return [
        f"tests/{folder} mirrors no folder {folder}: move its tests to where the product has what they test"
        for folder in folders
        if not _is_unmirrored(folder) and not (root / folder).is_dir()
    ]


def hidden_modules(root: Path) -> list[str]:
    """A sentence for each module that its package hides by an object of the same name."""
    modules = product_modules(root)
    packages = [module for module in modules.values() if module.is_package]
    return [
        f"{package.name}.{name} is a module, and {package.name} binds another thing to its name: rename one of them"
        for package in packages
        for name in sorted(_bound_objects(package))
        if f"{package.name}.{name}" in modules
    ]


def _is_unmirrored(folder: Path) -> bool:
    is_of_others = folder.name == EXTERNAL_CLIENTS or WALKS in folder.parts
    return is_of_others or folder.parts[:1] == () or folder.parts[0] in UNMIRRORED_TESTS


def _bound_objects(package: Module) -> Iterator[str]:
    """The names that a package binds to anything but its own module of that name."""
    for node in package.tree.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.ImportFrom):
            yield from _imported_objects(node, package.name)
        elif isinstance(node, ast.Import):
            yield from (alias.asname for alias in node.names if alias.asname)
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            yield from (name.id for name in ast.walk(node) if isinstance(name, ast.Name) and isinstance(name.ctx, ast.Store))


def _imported_objects(node: ast.ImportFrom, package: str) -> Iterator[str]:
    for alias in node.names:
        name = alias.asname or alias.name
        if f"{node.module}.{alias.name}" != f"{package}.{name}":
            yield name
