"""Lists of values bound as one parameter, so that a statement is the same however many there are."""

import json
from collections.abc import Collection
from typing import Any

from sqlalchemy import BindParameter, Boolean, ColumnElement, Dialect, Text, bindparam
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeDecorator, TypeEngine


def is_one_of(column: Any, name: str) -> ColumnElement[bool]:
    """The column holds one of the values bound as `name`."""
    return _IsOneOf(column, bound_list(name, column))


def bound_list(name: str, column: Any) -> BindParameter[Any]:
    """The parameter itself, for values of a column."""
    return bindparam(name, type_=_ListOf(column.type))


class _IsOneOf(FunctionElement[bool]):
    inherit_cache = True
    type = Boolean()
    _is_implicitly_boolean = True  # a comparison with 1, as SQLite gets for functions, would keep it from the index


@compiles(_IsOneOf, "postgresql")
def _any(element: _IsOneOf, compiler: SQLCompiler, **options: Any) -> str:
    column, values = (compiler.process(clause, **options) for clause in element.clauses)
    return f"{column} = ANY ({values})"


@compiles(_IsOneOf, "sqlite")
def _in_json(element: _IsOneOf, compiler: SQLCompiler, **options: Any) -> str:
    column, values = (compiler.process(clause, **options) for clause in element.clauses)
    return f"{column} IN (SELECT value FROM json_each({values}))"  # noqa: S608 -- a parameter


class _ListOf(TypeDecorator[Collection[Any]]):
    """An array, or JSON in SQLite."""

    impl = Text
    cache_ok = True

    def __init__(self, kind: TypeEngine[Any]) -> None:
        super().__init__()
        self.kind = kind

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(Text() if dialect.name == "sqlite" else ARRAY(self.kind))

    def process_bind_param(self, value: Collection[Any] | None, dialect: Dialect) -> Any:
        if value is None or dialect.name != "sqlite":
            return None if value is None else list(value)
        convert = self.kind.dialect_impl(dialect).bind_processor(dialect)
        return json.dumps([convert(item) if convert else item for item in value])
