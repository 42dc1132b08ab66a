"""A family of companies in which every text and every id says whose it is: for tests that look for leaks.

Above; Here and Sibling, which are part of it; Below, which is part of Here. Each is full of everything there can be,
and each text in it carries a mark like "mark-sibling-guest": the company, and the kind of thing it belongs to.
"""

import base64
import binascii
import contextlib
import dataclasses
import datetime as dt
import html
import re
import uuid
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote

import flask_migrate
import pytest
import sqlalchemy as sa
from flask.wrappers import Request
from werkzeug.datastructures import ImmutableMultiDict
from werkzeug.test import TestResponse
from werkzeug.utils import cached_property

from tests import factories
from tests.programs import Program
from tests.voting import votes
from tests.world import World
from webapp import create_app
from webapp.accounts import links, sessions
from webapp.accounts import tokens as account_tokens
from webapp.companies import operations as companies
from webapp.core import clock, tokens
from webapp.core.database import Base, db
from webapp.core.operation import count, operation
from webapp.core.permissions import Permission, Role, may
from webapp.core.tokens import Purpose
from webapp.guests import operations as guests
from webapp.guests.links import confirm_token, personal_token, unsubscribe_token
from webapp.invitations import operations as invitations
from webapp.invitations.links import public_id
from webapp.models import (
    Answer,
    App,
    Company,
    Event,
    EventDay,
    Guest,
    Invitation,
    InvitationUse,
    LoginSession,
    OutboxMail,
    Project,
    Question,
    User,
)
from webapp.voting import operations as voting

PARENTS: dict[str, str | None] = {"above": None, "here": "above", "sibling": "above", "below": "here"}
"""The family: each company with the one it is part of."""

STANDING: dict[str, tuple[str, Role] | None] = {
    "doorkeeper": ("here", Role.DOORKEEPER),
    "organiser": ("here", Role.ORGANISER),
    "administrator": ("here", Role.ADMINISTRATOR),
    "owner": ("here", Role.OWNER),
    "below": ("below", Role.ADMINISTRATOR),
    "sibling": ("sibling", Role.ADMINISTRATOR),
    "above": ("above", Role.ADMINISTRATOR),
    "limited": ("sibling", Role.ADMINISTRATOR),
    "site": None,
    "gone": None,
    "stranger": None,
    "nobody": None,
}
"""Everybody who looks: in which company they have a role, and which.

Who is gone was administrator of Here until now. The stranger owns a company of no family. Who is limited is a program
alone: an administrator of Above, with a token for Sibling.
"""

# What each kind of thing asks for, in its company, of whoever is to see it.
NEEDS: dict[str, Permission | None] = {
    "company": Permission.SEE_EVENTS,
    "companyid": Permission.SEE_EVENTS,
    "slug": Permission.SEE_EVENTS,
    "project": Permission.SEE_EVENTS,
    "projectid": Permission.SEE_EVENTS,
    "person": Permission.SEE_EVENTS,
    "host": Permission.SEE_EVENTS,
    # events, by what they are: published for all, by their address, for guests (in two projects); cancelled, over
    "public": Permission.SEE_EVENTS,
    "unlisted": Permission.SEE_EVENTS,
    "hidden": Permission.SEE_EVENTS,
    "season": Permission.SEE_EVENTS,
    "called": Permission.SEE_EVENTS,
    "past": Permission.SEE_EVENTS,
    "draft": Permission.MANAGE_EVENTS,
    # the door sees names
    "guest": Permission.CHECK_IN,
    "bearer": Permission.CHECK_IN,
    "companion": Permission.CHECK_IN,
    "guestmail": Permission.MANAGE_GUESTS,
    "note": Permission.MANAGE_GUESTS,
    "eventlink": Permission.MANAGE_EVENTS,
    "personmail": Permission.MANAGE_PEOPLE,
    "pastperson": Permission.MANAGE_PEOPLE,
    # an id and no more, which stands in cursors too
    "membership": Permission.SEE_EVENTS,
    "rolemail": Permission.MANAGE_PEOPLE,
    "rolelink": Permission.MANAGE_PEOPLE,
    "ownerlink": Permission.MANAGE_OWNERS,
    # whoever makes its events may also follow them in a calendar
    "feed": Permission.MANAGE_EVENTS,
    "app": Permission.MANAGE_APPS,
    "mail": Permission.READ_MAIL,
    # beside the guest whom it did not reach
    "mailerror": Permission.MANAGE_GUESTS,
    "use": Permission.MANAGE_EVENTS,
    # nobody: what proves somebody, and who cast which ballot
    "guestlink": None,
    "session": None,
    "ballot": None,
    "secret": None,
}

