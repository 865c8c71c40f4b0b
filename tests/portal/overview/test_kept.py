"""Parts of the page that are kept: everybody's own values are in them for themselves, and nobody's are kept."""

import re
from collections.abc import Callable

from flask import Flask
from flask.testing import FlaskClient

from portal.shared.kept import KEPT_MARKUP
from tests.portal.forms import key_form, send
from tests.support.users import TestUser


def read(person: TestUser) -> str:
    return person.sign_in().get("/integrations").text


def test_each_reader_finds_their_own_ids_alone(owner: TestUser, outsider: TestUser) -> None:
    for reader, other in ((owner, outsider), (outsider, owner), (owner, outsider)):
        page, own, others = read(reader), reader.example_project(), other.example_project()
        for name in ("board_id", "task_id"):
            assert f'<span class="code-yours">{getattr(own, name)}</span>' in page
            assert getattr(others, name) not in page


def test_who_has_no_project_finds_words_in_the_place_of_ids(owner: TestUser, new_user: Callable[..., TestUser]) -> None:
    lonely = new_user()
    for _ in range(2):
        assert owner.example_project().board_id in read(owner)
        assert '<span class="code-yours">BOARD_ID</span>' in read(lonely)


def test_each_plan_finds_what_it_includes(owner: TestUser, free: TestUser) -> None:
    link = "/integrations/keys/new?integration=jira"
    for _ in range(2):
        assert link in read(owner)
        assert link not in read(free)


def test_no_secret_and_no_value_of_a_reader_is_kept(app: Flask, person: TestUser, browser_of: FlaskClient) -> None:
    shown = send(browser_of, "/integrations/keys/new", "/integrations/keys", **key_form("Kept nowhere")).text
    plain = re.sub(r"<[^>]+>", "", shown)
    secret = re.search(r"cbk_[0-9A-Za-z]{32,}", plain)
    assert secret
    page = read(person)
    own = person.example_project()
    values = [secret[0], secret[0][-8:], own.project_id, own.board_id, person.email, person.person.id]
    assert own.board_id in page
    kept = KEPT_MARKUP.get(app)
    assert len(kept) >= 7
    assert [value for value in values if any(value in markup or value in repr(key) for key, markup in kept.items())] == []
