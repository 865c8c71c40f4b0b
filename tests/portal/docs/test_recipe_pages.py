"""Where recipes are shown: under a new key, from a key's row, and for everybody under /docs/recipes."""

import re
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from calmboard.access.credentials.key_lists import list_keys
from calmboard.pagination import PageRequest
from connectors import find_providers
from tests.portal.forms import key_form, open_created, send
from tests.support.clients.accessibility import Look, find_barriers
from tests.support.clients.browser import Pages
from tests.support.users import ProjectAndBoard, TestUser

_KEYS = "/integrations/keys"
_SLUGS = ("jira", "trello", "asana", "slack", "teams", "agent", "curl", "python", "node", "github-actions", "n8n")
_LOOKS: list[Look] = [("light", 1280), ("dark", 1280), ("light", 360), ("dark", 360)]
_SECRET = re.compile(r"cbk_[0-9A-Za-z]{36}")


@pytest.fixture
def person(new_user: Callable[..., TestUser]) -> TestUser:
    return new_user()


@pytest.fixture
def project(person: TestUser, new_project: Callable[..., ProjectAndBoard]) -> ProjectAndBoard:
    return new_project(person)


def _create(browser: FlaskClient, **fields: object) -> str:
    return open_created(browser, key_form("Mirror", **fields)).text


def _recipe_url(app: Flask, person: TestUser) -> str:
    with app.app_context():
        [key] = list_keys(person.access, PageRequest()).rows
    return f"{_KEYS}/{key.id}/recipe"


@pytest.mark.parametrize("tool", [provider.slug for provider in find_providers()])
def test_a_new_key_comes_with_the_steps_of_its_tool(app: Flask, person: TestUser, project: ProjectAndBoard, tool: str) -> None:
    browser = person.sign_in()
    shown = _steps(_create(browser, integration=tool))
    assert project.board_id in shown
    assert _steps(browser.get(_recipe_url(app, person)).text).replace("<h2", "<h3").replace("</h2>", "</h3>") == shown


def test_the_row_of_a_key_leads_to_its_recipe_which_never_holds_the_secret(
    app: Flask, person: TestUser, project: ProjectAndBoard
) -> None:
    browser = person.sign_in()
    _create(browser, integration="jira")
    url = _recipe_url(app, person)
    assert f'href="{url}"' in browser.get("/integrations").text
    page = browser.get(url)
    assert page.status_code == 200
    assert not _SECRET.search(page.text)


def test_a_custom_workflow_offers_each_way_as_a_tab(app: Flask, person: TestUser, project: ProjectAndBoard) -> None:
    page = _create(person.sign_in(), integration="workflow")
    assert re.findall(r'name="recipe" value="([a-z0-9-]+)"', page) == list(_SLUGS[6:])


def test_the_board_is_one_that_the_key_reaches(
    app: Flask, person: TestUser, project: ProjectAndBoard, new_project: Callable[..., ProjectAndBoard]
) -> None:
    other = new_project(person, "Lighthouse")
    browser = person.sign_in()
    page = _create(browser, integration="jira", reach="some", project_ids=[other.project_id])
    assert other.board_id in page
    assert project.board_id not in _steps(page)


def test_a_key_without_a_board_says_how_to_make_one(app: Flask, person: TestUser) -> None:
    browser = person.sign_in()
    created = _create(browser, integration="jira")
    url = _recipe_url(app, person)
    for page in (created, browser.get(url).text, browser.get("/docs/recipes/jira").text):
        assert "BOARD_ID" not in page
        assert "The board in these steps is an example." in page
    send(browser, url, "/integrations/practice", next=url)
    assert "The steps name <strong>Practice board</strong>" in browser.get(url).text


def test_the_address_names_the_board_and_the_form_offers_all_of_them_by_project(
    person: TestUser, project: ProjectAndBoard, new_project: Callable[..., ProjectAndBoard]
) -> None:
    browser, other = person.sign_in(), new_project(person, "Lighthouse")
    page = browser.get(f"/docs/recipes/jira?board={other.board_id}").text
    assert "in the project <strong>Lighthouse</strong>" in page
    assert f"/boards/{other.board_id}/tasks" in _plain(_steps(page))
    assert project.board_id not in _steps(page)
    choice = page.partition('<form class="board-choice"')[2].partition("</form>")[0]
    assert re.findall(r'<optgroup label="(\w+)">', choice) == ["Lighthouse", "Observatory"]
    assert re.findall(r'<option value="(\w+)"', choice) == [other.board_id, project.board_id]
    assert f'<option value="{other.board_id}" selected>' in choice


