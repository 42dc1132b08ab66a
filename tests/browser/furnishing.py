"""A house in which every page has something to show: the example company, and what it leaves out.

`furnish` writes the rows; it returns what stands for each `{name}` in the paths of tests/browser/pages.py, and the
sessions of the people who look.
"""

import contextlib
import dataclasses
import datetime as dt
import pathlib
import uuid
from collections.abc import Iterator

from sqlalchemy import select, update

from tests import factories
from tests.browser.house import House, standing
from webapp.accounts import links, sessions, tokens
from webapp.companies import operations as companies
from webapp.companies import queries as companies_queries
from webapp.companies.operations.apps import note_use
from webapp.core import clock
from webapp.core.actor import NOBODY, Actor, Scope
from webapp.core.database import db
from webapp.core.operation import operation
from webapp.core.permissions import Role
from webapp.core.tokens import Purpose
from webapp.guests.links import confirm_token, personal_token, unsubscribe_token
from webapp.guests.operations import admit
from webapp.home.demo import tell_story
from webapp.invitations import operations as invitations
from webapp.invitations.links import public_id
from webapp.journal.sealing import seal_all
from webapp.journal.writing import record
from webapp.mail.outbox import queue
from webapp.models import Company, Event, Guest, Invitation, LoginSession, Membership, OutboxMail, User
from webapp.voting import tallying
from webapp.voting.operations import cast_ballot, close_vote

DAY = dt.timedelta(days=1)
LONG = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft"
TITLES = {
    "meadow": "Žive meje%",
    "supper": "A harvest supper%",
    "quiz": "The Yule quiz%",
    "choir": "Adventno petje%",
    "draft": "Annual moot%",
    "cancelled": "Sourdough%",
    "consensus": "Autumn moot%",
    "soup": "Soup night%",
    "night": "Night ride%",
}


@dataclasses.dataclass
class Furnished:
    """What stands where, and who may come in."""

    values: dict[str, str] = dataclasses.field(default_factory=dict)
    sessions: dict[str, str] = dataclasses.field(default_factory=dict)


@contextlib.contextmanager
def furnished_house(folder: pathlib.Path) -> Iterator[tuple[House, Furnished]]:
    """A running house with all that in it."""
    made: list[Furnished] = []
    with standing(folder, lambda _app: made.append(furnish())) as house:
        yield house, made[0]


def furnish() -> Furnished:
    """Fill an empty database, in the context of an app."""
    tell_story(factories.password_hash())
    done = Furnished()
    people = _people(done)
    events = {key: _one(select(Event).where(Event.title.like(title))) for key, title in TITLES.items()}
    events["long"] = _long(people["neza"])
    events["fresh"] = _fresh(people["neza"])
    events["counting"] = _counting(people)
    events["divided"] = _divided(people)
    done.values |= {key: str(event.id) for key, event in events.items()}
    _guests(done, events, people)
    _tokens(done, people)
    _invitations(done, events["meadow"], people)
    _mails(done, events["meadow"])
    _tree(done, events, people["neza"])
    _apps(done, people)
    _programs(done, people)
    _journal(done, events["meadow"], people)
    return done


def _one(statement):
    return db.session.scalars(statement.limit(1)).one()


def _people(done: Furnished) -> dict[str, User]:
    people = {
        handle: _one(select(User).where(User.email_key == f"{handle}@example.org"))
        for handle in ("neza", "maja", "lukasz", "ana", "thordis")
    }
    people["eva"] = factories.an_account("Eva", surname="Kranjc", email="eva@example.org")
    people["new"] = factories.an_account("Nada", email="nada@example.org")
    people["unproven"] = factories.an_account("Urška", email="urska@example.org", verified=False)
    for device in ("Firefox on Linux", "Safari on iPhone"):
        sessions.start(people["neza"], remember=True, device=device)
    off = factories.an_account("Rok", surname="Hribar", email="rok@example.org", disabled_at=clock.now() - DAY)
    for handle, user in (people | {"off": off}).items():
        done.values[f"account-{handle}"] = str(user.id)
    for handle, user in people.items():
        done.sessions[handle] = sessions.start(user, remember=True, device="Chromium on Linux")
    return people


