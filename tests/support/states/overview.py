"""Integrations & APIs: with keys and without, searched, with a dialog or a note in it."""

from playwright.sync_api import Page, expect

from calmboard.access.credentials.key_lists import list_keys
from calmboard.access.credentials.keys import revoke_key
from calmboard.pagination import PageRequest
from tests.portal.apps.connected import connect
from tests.support.states.readers import free_with_keys, newcomer, newcomer_on_free, with_keys, with_many_keys
from tests.support.states.state import State, at
from tests.support.users import SESSION_COOKIE, TestUser

_PAGE = "/integrations"
_ROW = "Jira sprint mirror"


def _opened_parts(page: Page, _reader: TestUser) -> None:
    page.goto(_PAGE)
    for fold in page.locator("main details:not(.menu):visible > summary").all():
        fold.click()


def _menu_of_a_key(page: Page, _reader: TestUser) -> None:
    page.goto(_PAGE)
    page.get_by_role("article", name=_ROW).locator("summary").click()


def _paused(page: Page, _reader: TestUser) -> None:
    page.goto(_PAGE)
    page.get_by_role("button", name=f"Pause {_ROW}").click()
    expect(page.get_by_role("button", name=f"Resume {_ROW}")).to_be_visible()


def _revoke_dialog(page: Page, reader: TestUser) -> None:
    _menu_of_a_key(page, reader)
    page.get_by_role("article", name=_ROW).get_by_role("link", name="Revoke…").click()
    expect(page.get_by_role("dialog")).to_be_visible()


def _dialog_without_tick(page: Page, reader: TestUser) -> None:
    _revoke_dialog(page, reader)
    page.get_by_role("button", name="Revoke key").click()
    expect(page.get_by_role("dialog").get_by_role("checkbox")).to_be_focused()


def _revoked_elsewhere(page: Page, reader: TestUser) -> None:
    _menu_of_a_key(page, reader)
    with reader.app.app_context():
        [key] = [key for key in list_keys(reader.access, PageRequest()).rows if key.name == _ROW]
        revoke_key(reader.access, key.id)
    page.get_by_role("article", name=_ROW).get_by_role("link", name="Revoke…").click()
    expect(page.get_by_role("dialog")).to_contain_text("is revoked already")


def _chosen(page: Page, _reader: TestUser) -> None:
    page.goto(f"{_PAGE}?q=Nightly&sort=name")
    for number in (10, 11):
        page.get_by_label(f"Choose Nightly {number}").check()
    expect(page.get_by_role("button", name="Pause 2")).to_be_visible()


def _selection_dialog(page: Page, reader: TestUser) -> None:
    _chosen(page, reader)
    page.get_by_role("button", name="Revoke 2…").click()
    expect(page.get_by_role("dialog")).to_contain_text("Revoke 2 keys?")


def _expired_unfolded(page: Page, _reader: TestUser) -> None:
    page.goto(_PAGE)
    page.locator("#expired-keys > summary").click()


def _server_gone(page: Page, _reader: TestUser) -> None:
    page.goto(_PAGE)
    page.route("**/pause", lambda route: route.fulfill(status=429, headers={"Retry-After": "3000"}), times=1)
    page.get_by_role("button", name=f"Pause {_ROW}").click()
    expect(page.locator(".note-danger")).to_be_visible()


def _sign_in_dialog(page: Page, _reader: TestUser) -> None:
    page.goto(_PAGE)
    page.context.clear_cookies(name=SESSION_COOKIE)
    page.get_by_role("button", name="Save callbacks").click()
    expect(page.get_by_role("dialog")).to_be_visible()


def _user_menu(page: Page, _reader: TestUser) -> None:
    page.goto(_PAGE)
    page.locator(".menu-user > summary").click()


def _connected_app(page: Page, reader: TestUser) -> None:
    connect(reader.app, reader)
    page.goto(f"{_PAGE}/apps")
    page.locator("#connected-apps li a").first.click()
    expect(page.get_by_role("heading", name="What it can do now")).to_be_visible()


def _paused_without_script(page: Page, _reader: TestUser) -> None:
    page.goto(_PAGE)
    page.get_by_role("button", name=f"Pause {_ROW}").click()
    expect(page.locator("#keys .note-ok")).to_be_visible()


def _question_without_script(page: Page, _reader: TestUser) -> None:
    page.goto(f"{_PAGE}?q=Nightly+1")
    page.get_by_label("Choose Nightly 10").check()
    page.get_by_role("button", name="Revoke selected…").click()


OVERVIEW = (
    State("page without keys", at(_PAGE), newcomer),
    State("page with keys", at(_PAGE), with_keys, has_examples=True),
    State("page with all its parts opened", _opened_parts, with_keys, has_examples=True),
    State("page of a free plan", at(_PAGE), free_with_keys),
    State("page of a free plan without keys", at(_PAGE), newcomer_on_free),
    State("the page of keys", at(f"{_PAGE}/keys"), with_keys),
    State("the page of keys, none yet", at(f"{_PAGE}/keys"), newcomer),
    State("the page of apps", at(f"{_PAGE}/apps")),
    State("the page of a connected app", _connected_app),
    State("many keys", at(_PAGE), with_many_keys),
    State("many keys, searched", at(f"{_PAGE}?q=Nightly+1&state=works&sort=ends"), with_many_keys),
    State("many keys, none found", at(f"{_PAGE}?q=Weekly"), with_many_keys),
    State("many keys, expired ones unfolded", _expired_unfolded, with_many_keys),
    State("many keys, some chosen", _chosen, with_many_keys),
    State("many keys, the question before revoking", _selection_dialog, with_many_keys),
    State("a paused key", _paused, with_keys),
    State("the menu of a key", _menu_of_a_key, with_keys),
    State("the revoke dialog", _revoke_dialog, with_keys),
    State("the revoke dialog without the tick", _dialog_without_tick, with_keys),
    State("the revoke dialog of a key revoked elsewhere", _revoked_elsewhere, with_keys),
    State("a server that refuses for a while", _server_gone, with_keys),
    State("the sign-in in a dialog", _sign_in_dialog),
    State("the user menu", _user_menu),
    State("page without script", at(_PAGE), with_keys, has_script=False),
    State("a paused key without script", _paused_without_script, with_keys, has_script=False),
    State("the question before revoking without script", _question_without_script, with_many_keys, has_script=False),
)
