"""Many who write in one project at the real server: whatever the interleaving, no server error, and nothing that contradicts."""

import http.client
import json
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import count
from random import Random
from threading import Event
from time import monotonic
from typing import Any
from urllib.parse import urlsplit

import pytest
from flask import Flask

from calmboard.db import db
from calmboard.models import Membership
from tests.support.consistency import find_contradictions
from tests.support.servers.server import Server
from tests.support.users import ProjectAndBoard, TestUser

CLIENTS = 9


@dataclass
class Client:
    """A program with a key and a connection of its own, which counts what it is answered."""

    server: Server
    key: str
    random: Random
    statuses: Counter[tuple[str, int]] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self._connection = http.client.HTTPConnection(urlsplit(self.server.url).netloc, timeout=60)

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        """The answer's body; None where it was refused. `path` is counted without its ids."""
        headers = {"Authorization": f"Bearer {self.key}", "Content-Type": "application/json"}
        sent = None if body is None else json.dumps(body)
        self._connection.request(method, f"/api/v1{path}", sent, headers if sent else headers | {"Content-Type": ""})
        answer = self._connection.getresponse()
        text = answer.read()
        self.statuses[f"{method} {_template(path)}", answer.status] += 1
        return json.loads(text) if text and answer.status < 300 else None

    def close(self) -> None:
        self._connection.close()


Mutation = Callable[[Client, "Project"], None]
Values = Callable[[Client, "Project"], Any]


class Project:
    """What the clients know of one project: ids, of which some are gone already."""

    def __init__(self, project: ProjectAndBoard, people: list[TestUser]) -> None:
        self.id = project.project_id
        self.people = [person.person.id for person in people]
        self.known: dict[str, list[str]] = {"projects": [self.id], "members": self.people, "boards": [project.board_id]}

    def one(self, client: Client, noun: str) -> str:
        return client.random.choice(self.known.get(noun) or [f"{noun[:3]}_none"])

    def forget(self, row_id: str) -> None:
        """A board or person that is gone may be asked for still, as by somebody who does not know yet."""
        for noun, known in self.known.items():
            if noun not in ("boards", "members"):
                self.known[noun] = [other_id for other_id in known if other_id != row_id]

    def some(self, client: Client, noun: str) -> list[str]:
        known = self.known.get(noun) or [f"{noun[:3]}_none"]
        return list({client.random.choice(known) for _ in range(3)})

    def add(self, noun: str, created: Any) -> None:
        """Keep the id of what was created, and of each noun only the latest."""
        if created:
            self.known[noun] = [*self.known.get(noun, [])[-20:], created["id"]]


def _template(path: str) -> str:
    return "/".join("{id}" if "_" in part else part for part in path.split("/"))


def _create_task(client: Client, project: Project) -> None:
    people = [client.random.choice(project.people)]
    new = {"title": "Rub", "assignees": people, "state": client.random.choice(["backlog", "review"]), "position": 0}
    if project.known.get("labels") and client.random.random() < 0.3:
        new["labels"] = project.some(client, "labels")
    project.add("tasks", client.ask("POST", f"/boards/{project.one(client, 'boards')}/tasks", new))


def _change_many(client: Client, project: Project) -> None:
    people = [client.random.choice(project.people)]
    changes = [{"assignees": people}, {"state": "ready", "position": 0}, {"labels": project.some(client, "labels")}]
    tasks = project.some(client, "tasks")
    operations = [{"op": "change", "task_id": task_id, "changes": client.random.choice(changes)} for task_id in tasks]
    client.ask("POST", "/tasks/bulk", {"operations": operations, "atomic": client.random.random() < 0.5})


def _plan_sprint(client: Client, project: Project) -> None:
    board = project.one(client, "boards")
    project.add("sprints", client.ask("POST", f"/boards/{board}/sprints", {"name": "Light"}))


def _invite(client: Client, project: Project) -> None:
    new = {"email": f"{client.random.random()}@harbour.example"}
    project.add("invitations", client.ask("POST", f"/projects/{project.id}/invitations", new))


def _create(noun: str, path: str, **values: Any) -> Mutation:
    def create(client: Client, project: Project) -> None:
        names = {name: f"{value} {client.random.random()}" for name, value in values.items()}
        project.add(noun, client.ask("POST", _path(client, project, path), names))

    return create


def _change(method: str, path: str, values: Values = lambda _client, _project: None) -> Mutation:
    def change(client: Client, project: Project) -> None:
        address = _path(client, project, path)
        client.ask(method, address, values(client, project))
        if method == "DELETE":
            project.forget(address.rpartition("/")[2])

    return change


def _path(client: Client, project: Project, path: str) -> str:
    """`/tasks/*` is one of the tasks that are known, `/projects/*` the project."""
    nouns, parts = path.split("/"), path.split("/")
    for index, part in enumerate(nouns):
        if part == "*":
            parts[index] = project.one(client, nouns[index - 1])
    return "/".join(parts)


