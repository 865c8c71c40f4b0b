"""The log as a file: CSV and JSON Lines, of what the page would show."""

import csv
import io
import json
from collections.abc import Callable

import pytest

from portal.shared.transport import exports
from tests.support.users import TestUser

_FILE = "/integrations/activity"


@pytest.fixture
def person(new_user: Callable[..., TestUser]) -> TestUser:
    return new_user()


def test_a_file_has_what_the_filter_finds(person: TestUser) -> None:
    person.api.get("/me")
    person.api.get("/projects/nothing")
    answer = person.sign_in().get(f"{_FILE}.csv?outcome=refused")
    [row] = csv.DictReader(io.StringIO(answer.text))
    assert (row["route"], row["status"], row["code"]) == ("/api/v1/projects/<project_id>", "404", "not_found")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="calmboard-activity.csv"'
    assert answer.content_type == "text/csv; charset=utf-8"
    assert answer.headers["Cache-Control"] == "no-store"
    [line] = person.sign_in().get(f"{_FILE}.jsonl?outcome=refused").text.splitlines()
    assert json.loads(line)["request_id"] == row["request_id"]


@pytest.mark.parametrize("start", ["\t", "\r"])
def test_a_cell_that_begins_with_a_tab_is_text(start: str) -> None:
    assert exports._cell(f"{start}=1+1") == f"'{start}=1+1"


@pytest.mark.parametrize("start", ["=", "+", "-", "@"])
def test_a_program_that_names_itself_as_a_formula_is_text(person: TestUser, start: str) -> None:
    name = f'{start}cmd|"/c calc"!A1'
    person.api.get("/me", headers={"User-Agent": name})
    browser = person.sign_in()
    [row] = csv.DictReader(io.StringIO(browser.get(f"{_FILE}.csv").text))
    assert row["user_agent"] == f"'{name}"
    assert json.loads(browser.get(f"{_FILE}.jsonl").text)["user_agent"] == name


def test_a_file_is_read_page_by_page_until_it_is_full(person: TestUser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exports, "_ROWS_AT_ONCE", 3)
    monkeypatch.setattr(exports, "MAX_ROWS", 8)
    for _ in range(7):
        person.api.get("/me")
    browser = person.sign_in()
    ids = [json.loads(line)["id"] for line in browser.get(f"{_FILE}.jsonl").text.splitlines()]
    assert ids == sorted(set(ids), reverse=True)
    assert len(ids) == 7
    for _ in range(4):
        person.api.get("/me")
    assert len(browser.get(f"{_FILE}.jsonl").text.splitlines()) == 8


def test_an_empty_log_is_a_file_with_its_heads(person: TestUser) -> None:
    assert person.sign_in().get(f"{_FILE}.csv").text.startswith("id,at,credential_id,method,route")
