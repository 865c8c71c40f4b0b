"""What stands behind the servers of a run: PostgreSQL, Redis, and a filled database of each kind."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
import redis

from bench.side_by_side.filled import Filled, filled_database
from bench.side_by_side.seed import Size
from tests.support.servers.postgres import running_durable_postgres
from tests.support.servers.redis_server import running_redis


@dataclass(frozen=True, slots=True)
class Stage:
    """`stores` are the processes of PostgreSQL and Redis, whose CPU is counted apart from the servers'."""

    directory: Path
    redis_url: str
    stores: dict[str, int]
    on_postgresql: Filled
    on_sqlite: Filled


@contextmanager
def running_stage(directory: Path, size: Size) -> Iterator[Stage]:
    with running_durable_postgres(directory / "postgres") as postgres, running_redis(directory) as redis_url:
        with psycopg.connect(postgres.url("postgres"), autocommit=True) as connection:
            connection.execute("CREATE DATABASE calmboard")
        url = postgres.url("calmboard")
        on_postgresql = filled_database(url, _new(directory / "a"), size, CALMBOARD_RATE_STORAGE_URL=redis_url)
        on_sqlite = filled_database(f"sqlite:///{directory}/calmboard.db", _new(directory / "b"), size)
        stores = {"postgresql": postgres.process, "redis": _process_of(redis_url)}
        yield Stage(directory, redis_url, stores, on_postgresql, on_sqlite)


def _new(directory: Path) -> Path:
    directory.mkdir()
    return directory


def _process_of(redis_url: str) -> int:
    with redis.Redis.from_url(redis_url) as client:
        return int(client.info("server")["process_id"])
