"""Searching the endpoints of the API: by path, title, parameter, field and error code; with and without script."""

import re

import pytest
from flask.testing import FlaskClient
from playwright.sync_api import expect

from tests.portal.forms import HTMX
from tests.support.clients.accessibility import Look, find_barriers
from tests.support.clients.browser import Pages
from tests.support.users import TestUser

_LOOKS: list[Look] = [("light", 1280), ("dark", 360)]


def _found(client: FlaskClient, q: str) -> list[str]:
    page = client.get("/docs/api", query_string={"q": q}).text
    return re.findall(r'<a class="endpoint-link" href="/docs/api/([\w-]+#[\w-]+)"', _results(page))


def _results(page: str) -> str:
    return page.partition('id="search-results"')[2].partition('id="start-here"')[0]


@pytest.mark.parametrize(
    ("q", "first"),
    [
        ("by-external", "tasks#read-external-task"),  # the path
        ("start a sprint", "sprints#start-sprint"),  # the title
        ("DELETE board", "boards#delete-board"),  # the method
        ("label_all", "tasks#list-tasks"),  # a parameter
        ("assignee_email", "tasks#put-external-task"),  # a field of what is sent
        ("cycle_time", "reports#read-cycle-time"),
    ],
)
def test_an_endpoint_is_found(client: FlaskClient, q: str, first: str) -> None:
    assert _found(client, q)[:1] == [first]


def test_a_field_of_the_answer_finds_what_answers_with_it(client: FlaskClient) -> None:
    assert "tasks#list-tasks" in _found(client, "blocked_at")


def test_an_error_code_finds_what_can_answer_it_and_where_it_is_explained(client: FlaskClient) -> None:
    page = client.get("/docs/api?q=precondition_failed").text
    assert 'href="/docs/errors#precondition_failed"' in page
    found = _found(client, "precondition_failed")
    assert "tasks#change-task" in found
    assert "tasks#list-tasks" not in found


def test_a_result_says_resource_method_path_and_why(client: FlaskClient) -> None:
    results = _results(client.get("/docs/api?q=assignee_email").text)
    text = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", results.replace("<wbr>", "")))
    assert "Tasks" in text
    assert "PUT" in text
    assert "/boards/{board_id}/tasks/by-external/{source}/{external_id}" in text
    assert "Body: assignee_email" in text


def test_nothing_found_says_what_to_do(client: FlaskClient) -> None:
    page = client.get("/docs/api?q=unicorn").text
    assert "Nothing has to do with “unicorn”." in page
    assert "Try one word" in page


@pytest.mark.parametrize("q", ["<script>", '" onfocus=x', "%", "\0", "x" * 5000, "ſ", "({[", "  "])
def test_any_text_may_be_searched_for(client: FlaskClient, q: str) -> None:
    answer = client.get("/docs/api", query_string={"q": q})
    assert answer.status_code == 200
    assert "<script>&" not in answer.text
    assert '" onfocus' not in answer.text


def test_a_key_that_is_searched_for_goes_into_no_page(client: FlaskClient, owner: TestUser) -> None:
    assert owner.key not in client.get("/docs/api", query_string={"q": owner.key}).text
    long = client.get("/docs/api", query_string={"q": f"{'why is this refused? ' * 3}{owner.key}"}).text
    assert owner.key[:12] not in long


def test_htmx_gets_the_results_alone_and_the_address_holds_the_words(client: FlaskClient) -> None:
    answer = client.get("/docs/api?q=label+all", headers=HTMX)
    assert answer.text.lstrip().startswith('<div id="search-results"')
    assert answer.headers["HX-Replace-Url"] == "/docs/api?q=label+all"
    assert client.get("/docs/api?q=", headers=HTMX).headers["HX-Replace-Url"] == "/docs/api"


def test_results_come_as_one_types(page_for: Pages) -> None:
    page = page_for()
    page.goto("/docs/api")
    page.get_by_label("Find an endpoint").press_sequentially("by-external")
    entry = page.locator("#search-results").get_by_role("link", name="Read a task by its id in another tool")
    expect(entry).to_be_visible()
    expect(page.locator("#live")).to_have_text("Two endpoints have to do with “by-external”.")
    assert page.url.endswith("/docs/api?q=by-external")
    expect(page.get_by_label("Find an endpoint")).to_be_focused()
    entry.click()
    expect(page).to_have_title(re.compile("^Tasks"))


def test_without_script_it_is_a_form(page_for: Pages) -> None:
    page = page_for(javascript=False)
    page.goto("/docs/api/tasks")
    page.get_by_role("searchbox").first.fill("burndown")
    page.get_by_role("searchbox").first.press("Enter")
    assert page.url.endswith("/docs/api?q=burndown")
    expect(page.locator("#search-results").get_by_role("link", name="Report the burndown of a sprint")).to_be_visible()


@pytest.mark.parametrize("q", ["task", "conflict", "unicorn"])
def test_results_have_no_barriers(page_for: Pages, q: str) -> None:
    page = page_for()
    page.goto(f"/docs/api?q={q}")
    assert find_barriers(page, _LOOKS) == {}
