"""What the page says about the MCP server: its address, how agents are pointed at it, which ones called."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from flask import current_app, request, url_for
from markupsafe import Markup

from calmboard.access.access import Access
from calmboard.access.credentials.key_lists import latest_agent_keys
from calmboard.access.oauth.connected_apps import latest_agent_grants
from calmboard.access.oauth.resources import BY_MCP, MCP, resource_of
from portal.agents.installs import install_links, installs
from portal.apps.rows import AppRow, app_rows
from portal.keys.rows import KeyRow, key_rows, use_of
from portal.shared.reachability import unreachable_reason

# How the use of a credential at the server is kept: this, the method, and the name of what was asked for. Of what
# was no message, the HTTP method and the path.
_VERBS = {"tools/call": "Called", "resources/read": "Read", "prompts/get": "Took the prompt"}
# The others are among the keys and the connected apps.
_MOST = 25
_NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class AgentRow:
    """An agent that was let in, or a key that one called with. `who`, `may` and `lately` are facts in a row."""

    id: str
    letters: str
    name: str
    who: tuple[str | Markup, ...]
    may: tuple[str, ...]
    lately: tuple[Markup, ...]
    last_used_at: datetime
    act: str
    act_url: str


def endpoint() -> str:
    """Where the MCP server answers; it is the OAuth resource as well."""
    return resource_of(current_app.config["CALMBOARD"].origin, MCP)


def mcp_part(access: Access) -> dict[str, Any]:
    """What `mcp/_section.html` needs."""
    address = endpoint()
    return {
        "endpoint": address,
        "revisions": current_app.extensions["calmboard_agent_catalogue"]["revisions"],
        "install_links": install_links(address),
        "installs": installs(address),
        "claude_obstacle": unreachable_reason(address, "claude"),
        **agents_part(access),
    }


def agents_part(access: Access, *, changed: bool = False) -> dict[str, Any]:
    """What `mcp/_agents.html` needs, the latest calls first; `changed` moves the focus to it."""
    let_in = [_row_of_app(row) for row in app_rows(access, latest_agent_grants(access, _MOST + 1))]
    by_key = [_row_of_key(row) for row in key_rows(access, latest_agent_keys(access, _MOST + 1))]
    agents = sorted([*let_in, *by_key], key=lambda row: row.last_used_at, reverse=True)
    return {"agents": agents[:_MOST], "has_other_agents": len(agents) > _MOST, "agents_changed": changed}


def came_from_agents() -> bool:
    """Whether the reader came from the list of agents; then the answer and the focus go there."""
    return request.args.get("among") == "agents"


def _row_of_app(app: AppRow) -> AgentRow:
    grant = app.grant
    return AgentRow(
        f"agent-{grant.id}",
        app.letters,
        grant.shown_name,
        who=(app.kind, app.hosts),
        may=(app.rights, app.projects),
        lately=_lately(grant.last_used_endpoint, app.use),
        last_used_at=grant.last_used_at or _NEVER,
        act="Disconnect",
        act_url=url_for("portal.disconnect_page", grant_id=grant.id, among="agents"),
    )


def _row_of_key(row: KeyRow) -> AgentRow:
    key = row.key
    return AgentRow(
        f"agent-{key.id}",
        row.letters,
        key.name,
        who=("API key", Markup('<span class="mono">cbk_…{}</span>').format(key.tail), row.badge[0]),
        may=(row.rights, row.projects),
        lately=_lately(key.last_used_endpoint, use_of(key)),
        last_used_at=key.last_used_at or _NEVER,
        act="Revoke",
        act_url=url_for("portal.revoke_key", key_id=key.id, among="agents"),
    )


def _lately(asked: str | None, use: Markup) -> tuple[Markup, ...]:
    """The last call and when it came: “Called create_task”, “Used 3 minutes ago by Cursor, 203.0.113.24”."""
    if asked is None:
        return (use,)
    method, _, name = asked.removeprefix(BY_MCP).partition(" ")
    if method in _VERBS and name:
        return Markup("{} <code>{}</code>").format(_VERBS[method], name), use
    return Markup("Last call <code>{}</code>").format(asked.removeprefix(BY_MCP)), use
