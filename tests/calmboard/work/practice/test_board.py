"""The practice board: made once, found by its name, and never anything that was there before."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from flask import Flask

from calmboard.work.boards import change_board
from calmboard.work.practice.board import Practice, find_practice, make_practice
from calmboard.work.tasks.lifecycle import delete_task
from tests.support.users import ProjectAndBoard, TestUser


def _titles(person: TestUser, practice: Practice) -> list[str]:
    return [task["title"] for task in person.api.get(f"/boards/{practice.board_id}/tasks").json["data"]]


def test_it_is_a_project_with_a_board_and_three_tasks_which_say_so(app: Flask, new_user: Callable[..., TestUser]) -> None:
    person = new_user()
    with app.app_context():
        practice = make_practice(person.access)
    assert all(title.startswith("Practice: ") for title in _titles(person, practice))
    assert len(_titles(person, practice)) == 3
    activity = [entry["what"] for entry in person.api.get(f"/projects/{practice.project_id}/activity").json["data"]]
    assert [activity.count(what) for what in ("project.created", "board.created", "task.created")] == [1, 1, 3]


def test_clicks_at_once_make_one(app: Flask, new_user: Callable[..., TestUser]) -> None:
    person = new_user()

    def click(_: int) -> Practice:
        with app.app_context():
            return make_practice(person.access)

    with ThreadPoolExecutor(4) as pool:
        created = set(pool.map(click, range(4)))
    assert len(created) == 1
    assert len(person.api.get("/projects").json["data"]) == 1


def test_a_board_of_ones_own_is_never_taken_for_it(
    app: Flask, new_user: Callable[..., TestUser], new_project: Callable[..., ProjectAndBoard]
) -> None:
    person, other = new_user(), new_user()
    new_project(person, "Practice", member=other)
    with app.app_context():
        assert find_practice(person.access) is None
        practice = make_practice(person.access)
        assert find_practice(person.access) == practice
        assert find_practice(other.access) is None
        change_board(person.access, practice.board_id, {"name": "Website"})
        assert find_practice(person.access) is None


def test_a_board_without_tasks_gets_three_again(app: Flask, new_user: Callable[..., TestUser]) -> None:
    person = new_user()
    with app.app_context():
        practice = make_practice(person.access)
        for task in person.api.get(f"/boards/{practice.board_id}/tasks").json["data"]:
            delete_task(person.access, task["id"])
        emptied = find_practice(person.access)
        again = make_practice(person.access)
    assert emptied
    assert emptied.task_id is None
    assert again.board_id == practice.board_id
    assert len(_titles(person, practice)) == 3
