"""The product in one go: server and worker, which start and end together."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from ipaddress import IPv4Address
from pathlib import Path

from calmboard.errors import Conflict, InternalError
from calmboard.settings import Settings

_ROOT = Path(__file__).parents[2]
_LOOPBACK, _EVERY_INTERFACE = "127.0.0.1", str(IPv4Address(0))
_STARTUP_POLL_INTERVAL_S, _POLL_INTERVAL_S = 0.02, 0.2
_SHUTDOWN_TIMEOUT_S = 10

Programs = dict[str, subprocess.Popen[bytes]]


def require_free_port(settings: Settings) -> None:
    """Raises Conflict where the port cannot be listened on."""
    try:
        socket.create_server((_host(settings), settings.port)).close()
    except OSError as error:
        reason = os.strerror(error.errno or 0).lower()
        other = f"such as PORT={settings.port + 1}" if settings.port < 65535 else "such as PORT=8000"
        raise Conflict(f"Port {settings.port} cannot be used: {reason}. Choose another one, {other}.") from None


def serve(settings: Settings, announce: Callable[[], None]) -> None:
    """Run server and worker until SIGINT, SIGTERM or SIGHUP; `announce` is called once requests are accepted.

    Raises InternalError where one of the two ended by itself; the other is ended then.
    """
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: stop.set())
    with _running(settings) as programs:
        announced = False
        while not stop.wait(_POLL_INTERVAL_S if announced else _STARTUP_POLL_INTERVAL_S):
            _require_all_running(programs)
            if not announced and _accepts_connections(settings):
                announce()
                announced = True


@contextmanager
def _running(settings: Settings) -> Iterator[Programs]:
    environment = {**os.environ, "CALMBOARD_INSTANCE_DIR": str(settings.instance_dir)}
    programs: Programs = {}
    try:
        for name, arguments in _commands(settings).items():
            # In groups of their own, so that Ctrl-C reaches this process alone, which then ends them in order.
            programs[name] = subprocess.Popen([sys.executable, *arguments], cwd=_ROOT, env=environment, process_group=0)
        yield programs
    finally:
        _end(programs)


def _commands(settings: Settings) -> dict[str, list[str]]:
    return {
        "server": [
            *("-m", "granian", "--interface=wsgi", "--factory", "--no-ws", "--log-level=warning"),
            *("--workers=2", "--blocking-threads=4", "--respawn-failed-workers", "--workers-kill-timeout=3"),
            *(f"--host={_host(settings)}", f"--port={settings.port}", "wsgi:create_app"),
        ],
        "worker": ["worker.py"],
    }


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
