"""The servers that are measured: ours as `make run` starts it, and the peers, each by its framework's own command."""

import os
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from bench.side_by_side.filled import UNREACHED, Filled
from calmboard.settings import Settings
from tests.support.servers.programs import free_port, wait_until
from tests.support.servers.server import ROOT, answers, environment_of, outside_environment, started

PEERS = ROOT / "bench" / "peers"
_OUR_PYTHON, _PYTHON = ROOT / ".venv" / "bin", ROOT / ".venv-peers" / "bin"
_NODE = PEERS / "node_modules"
# Where Debian's packages put sources.
_GO_SOURCES = Path("/usr/share/gocode")


@dataclass(frozen=True, slots=True)
class Server:
    """A running server: `process` is the one above all of its others."""

    name: str
    process: int
    port: int
    filled: Filled


@contextmanager
def our_server(name: str, filled: Filled) -> Iterator[Server]:
    with _ours(name, [str(_OUR_PYTHON / "flask"), "--app", "wsgi", "serve"], filled) as server:
        yield server


@contextmanager
def our_server_with_kept_keys(name: str, filled: Filled) -> Iterator[Server]:
    """Ours, which reads no key again for some seconds; without a worker, which the other one has."""
    command = [str(_OUR_PYTHON / "python"), "-m", "bench.kept_keys"]
    with _ours(name, command, replace(filled, settings=replace(filled.settings, port=free_port()))) as server:
        yield server


@contextmanager
def _ours(name: str, command: list[str], filled: Filled) -> Iterator[Server]:
    settings = filled.settings
    environment = {**environment_of(settings), "CALMBOARD_RATE_STORAGE_URL": settings.rate_storage_url or ""}
    with _running(name, command, environment, ROOT, settings.instance_dir, settings.port) as process:
        yield Server(name, process.pid, settings.port, filled)


@contextmanager
def peer(name: str, filled: Filled, redis_url: str, directory: Path, requests_each: int = UNREACHED.amount) -> Iterator[Server]:
    """A peer on the database of ours, which has to be PostgreSQL; each key may send so many requests a minute."""
    port = free_port()
    environment = _environment(filled.settings, redis_url, port) | {"RATE_LIMIT": str(requests_each)}
    with _running(name, _COMMANDS[name](port, directory), environment, PEERS / name, directory, port) as process:
        yield Server(name, process.pid, port, filled)


def _environment(settings: Settings, redis_url: str, port: int) -> dict[str, str]:
    """What every peer is configured by; the database by the variables of libpq, which all their drivers know."""
    database, _, host = settings.database_url.partition("@/")[2].partition("?host=")
    return {
        **outside_environment(),
        "PORT": str(port),
        "PGHOST": host,
        "PGUSER": "postgres",
        "PGDATABASE": database,
        "REDIS_URL": redis_url,
        "WINDOW_SCRIPT": str(PEERS / "window.lua"),
        "PUBLIC_URL": settings.origin,
    }


@contextmanager
def _running(
    name: str, command: list[str], environment: Mapping[str, str], code: Path, directory: Path, port: int
) -> Iterator[subprocess.Popen[bytes]]:
    log_file = directory / f"{name}.log"
    with log_file.open("wb") as log, started(command, environment, log.fileno(), code) as process:
        wait_until(lambda: answers(f"http://127.0.0.1:{port}/healthz", process), name, within_s=60)
        yield process


def _fastapi(port: int, _directory: Path) -> list[str]:
    options = ["--workers=2", "--host=127.0.0.1", f"--port={port}", "--no-access-log", "--log-level=warning"]
    return [str(_PYTHON / "uvicorn"), "main:app", *options]


def _django_rest_framework(port: int, _directory: Path) -> list[str]:
    options = ["--workers=2", "--threads=4", f"--bind=127.0.0.1:{port}", "--log-level=warning", "--no-control-socket"]
    return [str(_PYTHON / "gunicorn"), *options, "config.wsgi"]


def _flask(port: int, _directory: Path) -> list[str]:
    options = ["--interface=wsgi", "--workers=2", "--blocking-threads=2", "--host=127.0.0.1", f"--port={port}"]
    return [str(_OUR_PYTHON / "granian"), *options, "--log-level=warning", "main:app"]


def _fastify(_port: int, _directory: Path) -> list[str]:
    return [str(find_node()), "server.js"]


def _go(_port: int, directory: Path) -> list[str]:
    program = directory / "go-peer"
    if not (_GO_SOURCES / "src/github.com/jackc/pgx/v4").is_dir():
        raise FileNotFoundError("There is no pgx for Go: apt-get install golang-github-jackc-pgx-v4-dev")
    environment = {**os.environ, "GO111MODULE": "off", "GOPATH": str(_GO_SOURCES), "GOFLAGS": ""}
    subprocess.run(["go", "build", "-o", str(program), "."], cwd=PEERS / "go", env=environment, check=True)
    return [str(program)]


def _mcp_sdk(port: int, _directory: Path) -> list[str]:
    options = ["--workers=2", "--host=127.0.0.1", f"--port={port}", "--no-access-log", "--log-level=warning"]
    return [str(_PYTHON / "uvicorn"), "server:app", *options]


def _oidc_provider(_port: int, _directory: Path) -> list[str]:
    return [str(find_node()), "server.js"]


def find_node() -> Path:
    """The Node that comes with the peers' packages. Raises FileNotFoundError where those are not installed."""
    if (node := next(_NODE.glob("node-linux-*/bin/node"), None)) is None:
        raise FileNotFoundError("There is no Node for the peers: make bench/peers/node_modules")
    return node


_COMMANDS = {
    "fastapi": _fastapi,
    "django_rest_framework": _django_rest_framework,
    "flask": _flask,
    "fastify": _fastify,
    "go": _go,
    "mcp_sdk": _mcp_sdk,
    "oidc_provider": _oidc_provider,
}
