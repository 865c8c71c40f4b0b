"""The page on which a person authorizes an application, and the sign-in before it."""

import re
from collections.abc import Callable
from dataclasses import replace
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from playwright.sync_api import Browser, Page, expect

from calmboard.access.oauth.app_changes import disable_app, enable_app, set_verified
from calmboard.access.oauth.clients import own_client
from calmboard.settings import Settings
from tests.oauth.conftest import CALLBACK, ORIGIN, HostApp, register
from tests.support.clients.accessibility import Look, find_barriers, find_violations
from tests.support.clients.browser import Pages
from tests.support.servers.programs import free_port
from tests.support.servers.server import running_server
from tests.support.servers.tls_proxy import running_tls_proxy
from tests.support.users import TestUser, csrf_token

pytestmark = pytest.mark.every_database

_LOOKS: list[Look] = [("light", 1280), ("dark", 1280), ("light", 320), ("dark", 320)]
_HTTPS = "https://calmboard.example"

Make = Callable[..., HostApp]
NewUser = Callable[..., TestUser]


def text_of(page: str) -> str:
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", "", page)))


def sign_in_on_the_way(client: FlaskClient, application: HostApp, **changes: str | None) -> str:
    """The sign-in page that a browser without a session is sent to by the application."""
    response = client.get("/api/oauth/authorize", query_string=application.request(**changes))
    return client.get(response.location).text


def test_sign_in_names_whose_request_comes_next(client: FlaskClient, host_app: Make, owner: TestUser) -> None:
    page = text_of(sign_in_on_the_way(client, host_app(owner, client_name="Harbour <b>bot</b>")))
    assert "Then we take you back to Harbour <b>bot</b>’s request. You decide there what it may do." in page


@pytest.mark.parametrize("client_id", ["cli_00000000000000000000000000", "https://evil.example/client", "%00", ""])
def test_sign_in_repeats_no_name_that_nobody_registered(client: FlaskClient, client_id: str) -> None:
    page = client.get("/sign-in", query_string={"next": f"/api/oauth/authorize?client_id={client_id}"}).text
    assert "Then we take you back to the application’s request." in page
    assert "evil" not in text_of(page)


def test_sign_in_on_the_way_elsewhere_names_no_application(client: FlaskClient) -> None:
    assert "Then we take you on to the page you asked for." in client.get("/sign-in?next=/account").text


def test_somebody_else_signs_in_and_comes_back_to_the_request(host_app: Make, owner: TestUser, member: TestUser) -> None:
    application = host_app(owner)
    page = application.open_consent()
    assert f"You are {owner.person.name}, {owner.email}. Not you?" in text_of(page.text)
    next_url = re.search(r'name="next" value="([^"]+)"', page.text)
    assert next_url
    form = {"csrf_token": csrf_token(page), "next": unescape(next_url[1])}
    sign_in = application.browser.post("/sign-out", data=form)
    entered = application.browser.get(sign_in.location)
    form = {"csrf_token": csrf_token(entered), "email": member.email, "password": member.password}
    back = application.browser.post(sign_in.location, data=form)
    assert urlsplit(back.location).path == "/api/oauth/authorize"
    assert member.email in application.browser.get(back.location).text


@pytest.mark.parametrize("next_url", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)"])
def test_signing_out_leads_to_no_other_site(owner: TestUser, next_url: str) -> None:
    browser = owner.sign_in()
    form = {"csrf_token": csrf_token(browser.get("/account")), "next": next_url}
    assert browser.post("/sign-out", data=form).location == "/sign-in"


def test_a_long_name_is_cut_short_and_can_be_read_whole(host_app: Make, owner: TestUser) -> None:
    name = "Harbour " + "x" * 191 + "y"
    application = host_app(owner, client_name=name)
    page = application.open_consent().text
    short = f"Harbour {'x' * 51}…"
    assert f"<h1>{short} wants" in page
    assert f"<title>{short} asks" in page
    assert page.count(name) == 1
    assert re.search(rf"<details.*<p>{name}</p></details>", page)
    stopped = application.open_consent(redirect_uri="https://elsewhere.example/callback").text
    assert (short in stopped, name in stopped) == (True, False)


