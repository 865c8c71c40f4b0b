"""Log requests, and count how often each credential is used."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"

_LIVES = (7, 30)
_DURATIONS = ("1", "2", "5", "10", "20", "50", "100", "200", "500", "1000", "2000", "more")


def upgrade() -> None:
    row_id = sa.String(40).with_variant(sa.String(40, collation="C"), "postgresql")
    op.create_table(
        "request_log",
        sa.Column("kept_days", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("id", row_id, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("user_id", row_id, nullable=False),
        sa.Column("credential_id", row_id, nullable=False),
        sa.Column("method", sa.String(20), nullable=False),
        sa.Column("route", sa.String(200)),
        sa.Column("tool", sa.String(80)),
        sa.Column("status", sa.SmallInteger(), nullable=False),
        sa.Column("code", sa.String(40)),
        sa.Column("refused_by", sa.String(12)),
        sa.Column("hint", sa.String(400)),
        sa.Column("duration_us", sa.Integer(), nullable=False),
        sa.Column("network", sa.String(45)),
        sa.Column("user_agent", sa.String(200)),
        sa.Column("request_id", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("kept_days", "id", name=op.f("pk_request_log")),
        postgresql_partition_by="LIST (kept_days)",
    )
    op.create_index("ix_request_log_user_id", "request_log", ["user_id", "id"])
    op.create_index("ix_request_log_credential_id", "request_log", ["credential_id", "id"])
    is_refused = sa.text("code IS NOT NULL")
    where = {"sqlite_where": is_refused, "postgresql_where": is_refused}
    op.create_index("ix_request_log_refused", "request_log", ["user_id", "id", "code"], **where)
    if op.get_context().dialect.name == "postgresql":
        _create_partitions()
    op.create_table(
        "request_log_gaps",
        sa.Column("id", row_id, nullable=False),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_request_log_gaps")),
    )
    op.create_index("ix_request_log_gaps_ended_at", "request_log_gaps", ["ended_at"])
    _create_usage(row_id)
    op.create_index("ix_api_keys_tail", "api_keys", ["tail"])


def downgrade() -> None:
    op.drop_index("ix_api_keys_tail", "api_keys")
    for table in ("usage_days", "usage_hours", "request_log_gaps", "request_log"):
        op.drop_table(table)


def _create_partitions() -> None:
    for days in _LIVES:
        part = f"request_log_kept_{days}"
        op.execute(f"CREATE TABLE {part} PARTITION OF request_log FOR VALUES IN ({days}) PARTITION BY RANGE (id)")
        op.execute(f"CREATE TABLE {part}_rest PARTITION OF {part} DEFAULT")


def _create_usage(row_id: sa.types.TypeEngine[str]) -> None:
    outcomes = ("answered", "refused", "limited", "failed")
    op.create_table(
        "usage_hours",
        sa.Column("credential_id", row_id, nullable=False),
        sa.Column("hour", sa.DateTime(timezone=True), nullable=False),
        sa.Column("endpoint", sa.String(220), nullable=False),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in outcomes),
        *(sa.Column(f"ms_{name}", sa.Integer(), nullable=False) for name in _DURATIONS),
        sa.PrimaryKeyConstraint("credential_id", "hour", "endpoint", name=op.f("pk_usage_hours")),
    )
    op.create_index("ix_usage_hours_hour", "usage_hours", ["hour"])
    op.create_table(
        "usage_days",
        sa.Column("credential_id", row_id, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("user_id", row_id, nullable=False),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in outcomes),
        sa.PrimaryKeyConstraint("credential_id", "day", name=op.f("pk_usage_days")),
    )
    op.create_index("ix_usage_days_user_id", "usage_days", ["user_id", "day"])
    op.create_index("ix_usage_days_day", "usage_days", ["day"])
