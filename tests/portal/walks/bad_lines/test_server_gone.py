"""Somebody whose server is gone, or refuses for a while: a note beside what was pressed says so, and it can be tried again."""

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.support.clients.accessibility import find_barriers

pytestmark = pytest.mark.database("sqlite")

_PAUSE = "**/pause"
_NOT_ANSWERED = "CalmBoard did not answer. The line or the server is down for the moment."


@pytest.fixture
def page(page_that_fails: Page) -> Page:
    return page_that_fails


def _pause(page: Page) -> Locator:
    return page.get_by_role("button", name="Pause Jira mirror")


def _note(page: Page) -> Locator:
    return page.get_by_role("article", name="Jira mirror").locator(".note-danger")


def _answer(page: Page, status: int, **headers: str) -> None:
    page.route(_PAUSE, lambda route: route.fulfill(status=status, headers=headers, body="from a proxy"), times=1)


def test_a_server_that_is_gone_is_told_beside_the_control_and_tried_again(page: Page) -> None:
    page.route(_PAUSE, lambda route: route.abort(), times=1)
    _pause(page).click()
    expect(_note(page).locator("p")).to_have_text(_NOT_ANSWERED)
    expect(page.locator("#live")).to_have_text(_NOT_ANSWERED)
    expect(_pause(page)).not_to_have_attribute("aria-busy", "true")
    assert find_barriers(page, [("light", 1280), ("dark", 360)], without=["#examples"]) == {}
    _note(page).get_by_role("button", name="Try again").click()
    expect(page.get_by_role("button", name="Resume Jira mirror")).to_be_visible()
    expect(page.locator(".note-danger")).to_have_count(0)


@pytest.mark.parametrize("status", [500, 502, 503])
def test_a_failing_server_is_told_once_beside_the_control(page: Page, status: int) -> None:
    for _ in range(2):
        _answer(page, status)
        _pause(page).click()
        expect(_note(page)).to_have_count(1)
        expect(_pause(page)).not_to_have_attribute("aria-busy", "true")
    expect(page.locator("#notice")).to_be_empty()
    assert "from a proxy" not in page.locator("body").inner_text()


def test_too_many_tries_name_the_wait_and_wait(page: Page) -> None:
    page.clock.install()
    _answer(page, 429, **{"Retry-After": "30"})
    _pause(page).click()
    again = _note(page).get_by_role("button", name="Try again")
    expect(again).to_be_disabled()
    page.clock.run_for(30_000)
    expect(again).to_be_enabled()


def test_a_failure_in_a_dialog_is_told_in_it(page: Page) -> None:
    """What stands outside of an open dialog is not read out."""
    page.get_by_role("article").locator("summary").click()
    page.get_by_role("link", name="Revoke…").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("checkbox").check()
    page.route("**/revoke", lambda route: route.abort(), times=1)
    dialog.get_by_role("button", name="Revoke key").click()
    expect(dialog.get_by_role("alert")).to_contain_text(_NOT_ANSWERED)
    dialog.get_by_role("button", name="Try again").click()
    expect(dialog).to_have_count(0)
    expect(page.get_by_role("article", name="Jira mirror")).to_contain_text("Revoked")


def test_a_question_that_does_not_open_is_told_in_the_row(page: Page) -> None:
    page.route("**/revoke", lambda route: route.abort(), times=1)
    page.get_by_role("article").locator("summary").click()
    page.get_by_role("link", name="Revoke…").click()
    expect(_note(page).locator("p")).to_have_text(_NOT_ANSWERED)
    _note(page).get_by_role("button", name="Try again").click()
    expect(page.get_by_role("dialog")).to_be_visible()


def test_a_choice_that_failed_is_tried_again(page: Page) -> None:
    page.goto("/integrations/keys/new")
    page.route("**/keys/new", lambda route: route.abort(), times=1)
    page.get_by_role("radio", name="Jira").check()
    page.locator("#integration").get_by_role("button", name="Try again").click()
    expect(page.locator("#rights-hint")).to_contain_text("Chosen for Jira.")
    expect(page.locator(".note-danger")).to_have_count(0)