def _company() -> Company:
    return _one(select(Company).where(Company.slug == "pod-lipo"))


def _long(host: User) -> Event:
    """Words that are too long for any phone, and those that run the other way."""
    event = factories.an_event(
        _company(),
        host,
        title=f"{LONG} اجتماع الحديقة 🌳 <script>alert(1)</script> {{{{7*7}}}}",
        place=f"https://meet.example.org/{LONG.lower()}/{'x' * 80}",
        description=f"{LONG}{LONG}\n\n    {'code ' * 40}\n\n| a | b |\n|---|---|\n| {LONG} | {LONG} |",
        questions={f"{LONG}?": [LONG, "لا", "x" * 120]},
        capacity=100_000,
        visibility="unlisted",
    )
    factories.a_guest(event, name=f"{LONG} {LONG}", email=f"{'o' * 60}@{'mail' * 10}.example.org", reply="yes")
    factories.a_guest(event, name="ليلى حداد", reply="yes", party_size=12, companions=[LONG] * 11, note=LONG * 3)
    return event


def _fresh(host: User) -> Event:
    return factories.an_event(
        _company(), host, title="Bread and cards", place="Trubarjeva 50, Ljubljana", visibility="invited"
    )


def _counting(people: dict[str, User]) -> Event:
    """A vote that has reached its consensus and stays open, by open ballots."""
    return factories.an_event(
        _company(),
        people["neza"],
        title="Which linden do we plant?",
        questions={"Which linden do we plant?": ["Small-leaved", "Large-leaved"]},
        secrecy="open",
        results="live",
        starts_in=5 * DAY,
    )


def _divided(people: dict[str, User]) -> Event:
    """A vote that is over and decided nothing."""
    event = factories.an_event(
        _company(), people["neza"], title="Geese or goats?", questions={"Geese or goats?": ["Geese", "Goats"]}
    )
    for number, user in enumerate((people["eva"], people["thordis"])):
        _vote(event, factories.a_guest(event, user=user, reply="yes"), number)
    past = {"starts_at": clock.now() - 2 * DAY, "ends_at": clock.now() - DAY}
    operation(db.session.execute)(update(Event).where(Event.id == event.id).values(past))
    close_vote(event)
    return event


def _vote(event: Event, guest: Guest, choice: int) -> None:
    """Cast a guest's ballot, for the answer at that place of each question."""
    questions = tallying.questions_of(event.id)
    answers = {str(question.id): str(question.answers[choice].id) for question in questions}
    cast_ballot(Actor(guest_id=guest.id), guest, answers)


def _guests(done: Furnished, events: dict[str, Event], people: dict[str, User]) -> None:
    meadow = events["meadow"]
    eva = factories.a_guest(meadow, user=people["eva"], reply="yes", invited_at=clock.now() - DAY)
    factories.a_guest(events["supper"], user=people["eva"], invited_at=clock.now() - DAY)
    operation(db.session.execute)(update(Event).where(Event.id == events["supper"].id).values(capacity=Event.taken))
    thordis = _one(select(Guest).where(Guest.event_id == meadow.id, Guest.user_id == people["thordis"].id))
    if not thordis.has_voted:
        _vote(meadow, thordis, 0)
    factories.a_guest(events["quiz"], user=people["eva"], invited_at=clock.now() - DAY)
    alone = factories.a_guest(meadow, name="Hana Lindqvist", invited_at=clock.now() - DAY)
    party = factories.a_guest(
        meadow, name="Noor Rahimi", reply="yes", party_size=3, companions=["Samir", "Leila Rahimi"], note="No nuts."
    )
    standing = Guest.event_id == meadow.id
    found = {
        "voter": eva,
        "party": party,
        "unanswered": alone,
        "no": _one(select(Guest).where(standing, Guest.reply == "no")),
        "voted": _one(select(Guest).where(standing, Guest.has_voted)),
        "full": factories.a_guest(events["supper"], name="Rui Mazur", invited_at=clock.now() - DAY),
        "over": _one(select(Guest).where(Guest.event_id == events["consensus"].id, Guest.has_voted)),
        "called-off": _one(select(Guest).where(Guest.event_id == events["cancelled"].id, Guest.reply == "yes")),
        "stretched": _one(select(Guest).where(Guest.event_id == events["long"].id, Guest.reply == "yes")),
    }
    for key, guest in found.items():
        done.values[f"at-{key}"] = personal_token(guest)
        done.values[f"guest-{key}"] = str(guest.id)
    muted = factories.a_guest(meadow, name="Seán Park", invited_at=clock.now() - DAY, unsubscribed_at=clock.now())
    done.values["mute"] = unsubscribe_token(alone)
    done.values["muted"] = unsubscribe_token(muted)
    factories.a_guest(meadow, name="Kofi from next door", email=None, source="walk-in", reply="yes")
    admitted = admit(NOBODY, meadow, email="petra@example.org", name="Petra", confirmed=False)
    done.values["confirm"] = confirm_token(admitted)
    for name in ("Irena", "Miha", "Tereza"):
        factories.a_guest(events["counting"], name=name, reply="yes")
    factories.a_guest(events["counting"], user=people["eva"], reply="yes")


