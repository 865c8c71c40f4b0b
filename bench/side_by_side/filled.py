"""A filled database with what calls need: keys, cookies, and the settings of a server on it."""

from dataclasses import dataclass, replace
from pathlib import Path

import flask_migrate
from flask import Flask

from bench.side_by_side.seed import CALLERS, COLLECTORS, PEOPLE, Size, fill, row_id
from calmboard.access.access import Person
from calmboard.access.credentials.keys import NewKey, issue_key
from calmboard.access.scopes import SCOPES
from calmboard.db import db
from calmboard.settings import RateLimit, Settings, read_settings
from tests.support.servers.programs import free_port
from tests.support.users import TestUser
from wsgi import create_app

# Nobody reaches it, and everybody is counted.
UNREACHED = RateLimit(10**8, 60)


@dataclass(frozen=True, slots=True)
class Filled:
    """`keys` and `cookies` are those of the first people and of those who collect keys, in the order of their numbers."""

    settings: Settings
    size: Size
    keys: tuple[str, ...]
    cookies: tuple[str, ...]


def filled_database(url: str, instance_dir: Path, size: Size, **environment: str) -> Filled:
    """Fill an empty database, for a server at a port of its own."""
    port = free_port()
    settings = read_settings({"CALMBOARD_DATABASE_URL": url, "PORT": str(port), **environment}, instance_dir)
    settings = replace(settings, rates={"pro": UNREACHED, "business": UNREACHED})
    app = create_app(settings)
    with app.app_context():
        flask_migrate.upgrade()
        fill(size)
        keys = tuple(_key(number) for number in range(1, CALLERS + 1))
        db.session.commit()
    cookies = tuple(_cookie(app, PEOPLE + number) for number in range(1, COLLECTORS + 1))
    with app.app_context():
        for engine in db.engines.values():
            engine.dispose()
    return Filled(settings, size, keys, cookies)


def _key(number: int) -> str:
    return issue_key(row_id("usr", number), NewKey("Bench", "workflow", frozenset(SCOPES)))[1]


def _cookie(app: Flask, number: int) -> str:
    """That of a browser in which this person is signed in."""
    return TestUser(app, person(number), "").session_cookie


def person(number: int) -> Person:
    """One of those that the database was filled with."""
    return Person(row_id("usr", number), f"Person {number}", f"person{number}@calmboard.test", "business")