# What a row's id is, by its table; None: what the texts of the row say, or those of its event.
TABLES: dict[str, str | None] = {
    "users": None,
    "companies": "companyid",
    "memberships": "membership",
    "projects": "projectid",
    "events": None,
    "questions": None,
    "answers": None,
    "guests": "guest",
    "invitations": None,
    "invitation_uses": "use",
    "outbox_mails": "mail",
    "apps": "app",
    "login_sessions": "session",
    "one_time_links": "session",
    "ballots": "ballot",
}

MARK = re.compile(r"mark-(above|here|sibling|below)-([a-z]+)")
ID = re.compile(r"[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}")
_FOLDED = re.compile(r"\r?\n[ \t]")
_PACKED = re.compile(r"[\w-]{20,}")


def mark(company: str, kind: str) -> str:
    """The mark of a kind of thing in a company."""
    assert kind in NEEDS
    return f"mark-{company}-{kind}"


@dataclasses.dataclass(frozen=True)
class Value:
    """What can stand in a path: of which company, and (an event, or something of one) of which event."""

    text: str
    company: str
    kind: str
    event: str | None = None

    def fits(self, other: "Value") -> bool:
        """Tell whether both belong together."""
        one_event = self.event is None or other.event is None or self.event == other.event
        return self.company == other.company and one_event


Mark = tuple[str, str]
Values = dict[str, list[Value]]


@dataclasses.dataclass(eq=False)
class Family(World):
    """The app with the family in it."""

    paths: Values = dataclasses.field(default_factory=dict)
    """What can stand for each variable of a path, by its name; or for one endpoint, by "endpoint:name"."""
    ids: dict[str, Mark] = dataclasses.field(default_factory=dict)
    """Whose row has that id, by its 32 hexadecimal digits."""
    tokens: dict[str, str] = dataclasses.field(default_factory=dict)
    """The token of each person's program."""
    asked: dict[str, set[str]] = dataclasses.field(default_factory=dict)
    """What each endpoint has asked of its address."""
    document: dict[str, Any] = dataclasses.field(default_factory=dict)
    """What the API says of its paths, once somebody has read it."""

    def program(self, person: str) -> Program:
        """The program of somebody, with a token for whatever they may."""
        program = Program(self.app)
        program.token = self.tokens.get(person)
        return program

    def add(self, name: str, value: Any, company: str, kind: str, event: Event | None = None) -> None:
        """Let `value` stand for the variable `name` of paths."""
        event_id = str(event.id) if event is not None else None
        self.paths.setdefault(name, []).append(Value(str(value), company, kind, event_id))

    def marks_in(self, written: str, *, ids: bool = True) -> set[Mark]:
        """Whose marks and ids are in a text, also in what is packed into its links."""
        written = html.unescape(unquote("\n".join([written, *unpacked(written)]))).casefold()
        return {*MARK.findall(written), *(self.ids[one] for one in _ids(written) if ids and one in self.ids)}

    def told(self, answer: TestResponse, but: tuple[str, ...] = (), *, ids: bool = True) -> set[Mark]:
        """Whose marks and ids an answer holds, in its body and its headers, where these texts are taken away."""
        whole = _FOLDED.sub("", f"{answer.headers}\n{answer.text}")
        for known in but:
            whole = whole.replace(known, "")
        return self.marks_in(whole, ids=ids)