def _tokens(done: Furnished, people: dict[str, User]) -> None:
    unproven, neza = people["unproven"], people["neza"]
    done.values["dead"] = links.token_of(links.issue(unproven, Purpose.VERIFY))
    done.values["verify"] = links.token_of(links.issue(unproven, Purpose.VERIFY))
    done.values["reset"] = links.token_of(links.issue(neza, Purpose.RESET))
    done.values["change"] = links.token_of(links.issue(neza, Purpose.EMAIL_CHANGE, email="neza@lipa.example.org"))


def _tree(done: Furnished, events: dict[str, Event], neza: User) -> None:
    """Companies deep below the company, one that stands alone, and projects: with a calendar, archived, and long."""
    actor = factories.acting(neza)
    kitchen = _one(select(Company).where(Company.slug == "kuhinja"))
    cellar = factories.a_company(name="The cellar", parent=kitchen)
    factories.a_company(name=f"{LONG} حديقة", parent=cellar)
    shed = companies.create_company(actor, name="The tool shed")
    done.values |= {"cellar": cellar.slug, "shed": shed.slug}
    apples, pears, _long = (
        companies.create_project(actor, _company(), name=name) for name in ("The apple year", "Pears", f"{LONG}!")
    )
    moved = [events[key].id for key in ("meadow", "draft", "consensus")]
    operation(db.session.execute)(update(Event).where(Event.id.in_(moved)).values(project_id=apples.id))
    companies.make_calendar(actor, apples)
    companies.archive_project(actor, pears)
    done.values |= {"apples": str(apples.id), "pears": str(pears.id)}


def _programs(done: Furnished, people: dict[str, User]) -> None:
    """Tokens of her own: one that is used, one that never was, and one with words too long; and a rested session.

    And somebody whose programs may do less than the role gives.
    """
    neza, here = people["neza"], _company()
    actor = Actor(user_id=neza.id, fresh_at=clock.now())
    reading = [Scope.EVENTS_READ, Scope.GUESTS_READ]
    used, _token = tokens.issue(
        actor, name="Guests into the spreadsheet", scopes=reading, good_for=90 * DAY, company_id=here.id
    )
    tokens.issue(actor, name="Newsletter", scopes=[Scope.EVENTS_READ], good_for=7 * DAY)
    tokens.issue(actor, name=LONG, scopes=list(Scope), good_for=365 * DAY)
    sessions.touch(used.id)
    maja = companies_queries.standing(here.id, people["maja"].id)
    assert maja is not None
    companies.change_membership(factories.acting(neza), maja, limits=True, scopes=[*reading, Scope.CHECK_IN])
    done.sessions["rested"] = sessions.start(people["eva"], remember=True, device="Chromium on Linux")
    rested = sessions.find(done.sessions["rested"])
    assert rested is not None
    operation(db.session.execute)(
        update(LoginSession).where(LoginSession.id == rested.id).values(fresh_at=clock.now() - DAY)
    )


