"""What the bench looks at: a few hundred events, guest lists of a hundred and of a hundred thousand, and a company of
two hundred events with as many guests together.
"""

import dataclasses
import datetime as dt
from typing import Any

from sqlalchemy import insert, update

from tests import factories
from webapp.accounts import sessions, tokens
from webapp.accounts.passwords import hash_password
from webapp.core import clock, text
from webapp.core.database import db, new_id
from webapp.core.operation import operation
from webapp.guests.links import personal_token
from webapp.models import Company, Event, EventDay, Guest, Tally, User
from webapp.voting.rule import Rule

FEW, MANY = 100, 100_000
EVENTS = 300
COMMON = "Event"  # how all titles begin
HELD = 200
DESCRIPTION = "We meet **under the lime tree**, as every year.\n\n- bring a chair\n- bring a friend\n\nUntil then!"


@dataclasses.dataclass(frozen=True)
class Paths:
    """Where to look, and as whom."""

    event: str
    few: str
    many: str
    personal: str
    session: str
    email: str
    dashboard: str
    owner: str
    """The session of who owns the company of `dashboard`, and looks at nothing else."""
    token: str
    """Of a program that does what the host may."""


def _guests(event: Event, number: int) -> list[dict[str, Any]]:
    moment = clock.now()
    rows = []
    for n in range(number):
        name, email = f"Guest {n:06d}", f"guest{n}@example.org"
        yes = n % 3 == 0
        rows.append(
            {
                "id": new_id(),
                "event_id": event.id,
                "email": email,
                "email_key": email,
                "name": name,
                "name_key": text.fold(f"{name} {email}"),
                "nonce": text.secret(128),
                "listed_at": moment,
                "invited_at": moment,
                "opened_at": moment if n % 2 else None,
                "reply": "yes" if yes else None,
                "replied_at": moment if yes else None,
                "places": int(yes),
                "on_roll": yes,
            }
        )
    return rows


@operation
def _list(event: Event, number: int) -> None:
    rows = _guests(event, number)
    db.session.execute(insert(Guest), rows)
    yes = sum(row["places"] for row in rows)
    counters = {"guests_yes": yes, "guests_on_roll": yes, "taken": yes}
    counters |= {"guests_listed": number, "guests_invited": number, "guests_opened": number // 2}
    db.session.execute(update(Event).where(Event.id == event.id).values(**counters))


@operation
def _hash(user: User, password_hash: str) -> None:
    db.session.execute(update(User).where(User.id == user.id).values(password_hash=password_hash))


@operation
def _events(company: Company, host: User) -> None:
    for number in range(EVENTS):
        factories.an_event(company, host, place="Ljubljana", starts_in=dt.timedelta(days=1, hours=number))


@operation
def _vote_on(event: Event, number: int) -> None:
    over = event.ends_at < clock.now()
    rule = Rule.of(event).as_dict()
    tally = Tally(event_id=event.id, opened_at=event.published_at, rule=rule, ballots=3, roll_size=100)
    tally.closed_at = event.ends_at if over else None
    tally.outcome = ("consensus" if number % 3 else "no consensus") if over else None
    db.session.add(tally)


@operation
def _days_of(event: Event) -> None:
    today = clock.now().date()
    rows = [
        {"event_id": event.id, "day": today - dt.timedelta(days=day), "yes": 6, "no": 2, "invited": 8}
        for day in range(0, 63, 3)
    ]
    db.session.execute(insert(EventDay), rows)


def _company_of_many(owner: User) -> Company:
    """Fill a company and one below it: 200 events, half of them over, with 500 guests, a vote and its days each."""
    company = factories.a_company(owner)
    places = (company, factories.a_company(parent=company))
    for number in range(HELD):
        event = factories.an_event(
            places[number % 2],
            owner,
            starts_in=dt.timedelta(days=number - HELD // 2, hours=1),
            capacity=170 if number % 10 == 0 else None,
            visibility="invited",
            min_votes=9,
        )
        _list(event, MANY // HELD)
        _vote_on(event, number)
        _days_of(event)
    return company


def make() -> Paths:
    """Fill an empty, migrated database; return where to look."""
    factories.set_up_site()
    host = factories.an_account("Ana", email="ana@example.org")
    _hash(host, hash_password(factories.PASSWORD))
    company = factories.a_company(host)
    asked = {"Where do we meet?": ["Under the lime tree", "By the river", "At the mill"]}
    lists = [
        factories.an_event(company, host, description=DESCRIPTION, place="Ljubljana", questions=asked, capacity=MANY)
        for _ in range(2)
    ]
    _list(lists[0], FEW)
    _list(lists[1], MANY)
    _events(company, host)
    keeper = factories.an_account("Bor")
    held = _company_of_many(keeper)
    guest = db.session.query(Guest).filter_by(event_id=lists[0].id, name="Guest 000001").one()
    return Paths(
        event=f"/events/{lists[0].id}",
        few=f"/events/{lists[0].id}/guests",
        many=f"/events/{lists[1].id}/guests",
        personal=f"/rsvp/{personal_token(guest)}",
        session=sessions.start(host, remember=False),
        email="ana@example.org",
        dashboard=f"/companies/{held.slug}",
        owner=sessions.start(keeper, remember=False),
        token=tokens.start(host).user_token or "",
    )
