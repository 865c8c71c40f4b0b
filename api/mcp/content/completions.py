"""Completes arguments of templates and prompts to ids, by their beginning or by a part of the name."""

from collections.abc import Iterable, Mapping

from api.mcp.registry import Complete
from calmboard import ids
from calmboard.access.access import Access
from calmboard.work.visible_resources import match_names

# One more than a result may hold, so that it can report that there are more.
_MAX_MATCHES = 101


def id_completion(kind: str) -> Complete:
    """Completes the id of a visible project, board, task or sprint; sprints of the board that is given already."""

    def complete(access: Access, text: str, context: Mapping[str, str]) -> Iterable[str]:
        board_id = context.get("board", "") if kind == "sprint" else ""
        if not access.has_scope(f"{kind}s:read"):
            return ()
        return [row.id for row in match_names(access, kind, text, _MAX_MATCHES, board_id if ids.is_id("brd", board_id) else None)]

    return complete