def _apps(done: Furnished, people: dict[str, User]) -> None:
    """A company with apps: one in use, one revoked, one with a name that is too long."""
    neza, here = factories.acting(people["neza"]), _company()
    reading = [Scope.EVENTS_READ, Scope.GUESTS_READ, Scope.CHECK_IN]
    printer, _key = companies.create_app(neza, here, name="Ticket printer at the door", scopes=reading)
    old, _key = companies.create_app(neza, here, name="The old website", scopes=[Scope.EVENTS_READ])
    companies.create_app(neza, here, name=LONG, scopes=list(Scope))
    companies.rotate_app(neza, printer)
    note_use(printer.id)
    companies.revoke_app(neza, old)
    done.values |= {"app-used": str(printer.id), "app-revoked": str(old.id)}


def _invitations(done: Furnished, meadow: Event, people: dict[str, User]) -> None:
    neza = factories.acting(people["neza"])
    singles = invitations.create_batch(neza, meadow, number=6)
    shared = invitations.create_invitation(neza, kind="event", event=meadow, max_uses=None)
    role = invitations.create_invitation(
        neza, kind="company", company=_company(), role=Role.ORGANISER, email="zala@example.org"
    )
    site = invitations.create_invitation(neza, kind="site")
    letter = invitations.create_invitation(neza, kind="site", email="zala@example.org")
    invitations.revoke_invitation(neza, singles[1].id)
    invitations.accept_as_guest(public_id(singles[2]), name="Gašper", email="gasper@example.org")
    invitations.accept_signed_in(factories.acting(people["lukasz"]), public_id(singles[3]))
    operation(db.session.execute)(
        update(Invitation).where(Invitation.id == singles[4].id).values(expires_at=clock.now() - DAY)
    )
    found = {"single": singles[0], "used": singles[3], "shared": shared, "role": role, "site": site, "letter": letter}
    for key, invitation in found.items():
        done.values[f"invite-{key}"] = public_id(invitation)


@operation
def _mails(done: Furnished, meadow: Event) -> None:
    """Let the guests of an event have e-mails in every state, and none be under way when the server starts."""
    moment = clock.now()
    db.session.execute(update(OutboxMail).values(state="sent", sent_at=moment, attempts=1))
    guests = db.session.scalars(
        select(Guest).where(Guest.event_id == meadow.id, Guest.email.is_not(None)).order_by(Guest.name_key).limit(40)
    ).all()
    trouble = "550 5.1.1 <nobody@example.org>: Recipient address rejected: User unknown in virtual mailbox table"
    for number, guest in enumerate(guests):
        assert guest.email is not None
        mail = queue("guest-invited", to=guest.email, name=guest.name, context={"guest_id": str(guest.id)})
        mail.guest_id, mail.event_id, mail.company_id = guest.id, meadow.id, meadow.company_id
        mail.state, mail.attempts, mail.sent_at = "sent", 1, moment
        if number % 9 == 3:
            mail.state, mail.sent_at, mail.error = "failed", None, trouble
        elif number % 9 == 5:
            mail.state, mail.sent_at, mail.error = "queued", None, "The mail server does not answer."
            mail.next_attempt_at = moment + DAY
        elif number % 9 == 7:
            mail.state, mail.sent_at = "dropped", None
        db.session.flush()
        guest.last_mail_id = mail.id
        done.values[f"mail-{mail.state}"] = str(mail.id)


def _journal(done: Furnished, meadow: Event, people: dict[str, User]) -> None:
    """Let different people have done different things, all but the last of them sealed."""
    done.values["neza-id"] = str(people["neza"].id)
    neza, system = factories.acting(people["neza"]), Actor(system=True)
    guest = db.session.get_one(Guest, uuid.UUID(done.values["guest-party"]))
    role = _one(select(Membership).where(Membership.user_id == people["ana"].id))
    told = operation(record)
    told(neza, "event.edited", meadow, changed=["place", "starts_at"])
    told(neza, "guests.invited", meadow, number=12)
    told(Actor(guest_id=guest.id), "guest.replied_yes", guest, company_id=meadow.company_id, party_size=3)
    told(neza, "membership.granted", role, user=str(role.user_id), role=role.role)
    told(system, "vote.closed", meadow, outcome="no consensus", ballots=3, roll=20)
    told(Actor(user_id=uuid.uuid4()), "event.created", meadow)
    seal_all()
    told(neza, "guest.checked_in", guest, company_id=meadow.company_id)
