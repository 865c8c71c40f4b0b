"""Connected agents on the page: who they are, their last call, and how they are disconnected."""

import re
from html import unescape

import pytest
from flask import Flask
from flask.testing import FlaskClient
from playwright.sync_api import expect
from sqlalchemy import update

from calmboard.access.credentials.key_lists import list_keys
from calmboard.access.oauth.connected_apps import list_grants
from calmboard.db import db
from calmboard.models import ApiKey
from calmboard.pagination import PageRequest
from tests.oauth.conftest import HostApp, register
from tests.portal.agents.connected import ENDPOINT, TEST, authorize_agent, section_of, text_of
from tests.portal.forms import HTMX
from tests.support.clients.agent import Agent
from tests.support.clients.browser import Pages
from tests.support.statements import recorded
from tests.support.users import TestUser, csrf_token


def apps_of(browser: FlaskClient) -> str:
    """The one list of apps, agents by OAuth among them."""
    return browser.get("/integrations").text.partition('id="connected-apps"')[2].partition("</section>")[0]


def test_agents_say_who_what_and_the_last_call(app: Flask, person: TestUser, browser_of: FlaskClient) -> None:
    assert "Keys that agents use None yet." in text_of(section_of(browser_of))
    authorize_agent(app, person).call("list_projects")
    section = apps_of(browser_of)
    assert "Harbour agent MCP · registered itself · app.example" in text_of(section)
    assert "Write: tasks · Read: projects · all my projects" in text_of(section)
    assert re.search(r"Called <code>list_projects</code>", section)
    assert re.search(r"· Used just now by \w+, 10\.", text_of(section))
    assert "Harbour agent" not in section_of(browser_of)
    assert "Harbour agent reached it last. Used just now" in text_of(section_of(browser_of, TEST))


def test_an_agent_that_did_not_call_yet_is_listed(app: Flask, person: TestUser, browser_of: FlaskClient) -> None:
    authorize_agent(app, person)
    assert "all my projects Connected just now · Never used Disconnect Harbour agent" in text_of(apps_of(browser_of))
    assert "No agent of yours has reached it yet." in text_of(section_of(browser_of, TEST))


def test_an_app_of_the_api_is_no_agent(app: Flask, person: TestUser, browser_of: FlaskClient) -> None:
    body = register(app).get_json()
    HostApp(app, person.sign_in(), body["client_id"], body).get_tokens()
    assert "Stand-up bot API · registered itself" in text_of(apps_of(browser_of))


def test_a_key_is_listed_while_its_last_call_came_to_the_server(app: Flask, person: TestUser, browser_of: FlaskClient) -> None:
    secret = person.new_key("Night watch")
    agent = Agent(app, secret)
    agent.result("tools/list")
    section = section_of(browser_of)
    assert f"Night watch · API key · cbk_…{secret[-4:]} · Active" in text_of(section)
    assert "Last call <code>tools/list</code>" in section
    _set_last_endpoint(app, person, "GET /mcp")
    assert "Last call <code>GET /mcp</code>" in section_of(browser_of)
    _set_last_endpoint(app, person, "GET /projects")
    assert "Night watch" not in section_of(browser_of)


def _set_last_endpoint(app: Flask, person: TestUser, endpoint: str) -> None:
    """Store the last call directly: a second call within a minute is not recorded."""
    with app.app_context():
        db.session.execute(update(ApiKey).where(ApiKey.user_id == person.person.id).values(last_used_endpoint=endpoint))
        db.session.commit()


def test_what_an_agent_calls_itself_and_asks_for_is_text_and_nothing_else(
    app: Flask, person: TestUser, browser_of: FlaskClient
) -> None:
    agent = authorize_agent(app, person, name="<b>bold</b>")
    agent.send({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "<i>sly</i>"}})
    section = apps_of(browser_of)
    assert "<b>" not in section
    assert "<i>" not in section
    assert "<b>bold</b>" in unescape(section)


def test_the_agents_of_others_are_not_shown(app: Flask, person: TestUser, owner: TestUser) -> None:
    authorize_agent(app, person, name="Somebody’s own")
    assert "Somebody’s own" not in owner.sign_in().get(TEST).text


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_an_agent_is_disconnected_after_a_question(
    app: Flask, person: TestUser, browser_of: FlaskClient, headers: dict[str, str]
) -> None:
    agent = authorize_agent(app, person)
    with app.app_context():
        [grant] = list_grants(person.access, PageRequest()).rows
    path = f"/integrations/apps/{grant.id}/disconnect"
    assert f'href="{path}"' in apps_of(browser_of)
    question = browser_of.get(path, headers=headers)
    assert "Disconnect “Harbour agent”?" in question.text
    assert 'href="/integrations#connected-apps"' in question.text
    answer = browser_of.post(path, data={"csrf_token": csrf_token(question)}, headers=headers)
    assert answer.location == (None if headers else "/integrations#connected-apps")
    assert "None yet." in text_of(apps_of(browser_of))
    assert agent.ask("tools/list").status_code == 401


