"""Runs the revisions in the transaction that `common.database.Database.migrate` holds. Knows no tables: revisions are written by hand."""

from alembic import context

context.configure(connection=context.config.attributes["connection"], transaction_per_migration=False)
with context.begin_transaction():
    context.run_migrations()
