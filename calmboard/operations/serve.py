"""The product in one go: server and worker, which start and end together."""

import gc
import os
import resource
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from ipaddress import IPv4Address
from pathlib import Path
from typing import NoReturn

import click

from calmboard import logs
from calmboard.errors import Conflict, InternalError
from calmboard.operations.listeners import Listener, find_listener
from calmboard.operations.programs import ENDING_SIGNALS, Program, end_all, show_as
from calmboard.settings import Settings

_ROOT = Path(__file__).parents[2]
_LOG_CONFIG = Path(__file__).with_name("server-log.json")
_LOOPBACK, _EVERY_INTERFACE = "127.0.0.1", str(IPv4Address(0))
_STANDARD_INPUT = 0
_STARTUP_POLL_INTERVAL_S, _POLL_INTERVAL_S = 0.02, 0.2
# How long a server of ours that was left behind may need to end.
_PATIENCE_S = 4
_FACTORY = "wsgi:create_server_app"
# A process of the server: its threads, most of which wait for clients (web/serving), and the connections it holds. A head
# has to be there in this time, and a connection without one ends after it; it has to fit the buffer of its connection.
_THREADS, _BACKLOG, _CONNECTIONS, _HEAD_TIMEOUT_MS, _BUFFER_BYTES = 256, 4096, 16384, 20_000, 64 * 1024

# Memory that many threads asked for is kept in few pools, and so used again.
SERVER_ENVIRONMENT = {"MALLOC_ARENA_MAX": "2"}


def require_free_port(settings: Settings) -> None:
    """Raises Conflict where the port cannot be listened on, with the process that does, if that can be seen."""
    deadline_s = time.monotonic() + _PATIENCE_S
    while (reason := _refusal(settings)) is not None:
        listener = find_listener(settings.port)
        if listener is None or not _is_ours(listener) or time.monotonic() > deadline_s:
            raise _taken(settings.port, reason, listener)
        time.sleep(_POLL_INTERVAL_S)


def become_product(settings: Settings, announcement: str, *, with_worker: bool) -> NoReturn:
    """Go on as product.py in the place of this process, which has seen a database and much else that is not to be forked.

    The announcement, which may hold a password, goes through standard input: others see arguments.
    """
    reader, writer = os.pipe()
    os.write(writer, announcement.encode())
    os.close(writer)
    os.dup2(reader, _STANDARD_INPUT)
    environment = {**os.environ, **SERVER_ENVIRONMENT, "CALMBOARD_INSTANCE_DIR": str(settings.instance_dir)}
    options = [] if with_worker else ["--without-worker"]
    os.execve(sys.executable, [sys.executable, str(_ROOT / "product.py"), *options], environment)  # noqa: S606 -- no shell is what is wanted


def run_product(
    settings: Settings, run_granian: Callable[[list[str]], None], work: Callable[[], None] | None, announcement: str
) -> None:
    """Run the server by granian with these options, and the worker where one is given, until SIGINT, SIGTERM or SIGHUP.

    What is announced is written once requests are accepted. A worker that ends by itself is started again. The process ends with
    code 1 where the server ended by itself, or the worker again and again; all is ended then.
    """
    logs.install(settings.instance_dir)
    show_as("calmboard")
    programs = [Program("server", partial(run_granian, _server_options(settings, _FACTORY, 2)))]
    if work is not None:
        programs.append(Program("worker", work, "Until then e-mails wait, and the site goes on."))
    try:
        _serve(settings, programs, announcement)
    except InternalError as problem:
        click.echo(f"Error: {problem.detail}", err=True)
        sys.exit(1)


def _serve(settings: Settings, programs: list[Program], announcement: str) -> None:
    stop = threading.Event()
    for number in ENDING_SIGNALS:
        signal.signal(number, lambda *_: stop.set())
    gc.collect()
    gc.freeze()  # what was imported is used by all, and a look for garbage would write to it
    with _ended_together(programs):
        announced = False
        while not stop.wait(_POLL_INTERVAL_S if announced else _STARTUP_POLL_INTERVAL_S):
            for program in programs:
                program.keep_running()
            if not announced and _accepts_connections(settings):
                click.echo(announcement)
                announced = True


@contextmanager
def _ended_together(programs: list[Program]) -> Iterator[None]:
    _allow_open_files(_CONNECTIONS + 1024)
    try:
        yield
    finally:
        end_all(programs)


def server_command(settings: Settings, app: str = _FACTORY, workers: int = 2) -> list[str]:
    """How the server is started by itself: `app` names a factory of what `web.serving` made of an app."""
    return [sys.executable, "-m", "granian", *_server_options(settings, app, workers)]


def _server_options(settings: Settings, app: str, workers: int) -> list[str]:
    return [
        *("--interface=wsgi", "--factory", "--no-ws", "--http=1", "--log-level=error"),
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


def _accepts_connections(settings: Settings) -> bool:
    try:
        socket.create_connection((_LOOPBACK, settings.port), timeout=1).close()
    except OSError:
        return False
    return True


def _refusal(settings: Settings) -> str | None:
    """Why the port cannot be listened on."""
    try:
        socket.create_server((_host(settings), settings.port)).close()
    except OSError as error:
        return os.strerror(error.errno or 0).lower()
    return None


def _is_ours(listener: Listener) -> bool:
    return "product.py" in listener.command or _FACTORY in listener.command


def _taken(port: int, reason: str, listener: Listener | None) -> Conflict:
    other = f"such as PORT={port + 1}" if port < 65535 else "such as PORT=8000"
    if listener is None:
        return Conflict(f"Port {port} cannot be used: {reason}. Choose another one, {other}.")
    return Conflict(f"Port {port} is taken by {listener}. End it, or choose another one, {other}.")


def _host(settings: Settings) -> str:
    return _LOOPBACK if settings.is_development else _EVERY_INTERFACE
