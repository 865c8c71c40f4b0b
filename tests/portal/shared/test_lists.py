"""Long lists on the pages: shown a part at a time, with the live rows first, by link and by htmx."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from html import unescape
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from playwright.sync_api import expect
from sqlalchemy import update

from calmboard.access.credentials.keys import NewKey, issue_key
from calmboard.access.credentials.sessions import open_session
from calmboard.access.oauth.clients import own_client
from calmboard.clock import now
from calmboard.db import db
from calmboard.models import ApiKey, OAuthGrant
from tests.oauth.conftest import ORIGIN
from tests.portal.agents.connected import ENDPOINT
from tests.portal.forms import HTMX
from tests.support.clients.accessibility import Look, find_barriers, find_violations
from tests.support.clients.browser import Pages
from tests.support.users import TestUser

_PAGE = 25
# The query for each list behind its last row, by the part that htmx requests.
_BEHIND_ALL = (
    ("keys/more", "keys_after=key_00000000000000000000000000"),
    ("keys/more", "group=expired&expired_after=key_00000000000000000000000000"),
    ("keys/more", "group=revoked&revoked_after=key_00000000000000000000000000"),
    ("apps/more", "apps_after=grn_00000000000000000000000000"),
)
_LOOKS: list[Look] = [("light", 1280), ("dark", 360)]


@pytest.fixture
def person(new_user: Callable[..., TestUser]) -> TestUser:
    return new_user(plan="business")


@pytest.fixture
def browser_of(person: TestUser) -> FlaskClient:
    return person.sign_in()


def add_keys(app: Flask, person: TestUser, name: str, number: int, **changes: Any) -> None:
    """Add keys, each with these columns changed; those added later are the newer ones."""
    with app.app_context():
        new = (NewKey(f"{name} {count}", "workflow", frozenset({"tasks:read"})) for count in range(number))
        created = [issue_key(person.person.id, one)[0] for one in new]
        if changes:
            db.session.execute(update(ApiKey).where(ApiKey.id.in_(created)).values(**changes))
        db.session.commit()


def connect_apps(app: Flask, person: TestUser, number: int, resource: str = ORIGIN, used_at: datetime | None = None) -> None:
    """Authorize the person's own client, many times."""
    with app.app_context():
        at, client = now(), own_client(person.person, ORIGIN)
        ends = {"created_at": at, "redeemed_at": at, "expires_at": at + timedelta(days=9), "last_used_at": used_at}
        rows = {"client_id": client.id, "user_id": person.person.id, "scopes": "tasks:read", "resource": resource, **ends}
        db.session.add_all([OAuthGrant(**rows) for _ in range(number)])
        db.session.commit()


def names_in(page: str) -> list[str]:
    return re.findall(r'<h3 id="key_\w+-name"[^>]*><a [^>]*><bdi>([^<]+)</bdi></a></h3>', page)


def apps_in(page: str) -> list[str]:
    listed = page.partition('id="connected-apps"')[2].partition('<section class="section"')[0]
    return re.findall(r'<li class="app" id="(grn_\w+)"', listed or page)


def next_of(page: str, words: str, address: str = "href") -> str | None:
    """Where a list leads on: the page, or for htmx the part."""
    found = re.search(rf'<a class="button" [^>]*?\b{address}="([^"]+)"[^>]*>{words}</a>', page)
    return unescape(found[1]) if found else None


def walk(browser: FlaskClient, words: str, rows: Callable[[str], list[str]]) -> list[list[str]]:
    """The rows of each page, as a reader without scripts finds them."""
    address: str | None = "/integrations"
    pages = []
    while address:
        page = browser.get(address).text
        pages.append(rows(page))
        address = next_of(page, words)
    return pages


def test_keys_that_still_work_come_before_expired_and_revoked_ones(app: Flask, person: TestUser, browser_of: FlaskClient) -> None:
    add_keys(app, person, "Live", 30)
    add_keys(app, person, "Expired", 30, expires_at=now() - timedelta(days=1))
    add_keys(app, person, "Revoked", 30, revoked_at=now())
    kinds = [name.partition(" ")[0] for name in names_in(browser_of.get("/integrations").text)]
    assert kinds == ["Live"] * _PAGE + ["Expired"] * _PAGE + ["Revoked"] * _PAGE
    for kind, words in (("Live", "Show more keys"), ("Expired", "Show more expired keys")):
        parts = [[name for name in page if kind in name] for page in walk(browser_of, words, names_in)]
        assert [len(part) for part in parts] == [_PAGE, 5]
        assert [name for part in parts for name in part] == [f"{kind} {count}" for count in reversed(range(30))]


