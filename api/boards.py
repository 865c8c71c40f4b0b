"""Boards."""

from typing import Any

from flask import Blueprint
from msgspec import UNSET, UnsetType

from api.describe import describe
from api.queries import PageQuery
from api.shapes.boards import Board, BoardWithColumns
from api.shapes.values import NamePart
from calmboard.access.access import Access
from calmboard.pages import Page
from calmboard.work import boards

bp = Blueprint("boards", __name__)


class BoardQuery(PageQuery, kw_only=True):
    q: NamePart | UnsetType = UNSET


@bp.get("/v1/projects/<project_id>/boards")
@describe("List the boards of a project", Board, query=BoardQuery, scope="boards:read")
def list_boards(access: Access, project_id: str, query: BoardQuery) -> Page[Any]:
    """The boards of a project, oldest first."""
    return boards.list_boards(access, project_id, query.cut, query.q or None)


@bp.get("/v1/boards/<board_id>")
@describe("Read a board", BoardWithColumns, scope="boards:read")
def read_board(access: Access, board_id: str) -> Any:
    """One board with its five columns and the number of tasks in each."""
    return boards.read_board(access, board_id)