def _ids(written: str) -> set[str]:
    return {found.replace("-", "") for found in ID.findall(written)}


def unpacked(written: str) -> list[str]:
    """What is packed as URL-safe base64 into a text (links, cursors), and what is packed into that."""
    found = []
    for word in set(_PACKED.findall(unquote(written))):
        with contextlib.suppress(binascii.Error, ValueError):
            inner = base64.urlsafe_b64decode(word + "=" * (-len(word) % 4))
            found.append(inner.decode("utf-8", "ignore"))
            # a link's row stands in it as its 16 bytes
            start = re.match(rb'"?([\w-]{22})\.', inner)
            if start:
                found.append(base64.urlsafe_b64decode(start[1] + b"==").hex())
    return found


def reach(person: str) -> set[str]:
    """The companies in which somebody may do what the role allows: its own and all below."""
    standing = STANDING[person]
    reached = {standing[0]} if standing else set()
    for company, parent in PARENTS.items():
        if parent in reached:
            reached.add(company)
    return reached


def over(company: str) -> set[str]:
    """The companies above one."""
    parent = PARENTS[company]
    return {parent, *over(parent)} if parent else set()


def sees(person: str, found: Mark) -> bool:
    """Tell whether somebody may see a thing of that kind in that company, wherever it stands."""
    company, kind = found
    standing, need = STANDING[person], NEEDS[kind]
    if company in reach(person):
        return standing is not None and need is not None and may(standing[1], need)
    # who looks after one's company from above is no secret, and what that company is called
    return bool(standing) and company in over(standing[0]) and kind in {"company", "companyid", "person", "host"}


# ---------------------------------------------------------------- filling it


@operation
def _change(row: Any, **values: Any) -> None:
    count(sa.update(type(row)).where(type(row).id == row.id).values(**values))


