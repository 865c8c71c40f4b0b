"""Let retention alone remove what is old in the audit log, by a role of its own."""

from alembic import op

revision = "0011"
down_revision = "0010"

_REFUSAL = "The audit log only grows: an entry is never changed, and removed after 400 days at the earliest."
_SQLITE_TRIGGER = (
    "CREATE TRIGGER audit_log_no_delete BEFORE DELETE ON audit_log WHEN OLD.at > datetime('now', '-400 days'){condition} "
    f"BEGIN SELECT RAISE(ABORT, '{_REFUSAL}'); END"
)
# A database whose owner may make no roles has its operator make this one (README); until then the age alone decides.
_MAKE_ROLE = """
DO $$ BEGIN
  BEGIN
    CREATE ROLE calmboard_retention NOLOGIN;
  EXCEPTION WHEN duplicate_object OR unique_violation OR insufficient_privilege THEN NULL;
  END;
  BEGIN
    GRANT calmboard_retention TO CURRENT_USER;
    GRANT SELECT, DELETE ON audit_log TO calmboard_retention;
  EXCEPTION WHEN undefined_object OR insufficient_privilege OR invalid_grant_operation THEN NULL;
  END;
END $$
"""
_FUNCTION = """
CREATE OR REPLACE FUNCTION refuse_audit_log_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  IF TG_OP = 'DELETE' THEN
    IF OLD.at <= now() - interval '400 days'{condition} THEN RETURN OLD; END IF;
  END IF;
  RAISE EXCEPTION '{refusal}';
END $$
"""


def upgrade() -> None:
    if op.get_context().dialect.name == "sqlite":
        _replace_in_sqlite(" OR NOT is_retention()")
    else:
        op.execute(_MAKE_ROLE)
        is_retention = "(current_user = 'calmboard_retention' OR to_regrole('calmboard_retention') IS NULL)"
        op.execute(_FUNCTION.format(condition=f" AND {is_retention}", refusal=_REFUSAL))


def downgrade() -> None:
    if op.get_context().dialect.name == "sqlite":
        _replace_in_sqlite("")
    else:
        # The role may be that of other databases too, so it stays.
        op.execute(_FUNCTION.format(condition="", refusal=_REFUSAL))


def _replace_in_sqlite(condition: str) -> None:
    op.execute("DROP TRIGGER audit_log_no_delete")
    op.execute(_SQLITE_TRIGGER.format(condition=condition))
