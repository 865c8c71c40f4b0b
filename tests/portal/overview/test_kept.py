"""Parts of the page that are kept: everybody's own values are in them for themselves, and nobody's are kept."""

import re
from collections.abc import Callable
from shlex import quote as shell_quoted
from urllib.parse import quote

from flask import Flask
from flask.testing import FlaskClient
from markupsafe import escape

from portal.shared.kept import KEPT_MARKUP
from tests.portal.forms import key_form, open_created, send
from tests.support.users import TestUser


def read(person: TestUser) -> str:
    return person.sign_in().get("/integrations").text


def test_each_reader_finds_their_own_ids_alone(owner: TestUser, outsider: TestUser) -> None:
    for reader, other in ((owner, outsider), (outsider, owner), (owner, outsider)):
        page, own, others = read(reader), reader.example_project(), other.example_project()
        assert f'<span class="code-yours">{own.board_id}</span>' in page
        assert own.task_id in page
        for theirs in (others.project_id, others.board_id, others.task_id):
            assert theirs not in page


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
    shown = open_created(browser_of, key_form("Kept nowhere")).text
    plain = re.sub(r"<[^>]+>", "", shown)
    secret = re.search(r"cbk_[0-9A-Za-z]{32,}", plain)
    assert secret
    page = read(person)
    own = person.example_project()
    values = [secret[0], secret[0][-8:], own.project_id, own.board_id, person.email, person.person.id]
    assert own.board_id in page
    kept = repr(KEPT_MARKUP.get(app))
    assert "ANSWER-OF-list_projects" in kept
    assert [value for value in values if value in kept] == []


def test_an_own_value_is_shown_as_it_is(person: TestUser, browser_of: FlaskClient) -> None:
    """Even one that holds a word in whose place another value stands."""
    address = "https://app.example/OWN-STATE?a='OWN-CLIENT'&b=1"
    send(browser_of, "/integrations", "/integrations/oauth/callbacks", callbacks=address)
    page = read(person)
    assert f'<span class="code-yours">{escape(quote(address, safe=""))}</span>' in page
    assert f'<span class="code-yours">{escape(shell_quoted(address))}</span>' in page
