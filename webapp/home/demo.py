"""`flask demo`: an example company, made of rows that agree with each other as those of operations do."""

import datetime as dt
import itertools
import random
from typing import Any

from sqlalchemy import select, update

from webapp.core import clock, text
from webapp.core.actor import SYSTEM
from webapp.core.database import db, new_id, random_id
from webapp.core.operation import operation
from webapp.events import words
from webapp.guests.counters import DAILY
from webapp.home.demo_story import COMPANIES, FIRST, LAST, PEOPLE, TALES, Tale
from webapp.journal.writing import record
from webapp.models import (
    Answer,
    Ballot,
    BallotAnswer,
    Company,
    CompanyAncestor,
    Event,
    EventDay,
    Guest,
    Invitation,
    Membership,
    OutboxMail,
    Project,
    Question,
    Site,
    Tally,
    User,
)
from webapp.voting.count import STEP, Count, Outcome, decide
from webapp.voting.receipts import receipt_of
from webapp.voting.rewards import dues
from webapp.voting.rule import Rule

_BOUNCED = "There is no such mailbox. The mail server said: 550 5.1.1 Unknown user."
PASSWORD = "pod lipo se dobro sedi"  # noqa: S105 printed for whoever tries the example


class Story:
    """Tells the story into the database; the same random numbers with each telling."""

    def __init__(self, password_hash: str) -> None:
        """Take the hash of the password that all example people share."""
        self.password_hash = password_hash
        self.dice = random.Random(1815)  # noqa: S311 made-up people need no cryptography
        self.now = clock.now()
        self.companies: dict[str, Company] = {}
        self.users: dict[str, User] = {}
        self.names = itertools.cycle(self._names())

    def _names(self) -> list[str]:
        names = [f"{first} {last}" for first in FIRST for last in LAST]
        self.dice.shuffle(names)
        return names

    def tell(self) -> None:
        """Write everything: people, companies, events with guests and votes."""
        for handle, name, surname, _roles in PEOPLE:
            self.users[handle] = self._person(handle, name, surname)
        for slug, name, parent in COMPANIES:
            self._company(slug, name, parent)
        for handle, _name, _surname, roles in PEOPLE:
            for slug, role in roles.items():
                self._grant(self.users[handle], self.companies[slug], role)
        self._invite(self.users["maja"], self.companies["pod-lipo"], "matevz@example.org", "doorkeeper")
        for tale in TALES:
            Telling(self, tale).tell()
        db.session.execute(
            update(Site)
            .where(Site.set_up_at.is_(None))
            .values(set_up_at=self.now, footer="An example: everybody here is made up.")
        )

    def _person(self, handle: str, name: str, surname: str) -> User:
        email = f"{handle}@example.org"
        user = User(
            email=email,
            email_key=text.fold(email),
            password_hash=self.password_hash,
            name=name,
            surname=surname,
            timezone="Atlantic/Reykjavik" if handle == "thordis" else "Europe/Ljubljana",
            site_administrator=handle == "neza",
            created_at=self.now - dt.timedelta(days=240),
            verified_at=self.now - dt.timedelta(days=240),
        )
        db.session.add(user)
        db.session.flush()
        return user

    def _company(self, slug: str, name: str, parent: str | None) -> None:
        above = self.companies[parent] if parent else None
        company = Company(slug=slug, name=name, parent_id=above.id if above else None)
        company.created_at = self.now - dt.timedelta(days=238)
        db.session.add(company)
        db.session.flush()
        db.session.add(CompanyAncestor(company_id=company.id, ancestor_id=company.id, depth=0))
        if above:
            db.session.add(CompanyAncestor(company_id=company.id, ancestor_id=above.id, depth=1))
        db.session.add(Project(company_id=company.id, name="General", is_default=True))
        self.companies[slug] = company
        record(SYSTEM, "company.created", company, company_id=company.id)

    def _grant(self, user: User, company: Company, role: str) -> None:
        granted = self.now - dt.timedelta(days=236)
        membership = Membership(company_id=company.id, user_id=user.id, role=role, granted_at=granted)
        db.session.add(membership)
        db.session.flush()
        record(SYSTEM, "membership.granted", membership, role=role)

    def _invite(self, issuer: User, company: Company, email: str, role: str) -> None:
        """Write an invitation to a role that was mailed yesterday, and that nobody has used yet."""
        sent, row = self.now - dt.timedelta(hours=18), new_id()
        invitation = Invitation(
            kind="company",
            issuer_id=issuer.id,
            company_id=company.id,
            role=role,
            email=email,
            email_key=text.fold(email),
            nonce=text.secret(128),
            expires_at=sent + dt.timedelta(hours=24),
            created_at=sent,
        )
        db.session.add(invitation)
        db.session.flush()
        mail = OutboxMail(
            id=row,
            template="invitation",
            to_email=email,
            to_key=invitation.email_key,
            context={"invitation_id": str(invitation.id), "nonce": invitation.nonce},
            company_id=company.id,
            state="sent",
            attempts=1,
            created_at=sent,
            next_attempt_at=sent,
            sent_at=sent,
            message_id=f"<{row}@example.org>",
        )
        db.session.add(mail)
        record(SYSTEM, "invitation.created", invitation, kind="company", role=role, max_uses=1)


