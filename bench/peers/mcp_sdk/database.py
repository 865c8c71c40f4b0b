"""Connections to PostgreSQL, whose address asyncpg reads from PGHOST, PGUSER and PGDATABASE; statements stay prepared."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg

_pool: asyncpg.Pool | None = None


@asynccontextmanager
async def opened() -> AsyncIterator[None]:
    """One pool for each process, however often the SDK enters the lifespan."""
    global _pool
    if _pool is None:
        _pool = await asyncpg.create_pool(min_size=1, max_size=16)
    yield


async def fetch(statement: str, *values: Any) -> list[asyncpg.Record]:
    assert _pool
    return await _pool.fetch(statement, *values)
