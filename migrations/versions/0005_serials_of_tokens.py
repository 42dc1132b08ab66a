"""serials of tokens."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go one step up."""
    with op.batch_alter_table("login_sessions", schema=None) as batch_op:
        batch_op.add_column(sa.Column("company_serial", sa.Integer(), nullable=False, server_default="0"))
        batch_op.add_column(sa.Column("company_rotated_at", sa.DateTime(timezone=True), nullable=True))
    # both kinds of token had one serial so far
    op.execute("UPDATE login_sessions SET company_serial = serial, company_rotated_at = rotated_at")
    with op.batch_alter_table("login_sessions", schema=None) as batch_op:
        batch_op.alter_column("company_serial", server_default=None)


def downgrade() -> None:
    """Go one step down."""
    with op.batch_alter_table("login_sessions", schema=None) as batch_op:
        batch_op.drop_column("company_rotated_at")
        batch_op.drop_column("company_serial")