MUTATIONS: tuple[tuple[int, Mutation], ...] = (
    (20, _create_task),
    (10, _change_many),
    (8, _change("PATCH", "/tasks/*", lambda client, _: {"state": client.random.choice(["done", "ready"])})),
    (8, _change("PATCH", "/tasks/*", lambda client, project: {"assignees": [client.random.choice(project.people)]})),
    (5, _change("PATCH", "/tasks/*", lambda client, project: {"labels": project.some(client, "labels")})),
    (5, _change("PATCH", "/tasks/*", lambda client, project: {"sprint_id": project.one(client, "sprints")})),
    (5, _change("PATCH", "/tasks/*", lambda client, project: {"before": project.one(client, "tasks")})),
    (3, _change("DELETE", "/tasks/*")),
    (4, _change("PUT", "/boards/*/tasks/by-external/jira/CB-1", lambda *_: {"title": "Rinse", "status": "doing"})),
    (3, _create("comments", "/tasks/*/comments", body="Rinse")),
    (2, _change("PATCH", "/comments/*", lambda *_: {"body": "Dry"})),
    (2, _change("DELETE", "/comments/*")),
    (3, _create("checklist-items", "/tasks/*/checklist", text="Dry")),
    (3, _change("PATCH", "/checklist-items/*", lambda *_: {"position": 0, "done": True})),
    (1, _change("DELETE", "/checklist-items/*")),
    (3, _create("labels", "/projects/*/labels", name="optics")),
    (3, _change("PATCH", "/labels/*", lambda client, _: {"name": f"glass {client.random.random()}"})),
    (2, _change("DELETE", "/labels/*")),
    (3, _plan_sprint),
    (2, _change("PATCH", "/sprints/*", lambda *_: {"goal": "First light"})),
    (3, _change("POST", "/sprints/*/start")),
    (3, _change("POST", "/sprints/*/complete", lambda client, _: {"unfinished": client.random.choice(["backlog", "keep"])})),
    (2, _change("DELETE", "/sprints/*")),
    (2, _create("boards", "/projects/*/boards", name="Dome")),
    (2, _change("PATCH", "/boards/*", lambda client, _: {"name": f"Dome {client.random.random()}"})),
    (1, _change("DELETE", "/boards/*")),
    (2, _change("PATCH", "/projects/*", lambda client, _: {"name": f"Observatory {client.random.random()}"})),
    (2, _change("PATCH", "/projects/*/members/*", lambda client, _: {"role": client.random.choice(["admin", "member"])})),
    (1, _change("DELETE", "/projects/*/members/*")),
    (1, _invite),
    (1, _change("DELETE", "/invitations/*")),
)


@pytest.fixture
def people(new_user: Callable[..., TestUser]) -> list[TestUser]:
    """An owner and others."""
    return [new_user() for _ in range(4)]


@pytest.fixture
def project(app: Flask, people: list[TestUser], new_project: Callable[..., ProjectAndBoard]) -> Project:
    owner, *others = people
    created = new_project(owner)
    add_members(app, created.project_id, others)
    return Project(created, people)


@pytest.fixture
def clients(server: Server, people: list[TestUser]) -> Iterator[list[Client]]:
    """Most of them the owner's, who is never removed."""
    owners = [people[0]] * (CLIENTS - len(people) + 1)
    created = [Client(server, person.key, Random(seed)) for seed, person in enumerate([*owners, *people[1:]])]
    yield created
    for client in created:
        client.close()


@pytest.mark.processes
@pytest.mark.parametrize("duration_s", [3, pytest.param(60, marks=pytest.mark.deep)])
def test_no_mutation_meets_a_server_error(
    app: Flask, people: list[TestUser], project: Project, clients: list[Client], duration_s: float
) -> None:
    deadline_s = monotonic() + duration_s

    def work(client: Client) -> None:
        weights, mutations = zip(*MUTATIONS, strict=True)
        while monotonic() < deadline_s:
            client.random.choices(mutations, weights)[0](client, project)
            if client is clients[0] and not client.random.randrange(30):
                add_members(app, project.id, people[1:])

    run_all(clients, work)
    assert server_errors(clients) == {}
    assert find_contradictions(app, project.id) == []


@pytest.mark.processes
def test_a_project_is_deleted_while_others_write_in_it(app: Flask, project: Project, clients: list[Client]) -> None:
    is_gone, numbers = Event(), count()

    def work(client: Client) -> None:
        if client is clients[0]:
            while next(numbers) < 100:
                _create_task(client, project)
            client.ask("DELETE", f"/projects/{project.id}")
            is_gone.set()
        while not is_gone.is_set():
            next(numbers)
            client.random.choice([_create_task, _change_many])(client, project)

    run_all(clients, work)
    assert clients[0].statuses["DELETE /projects/{id}", 204] == 1
    assert server_errors(clients) == {}


@pytest.mark.processes
def test_a_member_is_removed_while_others_change_many_tasks(
    app: Flask, people: list[TestUser], project: Project, clients: list[Client]
) -> None:
    is_over = Event()
    for _ in range(10):
        _create_task(clients[0], project)

    def work(client: Client) -> None:
        if client is clients[0]:
            for _ in range(10):
                client.ask("DELETE", f"/projects/{project.id}/members/{people[1].person.id}")
                assert find_contradictions(app, project.id) == []
                add_members(app, project.id, people[1:2])
            is_over.set()
        while not is_over.is_set():
            _change_many(client, project)

    run_all(clients[: CLIENTS - 3], work)
    assert server_errors(clients) == {}
    assert find_contradictions(app, project.id) == []


def add_members(app: Flask, project_id: str, people: list[TestUser]) -> None:
    """Make people members who are not, as an accepted invitation does."""
    with app.app_context():
        for person in people:
            key = {"user_id": person.person.id, "project_id": project_id}
            if db.session.get(Membership, key) is None:
                db.session.add(Membership(**key, role="admin"))
        db.session.commit()


def run_all(clients: list[Client], work: Callable[[Client], None]) -> None:
    with ThreadPoolExecutor(len(clients)) as pool:
        list(pool.map(work, clients))


def server_errors(clients: list[Client]) -> dict[tuple[str, int], int]:
    """How often which endpoint answered which status of 500 and more."""
    total = sum((client.statuses for client in clients), Counter[tuple[str, int]]())
    return {answer: number for answer, number in total.items() if answer[1] >= 500}
