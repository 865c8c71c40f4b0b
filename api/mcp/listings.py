"""The tools that a credential may use, as each revision shows them."""

from collections.abc import Iterable
from functools import cache

import msgspec
from msgspec import Raw

from api.mcp.protocol.revisions import OLDEST
from api.mcp.registry import Registry, Tool
from calmboard.access.access import Access
from calmboard.work.projects import effective_scopes, has_use_of

# What 2025-03-26 did not know yet.
_LATER = ("title", "outputSchema")


def tools_listed(registry: Registry, access: Access, version: str) -> list[Raw]:
    """Each tool that this credential, in the roles of its user now, has a use for."""
    rights = effective_scopes(access)
    tools = (tool for tool in registry.tools.values() if usable(access, tool.scopes) and has_use_of(rights, tool.scopes))
    return [_shown(tool, version) for tool in tools]


def usable(access: Access, scopes: Iterable[str]) -> bool:
    return all(access.holds(scope) for scope in scopes)


@cache
def _shown(tool: Tool, version: str) -> Raw:
    """A tool's entry, encoded once: it never changes while the process lives."""
    listed = tool.listed()
    if version == OLDEST:
        listed = {name: value for name, value in listed.items() if name not in _LATER}
    return Raw(msgspec.json.encode(listed))
