"""The section on the tools that a key can be made for."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Self

from calmboard.access.access import Access
from calmboard.access.plans import PLANS, Plan
from calmboard.access.providers import PROVIDERS, Provider
from portal.shared.kept import KeptPart
from portal.shared.section import YOUR_ACCESS, Section


@dataclass(frozen=True, slots=True)
class ToolsSection(KeptPart, Section):
    template = "overview/_tools.html"
    title = "Connect a tool"
    anchor = "tools"
    group = YOUR_ACCESS
    order = 20

    plan: Plan

    @classmethod
    def of(cls, access: Access) -> Self:
        return cls(PLANS[access.user.plan])

    @property
    def depends_on(self) -> Hashable:
        return self.plan

    @property
    def tools(self) -> Sequence[Provider]:
        return PROVIDERS.get()

    @property
    def count(self) -> int:
        return len(self.tools)