def test_revoked_keys_are_shown_a_part_at_a_time(app: Flask, person: TestUser, browser_of: FlaskClient) -> None:
    add_keys(app, person, "Revoked", 30, revoked_at=now())
    add_keys(app, person, "Live", 1)
    pages = walk(browser_of, "Show more revoked keys", names_in)
    revoked = [name for page in pages for name in page if name != "Live 0"]
    assert [len(page) for page in pages] == [_PAGE + 1, 6]
    assert revoked == [f"Revoked {count}" for count in reversed(range(30))]


def test_revoked_keys_are_numbered_only_where_all_of_them_are_shown(
    app: Flask, person: TestUser, browser_of: FlaskClient
) -> None:
    def summaries() -> list[str]:
        pages = (browser_of.get(address).text for address in ("/integrations", f"/integrations?revoked_after={newest}"))
        return [text for page in pages for text in re.findall(r"</svg>([^<]+)</summary>", page) if "evoked" in text]

    newest = "key_7zzzzzzzzzzzzzzzzzzzzzzzzz"
    add_keys(app, person, "Revoked", 2, revoked_at=now())
    assert summaries() == ["Two revoked keys", "Revoked keys"]
    add_keys(app, person, "Revoked", 28, revoked_at=now())
    assert summaries() == ["Revoked keys", "Revoked keys"]


def test_a_key_of_a_later_part_that_is_kept_leads_back_to_the_keys(app: Flask, person: TestUser, browser_of: FlaskClient) -> None:
    add_keys(app, person, "Live", 26)
    first = browser_of.get("/integrations").text
    later = browser_of.get(next_of(first, "Show more keys") or "").text
    [key_id] = re.findall(r'id="(key_\w+)-name"', later)
    cancel_link = re.search(
        r'href="/integrations#([\w-]+)"[^>]*>Keep it<', browser_of.get(f"/integrations/keys/{key_id}/revoke").text
    )
    assert cancel_link
    assert (f'id="{cancel_link[1]}"' in first, cancel_link[1]) == (True, "keys")


def test_the_page_sums_up_all_keys_and_not_only_those_it_shows(app: Flask, person: TestUser, browser_of: FlaskClient) -> None:
    add_keys(app, person, "Live", 30, expires_at=now() + timedelta(days=2))
    add_keys(app, person, "Paused", 2, paused_at=now())
    add_keys(app, person, "Expired", 3, expires_at=now() - timedelta(days=1), paused_at=now())
    page = browser_of.get("/integrations").text
    assert "35 keys: 30 working, two paused, three expired. 30 expire this week." in page
    assert '<span class="count" id="keys-count">35</span>' in page


def test_connected_apps_are_shown_a_part_at_a_time(app: Flask, person: TestUser, browser_of: FlaskClient) -> None:
    connect_apps(app, person, 60)
    pages = walk(browser_of, "Show more apps", apps_in)
    shown = [grant_id for page in pages for grant_id in page]
    assert [len(page) for page in pages] == [_PAGE, _PAGE, 10]
    assert shown == sorted(set(shown), reverse=True)


@pytest.mark.parametrize(
    ("words", "rows"), [("Show more keys", names_in), ("Show more revoked keys", names_in), ("Show more apps", apps_in)]
)
def test_htmx_gets_the_next_rows_alone(
    app: Flask, person: TestUser, browser_of: FlaskClient, words: str, rows: Callable[[str], list[str]]
) -> None:
    add_keys(app, person, "Live", 30)
    add_keys(app, person, "Revoked", 30, revoked_at=now())
    connect_apps(app, person, 30)
    address = next_of(browser_of.get("/integrations").text, words, "data-hx-get") or ""
    part = browser_of.get(address, headers=HTMX).text
    assert (len(rows(part)), part.count("autofocus"), next_of(part, words)) == (5, 1, None)
    assert "<html" not in part
    assert re.search(r'<hx-partial hx-target="#live">Five more (revoked keys|keys|apps) shown\.', part)
    assert browser_of.get(address).location == next_of(browser_of.get("/integrations").text, words)


