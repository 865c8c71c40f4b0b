"""The section on the MCP server: its address, how agents are connected, which ones called."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from calmboard.access.access import Access
from calmboard.access.plans import PLANS, Plan
from portal.agents.connection_test import ConnectionTest, endpoint
from portal.agents.installs import CLAUDE, Install, Link, install_links, installs
from portal.agents.rows import AgentList, connected_agents
from portal.shared.catalogues import MCP_CATALOGUE
from portal.shared.reachability import unreachable_reason
from portal.shared.section import BUILD_WITH_IT, Section


@dataclass(frozen=True, slots=True)
class AgentsSection(Section):
    """`test` is the result of a connection test, where one was made."""

    template = "agents/_section.html"
    title = "MCP server"
    anchor = "mcp"
    group = BUILD_WITH_IT
    order = 70

    plan: Plan
    paid_plan: Plan
    endpoint: str
    revisions: Sequence[str]
    install_links: tuple[Link, ...]
    installs: tuple[Install, ...]
    claude_unreachable_reason: str | None
    agents: AgentList
    test: ConnectionTest | None

    @classmethod
    def of(cls, access: Access, test: ConnectionTest | None = None) -> Self:
        address = endpoint()
        return cls(
            PLANS[access.user.plan],
            PLANS["pro"],
            address,
            MCP_CATALOGUE.get()["revisions"],
            install_links(address),
            installs(address),
            unreachable_reason(address, CLAUDE),
            connected_agents(access),
            test,
        )
