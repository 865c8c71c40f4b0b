"""One PostgreSQL server for a whole test run, started by the first test that needs it, and replicas of it."""

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.support.servers.programs import find_program
from tests.support.servers.run import make_once

# A linguistic collation, as servers have it: whatever relies on byte order has to request it.
_LOCALE = ("--encoding=UTF8", "--locale=C.UTF-8", "--locale-provider=icu", "--icu-locale=en-US")
_COMMON = ("max_connections=200", "listen_addresses=")
# Nothing in it has to survive a crash.
_SETTINGS = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", *_COMMON)


def postgres_url(run_dir: Path, name: str) -> str:
    """The URL of a database on the run's server, which is started where it is not running yet."""
    directory = run_dir / "postgres"
    make_once(directory, lambda: _start(directory))
    return f"postgresql://postgres@/{name}?host={directory}"


def stop_postgres(run_dir: Path) -> None:
    directory = run_dir / "postgres"
    if (directory / "data" / "postmaster.pid").exists():
        _stop_server(directory)


@contextmanager
def running_replica(run_dir: Path, directory: Path, name: str) -> Iterator[str]:
    """The URL of a database on a hot standby that streams from the run's server, and shows nothing committed since it began."""
    _copy(run_dir, directory, "--write-recovery-conf")
    _start_server(directory, "recovery_min_apply_delay=1h")
    try:
        yield f"postgresql://postgres@/{name}?host={directory}"
    finally:
        _stop_server(directory)


@dataclass(frozen=True)
class OwnPostgres:
    """A server for one test, with a copy of all databases of the run's server."""

    directory: Path

    def url(self, name: str) -> str:
        return f"postgresql://postgres@/{name}?host={self.directory}"

    @property
    def process(self) -> int:
        """The process above all of its others."""
        return int((self.directory / "data" / "postmaster.pid").read_text().split()[0])

    def stop(self) -> None:
        _stop_server(self.directory)

    def start(self) -> None:
        _start_server(self.directory, "synchronous_commit=on")  # what was committed is there after a stop

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """None of its processes runs, but the kernel still takes what is sent to them."""
        main = self.process
        processes = [main, *map(int, Path(f"/proc/{main}/task/{main}/children").read_text().split())]
        for process in processes:
            os.kill(process, signal.SIGSTOP)
        try:
            yield
        finally:
            for process in processes:
                os.kill(process, signal.SIGCONT)


@contextmanager
def running_durable_postgres(directory: Path) -> Iterator[OwnPostgres]:
    """An empty server that keeps what it committed, as a real one does: for measuring."""
    _make_cluster(directory)
    _start_with(directory, _COMMON)
    try:
        yield OwnPostgres(directory)
    finally:
        _stop_server(directory)


@contextmanager
def running_postgres(run_dir: Path, directory: Path) -> Iterator[OwnPostgres]:
    _copy(run_dir, directory)
    server = OwnPostgres(directory)
    server.start()
    try:
        yield server
    finally:
        if (directory / "data" / "postmaster.pid").exists():
            server.stop()


def _copy(run_dir: Path, directory: Path, *options: str) -> None:
    _make_directory(directory)
    source = (f"--host={run_dir / 'postgres'}", "--username=postgres")
    _run("pg_basebackup", f"--pgdata={directory / 'data'}", *source, *options, "--checkpoint=fast", "--no-sync")


def _start(directory: Path) -> None:
    _make_cluster(directory)
    _start_server(directory)


def _make_cluster(directory: Path) -> None:
    _make_directory(directory)
    _run("initdb", f"--pgdata={directory / 'data'}", "--username=postgres", "--auth=trust", "--no-sync", *_LOCALE)


def _make_directory(directory: Path) -> None:
    directory.mkdir(exist_ok=True)
    if os.geteuid() == 0:
        subprocess.run(["chown", "postgres", str(directory)], check=True)


def _start_server(directory: Path, *settings: str) -> None:
    _start_with(directory, (*_SETTINGS, *settings))


def _start_with(directory: Path, settings: tuple[str, ...]) -> None:
    options = " ".join(f"-c {setting}" for setting in (f"unix_socket_directories={directory}", *settings))
    where = (f"--pgdata={directory / 'data'}", f"--log={directory / 'log'}")
    _run("pg_ctl", "start", "--wait", *where, f"--options={options}")


def _stop_server(directory: Path) -> None:
    _run("pg_ctl", "stop", "--mode=immediate", f"--pgdata={directory / 'data'}")


def _run(program: str, *arguments: str) -> None:
    """PostgreSQL refuses to run as root; Debian's package creates a user for it."""
    user = "postgres" if os.geteuid() == 0 else None
    command = [find_program("postgresql", program), *arguments]
    subprocess.run(command, check=True, user=user, cwd="/", stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
