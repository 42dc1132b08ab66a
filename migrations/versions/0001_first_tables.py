"""first tables."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go one step up."""
    op.create_table(
        "companies",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("slug", sa.String(length=70), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("parent_id", sa.Uuid(), nullable=True),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("parent_id IS NULL OR parent_id <> id", name=op.f("ck_companies_not_its_own_parent")),
        sa.ForeignKeyConstraint(["parent_id"], ["companies.id"], name=op.f("fk_companies_parent_id_companies")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_companies")),
        sa.UniqueConstraint("slug", name=op.f("uq_companies_slug")),
    )
    with op.batch_alter_table("companies", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_companies_parent_id"), ["parent_id"], unique=False)

    op.create_table(
        "journal_entries",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_kind", sa.String(length=10), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=True),
        sa.Column("action", sa.String(length=60), nullable=False),
        sa.Column("thing_type", sa.String(length=30), nullable=False),
        sa.Column("thing_id", sa.Uuid(), nullable=True),
        sa.Column("company_id", sa.Uuid(), nullable=True),
        sa.Column("event_id", sa.Uuid(), nullable=True),
        sa.Column("details", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_journal_entries")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("journal_entries", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_journal_entries_actor_id"), ["actor_id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_journal_entries_company_id_journal_entries_id"), ["company_id", "id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_journal_entries_thing_type_journal_entries_thing_id"),
            ["thing_type", "thing_id"],
            unique=False,
        )

    op.create_table(
        "sites",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("footer", sa.String(length=500), nullable=False),
        sa.Column("registration", sa.String(length=20), nullable=True),
        sa.Column("allowed_domains", sa.Text(), nullable=False),
        sa.Column("set_up_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "registration IN ('open', 'invitation') OR registration IS NULL", name=op.f("ck_sites_registration")
        ),
        sa.CheckConstraint("id = 1", name=op.f("ck_sites_single")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sites")),
    )
    # The installation's one row, so that setting it up is a conditional UPDATE
    op.execute(sa.text("INSERT INTO sites (id, name, footer, allowed_domains) VALUES (1, 'Folkmoot', '', '')"))
    op.create_table(
        "users",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("email", sa.String(length=190), nullable=True),
        sa.Column("email_key", sa.String(length=190), nullable=True),
        sa.Column("password_hash", sa.String(length=255), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("surname", sa.String(length=255), nullable=False),
        sa.Column("eth_address", sa.String(length=42), nullable=True),
        sa.Column("timezone", sa.String(length=64), nullable=True),
        sa.Column("reputation", sa.Integer(), nullable=False),
        sa.Column("verified_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("registered_by", sa.String(length=64), nullable=True),
        sa.Column("site_administrator", sa.Boolean(), nullable=False),
        sa.Column("calendar_nonce", sa.String(length=43), nullable=True),
        sa.Column("disabled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("(email IS NULL) = (email_key IS NULL)", name=op.f("ck_users_email_with_key")),
        sa.CheckConstraint("email IS NOT NULL OR deleted_at IS NOT NULL", name=op.f("ck_users_email_unless_deleted")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_users")),
        sa.UniqueConstraint("email_key", name=op.f("uq_users_email_key")),
    )
    op.create_table(
        "company_ancestors",
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("ancestor_id", sa.Uuid(), nullable=False),
        sa.Column("depth", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["ancestor_id"], ["companies.id"], name=op.f("fk_company_ancestors_ancestor_id_companies")
        ),
        sa.ForeignKeyConstraint(
            ["company_id"], ["companies.id"], name=op.f("fk_company_ancestors_company_id_companies")
        ),
        sa.PrimaryKeyConstraint("company_id", "ancestor_id", name=op.f("pk_company_ancestors")),
    )
    with op.batch_alter_table("company_ancestors", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_company_ancestors_ancestor_id"), ["ancestor_id"], unique=False)

    op.create_table(
        "login_sessions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("secret_hash", sa.String(length=64), nullable=False),
        sa.Column("remember", sa.Boolean(), nullable=False),
        sa.Column("device", sa.String(length=120), nullable=False),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("fresh_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("kind IN ('browser', 'token')", name=op.f("ck_login_sessions_kind")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_login_sessions_user_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_login_sessions")),
        sa.UniqueConstraint("secret_hash", name=op.f("uq_login_sessions_secret_hash")),
    )
    with op.batch_alter_table("login_sessions", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_login_sessions_user_id_login_sessions_revoked_at"), ["user_id", "revoked_at"], unique=False
        )

    op.create_table(
        "memberships",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("granted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("granted_by", sa.Uuid(), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_by", sa.Uuid(), nullable=True),
        sa.CheckConstraint(
            "role IN ('owner', 'administrator', 'organiser', 'doorkeeper')", name=op.f("ck_memberships_role")
        ),
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"], name=op.f("fk_memberships_company_id_companies")),
        sa.ForeignKeyConstraint(["granted_by"], ["users.id"], name=op.f("fk_memberships_granted_by_users")),
        sa.ForeignKeyConstraint(["revoked_by"], ["users.id"], name=op.f("fk_memberships_revoked_by_users")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_memberships_user_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_memberships")),
    )
    with op.batch_alter_table("memberships", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_memberships_user_id"), ["user_id"], unique=False)
        batch_op.create_index(
            "uq_memberships_standing",
            ["company_id", "user_id"],
            unique=True,
            sqlite_where=sa.text("revoked_at IS NULL"),
            postgresql_where=sa.text("revoked_at IS NULL"),
        )

    op.create_table(
        "one_time_links",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("purpose", sa.String(length=20), nullable=False),
        sa.Column("nonce", sa.String(length=43), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("email", sa.String(length=190), nullable=True),
        sa.Column("next_url", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("purpose IN ('verify', 'reset', 'email-change')", name=op.f("ck_one_time_links_purpose")),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_one_time_links_user_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_one_time_links")),
    )
    with op.batch_alter_table("one_time_links", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_one_time_links_user_id_one_time_links_purpose"), ["user_id", "purpose"], unique=False
        )

    op.create_table(
        "projects",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("is_default", sa.Boolean(), nullable=False),
        sa.Column("archived_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"], name=op.f("fk_projects_company_id_companies")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_projects")),
    )
    with op.batch_alter_table("projects", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_projects_company_id"), ["company_id"], unique=False)
        batch_op.create_index(
            "uq_projects_default",
            ["company_id"],
            unique=True,
            sqlite_where=sa.text("is_default"),
            postgresql_where=sa.text("is_default"),
        )

    op.create_table(
        "events",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("host_id", sa.Uuid(), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("place", sa.String(length=255), nullable=False),
        sa.Column("timezone", sa.String(length=64), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("join_by", sa.DateTime(timezone=True), nullable=True),
        sa.Column("capacity", sa.Integer(), nullable=True),
        sa.Column("visibility", sa.String(length=20), nullable=False),
        sa.Column("reward", sa.Integer(), nullable=False),
        sa.Column("search_key", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cancelled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("taken", sa.Integer(), nullable=False),
        sa.Column("offered", sa.Integer(), nullable=False),
        sa.Column("guests_listed", sa.Integer(), nullable=False),
        sa.Column("guests_invited", sa.Integer(), nullable=False),
        sa.Column("guests_opened", sa.Integer(), nullable=False),
        sa.Column("guests_yes", sa.Integer(), nullable=False),
        sa.Column("guests_no", sa.Integer(), nullable=False),
        sa.Column("guests_waiting", sa.Integer(), nullable=False),
        sa.Column("guests_checked_in", sa.Integer(), nullable=False),
        sa.Column("guests_on_roll", sa.Integer(), nullable=False),
        sa.Column("voting_opens_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("voting_closes_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("roll", sa.String(length=10), nullable=False),
        sa.Column("min_votes", sa.Integer(), nullable=False),
        sa.Column("min_turnout", sa.String(length=30), nullable=False),
        sa.Column("min_agreement", sa.String(length=30), nullable=False),
        sa.Column("decide_by", sa.String(length=10), nullable=False),
        sa.Column("decide_when", sa.String(length=10), nullable=False),
        sa.Column("secrecy", sa.String(length=10), nullable=False),
        sa.Column("results", sa.String(length=20), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("decide_by IN ('question', 'ballot')", name=op.f("ck_events_decide_by")),
        sa.CheckConstraint("decide_when IN ('at close', 'at once')", name=op.f("ck_events_decide_when")),
        sa.CheckConstraint("results IN ('live', 'after voting', 'after close')", name=op.f("ck_events_results")),
        sa.CheckConstraint("roll IN ('open', 'frozen')", name=op.f("ck_events_roll")),
        sa.CheckConstraint("secrecy IN ('secret', 'open')", name=op.f("ck_events_secrecy")),
        sa.CheckConstraint("state IN ('draft', 'published', 'cancelled')", name=op.f("ck_events_state")),
        sa.CheckConstraint("visibility IN ('public', 'unlisted', 'invited')", name=op.f("ck_events_visibility")),
        sa.CheckConstraint("capacity IS NULL OR capacity >= 1", name=op.f("ck_events_capacity")),
        sa.CheckConstraint("ends_at > starts_at", name=op.f("ck_events_ends_after_start")),
        sa.CheckConstraint("join_by <= ends_at", name=op.f("ck_events_join_by_before_end")),
        sa.CheckConstraint("min_votes >= 1", name=op.f("ck_events_min_votes")),
        sa.CheckConstraint("offered >= 0", name=op.f("ck_events_offered")),
        sa.CheckConstraint("reward >= 0", name=op.f("ck_events_reward")),
        sa.CheckConstraint(
            "taken >= 0 AND (capacity IS NULL OR taken + offered <= capacity)", name=op.f("ck_events_places")
        ),
        sa.CheckConstraint("voting_closes_at > voting_opens_at", name=op.f("ck_events_voting_closes_after_opening")),
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"], name=op.f("fk_events_company_id_companies")),
        sa.ForeignKeyConstraint(["host_id"], ["users.id"], name=op.f("fk_events_host_id_users")),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name=op.f("fk_events_project_id_projects")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_events")),
    )
    with op.batch_alter_table("events", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_events_company_id_events_starts_at_events_id"),
            ["company_id", "starts_at", "id"],
            unique=False,
        )
        batch_op.create_index(batch_op.f("ix_events_host_id_events_starts_at"), ["host_id", "starts_at"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_events_project_id_events_starts_at_events_id"),
            ["project_id", "starts_at", "id"],
            unique=False,
        )
        batch_op.create_index(
            "ix_events_public",
            ["starts_at", "id"],
            unique=False,
            sqlite_where=sa.text("state = 'published' AND visibility = 'public'"),
            postgresql_where=sa.text("state = 'published' AND visibility = 'public'"),
        )

    op.create_table(
        "answer_sets",
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("answers", sa.JSON(), nullable=False),
        sa.Column("votes", sa.Integer(), nullable=False),
        sa.Column("votes_shown", sa.Integer(), nullable=False),
        sa.Column("votes_held", sa.Integer(), nullable=False),
        sa.CheckConstraint("votes >= 0", name=op.f("ck_answer_sets_votes")),
        sa.ForeignKeyConstraint(["event_id"], ["events.id"], name=op.f("fk_answer_sets_event_id_events")),
        sa.PrimaryKeyConstraint("event_id", "key", name=op.f("pk_answer_sets")),
    )
    op.create_table(
        "co_hosts",
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["event_id"], ["events.id"], name=op.f("fk_co_hosts_event_id_events"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_co_hosts_user_id_users")),
        sa.PrimaryKeyConstraint("event_id", "user_id", name=op.f("pk_co_hosts")),
    )
    with op.batch_alter_table("co_hosts", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_co_hosts_user_id"), ["user_id"], unique=False)

    op.create_table(
        "invitations",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("issuer_id", sa.Uuid(), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=True),
        sa.Column("event_id", sa.Uuid(), nullable=True),
        sa.Column("role", sa.String(length=20), nullable=True),
        sa.Column("email", sa.String(length=190), nullable=True),
        sa.Column("email_key", sa.String(length=190), nullable=True),
        sa.Column("nonce", sa.String(length=43), nullable=False),
        sa.Column("max_uses", sa.Integer(), nullable=True),
        sa.Column("uses", sa.Integer(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_by", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("(kind = 'company') = (role IS NOT NULL)", name=op.f("ck_invitations_role_for_company")),
        sa.CheckConstraint("(kind = 'event') = (event_id IS NOT NULL)", name=op.f("ck_invitations_event")),
        sa.CheckConstraint("kind <> 'company' OR company_id IS NOT NULL", name=op.f("ck_invitations_company")),
        sa.CheckConstraint("kind IN ('site', 'company', 'event')", name=op.f("ck_invitations_kind")),
        sa.CheckConstraint(
            "role IN ('owner', 'administrator', 'organiser', 'doorkeeper') OR role IS NULL",
            name=op.f("ck_invitations_role"),
        ),
        sa.CheckConstraint("uses >= 0 AND (max_uses IS NULL OR uses <= max_uses)", name=op.f("ck_invitations_uses")),
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"], name=op.f("fk_invitations_company_id_companies")),
        sa.ForeignKeyConstraint(["event_id"], ["events.id"], name=op.f("fk_invitations_event_id_events")),
        sa.ForeignKeyConstraint(["issuer_id"], ["users.id"], name=op.f("fk_invitations_issuer_id_users")),
        sa.ForeignKeyConstraint(["revoked_by"], ["users.id"], name=op.f("fk_invitations_revoked_by_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invitations")),
    )
    with op.batch_alter_table("invitations", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_invitations_company_id_invitations_id"), ["company_id", "id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_invitations_event_id_invitations_id"), ["event_id", "id"], unique=False)
        batch_op.create_index(batch_op.f("ix_invitations_issuer_id_invitations_id"), ["issuer_id", "id"], unique=False)

    op.create_table(
        "outbox_mails",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("template", sa.String(length=60), nullable=False),
        sa.Column("to_email", sa.String(length=190), nullable=False),
        sa.Column("to_key", sa.String(length=190), nullable=False),
        sa.Column("to_name", sa.String(length=255), nullable=False),
        sa.Column("context", sa.JSON(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=True),
        sa.Column("guest_id", sa.Uuid(), nullable=True),
        sa.Column("event_id", sa.Uuid(), nullable=True),
        sa.Column("company_id", sa.Uuid(), nullable=True),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_attempt_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("claimed_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("message_id", sa.String(length=120), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "state IN ('queued', 'sending', 'sent', 'failed', 'dropped')", name=op.f("ck_outbox_mails_state")
        ),
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"], name=op.f("fk_outbox_mails_company_id_companies")),
        sa.ForeignKeyConstraint(["event_id"], ["events.id"], name=op.f("fk_outbox_mails_event_id_events")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_outbox_mails_user_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox_mails")),
    )
    with op.batch_alter_table("outbox_mails", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_outbox_mails_company_id_outbox_mails_id"), ["company_id", "id"], unique=False
        )
        batch_op.create_index(
            "ix_outbox_mails_due",
            ["next_attempt_at"],
            unique=False,
            sqlite_where=sa.text("state IN ('queued', 'sending')"),
            postgresql_where=sa.text("state IN ('queued', 'sending')"),
        )
        batch_op.create_index(batch_op.f("ix_outbox_mails_event_id"), ["event_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_outbox_mails_guest_id"), ["guest_id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_outbox_mails_to_key_outbox_mails_template_outbox_mails_created_at"),
            ["to_key", "template", "created_at"],
            unique=False,
        )

    op.create_table(
        "questions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("text", sa.String(length=500), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.CheckConstraint("kind IN ('single')", name=op.f("ck_questions_kind")),
        sa.ForeignKeyConstraint(
            ["event_id"], ["events.id"], name=op.f("fk_questions_event_id_events"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_questions")),
        sa.UniqueConstraint("event_id", "position", name=op.f("uq_questions_event_id_position")),
    )
    op.create_table(
        "tallies",
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("rule", sa.JSON(), nullable=False),
        sa.Column("roll_size", sa.Integer(), nullable=False),
        sa.Column("ballots", sa.Integer(), nullable=False),
        sa.Column("ballots_shown", sa.Integer(), nullable=False),
        sa.Column("ballots_held", sa.Integer(), nullable=False),
        sa.Column("reached_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reached_with", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("reached_ballots", sa.Integer(), nullable=True),
        sa.Column("reached_roll", sa.Integer(), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("outcome", sa.String(length=20), nullable=True),
        sa.CheckConstraint(
            "outcome IN ('consensus', 'no consensus', 'cancelled') OR outcome IS NULL", name=op.f("ck_tallies_outcome")
        ),
        sa.CheckConstraint("(closed_at IS NULL) = (outcome IS NULL)", name=op.f("ck_tallies_outcome_at_close")),
        sa.CheckConstraint("ballots >= 0", name=op.f("ck_tallies_ballots")),
        sa.ForeignKeyConstraint(["event_id"], ["events.id"], name=op.f("fk_tallies_event_id_events")),
        sa.PrimaryKeyConstraint("event_id", name=op.f("pk_tallies")),
    )
    op.create_table(
        "answers",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("question_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("text", sa.String(length=300), nullable=False),
        sa.Column("votes", sa.Integer(), nullable=False),
        sa.Column("votes_shown", sa.Integer(), nullable=False),
        sa.Column("votes_held", sa.Integer(), nullable=False),
        sa.CheckConstraint("votes >= 0", name=op.f("ck_answers_votes")),
        sa.ForeignKeyConstraint(
            ["question_id"], ["questions.id"], name=op.f("fk_answers_question_id_questions"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_answers")),
        sa.UniqueConstraint("question_id", "position", name=op.f("uq_answers_question_id_position")),
    )
    op.create_table(
        "guests",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=True),
        sa.Column("email", sa.String(length=190), nullable=True),
        sa.Column("email_key", sa.String(length=190), nullable=True),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("name_key", sa.String(length=460), nullable=False),
        sa.Column("source", sa.String(length=10), nullable=False),
        sa.Column("nonce", sa.String(length=43), nullable=False),
        sa.Column("listed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("listed_by", sa.Uuid(), nullable=True),
        sa.Column("invited_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reminded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("replied_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("joined_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("waiting_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("offered_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("checked_in_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("checked_in_by", sa.Uuid(), nullable=True),
        sa.Column("left_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("removed_by", sa.Uuid(), nullable=True),
        sa.Column("reply", sa.String(length=3), nullable=True),
        sa.Column("party_size", sa.Integer(), nullable=False),
        sa.Column("companions", sa.JSON(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("places", sa.Integer(), nullable=False),
        sa.Column("on_roll", sa.Boolean(), nullable=False),
        sa.Column("has_voted", sa.Boolean(), nullable=False),
        sa.Column("unconfirmed_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("unsubscribed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reward", sa.Integer(), nullable=False),
        sa.Column("reputation", sa.Integer(), nullable=False),
        sa.Column("last_mail_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint(
            "email_key IS NOT NULL OR user_id IS NOT NULL OR name <> ''", name=op.f("ck_guests_somebody")
        ),
        sa.CheckConstraint(
            "places = 0 OR (reply = 'yes' AND removed_at IS NULL)", name=op.f("ck_guests_places_only_with_yes")
        ),
        sa.CheckConstraint("reply IN ('yes', 'no') OR reply IS NULL", name=op.f("ck_guests_reply")),
        sa.CheckConstraint(
            "source IN ('listed', 'link', 'joined', 'walk-in', 'import')", name=op.f("ck_guests_source")
        ),
        sa.CheckConstraint("(reply IS NULL) = (replied_at IS NULL)", name=op.f("ck_guests_reply_has_time")),
        sa.CheckConstraint("party_size >= 1", name=op.f("ck_guests_party_size")),
        sa.CheckConstraint("places >= 0", name=op.f("ck_guests_places")),
        sa.ForeignKeyConstraint(["checked_in_by"], ["users.id"], name=op.f("fk_guests_checked_in_by_users")),
        sa.ForeignKeyConstraint(["event_id"], ["events.id"], name=op.f("fk_guests_event_id_events")),
        sa.ForeignKeyConstraint(
            ["last_mail_id"], ["outbox_mails.id"], name=op.f("fk_guests_last_mail_id_outbox_mails")
        ),
        sa.ForeignKeyConstraint(["listed_by"], ["users.id"], name=op.f("fk_guests_listed_by_users")),
        sa.ForeignKeyConstraint(["removed_by"], ["users.id"], name=op.f("fk_guests_removed_by_users")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_guests_user_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_guests")),
        sa.UniqueConstraint("event_id", "email_key", name=op.f("uq_guests_event_id_email_key")),
        sa.UniqueConstraint("event_id", "user_id", name=op.f("uq_guests_event_id_user_id")),
    )
    with op.batch_alter_table("guests", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_guests_email_key"), ["email_key"], unique=False)
        batch_op.create_index(batch_op.f("ix_guests_event_id_guests_id"), ["event_id", "id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_guests_event_id_guests_removed_at_guests_name_key_guests_id"),
            ["event_id", "removed_at", "name_key", "id"],
            unique=False,
        )
        batch_op.create_index(batch_op.f("ix_guests_user_id"), ["user_id"], unique=False)

    op.create_table(
        "ballots",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("guest_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("receipt", sa.String(length=19), nullable=False),
        sa.ForeignKeyConstraint(["event_id"], ["events.id"], name=op.f("fk_ballots_event_id_events")),
        sa.ForeignKeyConstraint(["guest_id"], ["guests.id"], name=op.f("fk_ballots_guest_id_guests")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ballots")),
        sa.UniqueConstraint("event_id", "position", name=op.f("uq_ballots_event_id_position")),
        sa.UniqueConstraint("event_id", "receipt", name=op.f("uq_ballots_event_id_receipt")),
        sa.UniqueConstraint("guest_id", name=op.f("uq_ballots_guest_id")),
    )
    with op.batch_alter_table("ballots", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_ballots_event_id"), ["event_id"], unique=False)

    op.create_table(
        "invitation_uses",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("invitation_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=True),
        sa.Column("guest_id", sa.Uuid(), nullable=True),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("held_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("(state = 'held') = (held_until IS NOT NULL)", name=op.f("ck_invitation_uses_held_has_end")),
        sa.CheckConstraint("state IN ('held', 'granted', 'released')", name=op.f("ck_invitation_uses_state")),
        sa.ForeignKeyConstraint(["guest_id"], ["guests.id"], name=op.f("fk_invitation_uses_guest_id_guests")),
        sa.ForeignKeyConstraint(
            ["invitation_id"], ["invitations.id"], name=op.f("fk_invitation_uses_invitation_id_invitations")
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_invitation_uses_user_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invitation_uses")),
    )
    with op.batch_alter_table("invitation_uses", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_invitation_uses_guest_id"), ["guest_id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_invitation_uses_invitation_id_invitation_uses_state"),
            ["invitation_id", "state"],
            unique=False,
        )
        batch_op.create_index(batch_op.f("ix_invitation_uses_user_id"), ["user_id"], unique=False)

    op.create_table(
        "ballot_answers",
        sa.Column("ballot_id", sa.Uuid(), nullable=False),
        sa.Column("question_id", sa.Uuid(), nullable=False),
        sa.Column("answer_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["answer_id"], ["answers.id"], name=op.f("fk_ballot_answers_answer_id_answers")),
        sa.ForeignKeyConstraint(
            ["ballot_id"], ["ballots.id"], name=op.f("fk_ballot_answers_ballot_id_ballots"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["question_id"], ["questions.id"], name=op.f("fk_ballot_answers_question_id_questions")
        ),
        sa.PrimaryKeyConstraint("ballot_id", "question_id", name=op.f("pk_ballot_answers")),
    )


def downgrade() -> None:
    """Go one step down."""
    op.drop_table("ballot_answers")
    with op.batch_alter_table("invitation_uses", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_invitation_uses_user_id"))
        batch_op.drop_index(batch_op.f("ix_invitation_uses_invitation_id_invitation_uses_state"))
        batch_op.drop_index(batch_op.f("ix_invitation_uses_guest_id"))

    op.drop_table("invitation_uses")
    with op.batch_alter_table("ballots", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_ballots_event_id"))

    op.drop_table("ballots")
    with op.batch_alter_table("guests", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_guests_user_id"))
        batch_op.drop_index(batch_op.f("ix_guests_event_id_guests_removed_at_guests_name_key_guests_id"))
        batch_op.drop_index(batch_op.f("ix_guests_event_id_guests_id"))
        batch_op.drop_index(batch_op.f("ix_guests_email_key"))

    op.drop_table("guests")
    op.drop_table("answers")
    op.drop_table("tallies")
    op.drop_table("questions")
    with op.batch_alter_table("outbox_mails", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_outbox_mails_to_key_outbox_mails_template_outbox_mails_created_at"))
        batch_op.drop_index(batch_op.f("ix_outbox_mails_guest_id"))
        batch_op.drop_index(batch_op.f("ix_outbox_mails_event_id"))
        batch_op.drop_index(
            "ix_outbox_mails_due",
            sqlite_where=sa.text("state IN ('queued', 'sending')"),
            postgresql_where=sa.text("state IN ('queued', 'sending')"),
        )
        batch_op.drop_index(batch_op.f("ix_outbox_mails_company_id_outbox_mails_id"))

    op.drop_table("outbox_mails")
    with op.batch_alter_table("invitations", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_invitations_issuer_id_invitations_id"))
        batch_op.drop_index(batch_op.f("ix_invitations_event_id_invitations_id"))
        batch_op.drop_index(batch_op.f("ix_invitations_company_id_invitations_id"))

    op.drop_table("invitations")
    with op.batch_alter_table("co_hosts", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_co_hosts_user_id"))

    op.drop_table("co_hosts")
    op.drop_table("answer_sets")
    with op.batch_alter_table("events", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_events_public",
            sqlite_where=sa.text("state = 'published' AND visibility = 'public'"),
            postgresql_where=sa.text("state = 'published' AND visibility = 'public'"),
        )
        batch_op.drop_index(batch_op.f("ix_events_project_id_events_starts_at_events_id"))
        batch_op.drop_index(batch_op.f("ix_events_host_id_events_starts_at"))
        batch_op.drop_index(batch_op.f("ix_events_company_id_events_starts_at_events_id"))

    op.drop_table("events")
    with op.batch_alter_table("projects", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_projects_default", sqlite_where=sa.text("is_default"), postgresql_where=sa.text("is_default")
        )
        batch_op.drop_index(batch_op.f("ix_projects_company_id"))

    op.drop_table("projects")
    with op.batch_alter_table("one_time_links", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_one_time_links_user_id_one_time_links_purpose"))

    op.drop_table("one_time_links")
    with op.batch_alter_table("memberships", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_memberships_standing",
            sqlite_where=sa.text("revoked_at IS NULL"),
            postgresql_where=sa.text("revoked_at IS NULL"),
        )
        batch_op.drop_index(batch_op.f("ix_memberships_user_id"))

    op.drop_table("memberships")
    with op.batch_alter_table("login_sessions", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_login_sessions_user_id_login_sessions_revoked_at"))

    op.drop_table("login_sessions")
    with op.batch_alter_table("company_ancestors", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_company_ancestors_ancestor_id"))

    op.drop_table("company_ancestors")
    op.drop_table("users")
    op.drop_table("sites")
    with op.batch_alter_table("journal_entries", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_journal_entries_thing_type_journal_entries_thing_id"))
        batch_op.drop_index(batch_op.f("ix_journal_entries_company_id_journal_entries_id"))
        batch_op.drop_index(batch_op.f("ix_journal_entries_actor_id"))

    op.drop_table("journal_entries")
    with op.batch_alter_table("companies", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_companies_parent_id"))

    op.drop_table("companies")
