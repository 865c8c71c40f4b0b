"""How much files may take: in a project, by a person, and by many at once; with what is left."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier

import pytest
from flask import Flask

from calmboard.settings import Settings
from tests.api.resources.test_attachments import attach, send
from tests.api.resources.test_comments import refusal
from tests.api.resources.test_tasks import add
from tests.support.users import Answer, TestUser, add_project_and_board, add_user

AT_ONCE = 8


@pytest.fixture
def narrow(make_app: Callable[..., Flask], settings: Settings) -> Flask:
    """The same database behind an app that has room for a hundred bytes in a project, and for sixty of a person."""
    return make_app(kept=replace(settings.kept, project_files_bytes=100, person_files_bytes=60))


def add_task(app: Flask, owner: TestUser, member: TestUser | None = None) -> str:
    roles = {} if member is None else {"member": member}
    project = add_project_and_board(app, owner, "Observatory", **roles)
    task_id: str = add(owner, project, "Measure the mirror")["id"]
    return task_id


def upload(user: TestUser, task_id: str, size: int) -> Answer:
    return send(user, task_id, ("file", (b"x" * size, "note.txt", "text/plain")))


def test_a_person_fills_their_room_in_all_projects_together(narrow: Flask) -> None:
    person = add_user(narrow)
    first, second = add_task(narrow, person), add_task(narrow, person)
    assert upload(person, first, 40).status_code == 201
    refused = upload(person, second, 21)
    assert refusal(refused) == (413, "payload_too_large")
    assert "of the 60 for your files in all projects 20 are left" in refused.json["detail"]
    assert upload(person, second, 20).status_code == 201


def test_a_project_is_filled_by_all_its_members_together(narrow: Flask) -> None:
    owner, member = add_user(narrow), add_user(narrow)
    task_id = add_task(narrow, owner, member=member)
    assert upload(owner, task_id, 60).status_code == 201
    refused = upload(member, task_id, 41)
    assert refusal(refused) == (413, "payload_too_large")
    assert "of the 100 for this project’s files 40 are left" in refused.json["detail"]
    assert len(member.api.get(f"/tasks/{task_id}/attachments").json["data"]) == 1


def test_a_deleted_file_makes_room(narrow: Flask) -> None:
    person = add_user(narrow)
    task_id = add_task(narrow, person)
    file_id = attach(person, task_id, b"x" * 60)["id"]
    assert upload(person, task_id, 1).status_code == 413
    assert person.api.delete(f"/attachments/{file_id}").status_code == 204
    assert upload(person, task_id, 60).status_code == 201


def test_a_persons_files_at_once_do_not_pass_their_limit_together(narrow: Flask) -> None:
    person = add_user(narrow)
    statuses = upload_at_once([(person, add_task(narrow, person)) for _ in range(AT_ONCE)])
    assert statuses == [201] * 2 + [413] * (AT_ONCE - 2)


def test_a_projects_files_at_once_do_not_pass_its_limit_together(narrow: Flask) -> None:
    owner, member = add_user(narrow), add_user(narrow)
    task_id = add_task(narrow, owner, member=member)
    statuses = upload_at_once([(owner, task_id), (member, task_id)] * (AT_ONCE // 2))
    assert statuses == [201] * 3 + [413] * (AT_ONCE - 3)


def upload_at_once(files: list[tuple[TestUser, str]]) -> list[int]:
    """Send thirty bytes for each of these; returns the statuses, sorted."""
    start = Barrier(len(files))

    def send_one(file: tuple[TestUser, str]) -> int:
        start.wait()
        return upload(*file, size=30).status_code

    with ThreadPoolExecutor(len(files)) as pool:
        return sorted(pool.map(send_one, files))
