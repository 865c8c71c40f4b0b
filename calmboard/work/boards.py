"""Boards, and the task counts of their five columns."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import Connection, bindparam, delete, func, select, update

from calmboard.access.access import Access
from calmboard.access.permissions import find, find_alone, find_for_update, require_role, require_scope
from calmboard.access.reads import replica_reads
from calmboard.clock import now
from calmboard.db import AnyRow, autocommit, db, retry_conflicts
from calmboard.events.activity import record
from calmboard.models import Board, Project, Task
from calmboard.models.columns import STATES, with_folded
from calmboard.pagination import Order, Page, PageRequest, contains, like_pattern, order_and_limit, read_page
from calmboard.preconditions import Precondition, no_precondition
from calmboard.prepared import Prepared
from calmboard.work.changed_values import changed_values

COLUMN_NAMES = {"backlog": "Backlog", "ready": "Ready", "in_progress": "In Progress", "review": "Review", "done": "Done"}

_COLUMNS = (Board.id, Board.project_id, Board.name, Board.created_at, Board.updated_at)
_BY_ID = Order((Board.id,))
_TASKS_BY_STATE = (
    select(Task.state, func.count().label("tasks")).where(Task.board_id == bindparam("board_id")).group_by(Task.state)
)


@dataclass(frozen=True, slots=True)
class Column:
    state: str
    name: str
    task_count: int


def list_boards(access: Access, project_id: str, page_request: PageRequest, q: str | None = None) -> Page[AnyRow]:
    """The boards of a project, oldest first. Raises NotFound and Forbidden as `find` does."""
    require_scope(access, "boards:read")
    find(access, Project, project_id)
    statement = _board_list(q is not None, page_request.after is not None)
    with replica_reads(access) as connection:
        return read_page(connection, statement, page_request, {"project_id": project_id, "q": like_pattern(q)})


def read_board(access: Access, board_id: str) -> dict[str, Any]:
    """A board with its columns, each with its number of tasks."""
    require_scope(access, "boards:read")
    board = find(access, Board, board_id, *_COLUMNS)
    with autocommit() as connection:
        return _with_columns(connection, board)


@retry_conflicts
def create_board(access: Access, project_id: str, new: Mapping[str, Any]) -> dict[str, Any]:
    """Add an empty board to a project. Raises NotFound, and Forbidden to those without the role."""
    board_id = add_board(access, project_id, new)
    db.session.commit()
    return read_board(access, board_id)


def add_board(access: Access, project_id: str, new: Mapping[str, Any]) -> str:
    """As `create_board`, for a caller that commits; returns the id."""
    project = find_for_update(access, Project, project_id)
    require_role(access, project.role, "boards:write")
    board = Board(project_id=project_id, **new)
    db.session.add(board)
    db.session.flush()
    board_id = board.id
    record(access, "board.created", project_id, board_id, board_id=board_id, changes=new)
    return board_id


@retry_conflicts
def change_board(
    access: Access, board_id: str, changes: Mapping[str, Any], precondition: Precondition = no_precondition
) -> dict[str, Any]:
    """Change the fields that are given. Raises as `create_board` does, and PreconditionFailed where the precondition fails."""
    board = find_for_update(access, Board, board_id, *_COLUMNS)
    _require_change(access, board, precondition)
    if new := changed_values(board, changes):
        db.session.execute(update(Board).where(Board.id == board_id).values(**with_folded(Board, new), updated_at=now()))
        record(access, "board.changed", board.in_project, board_id, board_id=board_id, changes=new)
    db.session.commit()
    return read_board(access, board_id)


@retry_conflicts
def delete_board(access: Access, board_id: str, precondition: Precondition = no_precondition) -> None:
    """Delete a board for good, with its tasks and sprints. Raises as `change_board` does."""
    board = find_alone(access, Board, board_id, *_COLUMNS)
    _require_change(access, board, precondition)
    db.session.execute(delete(Board).where(Board.id == board_id))
    record(access, "board.deleted", board.in_project, board_id, board_id=board_id, changes={"name": board.name})
    db.session.commit()


def _require_change(access: Access, board: AnyRow, precondition: Precondition) -> None:
    """Whether this access may change the locked board, and the precondition holds."""
    require_role(access, board.role, "boards:write")
    precondition(_with_columns(db.session.connection(), board))


def _with_columns(connection: Connection, board: AnyRow) -> dict[str, Any]:
    counts = {row.state: row.tasks for row in connection.execute(_TASKS_BY_STATE, {"board_id": board.id})}
    columns = [Column(state, COLUMN_NAMES[state], counts.get(state, 0)) for state in STATES]
    return {**board._mapping, "columns": columns}


@cache
def _board_list(by_name: bool, after_cursor: bool) -> Prepared:
    statement = select(*_COLUMNS).where(Board.project_id == bindparam("project_id"))
    if by_name:
        statement = statement.where(contains(Board.name_folded))
    return order_and_limit(statement, _BY_ID, after_cursor=after_cursor)
