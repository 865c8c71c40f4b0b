"""The users of every test: the person, their key, and their clients."""

import re
from dataclasses import dataclass, replace
from functools import cache, cached_property
from itertools import count
from typing import Any, cast

import requests
from flask import Flask, session
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from calmboard.access.access import Access, Person
from calmboard.access.credentials.keys import NewKey, issue_key
from calmboard.access.credentials.passwords import hash_password
from calmboard.access.scopes import SCOPES
from calmboard.db import db
from calmboard.ids import new_id
from calmboard.models import Board, Membership, Project, User
from calmboard.work.people import find_person
from calmboard.work.projects import example_ids
from portal.shared.session import start_session

DEMO_PASSWORD = "quiet-harbour-seven-lanterns"
SESSION_COOKIE = "calmboard_session"

_CSRF_FIELD = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')
_addresses = (f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}" for number in count(1))


def new_address() -> str:
    """An IP address that nobody has used yet, so that no two tests share a limit by address."""
    return next(_addresses)


def csrf_token(page: TestResponse | requests.Response) -> str:
    """The token in the first form of a page."""
    match = _CSRF_FIELD.search(page.text)
    assert match, f"There is no form in: {page.text[:500]}"
    return match[1]


@dataclass(frozen=True)
class TestUser:
    """A user of the tests. A test that changes a person, their plan, password or sessions, creates a new one."""

    __test__ = False  # the name starts like that of a test class

    app: Flask
    person: Person
    password: str

    @property
    def email(self) -> str:
        return self.person.email

    @property
    def access(self) -> Access:
        """The person, signed in."""
        return Access.from_session(self.person)

    @cached_property
    def key(self) -> str:
        """An API key with every scope."""
        return self.new_key()

    def on(self, app: Flask) -> "TestUser":
        """The same person, with the same key, at another app on the same database."""
        elsewhere = replace(self, app=app)
        vars(elsewhere)["key"] = self.key
        return elsewhere

    @cached_property
    def api(self) -> "Api":
        return Api(self.app, self.key)

    def new_key(self, name: str = "Everything", *scopes: str, project_ids: frozenset[str] | None = None) -> str:
        """Another key, with these scopes or else with all of them."""
        new = NewKey(name, "workflow", frozenset(scopes or SCOPES), project_ids)
        with self.app.app_context():
            secret = issue_key(self.person.id, new)[1]
            db.session.commit()
        return secret

    def sign_in(self) -> FlaskClient:
        """A new browser with the session that the form opens; checking a password would cost each test as much as it does."""
        client = self.app.test_client()
        client.environ_base["REMOTE_ADDR"] = new_address()
        with self.app.test_request_context(environ_base=client.environ_base):
            start_session(self.person, remember=False)
            opened = dict(session)
        with client.session_transaction() as cookie:
            cookie.update(opened)
        return client

    def example_project(self) -> "ProjectAndBoard":
        """A project of theirs that has a board with tasks."""
        with self.app.app_context():
            return ProjectAndBoard(**example_ids(self.access))

    @property
    def by_key(self) -> dict[str, str]:
        """The header of a program at a real server."""
        return {"Authorization": f"Bearer {self.key}"}

    @property
    def by_cookie(self) -> dict[str, str]:
        """The header of a signed-in browser at a real server."""
        return {"Cookie": f"{SESSION_COOKIE}={self.session_cookie}"}

    @cached_property
    def session_cookie(self) -> str:
        """The cookie of one signed-in browser."""
        cookie = self.sign_in().get_cookie(SESSION_COOKIE)
        assert cookie
        return cookie.value


@dataclass(frozen=True)
class ProjectAndBoard:
    """The ids of a project, a board in it, and a task on that where there is one."""

    project_id: str
    board_id: str
    task_id: str = ""


@dataclass(frozen=True)
class Seeded:
    """A project of the owner's and one of the outsider's."""

    owner: ProjectAndBoard
    outsider: ProjectAndBoard


class Answer(TestResponse):
    """The response to a program; `json` has the type that the test expects."""

    json: Any


class Api:
    """A program that holds a key. Paths are those of /api/v1."""

    def __init__(self, app: Flask, key: str | None) -> None:
        self.app = app
        self._client = app.test_client()
        self._headers = {"Authorization": f"Bearer {key}"} if key else {}

    def get(self, path: str, **request: Any) -> Answer:
        return self.ask("GET", path, **request)

    def post(self, path: str, **request: Any) -> Answer:
        return self.ask("POST", path, **request)

    def patch(self, path: str, **request: Any) -> Answer:
        return self.ask("PATCH", path, **request)

    def put(self, path: str, **request: Any) -> Answer:
        return self.ask("PUT", path, **request)

    def delete(self, path: str, **request: Any) -> Answer:
        return self.ask("DELETE", path, **request)

    def ask(self, method: str, path: str, **request: Any) -> Answer:
        """Send a request with the key. A path may also come from a response, such as a Location."""
        headers = {**self._headers, **request.pop("headers", {})}
        url = path if "/api/" in path else f"/api/v1{path}"
        return cast("Answer", self._client.open(url, method=method, headers=headers, **request))


@cache
def demo_user(app: Flask, name: str) -> TestUser:
    with app.app_context():
        return TestUser(app, find_person(f"{name}@calmboard.test"), DEMO_PASSWORD)


def add_user(app: Flask, plan: str = "pro") -> TestUser:
    """Add a person without memberships, whom no message tells of the keys that a test makes for them."""
    values = {"email": f"{new_id('usr')}@calmboard.test", "password_hash": _demo_hash(), "muted_notices": ["key_created"]}
    user = User(name="Noor Haddad", plan=plan, **values)
    with app.app_context():
        db.session.add(user)
        db.session.flush()
        person = Person(user.id, user.name, user.email, user.plan)
        db.session.commit()
    return TestUser(app, person, DEMO_PASSWORD)


@cache
def _demo_hash() -> str:
    """A digest of the password, as slow to make as the product's always are."""
    return hash_password(DEMO_PASSWORD)


def add_project_and_board(app: Flask, owner: TestUser, name: str = "Observatory", **roles: TestUser) -> ProjectAndBoard:
    """Add a project of the owner's with one empty board; `viewer=somebody` adds somebody by that role."""
    with app.app_context():
        project = Project(name=name)
        db.session.add(project)
        db.session.flush()
        board = Board(project_id=project.id, name="Telescope")
        everyone = {"owner": owner, **roles}
        people = [Membership(user_id=user.person.id, project_id=project.id, role=role) for role, user in everyone.items()]
        db.session.add_all([board, *people])
        db.session.commit()
        return ProjectAndBoard(project.id, board.id)
