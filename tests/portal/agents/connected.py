"""Agents that a person authorized, and what the page says about them."""

import re
from html import unescape

from flask import Flask
from flask.testing import FlaskClient

from tests.oauth.conftest import ORIGIN, HostApp, register
from tests.support.clients.agent import Agent
from tests.support.users import TestUser

ENDPOINT = f"{ORIGIN}/mcp"
TEST = "/integrations/mcp-test"


def text_of(page: str) -> str:
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", "", page)))


def section_of(browser: FlaskClient, path: str = "/integrations") -> str:
    page = browser.get(path).text
    return page[page.index('<section class="section" id="mcp"') : page.index('<section class="section" id="oauth-metadata"')]


def authorize_agent(app: Flask, person: TestUser, name: str = "Harbour agent") -> Agent:
    """Authorize an agent by OAuth."""
    body = register(app, client_name=name).get_json()
    application = HostApp(app, person.sign_in(), body["client_id"], body)
    return Agent(app, application.get_tokens(resource=ENDPOINT)["access_token"])
