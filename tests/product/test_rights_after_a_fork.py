"""Rights in a process that was forked when it had met its callers already, and in one whose clock is set."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta

import pytest
from flask import Flask

from calmboard.access.credentials.keys import NewKey, issue_key, pause_key, resume_key, revoke_key
from calmboard.access.oauth.grants import end_all_grants
from calmboard.access.scopes import SCOPES
from calmboard.clock import now
from calmboard.db import db
from tests.api.mcp.tokens import Tokens
from tests.conftest import close
from tests.oauth.conftest import ORIGIN
from tests.support.twin import Twin, forked
from tests.support.users import Api, TestUser, add_user

_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)

# What key and token are answered.
Words = tuple[str, str]


@dataclass(frozen=True)
class Scene:
    """A person with a key that ends in a day and a token that ends in an hour; `twin` asks with both, in another process."""

    app: Flask
    person: TestUser
    key_id: str
    twin: Twin[Words]

    def change_key(self, change: Callable[..., object]) -> None:
        with self.app.app_context():
            change(self.person.access, self.key_id)

    def disconnect(self) -> None:
        with self.app.app_context():
            end_all_grants(self.person.access, self.person.person.id, "disconnected")
            db.session.commit()


@pytest.fixture
def scene(make_app: Callable[..., Flask]) -> Iterator[Scene]:
    app = make_app()
    person = add_user(app)
    with app.app_context():
        key_id, key = issue_key(person.person.id, NewKey("Short", "workflow", frozenset(SCOPES), None, now() + _DAY))
        db.session.commit()
    secrets = key, Tokens(app).for_resource(person, ORIGIN)

    def ask() -> Words:
        key_word, token_word = (Api(app, secret).get("/projects").json.get("code", "allowed") for secret in secrets)
        return key_word, token_word

    assert ask() == ("allowed", "allowed")
    close(app)  # as a server does that forks: a connection is of one process
    with forked(ask) as twin:
        yield Scene(app, person, key_id, twin)


def test_a_forked_process_notes_what_changed(scene: Scene) -> None:
    assert scene.twin.ask() == ("allowed", "allowed")
    scene.change_key(pause_key)
    assert scene.twin.ask() == ("api_key_paused", "allowed")
    scene.change_key(resume_key)
    assert scene.twin.ask() == ("allowed", "allowed")
    scene.disconnect()
    assert scene.twin.ask() == ("allowed", "invalid_token")


def test_what_ends_by_itself_ends_by_the_clock_and_by_no_cache(scene: Scene) -> None:
    assert scene.twin.ask() == ("allowed", "allowed")
    assert scene.twin.ask(_HOUR) == ("allowed", "invalid_token")
    assert scene.twin.ask(_DAY) == ("api_key_expired", "invalid_token")
    assert scene.twin.ask() == ("allowed", "allowed")


@pytest.mark.parametrize("step", [-_DAY, timedelta(minutes=-2), timedelta(minutes=2)])
def test_a_clock_that_is_set_keeps_no_old_rights(scene: Scene, step: timedelta) -> None:
    assert scene.twin.ask() == scene.twin.ask(step) == ("allowed", "allowed")
    scene.change_key(revoke_key)
    scene.disconnect()
    assert scene.twin.ask(step) == ("api_key_revoked", "invalid_token")
