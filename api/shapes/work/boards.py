"""Boards and their columns."""

from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType

from api.shapes.values import BoardId, ProjectId, State, Time, about
from calmboard.texts.names import ONE_LINE

BoardName = Annotated[str, about("The board's name.", "Checkout", min_length=1, max_length=100, pattern=ONE_LINE)]


class Board(Struct):
    """A Scrum board with five columns."""

    id: BoardId
    project_id: ProjectId
    name: BoardName
    created_at: Time
    updated_at: Time


class Column(Struct):
    """One column of a board."""

    state: State
    name: Annotated[str, about("The column's title.", "In Progress")]
    task_count: Annotated[int, about("How many tasks are in it.", 7)]


class BoardWithColumns(Board):
    """A board, with what is in its columns."""

    columns: Annotated[list[Column], Meta(description="From left to right.")]


class BoardChanges(Struct, kw_only=True, forbid_unknown_fields=True):
    """The fields to change; the others stay as they are."""

    name: BoardName | UnsetType = UNSET


class NewBoard(Struct, kw_only=True, forbid_unknown_fields=True):
    """A board to add; its five columns come with it."""

    name: BoardName
