"""What applications call themselves: anybody may choose it, so it is short and plain wherever people read it."""

from html import unescape
from urllib.parse import urlencode

import pytest
from flask import Flask
from flask.testing import FlaskClient

from calmboard.access.oauth.clients import own_client
from calmboard.access.oauth.connected_apps import list_grants
from calmboard.ids import new_id
from calmboard.pagination import PageRequest
from calmboard.work.people import add_person
from tests.oauth.conftest import ORIGIN, HostApp, register
from tests.portal.agents.connected import ENDPOINT
from tests.portal.forms import send
from tests.support.users import DEMO_PASSWORD, TestUser

_LONG = "Harbour " + "x" * 192
# As it was registered, and as people read it.
_NAMES = [
    (_LONG, f"Harbour {'x' * 51}…"),
    ("Har" + "\u0301" * 40 + "bour", "Har\u0301\u0301bour"),
    ("Harbour" + "\u3164" * 30 + "bot", "Harbour bot"),
    ("Harbour" + " " * 60 + "bot", "Harbour bot"),
    ("\u3164\u2800", "An application without a name"),
    ("נמל", "\u2068נמל\u2069"),
    ("مرفأ 24", "\u2068مرفأ 24\u2069"),
]


@pytest.mark.parametrize(("name", "shown"), _NAMES)
def test_sign_in_names_the_application_in_short(app: Flask, client: FlaskClient, name: str, shown: str) -> None:
    body = register(app, client_name=name).get_json()
    next_path = f"/api/oauth/authorize?{urlencode({'client_id': body['client_id']})}"
    page = client.get("/sign-in", query_string={"next": next_path}).text
    assert f"Then we take you back to {shown}’s request." in page
    assert name not in page.replace(shown, "")


@pytest.mark.parametrize(("name", "shown"), _NAMES)
def test_connected_apps_are_named_in_short(app: Flask, person: TestUser, browser_of: FlaskClient, name: str, shown: str) -> None:
    body = register(app, client_name=name).get_json()
    HostApp(app, browser_of, body["client_id"], body).get_tokens(resource=ENDPOINT)
    with app.app_context():
        [grant] = list_grants(person.access, PageRequest()).rows
    page = browser_of.get("/integrations").text
    assert page.count(f"<strong>{shown}</strong>") == 1
    path = f"/integrations/apps/{grant.id}/disconnect"
    question = browser_of.get(path).text
    assert f"Disconnect “{shown}”?" in question
    send(browser_of, path, path)
    confirmation = browser_of.get("/integrations").text
    assert f"{shown} is disconnected." in confirmation
    assert all(name not in text.replace(shown, "") for text in (page, question, confirmation))


@pytest.mark.parametrize(("name", "shown"), _NAMES)
def test_the_consent_page_names_the_application_in_short(app: Flask, browser_of: FlaskClient, name: str, shown: str) -> None:
    body = register(app, client_name=name).get_json()
    page = HostApp(app, browser_of, body["client_id"], body).open_consent().text
    assert f"<h1>{shown} wants to work" in page
    assert page.replace(shown, "").count(name) == (1 if name == _LONG else 0)
    assert (f"Go on only if you just started this in {shown}." in page) == (name != _LONG)


def test_what_only_hides_is_left_out(app: Flask, client: FlaskClient) -> None:
    """A person's own client is named after the person; what turns the direction of text no name may hold."""
    with app.app_context():
        name = "No\u200bor Had\u00addad\tthe\nElder\ufeff"
        person = add_person(f"{new_id('usr')}@calmboard.test", name, DEMO_PASSWORD, "pro")
        client_id = own_client(person, ORIGIN).id
    next_path = f"/api/oauth/authorize?{urlencode({'client_id': client_id})}"
    page = unescape(client.get("/sign-in", query_string={"next": next_path}).text)
    assert "Then we take you back to Noor Haddad the Elder's own client’s request." in page
