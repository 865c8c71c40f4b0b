"""Completes what somebody types into a template or a prompt: to ids, by their beginning or by a part of the name."""

from collections.abc import Iterable, Mapping

from api.mcp.registry import Complete
from calmboard import ids
from calmboard.access.access import Access
from calmboard.work.visible_places import match_names

# One more than an answer may hold, so that it can say that there are more.
_MOST = 101


def completing(kind: str) -> Complete:
    """Completes the id of a project, board, task or sprint in reach; sprints of the board that is chosen already."""

    def complete(access: Access, text: str, chosen: Mapping[str, str]) -> Iterable[str]:
        board_id = chosen.get("board", "") if kind == "sprint" else ""
        if not access.holds(f"{kind}s:read"):
            return ()
        return [row.id for row in match_names(access, kind, text, _MOST, board_id if ids.is_id("brd", board_id) else None)]

    return complete
