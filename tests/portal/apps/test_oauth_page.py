"""OAuth on the page: the client and its callbacks, connected apps, the three steps, the playground."""

import json
import os
import re
import subprocess
from collections.abc import Callable
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from playwright.sync_api import Page, expect

from calmboard.access.oauth.clients import own_client
from calmboard.access.oauth.connected_apps import list_grants, revoke_own_grant
from calmboard.pagination import PageRequest
from tests.oauth.conftest import challenge_of
from tests.portal.apps.callbacks import ORIGIN, PLAYGROUND_URL, SAVE_PATH, callbacks_of, text_of
from tests.portal.apps.connected import connect
from tests.portal.forms import HTMX, send
from tests.support.clients.accessibility import Look, find_barriers
from tests.support.clients.browser import Pages
from tests.support.users import TestUser, csrf_token

_LOOKS: list[Look] = [("light", 1280), ("dark", 1280), ("light", 320), ("dark", 320)]


def code_of(page: str, id_: str) -> str:
    """What the copy button of a block copies."""
    found = re.search(rf'<code id="{id_}">(.*?)</code>', page, re.DOTALL)
    assert found
    return unescape(re.sub(r"<[^>]+>", "", found[1]))


@pytest.mark.parametrize("section", ["oauth-client", "oauth-steps", "oauth-metadata"])
def test_the_contents_lead_to_each_section(browser_of: FlaskClient, section: str) -> None:
    page = browser_of.get("/integrations").text
    assert f'href="#{section}"' in page
    assert f'<section class="section" id="{section}"' in page


def test_everybody_has_one_client_of_their_own(app: Flask, person: TestUser, browser_of: FlaskClient, owner: TestUser) -> None:
    mine = code_of(browser_of.get("/integrations").text, "client-id")
    with app.app_context():
        assert own_client(person.person, ORIGIN).id == mine
    assert code_of(person.sign_in().get("/integrations").text, "client-id") == mine
    assert code_of(owner.sign_in().get("/integrations").text, "client-id") != mine


def test_the_client_comes_with_the_first_sign_in(app: Flask, new_user: Callable[..., TestUser]) -> None:
    person = new_user()
    person.sign_in()
    assert callbacks_of(app, person) == (PLAYGROUND_URL,)


def test_the_steps_hold_the_readers_own_values(browser_of: FlaskClient) -> None:
    page = browser_of.get("/integrations").text
    address = urlsplit(code_of(page, "oauth-address"))
    params = {name: values[0] for name, values in parse_qs(address.query).items()}
    verifier = re.search(r"code_verifier=(\S+)", code_of(page, "oauth-token"))
    assert verifier
    assert params["client_id"] == code_of(page, "client-id")
    assert (params["redirect_uri"], params["resource"]) == (PLAYGROUND_URL, ORIGIN)
    assert params["code_challenge"] == challenge_of(verifier[1])
    assert "\n" not in address.geturl()
    assert code_of(page, "oauth-call") == f'curl -H "Authorization: Bearer cbo_…" {ORIGIN}/api/v1/projects'


def test_the_steps_follow_the_first_callback(browser_of: FlaskClient) -> None:
    first = "https://a.example/cb?x='y'&z=$HOME"
    token = csrf_token(browser_of.get("/integrations"))
    part = browser_of.post(SAVE_PATH, data={"csrf_token": token, "callbacks": first}, headers=HTMX).text
    assert parse_qs(urlsplit(code_of(part, "oauth-address")).query)["redirect_uri"] == [first]
    echoed = code_of(part, "oauth-token").replace("curl ", "printf '%s\\n' ")
    assert f"redirect_uri={first}" in run(echoed).split("\n")
    assert "To try the flow here" in text_of(part)


def test_the_metadata_is_there_to_copy(page_for: Pages, person: TestUser) -> None:
    page = page_for(person)
    page.goto("/integrations")
    commands = page.locator("#oauth-metadata code[id]").all_text_contents()
    documents = [json.loads(run(command)) for command in commands]
    assert [document.get("resource") for document in documents[:2]] == [page_for.url, f"{page_for.url}/mcp"]
    assert documents[2]["code_challenge_methods_supported"] == ["S256"]
    assert documents[3]["client_id"].startswith("cli_")


