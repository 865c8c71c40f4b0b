"""What a request names instead of giving its id: people, labels, sprints, boards and projects by their exact name, people also
by e-mail or `me`, tasks by their short number, `#12` or `12`.

Only what the access may see is found or listed, and nobody's e-mail is ever told. An id is returned as it is: whoever uses it
finds out whether it exists and may be used. Case counts only where several names differ in nothing else.
"""

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal, NamedTuple

from sqlalchemy import bindparam, func, or_, select
from sqlalchemy.orm import aliased

from calmboard import ids
from calmboard.access.access import Access
from calmboard.access.permissions import access_params, narrowed_to, require_scope
from calmboard.db import AnyRow, AnySelect, autocommit
from calmboard.errors import FieldError, ValidationFailed
from calmboard.models import Board, Label, Membership, Project, Sprint, Task, User

Kind = Literal["person", "label", "sprint", "board", "project", "task"]

_MAX_CANDIDATES = 10
_MAX_SHOWN = 60
_NUMBER = re.compile(r"#?([1-9][0-9]{0,8})")


class Within(NamedTuple):
    """Where to look: in one project, or in that of one board and, for sprints, on that board; or in all that is visible."""

    project_id: str | None = None
    board_id: str | None = None


EVERYWHERE = Within()


@dataclass(frozen=True, slots=True)
class _NamedKind:
    """A table whose rows are named: who may read them, where each stands, and which columns lead to board and project."""

    prefix: str
    noun: str
    scope: str | None
    statement: AnySelect
    names: tuple[Any, ...]
    project_id: Any
    board_id: Any = None


def resolve_names(
    access: Access, kind: Kind, names: Sequence[str], pointer: str, within: Within = EVERYWHERE, literals: Collection[str] = ()
) -> list[str]:
    """The ids of what is named, each once, in this order. One query at most.

    Raises ValidationFailed with an error for each name that nothing has (`unknown_value`) or several have (`ambiguous`, with
    the candidates), at `pointer/index`; InsufficientScope where names of this kind may not be read. What is in `literals` stays.
    """
    found = _find_named(access, kind, {name for name in names if not is_final(kind, [name], literals)}, within)
    choices = [
        _own_id(access, kind, name, literals) or _choose(kind, name, found, f"{pointer}/{index}", within)
        for index, name in enumerate(names)
    ]
    if errors := tuple(choice for choice in choices if isinstance(choice, FieldError)):
        raise ValidationFailed(errors=errors)
    return list(dict.fromkeys(choice for choice in choices if isinstance(choice, str)))


def resolve_name(access: Access, kind: Kind, name: str, pointer: str, within: Within = EVERYWHERE) -> str:
    """The id of one of them; raises as `resolve_names` does, with errors at `pointer` itself."""
    try:
        return resolve_names(access, kind, [name], pointer, within)[0]
    except ValidationFailed as problem:
        errors = tuple(FieldError(pointer, error.code, error.detail, error.allowed_values) for error in problem.errors)
        raise ValidationFailed(errors=errors) from None


def is_final(kind: Kind, names: Iterable[str], literals: Collection[str] = ()) -> bool:
    """Whether none of them has to be looked for: ids, `me`, and `literals`."""
    return all(name in literals or ids.is_id(_KINDS[kind].prefix, name) or (kind, name) == ("person", "me") for name in names)


def _own_id(access: Access, kind: Kind, name: str, literals: Collection[str]) -> str | None:
    if not is_final(kind, [name], literals):
        return None
    return access.user.id if (kind, name) == ("person", "me") else name


def _find_named(access: Access, kind: Kind, names: Collection[str], within: Within) -> Sequence[AnyRow]:
    named = _KINDS[kind]
    wanted = sorted({key for name in names if (key := _key(kind, name)) is not None})
    if not wanted:
        return ()
    if named.scope is not None:
        require_scope(access, named.scope)
    statement = _matching(kind, access.project_ids is not None, within.project_id is not None, within.board_id is not None)
    with autocommit() as connection:
        return connection.execute(statement, {**access_params(access), **within._asdict(), "names": wanted}).all()


def _choose(kind: Kind, name: str, rows: Iterable[AnyRow], pointer: str, within: Within) -> str | FieldError:
    """The id of the one row of this name."""
    key = _key(kind, name)
    candidates = [row for row in rows if key is not None and key in _keys_of(kind, row)]
    exact = [row for row in candidates if name.strip() == row.name]
    chosen = exact if len(exact) == 1 else candidates
    if len(chosen) == 1:
        row_id: str = chosen[0].id
        return row_id
    return _ambiguous(kind, name, chosen, pointer) if chosen else _unknown(kind, name, pointer, within)


