"""Write the names and titles of before in one line, as those that come now: without what turns the direction of text."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from unicodedata import normalize

import sqlalchemy as sa
from alembic import context, op

revision = "0010"
down_revision = "0009"

# Each table's name, and whether it is stored folded too.
_NAMES = {
    "projects": ("name", True),
    "boards": ("name", True),
    "sprints": ("name", True),
    "tasks": ("title", True),
    "labels": ("name", False),
    "checklist_items": ("text", False),
}
_BREAKS = re.compile(r"\s*[\t\n\v\f\r\x85\u2028\u2029]\s*")
_UNREADABLE = re.compile("[\u0000-\u0008\u000e-\u001f\u007f-\u0084\u0086-\u009f\u202a-\u202e\u2066-\u2069]")
_BATCH = 1000


def upgrade() -> None:
    # Written out as SQL (--sql), this step is missing.
    if not context.is_offline_mode():
        for table, (name, is_folded) in _NAMES.items():
            _clean(table, name, is_folded)


def downgrade() -> None:
    """What a name was before is not known any more."""


def _clean(table_name: str, name: str, is_folded: bool) -> None:
    columns = [sa.column(column) for column in ("id", name, f"{name}_folded", "project_id")]
    table = sa.table(table_name, *columns, sa.column("updated_at", sa.DateTime(timezone=True)))
    for row in _rows(table, name):
        old = getattr(row, name)
        new = _BREAKS.sub(" ", _UNREADABLE.sub("", old)).strip()
        if new == old:
            continue
        if table_name == "labels":
            new = _free(table, row.id, new)
        folded = {f"{name}_folded": _fold(new)} if is_folded else {}
        change = {name: new, **folded, "updated_at": _now()}
        op.get_bind().execute(sa.update(table).where(table.c.id == row.id).values(change))


def _now() -> datetime:
    at = datetime.now(UTC)
    return at.replace(tzinfo=None) if op.get_context().dialect.name == "sqlite" else at


def _rows(table: sa.TableClause, name: str) -> Iterator[Any]:
    last_id = ""
    while True:
        batch = sa.select(table.c.id, table.c[name]).where(table.c.id > last_id).order_by(table.c.id).limit(_BATCH)
        rows = op.get_bind().execute(batch).all()
        yield from rows
        if not rows:
            return
        last_id = rows[-1].id


def _free(labels: sa.TableClause, label_id: str, name: str) -> str:
    """The name, or with a number behind it where another label of the project has it."""
    project_id = sa.select(labels.c.project_id).where(labels.c.id == label_id).scalar_subquery()
    others = sa.select(labels.c.name).where(labels.c.project_id == project_id, labels.c.id != label_id)
    taken = {other.lower() for other in op.get_bind().execute(others).scalars()}
    choices = (name, *(f"{name[:46]} {number}" for number in range(2, 1000)))
    return next(choice for choice in choices if choice.lower() not in taken)


def _fold(text: str) -> str:
    once = normalize("NFKC", normalize("NFD", text).casefold())
    return normalize("NFKC", once.casefold())
