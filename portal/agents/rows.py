"""The agents that a person connected: those authorized by OAuth, and the keys that were used at the MCP server."""

from dataclasses import dataclass
from datetime import UTC, datetime

from flask import request, url_for
from markupsafe import Markup

from calmboard.access.access import Access
from calmboard.access.credentials.key_lists import latest_agent_keys
from calmboard.access.oauth.connected_apps import latest_agent_grants
from calmboard.access.oauth.resources import MCP_PREFIX
from portal.apps.rows import AppRow, app_rows
from portal.keys.rows import KeyRow, key_rows, use_of

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


@dataclass(frozen=True, slots=True)
class AgentList:
    """Those whose calls came last; `has_others` where there are more."""

    rows: list[AgentRow]
    has_others: bool

    @property
    def last_caller(self) -> AgentRow | None:
        """Who called last; None where no agent ever did."""
        return next((row for row in self.rows[:1] if len(row.last_call) > 1), None)


def connected_agents(access: Access) -> AgentList:
    by_oauth = [_row_of_app(row) for row in app_rows(access, latest_agent_grants(access, _MAX_AGENTS + 1))]
    by_key = [_row_of_key(row) for row in key_rows(access, latest_agent_keys(access, _MAX_AGENTS + 1))]
    agents = sorted([*by_oauth, *by_key], key=lambda row: row.last_used_at, reverse=True)
    return AgentList(agents[:_MAX_AGENTS], len(agents) > _MAX_AGENTS)


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
