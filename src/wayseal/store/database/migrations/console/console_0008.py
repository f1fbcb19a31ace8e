"""Jobs that are started each hour by themselves."""

import sqlalchemy as sa
from alembic import op

revision = "console_0008"
down_revision = "console_0007"

_SCHEDULES = sa.table("job_schedules", sa.column("each_hour", sa.Boolean))


def upgrade() -> None:
    """Adds them; what is started each day goes on."""
    op.add_column("job_schedules", sa.Column("each_hour", sa.Boolean, server_default=sa.false(), nullable=False))


def downgrade() -> None:
    """Drops them: a version before knows no such schedule, and would take it for one of each day."""
    op.get_bind().execute(_SCHEDULES.delete().where(_SCHEDULES.c.each_hour))
    op.drop_column("job_schedules", "each_hour")