class _Settler:
    """Fills one company."""

    def __init__(self, family: Family, key: str, parent: Company | None) -> None:
        self.family, self.key = family, key
        self.owner = self._person("person")
        self.company = factories.a_company(self.owner, name=self._mark("company"), parent=parent)
        _change(self.company, slug=self._mark("slug"))
        self.host = self._person("host")
        self.season = Project(company_id=self.company.id, name=self._mark("project"), calendar_nonce=self._mark("feed"))
        self.archived = Project(company_id=self.company.id, name=self._mark("project"), archived_at=clock.now())
        factories.save(self.season, self.archived)
        _change(factories.default_project(self.company), name=self._mark("project"))
        self.events: dict[str, Event] = {}

    def _mark(self, kind: str) -> str:
        return mark(self.key, kind)

    def _email(self, kind: str) -> str:
        return f"{self._mark(kind)}.{len(self.family.ids)}.{next(factories._numbers)}@example.org"

    def _person(self, kind: str) -> User:
        return factories.an_account(self._mark(kind), email=self._email("personmail"))

    def _add(self, name: str, value: Any, kind: str, event: Event | None = None) -> None:
        self.family.add(name, value, self.key, kind, event)

    def settle(self) -> Company:
        """Fill the company; return it."""
        self._add("slug", self.company.slug, "slug")
        self._add("company_id", self.company.id, "companyid")
        self._people()
        for kind in ("hidden", "public", "unlisted", "season", "called", "past", "draft"):
            self.events[kind] = self._event(kind)
        self._guests()
        self._votes()
        self._links()
        self._apps()
        self._feeds()
        self._mails()
        self._letters()
        return self.company

    def _people(self) -> None:
        member = self._person("person")
        membership = factories.a_membership(member, self.company, Role.ORGANISER)
        factories.a_membership(self.host, self.company, Role.ORGANISER)
        factories.a_membership(self._person("person"), self.company, Role.ADMINISTRATOR)
        factories.a_membership(self._person("person"), self.company, Role.DOORKEEPER)
        gone = factories.a_membership(self._person("pastperson"), self.company, Role.ORGANISER)
        companies.revoke(factories.acting(self.owner), gone)
        self._add("membership_id", membership.id, "membership")
        self._add("user_id", member.id, "person")
        self._add("email", member.email, "personmail")

    def _event(self, kind: str) -> Event:
        named = self._mark(kind)
        values: dict[str, Any] = {"visibility": kind if kind in {"public", "unlisted"} else "invited"}
        if kind == "draft":
            values |= {"state": "draft", "published_at": None}
        event = factories.an_event(
            self.company,
            self.host,
            title=named,
            place=f"{named} place",
            description=f"{named} **about**",
            questions={f"{named} question": [f"{named} this", f"{named} that"]},
            results="live",
            secrecy="open",
            capacity=30,
            **values,
        )
        if kind == "season":
            votes.move(event, project_id=self.season.id)
        self._add("event_id", event.id, kind, event)
        return event

    def _guest(self, event: Event, kind: str = "guest", **values: Any) -> Guest:
        guest = factories.a_guest(event, name=self._mark(kind), email=self._email("guestmail"), **values)
        _change(guest, nonce=self._mark("guestlink"))
        return guest

    def _guests(self) -> None:
        acting = factories.acting(self.owner)
        for kind, event in self.events.items():
            guest = self._guest(
                event,
                reply="yes",
                party_size=2,
                companions=[self._mark("companion")],
                note=self._mark("note"),
                invited_at=clock.now(),
            )
            if kind in {"hidden", "public", "draft"}:
                self._add("guest_id", guest.id, "guest", event)
            if kind != "draft":
                factories.save(EventDay(event_id=event.id, day=clock.now().date(), invited=1, yes=1))
        hidden = self.events["hidden"]
        mailed = guests.add_guest(acting, hidden, email=self._email("guestmail"), name=self._mark("guest"), invite=True)
        _change(mailed, nonce=self._mark("guestlink"))
        guests.walk_in(acting, hidden, name=self._mark("guest"))
        bearer = self._guest(hidden, "bearer")
        unsure = self._guest(hidden, "bearer", unconfirmed_until=clock.now() + dt.timedelta(days=1))
        for endpoint in ("show", "answer", "calendar", "leave", "opened"):
            self._add(f"rsvp.{endpoint}:token", personal_token(bearer), "bearer", hidden)
        for endpoint in ("guest_vote", "guest_results", "guest_ballot_file"):
            self._add(f"voting.{endpoint}:token", personal_token(bearer), "bearer", hidden)
        for endpoint in ("unsubscribe", "unsubscribed"):
            self._add(f"rsvp.{endpoint}:token", unsubscribe_token(bearer), "bearer", hidden)
        for endpoint in ("confirm_place", "confirm"):
            self._add(f"rsvp.{endpoint}:token", confirm_token(unsure), "bearer", hidden)

    def _votes(self) -> None:
        for kind in ("hidden", "public", "past"):
            votes.cast(self._guest(self.events[kind], reply="yes"), 0)
        voting.close_vote(votes.end(self.events["past"]))
        votes.move(self.events["called"], state="cancelled", cancelled_at=clock.now())

    def _links(self) -> None:
        acting, hidden = factories.acting(self.owner), self.events["hidden"]
        made = {
            "rolelink": invitations.create_invitation(
                acting, kind="company", company=self.company, role=Role.ORGANISER
            ),
            "ownerlink": invitations.create_invitation(acting, kind="company", company=self.company, role=Role.OWNER),
            "eventlink": invitations.create_invitation(acting, kind="event", event=hidden),
        }
        for kind, invitation in made.items():
            _change(invitation, nonce=self._mark(kind))
            event = hidden if kind == "eventlink" else None
            self._add("invite", public_id(db.session.get_one(Invitation, invitation.id)), kind, event)
            self._add("invitation_id", invitation.id, kind, event)
        shared = invitations.create_invitation(acting, kind="event", event=hidden, max_uses=None)
        bearer = db.session.scalars(sa.select(Guest).where(Guest.name == self._mark("bearer"))).first()
        assert bearer is not None
        factories.save(InvitationUse(invitation_id=shared.id, guest_id=bearer.id))
        for role in (Role.ADMINISTRATOR, Role.OWNER):
            invitations.create_invitation(
                acting, kind="company", company=self.company, role=role, email=self._email("rolemail")
            )

    def _apps(self) -> None:
        app = App(
            company_id=self.company.id,
            name=self._mark("app"),
            scopes=["events:read", "guests:read"],
            key_hash=self._mark("secret"),
            created_by=self.owner.id,
        )
        gone = App(
            company_id=self.company.id,
            name=self._mark("app"),
            key_hash=self._mark("secret"),
            created_by=self.owner.id,
            revoked_at=clock.now(),
            revoked_by=self.owner.id,
        )
        factories.save(app, gone)
        token = LoginSession(
            user_id=self.owner.id,
            kind="token",
            secret_hash=f"{self._mark('secret')}-{uuid.uuid4().hex}"[:64],
            device=self._mark("session"),
            last_used_at=clock.now(),
            company_id=self.company.id,
            app_id=app.id,
        )
        factories.save(token)
        self._add("app_id", app.id, "app")
        self._add("session_id", token.id, "session")

    def _feeds(self) -> None:
        self._add("project_id", self.season.id, "project")
        self._add("project_id", self.archived.id, "project")
        feed = tokens.make(Purpose.CALENDAR, self.season.id, self._mark("feed"))
        self._add("calendar.feed:token", feed, "feed")

    def _mails(self) -> None:
        sent = db.session.scalars(
            sa.select(OutboxMail).where(OutboxMail.company_id == self.company.id).order_by(OutboxMail.id)
        ).all()
        assert len(sent) > 1
        found = [mail.id for mail in sent]
        _change(sent[0], state="failed", attempts=5, error=self._mark("mailerror"))
        for mail_id in (found[0], found[-1]):
            self._add("mail_id", mail_id, "mail")

    def _letters(self) -> None:
        fresh = factories.an_account(self._mark("person"), email=self._email("personmail"), verified=False)
        factories.a_membership(fresh, self.company, Role.DOORKEEPER)
        issued = {
            "verify": links.issue(fresh, Purpose.VERIFY),
            "reset_password": links.issue(self.owner, Purpose.RESET),
            "email_change": links.issue(self.owner, Purpose.EMAIL_CHANGE, email=self._email("personmail")),
        }
        for endpoint, letter in issued.items():
            self._add(f"accounts.{endpoint}:token", links.token_of(letter), "personmail")
        for endpoint in ("verify_email", "verify_email_by_get"):
            self._add(f"accounts_api.{endpoint}:token", links.token_of(issued["verify"]), "personmail")
        for endpoint in ("open_email_change", "confirm_email_change"):
            self._add(f"accounts_api.{endpoint}:token", links.token_of(issued["email_change"]), "personmail")


