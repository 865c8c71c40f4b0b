"""The language of examples: one is sent, chosen by a link, remembered, and any other name changes nothing."""

import re

import pytest
from flask.testing import FlaskClient
from playwright.sync_api import expect

from portal.docs.languages import LANGUAGES
from tests.portal.forms import HTMX
from tests.support.clients.browser import Pages
from tests.support.users import TestUser

pytestmark = pytest.mark.database("sqlite")


def _languages_of(page: str) -> set[str]:
    """The languages in which requests stand on a page."""
    return set(re.findall(rf'<code id="[\w-]+-({"|".join(LANGUAGES)})">', page))


@pytest.mark.parametrize("language", LANGUAGES)
def test_one_language_is_sent(owner: TestUser, language: str) -> None:
    browser = owner.sign_in()
    for path in ("/integrations", "/docs/api/tasks"):
        assert _languages_of(browser.get(f"{path}?lang={language}").text) == {language}


def test_the_chosen_language_is_remembered_on_every_page(owner: TestUser) -> None:
    browser = owner.sign_in()
    assert _languages_of(browser.get("/docs/api/tasks").text) == {"curl"}
    chosen = browser.get("/docs/api/tasks?lang=go")
    cookie = next(one for one in chosen.headers.getlist("Set-Cookie") if one.startswith("calmboard_language="))
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert _languages_of(browser.get("/docs/api/sprints").text) == {"go"}
    assert _languages_of(browser.get("/integrations").text) == {"go"}


@pytest.mark.parametrize("name", ["", "cobol", "go ", "<b>", "\N{BULLET}", "go&lang=python"])
def test_a_name_that_is_no_language_changes_nothing(client: FlaskClient, name: str) -> None:
    client.set_cookie("calmboard_language", "<script>")
    answer = client.get("/docs/api/tasks", query_string={"lang": name, "example": name})
    assert answer.status_code == 200
    assert _languages_of(answer.text) == {"curl"}
    assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize("path", ["/integrations", "/docs/api/tasks"])
def test_htmx_gets_the_one_example_alone(owner: TestUser, path: str) -> None:
    part = owner.sign_in().get(f"{path}?lang=python&example=list-tasks", headers=HTMX).text
    assert 'id="list-tasks-python"' in part
    assert part.count("<pre>") == 2
    assert "<html" not in part
    assert owner.example_project().board_id in part


def test_the_upload_is_shown_in_the_one_language_it_has(client: FlaskClient) -> None:
    page = client.get("/docs/api/attachments?lang=go").text
    assert _languages_of(page) == {"go", "curl"}


def test_choosing_swaps_the_example_and_keeps_the_focus(page_for: Pages, owner: TestUser) -> None:
    page = page_for(owner)
    page.goto("/integrations")
    example = page.locator("#list-tasks")
    example.locator("summary").click()
    example.get_by_role("link", name="Python").press("Enter")
    expect(example.locator("#list-tasks-python")).to_be_visible()
    expect(example.get_by_role("link", name="Python")).to_be_focused()
    expect(example.get_by_role("link", name="Python")).to_have_attribute("aria-current", "true")
    assert page.url.endswith("/integrations")


def test_without_scripts_the_example_stands_open_in_the_chosen_language(page_for: Pages, owner: TestUser) -> None:
    page = page_for(owner, javascript=False)
    page.goto("/integrations")
    page.locator("#list-tasks > summary").click()
    page.locator("#list-tasks").get_by_role("link", name="Go").click()
    expect(page.locator("#list-tasks-go")).to_be_in_viewport()
