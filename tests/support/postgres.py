"""One PostgreSQL server for a whole test run, started by the first test that needs it."""

import os
import subprocess
from pathlib import Path

from tests.support.programs import find_program
from tests.support.run import make_once

# A linguistic collation, as servers have it: whatever relies on byte order has to request it.
_LOCALE = ("--encoding=UTF8", "--locale=C.UTF-8", "--locale-provider=icu", "--icu-locale=en-US")
# Nothing in it has to survive a crash.
_SETTINGS = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=200", "listen_addresses=")


def postgres_url(run_dir: Path, name: str) -> str:
    """The URL of a database on the run's server, which is started where it is not running yet."""
    directory = run_dir / "postgres"
    make_once(directory, lambda: _start(directory))
    return f"postgresql://postgres@/{name}?host={directory}"


def stop_postgres(run_dir: Path) -> None:
    directory = run_dir / "postgres"
    if (directory / "data" / "postmaster.pid").exists():
        _run("pg_ctl", "stop", "--mode=immediate", f"--pgdata={directory / 'data'}")


def _start(directory: Path) -> None:
    data = directory / "data"
    directory.mkdir(exist_ok=True)
    if os.geteuid() == 0:
        subprocess.run(["chown", "postgres", str(directory)], check=True)
    _run("initdb", f"--pgdata={data}", "--username=postgres", "--auth=trust", "--no-sync", *_LOCALE)
    options = " ".join(f"-c {setting}" for setting in (*_SETTINGS, f"unix_socket_directories={directory}"))
    _run("pg_ctl", "start", "--wait", f"--pgdata={data}", f"--log={directory / 'log'}", f"--options={options}")


def _run(program: str, *arguments: str) -> None:
    """PostgreSQL refuses to run as root; Debian's package creates a user for it."""
    user = "postgres" if os.geteuid() == 0 else None
    command = [find_program("postgresql", program), *arguments]
    subprocess.run(command, check=True, user=user, cwd="/", stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
