"""Keyboard and announcements: where the focus goes, and what is announced, when a part of the page changes."""

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.support.clients.browser import Pages
from tests.support.users import TestUser


def _row(page: Page, name: str) -> Locator:
    return page.get_by_role("article", name=name)


def _open_dialog(page: Page, name: str) -> Locator:
    more = _row(page, name).locator("summary")
    more.focus()
    page.keyboard.press("Enter")
    _row(page, name).get_by_role("link", name=f"Replace {name}").press("Tab")
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name=f"Revoke “{name}”?")
    expect(dialog).to_be_visible()
    return dialog


def test_pausing_keeps_the_row_and_the_focus(page: Page) -> None:
    page.get_by_role("button", name="Pause Jira mirror").press("Enter")
    expect(_row(page, "Jira mirror")).to_contain_text("Paused")
    expect(page.get_by_role("heading", name="Jira mirror", exact=True)).to_be_focused()
    expect(page.locator("#live")).to_have_text("Jira mirror is paused. Its requests get api_key_paused.")
    assert page.locator("article h3").all_text_contents() == ["Jira mirror", "Slack stand-up"]
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Jira mirror", exact=True)).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Resume Jira mirror")).to_be_focused()


def test_the_dialog_starts_on_the_harmless_answer(page: Page) -> None:
    dialog = _open_dialog(page, "Jira mirror")
    expect(dialog.get_by_role("link", name="Keep it")).to_be_focused()
    expect(dialog).to_contain_text("It was never used.")


@pytest.mark.parametrize("way", ["Escape", "Enter"])
def test_keeping_the_key_returns_to_its_row(page: Page, way: str) -> None:
    dialog = _open_dialog(page, "Jira mirror")
    page.keyboard.press(way)
    expect(dialog).to_be_hidden()
    expect(_row(page, "Jira mirror").locator("summary")).to_be_focused()
    expect(_row(page, "Jira mirror")).to_contain_text("Active")


def test_a_missing_tick_is_told_in_the_dialog(page: Page) -> None:
    dialog = _open_dialog(page, "Jira mirror")
    dialog.get_by_role("button", name="Revoke key").press("Enter")
    box = dialog.get_by_role("checkbox")
    expect(box).to_be_focused()
    expect(box).to_have_accessible_description("Tick the box to revoke the key. Nothing was changed.")
    page.keyboard.press("Space")
    dialog.get_by_role("button", name="Revoke key").press("Enter")
    expect(page.get_by_role("heading", name="Jira mirror", exact=True)).to_be_focused()
    expect(page.locator("#live")).to_have_text("Jira mirror is revoked. Its requests get api_key_revoked.")
    expect(page.locator("#keys-count")).to_have_text("1")


def test_pausing_instead_of_revoking(page: Page) -> None:
    _open_dialog(page, "Jira mirror").get_by_role("button", name="Pause instead").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(_row(page, "Jira mirror")).to_contain_text("Paused")
    expect(page.get_by_role("heading", name="Jira mirror", exact=True)).to_be_focused()


@pytest.mark.parametrize(("button", "status"), [("Revoke key", "Revoked"), ("Pause instead", "Paused")])
def test_the_question_opened_as_a_page_of_its_own_is_answered(page: Page, button: str, status: str) -> None:
    """There is no list beside it to be replaced; a console error would fail the page's own check."""
    page.goto(_row(page, "Jira mirror").locator("a[href$='/revoke']").get_attribute("href") or "")
    page.get_by_role("checkbox").check()
    page.get_by_role("button", name=button).click()
    page.wait_for_url("**/integrations#*")
    expect(page.locator("#keys")).to_contain_text(status if status == "Paused" else "One revoked key")


def test_a_failure_is_told_above_the_page(page: Page) -> None:
    page.locator("[name=csrf_token]").evaluate_all("fields => fields.forEach(field => field.value = 'stale')")
    page.get_by_role("button", name="Pause Jira mirror").click()
    expect(page.locator("#notice")).to_contain_text("This form was open too long.")
    expect(_row(page, "Jira mirror")).to_contain_text("Active")


