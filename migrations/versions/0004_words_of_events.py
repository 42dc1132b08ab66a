"""words of events."""

import sqlalchemy as sa
from alembic import op

from webapp.core.words import words_of

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

PUBLIC = sa.text("state = 'published' AND visibility = 'public'")
OLD_LIST = "ix_guests_event_id_guests_removed_at_guests_name_key_guests_id"
GUESTS = {
    "ix_guests_list": (["event_id", "name_key", "id"], "removed_at IS NULL"),
    "ix_guests_reply": (["event_id", "reply", "name_key", "id"], "removed_at IS NULL"),
    "ix_guests_not_invited": (
        ["event_id", "name_key", "id"],
        "removed_at IS NULL AND invited_at IS NULL AND reply IS NULL",
    ),
    "ix_guests_waiting": (["event_id", "name_key", "id"], "removed_at IS NULL AND waiting_since IS NOT NULL"),
    "ix_guests_in": (["event_id", "name_key", "id"], "removed_at IS NULL AND checked_in_at IS NOT NULL"),
}
BY_WORD = "ix_event_words_word_event_words_starts_at_event_words_event_id"
AT_ONCE = 2_000


def _public(*columns: str) -> None:
    op.create_index(
        "ix_events_public", "events", list(columns), unique=False, sqlite_where=PUBLIC, postgresql_where=PUBLIC
    )


def upgrade() -> None:
    """Go one step up."""
    words = op.create_table(
        "event_words",
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("word", sa.String(length=40).with_variant(sa.String(40, "C"), "postgresql"), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["event_id"], ["events.id"], name=op.f("fk_event_words_event_id_events"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("event_id", "word", name=op.f("pk_event_words")),
        sqlite_with_rowid=False,
    )
    _fill(words)
    op.create_index(op.f(BY_WORD), "event_words", ["word", "starts_at", "event_id"], unique=False)
    op.drop_index("ix_events_public", "events")
    _public("starts_at", "id", "ends_at")
    op.drop_index(op.f("ix_events_host_id_events_starts_at"), "events")
    op.create_index(
        op.f("ix_events_host_id_events_starts_at_events_id"), "events", ["host_id", "starts_at", "id"], unique=False
    )
    op.create_index(op.f("ix_events_starts_at_events_id"), "events", ["starts_at", "id"], unique=False)
    op.drop_index(op.f(OLD_LIST), "guests")
    for name, (columns, where) in GUESTS.items():
        narrowed = sa.text(where)
        op.create_index(name, "guests", columns, unique=False, sqlite_where=narrowed, postgresql_where=narrowed)


def _fill(words: sa.Table) -> None:
    """Write the words of the events there are."""
    events = sa.table(
        "events",
        sa.column("id", sa.Uuid()),
        sa.column("title", sa.String()),
        sa.column("place", sa.String()),
        # as it is kept, whatever the database says of zones
        sa.column("starts_at", sa.DateTime(timezone=True)),
    )
    connection = op.get_bind()
    last = None
    while True:
        statement = sa.select(events).order_by(events.c.id).limit(AT_ONCE)
        found = connection.execute(statement if last is None else statement.where(events.c.id > last)).all()
        if not found:
            return
        last = found[-1].id
        rows = [
            {"event_id": event.id, "word": word, "starts_at": event.starts_at}
            for event in found
            for word in sorted(words_of(f"{event.title} {event.place}"))
        ]
        if rows:
            connection.execute(sa.insert(words), rows)


def downgrade() -> None:
    """Go one step down."""
    for name in GUESTS:
        op.drop_index(name, "guests")
    op.create_index(op.f(OLD_LIST), "guests", ["event_id", "removed_at", "name_key", "id"], unique=False)
    op.drop_index(op.f("ix_events_starts_at_events_id"), "events")
    op.drop_index(op.f("ix_events_host_id_events_starts_at_events_id"), "events")
    op.create_index(op.f("ix_events_host_id_events_starts_at"), "events", ["host_id", "starts_at"], unique=False)
    op.drop_index("ix_events_public", "events")
    _public("starts_at", "id")
    op.drop_index(op.f(BY_WORD), "event_words")
    op.drop_table("event_words")
