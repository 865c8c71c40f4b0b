"""Every page and state: axe finds nothing, nothing is wider than the screen; light and dark, wide and small."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.support.clients.accessibility import Look, find_barriers
from tests.support.clients.browser import Pages
from tests.support.users import TestUser

State = Callable[[Page], None]

# The longest part of the page of integrations, and the states in which it may differ; in the others it is judged with those.
_EXAMPLES = ["#examples"]
_WITH_EXAMPLES = ("the page with keys", "all its parts opened")


def _open(path: str) -> State:
    def visit(page: Page) -> None:
        page.goto(path)

    return visit


def _opened_parts(page: Page) -> None:
    page.goto("/integrations")
    for fold in page.locator("main details:visible > summary").all():
        fold.click()


def _paused(page: Page) -> None:
    page.goto("/integrations")
    page.get_by_role("button", name="Pause").first.click()
    expect(page.get_by_role("button", name="Resume").first).to_be_visible()


def _dialog(page: Page) -> None:
    page.goto("/integrations")
    page.get_by_role("article").first.locator("summary").click()
    page.get_by_role("link", name="Revoke…").first.click()
    expect(page.get_by_role("dialog")).to_be_visible()


def _dialog_without_tick(page: Page) -> None:
    _dialog(page)
    page.get_by_role("button", name="Revoke key").click()
    expect(page.get_by_role("checkbox")).to_be_focused()


def _user_menu(page: Page) -> None:
    page.goto("/integrations")
    page.locator(".menu-user > summary").click()


def _form_with_errors(page: Page) -> None:
    page.goto("/integrations/keys/new")
    page.get_by_text("Until a date").click()
    page.get_by_text("Only these").click()
    page.get_by_role("button", name="Create key").click()
    expect(page.locator("#form-errors")).to_be_focused()


def _shown_once(page: Page) -> None:
    name = f"Shown {page.evaluate('Date.now()')}"
    page.goto(f"/integrations/keys/new?integration=slack&name={name}")
    page.get_by_role("button", name="Create key").click()
    page.get_by_role("button", name="Close").click()
    expect(page.locator("#stored-error")).to_be_visible()


def _shown_once_untouched(page: Page) -> None:
    page.goto("/integrations/keys/new?integration=slack&name=Untouched")
    page.get_by_role("button", name="Create key").click()
    expect(page.locator("#stored-error")).to_be_hidden()


def _password_errors(page: Page) -> None:
    page.goto("/account")
    page.get_by_label("Current password", exact=True).fill("wrong")
    page.get_by_label("New password", exact=True).fill("short")
    page.get_by_role("button", name="Save password").click()
    expect(page.locator("#form-errors")).to_be_focused()


def _refused(page: Page) -> None:
    page.goto("/sign-in")
    page.get_by_label("Email").fill("nobody@calmboard.test")
    page.get_by_label("Password", exact=True).fill("guess")
    page.get_by_role("button", name="Sign in").click()
    expect(page.locator("#refusal")).to_be_focused()


def _requested_a_link(page: Page) -> None:
    page.goto("/forgot-password")
    page.get_by_label("Email").fill("nobody@calmboard.test")
    page.get_by_role("button", name="Send the link").click()


_SIGNED_IN: dict[str, State] = {
    "the page with keys": _open("/integrations"),
    "all its parts opened": _opened_parts,
    "a paused key": _paused,
    "the dialog": _dialog,
    "the dialog without the tick": _dialog_without_tick,
    "the user menu": _user_menu,
    "the form": _open("/integrations/keys/new?integration=jira&name=Sprint+mirror"),
    "the form with errors": _form_with_errors,
    "the key shown once": _shown_once,
    "the key shown once, untouched": _shown_once_untouched,
    "the account": _open("/account"),
    "the account with errors": _password_errors,
    "a page that is not there": _open("/nothing-here"),
}
_SIGNED_OUT: dict[str, State] = {
    "sign-in": _open("/sign-in"),
    "sign-in on the way": _open("/sign-in?next=/account"),
    "sign-in refused": _refused,
    "forgotten password": _open("/forgot-password"),
    "forgotten password, requested": _requested_a_link,
    "a link that is used up": _open("/reset-password/used-up"),
    "the reference of errors": _open("/docs/errors"),
}

_LOOKS: list[Look] = [("light", 1280), ("dark", 1280), ("light", 360), ("dark", 360)]


@pytest.mark.parametrize("state", _SIGNED_IN)
def test_a_page_has_no_barriers(page_for: Pages, new_user: Callable[..., TestUser], state: str) -> None:
    person = new_user()
    person.new_key("A key with a name of many words, such as people give to keys that they want to find again")
    page = page_for(person)
    _SIGNED_IN[state](page)
    assert find_barriers(page, _LOOKS, without=[] if state in _WITH_EXAMPLES else _EXAMPLES) == {}


@pytest.mark.parametrize("state", _SIGNED_OUT)
def test_a_page_for_everybody_has_no_barriers(page_for: Pages, state: str) -> None:
    page = page_for()
    _SIGNED_OUT[state](page)
    assert find_barriers(page, _LOOKS) == {}


@pytest.mark.parametrize("plan", ["pro", "free"])
def test_the_page_without_keys_has_no_barriers(page_for: Pages, new_user: Callable[..., TestUser], plan: str) -> None:
    page = page_for(new_user(plan=plan))
    page.goto("/integrations")
    assert find_barriers(page, _LOOKS, without=_EXAMPLES) == {}


def test_the_page_of_a_free_plan_has_no_barriers(page_for: Pages, new_user: Callable[..., TestUser]) -> None:
    person = new_user(plan="free")
    person.new_key("From before")
    page = page_for(person)
    page.goto("/integrations")
    assert find_barriers(page, _LOOKS) == {}


@pytest.mark.parametrize(
    "path",
    [
        "/integrations",
        "/integrations/keys/new",
        "/account",
        "/docs/errors",
        "/docs/api",
        "/docs/api/tasks",
        "/docs/mcp",
        "/docs/recipes",
    ],
)
def test_a_page_fits_320_pixels(page_for: Pages, owner: TestUser, path: str) -> None:
    page = page_for(owner, width=320)
    page.goto(path)
    assert page.evaluate("document.documentElement.scrollWidth") == 320


def test_controls_are_large_enough_to_hit(page_for: Pages, owner: TestUser) -> None:
    page = page_for(owner, width=360)
    page.goto("/integrations")
    boxes = [control.bounding_box() for control in page.locator("main :is(button, .button, summary):visible").all()]
    assert boxes
    assert [box for box in boxes if box is None or min(box["width"], box["height"]) < 43.9] == []
