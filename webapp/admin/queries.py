"""What the site's own pages read: names and figures of accounts, companies and events, and nothing inside a company.

All raise NotFoundError unless the actor looks after the site.
"""

import dataclasses
import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, or_, select, true
from sqlalchemy.orm import InstrumentedAttribute, contains_eager

from webapp.accounts import sessions
from webapp.admin.policy import require_site_administrator
from webapp.core import clock, text
from webapp.core.actor import Actor
from webapp.core.database import db
from webapp.core.errors import NotFoundError
from webapp.core.permissions import Role
from webapp.models import Company, CompanyAncestor, Event, LoginSession, Membership, User

_WORDS = 6
_HEXADECIMAL = frozenset("0123456789abcdef")
_ID_BEGINS = range(4, 33)
"""How many digits of an id are enough to look for it."""

ACCOUNTS: dict[str, ColumnElement[bool]] = {
    "unverified": User.verified_at.is_(None),
    "disabled": User.disabled_at.is_not(None),
    "administrators": User.site_administrator.is_(True),
}
EVENTS = ("coming", "past", "draft", "cancelled")


@dataclasses.dataclass(frozen=True)
class AccountRow:
    """An account as the list shows it: when it was last used, and in how many companies it has a role."""

    user: User
    last_used_at: dt.datetime | None
    companies: int


@dataclasses.dataclass(frozen=True)
class AccountPage:
    """One account: its roles (companies loaded), and how many browsers and programs are signed in to it."""

    user: User
    last_used_at: dt.datetime | None
    roles: Sequence[Membership]
    browsers: int
    programs: int


@dataclasses.dataclass(frozen=True)
class CompanyRow:
    """A company as the list shows it: the names above it from the top down, who owns it, and its figures."""

    company: Company
    above: Sequence[str]
    owners: Sequence[User]
    people: int
    events: int
    to_come: int


@dataclasses.dataclass(frozen=True)
class Figures:
    """How much there is on the site."""

    accounts: int
    companies: int
    events: int


# ---------------------------------------------------------------- looking for words


def _spellings(word: str) -> set[str]:
    """Return how `word` may be written in a column of which only ASCII letters were made small (as SQLite does)."""
    written = {word, text.fold(word), word.upper(), word.capitalize()}
    return {"".join(c.lower() if c.isascii() else c for c in one) for one in written}


def _holds(column: ColumnElement[str] | InstrumentedAttribute[str], word: str) -> ColumnElement[bool]:
    small = func.lower(column)
    return or_(*(small.contains(one, autoescape=True) for one in _spellings(word)))


def _words(search: str) -> list[str]:
    return text.one_line(text.fit(search)).split()[:_WORDS]


# ---------------------------------------------------------------- accounts


def _last_use(user_id: Any) -> Any:
    return select(func.max(LoginSession.last_used_at)).where(LoginSession.user_id == user_id).scalar_subquery()


def accounts(actor: Actor, *, search: str = "", state: str = "") -> Select[Any]:
    """Return the statement of accounts whose name or address holds every word of `search`.

    `state`: a key of ACCOUNTS; anything else means all. Its rows make an AccountRow.
    """
    require_site_administrator(actor)
    companies = (
        select(func.count())
        .select_from(Membership)
        .join(Membership.company)
        .where(Membership.user_id == User.id, Membership.revoked_at.is_(None), Company.deleted_at.is_(None))
        .correlate(User)
        .scalar_subquery()
    )
    statement = select(User, _last_use(User.id), companies).where(User.deleted_at.is_(None))
    for word in _words(search):
        address = User.email_key.contains(text.fold(word), autoescape=True)
        statement = statement.where(or_(address, _holds(User.name + " " + User.surname, word)))
    return statement.where(ACCOUNTS.get(state, true()))


def account_counts(actor: Actor) -> dict[str, int]:
    """Return how many accounts there are: under "" all, and by state (the keys of ACCOUNTS)."""
    require_site_administrator(actor)
    counted = (func.count().filter(condition) for condition in ACCOUNTS.values())
    row = db.session.execute(select(func.count(), *counted).where(User.deleted_at.is_(None))).one()
    return dict(zip(("", *ACCOUNTS), row, strict=True))


def get_account(actor: Actor, user_id: uuid.UUID) -> User:
    """Return one account; raises NotFoundError where there is none any more."""
    require_site_administrator(actor)
    user = db.session.get(User, user_id)
    if user is None or user.deleted_at is not None:
        raise NotFoundError
    return user


def account_page(actor: Actor, user_id: uuid.UUID) -> AccountPage:
    """Return what the page of one account shows; raises NotFoundError where there is none any more."""
    user = get_account(actor, user_id)
    roles = (
        select(Membership)
        .join(Membership.company)
        .options(contains_eager(Membership.company))
        .where(Membership.user_id == user_id, Membership.revoked_at.is_(None), Company.deleted_at.is_(None))
        .order_by(func.lower(Company.name), Membership.id)
    )
    living = (LoginSession.user_id == user_id, sessions.living())
    kinds = select(LoginSession.kind, func.count().label("number")).where(*living).group_by(LoginSession.kind)
    signed_in = {row.kind: row.number for row in db.session.execute(kinds)}
    return AccountPage(
        user=user,
        last_used_at=db.session.scalar(select(_last_use(user_id))),
        roles=db.session.scalars(roles).all(),
        browsers=signed_in.get("browser", 0),
        programs=signed_in.get("token", 0),
    )


