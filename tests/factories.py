"""Rows to begin a test with, made as the operations would have made them."""

import datetime as dt
import functools
import itertools
import uuid
from typing import Any

from argon2 import PasswordHasher
from sqlalchemy import update

from webapp.core import clock, text
from webapp.core.actor import Actor
from webapp.core.database import db
from webapp.core.operation import operation
from webapp.core.permissions import Role
from webapp.events import words
from webapp.models import (
    Answer,
    CoHost,
    Company,
    CompanyAncestor,
    Event,
    Guest,
    Membership,
    Project,
    Question,
    Site,
    User,
)

PASSWORD = "a long and quiet evening"
_numbers = itertools.count(1)


@functools.cache
def password_hash() -> str:
    """The hash of PASSWORD, with the weakest work so that tests are quick; verifying reads the parameters from it."""
    return PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)


@operation
def save(*rows: Any) -> None:
    db.session.add_all(rows)


@operation
def set_up_site(**values: Any) -> None:
    db.session.execute(update(Site).values(**{"set_up_at": clock.now(), **values}))


def an_account(name: str = "", *, email: str = "", verified: bool = True, **values: Any) -> User:
    number = next(_numbers)
    email = email or f"person{number}@example.org"
    user = User(
        email=email,
        email_key=text.fold(email),
        password_hash=password_hash(),
        name=name or f"Person {number}",
        verified_at=clock.now() if verified else None,
        **values,
    )
    save(user)
    return user


def a_company(owner: User | None = None, *, name: str = "", parent: Company | None = None) -> Company:
    number = next(_numbers)
    company = Company(id=uuid.uuid4(), name=name or f"Company {number}", slug=f"company-{number}")
    company.parent_id = parent.id if parent else None
    rows: list[Any] = [CompanyAncestor(company_id=company.id, ancestor_id=company.id, depth=0)]
    if parent:
        above = db.session.query(CompanyAncestor).filter_by(company_id=parent.id)
        rows += [CompanyAncestor(company_id=company.id, ancestor_id=a.ancestor_id, depth=a.depth + 1) for a in above]
    save(company)
    save(*rows, Project(company_id=company.id, name="General", is_default=True))
    if owner:
        a_membership(owner, company, Role.OWNER)
    return company


def a_membership(user: User, company: Company, role: Role, *, scopes: list[str] | None = None) -> Membership:
    membership = Membership(
        user_id=user.id, company_id=company.id, role=role.value, granted_at=clock.now(), scopes=scopes
    )
    save(membership)
    return membership


def default_project(company: Company) -> Project:
    return db.session.query(Project).filter_by(company_id=company.id, is_default=True).one()


def an_event(
    company: Company,
    host: User,
    *,
    title: str = "",
    starts_in: dt.timedelta = dt.timedelta(days=7),
    lasts: dt.timedelta = dt.timedelta(hours=3),
    questions: dict[str, list[str]] | None = None,
    co_hosts: tuple[User, ...] = (),
    **values: Any,
) -> Event:
    """A published, public event in a week; `questions` as {text: [answers]}."""
    number = next(_numbers)
    start = (clock.now() + starts_in).replace(microsecond=0)
    values = {
        "state": "published",
        "visibility": "public",
        "published_at": clock.now() - dt.timedelta(days=1),
        "starts_at": start,
        "ends_at": start + lasts,
        **values,
    }
    title = title or f"Event {number}"
    event = Event(
        id=uuid.uuid4(),
        company_id=company.id,
        project_id=default_project(company).id,
        host_id=host.id,
        title=title,
        search_key=text.fold(f"{title} {values.get('place', '')}"),
        **values,
    )
    save(event)
    operation(words.write)(event)
    rows: list[Any] = [CoHost(event_id=event.id, user_id=user.id) for user in co_hosts]
    for position, (asked, answers) in enumerate((questions or {}).items()):
        question = Question(event_id=event.id, position=position, text=asked)
        question.answers = [Answer(position=i, text=answer) for i, answer in enumerate(answers)]
        rows.append(question)
    save(*rows)
    return event


def a_guest(event: Event, *, name: str = "", email: str | None = "", user: User | None = None, **values: Any) -> Guest:
    """A guest on the list; with reply="yes" also placed, on the roll and counted."""
    number = next(_numbers)
    name = name or (user.full_name if user else f"Guest {number}")
    if email == "":
        email = user.email if user else f"guest{number}@example.org"
    if values.get("reply") == "yes":
        values = {"places": values.get("party_size", 1), "on_roll": True, "replied_at": clock.now(), **values}
        if user:
            values.setdefault("joined_at", values["replied_at"])
    elif values.get("reply") == "no":
        values = {"replied_at": clock.now(), **values}
    guest = Guest(
        event_id=event.id,
        user_id=user.id if user else None,
        email=email,
        email_key=text.fold(email) if email else None,
        name=name,
        name_key=text.fold(f"{name} {email or ''}"),
        nonce=text.secret(128),
        **values,
    )
    save(guest)
    _count(event, guest)
    return guest


@operation
def _count(event: Event, guest: Guest) -> None:
    # as numbers: PostgreSQL adds no truth values
    yes, no = int(guest.reply == "yes"), int(guest.reply == "no")
    db.session.execute(
        update(Event)
        .where(Event.id == event.id)
        .values(
            taken=Event.taken + guest.places,
            guests_listed=Event.guests_listed + 1,
            guests_invited=Event.guests_invited + int(guest.invited_at is not None),
            guests_opened=Event.guests_opened + int(guest.opened_at is not None),
            guests_yes=Event.guests_yes + int(yes),
            guests_no=Event.guests_no + int(no),
            guests_checked_in=Event.guests_checked_in + int(guest.checked_in_at is not None),
            guests_on_roll=Event.guests_on_roll + int(guest.on_roll),
        )
    )


def acting(user: User, **values: Any) -> Actor:
    """The actor that `user` is in a browser that has just been signed in."""
    return Actor(user_id=user.id, site_administrator=user.site_administrator, fresh_at=clock.now(), **values)
