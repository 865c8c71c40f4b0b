"""Reads the imports and sizes of a source tree, and reports where it breaks the rules of the house."""

import ast
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

INTERFACES = ("api", "connectors", "oauth", "portal")
# What the interfaces share of HTTP; it lies between them and calmboard.
SHARED = "web"
ENTRIES = ("wsgi", "worker")
# From top to bottom: each layer of calmboard imports only itself and those below it.
LAYERS = (
    "operations",
    "exchange",
    "work",
    "events",
    "access",
    "models",
    "queue",
    "mail",
    "preconditions",
    "lookups",
    "outgoing",
    "pagination",
    "replica",
    "db",
    "engines",
    "clock",
    "errors",
    "ids",
    "settings",
    "extensions",
)
# Flask in calmboard is its application, which database, queue and commands are bound to; never a request.
FLASK_APP_MODULES = (
    "calmboard.operations.cli",
    "calmboard.operations.jobs",
    "calmboard.access.reads",
    "calmboard.db",
    "calmboard.extensions",
    "calmboard.queue",
)
FLASK_APP_NAMES = ("flask.Flask", "flask.current_app", "flask.globals.app_ctx", "flask.cli")
HTTP_PACKAGES = ("flask", "flask_limiter", "flask_login", "flask_wtf", "granian", "werkzeug", "wtforms")

MAX_FILE_LINES = 400
MAX_FUNCTION_LINES = 25

_SOURCE_SUFFIXES = (".py", ".html", ".css", ".js")
_EXCLUDED = {"vendor", "node_modules", "migrations", "instance"}


def layer_violations(root: Path) -> list[str]:
    """A sentence for each import that goes up, between interfaces, or from calmboard to HTTP."""
    modules = dict(_modules(root))
    return [violation for module, path in modules.items() for name in _imports(path) if (violation := _violation(module, name))]


def oversized(root: Path) -> list[str]:
    """A sentence for each file and function that no longer can be read in one sitting."""
    tops = [top for top in sorted(root.iterdir()) if not top.name.startswith(".")]
    found = [path for top in tops for path in ([top] if top.is_file() else sorted(top.rglob("*")))]
    files = [
        path for path in found if path.suffix in _SOURCE_SUFFIXES and not _EXCLUDED.intersection(path.relative_to(root).parts)
    ]
    long_files = [f"{path.relative_to(root)} has {count} lines" for path in files if (count := _lines(path)) > MAX_FILE_LINES]
    long_functions = chain.from_iterable(_long_functions(root, path) for path in files if path.suffix == ".py")
    return [*long_files, *long_functions]


def _violation(module: str, name: str) -> str | None:
    here, there = module.split(".")[0], name.split(".")[0]
    if here in INTERFACES and there in INTERFACES and here != there:
        return f"{module} imports {name}: interfaces never import each other"
    if here == SHARED and there in INTERFACES:
        return f"{module} imports {name}: what interfaces share knows none of them"
    if here in (*INTERFACES, SHARED, "calmboard") and there in ENTRIES:
        return f"{module} imports {name}: only that file imports every interface"
    if here == "calmboard":
        return _core_violation(module, name)
    return None


def _core_violation(module: str, name: str) -> str | None:
    there = name.split(".")[0]
    if there in (*INTERFACES, SHARED):
        return f"{module} imports {name}: calmboard imports no interface"
    if there in HTTP_PACKAGES and not _is_flask_app(module, name):
        return f"{module} imports {name}: calmboard imports no HTTP"
    if there == "calmboard" and _height(name) > _height(module):
        return f"{module} imports {name}: a layer imports only those below it"
    return None


def _is_flask_app(module: str, name: str) -> bool:
    return module in FLASK_APP_MODULES and name.startswith(FLASK_APP_NAMES)


def _height(module: str) -> int:
    """How high a layer is. Raises ValueError for one that is not among LAYERS yet."""
    parts = module.split(".")
    if len(parts) == 1:
        return 0
    if parts[1] not in LAYERS:
        raise ValueError(f"{module} is not among LAYERS; add it between the layers where it belongs")
    return len(LAYERS) - LAYERS.index(parts[1])


def _modules(root: Path) -> Iterator[tuple[str, Path]]:
    for top in (*INTERFACES, *ENTRIES, SHARED, "calmboard"):
        for path in (root / f"{top}.py", *sorted((root / top).rglob("*.py"))):
            if path.exists():
                parts = path.relative_to(root).with_suffix("").parts
                yield ".".join(parts[:-1] if parts[-1] == "__init__" else parts), path


def _imports(path: Path) -> Iterator[str]:
    """The names a file imports, in full. A dotless import is all there is: ruff refuses the others."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _long_functions(root: Path, path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and (count := _code_lines(node)) > MAX_FUNCTION_LINES:
            yield f"{path.relative_to(root)}: {node.name} has {count} lines"


def _code_lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """The lines of a function without its docstring."""
    end = function.end_lineno or function.lineno
    first = function.body[0]
    docstring = (first.end_lineno or 0) - first.lineno + 1 if ast.get_docstring(function) is not None else 0
    return end - function.lineno + 1 - docstring


def _lines(path: Path) -> int:
    return len(path.read_text().splitlines())
