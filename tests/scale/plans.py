"""What the statements of a request do: how the database goes about them, and how much it looks at."""

import contextlib
import dataclasses
import json
from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa

from webapp.core.database import db

LARGE = ("events", "guests", "event_words")


@dataclasses.dataclass(frozen=True)
class Asked:
    """A statement and its values, as the driver was given them."""

    statement: str
    values: Any

    @property
    def counts(self) -> bool:
        """Whether it gives no rows but how many there are."""
        return self.statement.lstrip().startswith("SELECT count(") or self.statement.startswith("SELECT (SELECT count(")


@contextlib.contextmanager
def noted() -> Iterator[list[Asked]]:
    """Note what is read while this lasts."""
    seen: list[Asked] = []

    def note(_connection: Any, _cursor: Any, statement: str, values: Any, *_more: Any) -> None:
        if statement.lstrip().startswith(("SELECT", "WITH")):
            seen.append(Asked(statement, values))

    sa.event.listen(db.engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        sa.event.remove(db.engine, "before_cursor_execute", note)


@dataclasses.dataclass(frozen=True)
class Work:
    """How one statement is done: the lines of its plan, what is wrong with them, and how much is looked at."""

    plan: str
    wrong: tuple[str, ...]
    looked_at: int
    """Rows on PostgreSQL, steps of its machine on SQLite."""
    counts: bool


def work_of(asked: Asked) -> Work:
    """Do the statement again and tell how."""
    return _on_postgresql(asked) if db.engine.dialect.name == "postgresql" else _on_sqlite(asked)


STEPS = 100


def _on_sqlite(asked: Asked) -> Work:
    with db.engine.connect() as connection:
        rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {asked.statement}", asked.values).fetchall()
        lines = [str(row[3]) for row in rows]
        ticks = 0

        def tick() -> int:
            nonlocal ticks
            ticks += 1
            return 0

        raw = connection.connection.driver_connection
        raw.set_progress_handler(tick, STEPS)
        connection.exec_driver_sql(asked.statement, asked.values).fetchall()
        raw.set_progress_handler(None, 0)
    wrong = [line for line in lines if line.startswith("SCAN") and line.split()[1] in LARGE and "INDEX" not in line]
    return Work("\n".join(lines), tuple(wrong), ticks * STEPS, asked.counts)


def _nodes(plan: dict[str, Any], depth: int = 0) -> Iterator[tuple[int, dict[str, Any]]]:
    yield depth, plan
    for below in plan.get("Plans", ()):
        yield from _nodes(below, depth + 1)


def _rows(node: dict[str, Any]) -> int:
    seen = node["Actual Rows"] + node.get("Rows Removed by Filter", 0) + node.get("Rows Removed by Join Filter", 0)
    return int(seen * node["Actual Loops"])


def _on_postgresql(asked: Asked) -> Work:
    with db.engine.connect() as connection:
        found = connection.exec_driver_sql(f"EXPLAIN (ANALYZE, FORMAT JSON) {asked.statement}", asked.values).scalar()
    plan = found if isinstance(found, list) else json.loads(str(found))
    nodes = list(_nodes(plan[0]["Plan"]))
    wrong, lines = [], []
    for depth, node in nodes:
        where = node.get("Relation Name", "")
        line = f"{node['Node Type']} {where} {node.get('Index Name', '')} {_rows(node)}"
        lines.append("  " * depth + line)
        if node["Node Type"] == "Seq Scan" and where in LARGE:
            wrong.append(line)
    return Work("\n".join(lines), tuple(wrong), sum(_rows(node) for _, node in nodes), asked.counts)
