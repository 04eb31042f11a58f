"""The table of captures."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make the table and its indexes."""
    op.create_table(
        "captures",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("is_pinned", sa.Boolean, nullable=False),
        sa.Column("created_us", sa.BigInteger, nullable=False),
        sa.Column("n_runs", sa.Integer, nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("facts", sa.Text),
        sa.Column("details", sa.Text),
        sa.Column("n_bytes", sa.BigInteger, nullable=False),
        sa.Column("sha256", sa.String(64)),
        sa.Column("problem", sa.Text),
    )
    op.create_index("captures_by_state", "captures", ["state", "created_us"])
    op.create_index("captures_by_place", "captures", ["is_pinned", "created_us", "id"])


def downgrade() -> None:
    """Remove the table."""
    op.drop_table("captures")
