"""Deltas: what each load made of each row, and what a delta added, changed and removed.

Revision ID: 0002
"""

from koop_pipeline.target.postgres.schema import run_file

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the books."""
    run_file("0002_deltas.sql")
