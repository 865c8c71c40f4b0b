"""The server with the fixtures of the conformance suite; in one process, so that it receives responses to its own requests."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from flask import Flask

from api.mcp.registry import REGISTRY
from calmboard.settings import Settings
from tests.api.mcp import fixtures
from tests.support.servers.programs import free_port, wait_until
from tests.support.servers.server import answers, environment_of, started
from wsgi import create_app as create_real_app


def create_app() -> Flask:
    app = create_real_app()
    fixtures.register(REGISTRY.get(app))
    return app


@contextmanager
def running_fixture_server(settings: Settings) -> Iterator[str]:
    """Serve the database of these settings; yields the origin."""
    port = free_port()
    local = replace(settings, port=port, origin=f"http://127.0.0.1:{port}")
    command = [sys.executable, "-m", "granian", "--interface=wsgi", "--factory", "--host=127.0.0.1", f"--port={port}"]
    command += ["--workers=1", "--blocking-threads=4", f"{__name__}:create_app"]
    log_file = settings.instance_dir / f"fixtures-{port}.log"
    with log_file.open("wb") as log, started(command, environment_of(local), log.fileno()) as process:
        wait_until(lambda: answers(f"{local.origin}/healthz", process), "The server with fixtures")
        yield local.origin