def _claim(family: Family, key: str) -> None:
    """Note whose the rows are that were not there before."""
    events: dict[Any, str] = {}
    for table in Base.metadata.sorted_tables:
        if "id" not in table.c or not isinstance(table.c.id.type, sa.Uuid):
            continue
        assert table.name in TABLES, f"tests/leaks_world.py must say of what kind the ids of {table.name} are"
        for row in db.session.execute(sa.select(table)).mappings():
            if row["id"].hex in family.ids:
                continue
            texts = [str(row["name"])] if table.name == "users" else [str(value) for value in row.values()]
            said = MARK.search(" ".join(texts))
            kind = TABLES[table.name] or (said[2] if said else events.get(row.get("event_id")))
            if table.name == "invitations":
                kind = "eventlink" if row["event_id"] else "rolelink"
            assert kind, f"{table.name}: {dict(row)}"
            if table.name == "events":
                events[row["id"]] = kind
            family.ids[row["id"].hex] = (key, kind)


def _values(family: Family, hidden: Event) -> None:
    """Note what `tests/test_permissions.py` fills into forms."""
    question = db.session.scalars(sa.select(Question).where(Question.event_id == hidden.id)).one()
    answer = db.session.scalars(sa.select(Answer).where(Answer.question_id == question.id)).first()
    family.values |= {"question": question.id, "answer": answer.id if answer else None}


