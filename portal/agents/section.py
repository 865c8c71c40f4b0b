"""The section on the MCP server: its address, how agents are connected, which ones called."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from flask import request, url_for
from markupsafe import Markup

from calmboard.access.access import Access
from calmboard.access.credentials.key_lists import latest_agent_keys
from calmboard.access.oauth.connected_apps import latest_agent_grants
from calmboard.access.oauth.resources import MCP, MCP_PREFIX, resource_of
from portal.agents.installs import CLAUDE, install_links, installs
from portal.apps.rows import AppRow, app_rows
from portal.keys.rows import KeyRow, key_rows, use_of
from portal.shared.catalogues import MCP_CATALOGUE
from portal.shared.reachability import unreachable_reason
from web.origin import origin

# A credential's last use at the server is stored as MCP_PREFIX, the method and the name of the tool, resource or prompt; for a
# request without a message, as the HTTP method and the path.
_VERBS = {"tools/call": "Called", "resources/read": "Read", "prompts/get": "Took the prompt"}
# Further ones are in the lists of keys and connected apps.
_MAX_AGENTS = 25
_NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class AgentRow:
    """An agent authorized by OAuth, or a key that one used. `identity`, `permissions` and `last_call` are lists of facts."""

    id: str
    monogram: str
    name: str
    identity: tuple[str | Markup, ...]
    permissions: tuple[str, ...]
    last_call: tuple[Markup, ...]
    last_used_at: datetime
    action: str
    action_url: str


def endpoint() -> str:
    """Where the MCP server answers; it is the OAuth resource as well."""
    return resource_of(origin(), MCP)


def mcp_section(access: Access) -> dict[str, Any]:
    """The context of `agents/_section.html`."""
    address = endpoint()
    return {
        "endpoint": address,
        "revisions": MCP_CATALOGUE.get()["revisions"],
        "install_links": install_links(address),
        "installs": installs(address),
        "claude_unreachable_reason": unreachable_reason(address, CLAUDE),
        **agents_section(access),
    }


def agents_section(access: Access, *, changed: bool = False) -> dict[str, Any]:
    """The context of `agents/_agents.html`, the latest calls first; `changed` moves the focus to it."""
    by_oauth = [_row_of_app(row) for row in app_rows(access, latest_agent_grants(access, _MAX_AGENTS + 1))]
    by_key = [_row_of_key(row) for row in key_rows(access, latest_agent_keys(access, _MAX_AGENTS + 1))]
    agents = sorted([*by_oauth, *by_key], key=lambda row: row.last_used_at, reverse=True)
    return {"agents": agents[:_MAX_AGENTS], "has_other_agents": len(agents) > _MAX_AGENTS, "agents_changed": changed}


def is_from_agents() -> bool:
    """Whether the request comes from the list of agents; then the response and the focus go there."""
    return request.args.get("among") == "agents"


def _row_of_app(app: AppRow) -> AgentRow:
    grant = app.grant
    return AgentRow(
        f"agent-{grant.id}",
        app.monogram,
        grant.shown_name,
        identity=(app.kind, app.hosts),
        permissions=(app.rights, app.projects),
        last_call=_last_call(grant.last_used_endpoint, app.use),
        last_used_at=grant.last_used_at or _NEVER,
        action="Disconnect",
        action_url=url_for("portal.disconnect_page", grant_id=grant.id, among="agents"),
    )


def _row_of_key(row: KeyRow) -> AgentRow:
    key = row.key
    return AgentRow(
        f"agent-{key.id}",
        row.monogram,
        key.name,
        identity=("API key", Markup('<span class="mono">cbk_…{}</span>').format(key.last4), row.badge[0]),
        permissions=(row.rights, row.projects),
        last_call=_last_call(key.last_used_endpoint, use_of(key)),
        last_used_at=key.last_used_at or _NEVER,
        action="Revoke",
        action_url=url_for("portal.revoke_key", key_id=key.id, among="agents"),
    )


def _last_call(last_endpoint: str | None, use: Markup) -> tuple[Markup, ...]:
    """The last call and when it came: “Called create_task”, “Used 3 minutes ago by Cursor, 203.0.113.24”."""
    if last_endpoint is None:
        return (use,)
    method, _, name = last_endpoint.removeprefix(MCP_PREFIX).partition(" ")
    if method in _VERBS and name:
        return Markup("{} <code>{}</code>").format(_VERBS[method], name), use
    return Markup("Last call <code>{}</code>").format(last_endpoint.removeprefix(MCP_PREFIX)), use
