"""The limiter's two stores, each on the real thing."""

import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import redis
from limits.storage import storage_from_string

from calmboard.access.stores import FixedWindow, storage_uri


@pytest.fixture(scope="session")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    url = f"redis://127.0.0.1:{port}/0"
    with running_redis(url, tmp_path_factory.mktemp("redis"), "--bind", "127.0.0.1", "--port", str(port)):
        yield url


@pytest.fixture
def redis_socket(tmp_path: Path) -> Iterator[Path]:
    path = tmp_path / "redis.sock"
    with running_redis(f"unix://{path}", tmp_path, "--port", "0", "--unixsocket", str(path)):
        yield path


@contextmanager
def running_redis(url: str, directory: Path, *options: str) -> Iterator[None]:
    command = ["redis-server", "--save", "", *options]
    with subprocess.Popen(command, cwd=directory, stdout=subprocess.DEVNULL) as server:
        try:
            wait_for(url)
            yield
        finally:
            server.terminate()


def wait_for(url: str) -> None:
    client = redis.Redis.from_url(url)
    for _ in range(100):
        try:
            client.ping()
            return
        except redis.ConnectionError:
            time.sleep(0.02)
    raise TimeoutError(f"No answer from {url}")


@pytest.fixture(params=["shm", "redis"])
def uri(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    setting = request.getfixturevalue("redis_url") if request.param == "redis" else None
    return storage_uri(setting, tmp_path)


@pytest.fixture
def store(uri: str) -> Iterator[FixedWindow]:
    store = storage_from_string(uri)
    assert isinstance(store, FixedWindow)
    store.reset()
    yield store
    store.reset()