def test_a_name_of_sixty_characters_is_shown_as_it_is(host_app: Make, owner: TestUser) -> None:
    page = host_app(owner, client_name="x" * 60).open_consent().text
    assert f"<h1>{'x' * 60} wants" in page
    assert "Whole name" not in page


def test_the_page_warns_of_an_unknown_maker_and_of_this_computer(host_app: Make, owner: TestUser) -> None:
    page = text_of(host_app(owner, redirect_uris=["http://127.0.0.1:9000/cb"]).open_consent().text)
    assert "CalmBoard does not know who made this app. It registered itself just now." in page
    assert "It runs on this computer. Any program here can listen at 127.0.0.1:9000" in page


def test_the_page_loads_and_links_nothing_of_the_application(host_app: Make, owner: TestUser) -> None:
    metadata = {name: f"https://evil.example/{name}" for name in ("logo_uri", "client_uri", "tos_uri", "policy_uri")}
    page = host_app(owner, **metadata).open_consent()
    assert "evil.example" not in page.text


def test_the_page_is_framed_kept_and_referred_to_by_nobody(host_app: Make, owner: TestUser) -> None:
    headers = host_app(owner).open_consent().headers
    assert headers["X-Frame-Options"] == "DENY"
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert "script-src 'self'" in headers["Content-Security-Policy"]
    assert (headers["Cache-Control"], headers["Referrer-Policy"]) == ("no-store", "same-origin")


def test_it_works_where_no_other_cookie_is_kept(host_app: Make, owner: TestUser) -> None:
    """As in an embedded webview: the CSRF token belongs to the session itself."""
    application = host_app(owner)
    page = application.open_consent()
    assert all(cookie.startswith("calmboard_session=") for cookie in page.headers.getlist("Set-Cookie"))
    form = {**application.request(), "csrf_token": csrf_token(page), "decision": "allow", "reach": "all"}
    session = application.browser.get_cookie("calmboard_session")
    assert session
    elsewhere = application.app.test_client()
    elsewhere.set_cookie("calmboard_session", session.value)
    assert elsewhere.post("/api/oauth/authorize", data=form).status_code == 303


def test_ones_own_client_is_not_called_unknown(app: Flask, owner: TestUser) -> None:
    browser = owner.sign_in()
    match = re.search(r'id="client-id">(cli_\w+)<', browser.get("/integrations").text)
    assert match
    callback = "http://127.0.0.1:8000/oauth/callback"
    page = text_of(HostApp(app, browser, match[1], {}, callback).open_consent().text)
    assert f"{owner.person.name}'s own client wants to work in CalmBoard as you" in page.replace("\xa0", " ")
    assert "does not know who made this" not in page


def test_an_app_that_somebody_made_says_who_and_that_nobody_verified_it(app: Flask, owner: TestUser, member: TestUser) -> None:
    with app.app_context():
        client = own_client(member.person, ORIGIN)
    application = HostApp(app, owner.sign_in(), client.id, {}, client.redirect_uris[0])
    page = text_of(application.open_consent().text)
    assert f"{member.person.name} made this app" in page
    assert "CalmBoard has not verified it." in page
    assert application.get_tokens()["access_token"].startswith("cbo_")


def test_an_app_that_the_operator_verified_says_so(app: Flask, owner: TestUser, new_user: NewUser) -> None:
    maker = new_user()
    with app.app_context():
        client = own_client(maker.person, ORIGIN)
        set_verified("operator", client.id, is_verified=True)
    page = text_of(HostApp(app, owner.sign_in(), client.id, {}, client.redirect_uris[0]).open_consent().text)
    assert "and CalmBoard has verified it." in page


def test_a_disabled_app_is_stopped_and_what_it_held_has_ended(app: Flask, owner: TestUser, new_user: NewUser) -> None:
    maker = new_user()
    with app.app_context():
        client = own_client(maker.person, ORIGIN)
    application = HostApp(app, owner.sign_in(), client.id, {}, client.redirect_uris[0])
    tokens = application.get_tokens()
    with app.app_context():
        assert disable_app(maker.access, client.id)
    assert application.api(tokens["access_token"]).get("/me").json["code"] == "invalid_token"
    page = application.open_consent()
    assert (page.status_code, "Location" in page.headers) == (400, False)
    assert "has disabled it" in text_of(page.text)
    with app.app_context():
        assert enable_app(maker.access, client.id)
    assert application.open_consent().status_code == 200


