"""apps, days of events, a sealed journal, the site's settings."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_KEPT = ("id", "at", "actor_kind", "actor_id", "action", "thing_type", "thing_id", "company_id", "event_id")
_REFUSAL = "the journal is append-only"


def _guard_journal() -> None:
    """Let the database itself refuse to change or delete what stands in the journal; a seal is written once."""
    if op.get_bind().dialect.name == "sqlite":
        same = " AND ".join(f"NEW.{name} IS OLD.{name}" for name in (*_KEPT, "details"))
        op.execute(
            "CREATE TRIGGER journal_entries_change BEFORE UPDATE ON journal_entries "
            f"WHEN NOT (OLD.seal IS NULL AND NEW.seal IS NOT NULL AND {same}) "
            f"BEGIN SELECT RAISE(ABORT, '{_REFUSAL}'); END"
        )
        # INSERT OR REPLACE deletes without asking the other triggers
        op.execute(
            "CREATE TRIGGER journal_entries_replace BEFORE INSERT ON journal_entries "  # noqa: S608 words of our own
            "WHEN EXISTS (SELECT 1 FROM journal_entries WHERE id = NEW.id OR position = NEW.position) "
            f"BEGIN SELECT RAISE(ABORT, '{_REFUSAL}'); END"
        )
        op.execute(
            "CREATE TRIGGER journal_entries_delete BEFORE DELETE ON journal_entries "
            f"BEGIN SELECT RAISE(ABORT, '{_REFUSAL}'); END"
        )
        return
    same = " AND ".join(f"NEW.{name} IS NOT DISTINCT FROM OLD.{name}" for name in _KEPT)
    op.execute(
        "CREATE FUNCTION journal_refuse() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{_REFUSAL}'; END $$"
    )
    op.execute(
        "CREATE TRIGGER journal_entries_change BEFORE UPDATE ON journal_entries FOR EACH ROW "
        f"WHEN (NOT (OLD.seal IS NULL AND NEW.seal IS NOT NULL AND {same} "
        "AND NEW.details::text = OLD.details::text)) EXECUTE FUNCTION journal_refuse()"
    )
    op.execute(
        "CREATE TRIGGER journal_entries_delete BEFORE DELETE ON journal_entries "
        "FOR EACH ROW EXECUTE FUNCTION journal_refuse()"
    )
    op.execute(
        "CREATE TRIGGER journal_entries_truncate BEFORE TRUNCATE ON journal_entries "
        "FOR EACH STATEMENT EXECUTE FUNCTION journal_refuse()"
    )


def _unguard_journal() -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TRIGGER journal_entries_replace")
        op.execute("DROP TRIGGER journal_entries_change")
        op.execute("DROP TRIGGER journal_entries_delete")
        return
    op.execute("DROP FUNCTION journal_refuse() CASCADE")


def _count_days() -> None:
    """Count what the guest lists say happened so far, by event and day (UTC)."""
    sqlite = op.get_bind().dialect.name == "sqlite"
    kinds = {
        "invited": ("invited_at", "invited_at IS NOT NULL"),
        "opened": ("opened_at", "opened_at IS NOT NULL"),
        "yes": ("replied_at", "reply = 'yes' AND replied_at IS NOT NULL"),
        "no": ("replied_at", "reply = 'no' AND replied_at IS NOT NULL"),
        "checked_in": ("checked_in_at", "checked_in_at IS NOT NULL"),
    }
    parts = []
    for kind, (moment, condition) in kinds.items():
        day = f"date({moment})" if sqlite else f"({moment} AT TIME ZONE 'UTC')::date"
        ones = ", ".join(f"{int(name == kind)} AS {name}" for name in kinds)
        parts.append(
            f"SELECT event_id, {day} AS day, {ones} FROM guests "  # noqa: S608 names of our own
            f"WHERE {condition} AND removed_at IS NULL AND unconfirmed_until IS NULL"
        )
    names = ", ".join(kinds)
    sums = ", ".join(f"SUM({name})" for name in kinds)
    op.execute(
        f"INSERT INTO event_days (event_id, day, {names}) SELECT event_id, day, {sums} "  # noqa: S608 as above
        f"FROM ({' UNION ALL '.join(parts)}) AS happened GROUP BY event_id, day"
    )


def upgrade() -> None:
    """Go one step up."""
    op.create_table(
        "apps",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("scopes", sa.JSON(), nullable=False),
        sa.Column("key_hash", sa.String(length=64), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=False),
        sa.Column("rotated_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_by", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"], name=op.f("fk_apps_company_id_companies")),
        sa.ForeignKeyConstraint(["created_by"], ["users.id"], name=op.f("fk_apps_created_by_users")),
        sa.ForeignKeyConstraint(["revoked_by"], ["users.id"], name=op.f("fk_apps_revoked_by_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_apps")),
    )
    with op.batch_alter_table("apps", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_apps_company_id_apps_id"), ["company_id", "id"], unique=False)
        batch_op.create_index(batch_op.f("ix_apps_created_by"), ["created_by"], unique=False)

    op.create_table(
        "event_days",
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("invited", sa.Integer(), nullable=False),
        sa.Column("opened", sa.Integer(), nullable=False),
        sa.Column("yes", sa.Integer(), nullable=False),
        sa.Column("no", sa.Integer(), nullable=False),
        sa.Column("checked_in", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["event_id"], ["events.id"], name=op.f("fk_event_days_event_id_events"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("event_id", "day", name=op.f("pk_event_days")),
    )
    with op.batch_alter_table("events", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_events_company_id_events_ends_at"), ["company_id", "ends_at"], unique=False
        )

    with op.batch_alter_table("journal_entries", schema=None, table_kwargs={"sqlite_autoincrement": True}) as batch_op:
        batch_op.add_column(sa.Column("position", sa.BigInteger(), nullable=True))
        batch_op.add_column(sa.Column("seal", sa.String(length=64), nullable=True))
        batch_op.drop_index(batch_op.f("ix_journal_entries_actor_id"))
        batch_op.create_index(
            batch_op.f("ix_journal_entries_actor_id_journal_entries_id"), ["actor_id", "id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_journal_entries_at"), ["at"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_journal_entries_event_id_journal_entries_id"), ["event_id", "id"], unique=False
        )
        batch_op.create_index(
            "ix_journal_entries_unsealed",
            ["id"],
            unique=False,
            sqlite_where=sa.text("seal IS NULL"),
            postgresql_where=sa.text("seal IS NULL"),
        )
        batch_op.create_unique_constraint(batch_op.f("uq_journal_entries_position"), ["position"])
        batch_op.create_check_constraint(
            batch_op.f("ck_journal_entries_seal_with_position"), "(seal IS NULL) = (position IS NULL)"
        )

    with op.batch_alter_table("login_sessions", schema=None) as batch_op:
        batch_op.add_column(sa.Column("company_id", sa.Uuid(), nullable=True))
        batch_op.add_column(sa.Column("app_id", sa.Uuid(), nullable=True))
        batch_op.create_index(batch_op.f("ix_login_sessions_app_id"), ["app_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_login_sessions_company_id"), ["company_id"], unique=False)
        batch_op.create_foreign_key(
            batch_op.f("fk_login_sessions_company_id_companies"), "companies", ["company_id"], ["id"]
        )
        batch_op.create_foreign_key(batch_op.f("fk_login_sessions_app_id_apps"), "apps", ["app_id"], ["id"])

    with op.batch_alter_table("outbox_mails", schema=None) as batch_op:
        batch_op.create_index(
            "ix_outbox_mails_failed",
            ["company_id"],
            unique=False,
            sqlite_where=sa.text("state = 'failed'"),
            postgresql_where=sa.text("state = 'failed'"),
        )

    with op.batch_alter_table("projects", schema=None) as batch_op:
        batch_op.add_column(sa.Column("calendar_nonce", sa.String(length=43), nullable=True))

    with op.batch_alter_table("sites", schema=None) as batch_op:
        batch_op.add_column(sa.Column("limits", sa.JSON(), nullable=False, server_default="{}"))
        batch_op.add_column(sa.Column("privacy_url", sa.String(length=500), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("terms_url", sa.String(length=500), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("imprint_url", sa.String(length=500), nullable=False, server_default=""))
    with op.batch_alter_table("sites", schema=None) as batch_op:
        for name in ("limits", "privacy_url", "terms_url", "imprint_url"):
            batch_op.alter_column(name, server_default=None)

    _guard_journal()
    _count_days()


def downgrade() -> None:
    """Go one step down."""
    with op.batch_alter_table("sites", schema=None) as batch_op:
        batch_op.drop_column("imprint_url")
        batch_op.drop_column("terms_url")
        batch_op.drop_column("privacy_url")
        batch_op.drop_column("limits")

    with op.batch_alter_table("projects", schema=None) as batch_op:
        batch_op.drop_column("calendar_nonce")

    with op.batch_alter_table("outbox_mails", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_outbox_mails_failed",
            sqlite_where=sa.text("state = 'failed'"),
            postgresql_where=sa.text("state = 'failed'"),
        )

    with op.batch_alter_table("login_sessions", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_login_sessions_app_id_apps"), type_="foreignkey")
        batch_op.drop_constraint(batch_op.f("fk_login_sessions_company_id_companies"), type_="foreignkey")
        batch_op.drop_index(batch_op.f("ix_login_sessions_company_id"))
        batch_op.drop_index(batch_op.f("ix_login_sessions_app_id"))
        batch_op.drop_column("app_id")
        batch_op.drop_column("company_id")

    _unguard_journal()
    with op.batch_alter_table("journal_entries", schema=None, table_kwargs={"sqlite_autoincrement": True}) as batch_op:
        batch_op.drop_constraint(batch_op.f("ck_journal_entries_seal_with_position"), type_="check")
        batch_op.drop_constraint(batch_op.f("uq_journal_entries_position"), type_="unique")
        batch_op.drop_index(
            "ix_journal_entries_unsealed",
            sqlite_where=sa.text("seal IS NULL"),
            postgresql_where=sa.text("seal IS NULL"),
        )
        batch_op.drop_index(batch_op.f("ix_journal_entries_event_id_journal_entries_id"))
        batch_op.drop_index(batch_op.f("ix_journal_entries_at"))
        batch_op.drop_index(batch_op.f("ix_journal_entries_actor_id_journal_entries_id"))
        batch_op.create_index(batch_op.f("ix_journal_entries_actor_id"), ["actor_id"], unique=False)
        batch_op.drop_column("seal")
        batch_op.drop_column("position")

    with op.batch_alter_table("events", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_events_company_id_events_ends_at"))

    op.drop_table("event_days")
    with op.batch_alter_table("apps", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_apps_created_by"))
        batch_op.drop_index(batch_op.f("ix_apps_company_id_apps_id"))

    op.drop_table("apps")
