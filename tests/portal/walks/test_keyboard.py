"""Somebody at the keyboard, perhaps with a screen reader: the focus is seen, menus close, titles tell, copying has words."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.support.clients.browser import Pages

pytestmark = pytest.mark.database("sqlite")


def _focus_outline(page: Page) -> str:
    style: str = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    return style


def test_a_heading_that_takes_the_focus_shows_it(page: Page) -> None:
    page.get_by_role("button", name="Pause Jira mirror").click()
    expect(page.get_by_role("heading", name="Jira mirror", exact=True)).to_be_focused()
    assert _focus_outline(page) == "solid"
    page.goto("/integrations/keys/new?integration=slack&name=Shown")
    page.get_by_role("button", name="Create key").click()
    expect(page.get_by_role("heading", level=1)).to_be_focused()
    assert _focus_outline(page) == "solid"


def test_a_summary_of_errors_shows_that_it_has_the_focus(page: Page) -> None:
    page.goto("/integrations/keys/new?integration=slack")
    page.get_by_role("button", name="Create key").click()
    expect(page.locator("#form-errors")).to_be_focused()
    assert _focus_outline(page) == "solid"


def test_a_menu_closes_when_the_focus_leaves_it(page: Page) -> None:
    row = page.get_by_role("article", name="Jira mirror")
    row.locator("summary").press("Enter")
    menu = row.locator(".menu")
    for _ in range(3):
        expect(menu).to_have_attribute("open", "")
        page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    expect(menu).not_to_have_attribute("open", "")


def test_escape_closes_a_menu_wherever_the_focus_is(page: Page) -> None:
    menu = page.get_by_role("article", name="Jira mirror").locator(".menu")
    menu.locator("summary").click()
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("Escape")
    expect(menu).not_to_have_attribute("open", "")


def test_the_title_says_that_a_form_was_refused(page: Page) -> None:
    page.goto("/integrations/keys/new?integration=slack")
    assert not page.title().startswith("Error")
    page.get_by_role("button", name="Create key").click()
    expect(page).to_have_title("Error: Create a key · CalmBoard")
    page.goto("/account/security")
    page.get_by_label("Current password", exact=True).fill("wrong")
    page.get_by_label("New password", exact=True).fill("short")
    page.get_by_role("button", name="Save password").click()
    expect(page).to_have_title("Error: Security · CalmBoard")


def test_the_title_says_that_a_sign_in_was_refused(page_for: Pages) -> None:
    page = page_for()
    page.goto("/sign-in")
    page.get_by_label("E-mail").fill("nobody@calmboard.test")
    page.get_by_label("Password", exact=True).fill("guess")
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page).to_have_title("Error: Sign in · CalmBoard")


@pytest.mark.parametrize("path", ["/integrations", "/docs/api/tasks", "/docs/mcp", "/docs/recipes/jira"])
def test_every_copy_names_what_it_copies_and_no_other_has_its_name(page: Page, path: str) -> None:
    page.goto(path)
    names = page.locator("[data-copy]").evaluate_all("buttons => buttons.map(button => button.textContent.trim())")
    assert names
    assert [name for name in names if not re.fullmatch(r"Copy \S.+", name)] == []
    assert sorted(names) == sorted(set(names))


@pytest.mark.parametrize(("system", "keys"), [("Linux x86_64", "Ctrl+C"), ("MacIntel", "⌘C")])
def test_without_the_clipboard_the_text_is_selected_and_the_keys_are_named(page: Page, system: str, keys: str) -> None:
    page.add_init_script(f"Object.defineProperty(navigator, 'platform', {{get: () => '{system}'}})")
    page.context.clear_permissions()
    page.add_init_script("Object.defineProperty(navigator, 'clipboard', {get: () => undefined})")
    page.goto("/integrations")
    copy = page.get_by_role("button", name="Copy the client ID")
    copy.press("Enter")
    expect(page.locator("#oauth-client .copy").first).to_contain_text(f"Press {keys}")
    expect(page.locator("#live")).to_have_text(f"Press {keys}")
    assert page.evaluate("getSelection().toString()") == page.locator("#client-id").text_content()


def test_text_that_is_hidden_is_shown_where_the_keyboard_has_to_copy_it(page: Page) -> None:
    page.add_init_script("Object.defineProperty(navigator, 'clipboard', {get: () => undefined})")
    page.goto("/integrations/keys/new?integration=slack&name=Hidden")
    page.get_by_role("button", name="Create key").click()
    page.get_by_role("button", name="Hide").click()
    page.get_by_role("button", name="Copy key").click()
    assert page.evaluate("getSelection().toString()") == page.locator("#secret").text_content()


def test_forced_colours_keep_their_lines(page: Page) -> None:
    page.emulate_media(forced_colors="active")
    for part in (".tool", ".nouns a", ".badge", ".note"):
        assert page.locator(part).first.evaluate("part => getComputedStyle(part).borderTopStyle") == "solid"
        assert page.locator(part).first.evaluate("part => parseFloat(getComputedStyle(part).borderTopWidth)") >= 1
    page.goto("/integrations/keys/new?integration=slack")
    border = "choice => getComputedStyle(choice).borderTopColor"
    chosen, other = page.locator(".choice:has(:checked)").first, page.locator(".choice:not(:has(:checked))").first
    assert chosen.evaluate(border) != other.evaluate(border)
    page.get_by_label("Name").press("Shift+Tab")
    assert _focus_outline(page) == "solid"


def test_the_exact_times_of_a_key_show_while_the_focus_is_in_its_row(page: Page) -> None:
    row = page.get_by_role("article", name="Jira mirror")
    page.get_by_role("link", name="Create a key").focus()
    while not row.evaluate("row => row.contains(document.activeElement)"):
        page.keyboard.press("Tab")
    shown = row.locator("time").last.evaluate("time => getComputedStyle(time, '::after').content")
    assert re.fullmatch(r'", \d\d:\d\d \(.+\)"', shown)
