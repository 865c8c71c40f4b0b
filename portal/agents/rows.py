"""The keys that agents use at the MCP server, and who called it last; agents by OAuth are listed among the apps."""

from collections.abc import Sequence
from dataclasses import dataclass

from flask import request, url_for
from markupsafe import Markup

from calmboard.access.access import Access
from calmboard.access.credentials.key_lists import latest_agent_keys
from calmboard.access.credentials.keys import Key
from calmboard.access.oauth.connected_apps import Grant, latest_agent_grants
from portal.keys.rows import KeyRow, key_rows, last_call_of, use_of

# Further ones are in the list of keys.
_MAX_AGENTS = 25


@dataclass(frozen=True, slots=True)
class AgentRow:
    """A key that an agent used. `identity`, `permissions` and `last_call` are lists of facts."""

    id: str
    monogram: str
    name: str
    identity: tuple[str | Markup, ...]
    permissions: tuple[str, ...]
    last_call: tuple[Markup, ...]
    action: str
    action_url: str


@dataclass(frozen=True, slots=True)
class LastCaller:
    """The agent that called last, by whichever way it signed in, and when."""

    name: str
    use: Markup


@dataclass(frozen=True, slots=True)
class AgentList:
    """The keys whose calls came last; `has_others` where there are more. Agents by OAuth are among the connected apps."""

    rows: list[AgentRow]
    has_others: bool
    last_caller: LastCaller | None


def connected_agents(access: Access) -> AgentList:
    keys = latest_agent_keys(access, _MAX_AGENTS + 1)
    rows = [_row_of_key(row) for row in key_rows(access, keys[:_MAX_AGENTS])]
    return AgentList(rows, len(keys) > _MAX_AGENTS, _last_caller(keys[:1], latest_agent_grants(access, 1)))


def _last_caller(keys: Sequence[Key], grants: Sequence[Grant]) -> LastCaller | None:
    """None where no agent ever called."""
    by_key = [(key.last_used_at, key.name, use_of(key)) for key in keys if key.last_used_at]
    by_oauth = [(grant.last_used_at, grant.shown_name, use_of(grant)) for grant in grants if grant.last_used_at]
    latest = max([*by_key, *by_oauth], key=lambda call: call[0], default=None)
    return LastCaller(latest[1], latest[2]) if latest else None


def is_from_agents() -> bool:
    """Whether the request comes from the list of agents; then the response and the focus go there."""
    return request.args.get("among") == "agents"


def _row_of_key(row: KeyRow) -> AgentRow:
    key = row.key
    return AgentRow(
        f"agent-{key.id}",
        row.monogram,
        key.name,
        identity=("API key", Markup('<span class="mono">cbk_…{}</span>').format(key.last4), row.badge[0]),
        permissions=(row.rights, row.projects),
        last_call=last_call_of(key),
        action="Revoke",
        action_url=url_for("portal.revoke_key", key_id=key.id, among="agents"),
    )
