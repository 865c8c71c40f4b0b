"""A first-time user in Chromium: a key is made on a slow line, its page opened again, its first request refused."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.support.clients.browser import Pages
from tests.support.users import Api, TestUser

_SECRET = re.compile(r"cbk_[0-9A-Za-z]{36}")


@pytest.fixture
def page(page_for: Pages, person: TestUser) -> Page:
    return page_for(person)


def test_pressing_create_twice_on_a_slow_line_makes_one_key_and_shows_its_secret(page: Page, person: TestUser) -> None:
    """The first answer never reaches the page that sent the form: a second press takes its place."""
    _open_form(page, "Twice")
    form = {field["name"]: field["value"] for field in page.locator("#key-form").evaluate(_FIELDS)}
    headers = {"Origin": page.url.split("/integrations")[0], "Referer": page.url}
    first = page.request.post("/integrations/keys", form=form, headers=headers, max_redirects=0)
    page.get_by_role("button", name="Create key").last.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your key is ready")
    assert page.url.endswith(first.headers["location"])
    assert [key["name"] for key in person.api.get("/keys").json["data"]].count("Twice") == 1


_FIELDS = "form => [...new FormData(form)].map(([name, value]) => ({name, value}))"


def test_reload_back_and_forward_after_the_key_never_fail_and_never_show_it_again(page: Page) -> None:
    _create(page, "Opened again")
    secret = _secret(page)
    for again in (page.reload, page.go_back, page.go_forward):
        answer = again()
        assert answer is None or answer.status == 200
    expect(page.get_by_role("heading", level=1)).to_have_text("This key was shown once")
    expect(page.get_by_role("article", name="Opened again")).to_be_visible()
    assert secret not in page.content()
    page.get_by_role("link", name="Replace it").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Replace “Opened again”?")


def test_hide_hides_every_place_of_the_secret(page: Page) -> None:
    _create(page, "Hidden")
    secret = _secret(page)
    page.get_by_role("button", name="Hide").click()
    assert [text for text in page.evaluate(_VISIBLE_TEXTS) if secret in text] == []
    page.get_by_role("button", name="Hide").click()
    assert len([text for text in page.evaluate(_VISIBLE_TEXTS) if secret in text]) >= 1


# What of each piece of code is drawn: the texts in it that are not transparent.
_VISIBLE_TEXTS = """() => [...document.querySelectorAll("main code")].map((code) => {
  const walker = document.createTreeWalker(code, NodeFilter.SHOW_TEXT);
  let drawn = "";
  while (walker.nextNode()) {
    const text = walker.currentNode;
    if (getComputedStyle(text.parentElement).color !== "rgba(0, 0, 0, 0)") drawn += text.data;
  }
  return drawn;
})"""


def test_a_refused_first_request_is_told_as_refused(page: Page, person: TestUser) -> None:
    page.goto("/integrations/keys/new?integration=workflow&name=Narrow&scopes=projects:read")
    page.get_by_role("button", name="Create key").last.click()
    Api(person.app, _secret(page)).get("/boards/brd_01m86ffkj1eyt9k86t46h61k8b/tasks")
    notice = page.locator("#first-use")
    expect(notice).to_contain_text("Heard it, and refused it.")
    expect(notice).to_contain_text("This needs the scope tasks:read.")
    expect(notice.locator(".icon-tick-ring")).to_have_count(0)


def test_the_page_that_waits_survives_an_ended_session(page: Page) -> None:
    _create(page, "Left waiting")
    secret = _secret(page)
    page.context.clear_cookies()
    expect(page.locator("#first-use")).to_contain_text("Your session ended.")
    assert _secret(page) == secret
    expect(page.get_by_role("link", name="sign in in a new tab")).to_have_attribute("target", "_blank")


def _open_form(page: Page, name: str) -> None:
    page.goto(f"/integrations/keys/new?integration=workflow&name={name}")


def _create(page: Page, name: str) -> None:
    _open_form(page, name)
    page.get_by_role("button", name="Create key").last.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your key is ready")


def _secret(page: Page) -> str:
    found = _SECRET.search(page.locator("#secret").text_content() or "")
    assert found
    return found[0]


def test_rights_chosen_by_hand_outlive_another_choice_of_tool(page: Page) -> None:
    page.goto("/integrations/keys/new?integration=jira")
    page.get_by_role("radio", name="Comments: write").check()
    page.locator("label", has_text="Trello").click()
    expect(page.locator("#live")).to_have_text("Your own choice of rights was kept.")
    expect(page.get_by_role("radio", name="Comments: write")).to_be_checked()
    page.get_by_role("button", name="Use Trello’s preset").click()
    expect(page.get_by_role("radio", name="Comments: none")).to_be_checked()


def test_a_link_that_asks_for_days_has_them_or_says_why_not(page: Page) -> None:
    page.goto("/integrations/keys/new?integration=jira&expires=45")
    expect(page.get_by_role("radio", name="Until a date")).to_be_checked()
    expect(page.get_by_label("Last day")).to_have_value(re.compile(r"\d{4}-\d\d-\d\d"))
    page.goto("/integrations/keys/new?integration=jira&expires=abc")
    expect(page.locator(".form-note")).to_contain_text("The link asks for a key that lives “abc”.")


def test_the_page_is_light(page_for: Pages, person: TestUser) -> None:
    """At most three sheets, and compressed."""
    page = page_for(person)
    with page.expect_response("**/integrations") as answered:
        page.goto("/integrations")
    assert answered.value.header_value("Content-Encoding") in ("br", "gzip")
    assert page.locator("link[rel=stylesheet]:not([media=print])").count() <= 3
