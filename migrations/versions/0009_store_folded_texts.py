"""Store the texts that are searched a second time, folded: NFKC and full case folding, which neither database does alike."""

from typing import Any
from unicodedata import normalize

import sqlalchemy as sa
from alembic import context, op

revision = "0009"
down_revision = "0008"

_FOLDED = {
    "projects": ("name", "description"),
    "boards": ("name",),
    "sprints": ("name", "goal"),
    "tasks": ("title", "description"),
    "comments": ("body",),
}
_BATCH = 1000


def upgrade() -> None:
    for table, names in _FOLDED.items():
        for name in names:
            op.add_column(table, _column(f"{name}_folded"))
        # Written out as SQL (--sql), this step is missing: neither database folds by itself.
        if not context.is_offline_mode():
            _fill(table, names)
        if op.get_context().dialect.name == "postgresql":
            for name in names:
                op.alter_column(table, f"{name}_folded", server_default=None)


def downgrade() -> None:
    for table, names in _FOLDED.items():
        for name in names:
            op.drop_column(table, f"{name}_folded")


def _column(name: str) -> sa.Column[Any]:
    kind = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
    # SQLite adds a column that may not be null only with a constant to begin with.
    return sa.Column(name, kind, nullable=False, server_default="")


def _fill(table_name: str, names: tuple[str, ...]) -> None:
    columns = [name for source in names for name in (source, f"{source}_folded")]
    table = sa.table(table_name, sa.column("id"), *(sa.column(name) for name in columns))
    by_id = sa.update(table).where(table.c.id == sa.bindparam("row_id"))
    filling = by_id.values({f"{name}_folded": sa.bindparam(f"new_{name}") for name in names})
    last_id = ""
    while rows := op.get_bind().execute(_batch(table, names, last_id)).all():
        values = [{"row_id": row.id} | {f"new_{name}": _fold(getattr(row, name)) for name in names} for row in rows]
        op.get_bind().execute(filling, values)
        last_id = rows[-1].id


def _batch(table: sa.TableClause, names: tuple[str, ...], last_id: str) -> Any:
    columns = (table.c.id, *(table.c[name] for name in names))
    return sa.select(*columns).where(table.c.id > last_id).order_by(table.c.id).limit(_BATCH)


def _fold(text: str) -> str:
    once = normalize("NFKC", normalize("NFD", text).casefold())
    return normalize("NFKC", once.casefold())
