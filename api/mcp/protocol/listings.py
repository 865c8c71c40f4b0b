"""The tools that a credential may use, in the form of each revision."""

from collections.abc import Iterable
from functools import cache

import msgspec
from msgspec import Raw

from api.mcp.protocol.revisions import OLDEST
from api.mcp.registry import Registry, Tool
from calmboard.access.access import Access
from calmboard.work.projects import effective_scopes, has_use_of

# What 2025-03-26 does not define.
_UNKNOWN_TO_OLDEST = ("title", "outputSchema")


def list_tools(registry: Registry, access: Access, version: str) -> list[Raw]:
    """The tools that this credential can use in its user's present roles."""
    rights = effective_scopes(access)
    tools = (tool for tool in registry.tools.values() if usable(access, tool.scopes) and has_use_of(rights, tool.scopes))
    return [_encoded_definition(tool, version) for tool in tools]


def usable(access: Access, scopes: Iterable[str]) -> bool:
    return all(access.has_scope(scope) for scope in scopes)


@cache
def _encoded_definition(tool: Tool, version: str) -> Raw:
    """A tool's entry, encoded once: it never changes while the process lives."""
    definition = tool.definition()
    if version == OLDEST:
        definition = {name: value for name, value in definition.items() if name not in _UNKNOWN_TO_OLDEST}
    return Raw(msgspec.json.encode(definition))