@pytest.mark.parametrize("board", ["brd_01kb2m8r4ve7w9yq3zt5xhn6pd", "%00", "'><script>", "prj_1", "x" * 3000])
def test_a_board_that_is_not_ones_own_is_told_and_not_used(person: TestUser, project: ProjectAndBoard, board: str) -> None:
    page = person.sign_in().get("/docs/recipes/jira", query_string={"board": board}).text
    assert "That board is not one of yours." in page
    assert project.board_id in _steps(page)


def test_the_boards_under_a_key_are_those_that_it_reaches(
    app: Flask, person: TestUser, project: ProjectAndBoard, new_project: Callable[..., ProjectAndBoard]
) -> None:
    browser, other = person.sign_in(), new_project(person, "Lighthouse")
    created = _create(browser, integration="jira", reach="some", project_ids=[other.project_id])
    assert "in the project <strong>Lighthouse</strong>" in created
    page = browser.get(_recipe_url(app, person), query_string={"board": project.board_id}).text
    assert project.board_id not in page
    assert "This key does not reach that board." in page


def test_the_practice_board_is_not_taken_before_ones_own(person: TestUser, project: ProjectAndBoard) -> None:
    browser = person.sign_in()
    send(browser, "/docs/api/tasks", "/integrations/practice")
    assert project.board_id in _steps(browser.get("/docs/recipes/jira").text)


def test_a_stranger_reads_that_the_board_is_an_example(client: FlaskClient) -> None:
    page = client.get("/docs/recipes/jira").text
    assert "The board in these steps is an example." in page
    assert 'href="/sign-in?next=/docs/recipes/jira"' in page


def test_nobody_sees_the_recipe_of_anothers_key(app: Flask, person: TestUser, owner: TestUser) -> None:
    _create(person.sign_in(), integration="jira")
    assert owner.sign_in().get(_recipe_url(app, person)).status_code in (403, 404)


@pytest.mark.parametrize("slug", _SLUGS)
def test_a_recipe_is_open_to_everybody_with_example_values(client: FlaskClient, slug: str) -> None:
    page = client.get(f"/docs/recipes/{slug}")
    assert page.status_code == 200
    assert "%ORIGIN%" not in page.text
    assert "%BOARD_ID%" not in page.text


def test_the_list_names_every_recipe(client: FlaskClient) -> None:
    page = client.get("/docs/recipes").text
    assert [slug for slug in _SLUGS if f'href="/docs/recipes/{slug}"' in page] == list(_SLUGS)


def test_an_unknown_recipe_is_not_found(client: FlaskClient) -> None:
    assert client.get("/docs/recipes/fax").status_code == 404


@pytest.mark.parametrize(
    ("origin", "is_unreachable"),
    [("http://127.0.0.1:8000", True), ("https://board.harbour.example:8000", True), ("https://board.harbour.example", False)],
)
def test_the_page_tells_when_the_tool_cannot_reach_it(make_app: Callable[..., Flask], origin: str, is_unreachable: bool) -> None:
    page = make_app(origin=origin).test_client().get("/docs/recipes/jira", base_url=origin).text
    assert ("This cannot work here yet." in page) is is_unreachable


@pytest.mark.parametrize("slug", ["jira", "slack", "n8n"])
def test_a_recipe_has_no_barriers(page_for: Pages, person: TestUser, project: ProjectAndBoard, slug: str) -> None:
    page = page_for(person)
    page.goto(f"/docs/recipes/{slug}")
    assert find_barriers(page, _LOOKS) == {}


def _steps(page: str) -> str:
    """The numbered steps of a page, without the step headings' level."""
    return "".join(re.findall(r'<ol class="steps">.*?</ol>', page, re.DOTALL))


def _plain(markup: str) -> str:
    return re.sub(r"<[^>]+>", "", markup)
