"""A passkey from its first day to its last in a real browser, whose authenticator is Chromium's own."""

import pytest
from playwright.sync_api import Page, expect

from tests.portal.account.factors import pass_ten_minutes
from tests.support.clients.browser import Pages
from tests.support.servers.server import Server
from tests.support.users import SESSION_COOKIE, TestUser

pytestmark = pytest.mark.database("sqlite")
_AUTHENTICATOR = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


def test_a_passkey_is_added_signs_in_proves_and_is_removed(page_for: Pages, server: Server, person: TestUser) -> None:
    here = server.url.replace("127.0.0.1", "localhost")
    page = _page_with_authenticator(page_for, here, person)
    _add(page, here, person)
    page.get_by_role("link", name="I have kept them").click()
    expect(page.get_by_role("heading", name="Laptop")).to_be_visible()
    _sign_out(page)
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Integrations & APIs")
    _sign_out(page)
    page.get_by_label("E-mail").fill(person.email)
    page.get_by_label("Password", exact=True).fill(person.password)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.get_by_role("button", name="Use a passkey").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Integrations & APIs")
    pass_ten_minutes(person.app)
    _remove(page, here)


def test_where_no_passkey_can_be_used_the_page_says_so(page_for: Pages, server: Server, person: TestUser) -> None:
    page = page_for(person)
    page.goto("/account/passkeys")
    expect(page.get_by_text(f"Passkeys work at {server.url.replace('127.0.0.1', 'localhost')} alone")).to_be_visible()
    expect(page.get_by_role("button", name="Add passkey")).to_be_disabled()
    without_script = page_for(person, javascript=False)
    without_script.goto("/account/passkeys")
    expect(without_script.get_by_text("Passkeys need JavaScript.")).to_be_visible()


def _add(page: Page, here: str, person: TestUser) -> None:
    page.goto(f"{here}/account/security")
    page.get_by_role("link", name="Add a passkey").click()
    page.get_by_label("Name").fill("Laptop")
    page.get_by_label("Your password", exact=True).fill("wrong")
    page.get_by_role("button", name="Add passkey").click()
    expect(page.locator("#form-errors")).to_be_focused()
    page.get_by_label("Your password", exact=True).fill(person.password)
    page.get_by_role("button", name="Add passkey").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Keep these recovery codes")


def _page_with_authenticator(page_for: Pages, here: str, person: TestUser) -> Page:
    page = page_for()
    page.context.add_cookies([{"name": SESSION_COOKIE, "value": person.session_cookie, "url": here}])
    devtools = page.context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    devtools.send("WebAuthn.addVirtualAuthenticator", {"options": _AUTHENTICATOR})
    return page


def _remove(page: Page, here: str) -> None:
    page.goto(f"{here}/account/security")
    page.get_by_role("link", name="Remove… Laptop").click()
    page.get_by_role("button", name="Remove passkey").click()
    page.get_by_role("button", name="Use a passkey").click()
    page.get_by_role("button", name="Remove passkey").click()
    expect(page.get_by_text("The passkey is removed.")).to_be_visible()
    expect(page.get_by_role("heading", name="Laptop")).to_be_hidden()


def _sign_out(page: Page) -> None:
    page.locator(".menu-user summary").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")
