"""Column types that many tables share."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal, get_args

from sqlalchemy import Dialect, Index, SmallInteger, String, Text
from sqlalchemy.orm import DeclarativeBase, MappedColumn, mapped_column
from sqlalchemy.types import TypeDecorator

from calmboard import ids
from calmboard.texts.folding import fold


def _bytewise(length: int) -> String:
    """Text compared by byte; PostgreSQL's own collation would order it by language."""
    return String(length).with_variant(String(length, collation="C"), "postgresql")


Id = _bytewise(40)
Rank = _bytewise(255)
_FoldedText = Text().with_variant(Text(collation="C"), "postgresql")


TaskState = Literal["backlog", "ready", "in_progress", "review", "done"]
STATES: tuple[TaskState, ...] = get_args(TaskState)


class State(TypeDecorator[str]):
    """A task's state, stored as its index in the workflow, so that sorting by it follows the board."""

    impl = SmallInteger
    cache_ok = True

    def process_bind_param(self, value: str | None, _dialect: Dialect) -> int | None:
        return None if value is None else STATES.index(value)

    def process_result_value(self, value: int | None, _dialect: Dialect) -> str | None:
        return None if value is None else STATES[value]


def prefix_of(model: type[DeclarativeBase]) -> str:
    """What the ids of a table begin with."""
    prefix: str = model.__table__.columns["id"].info["prefix"]
    return prefix


def folded_column(source: str) -> MappedColumn[str]:
    """The folded form of another column, which searches read: filled by an INSERT; an UPDATE takes it from `with_folded`."""
    return mapped_column(_FoldedText, default=lambda context: fold(context.get_current_parameters()[source]), info={"of": source})


def with_folded(model: type[DeclarativeBase], values: Mapping[str, Any]) -> dict[str, Any]:
    """The values of an UPDATE, with the folded form of each that has one."""
    columns = model.__table__.columns
    return {**values, **{column.key: fold(values[of]) for column in columns if (of := column.info.get("of")) in values}}


def parts_index(name: str, *columns: str) -> Index:
    """PostgreSQL finds folded texts by any part of them; SQLite as `calmboard/models/text_index.py` says."""
    of_parts = {column: "gin_trgm_ops" for column in columns if column.endswith("_folded")}
    return Index(name, *columns, postgresql_using="gin", postgresql_ops=of_parts).ddl_if(dialect="postgresql")


def when_created(context: Any) -> datetime:
    """The default of `updated_at`: a row that was never changed has the very time of its creation."""
    created_at: datetime = context.get_current_parameters()["created_at"]
    return created_at


def id_column(prefix: str) -> MappedColumn[str]:
    """A primary key with a generated id."""
    return mapped_column(Id, primary_key=True, default=lambda: ids.new_id(prefix), info={"prefix": prefix})
