"""Which keys the page shows, as its address says: searched, of a tool or state, sorted."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

from werkzeug.datastructures import MultiDict

from calmboard.access.credentials.key_lists import SORTS, STATES, KeyFilter, KeyGroup
from calmboard.access.providers import PROVIDERS, find_provider
from calmboard.access.secret_format import find_secret, without_secrets

_GROUPS: Sequence[KeyGroup] = ("in_use", "expired", "revoked")
_STATE_NAMES = {
    "works": "Working",
    "paused": "Paused",
    "expiring": "Expires in 14 days",
    "unused": "Not used for 90 days",
    "expired": "Expired",
    "revoked": "Revoked",
}
_SORT_NAMES = {"newest": "Newest first", "name": "Name", "used": "Last used first", "ends": "Expires first"}
_MAX_TEXT = 80


@dataclass(frozen=True, slots=True)
class KeyFilters:
    """As in KeyFilter; `state` may also be that of keys in another group."""

    q: str = ""
    tool: str = ""
    state: str = ""
    sort: str = "newest"

    @classmethod
    def of(cls, values: MultiDict[str, str]) -> Self:
        """What an address asks for; what it cannot mean is left out."""
        text, tool = values.get("q", "").strip(), values.get("tool", "")
        secret = find_secret(text)
        state, sort = values.get("state", ""), values.get("sort", "")
        return cls(
            q=without_secrets(secret) if secret else text[:_MAX_TEXT],  # no further address holds it
            tool=tool if find_provider(tool) else "",
            state=state if state in _STATE_NAMES else "",
            sort=sort if sort in SORTS else "newest",
        )

    @property
    def narrows(self) -> bool:
        """Whether some keys are left out."""
        return bool(self.q or self.tool or self.state)

    @property
    def query(self) -> dict[str, Any]:
        """The parameters of an address that asks for the same."""
        values = {"q": self.q, "tool": self.tool, "state": self.state, "sort": self.sort if self.sort != "newest" else ""}
        return {name: value for name, value in values.items() if value}

    @property
    def wanted(self) -> KeyFilter:
        state = self.state if self.state in STATES else ""
        return KeyFilter(self.q.removeprefix("cbk_").removeprefix("…"), self.tool, state, self.sort)

    def asks_for(self, group: KeyGroup) -> bool:
        if not self.state:
            return True
        return group == (self.state if self.state in _GROUPS else "in_use")

    @property
    def states(self) -> dict[str, str]:
        return _STATE_NAMES

    @property
    def sorts(self) -> dict[str, str]:
        return _SORT_NAMES

    @property
    def tools(self) -> dict[str, str]:
        return {tool.slug: tool.name for tool in PROVIDERS.get()}
