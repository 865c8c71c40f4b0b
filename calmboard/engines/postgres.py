"""Connections to PostgreSQL that keep statements by themselves: a cursor of psycopg costs twice what its query does."""

from collections.abc import Sequence
from itertools import count
from typing import Any, Self

import psycopg
from psycopg.abc import PQGen
from psycopg.adapt import PyFormat, Transformer
from psycopg.generators import execute
from psycopg.pq import ExecStatus, Format, TransactionStatus
from psycopg.pq.abc import PGresult

from calmboard.engines.patience import PatientConnection

# The server keeps the plan of each for as long as the connection lives.
_MAX_KEPT = 300
# A migration changed the columns of a result, or the server forgot the statement.
_OUTDATED = (psycopg.errors.FeatureNotSupported, psycopg.errors.InvalidSqlStatementName)
_GOOD = (ExecStatus.TUPLES_OK, ExecStatus.COMMAND_OK)

_names = count()


class PreparingConnection(PatientConnection):
    """In the time zone UTC, so that times come as they are kept and none has to be converted."""

    _kept: dict[str, bytes]
    _transformer: Any  # which psycopg types as what its C part may not be

    @classmethod
    def connect(cls, conninfo: str = "", **options: Any) -> Self:
        connection = super().connect(conninfo, **options)
        connection._kept = {}
        connection._transformer = Transformer(connection)
        was_autocommit, connection.autocommit = connection.autocommit, True
        connection.execute("SET timezone = 'UTC'")
        connection.autocommit = was_autocommit
        return connection

    def fetch(self, sql: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
        """All rows of a statement with parameters such as $1, prepared at its first use. Raises psycopg's errors."""
        return self.wait(self._fetch(sql, values))

    def fetch_once(self, sql: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
        """As `fetch`, planned for these values: what is prepared is soon planned for any."""
        return self.wait(self._fetch_once(sql, values))

    def rollback(self) -> None:
        """psycopg lets the server forget every statement where it had prepared one."""
        super().rollback()
        self._kept.clear()

    def _fetch(self, sql: str, values: Sequence[Any]) -> PQGen[list[tuple[Any, ...]]]:
        yield from self._start_query()
        try:
            return (yield from self._run(sql, values))
        except _OUTDATED:
            self._kept.pop(sql, None)
            if self.pgconn.transaction_status != TransactionStatus.IDLE:
                raise
        return (yield from self._run(sql, values))

    def _run(self, sql: str, values: Sequence[Any]) -> PQGen[list[tuple[Any, ...]]]:
        name = self._kept.get(sql) or (yield from self._prepare(sql))
        self.pgconn.send_query_prepared(name, self._dump(values), result_format=Format.BINARY)
        return self._load((yield from self._result()))

    def _fetch_once(self, sql: str, values: Sequence[Any]) -> PQGen[list[tuple[Any, ...]]]:
        yield from self._start_query()
        self.pgconn.send_query_params(sql.encode(), self._dump(values), result_format=Format.BINARY)
        return self._load((yield from self._result()))

    def _dump(self, values: Sequence[Any]) -> Sequence[Any]:
        parameters: Sequence[Any] = self._transformer.dump_sequence(values, [PyFormat.TEXT] * len(values))
        return parameters

    def _load(self, result: PGresult) -> list[tuple[Any, ...]]:
        self._transformer.set_pgresult(result)
        rows: list[tuple[Any, ...]] = self._transformer.load_rows(0, result.ntuples, tuple)
        return rows

    def _prepare(self, sql: str) -> PQGen[bytes]:
        if len(self._kept) >= _MAX_KEPT:
            yield from self._deallocate(self._kept.pop(next(iter(self._kept))))
        name = b"calmboard_%d" % next(_names)
        self.pgconn.send_prepare(name, sql.encode())
        yield from self._result()
        self._kept[sql] = name
        return name

    def _result(self) -> PQGen[PGresult]:
        result: PGresult = (yield from execute(self.pgconn))[-1]
        if result.status not in _GOOD:
            raise psycopg.errors.error_from_result(result, encoding="utf-8")
        return result
