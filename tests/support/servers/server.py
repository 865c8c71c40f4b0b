"""The real server: granian with two worker processes, as it runs in production."""

import os
import signal
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from huey.storage import SqliteStorage

from calmboard.operations.serve import SERVER_ENVIRONMENT, server_command
from calmboard.settings import Settings
from tests.support.servers.programs import wait_until

ROOT = Path(__file__).parents[3]


@dataclass(frozen=True)
class Server:
    """A running server; `log` is everything it wrote."""

    url: str
    log_file: Path
    process: subprocess.Popen[bytes]

    @property
    def log(self) -> str:
        return self.log_file.read_text()

    def __str__(self) -> str:
        return self.url


@contextmanager
def running_server(settings: Settings, factory: str = "wsgi:create_server_app", **changes: str) -> Iterator[Server]:
    """Serve the database and instance of these settings until the block ends; changes are further settings.

    It trusts one proxy, so that a test can have an address of its own by X-Forwarded-For.
    """
    note_worker(settings.instance_dir)
    environment = {**environment_of(settings), **SERVER_ENVIRONMENT, "CALMBOARD_TRUSTED_PROXIES": "1", **changes}
    command = [*server_command(settings, factory), "--log-level=info"]
    log_file = settings.instance_dir / f"server-{settings.port}.log"
    with log_file.open("wb") as log, started(command, environment, log.fileno()) as process:
        wait_until(lambda: answers(f"{settings.origin}/healthz", process), "The server")
        # A worker that is still starting does not notice that it is to stop.
        wait_until(lambda: log_file.read_text().count("Started worker-") == 2, "Each worker")
        yield Server(settings.origin, log_file, process)


def note_worker(instance_dir: Path) -> None:
    """Let an instance think for an hour that a worker lives, which a test of the server alone has no need of."""
    instance_dir.mkdir(parents=True, exist_ok=True)
    storage = SqliteStorage("calmboard", filename=str(instance_dir / "queue.db"))
    storage.put_data("heartbeat", str(time.time() + 3600).encode())
    storage.close()


@contextmanager
def started(
    command: list[str], environment: Mapping[str, str], output: int, directory: Path = ROOT
) -> Iterator[subprocess.Popen[bytes]]:
    """A process in a group of its own, which is terminated as a whole."""
    process = subprocess.Popen(
        command, cwd=directory, env=environment, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True
    )
    try:
        yield process
    finally:
        stop(process)


def stop(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is not None:
        return
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def environment_of(settings: Settings) -> dict[str, str]:
    """The settings as environment variables."""
    rates = {f"CALMBOARD_RATE_{plan.upper()}": f"{rate_limit.amount}/minute" for plan, rate_limit in settings.rates.items()}
    return (
        outside_environment()
        | rates
        | {
            "PORT": str(settings.port),
            "CALMBOARD_INSTANCE_DIR": str(settings.instance_dir),
            "CALMBOARD_SECRET_KEY": settings.secret_key,
            "CALMBOARD_DATABASE_URL": settings.database_url,
            "CALMBOARD_RATE_FAILURES": f"{settings.rate_failures.amount}/minute",
        }
    )


def outside_environment() -> dict[str, str]:
    """The environment of this process without the variables of CalmBoard, its server or a parent make."""
    prefixes = ("CALMBOARD_", "FLASK_", "GRANIAN_", "MAKE", "MFLAGS")
    return {name: value for name, value in os.environ.items() if not name.startswith(prefixes)}


def answers(url: str, process: subprocess.Popen[bytes]) -> bool:
    """Whether the URL answers 200. Raises RuntimeError where its process has ended instead."""
    if process.poll() is not None:
        raise RuntimeError(f"{process.args!r} ended with {process.returncode} before it answered")
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False
