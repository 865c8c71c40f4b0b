"""The board that a recipe is filled with, and the reader's others, which its address can name."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from flask import request

from calmboard.access.access import Access
from calmboard.db import AnyRow
from calmboard.work.practice.board import BOARD_NAME, PROJECT_NAME
from calmboard.work.project_choice import find_board_to_choose, list_boards_to_choose
from calmboard.work.projects import example_ids

# What stands for a board where the reader has none.
EXAMPLE_BOARD = "brd_01kb2m8r4ve7w9yq3zt5xhn6pd"


@dataclass(frozen=True, slots=True)
class BoardChoice:
    """`chosen` is None where there is no board; `is_unknown`: the address names one that the reader, or the key, cannot see."""

    chosen: AnyRow | None
    boards: Sequence[AnyRow]
    is_unknown: bool

    @property
    def board_id(self) -> str:
        return self.chosen.id if self.chosen else EXAMPLE_BOARD

    @property
    def by_project(self) -> Sequence[tuple[str, Sequence[AnyRow]]]:
        """The boards below the name of their project."""
        return [(key[1], list(rows)) for key, rows in groupby(self.boards, lambda row: (row.project_id, row.project_name))]


def choose_board(access: Access) -> BoardChoice:
    """The one that the address names, or else one with work on it; the practice board only where there is no other."""
    boards, requested = list_boards_to_choose(access), request.args.get("board", "")
    found = find_board_to_choose(access, requested)
    chosen = found or _preferred(access, boards)
    if chosen is not None and chosen.id not in {board.id for board in boards}:
        boards = [chosen, *boards]
    return BoardChoice(chosen, boards, bool(requested) and found is None)


def _preferred(access: Access, boards: Sequence[AnyRow]) -> AnyRow | None:
    own = [board for board in boards if (board.project_name, board.name) != (PROJECT_NAME, BOARD_NAME)]
    with_work = example_ids(access).get("board_id")
    return next((board for board in own if board.id == with_work), next(iter(own or boards), None))
