"""Whatever lists or explains scopes knows every row of the table."""

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from calmboard.access.scopes import GRANTABLE, SCOPE_TABLE, SCOPES, Scope
from tests.oauth.conftest import HostApp, register
from tests.portal.forms import open_created
from tests.support.users import TestUser, add_project_and_board, add_user

pytestmark = pytest.mark.database("sqlite")

_DOCUMENTS = ("oauth-authorization-server", "oauth-protected-resource", "oauth-protected-resource/mcp")

every_scope = pytest.mark.parametrize("scope", GRANTABLE.values(), ids=GRANTABLE)


@pytest.fixture(scope="module")
def person(app: Flask) -> TestUser:
    """The owner of one project and a viewer of another."""
    person = add_user(app)
    add_project_and_board(app, person, "Observatory")
    add_project_and_board(app, add_user(app), "Lighthouse", viewer=person)
    return person


@pytest.fixture(scope="module")
def signed_in(person: TestUser) -> FlaskClient:
    return person.sign_in()


@pytest.fixture(scope="module")
def host_app(app: Flask, person: TestUser, signed_in: FlaskClient) -> HostApp:
    body = register(app).get_json()
    return HostApp(app, signed_in, body["client_id"], body, body["redirect_uris"][0])


@every_scope
def test_the_form_of_a_key_offers_it(signed_in: FlaskClient, scope: Scope) -> None:
    page = signed_in.get(f"/integrations/keys/new?scopes={_names(scope)}").text
    assert f'<th scope="row">{scope.label}</th>' in page
    choices = re.findall(rf'name="{scope.noun}" value="(\w+)" data-preview( checked)?', page)
    assert [right for right, _ in choices] == ["none", "read", *(["write"] if scope.writes else [])]
    assert [right for right, checked in choices if checked] == [choices[-1][0]]


@every_scope
def test_the_preview_of_a_key_says_what_it_comes_to(signed_in: FlaskClient, scope: Scope) -> None:
    text = {right: _preview(signed_in, scope, right) for right in ("none", "read", "write")}
    assert "Nothing yet." in text["none"]
    assert "Nothing yet." not in text["read"]
    assert text["write"] != text["read"]
    assert ("your role there does not allow it" in text["write"]) == bool(scope.writes)


@every_scope
def test_a_key_has_it_and_its_row_says_so(app: Flask, signed_in: FlaskClient, scope: Scope) -> None:
    right = "write" if scope.writes else "read"
    form = {"integration": "workflow", "name": scope.label, scope.noun: right, "reach": "all", "lifetime": "90"}
    created = open_created(signed_in, form)
    assert created.status_code == 200, created.text
    assert f"{right.capitalize()}: {scope.noun}" in signed_in.get("/integrations").text


@every_scope
def test_the_consent_page_says_it_in_words(host_app: HostApp, scope: Scope) -> None:
    page = host_app.open_consent(scope=_names(scope).replace(",", " "))
    assert page.status_code == 200
    assert f"See {scope.reads}<" in page.text
    assert re.findall(r'name="right" value="([^"]+)" checked>([^<]+)<', page.text) == (
        [(scope.write, scope.writes)] if scope.writes else []
    )


@every_scope
def test_it_can_be_granted(host_app: HostApp, scope: Scope) -> None:
    assert host_app.get_tokens(scope=scope.read)["scope"] == scope.read


@every_scope
def test_programs_find_it(client: FlaskClient, scope: Scope) -> None:
    names = {scope.read, scope.write} if scope.writes else {scope.read}
    for document in _DOCUMENTS:
        assert names <= set(client.get(f"/.well-known/{document}").get_json()["scopes_supported"])
    flows = client.get("/api/openapi.json").get_json()["components"]["securitySchemes"]["oauth"]["flows"]
    described = flows["authorizationCode"]["scopes"]
    assert described[scope.read] == f"See {scope.noun}."
    assert described.get(scope.write) == (f"{scope.writes}; includes {scope.read}." if scope.writes else None)


def test_nothing_is_advertised_that_nobody_can_grant(app: Flask, host_app: HostApp) -> None:
    for name in _advertised(app):
        assert name in host_app.get_tokens(scope=name)["scope"].split()


@pytest.mark.parametrize("scope", ["webhooks:read", "connections:write", "imports:write"])
def test_a_scope_that_nobody_can_grant_is_refused_as_such(host_app: HostApp, scope: str) -> None:
    answer = host_app.become_known().open_consent(scope=scope)
    assert "error=invalid_scope" in answer.headers["Location"]


@pytest.mark.parametrize("path", ["/docs/api", "/docs/mcp", "/docs/mcp.md", "/llms.txt", "/integrations", "/api/postman.json"])
def test_the_pages_that_name_the_scopes_of_endpoints_name_known_ones(signed_in: FlaskClient, path: str) -> None:
    page = signed_in.get(path)
    assert page.status_code == 200
    assert set(re.findall(r"<code>(\w+:(?:read|write))</code>", page.text)) <= set(SCOPES)


def test_each_row_has_a_noun_of_its_own() -> None:
    assert len({scope.noun for scope in SCOPE_TABLE}) == len(SCOPE_TABLE)


def _advertised(app: Flask) -> set[str]:
    """Every scope that a document or a challenge names."""
    client = app.test_client()
    named = {name for document in _DOCUMENTS for name in client.get(f"/.well-known/{document}").get_json()["scopes_supported"]}
    for challenge in (client.get("/api/v1/me"), client.post("/mcp", json={})):
        named |= set("".join(re.findall(r' scope="([^"]+)"', challenge.headers["WWW-Authenticate"])).split())
    flows = client.get("/api/openapi.json").get_json()["components"]["securitySchemes"]["oauth"]["flows"]
    return (named | set(flows["authorizationCode"]["scopes"])) - {"offline_access"}


def _names(scope: Scope) -> str:
    return f"{scope.read},{scope.write}" if scope.writes else scope.read


def _preview(browser: FlaskClient, scope: Scope, right: str) -> str:
    answer = browser.get("/integrations/keys/preview", query_string={scope.noun: right, "reach": "all"})
    assert answer.status_code == 200
    return answer.text
