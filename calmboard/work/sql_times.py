"""Functions of times that the databases spell differently."""

from datetime import date
from typing import Any

from sqlalchemy import Date, Integer
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement


class UtcDay(FunctionElement[date]):
    """The day of a moment, in UTC."""

    type = Date()
    inherit_cache = True


class SecondsBetween(FunctionElement[int]):
    """From one moment to a later one, in whole seconds."""

    type = Integer()
    inherit_cache = True


@compiles(UtcDay, "sqlite")
def _day_on_sqlite(element: UtcDay, compiler: SQLCompiler, **options: Any) -> str:
    return f"date({compiler.process(element.clauses, **options)})"


@compiles(UtcDay, "postgresql")
def _day_on_postgresql(element: UtcDay, compiler: SQLCompiler, **options: Any) -> str:
    return f"CAST(timezone('UTC', {compiler.process(element.clauses, **options)}) AS DATE)"


@compiles(SecondsBetween, "sqlite")
def _seconds_on_sqlite(element: SecondsBetween, compiler: SQLCompiler, **options: Any) -> str:
    first, last = (compiler.process(clause, **options) for clause in element.clauses)
    return f"CAST(round((julianday({last}) - julianday({first})) * 86400) AS INTEGER)"


@compiles(SecondsBetween, "postgresql")
def _seconds_on_postgresql(element: SecondsBetween, compiler: SQLCompiler, **options: Any) -> str:
    first, last = (compiler.process(clause, **options) for clause in element.clauses)
    return f"CAST(round(extract(epoch FROM {last} - {first})) AS BIGINT)"
