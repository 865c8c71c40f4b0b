"""The checklist of a task: items in an order, each done or not."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import bindparam, delete, func, select, update
from sqlalchemy.orm import aliased

from calmboard.access.access import Access
from calmboard.access.permissions import find, find_for_update, require_role, require_scope
from calmboard.access.reads import replica_reads
from calmboard.clock import now
from calmboard.db import AnyRow, db, retry_conflicts
from calmboard.errors import Conflict, FieldError, ValidationFailed
from calmboard.events.activity import record
from calmboard.models import ChecklistItem, Task
from calmboard.pagination import Order, Page, PageRequest, order_and_limit, read_page
from calmboard.preconditions import Precondition, no_precondition
from calmboard.prepared import Prepared
from calmboard.work.changed_values import changed_values
from calmboard.work.tasks.positions import Column, rank_in

MAX_ITEMS = 200

_other = aliased(ChecklistItem)
_POSITION = (
    select(func.count())
    .where(_other.task_id == ChecklistItem.task_id, _other.rank < ChecklistItem.rank)
    .correlate(ChecklistItem)
    .scalar_subquery()
)
_COLUMNS = (
    ChecklistItem.id,
    ChecklistItem.task_id,
    ChecklistItem.text,
    ChecklistItem.done,
    _POSITION.label("position"),
    ChecklistItem.created_at,
    ChecklistItem.updated_at,
)
_BY_RANK = Order((ChecklistItem.rank,))
_DONE = select(ChecklistItem.id, ChecklistItem.done).where(ChecklistItem.task_id == bindparam("task_id"))


def list_items(access: Access, task_id: str, page_request: PageRequest) -> Page[AnyRow]:
    """The items of a task's checklist, top to bottom. Raises NotFound where there is no such task, Forbidden without access."""
    require_scope(access, "tasks:read")
    find(access, Task, task_id)
    with replica_reads(access) as connection:
        return read_page(connection, _item_list(page_request.after is not None), page_request, {"task_id": task_id})


def read_item(access: Access, item_id: str) -> AnyRow:
    """Raises NotFound where there is none, Forbidden without access."""
    require_scope(access, "tasks:read")
    return find(access, ChecklistItem, item_id, *_COLUMNS)


@retry_conflicts
def add_item(access: Access, task_id: str, new: Mapping[str, Any]) -> AnyRow:
    """Add an item at the bottom, or at `position` (0 = top).

    Raises NotFound, Forbidden without access and to viewers, and Conflict where the checklist is full.
    """
    task = find_for_update(access, Task, task_id, Task.id, Task.board_id)
    require_role(access, task.role, "tasks:write")
    _check_item_limit(task_id)
    item_id = _add_item(access, task, new)
    db.session.commit()
    return read_item(access, item_id)


@retry_conflicts
def change_item(access: Access, item_id: str, changes: Mapping[str, Any], precondition: Precondition = no_precondition) -> AnyRow:
    """Change the fields that are given and leave the others; `position` moves the item.

    Raises NotFound, Forbidden without access and to viewers, and PreconditionFailed where the precondition fails.
    """
    item = _lock_item(access, item_id, precondition)
    new = changed_values(item, changes)
    if values := _with_rank(item, new):
        at = now()
        if "rank" in values:
            above, below = sorted((_rank_of(item_id), values["rank"]))
            _touch_between(item.task_id, above, below, at)
        db.session.execute(update(ChecklistItem).where(ChecklistItem.id == item_id).values(**values, updated_at=at))
        _record(access, "checklist_item.changed", item, new)
    db.session.commit()
    return read_item(access, item_id)


@retry_conflicts
def delete_item(access: Access, item_id: str, precondition: Precondition = no_precondition) -> None:
    """Delete an item; those below it move up. Raises as `change_item` does."""
    item = _lock_item(access, item_id, precondition)
    _touch_between(item.task_id, _rank_of(item_id), None, now())
    db.session.execute(delete(ChecklistItem).where(ChecklistItem.id == item_id))
    _record(access, "checklist_item.deleted", item, {"text": item.text})
    db.session.commit()


@retry_conflicts
def change_checklist(
    access: Access, task_id: str, add: Sequence[str], tick: Sequence[str], untick: Sequence[str]
) -> Sequence[AnyRow]:
    """Tick items and untick others, and add texts at the bottom, all or nothing; returns the whole checklist.

    Raises as `add_item` does, and ValidationFailed for items of other tasks, or that are both, and where the texts do not fit.
    """
    task = find_for_update(access, Task, task_id, Task.id, Task.board_id)
    require_role(access, task.role, "tasks:write")
    was_done = {row.id: row.done for row in db.session.execute(_DONE, {"task_id": task_id})}
    _require_valid_changes(was_done, add, tick, untick)
    for item_ids, done in ((tick, True), (untick, False)):
        _set_done(access, task, [item_id for item_id in dict.fromkeys(item_ids) if was_done[item_id] != done], done)
    for text in add:
        _add_item(access, task, {"text": text})
    db.session.commit()
    return list_items(access, task_id, PageRequest(MAX_ITEMS)).rows


