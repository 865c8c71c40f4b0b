"""Reads a source tree: its files and modules, and what each module imports."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from tests.house.rules.order import PRODUCT

_SUFFIXES = (".py", ".html", ".css", ".js")
_EXCLUDED = {"vendor", "bundles", "node_modules", "migrations", "instance"}


@dataclass(frozen=True)
class Module:
    """A module of the product; `name` in full, as it is imported."""

    name: str
    path: Path

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.path.read_text())

    @property
    def is_package(self) -> bool:
        return self.path.name == "__init__.py"

    @cached_property
    def imports(self) -> list[str]:
        """The names it imports, in functions too. A dotless import is all there is: ruff refuses the others."""
        return [name for node in ast.walk(self.tree) for name in imported_names(node)]


def imported_names(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        yield from (f"{node.module}.{alias.name}" for alias in node.names)


def product_modules(root: Path) -> dict[str, Module]:
    """The modules of the product by their names."""
    paths = [path for top in PRODUCT for path in (root / f"{top}.py", *sorted((root / top).rglob("*.py"))) if path.exists()]
    return {name: Module(name, path) for path in paths if (name := _module_name(path.relative_to(root)))}


def imported_modules(modules: dict[str, Module]) -> dict[str, set[str]]:
    """The modules of the product that each of them imports; an imported function counts as its module."""
    return {
        name: {found for text in module.imports if (found := _module_of(text, modules)) and found != name}
        for name, module in modules.items()
    }


def source_files(root: Path) -> list[Path]:
    tops = [top for top in sorted(root.iterdir()) if not top.name.startswith(".")]
    found = [path for top in tops for path in ([top] if top.is_file() else sorted(top.rglob("*")))]
    return [path for path in found if path.suffix in _SUFFIXES and not _EXCLUDED.intersection(path.relative_to(root).parts)]


def python_files(root: Path) -> list[Path]:
    return [path for path in source_files(root) if path.suffix == ".py"]


def _module_name(path: Path) -> str:
    parts = path.with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _module_of(text: str, modules: dict[str, Module]) -> str | None:
    parent = text.rpartition(".")[0]
    return text if text in modules else parent if parent in modules else None
