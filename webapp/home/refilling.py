"""Taking the old tables away and filling new ones from a backup: one transaction, used by `restore.py`."""

import itertools
from collections.abc import Callable, Iterator
from typing import Any

from alembic import command
from flask import current_app
from flask_babel import gettext as _
from sqlalchemy import JSON, Connection, Inspector, TableClause, bindparam, column, func, inspect, select, table, update
from sqlalchemy import text as sql

from webapp.core.database import Base, db
from webapp.core.errors import BusyError
from webapp.core.operation import operation
from webapp.home import archive, backup

Say = Callable[[str], None]
_ROWS = 1000
_OTHERS = sql(
    "SELECT count(*) FROM pg_stat_activity "
    "WHERE datname = current_database() AND pid <> pg_backend_pid() AND usename IS NOT NULL"
)
# The functions that triggers of these tables call: they stay behind when the tables go.
_FUNCTIONS = sql(
    "SELECT DISTINCT tgfoid::regprocedure::text FROM pg_trigger "
    "WHERE NOT tgisinternal AND tgrelid = ANY (CAST(:tables AS regclass[]))"
)


class RefusedError(Exception):
    """The database cannot be filled from the backup; the message says why. Everything is rolled back."""


def occupied(connection: Connection) -> bool:
    """Tell whether there are rows of people's: a site that nobody has set up yet is none."""
    there = set(inspect(connection).get_table_names())
    for known in Base.metadata.sorted_tables:
        if known.name in there:
            rows = select(sql("1")).select_from(table(known.name)).limit(1)
            if known.name == "sites":
                rows = rows.where(column("set_up_at").is_not(None))
            if connection.execute(rows).first() is not None:
                return True
    return False


@operation
def refill(found: archive.Archive, *, replace: bool, say: Say) -> None:
    """Take the old tables away and fill new ones from the backup, up to this version's migrations; tell `say` of it.

    Foreign keys must be off on SQLite. Raises RefusedError, ArchiveError, BusyError where somebody else is connected,
    and what SQLAlchemy raises where a row does not fit.
    """
    connection = db.session.connection()
    if connection.dialect.name == "postgresql":
        _want_alone(connection)
    if not replace and occupied(connection):
        raise RefusedError(_("There is something in the database already; --replace takes it away."))
    _take_away(connection, found.manifest)
    _migrate(connection, found.manifest.revision)
    told = _in_order(inspect(connection), found.manifest)
    for one in reversed(told):
        if one.name == "sites":
            connection.execute(table(one.name).delete())  # the row that migrations begin with
    for one in told:
        say(_("%(name)s: %(rows)d", name=one.name, rows=one.rows))
        _fill(connection, found, one)
    _number_on(connection, told)
    _migrate(connection, "head")
    _check_references(connection)
    say(_("Everything is in."))


def _want_alone(connection: Connection) -> None:
    connection.execute(sql("SET LOCAL lock_timeout = '5s'"))
    if connection.scalar(_OTHERS):
        raise BusyError


def _take_away(connection: Connection, manifest: archive.Manifest) -> None:
    """Drop what Folkmoot has made, and nothing else: a queue of jobs may stand beside it."""
    ours = {*Base.metadata.tables, *(one.name for one in manifest.tables), "alembic_version"}
    names = sorted(ours & set(inspect(connection).get_table_names()))
    if not names:
        return
    quote = connection.dialect.identifier_preparer.quote
    if connection.dialect.name == "postgresql":
        functions = connection.scalars(_FUNCTIONS, {"tables": [quote(name) for name in names]}).all()
        connection.exec_driver_sql(f"DROP TABLE {', '.join(quote(name) for name in names)} CASCADE")
        for function in functions:
            connection.exec_driver_sql(f"DROP FUNCTION {function} CASCADE")
        return
    for name in names:
        connection.exec_driver_sql(f"DROP TABLE {quote(name)}")


def _migrate(connection: Connection, revision: str) -> None:
    config = current_app.extensions["migrate"].migrate.get_config()
    config.attributes["connection"] = connection
    command.upgrade(config, revision)


def _in_order(inspector: Inspector, manifest: archive.Manifest) -> list[archive.Table]:
    """Return the tables, each after those it points to. Raises RefusedError where the database has others."""
    told = {one.name: one for one in manifest.tables}
    names = [name for name, _keys in inspector.get_sorted_table_and_fkc_names() if name and name != "alembic_version"]
    ours = [name for name in names if name in told or name in Base.metadata.tables]
    for name in {*ours, *told}:
        there = {found["name"] for found in inspector.get_columns(name)} if name in names else set()
        if name not in told or there != set(told[name].columns):
            raise RefusedError(_("The table %(name)s is not as the backup says.", name=name))
    return [told[name] for name in ours]


def _fill(connection: Connection, found: archive.Archive, told: archive.Table) -> None:
    """Insert the rows of a table, and read back that they are what was backed up."""
    inspector = inspect(connection)
    clause = _clause(inspector, told)
    own = [
        key["constrained_columns"][0]
        for key in inspector.get_foreign_keys(told.name)
        if key["referred_table"] == told.name
    ]
    for rows in _batches({**row, **dict.fromkeys(own)} for row in found.rows(told)):
        connection.execute(clause.insert(), rows)
    ordered = [clause.c[name] for name in inspector.get_pk_constraint(told.name)["constrained_columns"]]
    for name in own:  # rows that point to rows of the same table, which are all there now
        points = update(clause).where(ordered[0] == bindparam("row")).values({name: bindparam("to")})
        pointing = ({"row": row[ordered[0].name], "to": row[name]} for row in found.rows(told) if row[name] is not None)
        for rows in _batches(pointing):
            connection.execute(points, rows)
    number, checksum = 0, backup.Checksum()
    for line in backup.lines(connection, clause, ordered, told):
        checksum.update(line)
        number += 1
    if (number, checksum.hexdigest()) != (told.rows, told.sha256):
        raise RefusedError(_("The table %(name)s did not come out of the database as it went in.", name=told.name))


def _clause(inspector: Inspector, told: archive.Table) -> TableClause:
    nullable = {found["name"]: found["nullable"] for found in inspector.get_columns(told.name)}
    columns = [
        column(name, JSON(none_as_null=nullable[name]) if kind == "json" else archive.TYPES[kind]())
        for name, kind in told.columns.items()
    ]
    return table(told.name, *columns)


def _batches(rows: Iterator[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    while batch := list(itertools.islice(rows, _ROWS)):
        yield batch


def _number_on(connection: Connection, told: list[archive.Table]) -> None:
    """Let PostgreSQL number new rows from where the backup's end; SQLite does so by itself."""
    if connection.dialect.name != "postgresql":
        return
    for one in told:
        for name in (name for name, kind in one.columns.items() if kind == "int"):
            sequence = connection.scalar(select(func.pg_get_serial_sequence(one.name, name)))
            if sequence is not None:
                last = connection.scalar(select(func.max(column(name))).select_from(table(one.name)))
                connection.execute(select(func.setval(sequence, last or 1, last is not None)))
    connection.exec_driver_sql("ANALYZE " + ", ".join(one.name for one in told))


def _check_references(connection: Connection) -> None:
    """Find rows that point to rows that are not there, on SQLite, whose foreign keys were off."""
    if connection.dialect.name == "sqlite":
        broken = connection.exec_driver_sql("PRAGMA foreign_key_check").first()
        if broken is not None:
            raise RefusedError(_("A row of %(name)s points to one that is not there.", name=broken[0]))