def test_connected_apps_say_who_what_and_when(app: Flask, person: TestUser, browser_of: FlaskClient) -> None:
    assert "None yet." in browser_of.get("/integrations").text
    connect(app, person)
    page = text_of(browser_of.get("/integrations").text)
    assert "Stand-up bot API · registered itself · app.example" in page
    assert "Write: tasks · Read: projects · all my projects" in page
    assert re.search(r"Connected just now · Used just now by \w+, 127\.0\.0\.1", page)


def disconnect_path(app: Flask, person: TestUser) -> str:
    """Where an application that was just connected is disconnected."""
    connect(app, person)
    with app.app_context():
        [grant] = list_grants(person.access, PageRequest()).rows
    return f"/integrations/apps/{grant.id}/disconnect"


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_an_app_is_disconnected_after_a_question(
    app: Flask, person: TestUser, browser_of: FlaskClient, headers: dict[str, str]
) -> None:
    path = disconnect_path(app, person)
    question = browser_of.get(path, headers=headers)
    assert "Disconnect “Stand-up bot”?" in question.text
    answer = browser_of.post(path, data={"csrf_token": csrf_token(question)}, headers=headers)
    assert answer.status_code == (200 if headers else 303)
    assert "None yet." in browser_of.get("/integrations").text


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_an_app_that_was_disconnected_elsewhere_is_told_so(
    app: Flask, person: TestUser, browser_of: FlaskClient, headers: dict[str, str]
) -> None:
    path = disconnect_path(app, person)
    form = {"csrf_token": csrf_token(browser_of.get(path, headers=headers))}
    with app.app_context():
        revoke_own_grant(person.access, path.split("/")[3])
    question = browser_of.get(path, headers=headers).text
    assert "“Stand-up bot” is disconnected already" in question
    assert "Disconnect “Stand-up bot”?" not in question
    answer = browser_of.post(path, data=form, headers=headers, follow_redirects=True).text
    assert "Stand-up bot was disconnected already, on" in answer
    assert "Stand-up bot is disconnected." not in answer


def test_nobody_is_asked_about_what_another_connected(app: Flask, person: TestUser, owner: TestUser) -> None:
    connect(app, person)
    with app.app_context():
        [grant] = list_grants(person.access, PageRequest()).rows
    browser = owner.sign_in()
    assert browser.get(f"/integrations/apps/{grant.id}/disconnect").status_code == 403
    assert browser.get("/integrations/apps/grn_00000000000000000000000000/disconnect").status_code == 404


@pytest.mark.parametrize("grant_id", ["%00", "key_01m86ffkj1eyt9k86t46h61k8b", "x" * 5000])
def test_what_is_no_id_of_an_app_is_a_page_that_is_not_there(browser_of: FlaskClient, grant_id: str) -> None:
    assert browser_of.get(f"/integrations/apps/{grant_id}/disconnect").status_code == 404


def test_the_rehearsal_page_explains_itself(browser_of: FlaskClient) -> None:
    assert "Nothing has come back yet." in browser_of.get("/oauth/callback").text


def start_playground(browser: FlaskClient) -> tuple[str, dict[str, str]]:
    """Start the playground: the authorization URL, and its parameters."""
    address = send(browser, "/integrations", "/oauth/rehearsal").location
    return address, {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}


def allow(browser: FlaskClient, address: str, params: dict[str, str]) -> str:
    """Say yes on the consent page; the path that this leads back to."""
    return decide(browser, address, params, "allow")


def decide(browser: FlaskClient, address: str, params: dict[str, str], decision: str) -> str:
    form = {**params, "csrf_token": csrf_token(browser.get(address)), "decision": decision, "reach": "all"}
    return browser.post("/api/oauth/authorize", data=form).location.removeprefix(ORIGIN)


