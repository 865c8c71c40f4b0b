"""Search: words, their special characters and case, and the number of queries."""

from collections.abc import Callable, Sequence

import pytest
from flask import Flask

from calmboard.work.search import MAX_WORDS, SearchResults, search
from calmboard.work.tasks.lifecycle import create_task
from tests.support.statements import recorded
from tests.support.users import ProjectAndBoard, TestUser


@pytest.fixture
def project(new_project: Callable[..., ProjectAndBoard], someone: TestUser) -> ProjectAndBoard:
    return new_project(someone)


def add(app: Flask, someone: TestUser, project: ProjectAndBoard, *titles: str, description: str = "") -> None:
    with app.app_context():
        for title in titles:
            create_task(someone.access, project.board_id, {"title": title, "description": description})


def found(app: Flask, someone: TestUser, q: str, kinds: Sequence[str] | None = None, limit: int = 20) -> SearchResults:
    with app.app_context():
        return search(someone.access, q, kinds, limit)


def titles(found: SearchResults) -> list[str]:
    return [hit.title for hit in found.hits]


@pytest.mark.parametrize(
    ("q", "expected"),
    [
        ("50%", ["Save 50% on glass"]),
        ("a_b", ["Rename a_b"]),
        ("c\\d", ["Path c\\d"]),
        ("ÄRGER", ["Über Ärger reden"]),
        ("über reden", ["Über Ärger reden"]),
        ("rede über", ["Über Ärger reden"]),
        ("'; --", []),
    ],
)
def test_special_characters_are_literal_and_case_is_ignored(
    app: Flask, someone: TestUser, project: ProjectAndBoard, q: str, expected: list[str]
) -> None:
    add(
        app,
        someone,
        project,
        "Save 50% on glass",
        "Save 500 on glass",
        "Rename a_b",
        "Rename axb",
        "Path c\\d",
        "Über Ärger reden",
    )
    assert titles(found(app, someone, q)) == expected


def test_words_beyond_the_last_that_counts_are_not_searched(app: Flask, someone: TestUser, project: ProjectAndBoard) -> None:
    words = [f"w{number}" for number in range(MAX_WORDS)]
    add(app, someone, project, " ".join(words))
    assert len(found(app, someone, " ".join([*words, "nowhere"])).hits) == 1
    assert found(app, someone, " ".join([*words[1:], "nowhere"])).hits == []


def test_the_excerpt_shows_the_place(app: Flask, someone: TestUser, project: ProjectAndBoard) -> None:
    add(app, someone, project, "Order", description=f"{'before ' * 50}\n\nthe mirror\n\n{'after ' * 50}")
    (hit,) = found(app, someone, "MIRROR").hits
    assert hit.excerpt is not None
    assert hit.excerpt.startswith("… ")
    assert hit.excerpt.endswith(" …")
    assert "before the mirror after" in hit.excerpt
    assert len(hit.excerpt) < 200


def test_the_newest_of_equals_comes_first_and_the_rest_is_announced(
    app: Flask, someone: TestUser, project: ProjectAndBoard
) -> None:
    add(app, someone, project, "Mirror one", "Mirror two", "Mirror three")
    some = found(app, someone, "mirror", limit=2)
    assert (titles(some), some.more) == (["Mirror three", "Mirror two"], True)
    assert found(app, someone, "mirror", limit=3).more is False


def test_each_kind_costs_one_query_and_one_more_where_there_is_an_index(
    app: Flask, someone: TestUser, project: ProjectAndBoard
) -> None:
    add(app, someone, project, "Mirror")
    for kinds, queries, indexed in ((None, 5, 2), (["task"], 1, 1), (["project", "comment"], 2, 1)):
        with recorded(app) as statements:
            found(app, someone, "mirror", kinds)
        assert len(statements) == queries + indexed
