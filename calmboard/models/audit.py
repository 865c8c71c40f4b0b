"""The audit log: who changed whose rights. The database itself refuses to change it."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, Connection, Index, String, event
from sqlalchemy.orm import Mapped, mapped_column

from calmboard.clock import now
from calmboard.db import Base, UtcDateTime
from calmboard.models.columns import Id, id_column

AUDIT_SOURCES = ("session", "key", "token", "operator", "client", "link", "system")


class AuditEntry(Base):
    """One change, such as `key.created`. The ids are plain: an entry outlives the people and projects that it names.

    `user_id` is whose rights changed, `actor_id` who changed them. Triggers refuse every UPDATE, and the DELETE of what is
    younger than 400 days by the database's own clock, so that retention needs no right that others lack.
    """

    __tablename__ = "audit_log"

    id: Mapped[str] = id_column("aud")
    at: Mapped[datetime] = mapped_column(UtcDateTime, default=now, index=True)
    action: Mapped[str] = mapped_column(String(40))
    subject_kind: Mapped[str] = mapped_column(String(20))
    subject_id: Mapped[str] = mapped_column(String(2000))  # a client's may be an address
    user_id: Mapped[str | None] = mapped_column(Id)
    project_id: Mapped[str | None] = mapped_column(Id)
    actor_id: Mapped[str | None] = mapped_column(Id)
    actor_name: Mapped[str | None] = mapped_column(String(100))
    source: Mapped[str] = mapped_column(String(10))
    credential_id: Mapped[str | None] = mapped_column(Id)
    credential_name: Mapped[str | None] = mapped_column(String(200))
    details: Mapped[dict[str, Any]] = mapped_column(JSON)

    __table_args__ = (
        Index("ix_audit_log_user_id", "user_id", "id"),
        Index("ix_audit_log_project_id", "project_id", "id"),
        CheckConstraint(source.in_(AUDIT_SOURCES), name="source"),
    )


_REFUSAL = "The audit log only grows: an entry is never changed, and removed after 400 days at the earliest."
_SQLITE_TRIGGERS = {
    "no_update": "UPDATE ON audit_log",
    "no_delete": "DELETE ON audit_log WHEN OLD.at > datetime('now', '-400 days') OR NOT is_retention()",
    # INSERT OR REPLACE removes the older row without a DELETE.
    "no_replace": "INSERT ON audit_log WHEN NEW.id IN (SELECT id FROM audit_log)",
}
# Who removes old entries: calmboard/engines.py. Where the role could not be made, the age alone decides.
_IS_RETENTION = "(current_user = 'calmboard_retention' OR to_regrole('calmboard_retention') IS NULL)"
_STATEMENTS = {
    "sqlite": tuple(
        f"CREATE TRIGGER audit_log_{name} BEFORE {change} BEGIN SELECT RAISE(ABORT, '{_REFUSAL}'); END"
        for name, change in _SQLITE_TRIGGERS.items()
    ),
    "postgresql": (
        f"""
CREATE FUNCTION refuse_audit_log_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  IF TG_OP = 'DELETE' THEN
    IF OLD.at <= now() - interval '400 days' AND {_IS_RETENTION} THEN RETURN OLD; END IF;
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


@event.listens_for(AuditEntry.__table__, "after_create")
def _create_triggers(_table: Any, connection: Connection, **_options: Any) -> None:
    for statement in _STATEMENTS[connection.dialect.name]:
        connection.exec_driver_sql(statement)
