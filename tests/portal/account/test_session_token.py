"""localStorage.calmboard_token: kept current while signed in, gone when signed out."""

from collections.abc import Callable

from playwright.sync_api import Page

from tests.support.clients.browser import Pages
from tests.support.servers.programs import wait_until
from tests.support.users import DEMO_PASSWORD, TestUser

_TOKEN = "localStorage.calmboard_token"
_NEAR_ITS_END = "localStorage.calmboard_token_ends_at = Date.now() + 9 * 60 * 1000"


def test_a_signed_in_page_holds_a_token_that_works(page_for: Pages, owner: TestUser) -> None:
    page = page_for(owner)
    page.goto("/integrations")
    token = _wait_for_token(page)
    answer = page.evaluate(
        """async (token) => {
          const headers = { Authorization: `Bearer ${token}` };
          return (await (await fetch("/api/auth/session", { headers, credentials: "omit" })).json()).user.email;
        }""",
        token,
    )
    assert answer == owner.email
    assert token not in page.content()


def test_it_stays_until_ten_minutes_before_its_end(page_for: Pages, owner: TestUser) -> None:
    page = page_for(owner)
    page.goto("/integrations")
    token = _wait_for_token(page)
    page.goto("/account", wait_until="networkidle")
    assert page.evaluate(_TOKEN) == token
    page.evaluate(_NEAR_ITS_END)
    page.reload()
    wait_until(lambda: page.evaluate(_TOKEN) != token, "Another token")


def test_signing_out_removes_it(page_for: Pages, new_user: Callable[..., TestUser]) -> None:
    page = page_for(new_user())
    page.goto("/integrations")
    _wait_for_token(page)
    page.locator(".menu-user summary").click()
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/sign-in")
    assert page.evaluate("Object.keys(localStorage)") == []


def test_a_page_of_a_session_that_ended_removes_it(page_for: Pages, new_user: Callable[..., TestUser]) -> None:
    person = new_user()
    page = page_for(person)
    page.goto("/integrations")
    _wait_for_token(page)
    page.context.clear_cookies()
    page.goto("/integrations")
    wait_until(lambda: page.evaluate(_TOKEN) is None, "The page without a token")


def test_a_new_password_brings_a_new_token(page_for: Pages, new_user: Callable[..., TestUser]) -> None:
    page = page_for(new_user())
    page.goto("/account/security")
    token = _wait_for_token(page)
    page.get_by_label("Current password", exact=True).fill(DEMO_PASSWORD)
    page.get_by_label("New password", exact=True).fill("another-quiet-harbour")
    page.get_by_role("button", name="Save password").click()
    page.get_by_text("The new password is saved.").wait_for()
    wait_until(lambda: page.evaluate(_TOKEN) not in (None, token), "Another token")


def _wait_for_token(page: Page) -> str:
    wait_until(lambda: page.evaluate(_TOKEN) is not None, "The page's token")
    return str(page.evaluate(_TOKEN))
