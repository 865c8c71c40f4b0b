"""Whether what `make bench` fills and asks still fits the product: every work is answered as it should be, on each database."""

import re
from collections.abc import Callable, Iterator
from dataclasses import fields
from pathlib import Path

import pytest
from flask import Flask
from werkzeug.test import EnvironBuilder, run_wsgi_app

from bench.side_by_side.filled import Filled, filled_database
from bench.side_by_side.load import Request
from bench.side_by_side.seed import Size
from bench.side_by_side.servers import Server
from bench.side_by_side.works import OURS_POSTGRESQL, OURS_SQLITE, WORKS
from calmboard.queue import open_queue
from calmboard.settings import Settings
from tests.support.servers.databases import Databases

pytestmark = pytest.mark.slow

SMALL = Size(projects=1_000, tasks=1_000, tasks_on_first_board=600, keys=100)


@pytest.fixture
def filled(database: Databases, settings: Settings, tmp_path: Path) -> Iterator[Filled]:
    yield filled_database(database.empty(), tmp_path, SMALL)
    open_queue(settings)  # a process has one queue, that of the app created last


def test_every_work_is_answered(filled: Filled, make_app: Callable[..., Flask]) -> None:
    app = make_app(**{field.name: getattr(filled.settings, field.name) for field in fields(filled.settings)})
    ours = OURS_SQLITE if filled.settings.database_url.startswith("sqlite") else OURS_POSTGRESQL
    answers = {name: answer_of(app, work.requests[ours](Server(ours, 0, 0, filled))[0]) for name, work in WORKS.items()}
    assert {name: text for name, text in answers.items() if not re.search(WORKS[name].answer, text)} == {}
    assert [answers[name].count('"created_at"') for name in ("list", "tasks")] == [25, 25]


def answer_of(app: Flask, request: Request) -> str:
    headers = list(request.headers.items())
    environ = EnvironBuilder(request.path, method=request.method, headers=headers, data=request.body or None).get_environ()
    body, _, _ = run_wsgi_app(app, environ, buffered=True)
    return b"".join(body).decode()
