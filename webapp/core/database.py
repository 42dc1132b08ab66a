"""The base of all tables: their types, the names of their constraints, and how a connection is opened."""

import datetime as dt
import uuid
from typing import Any, ClassVar

import uuid_utils.compat
from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import JSON, DateTime, Engine, MetaData, Uuid, event
from sqlalchemy.engine import Connection, Dialect
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, registry
from sqlalchemy.types import TypeDecorator

from webapp.core import clock

NAMING = {
    "ix": "ix_%(column_0_N_label)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}
BUSY_MILLISECONDS = 20_000


class UtcDateTime(TypeDecorator[dt.datetime]):
    """An aware datetime, kept in UTC. SQLite has no time zones, so they are taken off and put on here."""

    impl = DateTime
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> Any:
        """Use `timestamptz` where there is one."""
        return dialect.type_descriptor(DateTime(timezone=dialect.name != "sqlite"))

    def process_bind_param(self, value: dt.datetime | None, dialect: Dialect) -> dt.datetime | None:
        """Refuse naive datetimes (ValueError) and turn the others to UTC."""
        if value is None:
            return None
        if value.tzinfo is None:
            message = "a datetime without a time zone cannot be kept"
            raise ValueError(message)
        value = value.astimezone(dt.UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: dt.datetime | None, dialect: Dialect) -> dt.datetime | None:  # noqa: ARG002 given
        """Give back aware UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=dt.UTC) if value.tzinfo is None else value.astimezone(dt.UTC)


class Base(DeclarativeBase):
    """What every table has in common: naming, types, and a readable form."""

    registry = registry(
        metadata=MetaData(naming_convention=NAMING),
        type_annotation_map={dt.datetime: UtcDateTime(), uuid.UUID: Uuid(), dict[str, Any]: JSON(), list[str]: JSON()},
    )
    __table_args__: Any = ()
    _shown: ClassVar[str] = "id"

    def __repr__(self) -> str:
        """Name the row by its class and key; never by a person's name."""
        return f"<{type(self).__name__} {self.__dict__.get(self._shown, '?')}>"


def new_id() -> uuid.UUID:
    """Return a row id that grows with time (UUID version 7, RFC 9562)."""
    return uuid_utils.compat.uuid7()


def random_id() -> uuid.UUID:
    """Return a row id that says nothing of when it was made (UUID version 4)."""
    return uuid.uuid4()


class WithId:
    """A row known by a UUID that grows with time."""

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id, sort_order=-10)


class WithCreated:
    """A row that knows when it was made."""

    created_at: Mapped[dt.datetime] = mapped_column(default=clock.now, sort_order=900)


db = SQLAlchemy(model_class=Base, engine_options={"pool_pre_ping": True})


def _sqlite_connect(connection: Any, _record: Any) -> None:
    # The driver's own transactions begin late, at the first write: they are off, and `_sqlite_begin` says BEGIN.
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in (
        "foreign_keys=ON",
        f"busy_timeout={BUSY_MILLISECONDS}",
        "journal_mode=WAL",
        "synchronous=FULL",
        "cache_size=-16000",
        "temp_store=MEMORY",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _sqlite_begin(connection: Connection) -> None:
    write = connection.get_execution_options().get("write", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")


def prepare_engine(engine: Engine) -> None:
    """Set `engine` up for its database: WAL, full synchronisation and immediate writes on SQLite."""
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _sqlite_connect)
        event.listen(engine, "begin", _sqlite_begin)


def init_database(app: Flask) -> None:
    """Bind the database to `app` and prepare its engine."""
    db.init_app(app)
    with app.app_context():
        prepare_engine(db.engine)