def _unknown(kind: Kind, name: str, pointer: str, within: Within) -> FieldError:
    named = _KINDS[kind]
    where = f"the project {within.project_id}" if within.project_id else "what you may see"
    if within.board_id:
        where = f"the board {within.board_id}" if named.board_id is not None else f"the project of the board {within.board_id}"
    how = _WAYS.get(kind, "an exact name")
    detail = (
        f"No {named.noun} in {where} is called “{name[:_MAX_SHOWN]}”. Send {how} or an id, which starts with {named.prefix}_."
    )
    return FieldError(pointer, "unknown_value", detail)


def _ambiguous(kind: Kind, name: str, rows: Sequence[AnyRow], pointer: str) -> FieldError:
    shown = "; ".join(_describe(row) for row in rows[:_MAX_CANDIDATES])
    more = f"; and {len(rows) - _MAX_CANDIDATES} more" if len(rows) > _MAX_CANDIDATES else ""
    detail = f"“{name[:_MAX_SHOWN]}” is the name of more than one {_KINDS[kind].noun}: {shown}{more}. Send the id of one."
    return FieldError(pointer, "ambiguous", detail, tuple(row.id for row in rows[:_MAX_CANDIDATES]))


def _describe(row: AnyRow) -> str:
    parent_id = getattr(row, "parent_id", None)
    return f"{row.id}, {row.name}" + (f", in {parent_id}" if parent_id else "")


def _key(kind: Kind, name: str) -> str | int | None:
    """What a name is compared by; None where nothing can have it."""
    if kind == "task":
        found = _NUMBER.fullmatch(name.strip())
        return int(found[1]) if found else None
    return None if "\0" in name else name.strip().lower()


def _keys_of(kind: Kind, row: AnyRow) -> tuple[str | int | None, ...]:
    """What a row can be named by."""
    if kind == "task":
        return (row.number,)
    return tuple(_key(kind, name) for name in (row.name, *([row.email] if kind == "person" else ())))


_WAYS = {"person": "me, an e-mail address, an exact name", "task": "a number such as #12"}
_THEIR_MEMBERSHIP = aliased(Membership)
_THAT_BOARD = aliased(Board)
_KINDS: dict[str, _NamedKind] = {
    "person": _NamedKind(
        "usr",
        "person",
        None,
        select(User.id, User.name, User.email).distinct().join(_THEIR_MEMBERSHIP, _THEIR_MEMBERSHIP.user_id == User.id),
        (User.name, User.email),
        _THEIR_MEMBERSHIP.project_id,
    ),
    "label": _NamedKind(
        "lbl",
        "label",
        "tasks:read",
        select(Label.id, Label.name, Label.project_id.label("parent_id")),
        (Label.name,),
        Label.project_id,
    ),
    "sprint": _NamedKind(
        "spr",
        "sprint",
        "sprints:read",
        select(Sprint.id, Sprint.name, Sprint.board_id.label("parent_id")).join(Board, Board.id == Sprint.board_id),
        (Sprint.name,),
        Board.project_id,
        Sprint.board_id,
    ),
    "board": _NamedKind(
        "brd",
        "board",
        "boards:read",
        select(Board.id, Board.name, Board.project_id.label("parent_id")),
        (Board.name,),
        Board.project_id,
        Board.id,
    ),
    "task": _NamedKind(
        "tsk",
        "task",
        "tasks:read",
        select(Task.id, Task.number, Task.title.label("name"), Board.project_id.label("parent_id")).join(Board),
        (Task.number,),
        Board.project_id,
    ),
    "project": _NamedKind("prj", "project", "projects:read", select(Project.id, Project.name), (Project.name,), Project.id),
}


@cache
def _matching(kind: Kind, narrowed: bool, in_project: bool, on_board: bool) -> AnySelect:
    named = _KINDS[kind]
    columns = named.names if kind == "task" else [func.lower(name) for name in named.names]
    name_fits = or_(*(column.in_(bindparam("names", expanding=True)) for column in columns))
    statement = narrowed_to(named.statement, named.project_id, narrowed).where(name_fits)
    if in_project:
        statement = statement.where(named.project_id == bindparam("project_id"))
    if on_board:
        statement = statement.where(_on_board(named))
    return statement.order_by(statement.selected_columns.id)


def _on_board(named: _NamedKind) -> Any:
    if named.board_id is not None:
        return named.board_id == bindparam("board_id")
    project = select(_THAT_BOARD.project_id).where(_THAT_BOARD.id == bindparam("board_id"))
    return named.project_id == project.scalar_subquery()
