"""How a database would answer statements: what EXPLAIN says of each."""

from collections.abc import Iterator

from flask import Flask

from calmboard.db import db
from tests.support.statements import Statement


def plans_of(app: Flask, statements: list[Statement], *avoided: str) -> Iterator[Statement]:
    """Each statement that reads or changes rows, with its plan.

    What is in a test's small tables is cheaper to walk and to sort, so PostgreSQL is set to avoid these ways where it can.
    """
    with app.app_context(), db.engines["autocommit"].connect() as connection:
        is_sqlite = connection.dialect.name == "sqlite"
        for setting in () if is_sqlite else avoided:
            connection.exec_driver_sql(f"SET {setting} = off")
        for statement, parameters in statements:
            if statement.startswith(("SELECT", "UPDATE", "DELETE", "WITH")):
                explain = "EXPLAIN QUERY PLAN " if is_sqlite else "EXPLAIN "
                rows = connection.exec_driver_sql(explain + statement, parameters).all()
                yield statement, "\n".join(str(row[-1]) for row in rows)
        connection.invalidate()
