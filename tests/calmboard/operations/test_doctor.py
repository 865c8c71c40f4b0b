"""The doctor looks at each part, and at all of them whatever one says."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask

from calmboard.logs.lost import LostLines
from calmboard.queue import beat, open_queue
from calmboard.settings import Settings
from calmboard.work.people import request_password_reset
from tests.support.servers.databases import Databases
from tests.support.servers.programs import free_port

MakeApp = Callable[..., Flask]

_PARTS = ["Database", "Saving", "Limits", "Worker", "Mail", "Log"]


@pytest.fixture(autouse=True)
def _queue_of_the_shared_app(settings: Settings) -> Iterator[None]:
    """A process has one queue, that of the app made last; give it back."""
    yield
    open_queue(settings)


def examine(app: Flask) -> tuple[Result, dict[str, str]]:
    """What it printed, and the line of each part."""
    done = app.test_cli_runner().invoke(args=["doctor"])
    lines = done.output.splitlines()
    assert [line.split()[1] for line in lines] == _PARTS
    return done, {line.split()[1]: line for line in lines}


def test_where_all_is_well_it_says_so(make_app: MakeApp) -> None:
    app = make_app()
    beat()
    done, lines = examine(app)
    assert (done.exit_code, {line.split()[0] for line in lines.values()}) == (0, {"ok"})


def test_a_worker_that_is_missing_is_looked_at(make_app: MakeApp) -> None:
    done, lines = examine(make_app())
    assert done.exit_code == 1
    assert [part for part, line in lines.items() if line.startswith("LOOK")] == ["Worker"]
    assert "mails wait" in lines["Worker"]


def test_tables_of_another_time_are_named(make_app: MakeApp, empty_database_url: str) -> None:
    done, lines = examine(make_app(database_url=empty_database_url))
    assert done.exit_code == 1
    assert "db upgrade" in lines["Database"]


@pytest.mark.database("sqlite")
def test_a_database_that_is_gone_keeps_nothing_from_being_looked_at(make_app: MakeApp) -> None:
    app = make_app(database_url=f"postgresql+psycopg://nobody@127.0.0.1:{free_port()}/calmboard")
    beat()
    done, lines = examine(app)
    assert done.exit_code == 1
    assert [part for part, line in lines.items() if line.startswith("LOOK")] == ["Database", "Saving", "Mail"]
    assert "does not answer" in lines["Database"]


@pytest.mark.database("sqlite")
def test_a_limiter_that_is_gone_is_looked_at(make_app: MakeApp) -> None:
    app = make_app(rate_storage_url=f"redis://127.0.0.1:{free_port()}/0")
    beat()
    _, lines = examine(app)
    assert [part for part, line in lines.items() if line.startswith("LOOK")] == ["Limits"]


@pytest.mark.slow
@pytest.mark.database("sqlite")
def test_mails_that_wait_are_counted(make_app: MakeApp, database: Databases) -> None:
    app = make_app(database_url=database.seeded())
    beat()
    with app.app_context():
        request_password_reset("nobody@calmboard.test")
    done, lines = examine(app)
    assert done.exit_code == 0
    assert "1 wait, the oldest for 0 minutes" in lines["Mail"]


@pytest.mark.database("sqlite")
def test_lines_that_were_lost_are_counted(make_app: MakeApp, tmp_path: Path) -> None:
    app, lost = make_app(), LostLines()
    lost.share(tmp_path / "log-lines-lost")
    lost.add(12)
    beat()
    done, lines = examine(app)
    assert done.exit_code == 1
    assert "12 lines of the log were lost so far" in lines["Log"]