@pytest.mark.parametrize("headers", [{}, HTMX])
@pytest.mark.parametrize("act", ["revoke", "pause"])
def test_a_key_of_an_agent_ends_after_a_question(
    app: Flask, person: TestUser, browser_of: FlaskClient, headers: dict[str, str], act: str
) -> None:
    agent = Agent(app, person.new_key("Night watch"))
    agent.result("tools/list")
    with app.app_context():
        [key] = list_keys(person.access, PageRequest()).rows
    path = f"/integrations/keys/{key.id}/revoke?among=agents"
    assert f'href="{path}"' in section_of(browser_of)
    question = browser_of.get(path, headers=headers)
    form = {"csrf_token": csrf_token(question), "sure": "on"}
    answer = browser_of.post(path.replace("revoke", act), data=form, headers=headers)
    assert answer.location == (None if headers else "/integrations#connected-agents")
    assert ("None yet." in text_of(section_of(browser_of))) is (act == "revoke")
    assert agent.ask("tools/list").status_code == 401


def test_a_key_revoked_in_its_own_list_leaves_that_of_the_agents(app: Flask, person: TestUser, browser_of: FlaskClient) -> None:
    Agent(app, person.new_key("Night watch")).result("tools/list")
    with app.app_context():
        [key] = list_keys(person.access, PageRequest()).rows
    path = f"/integrations/keys/{key.id}/revoke"
    form = {"csrf_token": csrf_token(browser_of.get(path, headers=HTMX)), "sure": "on"}
    answer = browser_of.post(path, data=form, headers=HTMX)
    assert answer.text.index(f'id="{key.id}"') < answer.text.index('<hx-partial hx-target="#connected-agents"')
    assert "Keys that agents use None yet." in text_of(answer.text)


def test_an_app_with_a_scheme_of_its_own_is_named_by_it(app: Flask, person: TestUser, browser_of: FlaskClient) -> None:
    body = register(app, client_name="Cursor", redirect_uris=["cursor://anysphere.cursor-mcp/oauth/callback"]).get_json()
    application = HostApp(app, person.sign_in(), body["client_id"], body, body["redirect_uris"][0])
    application.get_tokens(resource=ENDPOINT)
    assert "Cursor MCP · registered itself · cursor://" in text_of(apps_of(browser_of))


def test_the_page_takes_as_many_statements_however_many_agents(app: Flask, person: TestUser, browser_of: FlaskClient) -> None:
    authorize_agent(app, person, name="Agent").ask("tools/list")
    Agent(app, person.new_key("Key")).ask("tools/list")
    with recorded(app) as with_two:
        browser_of.get("/integrations")
    for number in range(3):
        authorize_agent(app, person, name=f"Agent {number}").ask("tools/list")
        Agent(app, person.new_key(f"Key {number}")).ask("tools/list")
    with recorded(app) as with_eight:
        browser_of.get("/integrations")
    assert len(with_eight) == len(with_two)


def test_disconnecting_an_agent_keeps_the_page_and_the_focus(app: Flask, page_for: Pages, person: TestUser) -> None:
    authorize_agent(app, person)
    page = page_for(person)
    page.goto("/integrations")
    page.locator("#connected-apps").get_by_role("link", name="Disconnect Harbour agent").click()
    page.get_by_role("dialog").get_by_role("button", name="Disconnect").click()
    expect(page.locator("#connected-apps h3")).to_be_focused()
    expect(page.locator("#connected-apps")).to_contain_text("None yet.")


def test_revoking_the_key_of_an_agent_keeps_the_page_and_the_focus(app: Flask, page_for: Pages, person: TestUser) -> None:
    Agent(app, person.new_key("Night watch")).result("tools/list")
    page = page_for(person)
    page.goto("/integrations")
    page.locator("#connected-agents").get_by_role("link", name="Revoke Night watch").click()
    page.get_by_role("checkbox").check()
    page.get_by_role("button", name="Revoke key").click()
    expect(page.locator("#connected-agents h3")).to_be_focused()
    expect(page.locator("#connected-agents")).to_contain_text("None yet.")
    expect(page.locator("#keys .badge")).to_have_text("Revoked")
