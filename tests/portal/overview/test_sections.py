"""The sections of the page: each under its anchor, in the contents, with the number of its things."""

import re
from collections.abc import Callable
from html import unescape

import pytest
from flask.testing import FlaskClient

from portal.overview.sections import page_sections
from portal.shared.section import GROUPS
from tests.portal.forms import HTMX
from tests.support.users import TestUser, csrf_token

Entry = tuple[str, str]


def contents_of(page: str, label: str = "On this page") -> dict[str, list[Entry]]:
    """The groups of a list of contents, each with the anchors and texts of its links."""
    nav = page[page.index(f'<nav class="contents" aria-label="{label}">') :].partition("</nav>")[0]
    groups = re.findall(r"<h2>(.*?)</h2>(.*?)</div>", nav, re.DOTALL)
    return {unescape(title): re.findall(r'<a href="#([\w-]+)"[^>]*>(.*?)</a>', links, re.DOTALL) for title, links in groups}


def section_of(page: str, anchor: str) -> str:
    return page[page.index(f'<section class="section" id="{anchor}"') :].partition("</section>")[0]


def count_in_contents(page: str, anchor: str) -> int | None:
    texts = dict(entry for entries in contents_of(page).values() for entry in entries)
    found = re.search(r'<span class="count"[^>]*>(\d+)</span>', texts[anchor])
    return int(found[1]) if found else None


def test_the_page_shows_every_section_in_order(owner: TestUser, free: TestUser) -> None:
    for reader in (owner, free):
        page = reader.sign_in().get("/integrations").text
        assert re.findall(r'<section class="section" id="([\w-]+)"', page) == [section.anchor for section in page_sections()]


@pytest.mark.parametrize("label", ["On this page", "Sections"])
def test_the_contents_lead_to_every_section_in_order(browser_of: FlaskClient, label: str) -> None:
    contents = contents_of(browser_of.get("/integrations").text, label)
    assert list(contents) == list(GROUPS)
    for group, entries in contents.items():
        expected = [(section.anchor, section.title) for section in page_sections() if section.group == group]
        assert [(anchor, text.partition(" <")[0]) for anchor, text in entries] == expected
    assert sum(map(len, contents.values())) == len(page_sections())


def test_no_id_of_the_page_is_used_twice(browser_of: FlaskClient) -> None:
    ids = re.findall(r'\sid="([^"]+)"', browser_of.get("/integrations/mcp-test").text)
    assert sorted(ids) == sorted(set(ids))


@pytest.mark.parametrize(("anchor", "thing"), [("keys", '<article class="key"'), ("tools", '<li class="tool">')])
def test_a_count_is_the_number_of_things_in_the_section(
    person: TestUser, browser_of: FlaskClient, anchor: str, thing: str
) -> None:
    person.new_key("First")
    person.new_key("Second")
    page = browser_of.get("/integrations").text
    assert count_in_contents(page, anchor) == section_of(page, anchor).count(thing) > 1


def test_a_revoked_key_is_not_counted_any_more(person: TestUser, browser_of: FlaskClient) -> None:
    person.new_key("Kept")
    person.new_key("Revoked")
    page = browser_of.get("/integrations")
    [key_id] = re.findall(r'<article class="key" id="(key_\w+)"', page.text)[:1]
    form = {"csrf_token": csrf_token(page), "sure": "yes"}
    part = browser_of.post(f"/integrations/keys/{key_id}/revoke", data=form, headers=HTMX).text
    assert '<hx-partial hx-target="#keys-count">1</hx-partial>' in part
    assert count_in_contents(browser_of.get("/integrations").text, "keys") == 1


def test_a_section_with_errors_takes_its_place_on_the_whole_page(browser_of: FlaskClient) -> None:
    form = {"csrf_token": csrf_token(browser_of.get("/integrations")), "callbacks": "nonsense"}
    page = browser_of.post("/integrations/oauth/callbacks", data=form).text
    assert re.findall(r'<section class="section" id="([\w-]+)"', page) == [section.anchor for section in page_sections()]
    assert "nonsense: This is not a whole address." in section_of(page, "oauth-client")


def test_a_new_person_has_no_keys_to_count(new_user: Callable[..., TestUser]) -> None:
    assert count_in_contents(new_user().sign_in().get("/integrations").text, "keys") == 0
