"""Comments: written in Markdown, changed by their authors alone, deleted by them or by an admin or owner."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event, select

from calmboard.db import db
from calmboard.models import Activity, Comment
from tests.api.resources.test_tasks import add
from tests.support.users import Answer, Api, ProjectAndBoard, TestUser, add_project_and_board


@pytest.fixture
def project(app: Flask, owner: TestUser, member: TestUser, viewer: TestUser) -> ProjectAndBoard:
    return add_project_and_board(app, owner, member=member, viewer=viewer)


@pytest.fixture
def task_id(owner: TestUser, project: ProjectAndBoard) -> str:
    task_id: str = add(owner, project, "Measure the mirror")["id"]
    return task_id


def write_comment(user: TestUser, task_id: str, body: str = "Clear sky") -> dict[str, Any]:
    answer = user.api.post(f"/tasks/{task_id}/comments", json={"body": body})
    assert answer.status_code == 201, answer.text
    comment: dict[str, Any] = answer.json
    return comment


def refusal(answer: Answer) -> tuple[int, str]:
    return answer.status_code, answer.json["code"]


def test_a_comment_names_who_wrote_it_and_through_which_key(app: Flask, member: TestUser, task_id: str) -> None:
    bot = Api(app, member.new_key("Release bot", "comments:write"))
    answer = bot.post(f"/tasks/{task_id}/comments", json={"body": "See **this** 🔭"})
    comment = answer.json
    assert comment["author"] == {"id": member.person.id, "name": member.person.name}
    assert (comment["via"], comment["body"], comment["task_id"]) == ("Release bot", "See **this** 🔭", task_id)
    assert comment["body_html"] == "<p>See <strong>this</strong> 🔭</p>\n"
    assert member.api.get("/api/v1/" + answer.headers["Location"].partition("/api/v1/")[2]).json == comment


def test_comments_are_listed_oldest_first_and_each_once(owner: TestUser, member: TestUser, task_id: str) -> None:
    for number in range(5):
        write_comment((owner, member)[number % 2], task_id, f"{number}")
    first = owner.api.get(f"/tasks/{task_id}/comments?limit=2").json
    rest = owner.api.get(f"/tasks/{task_id}/comments?limit=3&cursor={first['next_cursor']}").json
    assert [comment["body"] for comment in first["data"] + rest["data"]] == list("01234")
    assert rest["has_more"] is False


def test_a_list_costs_the_same_queries_whatever_its_length(app: Flask, owner: TestUser, task_id: str) -> None:
    write_comment(owner, task_id)
    short = queries_of(app, lambda: owner.api.get(f"/tasks/{task_id}/comments"))
    for _ in range(9):
        write_comment(owner, task_id)
    assert queries_of(app, lambda: owner.api.get(f"/tasks/{task_id}/comments")) == short


def queries_of(app: Flask, act: Callable[[], Answer]) -> int:
    """How many statements the second of two same requests runs."""
    assert act().status_code == 200
    statements: list[str] = []

    def record(*args: Any) -> None:
        statements.append(args[2])

    with app.app_context():
        engines = list(db.engines.values())
    for engine in engines:
        event.listen(engine, "before_cursor_execute", record)
    act()
    for engine in engines:
        event.remove(engine, "before_cursor_execute", record)
    return len(statements)


def test_an_author_changes_their_comment(member: TestUser, task_id: str) -> None:
    comment = write_comment(member, task_id)
    changed = member.api.patch(f"/comments/{comment['id']}", json={"body": "Clouds"}).json
    assert {**changed, "updated_at": ""} == {**comment, "body": "Clouds", "body_html": "<p>Clouds</p>\n", "updated_at": ""}
    assert changed["updated_at"] > comment["updated_at"]
    assert member.api.put(f"/comments/{comment['id']}", json={}).json["body"] == "Clouds"


def test_nobody_else_changes_a_comment_not_even_the_owner(owner: TestUser, member: TestUser, task_id: str) -> None:
    comment = write_comment(member, task_id)
    answer = owner.api.patch(f"/comments/{comment['id']}", json={"body": "I was wrong"})
    assert refusal(answer) == (403, "forbidden")
    assert owner.api.get(f"/comments/{comment['id']}").json == comment


def test_members_delete_their_own_comments_only(owner: TestUser, member: TestUser, task_id: str) -> None:
    theirs, other = write_comment(member, task_id), write_comment(owner, task_id)
    assert refusal(member.api.delete(f"/comments/{other['id']}")) == (403, "forbidden")
    assert member.api.delete(f"/comments/{theirs['id']}").status_code == 204
    assert refusal(member.api.get(f"/comments/{theirs['id']}")) == (404, "not_found")
    assert [comment["id"] for comment in owner.api.get(f"/tasks/{task_id}/comments").json["data"]] == [other["id"]]


@pytest.mark.parametrize("role", ["admin", "owner"])
def test_who_leads_the_project_deletes_any_comment(
    app: Flask, owner: TestUser, member: TestUser, new_user: Callable[..., TestUser], role: str
) -> None:
    admin = new_user()
    project = add_project_and_board(app, owner, member=member, admin=admin)
    comment = write_comment(member, add(owner, project, "Measure the mirror")["id"])
    user = {"admin": admin, "owner": owner}[role]
    assert user.api.delete(f"/comments/{comment['id']}").status_code == 204


def test_who_became_a_viewer_no_longer_changes_what_they_wrote(
    app: Flask, owner: TestUser, new_user: Callable[..., TestUser]
) -> None:
    late = new_user()
    project = add_project_and_board(app, owner, viewer=late)
    task_id = add(owner, project, "Measure the mirror")["id"]
    with app.app_context():
        comment = Comment(task_id=task_id, author_id=late.person.id, body="From better days")
        db.session.add(comment)
        db.session.commit()
        comment_id = comment.id
    assert refusal(late.api.patch(f"/comments/{comment_id}", json={"body": "Now"})) == (403, "forbidden")
    assert refusal(late.api.delete(f"/comments/{comment_id}")) == (403, "forbidden")
    assert late.api.get(f"/comments/{comment_id}").json["body"] == "From better days"


def test_a_change_to_what_was_not_seen_is_412(member: TestUser, task_id: str) -> None:
    comment = write_comment(member, task_id)
    seen = {"If-Match": member.api.get(f"/comments/{comment['id']}").headers["ETag"]}
    assert member.api.patch(f"/comments/{comment['id']}", json={"body": "Clouds"}, headers=seen).status_code == 200
    assert member.api.patch(f"/comments/{comment['id']}", json={"body": "Rain"}, headers=seen).status_code == 412
    assert member.api.delete(f"/comments/{comment['id']}", headers=seen).status_code == 412


def test_a_comment_sent_again_is_there_once(member: TestUser, task_id: str) -> None:
    key = {"Idempotency-Key": f"comment-{task_id}"}
    first, second = (member.api.post(f"/tasks/{task_id}/comments", json={"body": "Once"}, headers=key) for _ in range(2))
    assert first.json == second.json
    assert len(member.api.get(f"/tasks/{task_id}/comments").json["data"]) == 1


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (None, "wrong_type"),
        (5, "wrong_type"),
        ("", "too_short"),
        (" \n", "wrong_form"),
        ("a\0", "wrong_form"),
        ("a" * 10_001, "too_long"),
    ],
)
def test_text_that_cannot_be_used_is_named_and_nothing_is_stored(member: TestUser, task_id: str, body: Any, code: str) -> None:
    answer = member.api.post(f"/tasks/{task_id}/comments", json={"body": body})
    assert (answer.status_code, [(f["pointer"], f["code"]) for f in answer.json["errors"]]) == (422, [("/body", code)])
    assert member.api.get(f"/tasks/{task_id}/comments").json["data"] == []


def test_comments_go_with_their_task(owner: TestUser, member: TestUser, task_id: str) -> None:
    comment = write_comment(member, task_id)
    assert owner.api.delete(f"/tasks/{task_id}").status_code == 204
    assert refusal(owner.api.get(f"/comments/{comment['id']}")) == (404, "not_found")
    assert refusal(owner.api.get(f"/tasks/{task_id}/comments")) == (404, "not_found")


def test_history_names_a_comment_and_never_repeats_it(
    app: Flask, member: TestUser, project: ProjectAndBoard, task_id: str
) -> None:
    comment = write_comment(member, task_id, "A slip of the tongue")
    member.api.patch(f"/comments/{comment['id']}", json={"body": "Another slip"})
    member.api.delete(f"/comments/{comment['id']}")
    with app.app_context():
        lines = db.session.scalars(select(Activity).where(Activity.subject_id == comment["id"]).order_by(Activity.id)).all()
        assert [line.what for line in lines] == ["comment.created", "comment.changed", "comment.deleted"]
        assert all((line.project_id, line.task_id, line.changes) == (project.project_id, task_id, {}) for line in lines)
