"""The limiter's stores, each on the real thing."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from limits.storage import storage_from_string

from calmboard.access.limits.storage import FixedWindow, storage_uri
from tests.support.servers.redis_server import running_redis_on_a_socket


@pytest.fixture(params=["shm", "redis", "redis_by_tls", "valkey"])
def uri(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    setting = None if request.param == "shm" else request.getfixturevalue(f"{request.param}_url")
    return storage_uri(setting, tmp_path)


@pytest.fixture
def store(uri: str) -> Iterator[FixedWindow]:
    store = storage_from_string(uri)
    assert isinstance(store, FixedWindow)
    store.reset()
    yield store
    store.reset()


@pytest.fixture
def redis_socket(tmp_path: Path) -> Iterator[Path]:
    with running_redis_on_a_socket(tmp_path) as path:
        yield path
