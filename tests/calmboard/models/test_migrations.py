"""The schema comes from migrations alone: up, down and up again, and equal to what the code expects."""

import re
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import flask_migrate
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from flask import Flask
from sqlalchemy import Engine, inspect, text

from calmboard.db import db
from calmboard.models.text_index import EXTENSIONS, is_compared
from calmboard.settings import Settings
from tests.support.servers.server import ROOT, environment_of

# Alembic says so of each index of expressions on SQLite; the catalogue below covers those.
pytestmark = pytest.mark.filterwarnings(
    "ignore:autogenerate skipping metadata-specified expression-based index",
    "ignore:Skipped unsupported reflection of expression",
)

# Everything that the database itself says about tables, columns, constraints and indexes.
_CATALOGUE = {
    "sqlite": "SELECT type, name, sql FROM sqlite_master WHERE tbl_name <> 'alembic_version'",
    "postgresql": """
        SELECT 'column', table_name || '.' || column_name,
               concat_ws(' ', data_type, character_maximum_length, collation_name, is_nullable, column_default)
        FROM information_schema.columns WHERE table_schema = 'public' AND table_name <> 'alembic_version'
        UNION ALL SELECT 'constraint', conname, conrelid::regclass || ' ' || pg_get_constraintdef(oid)
        FROM pg_constraint WHERE connamespace = 'public'::regnamespace AND conrelid <> 'alembic_version'::regclass
        UNION ALL SELECT 'index', indexname, indexdef FROM pg_indexes
        WHERE schemaname = 'public' AND tablename <> 'alembic_version'
        UNION ALL SELECT 'trigger', tgname, pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal
        UNION ALL SELECT 'function', proname, pg_get_functiondef(oid) FROM pg_proc
        WHERE pronamespace = 'public'::regnamespace
    """,
}


@pytest.fixture
def empty_app(make_app: Callable[..., Flask], empty_database_url: str) -> Flask:
    """An app on a database without tables."""
    return make_app(database_url=empty_database_url)


def test_the_tables_come_go_and_come_again(empty_app: Flask) -> None:
    with empty_app.app_context():
        flask_migrate.upgrade()
        first = catalogue(db.engine)
        flask_migrate.downgrade(revision="base")
        assert inspect(db.engine).get_table_names() == ["alembic_version"]
        flask_migrate.upgrade()
        assert catalogue(db.engine) == first


def test_alembic_finds_nothing_to_add(empty_app: Flask) -> None:
    with empty_app.app_context():
        flask_migrate.upgrade()
        with db.engine.connect() as connection:
            options = {"include_object": partial(is_compared, connection.dialect.name)}
            assert compare_metadata(MigrationContext.configure(connection, opts=options), db.metadata) == []


def test_migrations_and_code_make_the_same_schema(empty_app: Flask) -> None:
    """Alembic compares no checks, no collations and, on SQLite, no indexes of expressions; the catalogue holds all."""
    with empty_app.app_context():
        flask_migrate.upgrade()
        migrated = catalogue(db.engine)
        flask_migrate.downgrade(revision="base")
        db.metadata.create_all(db.engine)
        assert migrated == catalogue(db.engine)


def test_a_migration_that_fails_leaves_nothing_behind(empty_app: Flask) -> None:
    with empty_app.app_context():
        with db.engine.begin() as connection:
            connection.execute(text("CREATE TABLE task_assignees (in_the_way INTEGER)"))
        with pytest.raises(Exception, match="task_assignees"):
            flask_migrate.upgrade()
        assert inspect(db.engine).get_table_names() == ["task_assignees"]


@pytest.mark.database("postgresql")
def test_who_may_create_no_extension_learns_what_to_do(
    make_app: Callable[..., Flask], empty_app: Flask, empty_database_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Once somebody else created them, the same upgrade goes through."""
    with empty_app.app_context(), db.engine.begin() as connection:
        connection.execute(text("DROP ROLE IF EXISTS plain_owner"))
        connection.execute(text("CREATE ROLE plain_owner LOGIN"))
        connection.execute(text("GRANT ALL ON SCHEMA public TO plain_owner"))
    with make_app(database_url=empty_database_url.replace("postgres@", "plain_owner@")).app_context():
        with pytest.raises(SystemExit):
            flask_migrate.upgrade()
        assert "Let an administrator run CREATE EXTENSION pg_trgm in this database" in caplog.text
        assert inspect(db.engine).get_table_names() == []
        with empty_app.app_context(), db.engine.begin() as connection:
            for extension in EXTENSIONS:
                connection.execute(text(f"CREATE EXTENSION {extension}"))
        flask_migrate.upgrade()
        assert "tasks" in inspect(db.engine).get_table_names()


@pytest.mark.processes
def test_nodes_that_start_together_upgrade_one_after_the_other(
    empty_database_url: str, settings: Settings, tmp_path: Path
) -> None:
    """From a directory that is not the project's, as an operator may."""
    environment = environment_of(settings) | {"CALMBOARD_DATABASE_URL": empty_database_url}
    command = [sys.executable, "-m", "flask", "--app", str(ROOT / "wsgi.py"), "db", "upgrade"]
    nodes = [subprocess.Popen(command, cwd=tmp_path, env=environment, stderr=subprocess.PIPE, text=True) for _ in range(3)]
    assert [node.communicate(timeout=60)[1] for node in nodes] == ["", "", ""]
    assert [node.returncode for node in nodes] == [0, 0, 0]


@pytest.mark.parametrize("arguments", [["upgrade", "--sql"], ["check"]])
def test_the_commands_of_flask_migrate_work(app: Flask, arguments: list[str]) -> None:
    done = app.test_cli_runner().invoke(args=["db", *arguments])
    assert done.exit_code == 0, done.output


def catalogue(engine: Engine) -> list[Any]:
    with engine.connect() as connection:
        rows = connection.execute(text(_CATALOGUE[engine.dialect.name])).all()
    return sorted(((kind, name, in_any_order(definition or "")) for kind, name, definition in rows), key=repr)


def in_any_order(definition: str) -> list[str]:
    """The parts of a CREATE TABLE, sorted: a column that came later stands last, with the constant it began with."""
    inside = definition.partition("(")[2].rpartition(")")[0]
    parts = (
        [" ".join(part.split()) for part in re.split(r",(?![^()]*\))", inside)]
        if definition.startswith("CREATE TABLE")
        else [definition]
    )
    return sorted(re.sub(r" DEFAULT '(2026-01-01|1970-01-01 00:00:00|0|)'", "", part) for part in parts)
