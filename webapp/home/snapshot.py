"""Reading the whole database as it is at one moment, while the server goes on writing."""

import contextlib
from collections.abc import Iterator

from sqlalchemy.orm import Session

from webapp.core.database import db


@contextlib.contextmanager
def snapshot() -> Iterator[Session]:
    """Yield a session that sees one moment (that of its first read), however long it reads and whoever writes.

    SQLite gives that to every transaction in WAL mode, PostgreSQL to one that asks for it. It is for reading only.
    """
    engine = db.engine
    if engine.dialect.name == "postgresql":
        engine = engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
    with engine.connect() as connection, Session(connection) as session:
        yield session
