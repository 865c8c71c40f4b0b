"""Checklists."""

from typing import Annotated

from msgspec import UNSET, Struct, UnsetType

from api.shapes.values import ItemId, TaskId, Time, about
from calmboard.texts.names import ONE_LINE

Text = Annotated[str, about("What is to be ticked off.", "Refund a test card", min_length=1, max_length=500, pattern=ONE_LINE)]
Done = Annotated[bool, about("Whether it is done.", False)]
Position = Annotated[int, about("Its position in the checklist, counted from 0 at the top.", 0, ge=0, le=1_000_000)]


class ChecklistItem(Struct):
    """A line of a task's checklist."""

    id: ItemId
    task_id: TaskId
    text: Text
    done: Done
    position: Position
    created_at: Time
    updated_at: Time


class ChecklistItemChanges(Struct, kw_only=True, forbid_unknown_fields=True):
    """The fields to change; the others stay as they are."""

    text: Text | UnsetType = UNSET
    done: Done | UnsetType = UNSET
    position: Position | UnsetType = UNSET


class NewChecklistItem(ChecklistItemChanges, kw_only=True, forbid_unknown_fields=True):
    """A line to add; without a position, at the bottom."""

    text: Text
