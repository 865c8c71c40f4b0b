"""Which counts are printed as they are: a number of four digits is written “1,234”, by the filter `thousands` or by `plural`."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from jinja2 import Environment, nodes

# What ends in one of these words is a number of things; what is printed of it is formatted.
_COUNT = re.compile(
    r"(?:(?!capitalized).*_)?(?:counts?|length|total|number|amount|max_\w+|in_use|working|paused|expired|ending|endpoints)|MAX_\w+|MOST_\w+"
)
# Whose sentences stand in pages.
_ROOMS = ("portal", "oauth", "calmboard/access")

# What is no count although it is called like one, or is one already in words: the file, what is printed, and why.
EXCEPTIONS = {
    ("templates/tasks/task.html", "number"): "the task's short number, which people say as it is: #1204",
    ("templates/apps/_client.html", "max_callbacks"): "“three”, a word",
    ("templates/agents/_tested.html", "tool_count"): "“23 tools”, by plural()",
    ("templates/agents/_tested_now.html", "tool_count"): "“23 tools”, by plural()",
    ("portal/keys/replacing.py", "number"): "the number that ends a name, as in “Deploy 2”",
    ("portal/shared/form_limits.py", "amount"): "how a limit is written for the limiter",
    ("templates/keys/revoke_selection.html", "number"): "“4 keys”, by plural()",
    ("templates/keys/_revoke_selection.html", "number"): "“4 keys”, by plural()",
}


def count_breaches(root: Path) -> list[str]:
    """A sentence for each count that a template, or a sentence of a page's code, prints as it is."""
    found = [*_in_templates(root), *_in_code(root)]
    return [f"{path}: {name} is printed without thousands" for path, name in found if (path, name) not in EXCEPTIONS]


def _in_templates(root: Path) -> Iterator[tuple[str, str]]:
    environment = Environment(autoescape=True)
    for path in sorted((root / "templates").rglob("*.html")):
        for output in environment.parse(path.read_text()).find_all(nodes.Output):
            yield from ((str(path.relative_to(root)), name) for expression in output.nodes for name in _bare_counts(expression))


def _bare_counts(expression: nodes.Node) -> Iterator[str]:
    """The counts that an expression prints: itself, a branch of a choice, or a part of what is joined."""
    if isinstance(expression, nodes.CondExpr):
        yield from (name for part in (expression.expr1, expression.expr2) if part for name in _bare_counts(part))
    elif isinstance(expression, nodes.Concat):
        yield from (name for part in expression.nodes for name in _bare_counts(part))
    elif isinstance(expression, nodes.Filter | nodes.Getattr | nodes.Name):
        name = expression.attr if isinstance(expression, nodes.Getattr) else expression.name
        yield from filter(_COUNT.fullmatch, [name])


def _in_code(root: Path) -> Iterator[tuple[str, str]]:
    for path in sorted(path for room in _ROOMS for path in (root / room).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FormattedValue) and node.format_spec is None and (name := _name_of(node.value)):
                yield from ((str(path.relative_to(root)), name) for name in filter(_COUNT.fullmatch, [name]))


def _name_of(expression: ast.expr) -> str:
    if isinstance(expression, ast.Call) and isinstance(expression.func, ast.Name):
        return "length" if expression.func.id == "len" else ""
    return expression.attr if isinstance(expression, ast.Attribute) else getattr(expression, "id", "")
