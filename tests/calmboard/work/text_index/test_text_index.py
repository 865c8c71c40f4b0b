"""What is found by a part of a text is what contains it, however it is found and whatever stands in either."""

import re
from collections.abc import Callable, Iterable
from functools import cache

import flask_migrate
import pytest
from flask import Flask
from sqlalchemy import delete, insert, text, update

from calmboard.db import db
from calmboard.models import Task, TaskCounter
from calmboard.texts.folding import fold
from calmboard.work.search import search
from calmboard.work.text_index.candidates import MOST_CANDIDATES
from calmboard.work.text_index.filling import index_waiting_texts, merge_index, renew_sparse_index
from calmboard.work.visible_resources import match_names
from tests.api.resources.test_tasks import add
from tests.support.plans import plans_of
from tests.support.statements import recorded
from tests.support.users import ProjectAndBoard, TestUser, add_project_and_board, add_user

TEXTS = (
    "100% sure, a_b, c\\d, 'quoted' and \"double\"",
    "100 sure axb cd",
    "Straße STRASSE ﬁne ﬃ",
    "İstanbul i̇stanbul I ı",
    "cafe\u0301 café CAFÉ n\u0303andu\u0301",
    "👩🏽‍🚀 emoji 🇪🇺🇪 flags",
    "日本語のテキスト 日本",
    'title : ("abc" AND "bcd") OR NEAR(x y) * ^ -',
    "ananas anana banana",
    "a",
    "ab",
    "abc",
    "x" * 200,
    "\ufffe\uffff\U0010ffff edge",
    "tsk_ 0 00 000",
)
SOUGHT = (
    "%", "_", "\\", "'", '"', "a_b", "0%", "c\\d", '"double"', "'quoted'",
    "strasse", "ß", "FINE", "ﬁn", "ffi", "istanbul", "i̇st", "İ", "ı",
    "café", "cafe\u0301", "\u0301", "ñandú", "n\u0303",
    "👩🏽‍🚀", "🏽", "🇪🇺", "\u200d", "日本", "本語の", "テ",
    "AND", "OR", "(\"abc\"", "NEAR(x", "*", "^ -", "title :",
    "ana", "anan", "nanas", "banan", "a", "ab", "abc", "bc", "x" * 50, "x" * 100,
    "\ufffe", "\uffff\U0010ffff", "0 00", "sure", "zzz", "q",
)  # fmt: skip


Written = dict[str, tuple[str, str]]


@pytest.fixture(params=["waiting", "indexed", "changed"])
def written(request: pytest.FixtureRequest, app: Flask, someone: TestUser, project: ProjectAndBoard) -> Written:
    """Title and description of each task by its id; not indexed yet, or indexed, or indexed with other texts before."""
    texts = [{"title": title, "description": ""} for title in TEXTS] + [{"title": "Plain", "description": each} for each in TEXTS]
    if request.param == "changed":
        ids = [add(someone, project, "Old ananas", description="strasse")["id"] for _ in texts]
        index(app)
        tasks = [someone.api.patch(f"/tasks/{task_id}", json=each).json for task_id, each in zip(ids, texts, strict=True)]
    else:
        tasks = [add(someone, project, **each) for each in texts]
    if request.param != "waiting":
        index(app)
    return {task["id"]: (task["title"], task["description"]) for task in tasks}


@pytest.fixture
def crowded(app: Flask, owner: TestUser) -> ProjectAndBoard:
    """A board of others, with more tasks of one word than are compared; the tests of a database share it."""
    return crowded_board(app, owner)


@cache
def crowded_board(app: Flask, owner: TestUser) -> ProjectAndBoard:
    project = add_project_and_board(app, owner)
    rows = [
        {"board_id": project.board_id, "number": number, "title": f"Lantern {number}", "rank": f"m{number:08}"}
        for number in range(1, 3 * MOST_CANDIDATES)
    ]
    with app.app_context():
        db.session.execute(insert(Task), rows)
        db.session.execute(insert(TaskCounter).values(project_id=project.project_id, last_number=len(rows)))
        db.session.commit()
        index_waiting_texts()
    return project


