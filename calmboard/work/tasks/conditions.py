"""What lists and counts of tasks are narrowed to, as conditions of their statements."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import Any, Literal, NamedTuple

from sqlalchemy import ColumnElement, and_, bindparam, func, literal_column, or_, select

from calmboard.access.access import Access
from calmboard.models import Activity, Task, TaskAssignee, TaskLabel
from calmboard.models.work import DONE_OR_NOT_YET, NOT_YET
from calmboard.pagination import contains, like_pattern
from calmboard.prepared import Reads, is_one_of
from calmboard.texts.folding import fold
from calmboard.work.text_index.candidates import WAYS_TO_ALL, choose_way, named_by_index

# As a value of a filter: what has no such thing.
NONE: Literal["none"] = "none"
MAY_BE_NONE = ("assignee", "sprint_id", "label", "due_date", "due_before")
_PEOPLE = ("assignee", "changed_by")
_OR_NONE = "_or_none"
_LEADING = ("assignee", "label", "changed_by", "sprint_id", *WAYS_TO_ALL)


@dataclass(frozen=True, slots=True)
class TaskFilters:
    """What a list of tasks is narrowed to; None leaves a filter out. Dates are used as given, `…_since` too.

    Of several values any one fits, of `label_all` all have to. NONE is a value of the filters in MAY_BE_NONE. `changed_by`:
    whoever did something to the task that the activity log holds.
    """

    state: Sequence[str] | None = None
    assignee: Sequence[str] | None = None
    sprint_id: Sequence[str] | None = None
    label: Sequence[str] | None = None
    label_all: Sequence[str] | None = None
    changed_by: Sequence[str] | None = None
    blocked: bool | None = None
    pinned: bool | None = None
    due_date: date | Literal["none"] | None = None
    due_before: date | Literal["none"] | None = None
    due_after: date | None = None
    blocked_since: datetime | None = None
    blocked_before: datetime | None = None
    done_since: datetime | None = None
    done_before: datetime | None = None
    updated_since: datetime | None = None
    updated_before: datetime | None = None
    q: str | None = None


class BoundFilters(NamedTuple):
    """The names of the conditions that are set, by which a statement is kept, and the values they are bound to."""

    names: frozenset[str]
    values: dict[str, Any]


def bind_filters(access: Access, filters: TaskFilters) -> BoundFilters:
    names, values = set(), {}
    for name, value in given_filters(filters).items():
        names.add(_condition_name(name, value))
        values[name] = _bound(access, name, value)
    if filters.label_all:
        values["label_all_count"] = len(values["label_all"])
    return BoundFilters(frozenset(names), values)


def with_candidates(connection: Reads, bound: BoundFilters, q: str | None, board_id: str | None = None) -> BoundFilters:
    """With a way to few tasks, where `q` is given and an index names few for it."""
    way = choose_way(connection, "task", (fold(q),), board_id) if q else None
    if way is None or way.name == "walked":
        return bound
    return BoundFilters(bound.names | {way.name}, {**bound.values, **way.values})


def given_filters(filters: TaskFilters) -> dict[str, Any]:
    """The filters that are set; a list without values is none."""
    values = {field.name: getattr(filters, field.name) for field in fields(filters)}
    return {name: value for name, value in values.items() if value is not None and value != () and value != []}


def on_board(names: frozenset[str]) -> list[ColumnElement[bool]]:
    """The conditions by these names, where it is the board's order that leads to its tasks."""
    return [_condition(_CONDITIONS, name) for name in sorted(names)]


def of_board(names: frozenset[str]) -> ColumnElement[bool]:
    """On the board bound as `board_id`. The plus keeps SQLite from walking the board where an index names the tasks."""
    column = literal_column("+tasks.board_id", Task.board_id.type) if "named_on_board" in names else Task.board_id
    condition: ColumnElement[bool] = column == bindparam("board_id")
    return condition


def leads_to_few(names: frozenset[str]) -> bool:
    """Whether one of the filters leads to few tasks, wherever they are."""
    return not names.isdisjoint(_LEADING)


