"""Testing the MCP server for its reader: does it answer, does it say where to sign in, what would an agent get."""

import re
from contextvars import Context
from dataclasses import dataclass
from typing import Any

from flask import current_app, request
from werkzeug.test import TestResponse

from calmboard.access.access import Access
from calmboard.access.oauth.resources import MCP
from calmboard.work.projects import effective_scopes, has_use_of
from portal.agents.section import endpoint
from portal.shared.words import plural

_FIRST_SENTENCE = re.compile(r".+?[.!?](?=\s|$)", re.DOTALL)
_METADATA = re.compile(r'resource_metadata="([^"]+)"')
_FIRST_MESSAGE = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}


@dataclass(frozen=True, slots=True)
class Check:
    passed: bool
    sentence: str


@dataclass(frozen=True, slots=True)
class AgentTool:
    """`gist` is the first sentence of what an agent reads about it; `is_final` where something is gone or over afterwards."""

    name: str
    title: str
    gist: str
    is_final: bool


def tested(access: Access) -> dict[str, Any]:
    """What `mcp/_tested.html` needs: what the server answers now, and the tools an agent with all rights of this person gets."""
    rights = effective_scopes(access)
    tools = [tool for tool in current_app.extensions["calmboard_agent_catalogue"]["tools"] if has_use_of(rights, tool["scopes"])]
    return {
        "checks": _checks(),
        "tool_count": plural(len(tools), "tool"),
        "reading_tools": [_shown(tool) for tool in tools if tool["effect"] == "reads"],
        "writing_tools": [_shown(tool) for tool in tools if tool["effect"] != "reads"],
    }


def _shown(tool: dict[str, Any]) -> AgentTool:
    text = " ".join(tool["description"].split())
    found = _FIRST_SENTENCE.match(text)
    return AgentTool(tool["name"], tool["title"], found[0] if found else text, tool["effect"] == "destroys")


def _checks() -> list[Check]:
    """What an agent does first: call without a credential, and follow the answer to where one is had (RFC 9728, section 5)."""
    refusal = _ask("POST", MCP, json=_FIRST_MESSAGE)
    if refusal.status_code != 401:
        return [Check(False, f"The server answered {refusal.status_code} to a call without a credential, and 401 is due.")]
    answers = Check(True, "The server answers. It refuses a call without a credential, as it should.")
    return [answers, _sign_in_check(refusal)]


def _sign_in_check(refusal: TestResponse) -> Check:
    address = _METADATA.search(refusal.headers.get("WWW-Authenticate", ""))
    document = _ask("GET", address[1]).get_json(silent=True) if address else None
    if document and document.get("resource") == endpoint():
        return Check(True, f"It tells agents where to sign in: {', '.join(document['authorization_servers'])}.")
    return Check(False, f"It does not tell agents where to sign in for {endpoint()}.")


def _ask(method: str, address: str, **sent: Any) -> TestResponse:
    """Send a request through the whole app, in a context of its own: nothing of the reader's request is part of it."""
    client = current_app.test_client(use_cookies=False)
    origin = current_app.config["CALMBOARD"].origin
    place = {"base_url": origin, "environ_base": {"REMOTE_ADDR": request.remote_addr}}
    return Context().run(client.open, address.removeprefix(origin), method=method, **place, **sent)
