"""Reads source, and finds the functions that change the database and leave no trace in the audit log."""

import ast
from collections.abc import Iterator

_WRITERS = {"insert", "update", "delete", "insert_or_ignore", "insert_if_absent", "delete_in_batches"}
_SESSION_WRITERS = {"add", "add_all", "merge", "delete"}

Function = ast.FunctionDef | ast.AsyncFunctionDef


def untraced_functions(source: str) -> list[str]:
    """The public functions that write, by themselves or by private helpers, and record nothing on the way.

    One that only commits may leave recording to a public function that it calls.
    """
    module = _Module(ast.parse(source))
    return [name for name in module.functions if not name.startswith("_") and module.is_untraced(name)]


class _Module:
    def __init__(self, tree: ast.Module) -> None:
        classes = [node for node in tree.body if isinstance(node, ast.ClassDef)]
        bodies = [tree.body, *(node.body for node in classes)]
        self.functions = {node.name: node for body in bodies for node in body if isinstance(node, Function)}
        self._statements = {name for node in tree.body for name in _names_of_statement(node)}

    def is_untraced(self, name: str) -> bool:
        own, all_called = self._reached(name, private_only=True), self._reached(name, private_only=False)
        if any(self._writes(each) for each in own):
            return not any(_records(self.functions[each]) for each in own)
        return any(_commits(self.functions[each]) for each in own) and not any(
            _records(self.functions[each]) for each in all_called
        )

    def _reached(self, name: str, *, private_only: bool) -> set[str]:
        """The function, and those of the module that it leads to."""
        reached, waiting = set[str](), [name]
        while waiting:
            here = waiting.pop()
            reached.add(here)
            called = self.functions.keys() & {_name_used(node) for node in ast.walk(self.functions[here])}
            waiting += [other for other in called - reached if other.startswith("_") or not private_only]
        return reached

    def _writes(self, name: str) -> bool:
        nodes = list(ast.walk(self.functions[name]))
        named = any(isinstance(node, ast.Name) and node.id in self._statements for node in nodes)
        return named or any(_is_write(node) for node in nodes)


def _name_used(node: ast.AST) -> str | None:
    if isinstance(node, ast.Attribute) and ast.unparse(node.value) == "self":
        return node.attr
    return node.id if isinstance(node, ast.Name) else None


def _names_of_statement(node: ast.stmt) -> Iterator[str]:
    """The names of a statement that is built once, at the top of its module, and writes."""
    if isinstance(node, ast.Assign | ast.AnnAssign) and any(_is_write(inner) for inner in ast.walk(node)):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        yield from (target.id for target in targets if isinstance(target, ast.Name))


def _is_write(node: ast.AST) -> bool:
    if not isinstance(node, ast.Call):
        return False
    if ast.unparse(node.func).removeprefix("db.") in _WRITERS:
        return True
    return _is_session_call(node, _SESSION_WRITERS)


def _commits(function: Function) -> bool:
    return any(_is_session_call(node, {"commit"}) for node in ast.walk(function))


def _is_session_call(node: ast.AST, names: set[str]) -> bool:
    """Whether it is `db.session.add(…)` or `session.add(…)`."""
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute) or node.func.attr not in names:
        return False
    return ast.unparse(node.func.value).removeprefix("db.") in ("session", "session()")


def _records(function: Function) -> bool:
    return any(
        isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "record_audit"
        for node in ast.walk(function)
    )
