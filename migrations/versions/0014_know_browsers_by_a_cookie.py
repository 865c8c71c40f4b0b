"""Know browsers that signed in before by a cookie, until the account's epoch changes, and find the files that a person added."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    op.add_column("users", sa.Column("device_epoch", sa.Integer(), server_default="0", nullable=False))
    op.create_index("ix_attachments_added_by", "attachments", ["added_by"])


def downgrade() -> None:
    op.drop_index("ix_attachments_added_by", "attachments")
    op.drop_column("users", "device_epoch")
