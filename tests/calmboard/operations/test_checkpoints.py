"""The write-ahead log of SQLite: moved into the database by the worker, and by requests only where there is none."""

from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import text

from calmboard.db import db
from calmboard.operations.checkpoints import is_logged, move_log
from tests.support.users import TestUser


@pytest.mark.database("sqlite")
def test_what_was_written_leaves_the_log(app: Flask, new_user: Callable[..., TestUser]) -> None:
    person = new_user()
    with app.app_context():
        assert is_logged()
        move_log()
        assert person.api.post("/projects", json={"name": "Logged"}).status_code == 201
        with db.engines["autocommit"].connect() as connection:
            connection.execute(text("BEGIN"))
            connection.execute(text("SELECT count(*) FROM projects")).scalar_one()
            assert person.api.post("/projects", json={"name": "After what somebody reads"}).status_code == 201
            left_by_the_reader = move_log()
            connection.execute(text("COMMIT"))
        assert left_by_the_reader > 0
        assert move_log() == 0


@pytest.mark.database("postgresql")
def test_postgresql_moves_its_own(app: Flask) -> None:
    with app.app_context():
        assert not is_logged()
