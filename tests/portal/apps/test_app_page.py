"""The page of one connected app: who it is, what it may do in each project, and what it did."""

from collections.abc import Callable

from flask import Flask
from flask.testing import FlaskClient

from calmboard.access.credentials.key_life.reaching import cut_off
from calmboard.access.oauth.clients import own_client
from calmboard.access.oauth.connected_apps import Grant, list_grants, revoke_own_grant
from calmboard.pagination import PageRequest
from tests.oauth.conftest import ORIGIN, HostApp
from tests.portal.apps.connected import connect
from tests.support.clients.markup import find_repairs, text_of
from tests.support.users import TestUser


def _grant(app: Flask, person: TestUser) -> Grant:
    with app.app_context():
        [grant] = list_grants(person.access, PageRequest()).rows
    return grant


def test_a_connected_app_has_a_page_that_its_row_leads_to(app: Flask, person: TestUser, browser_of: FlaskClient) -> None:
    connect(app, person)
    grant = _grant(app, person)
    path = f"/integrations/apps/{grant.id}"
    assert f'<a href="{path}">' in browser_of.get("/integrations/apps").text
    page = browser_of.get(path).text
    assert find_repairs(page) == []
    text = text_of(page)
    for words in (grant.shown_name, "Connected", "1 in 30 days", "GET", "Observatory", "Answered"):
        assert words in text
    assert f'href="{path}/disconnect?among=page"' in page


def test_an_app_says_who_made_it(app: Flask, person: TestUser, new_user: Callable[..., TestUser]) -> None:
    maker = new_user()
    with app.app_context():
        client = own_client(maker.person, ORIGIN)
    for reader, words in ((person, f"Made by {maker.person.name}"), (maker, "Your client")):
        HostApp(app, reader.sign_in(), client.id, {}, client.redirect_uris[0]).get_tokens()
        page = text_of(reader.sign_in().get(f"/integrations/apps/{_grant(app, reader).id}").text)
        assert words.lower() in page.lower()
        assert ("your client" in page.lower()) is (reader is maker)


def test_the_id_of_its_client_leads_to_it(app: Flask, person: TestUser, browser_of: FlaskClient) -> None:
    connect(app, person)
    grant = _grant(app, person)
    assert browser_of.get(f"/integrations/apps/{grant.client_id}").location == f"/integrations/apps/{grant.id}"
    assert browser_of.get("/integrations/apps/cli_01m86ffkj1eyt9k86t46h61k8b").status_code == 404


def test_what_it_was_cut_off_from_and_its_end_are_said(app: Flask, person: TestUser, browser_of: FlaskClient) -> None:
    connect(app, person)
    grant = _grant(app, person)
    with app.app_context():
        cut_off(person.access, person.example_project().project_id, grant.id)
    assert "Cut off by an admin" in browser_of.get(f"/integrations/apps/{grant.id}").text
    with app.app_context():
        revoke_own_grant(person.access, grant.id)
    page = browser_of.get(f"/integrations/apps/{grant.id}").text
    assert ("Disconnected" in page, "The app itself does not work any more" in page) == (True, True)
    assert f"{grant.id}/disconnect" not in page


def test_the_page_is_for_who_connected_it_alone(app: Flask, person: TestUser, new_user: Callable[..., TestUser]) -> None:
    connect(app, person)
    grant = _grant(app, person)
    browser = new_user().sign_in()
    assert browser.get(f"/integrations/apps/{grant.id}").status_code == 403
    assert browser.get(f"/integrations/apps/{grant.client_id}").status_code == 404
    for odd in ("grn_01m86ffkj1eyt9k86t46h61k8b", "%00", "x" * 2000):
        assert browser.get(f"/integrations/apps/{odd}").status_code == 404
