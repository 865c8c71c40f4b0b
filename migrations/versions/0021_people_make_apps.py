"""People make applications, several, with a picture and maintainers; operators verify them."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"


def upgrade() -> None:
    row_id = sa.String(40).with_variant(sa.String(40, collation="C"), "postgresql")
    op.create_table(
        "made_apps",
        sa.Column("client_id", sa.String(2000), nullable=False),
        sa.Column("maker_id", row_id, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("description", sa.String(300)),
        sa.Column("home_page", sa.String(500)),
        sa.Column("picture", sa.LargeBinary()),
        sa.Column("verified_at", sa.DateTime(timezone=True)),
        sa.Column("disabled_at", sa.DateTime(timezone=True)),
        sa.ForeignKeyConstraint(["client_id"], ["oauth_clients.id"], name=op.f("fk_made_apps_client_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["maker_id"], ["users.id"], name=op.f("fk_made_apps_maker_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("client_id", name=op.f("pk_made_apps")),
    )
    op.create_index("ix_made_apps_maker_id", "made_apps", ["maker_id"])
    op.create_table(
        "app_maintainers",
        sa.Column("client_id", sa.String(2000), nullable=False),
        sa.Column("user_id", row_id, nullable=False),
        sa.ForeignKeyConstraint(
            ["client_id"], ["made_apps.client_id"], name=op.f("fk_app_maintainers_client_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_app_maintainers_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("client_id", "user_id", name=op.f("pk_app_maintainers")),
    )
    op.create_index("ix_app_maintainers_user_id", "app_maintainers", ["user_id"])


def downgrade() -> None:
    op.execute("DELETE FROM oauth_clients WHERE kind = 'own' AND user_id IS NULL")
    op.drop_table("app_maintainers")
    op.drop_table("made_apps")
