"""The projects that a person chooses among for a credential, what the chosen ones are called, and their boards."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cache

from sqlalchemy import bindparam, not_, select

from calmboard.access.access import Access
from calmboard.access.credentials.keys import MAX_PROJECTS
from calmboard.access.permissions import access_params, narrowed_to
from calmboard.access.reads import visible_reads
from calmboard.db import AnyRow, AnySelect, autocommit
from calmboard.ids import is_id
from calmboard.models import Board, Membership, Project
from calmboard.pagination import DEFAULT_LIMIT, Order, Page, PageRequest, contains, like_pattern, order_and_limit, read_page
from calmboard.prepared import Prepared, is_one_of
from calmboard.texts.folding import fold

# What a form accepts: more than a credential may have, so that too many are rejected and not truncated.
MAX_SELECTED = 2 * MAX_PROJECTS
# What a list to choose one board from holds.
MAX_BOARDS = 500

# So many are seen at a glance, and need no search.
_FEW = 8
_COLUMNS = (Project.id, Project.name, Membership.role)
_BY_NAME = Order((Project.name_folded, Project.id))


@dataclass(frozen=True, slots=True)
class Choices:
    """Projects to choose among, by name: id, name and the user's role of each.

    `chosen` are those of a form, without the `number_lost` that the user cannot see; `rows` are others, whose names contain `q`.
    `has_previous`: others come before these; `after` is the id behind which others follow.
    """

    chosen: Sequence[AnyRow]
    rows: Sequence[AnyRow]
    q: str
    has_previous: bool
    after: str | None
    number_lost: int
    most: int = MAX_PROJECTS

    @property
    def are_many(self) -> bool:
        """Whether they are searched."""
        return bool(self.q or self.has_previous or self.after) or len(self.chosen) + len(self.rows) > _FEW


def list_choices(access: Access, chosen: Collection[str] = (), q: str = "", after: str | None = None) -> Choices:
    """The chosen projects, and a page of the others whose names contain `q`, from the one behind `after` on."""
    found = sorted(find_projects(access, chosen), key=_sort_key)
    start = next(map(_sort_key, find_projects(access, [after])), None) if after else None
    page = _list_others(access, [row.id for row in found], q, start)
    following = page.after[-1] if page.after else None
    return Choices(found, page.rows, q, start is not None, following, len(set(chosen)) - len(found))


def find_projects(access: Access, project_ids: Collection[str]) -> Sequence[AnyRow]:
    """Id, name and the user's role of those that are visible."""
    valid_ids = sorted(project_id for project_id in project_ids if is_id("prj", project_id))
    if not valid_ids:
        return ()
    with autocommit() as connection:
        return connection.execute(
            _by_ids(access.project_ids is not None), {**access_params(access), "project_ids": valid_ids}
        ).all()


def project_names(access: Access, project_ids: Collection[str]) -> dict[str, str]:
    """The names of those projects that are visible, by id."""
    return {row.id: row.name for row in find_projects(access, project_ids)}


def list_boards_to_choose(access: Access) -> Sequence[AnyRow]:
    """Id, name, project_id and project_name of the visible boards, by the project's name, at most MAX_BOARDS."""
    with autocommit() as connection:
        return connection.execute(_boards(access.project_ids is not None), access_params(access)).all()


def find_board_to_choose(access: Access, board_id: str) -> AnyRow | None:
    """The same of one board; None where it is not visible."""
    if not is_id("brd", board_id):
        return None
    statement = _boards(access.project_ids is not None).where(Board.id == bindparam("board_id"))
    with autocommit() as connection:
        return connection.execute(statement, {**access_params(access), "board_id": board_id}).first()


def _sort_key(row: AnyRow) -> tuple[str, str]:
    """What a project is sorted by."""
    return fold(row.name), row.id


def _list_others(access: Access, chosen_ids: Sequence[str], q: str, start: tuple[str, str] | None) -> Page[AnyRow]:
    page_request = PageRequest(DEFAULT_LIMIT, start)
    with visible_reads(access) as (connection, limited):
        statement = _others(limited.project_ids is not None, bool(q), start is not None)
        values = {**access_params(limited), "chosen_ids": chosen_ids, "q": like_pattern(q)}
        return read_page(connection, statement, page_request, values)


@cache
def _others(narrowed: bool, by_name: bool, after_cursor: bool) -> Prepared:
    """From the user's memberships to each project by its id: whatever others have is not read."""
    statement = narrowed_to(select(*_COLUMNS), Project.id, narrowed).where(not_(is_one_of(Project.id, "chosen_ids")))
    if by_name:
        statement = statement.where(contains(Project.name_folded))
    return order_and_limit(statement, _BY_NAME, after_cursor=after_cursor)


@cache
def _boards(narrowed: bool) -> AnySelect:
    columns = (Board.id, Board.name, Project.id.label("project_id"), Project.name.label("project_name"))
    statement = narrowed_to(select(*columns).join(Project, Project.id == Board.project_id), Project.id, narrowed)
    return statement.order_by(Project.name, Project.id, Board.id).limit(MAX_BOARDS)


@cache
def _by_ids(narrowed: bool) -> AnySelect:
    statement = select(*_COLUMNS).where(Project.id.in_(bindparam("project_ids", expanding=True)))
    return narrowed_to(statement, Project.id, narrowed)
