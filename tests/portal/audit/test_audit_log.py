"""The audit log of a person: each entry a sentence, found by filters, paged, and as a file."""

import ast
import csv
import io
import json
import re
from collections.abc import Callable
from html import unescape
from pathlib import Path

import pytest
from flask import Flask

from calmboard.access.access import Access
from calmboard.access.audit import Subject, record_audit
from calmboard.access.credentials.key_lists import list_keys
from calmboard.access.credentials.keys import pause_key
from calmboard.db import db
from calmboard.pagination import PageRequest
from portal.audit.sentences import ACTIONS
from tests.portal.forms import HTMX
from tests.support.clients.markup import find_repairs
from tests.support.users import TestUser

_PAGE = "/account/audit"
_CORE = Path(__file__).parents[3] / "calmboard"
_ACTION = re.compile(r"[a-z_]+\.[a-z_]+")


@pytest.fixture
def person(new_user: Callable[..., TestUser]) -> TestUser:
    return new_user()


def entries(text: str) -> list[str]:
    found = re.findall(r'<li class="audit-entry"[^>]*>(.*?)</li>', text, re.DOTALL)
    return [unescape(" ".join(re.sub(r"<[^>]+>", "", entry).split())) for entry in found]


def add_entry(person: TestUser, action: str, kind: str = "key", actor: Access | None = None, **details: str) -> None:
    with person.app.app_context():
        record_audit(actor or person.access, action, Subject(kind, f"{kind}_1", person.person.id), details)
        db.session.commit()


def test_each_entry_says_what_was_done_by_whom_and_when(person: TestUser) -> None:
    person.new_key("Mirror")
    with person.app.app_context():
        pause_key(person.access, list_keys(person.access, PageRequest()).rows[0].id)
    browser = person.sign_in()
    browser.set_cookie("calmboard_timezone", "Asia/Tokyo")
    found = entries(browser.get(_PAGE).text)
    assert re.fullmatch(r"Key “Mirror” was paused\. You · \d+ \w+ \d{4}, \d\d:\d\d \(Asia/Tokyo\)", found[1])
    assert found[2].startswith("Key “Mirror” was created. Whoever runs CalmBoard · ")


@pytest.mark.parametrize(
    ("query", "sentences"),
    [
        ("about=key", ["Key “A” was revoked: it had leaked.", "Key “B” was created."]),
        ("about=grant", ["App “Bot” was connected."]),
        ("source=operator", []),
        ("since=2999-01-01T00:00", []),
        ("about=key&until=2999-01-01T00:00", ["Key “A” was revoked: it had leaked.", "Key “B” was created."]),
    ],
)
def test_a_filter_finds_what_it_names(person: TestUser, query: str, sentences: list[str]) -> None:
    browser = person.sign_in()
    add_entry(person, "key.created", name="B")
    add_entry(person, "grant.created", "grant", client_name="Bot")
    add_entry(person, "key.revoked", name="A", reason="leaked")
    found = entries(browser.get(f"{_PAGE}?{query}").text)
    assert sorted(entry.partition(" You")[0] for entry in found) == sentences


@pytest.mark.parametrize("query", ["about=moon", "source=%00", "since=never", "until=99999-99-99", "about=<b>&source=1"])
def test_what_a_filter_cannot_mean_is_named(person: TestUser, query: str) -> None:
    browser = person.sign_in()
    page = browser.get(f"{_PAGE}?{query}")
    assert page.status_code == 400
    assert 'class="error"' in page.text
    assert find_repairs(page.text) == []
    assert browser.get(f"{_PAGE}.csv?{query}").status_code == 400


def test_an_action_that_has_no_sentence_is_named_all_the_same(person: TestUser) -> None:
    add_entry(person, "passkey.put_away", "passkey")
    assert entries(person.sign_in().get(_PAGE).text)[1].startswith("Passkey: put away. You · ")


def test_every_action_that_is_recorded_has_a_sentence_and_no_other() -> None:
    sources = [path.read_text() for path in _CORE.rglob("*.py")]
    modules = [ast.parse(source) for source in sources if "record_audit(" in source]
    texts = {node.value for module in modules for node in ast.walk(module) if isinstance(node, ast.Constant)}
    actions = {text for text in texts if isinstance(text, str) and _ACTION.fullmatch(text)}
    assert actions == ACTIONS


def test_a_sentence_whose_details_are_missing_is_whole(person: TestUser) -> None:
    add_entry(person, "plan.changed", "user")
    assert entries(person.sign_in().get(_PAGE).text)[1].startswith("The plan changed from – to –.")


def test_names_are_shown_as_text(person: TestUser) -> None:
    add_entry(person, "key.created", name="<script>{member.__class__}")
    page = person.sign_in().get(_PAGE).text
    assert "Key “<script>{member.__class__}” was created." in unescape(page)
    assert "<script>{" not in page


def test_older_entries_come_behind_the_last(person: TestUser) -> None:
    browser = person.sign_in()
    for number in range(30):
        add_entry(person, "key.created", name=f"Key {number}")
    first = browser.get(f"{_PAGE}?about=key").text
    part = re.search(r'data-hx-get="([^"]+)"', first.partition('id="entries"')[2])
    assert part
    more = browser.get(unescape(part[1]), headers=HTMX).text
    assert (len(entries(first)), len(re.findall('class="audit-entry"', more))) == (25, 5)
    assert "Five more entries shown." in more
    assert len(entries(browser.get(unescape(part[1])).text)) == 5


def test_the_log_is_a_file_without_formulas(person: TestUser) -> None:
    add_entry(person, "key.created", name='=HYPERLINK("http://x")')
    browser = person.sign_in()
    [row] = csv.DictReader(io.StringIO(browser.get(f"{_PAGE}.csv?about=key").text))
    assert row["sentence"].startswith("Key “=HYPERLINK")
    assert row["details"] == '{"name":"=HYPERLINK(\\"http://x\\")"}'
    [line] = browser.get(f"{_PAGE}.jsonl?about=key").text.splitlines()
    assert json.loads(line)["details"] == {"name": '=HYPERLINK("http://x")'}


def test_nobody_reads_the_log_of_another(app: Flask, person: TestUser, outsider: TestUser) -> None:
    add_entry(person, "key.created", name="Of this person alone")
    assert "Of this person alone" not in outsider.sign_in().get(_PAGE).text
    for path in (_PAGE, f"{_PAGE}.csv", f"{_PAGE}.jsonl"):
        assert app.test_client().get(path).status_code == 303