def across_boards(names: frozenset[str]) -> list[ColumnElement[bool]]:
    """The same, where it is a person or a label that leads to few tasks."""
    return [_condition(_CONDITIONS_ACROSS_BOARDS, name) for name in sorted(names)]


def _condition_name(name: str, value: Any) -> str:
    if value == NONE:
        return "no_due_date"
    if not isinstance(value, str) and isinstance(value, Sequence) and NONE in value:
        return f"no_{name}" if set(value) == {NONE} else name + _OR_NONE
    return name


def _bound(access: Access, name: str, value: Any) -> Any:
    if name == "q":
        return like_pattern(value)
    if isinstance(value, str) or not isinstance(value, Sequence):
        return value
    own_id = access.user.id if name in _PEOPLE else "me"
    return list(dict.fromkeys(own_id if item == "me" else item for item in value if item != NONE))


def _condition(conditions: dict[str, ColumnElement[bool]], name: str) -> ColumnElement[bool]:
    if name.endswith(_OR_NONE):
        name = name.removesuffix(_OR_NONE)
        return or_(conditions[name], conditions[f"no_{name}"])
    return conditions[name]


def _any_of(column: Any, name: str) -> ColumnElement[bool]:
    """The column holds one of the values bound as `name`."""
    return is_one_of(column, name)


_ASSIGNED = select(TaskAssignee.task_id).where(TaskAssignee.task_id == Task.id)
_LABELLED = select(TaskLabel.task_id).where(TaskLabel.task_id == Task.id)
_LABELS_THAT_FIT = select(func.count()).where(TaskLabel.task_id == Task.id, _any_of(TaskLabel.label_id, "label_all"))

_CONDITIONS: dict[str, ColumnElement[bool]] = {
    "state": _any_of(Task.state, "state"),
    "assignee": _ASSIGNED.where(_any_of(TaskAssignee.user_id, "assignee")).exists(),
    "no_assignee": ~_ASSIGNED.exists(),
    "sprint_id": _any_of(Task.sprint_id, "sprint_id"),
    "no_sprint_id": Task.sprint_id.is_(None),
    "label": _LABELLED.where(_any_of(TaskLabel.label_id, "label")).exists(),
    "no_label": ~_LABELLED.exists(),
    "label_all": _LABELS_THAT_FIT.scalar_subquery() == bindparam("label_all_count"),
    "changed_by": select(Activity.task_id).where(Activity.task_id == Task.id, _any_of(Activity.actor_id, "changed_by")).exists(),
    "blocked": Task.blocked == bindparam("blocked"),
    "pinned": Task.pinned == bindparam("pinned"),
    "due_date": Task.due_date == bindparam("due_date"),
    "no_due_date": Task.due_date.is_(None),
    "due_before": Task.due_date < bindparam("due_before"),
    "due_after": Task.due_date > bindparam("due_after"),
    "blocked_since": Task.blocked_at >= bindparam("blocked_since"),
    "blocked_before": Task.blocked_at < bindparam("blocked_before"),
    "done_since": and_(Task.done_at.is_not(None), bindparam("done_since", type_=Task.done_at.type) <= DONE_OR_NOT_YET),
    "done_before": and_(DONE_OR_NOT_YET > NOT_YET, bindparam("done_before", type_=Task.done_at.type) > DONE_OR_NOT_YET),
    "updated_since": Task.updated_at >= bindparam("updated_since"),
    "updated_before": Task.updated_at < bindparam("updated_before"),
    "q": or_(contains(Task.title_folded), contains(Task.description_folded)),
    **{name: named_by_index(Task.id, "task", name) for name in WAYS_TO_ALL},
}
_CONDITIONS_ACROSS_BOARDS = {
    **_CONDITIONS,
    "assignee": Task.id.in_(select(TaskAssignee.task_id).where(_any_of(TaskAssignee.user_id, "assignee"))),
    "label": Task.id.in_(select(TaskLabel.task_id).where(_any_of(TaskLabel.label_id, "label"))),
    "changed_by": Task.id.in_(select(Activity.task_id).where(_any_of(Activity.actor_id, "changed_by"))),
}
