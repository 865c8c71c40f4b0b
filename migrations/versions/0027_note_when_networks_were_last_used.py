"""When a key was last used from each of its networks, so that those of long ago go."""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"


def upgrade() -> None:
    # SQLite adds a column that may not be null only with a constant to begin with.
    long_ago = sa.text("'1970-01-01 00:00:00'")
    op.add_column("key_networks", sa.Column("last_at", sa.DateTime(timezone=True), nullable=False, server_default=long_ago))
    op.execute("UPDATE key_networks SET last_at = first_at")
    if op.get_context().dialect.name == "postgresql":
        op.alter_column("key_networks", "last_at", server_default=None)
    op.create_index("ix_key_networks_last_at", "key_networks", ["last_at"])


def downgrade() -> None:
    op.drop_index("ix_key_networks_last_at", "key_networks")
    op.drop_column("key_networks", "last_at")
