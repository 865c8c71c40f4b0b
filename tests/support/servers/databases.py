"""Databases for tests: copies of one that was migrated and seeded once, and empty ones."""

import sqlite3
from abc import ABC, abstractmethod
from contextlib import closing
from dataclasses import replace
from functools import cache, cached_property
from itertools import count
from pathlib import Path

import flask_migrate
import psycopg

from calmboard.db import db
from calmboard.operations.seed import seed
from calmboard.settings import RateLimit, Settings, read_settings
from tests.support.servers.postgres import postgres_url
from tests.support.servers.run import make_once
from tests.support.users import DEMO_PASSWORD
from wsgi import create_app

KINDS = ("sqlite", "postgresql")

_HIGH_LIMIT = RateLimit(100_000, 60)


def settings_for(database_url: str, instance_dir: Path) -> Settings:
    """Settings of a development machine whose rate limits no test reaches by accident."""
    environment = {"CALMBOARD_DATABASE_URL": database_url, "CALMBOARD_DEMO_PASSWORD": DEMO_PASSWORD}
    settings = read_settings(environment, instance_dir)
    return replace(settings, rates={"pro": _HIGH_LIMIT, "business": _HIGH_LIMIT}, rate_failures=_HIGH_LIMIT)


class Databases(ABC):
    """Creates the databases of one worker process of the run."""

    kind: str

    def __init__(self, run_dir: Path, worker: str) -> None:
        self.run_dir = run_dir
        self.directory = run_dir / f"{worker}-{self.kind}"
        self.directory.mkdir(exist_ok=True)
        self.worker = worker
        self._numbers = count(1)

    @cached_property
    def shared_url(self) -> str:
        """The URL of the seeded database that all tests of this process share."""
        return self.seeded()

    def seeded(self) -> str:
        """The URL of a new database with the tables, the demo people and their projects."""
        template = self.run_dir / f"template-{self.kind}"
        make_once(template, lambda: self._make_template(template))
        return self._copy_template()

    @abstractmethod
    def empty(self) -> str:
        """The URL of a new database without tables."""

    @abstractmethod
    def _copy_template(self) -> str: ...

    @abstractmethod
    def _template_url(self) -> str: ...

    def _make_template(self, instance_dir: Path) -> None:
        app = create_app(settings_for(self._template_url(), instance_dir))
        with app.app_context():
            flask_migrate.upgrade()
            seed(DEMO_PASSWORD)
            for engine in db.engines.values():
                engine.dispose()

    def _new_name(self) -> str:
        return f"{self.worker}_{next(self._numbers)}"


class SqliteDatabases(Databases):
    kind = "sqlite"

    def empty(self) -> str:
        return self._url(self.directory / f"{self._new_name()}.db")

    def _template_url(self) -> str:
        return self._url(self.run_dir / "template.db")

    def _copy_template(self) -> str:
        path = self.directory / f"{self._new_name()}.db"
        with closing(sqlite3.connect(self.run_dir / "template.db")) as template, closing(sqlite3.connect(path)) as copy:
            template.backup(copy)
        return self._url(path)

    def _url(self, path: Path) -> str:
        return f"sqlite:///{path}"


class PostgresDatabases(Databases):
    kind = "postgresql"

    def empty(self) -> str:
        return self._create("template0")

    def _template_url(self) -> str:
        return self._create("template0", "template_calmboard")

    def _copy_template(self) -> str:
        return self._create("template_calmboard")

    def _create(self, template: str, name: str | None = None) -> str:
        name = name or self._new_name()
        with psycopg.connect(postgres_url(self.run_dir, "postgres"), autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        return postgres_url(self.run_dir, name)


@cache
def open_databases(kind: str, run_dir: Path, worker: str) -> Databases:
    return (SqliteDatabases if kind == "sqlite" else PostgresDatabases)(run_dir, worker)