def exchange(browser: FlaskClient, back: str) -> Any:
    params = {name: values[0] for name, values in parse_qs(urlsplit(back).query).items()}
    answer = send(browser, "/integrations", "/oauth/callback", code=params["code"], state=params["state"])
    return browser.get(answer.location) if answer.location else answer


def test_a_rehearsal_ends_in_a_token_shown_once(person: TestUser, browser_of: FlaskClient) -> None:
    back = allow(browser_of, *start_playground(browser_of))
    assert "The one this browser sent." in browser_of.get(back).text
    shown = exchange(browser_of, back)
    tokens = json.loads(code_of(shown.text, "token-answer"))
    assert shown.headers["Cache-Control"] == "no-store"
    assert set(tokens) == {"access_token", "token_type", "expires_in", "refresh_token", "scope"}
    cookie = browser_of.get_cookie("calmboard_session")
    assert cookie
    for text in (cookie.value, browser_of.get("/integrations").text, exchange(browser_of, back).text):
        assert tokens["access_token"] not in text


def test_a_code_of_another_browser_is_shown_and_not_traded(person: TestUser, browser_of: FlaskClient) -> None:
    back = allow(browser_of, *start_playground(browser_of))
    other = person.sign_in()
    assert "the verifier is not here" in other.get(back).text
    assert exchange(other, back).status_code == 422


def test_an_answer_from_elsewhere_is_not_traded(browser_of: FlaskClient) -> None:
    back = allow(browser_of, *start_playground(browser_of))
    page = browser_of.get(re.sub(r"iss=[^&]+", "iss=https://evil.example", back)).text
    assert "Somebody else sent you here." in page
    assert 'action="/oauth/callback"' not in page


def test_a_code_that_is_over_is_told_kindly(browser_of: FlaskClient) -> None:
    back = allow(browser_of, *start_playground(browser_of))
    answer = exchange(browser_of, re.sub(r"code=\w+", "code=cbc_made_up", back))
    assert answer.status_code == 422
    assert "The code is unknown" in text_of(answer.text)
    assert "Try it again" in answer.text


def test_a_no_is_shown_as_the_app_gets_it(browser_of: FlaskClient) -> None:
    page = text_of(browser_of.get(decide(browser_of, *start_playground(browser_of), "deny")).text)
    assert "You said no" in page
    assert "access_denied" in page


def test_what_comes_back_is_text_and_nothing_else(browser_of: FlaskClient) -> None:
    injected = {"code": "<script>alert(1)</script>", "state": '"><b>', "iss": "<i>", "error_description": "<u>"}
    for given in (injected, {**injected, "error": "<s>"}):
        page = browser_of.get("/oauth/callback", query_string=given)
        assert page.status_code == 200
        assert not re.search(r"<script>alert|<b>|<i>|<u>|<s>", page.text)


def run(command: str, **environment: str) -> str:
    return subprocess.run(
        ["sh", "-c", command], env={**os.environ, **environment}, capture_output=True, text=True, check=True, timeout=30
    ).stdout


def copied(page: Page, what: str) -> str:
    """Press a copy button and read what it copied."""
    page.get_by_role("button", name=f"Copy {what}", exact=True).click()
    expect(page.locator("#live")).to_have_text("Copied")
    text: str = page.evaluate("navigator.clipboard.readText()")
    page.evaluate("document.getElementById('live').textContent = ''")
    return text


def test_the_three_steps_copied_from_the_page_lead_to_the_projects(page_for: Pages, person: TestUser) -> None:
    page = page_for(person)
    page.goto("/integrations")
    names = ("the address", "the command that trades the code", "the first call")
    address, token_command, api_command = (copied(page, name) for name in names)
    page.goto(address)
    page.get_by_role("button", name="Allow").click()
    code = page.locator("#code").text_content() or ""
    tokens = json.loads(run(token_command.replace("cbc_…", code)))
    listed = json.loads(run(api_command.replace("cbo_…", tokens["access_token"])))
    assert [project["name"] for project in listed["data"]] == ["Observatory"]


