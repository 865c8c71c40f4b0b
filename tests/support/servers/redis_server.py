"""A real Redis, or Valkey where the machine has that instead."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import redis

from tests.support.servers.programs import find_program, free_port, wait_until


@contextmanager
def running_redis(directory: Path) -> Iterator[str]:
    """A server of its own; yields its URL."""
    port = free_port()
    url = f"redis://127.0.0.1:{port}/0"
    with _running(url, directory, "--bind", "127.0.0.1", "--port", str(port)):
        yield url


@contextmanager
def running_redis_on_a_socket(directory: Path) -> Iterator[Path]:
    """The same on a Unix socket; yields its path."""
    path = directory / "redis.sock"
    with _running(f"unix://{path}", directory, "--port", "0", "--unixsocket", str(path)):
        yield path


@contextmanager
def _running(url: str, directory: Path, *options: str) -> Iterator[None]:
    program = find_program("redis-server", "redis-server", "valkey-server")
    command = [program, "--save", "", *options]
    with subprocess.Popen(command, cwd=directory, stdout=subprocess.DEVNULL) as process:
        try:
            wait_until(lambda: _answers(url), "Redis")
            yield
        finally:
            process.terminate()


def _answers(url: str) -> bool:
    with redis.Redis.from_url(url) as client:
        try:
            return bool(client.ping())
        except redis.ConnectionError:
            return False