def test_lists_searches_and_completions_find_what_contains_the_text(
    app: Flask, someone: TestUser, project: ProjectAndBoard, written: Written
) -> None:
    for sought in SOUGHT:
        listed = someone.api.get(f"/boards/{project.board_id}/tasks", query_string={"q": sought, "limit": 100}).json["data"]
        assert [task["id"] for task in listed] == [id_ for id_, pair in written.items() if any(contain(pair, sought))], sought
        with app.app_context():
            completed = match_names(someone.access, "task", sought, 100)
            hits = search(someone.access, sought, ["task"], 100).hits
        assert {row.id for row in completed} == {id_ for id_, (title, _) in written.items() if fold(sought) in fold(title)}, (
            sought
        )
        words = fold(sought).split()
        assert {hit.id for hit in hits} == {id_ for id_, pair in written.items() if all(any(contain(pair, w)) for w in words)}


def test_a_list_of_what_is_found_goes_on_where_its_page_ended(
    someone: TestUser, project: ProjectAndBoard, written: Written
) -> None:
    path, found = f"/boards/{project.board_id}/tasks?q=ana&sort=-position&limit=2", list[str]()
    page = someone.api.get(path).json
    while page["next_cursor"] is not None:
        found += [task["id"] for task in page["data"]]
        page = someone.api.get(f"{path}&cursor={page['next_cursor']}").json
    found += [task["id"] for task in page["data"]]
    assert found == [id_ for id_, pair in reversed(written.items()) if any(contain(pair, "ana"))]


def test_what_many_of_others_contain_is_found_where_few_do(
    app: Flask, someone: TestUser, project: ProjectAndBoard, crowded: ProjectAndBoard
) -> None:
    task_id = add(someone, project, "Our lantern")["id"]
    index(app)
    assert [task["id"] for task in someone.api.get(f"/boards/{project.board_id}/tasks?q=lantern").json["data"]] == [task_id]
    with app.app_context():
        assert [hit.id for hit in search(someone.access, "lantern", ["task"]).hits] == [task_id]
        assert [row.id for row in match_names(someone.access, "task", "lantern", 9)] == [task_id]
    assert crowded.board_id != project.board_id


def test_what_very_many_contain_is_listed_whole_and_searched_in_part(
    app: Flask, owner: TestUser, crowded: ProjectAndBoard, new_project: Callable[..., ProjectAndBoard]
) -> None:
    path, numbers = f"/boards/{crowded.board_id}/tasks?q=lantern&limit=100&fields=number", list[int]()
    page = owner.api.get(path).json
    while len(numbers) < MOST_CANDIDATES:
        numbers += [task["number"] for task in page["data"]]
        page = owner.api.get(f"{path}&cursor={page['next_cursor']}").json
    assert sorted(numbers) == numbers
    other = new_project(owner)
    add(owner, other, "Their lantern")
    index(app)
    with app.app_context():
        found = search(owner.access, "lantern", ["task"])
        assert (len(found.hits), found.more, len(match_names(owner.access, "task", "lantern", 101))) == (20, True, 101)
    limited = TestUser(app, owner.person, owner.password)
    vars(limited)["key"] = limited.new_key(other.project_id, project_ids=frozenset({other.project_id}))
    assert [task["title"] for task in limited.api.get(f"/boards/{other.board_id}/tasks?q=lantern").json["data"]] == [
        "Their lantern"
    ]


def test_comments_are_found_before_and_after_they_are_indexed_and_not_when_they_are_gone(
    app: Flask, someone: TestUser, project: ProjectAndBoard
) -> None:
    task_id = add(someone, project, "Old")["id"]
    comment_id = someone.api.post(f"/tasks/{task_id}/comments", json={"body": "The kaleidoscope"}).json["id"]
    for _ in range(2):
        assert found_comments(app, someone) == [comment_id]
        index(app)
    someone.api.patch(f"/comments/{comment_id}", json={"body": "Nothing"})
    for _ in range(2):
        assert found_comments(app, someone) == []
        index(app)


def test_what_is_deleted_leaves_the_index(app: Flask, someone: TestUser, project: ProjectAndBoard) -> None:
    """Also by a board that goes with all that is on it."""
    ids = [add(someone, project, "Kaleidoscope")["id"] for _ in range(3)]
    comment_id = someone.api.post(f"/tasks/{ids[0]}/comments", json={"body": "Kaleidoscope"}).json["id"]
    index(app)
    someone.api.delete(f"/tasks/{ids[1]}")
    assert indexed(app, [*ids, comment_id]) in (None, {ids[0], ids[2], comment_id})
    someone.api.delete(f"/boards/{project.board_id}")
    assert indexed(app, [*ids, comment_id]) in (None, set())


