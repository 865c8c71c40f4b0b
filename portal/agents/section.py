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
from portal.shared.kept import KeptPart
from portal.shared.reachability import unreachable_reason
from portal.shared.section import BUILD_WITH_IT, Section


class Setup(KeptPart):
    """The server's address, and how each agent is given it."""

    template = "agents/_setup.html"
    depends_on = None

    @property
    def endpoint(self) -> str:
        return endpoint()

    @property
    def revisions(self) -> Sequence[str]:
        revisions: Sequence[str] = MCP_CATALOGUE.get()["revisions"]
        return revisions

    @property
    def install_links(self) -> tuple[Link, ...]:
        return install_links(endpoint())

    @property
    def installs(self) -> tuple[Install, ...]:
        return installs(endpoint())

    @property
    def claude_unreachable_reason(self) -> str | None:
        return unreachable_reason(endpoint(), CLAUDE)


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
    setup: Setup
    agents: AgentList
    test: ConnectionTest | None

    @classmethod
    def of(cls, access: Access, test: ConnectionTest | None = None) -> Self:
        return cls(PLANS[access.user.plan], PLANS["pro"], Setup(), connected_agents(access), test)
