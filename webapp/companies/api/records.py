"""Programs read a company's journal and outbox."""

import datetime as dt
import uuid
from collections.abc import Sequence
from typing import Annotated, Any, Literal

from flask_babel import lazy_gettext as _l
from pydantic import Field

from webapp.companies import operations, policy, queries
from webapp.companies.api.face import COMPANY, api, the_company
from webapp.core.actor import Scope
from webapp.core.errors import ConflictError, InputError
from webapp.core.permissions import Permission
from webapp.core.schema import Line, Moment, Schema
from webapp.journal import queries as journal
from webapp.journal import words
from webapp.journal.chain import BEGINNING
from webapp.mail import queries as mail_queries
from webapp.models import OutboxMail
from webapp.web.endpoints import Listing, Out
from webapp.web.lists import ListQuery, SearchQuery, listing
from webapp.web.pagination import Cursor, decode, encode
from webapp.web.sign_in import current_actor


class EntryOut(Out):
    """A line of the journal: who did what to what, people by id only."""

    id: int
    at: dt.datetime
    actor_kind: str
    actor_id: uuid.UUID | None
    action: str
    thing_type: str
    thing_id: uuid.UUID | None
    company_id: uuid.UUID | None
    event_id: uuid.UUID | None
    details: dict[str, Any]
    position: int | None = Field(description="Where it stands in the chain; null until it is sealed.")
    previous: str | None = Field(description="The seal of the entry before it in the chain; null until it is sealed.")
    seal: str | None


def _entries(rows: Sequence[Any]) -> list[EntryOut]:
    """Return what goes out of these lines, each with the seal before its own."""
    seals = {0: BEGINNING, **journal.seals_at({row.position - 1 for row in rows if row.position})}
    values = {name for name in EntryOut.model_fields if name != "previous"}
    return [
        EntryOut(
            **{name: getattr(row, name) for name in values},
            previous=seals[row.position - 1] if row.position else None,
        )
        for row in rows
    ]


class JournalQuery(ListQuery):
    """Which lines: by person, by thing, by time (`since` included, `until` excluded)."""

    person: uuid.UUID | None = None
    thing: Annotated[Line, Field(max_length=30)] | None = None
    thing_id: uuid.UUID | None = None
    since: Moment | None = None
    until: Moment | None = None


def _aware(moment: dt.datetime | None) -> dt.datetime | None:
    return moment.replace(tzinfo=dt.UTC) if moment is not None and moment.tzinfo is None else moment


@api.on("GET", f"{COMPANY}/journal", access=Scope.COMPANIES_READ, asks=JournalQuery, gives=EntryOut, listed=True)
def list_journal(company_id: uuid.UUID, query: JournalQuery) -> Listing:
    """List what was done in a company and all below it, newest first.

    `thing_id` goes with `thing`. `count` stops at 10,000.
    """
    company = the_company(company_id)
    policy.require_in(current_actor(), company.id, Permission.READ_JOURNAL)
    if query.thing is not None and query.thing not in words.THINGS:
        raise InputError(fields={"thing": _l("Please choose one of what is offered.")})
    if query.thing is None and query.thing_id is not None:
        raise InputError(fields={"thing": _l("Please say beside its id what kind of thing it is.")})
    cursor = decode(query.cursor, (int,))
    if query.cursor and (cursor is None or not 0 <= cursor.key[0] <= journal.LARGEST_ID):
        raise InputError(fields={"cursor": _l("This is no cursor of this list.")})
    scope = journal.scope_of(company.id)
    asked = journal.Asked(
        people=frozenset({query.person}) if query.person is not None else None,
        thing_type=query.thing,
        thing_id=query.thing_id,
        since=_aware(query.since),
        until=_aware(query.until),
    )
    beyond = cursor.key[0] if cursor is not None else None
    rows = journal.page(scope, asked, beyond=beyond, down=True, limit=query.limit + 1)
    shown = _entries(rows[: query.limit])
    more = encode(Cursor((shown[-1].id,))) if len(rows) > query.limit else None
    return Listing(shown, count=journal.number(scope, asked), next=more)


class MailOut(Out):
    """An e-mail of the outbox."""

    id: uuid.UUID
    template: str
    to_email: str
    to_name: str
    state: str
    attempts: int
    error: str | None
    event_id: uuid.UUID | None
    company_id: uuid.UUID | None
    created_at: dt.datetime
    next_attempt_at: dt.datetime
    sent_at: dt.datetime | None


class MailTextOut(MailOut):
    """An e-mail with what it says; links are masked."""

    subject: str | None
    text: str | None


class MailQuery(SearchQuery):
    """Which e-mails: by part of an address or name, and by state."""

    state: Literal["", "waiting", "sent", "failed", "dropped"] = ""


@api.on("GET", f"{COMPANY}/mail", access=Scope.COMPANIES_READ, asks=MailQuery, gives=MailOut, listed=True)
def list_mail(company_id: uuid.UUID, query: MailQuery) -> Listing:
    """List the outbox of a company and all below it, newest first."""
    inside = queries.writing_companies(current_actor(), the_company(company_id))
    return listing(
        mail_queries.matching(search=query.search, state=query.state, company_ids=inside),
        (OutboxMail.id,),
        query,
        key=lambda mail: (mail.id,),
        types=(uuid.UUID,),
        show=MailOut.model_validate,
        descending=True,
    )


def _mail(company_id: uuid.UUID, mail_id: uuid.UUID) -> MailTextOut:
    actor = current_actor()
    mail = queries.get_mail(actor, the_company(company_id), mail_id)
    reading = mail_queries.reading_of(mail, open_links=False)
    return MailTextOut(
        **MailOut.model_validate(mail).model_dump(),
        subject=reading.subject if reading is not None else None,
        text=reading.text if reading is not None else None,
    )


@api.on("GET", f"{COMPANY}/mail/<uuid:mail_id>", access=Scope.COMPANIES_READ, gives=MailTextOut)
def get_mail(company_id: uuid.UUID, mail_id: uuid.UUID) -> MailTextOut:
    """Return one e-mail and what it says; links are masked."""
    return _mail(company_id, mail_id)


@api.on(
    "POST",
    f"{COMPANY}/mail/<uuid:mail_id>/retry",
    access=Scope.COMPANIES_WRITE,
    gives=MailTextOut,
    message=_l("It is tried again now."),
    refusals=(ConflictError,),
)
def retry_mail(company_id: uuid.UUID, mail_id: uuid.UUID) -> MailTextOut:
    """Send an e-mail now that failed or waits."""
    actor = current_actor()
    operations.retry_mail(actor, queries.get_mail(actor, the_company(company_id), mail_id))
    return _mail(company_id, mail_id)


class RetryInput(Schema):
    """Which of those that failed: by part of an address or name; all of them without it."""

    search: Annotated[Line, Field(max_length=200)] = ""


class RetriedOut(Out):
    """How many e-mails are tried again."""

    number: int


@api.on(
    "POST",
    f"{COMPANY}/mail/retry",
    access=Scope.COMPANIES_WRITE,
    takes=RetryInput,
    gives=RetriedOut,
    message=_l("What failed is tried again now."),
)
def retry_failed_mails(company_id: uuid.UUID, data: RetryInput) -> RetriedOut:
    """Send all e-mails now that failed in the company or below it."""
    company = the_company(company_id)
    return RetriedOut(number=operations.retry_failed_mails(current_actor(), company, search=data.search))
