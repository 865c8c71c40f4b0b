"""Pages and parts are written as HTML wants them: a browser has nothing to repair."""

from collections.abc import Callable

import pytest
from flask import Flask

from tests.portal.forms import HTMX, key_form, open_created, send
from tests.support.clients.markup import find_repairs
from tests.support.states.readers import at_the_limit, free_with_keys, newcomer, with_keys, with_many_keys
from tests.support.users import TestUser

_NEW = "/integrations/keys/new"
Reader = Callable[[Flask], TestUser]


@pytest.mark.parametrize(
    ("reader", "path"),
    [
        (newcomer, "/integrations"),
        (free_with_keys, "/integrations"),
        (with_keys, "/integrations"),
        (with_many_keys, "/integrations?q=Nightly+1&state=works"),
        (with_many_keys, "/integrations?q=Weekly"),
        (at_the_limit, _NEW),
        (with_keys, f"{_NEW}?integration=jira&scopes=tasks:read&expires=abc"),
        (with_keys, "/account"),
        (with_keys, "/account/sign-out-everywhere"),
        (with_keys, "/docs/api"),
        (with_keys, "/docs/api/tasks"),
        (with_keys, "/docs/mcp"),
        (with_keys, "/docs/errors"),
        (with_keys, "/docs/recipes"),
        (with_keys, "/docs/recipes/jira"),
        (with_keys, "/nothing-here"),
    ],
)
def test_a_page_needs_no_repair(app: Flask, reader: Reader, path: str) -> None:
    assert find_repairs(reader(app).sign_in().get(path).text) == []


@pytest.mark.parametrize(
    "path", ["/sign-in", "/sign-in?next=/account", "/forgot-password", "/reset-password/used", "/docs/errors"]
)
def test_a_page_for_everybody_needs_no_repair(app: Flask, path: str) -> None:
    assert find_repairs(app.test_client().get(path).text) == []


def test_what_forms_lead_to_needs_no_repair(app: Flask) -> None:
    browser = with_keys(app).sign_in()
    refused = send(browser, _NEW, "/integrations/keys", **key_form("", integration="", reach="some"))
    assert find_repairs(refused.text) == []
    kept = send(browser, _NEW, _NEW, **key_form("Bot", integration="slack", preset="jira", comments="write"))
    assert find_repairs(kept.text) == []
    assert find_repairs(open_created(browser, key_form("Bot")).text) == []


@pytest.mark.parametrize("path", ["/integrations/keys?q=night", "/integrations/keys/more", "/account/sign-out-everywhere"])
def test_a_part_for_htmx_needs_no_repair(app: Flask, path: str) -> None:
    assert find_repairs(with_keys(app).sign_in().get(path, headers=HTMX).text, is_part=True) == []


@pytest.mark.parametrize(
    ("page", "sentence"),
    [
        ("<p><div></div></p>", "<div> stands in <p>"),
        ("<div><span></div>", "</div> closes <span>"),
        ("<ul><div></div></ul>", "<div> is a child of <ul>"),
        ("<p id='a'></p><p id='a'></p>", "the id a stands twice"),
        ("<label for='a'></label>", "nothing has the id a"),
        ("<a href='#'><button></button></a>", "<button> stands in <a>"),
        ("<form><form></form></form>", "<form> stands in <form>"),
        ("<p class='a' class='b'></p>", "<p> has class twice"),
        ("<main>", "<main> is never closed"),
    ],
)
def test_what_a_browser_repairs_is_found(page: str, sentence: str) -> None:
    assert sentence in find_repairs(page)