class Telling:
    """One event with its guests and its vote."""

    def __init__(self, story: Story, tale: Tale) -> None:
        """Take the story and the tale to tell."""
        self.story, self.tale, self.dice, self.now = story, tale, story.dice, story.now
        local = self.now.astimezone(clock.zone(tale.timezone)) + dt.timedelta(days=tale.days)
        self.starts_at = local.replace(hour=tale.hour, minute=0, second=0, microsecond=0).astimezone(dt.UTC)
        self.published_at = min(self.starts_at, self.now) - dt.timedelta(days=tale.lead)
        self.event = self._event()
        self.guests: list[Guest] = []

    def _event(self) -> Event:
        tale, story = self.tale, self.story
        company = story.companies[tale.company]
        projects = select(Project).where(Project.company_id == company.id, Project.is_default)
        return Event(
            id=random_id(),
            company_id=company.id,
            project_id=db.session.scalars(projects).one().id,
            host_id=story.users[tale.host].id,
            title=tale.title,
            description=tale.description,
            place=tale.place,
            search_key=text.fold(f"{tale.title} {tale.place}"),
            timezone=tale.timezone,
            starts_at=self.starts_at,
            ends_at=self.starts_at + dt.timedelta(hours=tale.hours),
            join_by=self.starts_at - dt.timedelta(days=1) if tale.capacity else None,
            capacity=tale.capacity,
            visibility=tale.visibility,
            reward=tale.reward,
            state=tale.state,
            created_at=self.published_at - dt.timedelta(days=2),
            updated_at=self.published_at,
            published_at=None if tale.state == "draft" else self.published_at,
            cancelled_at=self.now - dt.timedelta(days=1) if tale.state == "cancelled" else None,
            min_votes=tale.min_votes,
            min_turnout=tale.min_turnout,
            secrecy=tale.secrecy,
        )

    def tell(self) -> None:
        """Write the event, its guests in all states, and how they voted."""
        db.session.add(self.event)
        for position, (asked, answers) in enumerate(self.tale.questions):
            question = Question(event_id=self.event.id, position=position, text=asked)
            question.answers = [Answer(position=i, text=answer) for i, answer in enumerate(answers)]
            db.session.add(question)
        db.session.flush()
        words.write(self.event)
        record(SYSTEM, "event.created", self.event)
        for index in range(self.tale.guests):
            self.guests.append(self._guest(index))
        db.session.add_all(self.guests)
        db.session.flush()
        self._count()
        if self.tale.agreed and self.tale.questions:
            self._vote()

    def _guest(self, index: int) -> Guest:
        name = next(self.story.names)
        address = f"{text.slugify(name, 'guest').replace('-', '.')}@example.org"
        guest = Guest(id=new_id(), event_id=self.event.id, name=name, email=address, nonce=text.secret(128))
        guest.companions, guest.party_size, guest.places, guest.on_roll = [], 1, 0, False
        guest.email_key = text.fold(address)
        known = self._known(index)
        if known:
            guest.user_id, guest.name = known.id, known.full_name
            guest.email, guest.email_key = known.email, known.email_key
        guest.name_key = text.fold(f"{guest.name} {guest.email}")
        guest.listed_at = self._later(self.published_at, hours=20)
        guest.listed_by = self.event.host_id
        if index % 23 == 22:
            self._take_off(guest, left=index % 2 == 0)
        elif index % 11 != 10:
            guest.invited_at = self._later(guest.listed_at, hours=10)
            self._mail(guest, bounced=index % 14 == 13)
            if index % self.tale.warmth != self.tale.warmth - 1:
                self._answer(guest, index)
        return guest

    def _take_off(self, guest: Guest, *, left: bool) -> None:
        guest.removed_at = self._later(guest.listed_at, hours=30)
        guest.left_at = guest.removed_at if left else None
        guest.removed_by = None if left else self.event.host_id

    def _mail(self, guest: Guest, *, bounced: bool) -> None:
        """Write the invitation as the outbox keeps it once it was sent, or was not."""
        row = new_id()
        mail = OutboxMail(
            id=row,
            template="guest-invited",
            to_email=guest.email,
            to_key=guest.email_key,
            to_name=guest.name,
            guest_id=guest.id,
            event_id=self.event.id,
            company_id=self.event.company_id,
            state="failed" if bounced else "sent",
            attempts=1,
            next_attempt_at=guest.invited_at,
            sent_at=None if bounced else guest.invited_at,
            error=_BOUNCED if bounced else None,
            message_id=f"<{row}@example.org>",
        )
        if guest.invited_at:
            mail.created_at = guest.invited_at
        db.session.add(mail)
        guest.last_mail_id = row

    def _known(self, index: int) -> User | None:
        """Return which of the example's accounts stands at this place of the list: the fifth has not answered yet."""
        places = {0: "thordis" if self.tale.visibility == "public" else "", 1: "neza", 4: "maja"}
        if self.tale.host != "neza" and self.tale.capacity:
            places = {**places, 1: "", 4: "neza"}
        return self.story.users.get(places.get(index, ""))

    def _answer(self, guest: Guest, index: int) -> None:
        assert guest.invited_at is not None  # noqa: S101 narrows the type: only the invited answer
        guest.opened_at = self._later(guest.invited_at, hours=48)
        if index % 5 == 4:
            return
        guest.replied_at = self._later(guest.opened_at, hours=24)
        taken = sum(other.places for other in self.guests)
        party = 2 if index % 9 == 5 else 1
        room = self.tale.capacity is None or taken + party <= self.tale.capacity
        if index % 6 == 3 or not room:
            guest.reply = "no"
            guest.note = "I am away that week. Have a good one!" if index % 4 == 3 else ""
            return
        guest.reply, guest.party_size, guest.places, guest.on_roll = "yes", party, party, True
        guest.companions = [next(self.story.names)] if party > 1 else []
        guest.joined_at = guest.replied_at if guest.user_id else None
        if self.event.ends_at < self.now and index % (self.tale.warmth + 1) != self.tale.warmth:
            guest.checked_in_at = self.starts_at + dt.timedelta(minutes=self.dice.randrange(-20, 40))
            guest.checked_in_by = self.event.host_id

    def _later(self, moment: dt.datetime, *, hours: int) -> dt.datetime:
        """Return a moment up to so many hours later, but never one still to come."""
        return min(
            moment + dt.timedelta(minutes=self.dice.randrange(5, hours * 60)), self.now - dt.timedelta(minutes=2)
        )

    def _count(self) -> None:
        event, guests = self.event, self.guests
        event.taken = sum(guest.places for guest in guests)
        event.guests_listed = sum(guest.removed_at is None for guest in guests)
        event.guests_invited = sum(guest.invited_at is not None for guest in guests)
        event.guests_opened = sum(guest.opened_at is not None for guest in guests)
        event.guests_yes = sum(guest.reply == "yes" for guest in guests)
        event.guests_no = sum(guest.reply == "no" for guest in guests)
        event.guests_checked_in = sum(guest.checked_in_at is not None for guest in guests)
        event.guests_on_roll = sum(guest.on_roll for guest in guests)
        db.session.add_all(self._days())
        if self.tale.state == "published":
            record(SYSTEM, "event.published", event)

    def _days(self) -> list[EventDay]:
        """Return what happened to the guest list, day by day."""
        days: dict[dt.date, EventDay] = {}
        for guest in self.guests:
            moments = {"invited": guest.invited_at, "opened": guest.opened_at, "checked_in": guest.checked_in_at}
            if guest.reply:
                moments[guest.reply] = guest.replied_at
            for name, moment in moments.items():
                if moment is not None:
                    empty = EventDay(event_id=self.event.id, day=moment.date(), **dict.fromkeys(DAILY, 0))
                    day = days.setdefault(moment.date(), empty)
                    setattr(day, name, getattr(day, name) + 1)
        return list(days.values())

    def _vote(self) -> None:
        questions = list(db.session.scalars(select(Question).where(Question.event_id == self.event.id)))
        answers = {question: list(db.session.scalars(self._answers_of(question))) for question in questions}
        roll = [guest for guest in self.guests if guest.on_roll]
        closed = self.event.ends_at < self.now
        voters = [guest for index, guest in enumerate(roll) if index % 4 != 3 and (closed or not guest.user_id)]
        cast: list[tuple[Guest, dict[str, str]]] = []
        for position, guest in enumerate(voters, start=1):
            chosen = {question: self._choice(options) for question, options in answers.items()}
            ballot = Ballot(event_id=self.event.id, guest_id=guest.id, position=position)
            ballot.receipt = receipt_of(self.dice.getrandbits(80))
            ballot.answers = [BallotAnswer(question_id=q.id, answer_id=a.id) for q, a in chosen.items()]
            guest.has_voted = True
            db.session.add(ballot)
            cast.append((guest, {str(q.id): str(a.id) for q, a in chosen.items()}))
        self._tally(cast, [str(question.id) for question in questions], len(roll))
        for options in answers.values():
            for answer in options:
                given = [str(answer.id) in chosen.values() for _guest, chosen in cast]
                answer.votes, answer.votes_shown = sum(given), sum(given[: self.tally.ballots_shown])
                answer.votes_held = sum(given[: self.tally.ballots_held])
        if closed:
            self._settle(cast, len(roll))

    def _answers_of(self, question: Question) -> Any:
        return select(Answer).where(Answer.question_id == question.id).order_by(Answer.position)

    def _choice(self, options: list[Answer]) -> Answer:
        return options[0] if self.dice.random() < self.tale.agreed else self.dice.choice(options)

    def _tally(self, cast: list[tuple[Guest, dict[str, str]]], questions: list[str], roll: int) -> None:
        rule = Rule.of(self.event)
        tally = Tally(event_id=self.event.id, opened_at=self.published_at, rule=rule.as_dict(), ballots=len(cast))
        self.count = Count.of(questions, (chosen for _guest, chosen in cast))
        tally.roll_size = roll
        tally.ballots_held = len(cast) // STEP * STEP
        tally.ballots_shown = max(0, tally.ballots_held - STEP)
        self.tally = tally
        db.session.add(tally)

    def _settle(self, cast: list[tuple[Guest, dict[str, str]]], roll: int) -> None:
        outcome: Outcome = decide(Rule.of(self.event), roll, self.count)
        self.tally.closed_at = self.event.ends_at
        self.tally.outcome = "consensus" if outcome.reached else "no consensus"
        if outcome.reached:
            self.tally.reached_at, self.tally.reached_with = self.event.ends_at, outcome.answers
            self.tally.reached_ballots, self.tally.reached_roll = len(cast), roll
        guests = {guest.id: guest for guest, _chosen in cast}
        given = dues(((guest.id, chosen) for guest, chosen in cast), outcome, self.event.reward)
        for guest_id, due in given.items():
            guests[guest_id].reward, guests[guest_id].reputation = due.reward, due.reputation


def told() -> bool:
    """Tell whether the example company is there."""
    return db.session.scalar(select(Company.id).where(Company.slug == COMPANIES[0][0])) is not None


@operation
def tell_story(password_hash: str) -> bool:
    """Write the example company; return False, and write nothing, where it stands already."""
    if told():
        return False
    Story(password_hash).tell()
    return True
