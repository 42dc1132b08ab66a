"""How migrations run: on the app's own engine, in one transaction where the database can."""

from typing import Any, Literal

import sqlalchemy as sa
from alembic import context
from alembic.autogenerate.api import AutogenContext
from flask import current_app

from webapp.core.database import Base, UtcDateTime


def _engine() -> sa.Engine:
    engine: sa.Engine = current_app.extensions["migrate"].db.engine
    return engine


def _render(kind: str, thing: Any, _context: AutogenContext) -> str | Literal[False]:
    """Write our own column types as the plain ones they are in the database."""
    if kind == "type" and isinstance(thing, UtcDateTime):
        return "sa.DateTime(timezone=True)"
    return False


def _migrate(connection: sa.Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        render_as_batch=True,
        render_item=_render,
        compare_type=False,
        transactional_ddl=True,
    )
    with context.begin_transaction():
        if connection.dialect.name != "sqlite":
            # Two processes may start at once: the second waits and then finds nothing to do.
            connection.exec_driver_sql("SELECT pg_advisory_xact_lock(721421)")
        context.run_migrations()


def _run() -> None:
    given: sa.Connection | None = context.config.attributes.get("connection")
    if given is not None:
        # A restore migrates in a transaction of its own, which has put SQLite's foreign keys aside.
        _migrate(given)
        return
    with _engine().connect() as connection:
        sqlite = connection.dialect.name == "sqlite"
        if sqlite:
            # With foreign keys on, rebuilding a table deletes the rows that hang on it (ON DELETE CASCADE).
            connection.exec_driver_sql("COMMIT")
            connection.exec_driver_sql("PRAGMA foreign_keys=OFF")
            connection.rollback()
        _migrate(connection)
        if sqlite:
            broken = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
            if broken:
                message = f"rows point to rows that are not there: {broken[:5]}"
                raise RuntimeError(message)
            connection.rollback()
            connection.exec_driver_sql("COMMIT")
            connection.exec_driver_sql("PRAGMA foreign_keys=ON")


_run()