# ---------------------------------------------------------------- companies


def companies(actor: Actor, *, search: str = "") -> Select[Any]:
    """Return the statement of companies whose name holds every word of `search`; `company_rows` reads its rows."""
    require_site_administrator(actor)
    people = (
        select(func.count())
        .select_from(Membership)
        .join(Membership.user)
        .where(Membership.company_id == Company.id, Membership.revoked_at.is_(None), User.deleted_at.is_(None))
        .correlate(Company)
        .scalar_subquery()
    )
    events = select(func.count()).where(Event.company_id == Company.id).correlate(Company)
    to_come = events.where(Event.state == "published", Event.ends_at > clock.now())
    statement = select(Company, people, events.scalar_subquery(), to_come.scalar_subquery())
    for word in _words(search):
        statement = statement.where(_holds(Company.name, word))
    return statement.where(Company.deleted_at.is_(None))


def company_rows(found: Iterable[Any]) -> list[CompanyRow]:
    """Return what `companies` found with the names above each and its owners: two queries for all."""
    rows = [tuple(row) for row in found]
    ids = [company.id for company, *_figures in rows]
    above: dict[uuid.UUID, list[str]] = defaultdict(list)
    names = (
        select(CompanyAncestor.company_id, Company.name)
        .join(Company, Company.id == CompanyAncestor.ancestor_id)
        .where(CompanyAncestor.company_id.in_(ids), CompanyAncestor.depth > 0)
        .order_by(CompanyAncestor.depth.desc())
    )
    for company_id, name in db.session.execute(names):
        above[company_id].append(name)
    owners: dict[uuid.UUID, list[User]] = defaultdict(list)
    standing = (
        select(Membership)
        .join(Membership.user)
        .options(contains_eager(Membership.user))
        .where(
            Membership.company_id.in_(ids),
            Membership.role == Role.OWNER.value,
            Membership.revoked_at.is_(None),
            User.deleted_at.is_(None),
        )
        .order_by(Membership.granted_at, Membership.id)
    )
    for membership in db.session.scalars(standing):
        owners[membership.company_id].append(membership.user)
    return [CompanyRow(row[0], above[row[0].id], owners[row[0].id], *row[1:]) for row in rows]


# ---------------------------------------------------------------- events


def shows_title(event: Event) -> bool:
    """Tell whether the site's pages may say what an event is called.

    A title is inside the company but where the event is public: who looks after the site knows of all others that they
    are there and how large they are, and tells them apart by the beginning of their id. The whole id of an unlisted
    event would open it.
    """
    return event.visibility == "public" and event.state != "draft"


def _of_state(state: str) -> ColumnElement[bool]:
    moment = clock.now()
    published = Event.state == "published"
    return {
        "coming": and_(published, Event.ends_at > moment),
        "past": and_(published, Event.ends_at <= moment),
        "draft": Event.state == "draft",
        "cancelled": Event.state == "cancelled",
    }.get(state, true())


def _event_is(word: str) -> ColumnElement[bool]:
    """Return the condition of an event's company, its title where that may be known, or its id holding `word`."""
    told = and_(Event.visibility == "public", Event.state != "draft")
    by_title = and_(told, Event.search_key.contains(text.fold(word), autoescape=True))
    conditions = [by_title, _holds(Company.name, word)]
    digits = word.replace("-", "").lower()
    if len(digits) in _ID_BEGINS and _HEXADECIMAL.issuperset(digits):
        least, most = (uuid.UUID(hex=digits.ljust(32, end)) for end in "0f")
        conditions.append(Event.id.between(least, most))
    return or_(*conditions)


def events(actor: Actor, *, search: str = "", state: str = "") -> Select[Any]:
    """Return the statement of events, companies loaded.

    `search`: words of their company's name, their title (where `shows_title`), or the beginning of their id. `state`:
    one of EVENTS; anything else means all.
    """
    require_site_administrator(actor)
    statement = select(Event).join(Event.company).options(contains_eager(Event.company))
    for word in _words(search):
        statement = statement.where(_event_is(word))
    return statement.where(_of_state(state))


# ---------------------------------------------------------------- the front


def figures(actor: Actor) -> Figures:
    """Return how many accounts, companies and events to come there are."""
    require_site_administrator(actor)
    accounts_there = select(func.count()).select_from(User).where(User.deleted_at.is_(None))
    companies_there = select(func.count()).select_from(Company).where(Company.deleted_at.is_(None))
    events_there = select(func.count()).select_from(Event).where(_of_state("coming"))
    parts = (accounts_there, companies_there, events_there)
    return Figures(*db.session.execute(select(*(part.scalar_subquery() for part in parts))).one())
