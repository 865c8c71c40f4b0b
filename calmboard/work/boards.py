"""Boards, and what stands in their five columns."""

from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import bindparam, func, select

from calmboard.access.access import Access
from calmboard.access.permissions import find, need_scope
from calmboard.db import AnyRow, AnySelect, reading
from calmboard.models import Board, Project, Task
from calmboard.models.columns import STATES
from calmboard.pages import Cut, Order, Page, contains, in_order, read_page, text_to_find

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


def list_boards(access: Access, project_id: str, cut: Cut, q: str | None = None) -> Page[AnyRow]:
    """The boards of a project, oldest first. Raises NotFound and Forbidden as `find` does."""
    need_scope(access, "boards:read")
    find(access, Project, project_id)
    statement = _board_list(q is not None, cut.after is not None)
    with reading() as connection:
        return read_page(connection, statement, cut, {"project_id": project_id, "q": text_to_find(q)})


def read_board(access: Access, board_id: str) -> dict[str, Any]:
    """A board with its columns, each with its number of tasks."""
    need_scope(access, "boards:read")
    board = find(access, Board, board_id, *_COLUMNS)
    with reading() as connection:
        counts = {row.state: row.tasks for row in connection.execute(_TASKS_BY_STATE, {"board_id": board_id})}
    columns = [Column(state, COLUMN_NAMES[state], counts.get(state, 0)) for state in STATES]
    return {**board._mapping, "columns": columns}


@cache
def _board_list(by_name: bool, further: bool) -> AnySelect:
    statement = select(*_COLUMNS).where(Board.project_id == bindparam("project_id"))
    if by_name:
        statement = statement.where(contains(Board.name))
    return in_order(statement, _BY_ID, further=further)
