"""The product in one go: server and worker, which start and end together."""

import os
import resource
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from ipaddress import IPv4Address
from pathlib import Path

from calmboard.errors import Conflict, InternalError
from calmboard.settings import Settings

_ROOT = Path(__file__).parents[2]
_LOG_CONFIG = Path(__file__).with_name("server-log.json")
_LOOPBACK, _EVERY_INTERFACE = "127.0.0.1", str(IPv4Address(0))
_STARTUP_POLL_INTERVAL_S, _POLL_INTERVAL_S = 0.02, 0.2
_SHUTDOWN_TIMEOUT_S = 10
# A process of the server: its threads, most of which wait for clients (web/serving), and the connections it holds. A head
# has to be there in this time, and a connection without one ends after it; it has to fit the buffer of its connection.
_THREADS, _BACKLOG, _CONNECTIONS, _HEAD_TIMEOUT_MS, _BUFFER_BYTES = 256, 4096, 16384, 20_000, 64 * 1024

# Memory that many threads asked for is kept in few pools, and so used again.
SERVER_ENVIRONMENT = {"MALLOC_ARENA_MAX": "2"}

Programs = dict[str, subprocess.Popen[bytes]]


def require_free_port(settings: Settings) -> None:
    """Raises Conflict where the port cannot be listened on."""
    try:
        socket.create_server((_host(settings), settings.port)).close()
    except OSError as error:
        reason = os.strerror(error.errno or 0).lower()
        other = f"such as PORT={settings.port + 1}" if settings.port < 65535 else "such as PORT=8000"
        raise Conflict(f"Port {settings.port} cannot be used: {reason}. Choose another one, {other}.") from None


def serve(settings: Settings, announce: Callable[[], None], *, with_worker: bool) -> None:
    """Run the server, and the worker if asked to, until SIGINT, SIGTERM or SIGHUP.

    `announce` is called once requests are accepted.
    Raises InternalError where one of the two ended by itself; the other is ended then.
    """
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: stop.set())
    with _running(settings, _commands(settings, with_worker)) as programs:
        announced = False
        while not stop.wait(_POLL_INTERVAL_S if announced else _STARTUP_POLL_INTERVAL_S):
            _require_all_running(programs)
            if not announced and _accepts_connections(settings):
                announce()
                announced = True


@contextmanager
def _running(settings: Settings, commands: Mapping[str, list[str]]) -> Iterator[Programs]:
    _allow_open_files(_CONNECTIONS + 1024)
    environment = {**os.environ, **SERVER_ENVIRONMENT, "CALMBOARD_INSTANCE_DIR": str(settings.instance_dir)}
    programs: Programs = {}
    try:
        for name, command in commands.items():
            # In groups of their own, so that Ctrl-C reaches this process alone, which then ends them in order.
            programs[name] = subprocess.Popen(command, cwd=_ROOT, env=environment, process_group=0)
        yield programs
    finally:
        _end(programs)


def _commands(settings: Settings, with_worker: bool) -> dict[str, list[str]]:
    server = {"server": server_command(settings)}
    return {**server, "worker": [sys.executable, "worker.py"]} if with_worker else server


def server_command(settings: Settings, app: str = "wsgi:create_server_app", workers: int = 2) -> list[str]:
    """How the server is started: `app` names a factory of what `web.serving` made of an app."""
    return [
        *(sys.executable, "-m", "granian", "--interface=wsgi", "--factory", "--no-ws", "--http=1", "--log-level=error"),
        *(f"--workers={workers}", f"--blocking-threads={_THREADS}", "--respawn-failed-workers", "--workers-kill-timeout=3"),
        *(f"--backlog={_BACKLOG}", f"--backpressure={_CONNECTIONS}", f"--http1-header-read-timeout={_HEAD_TIMEOUT_MS}"),
        *(f"--http1-buffer-size={_BUFFER_BYTES}", f"--log-config={_LOG_CONFIG}"),
        *(f"--host={_host(settings)}", f"--port={settings.port}", app),
    ]


def _allow_open_files(number: int) -> None:
    """Let the programs hold so many files and connections, or as many as the system allows."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = number if hard == resource.RLIM_INFINITY else min(number, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def _require_all_running(programs: Programs) -> None:
    for name, program in programs.items():
        if program.poll() is not None:
            raise InternalError(f"The {name} ended by itself with exit code {program.returncode}, so everything was ended.")


def _accepts_connections(settings: Settings) -> bool:
    try:
        socket.create_connection((_LOOPBACK, settings.port), timeout=1).close()
    except OSError:
        return False
    return True


def _end(programs: Programs) -> None:
    """Terminate all, and after a timeout kill those that did not exit."""
    for program in programs.values():
        program.terminate()
    deadline_s = time.monotonic() + _SHUTDOWN_TIMEOUT_S
    for program in programs.values():
        with suppress(subprocess.TimeoutExpired):
            program.wait(max(0.1, deadline_s - time.monotonic()))
        with suppress(ProcessLookupError):
            os.killpg(program.pid, signal.SIGKILL)
        program.wait()


def _host(settings: Settings) -> str:
    return _LOOPBACK if settings.is_development else _EVERY_INTERFACE