@pytest.mark.parametrize("name", ["keys_after", "revoked_after", "apps_after"])
@pytest.mark.parametrize("cursor", ["", "x", "1", "1.", "2.key_01m86ffkj1eyt9k86t46h61k8b", "1.1.key_x", "\0", "é" * 3000, "%ff"])
def test_a_cursor_that_cannot_be_parsed_is_the_beginning(
    app: Flask, person: TestUser, browser_of: FlaskClient, name: str, cursor: str
) -> None:
    add_one_of_each(app, person)
    answer = browser_of.get("/integrations", query_string={name: cursor})
    assert answer.status_code == 200
    assert_first_page(answer.text)


@pytest.mark.parametrize("cursor", [cursor for _, cursor in _BEHIND_ALL])
def test_a_page_behind_the_last_row_is_the_beginning(app: Flask, person: TestUser, browser_of: FlaskClient, cursor: str) -> None:
    add_one_of_each(app, person)
    assert_first_page(browser_of.get(f"/integrations?{cursor}").text)


def add_one_of_each(app: Flask, person: TestUser) -> None:
    add_keys(app, person, "Live", 1)
    add_keys(app, person, "Revoked", 1, revoked_at=now())
    connect_apps(app, person, 1)


def assert_first_page(page: str) -> None:
    """The page that shows one of each, and leads back to none before it."""
    assert (names_in(page), len(apps_in(page))) == (["Live 0", "Revoked 0"], 1)
    assert "Back to the first" not in page


@pytest.mark.parametrize(("part", "cursor"), _BEHIND_ALL)
def test_a_part_behind_the_last_row_is_empty(
    app: Flask, person: TestUser, browser_of: FlaskClient, part: str, cursor: str
) -> None:
    add_one_of_each(app, person)
    answer = browser_of.get(f"/integrations/{part}?{cursor}", headers=HTMX)
    assert answer.status_code == 200
    assert (names_in(answer.text), apps_in(answer.text)) == ([], [])
    assert re.search(r"No more ((revoked |expired )?keys|apps) shown\.", answer.text)


def test_the_rows_of_others_are_not_shown(app: Flask, person: TestUser, owner: TestUser) -> None:
    add_keys(app, person, "Live", 30)
    connect_apps(app, person, 30)
    mine, browser = person.sign_in(), owner.sign_in()
    page = mine.get("/integrations").text
    for words, rows in (("Show more keys", names_in), ("Show more apps", apps_in)):
        url = next_of(page, words, "data-hx-get") or ""
        own = rows(mine.get(url, headers=HTMX).text)
        assert own
        assert not set(rows(browser.get(url, headers=HTMX).text)) & set(own)


def test_the_keys_of_agents_that_called_last_are_listed_and_the_others_named_elsewhere(
    app: Flask, person: TestUser, browser_of: FlaskClient
) -> None:
    calls = {"last_used_endpoint": "MCP tools/list", "last_used_at": now() - timedelta(hours=1)}
    add_keys(app, person, "Agent", 30, **calls)
    connect_apps(app, person, 5, ENDPOINT, used_at=now())
    section = browser_of.get("/integrations").text.partition('id="connected-agents"')[2].partition("</section>")[0]
    listed = re.findall(r'<li class="app" id="agent-(grn|key)_', section)
    assert listed == ["key"] * 25
    assert "All the others are among your" in section


def test_the_next_keys_are_opened_in_place(app: Flask, page_for: Pages, person: TestUser) -> None:
    """The focus goes to the first of them, and a key that is paused there stays where it is."""
    add_keys(app, person, "Live", 60)
    page = page_for(person)
    page.goto("/integrations")
    for shown in (_PAGE, 2 * _PAGE):
        expect(page.locator("#keys article")).to_have_count(shown)
        page.get_by_role("link", name="Show more keys").press("Enter")
        expect(page.get_by_role("heading", name=f"Live {59 - shown}", exact=True)).to_be_focused()
    expect(page.locator("#live")).to_have_text("Ten more keys shown.")
    page.get_by_role("button", name="Pause Live 5", exact=True).press("Enter")
    expect(page.get_by_role("heading", name="Live 5", exact=True)).to_be_focused()
    expect(page.locator("#keys article")).to_have_count(60)
    expect(page.locator("#keys-summary")).to_have_text("60 keys: 59 working, one paused.")