@pytest.mark.parametrize("javascript", [True, False])
def test_try_it_here_ends_in_an_answer_of_the_api(page_for: Pages, person: TestUser, javascript: bool) -> None:
    page = page_for(person, javascript=javascript)
    page.goto("/integrations")
    page.get_by_role("button", name="Try it here").click()
    page.get_by_role("button", name="Allow").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("The code came back")
    page.get_by_role("button", name="Trade the code for a token").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Here is the token")
    command = copied(page, "the command") if javascript else page.locator("#api-command").text_content() or ""
    assert [project["name"] for project in json.loads(run(command))["data"]] == ["Observatory"]
    page.get_by_role("link", name="Connected apps").click()
    expect(page.locator("#connected-apps")).to_contain_text("Used just now by curl")


def test_saving_and_disconnecting_keep_the_page_and_the_focus(app: Flask, page_for: Pages, person: TestUser) -> None:
    connect(app, person)
    page = page_for(person)
    page.goto("/integrations")
    page.get_by_label("Callback 1", exact=True).fill("http://a.example/cb")
    page.get_by_role("button", name="Save callbacks").click()
    expect(page.locator("#callback-1-error")).to_contain_text("Public addresses need https.")
    expect(page.get_by_label("Callback 1", exact=True)).to_be_focused()
    page.get_by_label("Callback 1", exact=True).fill("https://a.example/cb")
    page.get_by_role("button", name="Add a callback").click()
    expect(page.get_by_label("Callback 2", exact=True)).to_be_focused()
    page.get_by_role("button", name="Remove callback 2").click()
    expect(page.get_by_label("Callback 2", exact=True)).to_have_count(0)
    page.get_by_role("button", name="Save callbacks").click()
    expect(page.locator("#live")).to_contain_text("The callback URLs are saved.")
    expect(page.get_by_role("button", name="Save callbacks")).to_be_focused()
    expect(page.locator("#oauth-address")).to_contain_text("https%3A%2F%2Fa.example%2Fcb")
    page.get_by_role("link", name="Disconnect Stand-up bot").click()
    page.get_by_role("dialog").get_by_role("button", name="Disconnect").click()
    expect(page.locator("#connected-apps h3")).to_be_focused()
    expect(page.locator("#connected-apps")).to_contain_text("None yet.")


def _invalid_callbacks(page: Page) -> None:
    page.goto("/integrations")
    page.get_by_text("Paste several at once").click()
    page.get_by_label("Addresses, separated by commas or lines").fill("http://a.example, ftp://b.example")
    page.get_by_role("button", name="Save callbacks").click()
    expect(page.locator("#callback-2-error")).to_be_visible()


def _question(page: Page) -> None:
    page.goto("/integrations")
    page.get_by_role("link", name="Disconnect Stand-up bot").click()
    expect(page.get_by_role("dialog")).to_be_visible()


def _callback(page: Page) -> None:
    page.goto("/integrations")
    page.get_by_role("button", name="Try it here").click()
    page.get_by_role("button", name="Allow").click()


def _token(page: Page) -> None:
    _callback(page)
    page.get_by_role("button", name="Trade the code for a token").click()


def _denied(page: Page) -> None:
    page.goto("/integrations")
    page.get_by_role("button", name="Try it here").click()
    page.get_by_role("button", name="Deny").click()


_STATES: dict[str, Callable[[Page], Any]] = {
    "connected apps": lambda page: page.goto("/integrations"),
    "invalid callbacks": _invalid_callbacks,
    "the question": _question,
    "the rehearsal page": lambda page: page.goto("/oauth/callback"),
    "the code": _callback,
    "the token": _token,
    "the no": _denied,
    "from elsewhere": lambda page: page.goto("/oauth/callback?code=x&iss=https://evil.example"),
}


@pytest.mark.parametrize("state", _STATES)
def test_no_state_has_barriers(app: Flask, page_for: Pages, person: TestUser, state: str) -> None:
    connect(app, person)
    page = page_for(person)
    _STATES[state](page)
    assert find_barriers(page, _LOOKS, without=["#examples"]) == {}
