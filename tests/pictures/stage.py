"""What pictures are taken on: one server on a seeded database, and one browser."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from flask import Flask

from calmboard.queue import open_queue
from tests.support.clients.browser import Pages, running_chromium
from tests.support.servers.databases import open_databases, settings_for
from tests.support.servers.programs import free_port
from tests.support.servers.run import make_run_dir
from tests.support.servers.server import running_server
from wsgi import create_app


@dataclass(frozen=True)
class Stage:
    """An app that makes the readers, and the pages of a server on its database."""

    app: Flask
    pages: Pages


@contextmanager
def open_stage() -> Iterator[Stage]:
    directory = make_run_dir()
    try:
        databases = open_databases("sqlite", directory, "pictures")
        settings = settings_for(databases.shared_url, databases.directory)
        app = create_app(settings)
        open_queue(settings)
        port = free_port()
        served = replace(settings, port=port, origin=f"http://127.0.0.1:{port}")
        with running_server(served) as server, running_chromium() as browser:
            yield Stage(app, Pages(browser, server.url))
    finally:
        shutil.rmtree(directory, ignore_errors=True)
