"""Databases for tests: one an xdist worker and kind, migrated once and emptied between tests."""

import contextlib
import os
import pathlib
import uuid
from collections.abc import Iterator

import flask_migrate
import pytest
import sqlalchemy as sa
from flask import Flask

from webapp import create_app
from webapp.core.database import db

POSTGRESQL = os.environ.get("FOLKMOOT_TEST_POSTGRES", "postgresql:///postgres")
_GUARDS = "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'"
REDIS = os.environ.get("FOLKMOOT_TEST_REDIS", "redis://127.0.0.1:6379/15")


def postgresql_database() -> Iterator[str]:
    """Yield the address of a new PostgreSQL database, dropped afterwards."""
    address = POSTGRESQL.replace("postgresql://", "postgresql+psycopg://")
    admin = sa.create_engine(address, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    name = f"folkmoot_test_{uuid.uuid4().hex[:12]}"
    try:
        with admin.connect() as connection:
            connection.exec_driver_sql(f'CREATE DATABASE "{name}"')
            # no test pulls the plug: what is committed need not wait for the disk
            connection.exec_driver_sql(f'ALTER DATABASE "{name}" SET synchronous_commit = off')
    except sa.exc.OperationalError:
        pytest.skip("needs a PostgreSQL server (FOLKMOOT_TEST_POSTGRES)")
    try:
        yield admin.url.set(database=name).render_as_string(hide_password=False)
    finally:
        with admin.connect() as connection:
            connection.exec_driver_sql(f'DROP DATABASE "{name}" WITH (FORCE)')


@contextlib.contextmanager
def an_app(kind: str, folder: pathlib.Path) -> Iterator[Flask]:
    """An app of a test file's own on a new database of one kind, migrated, its context pushed."""
    opened = postgresql_database() if kind == "postgresql" else None
    environ = {
        "INSTANCE_PATH": str(folder),
        "DATABASE_URL": next(opened) if opened else "",
        "SECRET_KEY": "kept for tests",
        "BASE_URL": "http://folkmoot.example.org",
        "JOBS": "none",
        "LIMITS": "no",
    }
    app = create_app(environ, TESTING=True)
    try:
        with app.app_context():
            if kind == "sqlite":
                sa.event.listen(db.engine, "connect", lambda c, _: c.execute("PRAGMA synchronous=OFF"))
            flask_migrate.upgrade()
            yield app
            db.session.remove()
            db.engine.dispose()
    finally:
        if opened:
            opened.close()


def empty(engine: sa.Engine, metadata: sa.MetaData) -> None:
    """Take all rows away but the installation's own, as the migrations leave it."""
    tables = [table for table in reversed(metadata.sorted_tables) if table.name != "sites"]
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            # the journal refuses to be emptied: its guards sleep for this transaction, and so do foreign keys
            connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
            # one round trip; truncating makes new files of all tables, and takes twenty times as long
            connection.exec_driver_sql("; ".join(str(table.delete()) for table in tables))
        else:
            connection.exec_driver_sql("PRAGMA defer_foreign_keys=ON")
            guards = connection.exec_driver_sql(_GUARDS).fetchall()
            for name, _definition in guards:
                connection.exec_driver_sql(f"DROP TRIGGER {name}")
            for table in tables:
                connection.execute(table.delete())
            for _name, definition in guards:
                connection.exec_driver_sql(definition)
        site = metadata.tables["sites"]
        connection.execute(
            site.update().values(
                name="Folkmoot",
                footer="",
                registration=None,
                allowed_domains="",
                limits={},
                privacy_url="",
                terms_url="",
                imprint_url="",
                set_up_at=None,
            )
        )
