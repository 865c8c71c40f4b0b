"""Boards and their columns."""

from typing import Annotated

from msgspec import Meta, Struct

from api.shapes.values import BoardId, ProjectId, State, Time, about


class Board(Struct):
    """A Scrum board with five columns."""

    id: BoardId
    project_id: ProjectId
    name: Annotated[str, about("The board's name.", "Checkout")]
    created_at: Time
    updated_at: Time


class Column(Struct):
    """One column of a board."""

    state: State
    name: Annotated[str, about("The column's title.", "In Progress")]
    task_count: Annotated[int, about("How many tasks stand in it.", 7)]


class BoardWithColumns(Board):
    """A board, with what stands in its columns."""

    columns: Annotated[list[Column], Meta(description="From left to right.")]
