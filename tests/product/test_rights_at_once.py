"""Rights that changed: of twenty programs at once, nobody who asks after the change was answered is answered by the old ones."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
import requests
from flask import Flask

from calmboard.work.people import change_plan
from tests.support.clients.crowd import Crowd, asking
from tests.support.servers.server import Server
from tests.support.servers.workers import all_wrote_since, written_by_workers
from tests.support.watched import ALLOWED, EVERYTHING, Watched, add_watched, refused, send_form

pytestmark = pytest.mark.processes

_TURNS = 3


@dataclass(frozen=True)
class Scene:
    """A person whose programs are asking both processes of the server."""

    server: Server
    watched: Watched
    crowd: Crowd

    def send(self, action: str, **fields: str) -> None:
        """Change something by a form of the page, as the person."""
        self.crowd.change(lambda: send_form(self.server.url, self.watched.person, action, **fields))

    def change_key(self, action: str, **fields: str) -> None:
        self.send(f"/integrations/keys/{self.watched.key_id}/{action}", **fields)

    def change_membership(self, method: str, **body: str) -> None:
        """Change it by the API, as the project's owner."""

        def ask() -> None:
            url = f"{self.server}{self.watched.membership}"
            answer = requests.request(method, url, json=body or None, headers=self.watched.owner.by_key, timeout=20)
            assert answer.status_code in (200, 204), answer.text

        self.crowd.change(ask)

    def change_plan(self, plan: str) -> None:
        """Change it as an operator does, whose command is another process of the host."""

        def change() -> None:
            with self.watched.app.app_context():
                change_plan(self.watched.person.email, plan)

        self.crowd.change(change)


@pytest.fixture
def scene(app: Flask, server: Server) -> Iterator[Scene]:
    watched = add_watched(app, server.url)
    before = written_by_workers(server)
    with asking(server.url, watched.calls) as crowd:
        assert crowd.seen() == EVERYTHING
        yield Scene(server, watched, crowd)
    assert len(before) == 2
    assert all_wrote_since(before, server)


def test_a_paused_key_is_refused_and_a_resumed_one_is_not(scene: Scene) -> None:
    for _ in range(_TURNS):
        scene.change_key("pause")
        assert scene.crowd.seen() == {"key": refused("api_key_paused"), "token": ALLOWED}
        scene.change_key("resume")
        assert scene.crowd.seen() == EVERYTHING


def test_a_revoked_key_is_refused(scene: Scene) -> None:
    scene.change_key("revoke", sure="yes")
    assert scene.crowd.seen() == {"key": refused("api_key_revoked"), "token": ALLOWED}


def test_a_key_that_revoked_itself_is_refused(scene: Scene) -> None:
    url = f"{scene.server}/api/v1/keys/{scene.watched.key_id}"
    scene.crowd.change(lambda: requests.delete(url, headers=scene.watched.person.by_key, timeout=20))
    assert scene.crowd.seen() == {"key": refused("api_key_revoked"), "token": ALLOWED}


def test_a_downgrade_and_an_upgrade_apply(scene: Scene) -> None:
    for _ in range(_TURNS):
        scene.change_plan("free")
        assert scene.crowd.seen() == dict.fromkeys(EVERYTHING, refused("paid_plan_required"))
        scene.change_plan("business")
        assert scene.crowd.seen() == EVERYTHING


def test_another_role_applies(scene: Scene) -> None:
    as_viewer = ALLOWED | {"projects": "viewer", "tool": "viewer", "write": "forbidden"}
    scene.change_membership("PATCH", role="viewer")
    assert scene.crowd.seen() == dict.fromkeys(EVERYTHING, as_viewer)
    scene.change_membership("PATCH", role="admin")
    assert scene.crowd.seen() == EVERYTHING


def test_who_was_removed_from_a_project_sees_nothing_of_it(scene: Scene) -> None:
    scene.change_membership("DELETE")
    nothing = {"projects": "200", "tasks": "forbidden", "tool": "200", "write": "forbidden"}
    assert scene.crowd.seen() == dict.fromkeys(EVERYTHING, nothing)


def test_a_disconnected_application_is_refused(scene: Scene) -> None:
    for grant_id in scene.watched.grant_ids:
        scene.send(f"/integrations/apps/{grant_id}/disconnect")
    assert scene.crowd.seen() == {"key": ALLOWED, "token": refused("invalid_token")}


def test_a_token_that_its_application_gave_back_is_refused(scene: Scene) -> None:
    def give_back(token: str) -> Callable[[], object]:
        form = {"token": token, "client_id": scene.watched.client_id}
        return lambda: requests.post(f"{scene.server}/api/oauth/revoke", form, timeout=20).raise_for_status()

    for token in scene.watched.tokens:
        scene.crowd.change(give_back(token))
    assert scene.crowd.seen() == {"key": ALLOWED, "token": refused("invalid_token")}


def test_who_signed_out_everywhere_has_no_application_connected(scene: Scene) -> None:
    scene.send("/account/sign-out-everywhere")
    assert scene.crowd.seen() == {"key": ALLOWED, "token": refused("invalid_token")}
