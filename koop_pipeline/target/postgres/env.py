"""What Alembic runs: the revisions, on the connection and in the schemas that `schema.upgrade` hands over."""

from alembic import context

attributes = context.config.attributes
context.configure(
    connection=attributes["connection"],
    version_table="alembic_version",
    version_table_schema=attributes["schemas"].migration,
    transaction_per_migration=False,
)
with context.begin_transaction():
    context.run_migrations()
