"""Projects and their members."""

from dataclasses import dataclass
from functools import cache

from sqlalchemy import bindparam, func, select

from calmboard.access.access import Access
from calmboard.access.permissions import ROLE_RIGHTS, asker, find, narrowed_to, need_scope, visible
from calmboard.access.scopes import expand
from calmboard.db import AnyRow, AnySelect, reading
from calmboard.models import Board, Membership, Project, Sprint, Task, User
from calmboard.pages import Cut, Order, Page, contains, in_order, read_page, text_to_find

_COLUMNS = (Project.id, Project.name, Project.description, Project.created_at, Project.updated_at)
_BY_ID = Order((Project.id,))


def list_projects(access: Access, cut: Cut, q: str | None = None) -> Page[AnyRow]:
    """The projects in reach, oldest first; `q` is looked for in their names."""
    need_scope(access, "projects:read")
    statement = _project_list(access.project_ids is not None, q is not None, cut.after is not None)
    with reading() as connection:
        return read_page(connection, statement, cut, {**asker(access), "q": text_to_find(q)})


def read_project(access: Access, project_id: str) -> AnyRow:
    """Raises NotFound where there is none, Forbidden out of reach."""
    need_scope(access, "projects:read")
    return find(access, Project, project_id, *_COLUMNS)


def list_members(access: Access, project_id: str, cut: Cut) -> Page[AnyRow]:
    """The members of a project, in the order of their ids.

    Raises NotFound and Forbidden as `find` does.
    """
    need_scope(access, "members:read")
    find(access, Project, project_id)
    with reading() as connection:
        return read_page(connection, _member_list(cut.after is not None), cut, {"project_id": project_id})


def my_projects(access: Access) -> list[AnyRow]:
    """Id, name and the asker's role of every project in reach, by name."""
    statement = select(Project.id, Project.name, Membership.role)
    with reading() as connection:
        return list(connection.execute(visible(access, statement, Project.id).order_by(Project.name), asker(access)))


@dataclass(frozen=True, slots=True)
class Reach:
    """What a key could do in one project today; `rights` is empty where it could not see it."""

    project_id: str
    project_name: str
    role: str
    rights: frozenset[str]
    boards: int
    tasks: int
    sprints: int


def reach_of(access: Access, scopes: frozenset[str], project_ids: frozenset[str] | None) -> list[Reach]:
    """What a key with these scopes and projects could do now, for each project of the person."""
    counts = _counts_by_project(access)
    wanted = expand(scopes)
    return [
        Reach(
            row.id,
            row.name,
            row.role,
            ROLE_RIGHTS[row.role] & wanted if project_ids is None or row.id in project_ids else frozenset(),
            *counts.get(row.id, (0, 0, 0)),
        )
        for row in my_projects(access)
    ]


def example_ids(access: Access) -> dict[str, str]:
    """Ids of the reader's own, for examples: `project_id`, `board_id` and `task_id` as far as they exist."""
    first = select(Project.id, Board.id, Task.id).outerjoin(Board, Board.project_id == Project.id)
    first = first.outerjoin(Task, Task.board_id == Board.id)
    statement = (
        visible(access, first, Project.id).order_by(Task.id.is_(None), Board.id.is_(None), Project.id, Board.id, Task.id).limit(1)
    )
    with reading() as connection:
        row = connection.execute(statement, asker(access)).first() or ()
    return {name: value for name, value in zip(("project_id", "board_id", "task_id"), row, strict=False) if value}


@cache
def _project_list(narrowed: bool, by_name: bool, further: bool) -> AnySelect:
    statement = narrowed_to(select(*_COLUMNS, Membership.role), Project.id, narrowed)
    if by_name:
        statement = statement.where(contains(Project.name))
    return in_order(statement, _BY_ID, further=further)


@cache
def _member_list(further: bool) -> AnySelect:
    statement = select(User.id, User.name, User.email, Membership.role, Membership.joined_at)
    statement = statement.join(Membership, Membership.user_id == User.id)
    statement = statement.where(Membership.project_id == bindparam("project_id"))
    return in_order(statement, Order((Membership.user_id,)), further=further)


def _counts_by_project(access: Access) -> dict[str, tuple[int, int, int]]:
    """Boards, tasks and sprints of each project in reach."""
    boards = select(Board.project_id, func.count(Board.id.distinct()), func.count(Task.id)).outerjoin(
        Task, Task.board_id == Board.id
    )
    sprints = select(Board.project_id, func.count(Sprint.id)).join(Sprint, Sprint.board_id == Board.id)
    with reading() as connection:
        board_rows, sprint_rows = (
            connection.execute(visible(access, statement, Board.project_id).group_by(Board.project_id), asker(access)).all()
            for statement in (boards, sprints)
        )
    sprints_of = {row[0]: row[1] for row in sprint_rows}
    return {row[0]: (row[1], row[2], sprints_of.get(row[0], 0)) for row in board_rows}
