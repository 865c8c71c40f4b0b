"""Boards."""

from typing import Any

from flask import Blueprint
from msgspec import UNSET, UnsetType

from api.framework.bodies import given
from api.framework.describe import describe
from api.framework.queries import PageQuery
from api.shapes.values import NamePart
from api.shapes.work.boards import Board, BoardChanges, BoardWithColumns, NewBoard
from calmboard.access.access import Access
from calmboard.pagination import Page
from calmboard.preconditions import Precondition
from calmboard.work import boards

bp = Blueprint("boards", __name__)


class BoardQuery(PageQuery, kw_only=True):
    q: NamePart | UnsetType = UNSET


@bp.get("/v1/projects/<project_id>/boards")
@describe("List the boards of a project", Board, query=BoardQuery, scope="boards:read")
def list_boards(access: Access, project_id: str, query: BoardQuery) -> Page[Any]:
    """The boards of a project, oldest first."""
    return boards.list_boards(access, project_id, query.page_request, query.q or None)


@bp.get("/v1/boards/<board_id>")
@describe("Read a board", BoardWithColumns, scope="boards:read")
def read_board(access: Access, board_id: str) -> Any:
    """One board with its five columns and the number of tasks in each."""
    return boards.read_board(access, board_id)


@bp.post("/v1/projects/<project_id>/boards")
@describe("Create a board", BoardWithColumns, takes=NewBoard, scope="boards:write", location="/api/v1/boards/{id}")
def create_board(access: Access, project_id: str, new: NewBoard) -> Any:
    """Add an empty board to a project. Admins and owners may."""
    return boards.create_board(access, project_id, given(new))


@bp.put("/v1/boards/<board_id>")
@bp.patch("/v1/boards/<board_id>")
@describe("Change a board", BoardWithColumns, takes=BoardChanges, scope="boards:write", guarded=BoardWithColumns)
def change_board(access: Access, board_id: str, changes: BoardChanges, precondition: Precondition) -> Any:
    """Change the fields that are sent and leave the others.

    PUT means the same, for tools that can only PUT.
    """
    return boards.change_board(access, board_id, given(changes), precondition)


@bp.delete("/v1/boards/<board_id>")
@describe("Delete a board", scope="boards:write", guarded=BoardWithColumns)
def delete_board(access: Access, board_id: str, precondition: Precondition) -> None:
    """Delete a board for good, with its tasks and sprints."""
    boards.delete_board(access, board_id, precondition)
