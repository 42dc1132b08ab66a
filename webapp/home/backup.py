"""Backup: everything that is kept, as it is at one moment, in one file (`archive.py`); the server goes on meanwhile.

The queue of jobs and the counts of limits are not part of it: periodic jobs find what is to be done in the rows.
"""

import contextlib
import datetime as dt
import hashlib
import os
import pathlib
import secrets
import tempfile
from collections.abc import Iterator, Sequence
from io import BytesIO
from typing import IO, Any

from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import current_app
from flask_babel import gettext as _
from sqlalchemy import ColumnElement, Connection, FromClause, String, Table, select
from sqlalchemy.orm import Session

from webapp.config import KEY_FILE, VERSION, kept_keys
from webapp.core import clock
from webapp.core.database import Base
from webapp.home import archive
from webapp.home.snapshot import snapshot
from webapp.models import JournalEntry

Checksum = hashlib.sha256
_ROWS = 1000


class BackupError(Exception):
    """No backup could be made; the message says why."""


def kept_key() -> str | None:
    """Return the secret key where the instance folder keeps it; None where it is set from outside (SECRET_KEY).

    Behind it, a line each, stand the earlier ones that are still good.
    """
    path = pathlib.Path(current_app.config["INSTANCE_PATH"]) / KEY_FILE
    kept = kept_keys(path) if path.is_file() else ()
    return "\n".join(kept) if current_app.config["SECRET_KEY"] in kept else None


def scripts() -> ScriptDirectory:
    """Return the migrations that this version of Folkmoot has."""
    return ScriptDirectory(current_app.extensions["migrate"].directory)


def write(path: pathlib.Path) -> tuple[pathlib.Path, archive.Manifest]:
    """Write a backup to `path` (in a folder: under a name with the time) and return where it is and what it holds.

    It appears whole or not at all, for its owner alone to read. Raises BackupError where there is a file already, where
    the tables are not those of this version, or where it cannot be written.
    """
    moment = clock.now()
    if path.is_dir():
        path /= f"folkmoot-{moment:%Y-%m-%dT%H-%M-%SZ}.tar.gz"
    try:
        with _appearing(path) as file:
            packed = archive.Writer(file, moment)
            with snapshot() as session:
                manifest = _manifest(session, packed, path.parent, moment=moment)
            _add(packed, archive.MANIFEST, manifest.as_json())
            packed.close()
    except FileExistsError as error:
        raise BackupError(_("%(path)s is there already.", path=path)) from error
    except OSError as error:
        raise BackupError(_("It cannot be written: %(said)s", said=error)) from error
    return path, manifest


@contextlib.contextmanager
def _appearing(path: pathlib.Path) -> Iterator[IO[bytes]]:
    """Yield a file that stands at `path` once all of it is on the disk; raises FileExistsError where one stands."""
    draft = path.with_name(f"{path.name}.{secrets.token_hex(4)}.part")
    if path.exists():
        raise FileExistsError(path)
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        draft.rename(path)
    finally:
        draft.unlink(missing_ok=True)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _add(packed: archive.Writer, name: str, content: bytes) -> None:
    packed.add(name, BytesIO(content), len(content))


def _manifest(
    session: Session, packed: archive.Writer, folder: pathlib.Path, *, moment: dt.datetime
) -> archive.Manifest:
    """Write all tables and the key, and return what is to be said of them."""
    revision = MigrationContext.configure(session.connection()).get_current_revision()
    if revision is None or revision != scripts().get_current_head():
        raise BackupError(
            _("The tables are not those of this version of Folkmoot. Bring them up to date: flask db upgrade")
        )
    sealed, head = _head(session)
    tables = tuple(_add_table(session, packed, folder, table) for table in Base.metadata.sorted_tables)
    key = kept_key()
    if key is not None:
        _add(packed, archive.SECRET_KEY, key.encode() + b"\n")
    return archive.Manifest(
        version=VERSION,
        revision=revision,
        made_at=moment,
        database=session.get_bind().dialect.name,
        key_mark=archive.key_mark(key or current_app.config["SECRET_KEY"]),
        key_kept=key is not None,
        head=head,
        sealed=sealed,
        tables=tables,
    )


def _head(session: Session) -> tuple[int, str | None]:
    """Return how many lines of the journal are sealed, and the last seal."""
    statement = select(JournalEntry.position, JournalEntry.seal).where(JournalEntry.position.is_not(None))
    found = session.execute(statement.order_by(JournalEntry.position.desc()).limit(1)).first()
    return (found.position or 0, found.seal) if found is not None else (0, None)


def _add_table(session: Session, packed: archive.Writer, folder: pathlib.Path, table: Table) -> archive.Table:
    """Write all rows of a table, read some at a time, and return what is to be said of it."""
    told = archive.Table(table.name, {column.name: archive.kind_of(column.type) for column in table.columns})
    checksum, number = Checksum(), 0
    with tempfile.TemporaryFile(dir=folder) as file:
        for line in lines(session.connection(), table, list(table.primary_key.columns), told):
            checksum.update(line)
            file.write(line)
            number += 1
        size = file.tell()
        file.seek(0)
        packed.add(f"tables/{table.name}.jsonl", file, size)
    return archive.Table(told.name, told.columns, number, checksum.hexdigest())


def lines(
    connection: Connection, table: FromClause, order: Sequence[ColumnElement[Any]], told: archive.Table
) -> Iterator[bytes]:
    """Yield the rows of a table as lines, in the order of its key, reading some at a time."""
    encode = told.encoder()
    statement = select(*(table.c[name] for name in told.columns)).order_by(*(_alike(connection, one) for one in order))
    for row in connection.execute(statement, execution_options={"yield_per": _ROWS}):
        yield encode(row)


def _alike(connection: Connection, column: ColumnElement[Any]) -> ColumnElement[Any]:
    """Return the column as it is ordered everywhere alike: text by its bytes, whatever language a database speaks."""
    if isinstance(column.type, String) and connection.dialect.name == "postgresql":
        return column.collate("C")
    return column
