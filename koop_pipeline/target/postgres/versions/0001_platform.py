"""The platform's tables, the bookkeeping of loads, tenants and roles.

Revision ID: 0001
"""

from koop_pipeline.target.postgres.schema import run_file

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make everything."""
    for name in ("platform", "migration", "tenants"):
        run_file(f"0001_{name}.sql")
