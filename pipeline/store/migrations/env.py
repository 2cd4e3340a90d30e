"""Alembic's entry: runs migrations on the connection that `store.database.migrate` hands over."""

from alembic import context

from pipeline.store.tables import metadata

SCHEMAS = {"vault", "core", "release", "ledger"}


def _ours(name: str | None, kind: str, _parents: object) -> bool:
    return kind != "schema" or name in SCHEMAS


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    include_schemas=True,
    include_name=_ours,
    compare_server_default=True,
)
with context.begin_transaction():
    context.run_migrations()
