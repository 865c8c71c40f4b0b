"""Count messages in the outbox, where they stay for a while once they are sent, and know the addresses that want none."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"

_KEPT = ("id", "kind", "recipient", "subject_id", "attempts", "created_at", "next_attempt_at", "leased_until")
_OLD = sa.table("outbox_messages_old", *(sa.column(name) for name in (*_KEPT, "ended_at")))
_NEW = sa.table("outbox_messages", *(sa.column(name) for name in (*_KEPT, "mailbox")))
_ROW_ID = sa.String(40).with_variant(sa.String(40, collation="C"), "postgresql")


def upgrade() -> None:
    _set_aside("ix_outbox_messages_next_attempt_at")
    op.create_table(
        "outbox_messages",
        *_kept_columns(),
        sa.Column("sender_id", _ROW_ID),
        sa.Column("mailbox", sa.String(254), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox_messages")),
        sa.ForeignKeyConstraint(["sender_id"], ["users.id"], name=op.f("fk_outbox_messages_sender_id"), ondelete="SET NULL"),
    )
    # Those that wait are few, and none is a person's: whose mail they are may be told roughly.
    values = (*(_OLD.c[name] for name in _KEPT), sa.func.lower(sa.func.trim(_OLD.c.recipient)))
    _bring_back(sa.insert(_NEW).from_select([*_KEPT, "mailbox"], sa.select(*values)))
    waits = sa.text("ended_at IS NULL")
    due = ("ix_outbox_messages_next_attempt_at", "outbox_messages", ["next_attempt_at", "id"])
    op.create_index(*due, sqlite_where=waits, postgresql_where=waits)
    op.create_index("ix_outbox_messages_sender_id", "outbox_messages", ["sender_id", "created_at"])
    op.create_index("ix_outbox_messages_mailbox", "outbox_messages", ["mailbox", "created_at"])
    op.create_table(
        "stopped_addresses",
        sa.Column("digest", sa.LargeBinary(32), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_stopped_addresses")),
    )


def downgrade() -> None:
    op.drop_table("stopped_addresses")
    op.drop_index("ix_outbox_messages_mailbox", "outbox_messages")
    op.drop_index("ix_outbox_messages_sender_id", "outbox_messages")
    _set_aside("ix_outbox_messages_next_attempt_at")
    op.create_table("outbox_messages", *_kept_columns(), sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox_messages")))
    waiting = sa.select(*(_OLD.c[name] for name in _KEPT)).where(_OLD.c.ended_at.is_(None))
    _bring_back(sa.insert(_NEW).from_select(list(_KEPT), waiting))
    op.create_index("ix_outbox_messages_next_attempt_at", "outbox_messages", ["next_attempt_at", "id"])


def _set_aside(index: str) -> None:
    """Free the table's name, and those that PostgreSQL gives away once; SQLite adds no foreign key to a table that is there."""
    op.drop_index(index, "outbox_messages")
    op.rename_table("outbox_messages", "outbox_messages_old")
    if op.get_context().dialect.name == "postgresql":
        op.execute("ALTER TABLE outbox_messages_old RENAME CONSTRAINT pk_outbox_messages TO pk_outbox_messages_old")


def _bring_back(insertion: sa.Insert) -> None:
    op.execute(insertion)
    op.drop_table("outbox_messages_old")


def _kept_columns() -> list[sa.Column[object]]:
    return [
        sa.Column("id", _ROW_ID, nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("recipient", sa.String(254), nullable=False),
        sa.Column("subject_id", _ROW_ID),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("next_attempt_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("leased_until", sa.DateTime(timezone=True)),
    ]
