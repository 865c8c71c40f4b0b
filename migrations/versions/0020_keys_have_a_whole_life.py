"""Keys are replaced with an overlap, and have a note, networks and a window of their own."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"

_IN_USE = "revoked_at IS NULL"
_NAMED = "revoked_at IS NULL AND successor_id IS NULL"


def upgrade() -> None:
    row_id = sa.String(40).with_variant(sa.String(40, collation="C"), "postgresql")
    for column in (
        sa.Column("note", sa.String(500)),
        sa.Column("networks", sa.JSON()),
        sa.Column("window_limit", sa.Integer()),
        sa.Column("successor_id", row_id),
        sa.Column("replaced_at", sa.DateTime(timezone=True)),
        sa.Column("planned_expires_at", sa.DateTime(timezone=True)),
        sa.Column("cut_off", sa.JSON()),
    ):
        op.add_column("api_keys", column)
    op.add_column("oauth_grants", sa.Column("cut_off", sa.JSON()))
    op.create_index("ix_api_keys_successor_id", "api_keys", ["successor_id"])
    _index_names(_NAMED)


def downgrade() -> None:
    op.execute("UPDATE api_keys SET revoked_at = replaced_at WHERE successor_id IS NOT NULL AND revoked_at IS NULL")
    _index_names(_IN_USE)
    op.drop_index("ix_api_keys_successor_id", "api_keys")
    op.drop_column("oauth_grants", "cut_off")
    for column in ("cut_off", "planned_expires_at", "replaced_at", "successor_id", "window_limit", "networks", "note"):
        op.drop_column("api_keys", column)


def _index_names(condition: str) -> None:
    where = {"sqlite_where": sa.text(condition), "postgresql_where": sa.text(condition)}
    op.drop_index("uq_api_keys_name_in_use", "api_keys")
    op.create_index("uq_api_keys_name_in_use", "api_keys", ["user_id", sa.text("lower(name)")], unique=True, **where)
