"""What the bench looks at: a few hundred events, and guest lists of a hundred and of a hundred thousand."""

import dataclasses
import datetime as dt
from typing import Any

from sqlalchemy import insert, update

from tests import factories
from webapp.accounts import sessions
from webapp.accounts.passwords import hash_password
from webapp.core import clock, text
from webapp.core.database import db, new_id
from webapp.core.operation import operation
from webapp.guests.links import personal_token
from webapp.models import Company, Event, Guest, User

FEW, MANY = 100, 100_000
EVENTS = 300
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
    guest = db.session.query(Guest).filter_by(event_id=lists[0].id, name="Guest 000001").one()
    return Paths(
        event=f"/events/{lists[0].id}",
        few=f"/events/{lists[0].id}/guests",
        many=f"/events/{lists[1].id}/guests",
        personal=f"/rsvp/{personal_token(guest)}",
        session=sessions.start(host, remember=False),
        email="ana@example.org",
    )
