"""A person whose rights change while their programs ask: by a key and by tokens, at the API and at the tools."""

from dataclasses import dataclass
from functools import cached_property
from urllib.parse import urlsplit

import requests
from flask import Flask

from calmboard.access.credentials.key_lists import list_keys
from calmboard.access.credentials.keys import pause_key, resume_key
from calmboard.access.oauth.clients import own_client
from calmboard.access.oauth.connected_apps import list_grants
from calmboard.pagination import PageRequest
from tests.api.mcp.tokens import Tokens
from tests.support.clients.crowd import Call, Crowd, Seen
from tests.support.servers.programs import wait_until
from tests.support.users import SESSION_COOKIE, ProjectAndBoard, TestUser, add_project_and_board, add_user, csrf_token

# What each call shows to an admin of the project; who may write receives that the task is another one by now.
ALLOWED = {"projects": "admin", "tasks": "backlog", "tool": "admin", "write": "precondition_failed"}
_ROLE, _STATE, _NOTHING = r'"role\\*":\s*\\*"(\w+)', r'"state":\s*"(\w+)', r"(?!)"
_TOOL = {"jsonrpc": "2.0", "id": 7, "method": "tools/call", "params": {"name": "list_projects"}}

EVERYTHING = {"key": ALLOWED, "token": ALLOWED}


def refused(code: str) -> dict[str, str]:
    """Each call is answered by this code."""
    return dict.fromkeys(ALLOWED, code)


@dataclass(frozen=True)
class Watched:
    """An admin of one project, which is somebody else's, at the server with this origin."""

    app: Flask
    origin: str
    person: TestUser
    owner: TestUser
    project: ProjectAndBoard

    @cached_property
    def key_id(self) -> str:
        assert self.person.key
        with self.app.app_context():
            return list_keys(self.person.access, PageRequest()).rows[0].id

    @cached_property
    def grant_ids(self) -> list[str]:
        with self.app.app_context():
            return [grant.id for grant in list_grants(self.person.access, PageRequest()).rows]

    @property
    def membership(self) -> str:
        """The path of the person in the project."""
        return f"/api/v1/projects/{self.project.project_id}/members/{self.person.person.id}"

    @cached_property
    def client_id(self) -> str:
        """The application that the tokens were given to."""
        with self.app.app_context():
            return own_client(self.person.person, self.origin).id

    @cached_property
    def tokens(self) -> list[str]:
        """A token is for one resource: the API, or its tools."""
        tokens = Tokens(self.app)
        return [tokens.for_resource(self.person, f"{self.origin}{path}") for path in ("", "/mcp")]

    @property
    def calls(self) -> list[Call]:
        return [*self.calls_by_key, *self._calls("token", *self.tokens)]

    @property
    def calls_by_key(self) -> list[Call]:
        return self._calls("key", self.person.key, self.person.key)

    def pause_key(self) -> None:
        with self.app.app_context():
            pause_key(self.person.access, self.key_id)

    def resume_key(self) -> None:
        with self.app.app_context():
            resume_key(self.person.access, self.key_id)

    def _calls(self, credential: str, secret: str, secret_of_tools: str) -> list[Call]:
        old = {"If-Match": '"old"'}
        return [
            Call("projects", credential, secret, _ROLE, "GET", "/api/v1/projects"),
            Call("tasks", credential, secret, _STATE, "GET", f"/api/v1/boards/{self.project.board_id}/tasks"),
            Call("tool", credential, secret_of_tools, _ROLE, "POST", "/mcp", _TOOL),
            Call("write", credential, secret, _NOTHING, "PATCH", f"/api/v1/tasks/{self.project.task_id}", {"title": "Dry"}, old),
        ]


def add_watched(app: Flask, origin: str) -> Watched:
    owner, person = add_user(app), add_user(app)
    project = add_project_and_board(app, owner, admin=person)
    task = owner.api.post(f"/boards/{project.board_id}/tasks", json={"title": "Rub"}).json
    return Watched(app, origin, person, owner, ProjectAndBoard(project.project_id, project.board_id, task["id"]))


def send_form(url: str, person: TestUser, action: str, **fields: str) -> None:
    """Send a form of a page as the signed-in person does, to the server at this URL."""
    with requests.Session() as browser:
        browser.cookies.set(SESSION_COOKIE, person.session_cookie, domain=urlsplit(url).hostname)
        token = csrf_token(browser.get(f"{url}/account", timeout=20))
        answer = browser.post(f"{url}{action}", {"csrf_token": token, **fields}, timeout=20, allow_redirects=False)
        assert answer.status_code == 303, answer.text


def require_nothing_old(crowd: Crowd, right: Seen) -> None:
    """Whatever was asked since the last change got the right answer, or 503."""
    for credential, calls in crowd.seen().items():
        for name, words in calls.items():
            assert {*words.split(" or ")} <= {right[credential][name], "unavailable"}, f"{name} by {credential}: {words}"


def require_recovery(crowd: Crowd, right: Seen) -> None:
    """After some 503 everything is answered rightly again, and meanwhile nothing wrongly."""

    def is_right() -> bool:
        crowd.change(lambda: None)
        require_nothing_old(crowd, right)
        return crowd.seen() == right

    wait_until(is_right, "The server")