def test_somebody_elses_own_client_is_sent_no_error_of_its_request(app: Flask, owner: TestUser, member: TestUser) -> None:
    with app.app_context():
        client = own_client(member.person, ORIGIN)
    page = HostApp(app, owner.sign_in(), client.id, {}, client.redirect_uris[0]).open_consent(response_type="token")
    assert (page.status_code, "Location" in page.headers) == (400, False)


def test_a_decision_passes_behind_a_proxy_that_ends_tls(make_app: Callable[..., Flask], owner: TestUser) -> None:
    app = make_app(origin=_HTTPS, trusted_proxies=1)
    browser = app.test_client()
    proxied: dict[str, Any] = {
        "base_url": "http://10.0.0.9:8000",
        "headers": {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "calmboard.example", "X-Forwarded-For": "203.0.113.9"},
    }
    _sign_in(browser, owner, proxied)
    client_id = register_behind(app, proxied)
    params = HostApp(app, browser, client_id, {}).request(resource=_HTTPS)
    page = browser.get("/api/oauth/authorize", query_string=params, **proxied)
    form = {**params, "csrf_token": csrf_token(page), "decision": "allow", "reach": "all"}
    assert page.headers["Referrer-Policy"] == "same-origin"
    referred = {**proxied, "headers": {**proxied["headers"], "Referer": f"{_HTTPS}/api/oauth/authorize?client_id=x"}}
    response = browser.post("/api/oauth/authorize", data=form, **referred)
    assert response.status_code == 303, response.text
    assert response.location.startswith(f"{CALLBACK}?code=cbc_")
    cross_site = {**proxied, "headers": {**proxied["headers"], "Referer": "https://evil.example/"}}
    assert browser.post("/api/oauth/authorize", data=form, **cross_site).status_code == 400


def _sign_in(browser: FlaskClient, person: TestUser, proxied: dict[str, Any]) -> None:
    page = browser.get("/sign-in", **proxied)
    form = {"csrf_token": csrf_token(page), "email": person.email, "password": person.password}
    referred = {**proxied, "headers": {**proxied["headers"], "Referer": f"{_HTTPS}/sign-in"}}
    assert browser.post("/sign-in", data=form, **referred).status_code == 303


def register_behind(app: Flask, proxied: dict[str, Any]) -> str:
    body = {"client_name": "Stand-up bot", "redirect_uris": [CALLBACK]}
    client_id: str = app.test_client().post("/api/oauth/register", json=body, **proxied).get_json()["client_id"]
    return client_id


@pytest.fixture
def consent_in_chromium(app: Flask, page_for: Pages, new_user: Callable[..., TestUser]) -> Callable[..., Page]:
    """Open the consent page of a new application in Chromium."""

    def open_consent(client_name: str = "Stand-up bot", **options: Any) -> Page:
        callback = f"{page_for.url}/docs/errors"
        registered = register(app, client_name=client_name, redirect_uris=[callback]).get_json()
        application = HostApp(app, app.test_client(), registered["client_id"], {})
        request = replace(application, redirect_uri=callback).request(resource=str(page_for.url))
        page = page_for(new_user(), **options)
        page.goto("/api/oauth/authorize?" + "&".join(f"{name}={value}" for name, value in request.items()))
        return page

    return open_consent


def test_allowing_leads_back_without_scripts(consent_in_chromium: Callable[..., Page]) -> None:
    page = consent_in_chromium(javascript=False, width=360)
    page.get_by_role("checkbox", name="Create, change, move and delete tasks").uncheck()
    page.get_by_role("button", name="Allow").click()
    expect(page).to_have_url(re.compile(r"/docs/errors\?code=cbc_\w+&state=s-1&iss="))


@pytest.mark.parametrize("name", ["W" * 200, "All your projects and boards at once " * 5])
def test_where_it_leads_stays_in_sight_whatever_the_name(consent_in_chromium: Callable[..., Page], name: str) -> None:
    page = consent_in_chromium(name, width=360)
    page.set_viewport_size({"width": 360, "height": 640})
    expect(page.get_by_text("Sends you back to")).to_be_in_viewport()
    expect(page.locator("dd strong")).to_be_in_viewport(ratio=1)
    page.get_by_text(f"All {len(name.strip())} characters").click()
    expect(page.get_by_text(name.strip(), exact=True)).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") == 360