def _fill(family: Family) -> None:
    factories.set_up_site()
    made: dict[str, Company] = {}
    for key, parent in PARENTS.items():
        settler = _Settler(family, key, made[parent] if parent else None)
        made[key] = settler.settle()
        _claim(family, key)
        _values(family, settler.events["hidden"])
    for person, standing in STANDING.items():
        if person == "nobody":
            continue
        user = factories.an_account(person.title(), email=f"{person}@example.org", site_administrator=person == "site")
        if standing:
            factories.a_membership(user, made["above" if person == "limited" else standing[0]], standing[1])
        if person == "gone":
            role = factories.a_membership(user, made["here"], Role.ADMINISTRATOR)
            companies.revoke(factories.acting(user), role)
        if person == "stranger":
            factories.a_company(user, name="Elsewhere")
        family.users[person] = user.id
        family.secrets[person] = sessions.start(user, remember=True, device="Test")
        pair = account_tokens.start(user, company_id=made["sibling"].id if person == "limited" else None)
        family.tokens[person] = pair.company_token or pair.user_token


class _Heard(ImmutableMultiDict[str, str]):
    """What stands in an address; keeps by what names it was asked."""

    asked: set[str]

    def get(self, key: str, *args: Any, **kwargs: Any) -> Any:
        self.asked.add(key)
        return super().get(key, *args, **kwargs)

    def getlist(self, key: str, *args: Any, **kwargs: Any) -> Any:
        self.asked.add(key)
        return super().getlist(key, *args, **kwargs)

    def __getitem__(self, key: str) -> Any:
        self.asked.add(key)
        return super().__getitem__(key)

    def __contains__(self, key: object) -> bool:
        self.asked.add(str(key))
        return super().__contains__(key)


def _hearing(family: Family) -> type[Request]:
    """Return requests that note what each page asks of its address."""

    class Hearing(Request):
        @cached_property
        def args(self) -> _Heard:  # type: ignore[override]
            heard = _Heard(super().args)
            heard.asked = family.asked.setdefault(str(self.endpoint), set())
            return heard

    return Hearing


@pytest.fixture(scope="session")
def made_family(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Family]:
    """The family, made once."""
    folder = tmp_path_factory.mktemp("family")
    environ = {
        "INSTANCE_PATH": str(folder),
        "SECRET_KEY": "kept for tests",
        "BASE_URL": "http://folkmoot.example.org",
        "JOBS": "none",
        "LIMITS": "no",
        # so that nobody at all is shown the links in e-mails
        "MAIL_SERVER": "127.0.0.1",
    }
    app = create_app(environ, TESTING=True)
    family = Family(app, folder / "folkmoot.db")
    app.request_class = _hearing(family)
    with app.app_context():
        sa.event.listen(db.engine, "connect", lambda c, _: c.execute("PRAGMA synchronous=OFF"))
        flask_migrate.upgrade()
        _fill(family)
        db.session.remove()
        family.keep()
    yield family
    with app.app_context():
        db.engine.dispose()


@pytest.fixture
def family(made_family: Family) -> Iterator[Family]:
    """The family as it was made, with its app's context pushed."""
    with made_family.app.app_context():
        made_family.restore()
        yield made_family
        db.session.remove()