@pytest.mark.database("postgresql")
def test_a_server_that_does_not_own_the_tables_leaves_the_list_to_postgresql(
    app: Flask, make_app: Callable[..., Flask], database_url: str
) -> None:
    with app.app_context():
        db.session.execute(text("DROP ROLE IF EXISTS plain_server"))
        db.session.execute(text("CREATE ROLE plain_server LOGIN"))
        db.session.commit()
    index(make_app(database_url=database_url.replace("postgres@", "plain_server@")))


@pytest.mark.database("sqlite")
def test_what_was_taken_in_at_many_times_is_brought_together_and_found_still(
    app: Flask, someone: TestUser, project: ProjectAndBoard
) -> None:
    for number in range(5):
        add(someone, project, f"Chandelier {number}")
        index(app)
    with app.app_context():
        merge_index()
        segments = db.session.execute(text("SELECT count(DISTINCT segid) FROM search_tasks_idx")).scalar_one()
    assert segments == 1
    assert len(someone.api.get(f"/boards/{project.board_id}/tasks?q=chandelier").json["data"]) == 5


@pytest.mark.database("sqlite")
def test_an_index_of_what_is_mostly_gone_is_made_again(make_app: Callable[..., Flask], empty_database_url: str) -> None:
    app = make_app(database_url=empty_database_url)
    with app.app_context():
        flask_migrate.upgrade()
    someone = add_user(app)
    crowded = crowded_board(app, someone)
    sizes = []
    for word in ("ananas", "banana", "zebra"):
        with app.app_context():
            changed = update(Task).where(Task.number <= MOST_CANDIDATES).values(title_folded=word)
            db.session.execute(changed, execution_options={"synchronize_session": False})
            db.session.execute(delete(Task).where(Task.number > MOST_CANDIDATES))
            db.session.commit()
            index_waiting_texts()
            renew_sparse_index()
            sizes.append(db.session.execute(text("SELECT coalesce(sum(last), 0) FROM search_boards")).scalar_one())
        for _ in range(2):
            assert len(someone.api.get(f"/boards/{crowded.board_id}/tasks?q={word}&limit=100").json["data"]) == 100
            assert someone.api.get(f"/boards/{crowded.board_id}/tasks?q=lantern").json["data"] == []
            index(app)
    assert sizes == [0, 2 * MOST_CANDIDATES, 3 * MOST_CANDIDATES]


def test_the_index_leads_to_what_few_contain(app: Flask, owner: TestUser, crowded: ProjectAndBoard) -> None:
    add(owner, crowded, "Zebra")
    index(app)
    with app.app_context():
        if db.engine.dialect.name == "postgresql":
            db.session.execute(text("ANALYZE tasks"))
            db.session.commit()
        with recorded(app) as statements:
            owner.api.get(f"/boards/{crowded.board_id}/tasks?q=zebra&sort=-updated_at")
            search(owner.access, "zebra", ["task", "comment"])
            match_names(owner.access, "task", "zebra", 9)
    sought = [statement for statement in statements if re.search(r" LIKE | MATCH ", statement[0])]
    plans = [plan for _, plan in plans_of(app, sought, "enable_seqscan", "enable_indexscan")]
    assert len(plans) >= 4
    for plan in plans:
        assert re.search(r"ix_(tasks|comments)_texts|search_(tasks|comments) VIRTUAL TABLE", plan), plan
        assert re.search(r"SCAN (tasks|comments)|Seq Scan on (tasks|comments)", plan) is None, plan


def contain(pair: Iterable[str], sought: str) -> Iterable[bool]:
    return (fold(sought) in fold(each) for each in pair)


def index(app: Flask) -> None:
    with app.app_context():
        index_waiting_texts()


def found_comments(app: Flask, someone: TestUser) -> list[str]:
    with app.app_context():
        return [hit.id for hit in search(someone.access, "kaleidoscope", ["comment"]).hits]


def indexed(app: Flask, ids: list[str]) -> set[str] | None:
    """Those of the rows that SQLite's index knows; PostgreSQL forgets by itself."""
    with app.app_context():
        if db.engine.dialect.name == "postgresql":
            return None
        known = db.session.execute(text("SELECT row_id FROM search_rows UNION SELECT row_id FROM search_waiting")).scalars()
        return set(ids) & set(known)
