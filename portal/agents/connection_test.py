"""Testing the MCP server for the reader: does it respond, does it advertise its sign-in, which tools would an agent get."""

import re
from contextvars import Context
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import current_app, request
from werkzeug.test import TestResponse

from calmboard.access.access import Access
from calmboard.access.oauth.resources import MCP, resource_of
from calmboard.clock import now
from calmboard.work.projects import effective_scopes, has_use_of
from portal.shared.catalogues import MCP_CATALOGUE
from portal.shared.texts.words import plural
from web.origin import origin

_FIRST_SENTENCE = re.compile(r".+?[.!?](?=\s|$)", re.DOTALL)
_METADATA = re.compile(r'resource_metadata="([^"]+)"')
_FIRST_MESSAGE = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}


@dataclass(frozen=True, slots=True)
class Check:
    passed: bool
    sentence: str


@dataclass(frozen=True, slots=True)
class AgentTool:
    """`summary` is the first sentence of what an agent reads about it; `is_final` where the effect cannot be undone."""

    name: str
    title: str
    summary: str
    is_final: bool


@dataclass(frozen=True, slots=True)
class ConnectionTest:
    """The server's responses, and the tools for an agent with all rights of the reader."""

    tested_at: datetime
    checks: list[Check]
    reading_tools: list[AgentTool]
    writing_tools: list[AgentTool]

    @property
    def tool_count(self) -> str:
        return plural(len(self.reading_tools) + len(self.writing_tools), "tool")


def endpoint() -> str:
    """Where the MCP server answers; it is the OAuth resource as well."""
    return resource_of(origin(), MCP)


def run_connection_test(access: Access) -> ConnectionTest:
    rights = effective_scopes(access)
    tools = [tool for tool in MCP_CATALOGUE.get()["tools"] if has_use_of(rights, tool["scopes"])]
    reading = [_shown(tool) for tool in tools if tool["effect"] == "reads"]
    writing = [_shown(tool) for tool in tools if tool["effect"] != "reads"]
    return ConnectionTest(now(), _checks(), reading, writing)


def _shown(tool: dict[str, Any]) -> AgentTool:
    text = " ".join(tool["description"].split())
    found = _FIRST_SENTENCE.match(text)
    return AgentTool(tool["name"], tool["title"], found[0] if found else text, tool["effect"] == "destroys")


def _checks() -> list[Check]:
    """What agents do first: call without credentials, follow the refusal to the authorization server (RFC 9728, section 5)."""
    refusal = _request("POST", MCP, json=_FIRST_MESSAGE)
    if refusal.status_code != 401:
        return [Check(False, f"The server answered {refusal.status_code} to a call without a credential, and 401 is due.")]
    responds = Check(True, "The server answers. It refuses a call without a credential, as it should.")
    return [responds, _sign_in_check(refusal)]


def _sign_in_check(refusal: TestResponse) -> Check:
    address = _METADATA.search(refusal.headers.get("WWW-Authenticate", ""))
    document = _request("GET", address[1]).get_json(silent=True) if address else None
    if document and document.get("resource") == endpoint():
        return Check(True, f"It tells agents where to sign in: {', '.join(document['authorization_servers'])}.")
    return Check(False, f"It does not tell agents where to sign in for {endpoint()}.")


def _request(method: str, address: str, **options: Any) -> TestResponse:
    """Send a request through the whole app, in a context of its own, isolated from the reader's request."""
    client = current_app.test_client(use_cookies=False)
    environment: dict[str, Any] = {"base_url": origin(), "environ_base": {"REMOTE_ADDR": request.remote_addr}}
    return Context().run(client.open, address.removeprefix(origin()), method=method, **environment, **options)
