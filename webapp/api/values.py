"""Which values a field has, where these are fixed: read where they are decided, and shown in the document."""

import re
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint

from webapp.companies.queries.attention import Kind
from webapp.core.actor import Scope
from webapp.core.database import Base
from webapp.core.permissions import Role
from webapp.journal.words import ACTORS, THINGS
from webapp.voting.states import Phase

Json = dict[str, Any]
Values = tuple[Any, ...]


def _of(kind: type[StrEnum]) -> Values:
    return tuple(one.value for one in kind)


def _kept(table: str, column: str) -> Values:
    """Return the values that the database lets into a column."""
    found = Base.metadata.tables[table]
    for constraint in sorted(found.constraints, key=lambda one: str(one.name)):
        if isinstance(constraint, CheckConstraint):
            matched = re.match(rf"{column} IN \(([^)]*)\)", str(constraint.sqltext))
            if matched:
                return tuple(re.findall(r"'([^']*)'", matched[1]))
    message = f"the database says nothing of {table}.{column}"
    raise LookupError(message)


_SEEN = ("open", "used", "held", "expired", "revoked")
"""How an invitation stands, as webapp/invitations/queries.py says it."""
_RULE = ("roll", "decide_by", "decide_when", "secrecy", "results")


def values() -> dict[str, Values]:
    """Return the values of fields, by `Schema.field`, or by field where these are the same in every answer."""
    invitation, session = _kept("invitations", "kind"), _kept("login_sessions", "kind")
    mail, reply = _kept("outbox_mails", "state"), _kept("guests", "reply")
    return {
        "role": _of(Role),
        "scopes": _of(Scope),
        "BootOut.registration": _kept("sites", "registration"),
        "EventOut.state": _kept("events", "state"),
        "HeldEventOut.state": _kept("events", "state"),
        "EventOut.visibility": _kept("events", "visibility"),
        **{f"RuleOut.{name}": _kept("events", name) for name in _RULE},
        "QuestionOut.kind": _kept("questions", "kind"),
        "GuestOut.source": _kept("guests", "source"),
        "GuestOut.reply": reply,
        "OwnGuestOut.reply": reply,
        "ExportedGuestOut.reply": reply,
        "GuestOut.mail": mail,
        "MailOut.state": mail,
        "MailTextOut.state": mail,
        "InvitationOut.kind": invitation,
        "InvitationOut.state": _SEEN,
        "HeldInvitationOut.kind": invitation,
        "OpenedOut.kind": invitation,
        "ExportedInvitationOut.kind": invitation,
        "ExportedUseOut.state": _kept("invitation_uses", "state"),
        "SessionOut.kind": session,
        "TokenMadeOut.kind": session,
        "ExportedSessionOut.kind": session,
        "NeedOut.kind": _of(Kind),
        "EntryOut.actor_kind": ("account", *ACTORS),
        "JournalQuery.thing": tuple(THINGS),
        "EntryOut.thing_type": tuple(THINGS),
        "ResultsOut.phase": _of(Phase),
        "StepOut.name": ("votes", "turnout", "agreement"),
        "TokensOut.token_type": ("Bearer",),
        "EventOut.end_flag": (0, 1),
        "UserOut.user_email_verified": (0, 1),
    }


def fix(schema: Json, allowed: Values) -> None:
    """Say in `schema`, of one field or of a list, which values there are; null stays, where it may be."""
    for one in schema.get("anyOf", [schema]):
        if one.get("type") == "array":
            fix(one["items"], allowed)
        elif one.get("type") in {"string", "integer"} and "enum" not in one:
            one["enum"] = list(allowed)