def test_the_menu_closes_with_escape(page: Page) -> None:
    more = _row(page, "Jira mirror").locator("summary")
    more.press("Enter")
    entry = _row(page, "Jira mirror").get_by_role("link", name="Revoke…")
    expect(entry).to_be_visible()
    page.keyboard.press("Escape")
    expect(entry).to_be_hidden()
    expect(more).to_be_focused()


def test_errors_take_the_focus_and_lead_to_their_fields(page: Page) -> None:
    page.goto("/integrations/keys/new?integration=jira&name=Jira+mirror")
    page.get_by_role("button", name="Create key").click()
    expect(page.locator("#form-errors")).to_be_focused()
    page.locator("#form-errors a").click()
    name = page.get_by_label("Name")
    expect(name).to_be_focused()
    expect(name).to_have_attribute("aria-invalid", "true")
    expect(name).to_have_value("Jira mirror")


def test_enter_in_the_name_creates_the_key(page: Page) -> None:
    page.goto("/integrations/keys/new?integration=jira&name=Another")
    page.get_by_role("radio", name="Projects: read").check()
    page.get_by_label("Name").press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Your key is ready")


def test_a_tool_fills_in_its_rights(page: Page) -> None:
    page.goto("/integrations/keys/new?integration=jira")
    expect(page.locator("#live")).to_be_empty()
    page.get_by_role("radio", name="Internal agent").check()
    expect(page.locator("#live")).to_have_text("Rights filled in for Internal agent.")
    expect(page.get_by_role("radio", name="Tasks: read")).to_be_checked()


def test_the_preview_follows_the_rights(page_for: Pages, owner: TestUser) -> None:
    page = page_for(owner)
    page.goto("/integrations/keys/new?integration=jira")
    preview = page.locator("#preview")
    expect(preview).to_contain_text("Read and change")
    page.get_by_role("radio", name="Tasks: none").check()
    expect(preview).to_contain_text("Nothing yet.")
    expect(preview).not_to_contain_text("Read and change")


def test_closing_needs_the_tick(page: Page) -> None:
    page.goto("/integrations/keys/new?integration=jira&name=Another")
    page.get_by_role("button", name="Create key").click()
    page.get_by_role("button", name="Close").click()
    box = page.get_by_role("checkbox")
    expect(box).to_be_focused()
    expect(box).to_have_accessible_description("Tick the box once the key is in a safe place. We cannot show it again.")


def test_a_hidden_key_can_be_shown_again(page: Page) -> None:
    page.goto("/integrations/keys/new?integration=jira&name=Another")
    page.get_by_role("button", name="Create key").click()
    button = page.get_by_role("button", name="Hide")
    button.click()
    expect(button).to_have_attribute("aria-pressed", "true")
    expect(page.locator("#secret")).to_have_class("secret is-hidden")
    button.click()
    expect(page.locator("#secret")).to_have_class("secret")


def test_tabs_are_changed_by_the_arrow_keys(page: Page) -> None:
    page.get_by_role("radio", name="Claude Code").focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator(".mcp-tabs .panel-claude-desktop")).to_be_visible()
    expect(page.locator(".mcp-tabs .panel-claude-code")).to_be_hidden()


@pytest.mark.parametrize("path", ["/sign-in", "/forgot-password"])
def test_the_ring_of_a_note_leaves_the_heading_beside_it_whole(page_for: Pages, path: str) -> None:
    page = page_for(width=360)
    page.goto(path)
    page.get_by_label("E-mail").fill("nobody@calmboard.test")
    if path == "/sign-in":
        page.get_by_label("Password", exact=True).fill("guess")
    page.locator("form button.button-primary").click()
    note, heading = page.locator("#refusal, #sent"), page.get_by_role("heading", level=1)
    expect(note).to_be_focused()
    above, below = heading.bounding_box(), note.bounding_box()
    assert above
    assert below
    assert below["y"] - above["y"] - above["height"] >= 8
