"""The row of tabs on every page of Integrations & APIs, and the pages that show one part of it alone."""

import re
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from tests.portal.forms import HTMX, send
from tests.support.users import TestUser, csrf_token

_TABS = ["/integrations", "/integrations/keys", "/integrations/activity", "/integrations/apps"]
_FROM_KEYS = {"Referer": "http://localhost/integrations/keys"}
_FROM_APPS = {"Referer": "http://localhost/integrations/apps"}


@pytest.mark.parametrize(
    ("path", "current"),
    [
        ("/integrations", ("/integrations", "page")),
        ("/integrations/keys", ("/integrations/keys", "page")),
        ("/integrations/keys/new", ("/integrations/keys", "true")),
        ("/integrations/apps", ("/integrations/apps", "page")),
    ],
)
def test_every_page_of_the_area_has_the_tabs_and_marks_its_own(
    browser_of: FlaskClient, path: str, current: tuple[str, str]
) -> None:
    row = _row(browser_of.get(path).text)
    assert re.findall(r'href="([^"]+)"', row) == _TABS
    assert re.findall(r'href="([^"]+)" aria-current="(\w+)"', row) == [current]


def test_other_pages_have_none(browser_of: FlaskClient) -> None:
    assert 'aria-label="Integrations"' not in browser_of.get("/account").text
    assert "area-tabs" not in browser_of.get("/docs/api").text


def test_the_overview_keeps_every_part_and_anchor(browser_of: FlaskClient) -> None:
    page = browser_of.get("/integrations").text
    for anchor in ("keys", "tools", "oauth-client", "connected-apps", "oauth-steps", "oauth-metadata", "examples"):
        assert f'id="{anchor}"' in page


def test_the_page_of_keys_shows_the_same_list_as_its_address_asks(person: TestUser, browser_of: FlaskClient) -> None:
    for name in ("Alpha", "Beta"):
        person.new_key(name)
    page = browser_of.get("/integrations/keys?q=alpha").text
    assert _names(page) == ["Alpha"]
    assert 'id="tools"' not in page
    assert 'href="/integrations/keys#keys"' in browser_of.get("/integrations/keys?q=nothing").text


def test_what_is_done_on_the_page_of_keys_ends_there(person: TestUser, browser_of: FlaskClient) -> None:
    person.new_key("Alpha")
    page = browser_of.get("/integrations/keys")
    [pause] = re.findall(r'action="(/integrations/keys/\w+/pause)"', page.text)
    form = {"csrf_token": csrf_token(page)}
    assert browser_of.post(pause, data=form, headers=_FROM_KEYS).location == "/integrations/keys#keys"
    assert "Alpha is paused." in browser_of.get("/integrations/keys").text
    search = {**form, "q": "alpha"}
    assert browser_of.post("/integrations/keys/search", data=search, headers=_FROM_KEYS).location == (
        "/integrations/keys?q=alpha#keys"
    )
    found = browser_of.post("/integrations/keys/search", data=search, headers={**HTMX, **_FROM_KEYS})
    assert found.headers["HX-Replace-Url"] == "/integrations/keys?q=alpha"


def test_a_part_for_the_page_of_keys_names_nothing_that_is_not_there(person: TestUser, browser_of: FlaskClient) -> None:
    person.new_key("Alpha")
    page = browser_of.get("/integrations/keys").text
    [pause] = re.findall(r'action="(/integrations/keys/\w+/pause)"', page)
    answer = browser_of.post(pause, data={"csrf_token": _token(page)}, headers={**HTMX, **_FROM_KEYS}).text
    targets = set(re.findall(r'hx-target="#([\w-]+)"', answer))
    assert targets
    assert [target for target in targets if f'id="{target}"' not in page] == []


def test_many_keys_go_on_on_their_own_page(new_user: Callable[..., TestUser]) -> None:
    person = new_user("business")
    for number in range(30):
        person.new_key(f"Key {number}")
    browser = person.sign_in()
    page = browser.get("/integrations/keys").text
    [more] = re.findall(r'href="(/integrations/keys\?[^"]*keys_after=[^"]+)"', page)
    assert len(_names(browser.get(more.replace("&amp;", "&")).text)) == 5


def test_a_pasted_key_is_in_no_address(person: TestUser, browser_of: FlaskClient) -> None:
    secret = person.new_key("Alpha")
    answer = browser_of.get("/integrations/keys", query_string={"q": secret})
    assert (answer.status_code, answer.location) == (303, f"/integrations/keys?q=…{secret[-4:]}#keys".replace("…", "%E2%80%A6"))
    assert _names(browser_of.get(answer.location).text) == ["Alpha"]


def test_the_page_of_apps_shows_the_client_and_keeps_its_form(browser_of: FlaskClient) -> None:
    page = browser_of.get("/integrations/apps")
    assert ('id="client-id"' in page.text, 'id="connected-apps"' in page.text, 'id="tools"' in page.text) == (True, True, False)
    form = {"csrf_token": csrf_token(page), "callbacks": "https://app.example/back"}
    saved = browser_of.post("/integrations/oauth/callbacks", data=form, headers=_FROM_APPS)
    assert saved.location == "/integrations/apps#oauth-client"
    refused = browser_of.post("/integrations/oauth/callbacks", data={**form, "callbacks": "ftp://x"}, headers=_FROM_APPS)
    assert refused.status_code == 422
    assert ("<h1>Apps</h1>" in refused.text, 'value="ftp://x"' in refused.text) == (True, True)


def test_another_site_as_the_referrer_changes_nothing(person: TestUser, browser_of: FlaskClient) -> None:
    person.new_key("Alpha")
    answer = send(browser_of, "/integrations", "/integrations/keys/search", q="alpha")
    assert answer.location == "/integrations?q=alpha#keys"


def _row(page: str) -> str:
    [row] = re.findall(r'<nav class="area-tabs".*?</nav>', page, re.DOTALL)
    return str(row)


def _names(page: str) -> list[str]:
    return re.findall(r'<h3 id="key_\w+-name"[^>]*><a [^>]+><bdi>([^<]+)', page)


def _token(page: str) -> str:
    [token, *_] = re.findall(r'name="csrf_token"[^>]*value="([^"]+)"', page)
    return str(token)