@cache
def _item_list(after_cursor: bool) -> Prepared:
    return order_and_limit(
        select(*_COLUMNS).where(ChecklistItem.task_id == bindparam("task_id")), _BY_RANK, after_cursor=after_cursor
    )


def _checklist(task_id: str) -> Column:
    return Column(ChecklistItem, (ChecklistItem.task_id == task_id,))


def _check_item_limit(task_id: str) -> None:
    count = db.session.execute(select(func.count()).where(ChecklistItem.task_id == task_id)).scalar_one()
    if count >= MAX_ITEMS:
        raise Conflict(f"This checklist holds {count} items, and no more fit. Make a task of its own for the rest.")


def _require_valid_changes(items: Collection[str], add: Sequence[str], tick: Sequence[str], untick: Sequence[str]) -> None:
    detail = "This task's checklist has no item with this id."
    errors = [
        FieldError(f"/{name}/{index}", "unknown_value", detail)
        for name, item_ids in (("tick", tick), ("untick", untick))
        for index, item_id in enumerate(item_ids)
        if item_id not in items
    ]
    if both := set(tick) & set(untick):
        errors.append(FieldError("/untick", "contradiction", f"{', '.join(sorted(both))} cannot be ticked and unticked at once."))
    if add and len(items) + len(add) > MAX_ITEMS:
        detail = f"A checklist holds {MAX_ITEMS} items, and this one has {len(items)}. Make a task of its own for the rest."
        errors.append(FieldError("/add", "too_long", detail))
    if errors:
        raise ValidationFailed(errors=tuple(errors))


def _add_item(access: Access, task: AnyRow, new: Mapping[str, Any]) -> str:
    """Add an item to a locked task; the caller commits."""
    values = dict(new)
    rank = rank_in(_checklist(task.id), values.pop("position", None))
    item = ChecklistItem(task_id=task.id, rank=rank, **values)
    db.session.add(item)
    db.session.flush()
    _touch_between(task.id, rank or "", None, item.created_at)
    record(access, "checklist_item.created", task.in_project, item.id, board_id=task.board_id, task_id=task.id, changes=new)
    return item.id


def _rank_of(item_id: str) -> str:
    rank: str = db.session.execute(select(ChecklistItem.rank).where(ChecklistItem.id == item_id)).scalar_one()
    return rank


def _touch_between(task_id: str, above: str, below: str | None, at: datetime) -> None:
    """Items behind one rank and before another, if any, are in another position now."""
    ends = () if below is None else (ChecklistItem.rank < below,)
    moved = update(ChecklistItem).where(ChecklistItem.task_id == task_id, ChecklistItem.rank > above, *ends)
    db.session.execute(moved.values(updated_at=at))


def _set_done(access: Access, task: AnyRow, item_ids: Sequence[str], done: bool) -> None:
    db.session.execute(update(ChecklistItem).where(ChecklistItem.id.in_(item_ids)).values(done=done, updated_at=now()))
    context = {"board_id": task.board_id, "task_id": task.id, "changes": {"done": done}}
    for item_id in item_ids:
        record(access, "checklist_item.changed", task.in_project, item_id, **context)


def _lock_item(access: Access, item_id: str, precondition: Precondition) -> AnyRow:
    """The item, its task locked until the commit, so that two concurrent moves never get the same position."""
    found = find(access, ChecklistItem, item_id, ChecklistItem.task_id)
    require_role(access, found.role, "tasks:write")
    find_for_update(access, Task, found.task_id)
    item = find_for_update(access, ChecklistItem, item_id, *_COLUMNS, Task.board_id)
    precondition(item)
    return item


def _with_rank(item: AnyRow, values: Mapping[str, Any]) -> dict[str, Any]:
    """The values with a rank for the `position`, or without one where the item is in that position already."""
    plain = {name: value for name, value in values.items() if name != "position"}
    if "position" not in values:
        return plain
    rank = rank_in(_checklist(item.task_id), values["position"], item.id)
    return plain if rank is None else {**plain, "rank": rank}


def _record(access: Access, what: str, item: AnyRow, changes: Mapping[str, Any]) -> None:
    record(access, what, item.in_project, item.id, board_id=item.board_id, task_id=item.task_id, changes=changes)
