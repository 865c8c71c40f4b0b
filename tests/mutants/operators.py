"""The small faults that are put into a program: each operator takes a node and yields what may stand in its place."""

import ast
from collections.abc import Callable, Iterator
from copy import deepcopy

Operator = Callable[[ast.AST], Iterator[ast.AST]]

_BOUNDARIES: dict[type[ast.cmpop], type[ast.cmpop]] = {ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt}
_OPPOSITES: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Lt: ast.GtE,
    ast.LtE: ast.Gt,
    ast.Gt: ast.LtE,
    ast.GtE: ast.Lt,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
}
_ARITHMETIC: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.FloorDiv,
    ast.FloorDiv: ast.Mult,
    ast.Div: ast.Mult,
    ast.Mod: ast.Mult,
    ast.BitOr: ast.BitAnd,
    ast.BitAnd: ast.BitOr,
}
_PAIRS = (("min", "max"), ("any", "all"), ("and_", "or_"), ("is_", "is_not"), ("in_", "not_in"), ("lower", "upper"))
_TWINS = {**dict(_PAIRS), **{second: first for first, second in _PAIRS}}
_CONDITIONS = ("where", "and_", "or_", "on_conflict_do_nothing")


def boundary(node: ast.AST) -> Iterator[ast.AST]:
    yield from _with_comparison(node, _BOUNDARIES)


def opposite(node: ast.AST) -> Iterator[ast.AST]:
    yield from _with_comparison(node, _OPPOSITES)


def and_or(node: ast.AST) -> Iterator[ast.AST]:
    if isinstance(node, ast.BoolOp):
        yield ast.BoolOp(ast.Or() if isinstance(node.op, ast.And) else ast.And(), node.values)


def dropped_operand(node: ast.AST) -> Iterator[ast.AST]:
    """One of the operands of `and` and `or`, of `where()` and its like is forgotten."""
    if isinstance(node, ast.BoolOp):
        for values in _shortened(node.values):
            yield values[0] if len(values) == 1 else ast.BoolOp(node.op, values)
    elif isinstance(node, ast.Call) and _called(node) in _CONDITIONS:
        yield from (ast.Call(node.func, args, node.keywords) for args in _shortened(node.args))


def negated(node: ast.AST) -> Iterator[ast.AST]:
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        yield node.operand
    elif isinstance(node, ast.If | ast.IfExp | ast.While) and not isinstance(node.test, ast.Compare):
        changed = deepcopy(node)
        changed.test = ast.UnaryOp(ast.Not(), node.test)
        yield changed


def constant(node: ast.AST) -> Iterator[ast.AST]:
    if isinstance(node, ast.Constant) and isinstance(node.value, bool):
        yield ast.Constant(not node.value)
    elif isinstance(node, ast.Constant) and isinstance(node.value, int | float):
        yield ast.Constant(node.value + 1)


def compared_text(node: ast.AST) -> Iterator[ast.AST]:
    """Texts are changed where the program decides by them, and not where people read them."""
    if isinstance(node, ast.Compare) and isinstance(text := node.comparators[0], ast.Constant) and isinstance(text.value, str):
        yield ast.Compare(node.left, node.ops, [ast.Constant(text.value + "~"), *node.comparators[1:]])


def returned_nothing(node: ast.AST) -> Iterator[ast.AST]:
    if isinstance(node, ast.Return) and node.value is not None and not _is_none(node.value):
        yield ast.Return(ast.Constant(None))


def deleted(node: ast.AST) -> Iterator[ast.AST]:
    """A statement is forgotten whose lack the program does not notice by itself."""
    if isinstance(node, ast.Raise | ast.AugAssign | ast.Delete) or (
        isinstance(node, ast.Expr) and isinstance(node.value, ast.Call | ast.Yield | ast.Await)
    ):
        yield ast.Pass()


def swapped_arguments(node: ast.AST) -> Iterator[ast.AST]:
    """But of functions that mean the same in any order."""
    if isinstance(node, ast.Call) and _called(node) in (*_CONDITIONS, "max", "min", "select", "union"):
        return
    if isinstance(node, ast.Call) and len(node.args) > 1 and ast.dump(node.args[0]) != ast.dump(node.args[1]):
        first, second, *others = node.args
        yield ast.Call(node.func, [second, first, *others], node.keywords)


def arithmetic(node: ast.AST) -> Iterator[ast.AST]:
    if isinstance(node, ast.BinOp) and type(node.op) in _ARITHMETIC and not isinstance(node.right, ast.Constant | ast.JoinedStr):
        yield ast.BinOp(node.left, _ARITHMETIC[type(node.op)](), node.right)


def twin(node: ast.AST) -> Iterator[ast.AST]:
    """A function that is easily taken for another: min and max, `is_` and `is_not`."""
    if isinstance(node, ast.Call) and (name := _TWINS.get(_called(node) or "")):
        changed = deepcopy(node)
        named = isinstance(node.func, ast.Name)
        changed.func = ast.Name(name, ast.Load()) if named else ast.Attribute(_owner(node), name, ast.Load())
        yield changed


OPERATORS: tuple[Operator, ...] = (
    boundary,
    opposite,
    and_or,
    dropped_operand,
    negated,
    constant,
    compared_text,
    returned_nothing,
    deleted,
    swapped_arguments,
    arithmetic,
    twin,
)


def _with_comparison(node: ast.AST, changes: dict[type[ast.cmpop], type[ast.cmpop]]) -> Iterator[ast.AST]:
    if isinstance(node, ast.Compare):
        for index, one in enumerate(node.ops):
            if (other := changes.get(type(one))) is not None:
                yield ast.Compare(node.left, [*node.ops[:index], other(), *node.ops[index + 1 :]], node.comparators)


def _shortened(items: list[ast.expr]) -> Iterator[list[ast.expr]]:
    """The list without its first item, without its second, and so on; an only item stays."""
    if len(items) > 1:
        yield from ([*items[:index], *items[index + 1 :]] for index in range(len(items)))


def _called(call: ast.Call) -> str | None:
    return call.func.attr if isinstance(call.func, ast.Attribute) else call.func.id if isinstance(call.func, ast.Name) else None


def _owner(call: ast.Call) -> ast.expr:
    return call.func.value if isinstance(call.func, ast.Attribute) else call.func


def _is_none(value: ast.expr) -> bool:
    return isinstance(value, ast.Constant) and value.value is None
