"""Add the audit log, with triggers that refuse to change it."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

_SOURCES = ("session", "key", "token", "operator", "client", "link", "system")
_REFUSAL = "The audit log only grows: an entry is never changed, and removed after 400 days at the earliest."
_SQLITE_TRIGGERS = {
    "no_update": "UPDATE ON audit_log",
    "no_delete": "DELETE ON audit_log WHEN OLD.at > datetime('now', '-400 days')",
    "no_replace": "INSERT ON audit_log WHEN NEW.id IN (SELECT id FROM audit_log)",
}
_STATEMENTS = {
    "sqlite": tuple(
        f"CREATE TRIGGER audit_log_{name} BEFORE {change} BEGIN SELECT RAISE(ABORT, '{_REFUSAL}'); END"
        for name, change in _SQLITE_TRIGGERS.items()
    ),
    "postgresql": (
        f"""
CREATE FUNCTION refuse_audit_log_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  IF TG_OP = 'DELETE' THEN
    IF OLD.at <= now() - interval '400 days' THEN RETURN OLD; END IF;
  END IF;
  RAISE EXCEPTION '{_REFUSAL}';
END $$
""",
        "CREATE TRIGGER audit_log_no_change BEFORE UPDATE OR DELETE ON audit_log "
        "FOR EACH ROW EXECUTE FUNCTION refuse_audit_log_change()",
        "CREATE TRIGGER audit_log_no_truncate BEFORE TRUNCATE ON audit_log "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_audit_log_change()",
    ),
}


def upgrade() -> None:
    op.create_table(
        "audit_log",
        _id("id", nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("action", sa.String(40), nullable=False),
        sa.Column("subject_kind", sa.String(20), nullable=False),
        sa.Column("subject_id", sa.String(2000), nullable=False),
        _id("user_id"),
        _id("project_id"),
        _id("actor_id"),
        sa.Column("actor_name", sa.String(100)),
        sa.Column("source", sa.String(10), nullable=False),
        _id("credential_id"),
        sa.Column("credential_name", sa.String(200)),
        sa.Column("details", sa.JSON, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_log")),
        sa.CheckConstraint(sa.column("source").in_(_SOURCES), name=op.f("ck_audit_log_source")),
    )
    op.create_index("ix_audit_log_at", "audit_log", ["at"])
    for column in ("user_id", "project_id"):
        op.create_index(f"ix_audit_log_{column}", "audit_log", [column, "id"])
    for statement in _STATEMENTS[op.get_context().dialect.name]:
        op.execute(statement)


def downgrade() -> None:
    op.drop_table("audit_log")
    if op.get_context().dialect.name == "postgresql":
        op.execute("DROP FUNCTION refuse_audit_log_change()")


def _id(name: str, *, nullable: bool = True) -> sa.Column[Any]:
    kind = sa.String(40).with_variant(sa.String(40, collation="C"), "postgresql")
    return sa.Column(name, kind, nullable=nullable)
