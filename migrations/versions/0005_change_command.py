"""The wish that a change is a part of, so that what is left of it can be planned again"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005_change_command"
down_revision = "0004_api_tokens"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("changes", sa.Column("command", sa.JSON(), nullable=True))


def downgrade() -> None:
    op.drop_column("changes", "command")