def test_only_these_without_one_is_asked_again_without_scripts(consent_in_chromium: Callable[..., Page]) -> None:
    page = consent_in_chromium(javascript=False, width=360)
    page.get_by_role("checkbox", name="Create, change, move and delete tasks").uncheck()
    page.get_by_label("Only these").check()
    page.get_by_role("button", name="Allow").click()
    expect(page.locator("#form-errors")).to_contain_text("Nothing was granted. Tick at least one project")
    expect(page.get_by_role("group", name="In which projects?")).to_have_accessible_description(re.compile("Tick at least one"))
    expect(page.get_by_label("Only these")).to_be_checked()
    expect(page.get_by_role("checkbox", name="Create, change, move and delete tasks")).not_to_be_checked()
    page.get_by_label("All you can see, now and later").check()
    page.get_by_role("button", name="Allow").click()
    expect(page).to_have_url(re.compile(r"/docs/errors\?code=cbc_"))


def test_not_you_leads_back_after_another_sign_in(consent_in_chromium: Callable[..., Page], owner: TestUser) -> None:
    page = consent_in_chromium(javascript=False)
    page.get_by_role("button", name="Not you?").click()
    expect(page.get_by_text("Then we take you back to Stand-up bot’s request.")).to_be_visible()
    page.get_by_label("E-mail").fill(owner.email)
    page.get_by_label("Password", exact=True).fill(owner.password)
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_text(owner.email)).to_be_visible()
    expect(page.get_by_role("button", name="Allow")).to_be_visible()


@pytest.mark.database("sqlite")
def test_a_browser_allows_and_denies_behind_tls(
    app: Flask, browser: Browser, settings: Settings, tmp_path: Path, new_user: Callable[..., TestUser]
) -> None:
    """With the referrer and the Secure cookie of a real browser."""
    person, port, tls_port = new_user(), free_port(), free_port()
    origin = f"https://127.0.0.1:{tls_port}"
    callback = f"{origin}/docs/errors"
    client_id = register(app, redirect_uris=[callback]).get_json()["client_id"]
    request = replace(HostApp(app, app.test_client(), client_id, {}), redirect_uri=callback).request(resource=origin)
    local = replace(settings, port=port, origin=f"http://127.0.0.1:{port}")
    with running_server(local, CALMBOARD_PUBLIC_URL=origin), running_tls_proxy(tls_port, port, tmp_path):
        page = browser.new_context(base_url=origin, ignore_https_errors=True).new_page()
        page.goto("/api/oauth/authorize?" + "&".join(f"{name}={value}" for name, value in request.items()))
        page.get_by_label("E-mail").fill(person.email)
        page.get_by_label("Password", exact=True).fill(person.password)
        page.get_by_role("button", name="Sign in", exact=True).click()
        page.get_by_role("button", name="Allow").click()
        expect(page).to_have_url(re.compile(r"/docs/errors\?code=cbc_\w+&state=s-1&iss=https"))
        page.go_back()
        page.get_by_role("button", name="Deny").click()
        expect(page).to_have_url(re.compile(r"/docs/errors\?error=access_denied"))
        page.context.close()


@pytest.mark.database("sqlite")
def test_the_page_has_no_accessibility_violations(consent_in_chromium: Callable[..., Page]) -> None:
    page = consent_in_chromium()
    page.get_by_label("Only these").check()
    assert find_barriers(page, _LOOKS) == {}
    page.get_by_role("button", name="Allow").click()
    expect(page.locator("#form-errors")).to_be_focused()
    assert find_violations(page) == []


@pytest.mark.database("sqlite")
def test_a_refusal_is_read_and_followed_by_everybody(consent_in_chromium: Callable[..., Page]) -> None:
    page = consent_in_chromium(width=360)
    page.goto(f"{page.url}&response_mode=fragment")
    assert find_barriers(page, _LOOKS) == {}
    page.get_by_role("link", name="Go back to 127.0.0.1").click()
    expect(page).to_have_url(re.compile(r"/docs/errors\?error=invalid_request"))