def test_the_next_apps_are_opened_in_place(app: Flask, page_for: Pages, person: TestUser) -> None:
    connect_apps(app, person, 27)
    page = page_for(person)
    page.goto("/integrations")
    page.get_by_role("link", name="Show more apps").press("Enter")
    expect(page.locator("#connected-apps .app")).to_have_count(27)
    expect(page.locator("#connected-apps .app").nth(_PAGE)).to_be_focused()
    expect(page.locator("#live")).to_have_text("Two more apps shown.")


def test_the_next_keys_are_a_page_without_scripts(app: Flask, page_for: Pages, person: TestUser) -> None:
    add_keys(app, person, "Live", 27)
    page = page_for(person, javascript=False)
    page.goto("/integrations")
    page.get_by_role("link", name="Show more keys").click()
    expect(page.locator("#keys article h3")).to_have_text(["Live 1", "Live 0"])
    page.get_by_role("link", name="Back to the first keys").click()
    expect(page.locator("#keys article")).to_have_count(_PAGE)


def add_sessions(app: Flask, person: TestUser, number: int) -> None:
    with app.app_context():
        for count in range(number):
            open_session(person.person, f"203.0.113.{count}", "curl/8.0")


def sessions_in(page: str) -> list[str]:
    return re.findall(r"203\.0\.113\.(\d+) ·", page)


def test_sessions_are_shown_a_part_at_a_time_below_this_one(app: Flask, person: TestUser, browser_of: FlaskClient) -> None:
    add_sessions(app, person, 60)
    pages = [page := browser_of.get("/account/sessions").text]
    while address := next_of(page, "Show more sessions"):
        pages.append(page := browser_of.get(address).text)
    assert all(page.count("This browser") == 1 for page in pages)
    assert [int(seen) for page in pages for seen in sessions_in(page)] == list(reversed(range(60)))
    assert max(len(sessions_in(page)) for page in pages) == _PAGE


def test_htmx_gets_the_next_sessions_alone(app: Flask, person: TestUser, browser_of: FlaskClient) -> None:
    add_sessions(app, person, 30)
    page = browser_of.get("/account/sessions").text
    address = next_of(page, "Show more sessions", "data-hx-get") or ""
    part = browser_of.get(address, headers=HTMX).text
    assert [int(seen) for seen in sessions_in(part)] == list(reversed(range(5)))
    assert "<html" not in part
    assert browser_of.get(address).location == next_of(page, "Show more sessions")


def test_the_next_sessions_are_opened_in_place(app: Flask, page_for: Pages, person: TestUser) -> None:
    page = page_for(person)
    page.goto("/account/sessions")
    add_sessions(app, person, 27)
    page.reload()
    page.get_by_role("link", name="Show more sessions").press("Enter")
    expect(page.locator(".session")).to_have_count(28)
    expect(page.locator(".session").nth(_PAGE + 1)).to_be_focused()
    expect(page.locator("#live")).to_have_text("Two more sessions shown.")
    assert find_violations(page) == []


@pytest.mark.parametrize("address", ["/integrations", "?keys_after=1.", "?revoked_after=", "?apps_after="])
def test_long_lists_have_no_barriers(app: Flask, page_for: Pages, person: TestUser, address: str) -> None:
    add_keys(app, person, "Live", 27)
    add_keys(app, person, "Revoked", 27, revoked_at=now())
    connect_apps(app, person, 27)
    last = f"{'grn' if 'apps' in address else 'key'}_7zzzzzzzzzzzzzzzzzzzzzzzzz"
    page = page_for(person)
    page.goto(address if address == "/integrations" else f"/integrations{address}{last}")
    assert find_barriers(page, _LOOKS, without=["#examples"]) == {}
