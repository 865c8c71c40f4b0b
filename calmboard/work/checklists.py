"""The checklist of a task: items in an order, each done or not."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from sqlalchemy import bindparam, delete, func, select, update
from sqlalchemy.orm import aliased

from calmboard.access.access import Access
from calmboard.access.permissions import claim, find, need, need_scope
from calmboard.db import AnyRow, AnySelect, db, now, reading
from calmboard.errors import Conflict
from calmboard.events.activity import record
from calmboard.guards import Guard, let_through
from calmboard.models import ChecklistItem, Task
from calmboard.pages import Cut, Order, Page, in_order, read_page
from calmboard.work.positions import Column, rank_in

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


def list_items(access: Access, task_id: str, cut: Cut) -> Page[AnyRow]:
    """The items of a task's checklist, top to bottom. Raises NotFound where there is no such task, Forbidden out of reach."""
    need_scope(access, "tasks:read")
    find(access, Task, task_id)
    with reading() as connection:
        return read_page(connection, _item_list(cut.after is not None), cut, {"task_id": task_id})


def read_item(access: Access, item_id: str) -> AnyRow:
    """Raises NotFound where there is none, Forbidden out of reach."""
    need_scope(access, "tasks:read")
    return find(access, ChecklistItem, item_id, *_COLUMNS)


def add_item(access: Access, task_id: str, new: Mapping[str, Any]) -> AnyRow:
    """Add an item at the bottom, or at `position` (0 = top).

    Raises NotFound, Forbidden out of reach and to viewers, and Conflict where the checklist is full.
    """
    task = claim(access, Task, task_id, Task.board_id)
    need(access, task.role, "tasks:write")
    _need_room(task_id)
    values = dict(new)
    rank = rank_in(_checklist(task_id), values.pop("position", None))
    item = ChecklistItem(task_id=task_id, rank=rank, **values)
    db.session.add(item)
    db.session.flush()
    item_id = item.id
    record(access, "checklist_item.created", task.in_project, item_id, board_id=task.board_id, task_id=task_id, changes=new)
    db.session.commit()
    return read_item(access, item_id)


def change_item(access: Access, item_id: str, changes: Mapping[str, Any], guard: Guard = let_through) -> AnyRow:
    """Change the fields that are given and leave the others; `position` moves the item.

    Raises NotFound, Forbidden out of reach and to viewers, and PreconditionFailed where the guard does.
    """
    item = _claim(access, item_id, guard)
    values = dict(changes)
    if (position := values.pop("position", None)) is not None:
        values["rank"] = rank_in(_checklist(item.task_id), position, item_id)
    db.session.execute(update(ChecklistItem).where(ChecklistItem.id == item_id).values(**values, updated_at=now()))
    _record(access, "checklist_item.changed", item, changes)
    db.session.commit()
    return read_item(access, item_id)


def delete_item(access: Access, item_id: str, guard: Guard = let_through) -> None:
    """Delete an item; those below it move up. Raises as `change_item` does."""
    item = _claim(access, item_id, guard)
    db.session.execute(delete(ChecklistItem).where(ChecklistItem.id == item_id))
    _record(access, "checklist_item.deleted", item, {"text": item.text})
    db.session.commit()


@cache
def _item_list(further: bool) -> AnySelect:
    return in_order(select(*_COLUMNS).where(ChecklistItem.task_id == bindparam("task_id")), _BY_RANK, further=further)


def _checklist(task_id: str) -> Column:
    return Column(ChecklistItem, (ChecklistItem.task_id == task_id,))


def _need_room(task_id: str) -> None:
    count = db.session.execute(select(func.count()).where(ChecklistItem.task_id == task_id)).scalar_one()
    if count >= MAX_ITEMS:
        raise Conflict(f"This checklist holds {count} items, and no more fit. Make a task of its own for the rest.")


def _claim(access: Access, item_id: str, guard: Guard) -> AnyRow:
    """The item, its task locked until the commit, so that two moves at once never meet in one place."""
    found = find(access, ChecklistItem, item_id, ChecklistItem.task_id)
    need(access, found.role, "tasks:write")
    claim(access, Task, found.task_id)
    item = claim(access, ChecklistItem, item_id, *_COLUMNS, Task.board_id)
    guard(item)
    return item


def _record(access: Access, what: str, item: AnyRow, changes: Mapping[str, Any]) -> None:
    record(access, what, item.in_project, item.id, board_id=item.board_id, task_id=item.task_id, changes=changes)
