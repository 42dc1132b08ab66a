"""Nothing leaks: every route, with the ids of every company of a family and all mixtures of them, seen by everybody.

`tests/leaks_world.py` fills four companies; each text in them carries a mark that says whose it is. Here everybody
opens every page with everything that can stand in its path, and asks every list for what is not theirs; no answer holds
the mark or an id of what they have no right to. Then they send every form: with what is foreign it is not there, and no
row changes. What is public is public: events published for all are listed for all, with their company and host.

New routes are taken in by themselves. A variable of a path, or a parameter of a page, of which nothing is known here
fails with a sentence that says what to add.
"""

import collections
import itertools
import re
import sqlite3
import uuid
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl, quote

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import joinedload
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from tests.factories import PASSWORD
from tests.leaks_world import (
    NEEDS,
    STANDING,
    Family,
    Mark,
    Value,
    family,
    made_family,
    mark,
    over,
    reach,
    sees,
)
from tests.test_permissions import ROWS, SENT
from tests.world import PEOPLE, is_page
from webapp.companies import policy as companies_policy
from webapp.companies import queries as companies_queries
from webapp.core.actor import Actor
from webapp.core.database import db
from webapp.core.permissions import Role, may
from webapp.events import policy as events_policy
from webapp.guests import queries as guests_queries
from webapp.journal import queries as journal_queries
from webapp.mail import queries as mail_queries
from webapp.models import App, Company, Event, Guest, Project

__all__ = ["family", "made_family"]

PROGRAMS = tuple(STANDING)
EVERYBODY = tuple(person for person in STANDING if person != "limited")
# Who may no more than others who try everything: they try two companies.
WEAKER = ("doorkeeper", "organiser", "administrator", "gone", "site")
# Pages on which an event is looked at in every state; elsewhere a hidden one, a public one and a draft do.
EVERY_STATE = {"events.show", "events.ics", "voting.results", "voting.ballot_file"}
STATES = ("hidden", "public", "draft")
# Pages of a company that also hold what belongs to those below it.
DOWN = {
    *("companies.mail_detail", "companies.retry_mail", "companies.offboard"),
    *("companies_api.get_mail", "companies_api.retry_mail", "companies_api.offboard", "companies_api.get_holdings"),
}
_VARIABLE = re.compile(r"<(?:[^:<>]+:)?(\w+)>")
_ASKED = re.compile(r"\bargs(?:\.get(?:list)?\(|\[)\s*\"(\w+)\"")

# What is shown to everybody of an event that is published for all, and where.
PUBLIC = {"public", "company", "host"}
PUBLIC_PAGES = {"home.index", "events.index", "events.show", "events.ics", "voting.results", "voting.ballot_file"}
# A program is told to which company and project a public event belongs, by their ids.
PUBLIC_API = PUBLIC | {"companyid", "projectid"}
PUBLIC_ENDPOINTS = {
    "events_api.list_events",
    "events_api.get_event",
    "events_api.get_calendar",
    "voting_api.get_results",
    "voting_api.get_ballots",
}
BY_ADDRESS = {"unlisted", "company", "host"}

# What a link shows to whoever has it, by the kind of thing that it opens.
LETTERS = {
    # the ballots of its vote are open
    "bearer": {"bearer", "guestmail", "guest", "hidden", "company", "host"},
    "eventlink": {"hidden", "company", "host", "person"},
    "rolelink": {"company", "person"},
    "ownerlink": {"company", "person"},
    "feed": {"company", "project", "season", "host"},
    "personmail": {"personmail", "person"},
}

# What the site's administrator is shown, and only on the pages of the site: who and what there is, not what is inside.
SITE = {"company", "slug", "person", "personmail", "host", "pastperson", "public", "unlisted"}
SITE_PAGES = {
    "admin.mail": {"guestmail", "rolemail", "guest", "bearer", "mailerror"},
    # a letter says what it is about
    "admin.mail_detail": {"guestmail", "rolemail", "guest", "bearer", "mailerror", "hidden"},
}

# Of which account a program asks is said to be somebody else's, whether there is one or not.
ACCOUNTS = {f"accounts_api.{name}_user" for name in ("get", "update", "delete", "export")}
# A program that acts for a company is told so of these, whether there is such a session or not.
SESSIONS = {"accounts_api.get_session", "accounts_api.end_session"}


def refused_whatever_is_there(person: str, endpoint: str) -> bool:
    """Whether 403 says nothing of what the path names: it is said before that is looked for."""
    return endpoint in ACCOUNTS or (person == "limited" and endpoint in SESSIONS)


# What programs send, where a body without anything in it is refused whosever the thing is; {person} is who sends it.
BODIES: dict[str, Any] = {
    "accounts_api.authenticate_administrator": {"email": "{person}@example.org", "password": PASSWORD},
    "accounts_api.authenticate_for": {"email": "{person}@example.org", "password": PASSWORD},
    "accounts_api.delete_user": {"current_password": PASSWORD},
    "companies_api.change_role": {"role": "organiser"},
    "companies_api.create_app": {"name": "Printer", "scopes": ["events:read"]},
    "companies_api.create_project": {"name": "Winter"},
    "invitations_api.invite_person": {"email": "iva@example.org", "role": "organiser"},
    "guests_api.add_guest": {"email": "iva@example.org"},
    "guests_api.add_guests": {"guests": [{"email": "iva@example.org"}]},
    "guests_api.check_in": {"walk_in": "Iva"},
    "guests_api.message_guests": {"subject": "Plates", "body": "Bring one."},
    "guests_api.remove_guests": {"guest_ids": ["0193b2f0-6f5a-7c3e-9d41-2a8c5e7b1f60"]},
}

# These answer to a password, and to a token that is to be a new one, whatever the token may.
BY_PASSWORD = {"accounts_api.authenticate_administrator", "accounts_api.authenticate_for"}
TURNING = {"accounts_api.refresh"}

# What pages read from their addresses, and what might be asked of them that is foreign. A search is for a part of the
# marks, so that what is written back into its field is none.
PARAMETERS: dict[str, list[str]] = {
    "below": ["below=yes", "below=no"],
    "company": ["company={slug}", "company={company_id}"],
    "company_id": ["company_id={company_id}"],
    "event_id": ["event_id={event_id}"],
    "format": ["format=csv", "format=jsonl"],
    "limit": ["limit=1"],
    "from": ["from=2000-01-01"],
    "id": [
        "thing=company&id={company_id}",
        "thing=event&id={event_id}",
        "thing=guest&id={guest_id}",
        "thing=app&id={app_id}",
        "thing=user&id={user_id}",
    ],
    "next": ["next=/companies/{slug}"],
    "parent": ["parent={slug}"],
    "person": ["person={user_id}"],
    "project": ["project={project_id}"],
    "reply": ["reply=yes", "reply=no"],
    "search": ["search=sibling-", "search=above-", "search=below-", "search=%25", "search=draft", "search=mail."],
    "since": ["since=2000-01-01T00:00:00Z"],
    "state": ["state=waiting", "state=sent", "state=failed", "state=unverified", "state=draft"],
    "status": ["status=all", "status=yes", "status=none", "status=waiting", "status=in", "status=trouble"],
    "thing": ["thing=company", "thing=event", "thing=guest", "thing=user", "thing=app"],
    "thing_id": ["thing=company&thing_id={company_id}", "thing=event&thing_id={event_id}"],
    "until": ["until=2199-01-01"],
    "when": ["when=upcoming", "when=past", "when=mine"],
    "where": ["where=below", "where=above"],
    # these ask for nobody's rows
    **{name: [] for name in ("answer", "code", "email", "guest", "name", "only", "page", "password", "remember")},
    **{name: [] for name in ("cursor", "registration", "ticked", "v")},
}

# Kinds that stand on no page, or not for all who might see them: they are looked for all the same.
UNSEEN = {"use", "membership", "companion", "companyid", "projectid"}


# ---------------------------------------------------------------- what can be opened


def variables(rule: Rule) -> tuple[str, ...]:
    """The variables of a path, in their order."""
    return tuple(_VARIABLE.findall(rule.rule))


def rules(family: Family, method: str) -> list[Rule]:
    """Every page that answers `method`."""
    found = [rule for rule in family.app.url_map.iter_rules() if method in (rule.methods or ())]
    return sorted((rule for rule in found if is_page(rule.endpoint)), key=lambda rule: rule.endpoint)


def endpoints_of_api(family: Family, *methods: str) -> list[tuple[str, Rule]]:
    """Every endpoint for programs that answers one of `methods`, with that method."""
    found = [rule for rule in family.app.url_map.iter_rules() if rule.endpoint.partition(".")[0].endswith("_api")]
    answering = [(method, rule) for rule in found for method in methods if method in (rule.methods or ())]
    return sorted(answering, key=lambda one: (one[1].endpoint, one[0]))


def known(family: Family, rule: Rule, name: str) -> list[Value]:
    """What can stand for a variable of a path."""
    found = family.paths.get(f"{rule.endpoint}:{name}") or family.paths.get(name)
    assert found, f"tests/leaks_world.py must say what can stand for {name} in {rule.rule} ({rule.endpoint}:{name})"
    if name == "event_id" and rule.endpoint not in EVERY_STATE:
        found = [value for value in found if value.kind in STATES]
    return found


def fitting(rule: Rule, values: tuple[Value, ...]) -> bool:
    """Tell whether all of them belong together: to one event, to one company, or to one and a company below it."""
    for one, other in itertools.combinations(values, 2):
        inside = other.company == one.company or (rule.endpoint in DOWN and one.company in over(other.company))
        if not inside or (one.event and other.event and one.event != other.event):
            return False
    return True


def fillings(family: Family, rule: Rule, person: str) -> Iterator[tuple[Value, ...]]:
    """What somebody puts into a path.

    All that belongs together, whosever it is; and one of each company they reach with one of each other, either way
    around; and an event with a guest of another of the same company. Those who may less than others try one company and
    its sibling alone.
    """
    lists = [known(family, rule, name) for name in variables(rule)]
    if person in WEAKER:
        lists = [[value for value in values if value.company in {"here", "sibling"}] for values in lists]
    first = [{value.company: value for value in reversed(values)} for values in lists]
    last = [{value.company: value for value in values} for values in lists]
    mixed = set(itertools.product(*(each.values() for each in first)))
    mixed = {values for values in mixed if any(value.company in reach(person) for value in values)}
    mixed |= {(first[0][company], *(each[company] for each in last[1:])) for company in first[0]} if lists else {()}
    found = (values for values in itertools.product(*lists) if fitting(rule, values) or values in mixed)
    # on the site's own pages there is nothing to choose for whoever does not see them
    return itertools.islice(found, 1) if of_site(rule.endpoint) and person != "site" else found


def address(family: Family, rule: Rule, values: tuple[Value, ...]) -> str:
    """The path of a rule, filled in."""
    filled = {name: value.text for name, value in zip(variables(rule), values, strict=True)}
    return _VARIABLE.sub(lambda found: quote(filled[found[1]], safe=""), rule.rule)


def of_site(endpoint: str) -> bool:
    """Tell whether a route is one of the site's own pages."""
    return endpoint.startswith("admin.") or endpoint.endswith("_of_site") or endpoint == "journal.of_site"


def by_link(rule: Rule) -> bool:
    """Tell whether a secret in the path opens a page, whoever looks."""
    return bool({"token", "invite"} & set(variables(rule)))


def without_thing(rule: Rule) -> bool:
    """Tell whether nothing in the path is somebody's: an address is asked for by whoever holds the key for that."""
    return "email" in variables(rule)


def seen(person: str, value: Value) -> bool:
    """Tell whether somebody may know that it is there."""
    return sees(person, (value.company, value.kind)) or value.kind in {"public", "unlisted"}


def foreign(person: str, rule: Rule, values: tuple[Value, ...]) -> bool:
    """Tell whether what stands in a path is not there for somebody."""
    if of_site(rule.endpoint):
        return person != "site"
    if not values or by_link(rule) or without_thing(rule):
        return False
    return not (seen(person, values[0]) and fitting(rule, values))


# ---------------------------------------------------------------- what may be read


def shown_to(person: str, rule: Rule, values: tuple[Value, ...], found: Mark) -> bool:
    """Tell whether a page may show what has this mark to somebody."""
    company, kind = found
    if sees(person, found) or (rule.endpoint in PUBLIC_PAGES and kind in PUBLIC):
        return True
    if rule.endpoint in PUBLIC_ENDPOINTS and kind in PUBLIC_API:
        return True
    if person == "site" and of_site(rule.endpoint):
        return kind in SITE | SITE_PAGES.get(rule.endpoint, set())
    if values and values[0].company == company:
        opened = values[0].kind
        if by_link(rule):
            return kind in LETTERS[opened]
        return opened in {"public", "unlisted"} and kind in {opened, *BY_ADDRESS - {"unlisted"}}
    return False


def where_to_sign_in(answer: TestResponse) -> bool:
    """Tell whether somebody is led to the sign-in page."""
    return answer.status_code in {302, 303} and "/login?" in f"{answer.headers['Location']}?"


class Looking:
    """Somebody who looks at everything, and what they found that is not theirs."""

    def __init__(self, family: Family, person: str) -> None:
        self.family, self.person = family, person
        self.browser = family.browser(person)
        self.program = family.program(person)
        self.read: set[Mark] = set()
        self.found: list[str] = []
        self.opened: dict[str, tuple[Rule, tuple[Value, ...]]] = {}

    def looks(self, rule: Rule, values: tuple[Value, ...], asked: str = "") -> None:
        """Open one page, with `asked` as the query in its address."""
        path = address(self.family, rule, values) + (f"?{asked}" if asked else "")
        answer = self.browser.get(path) if is_page(rule.endpoint) else self.program.get(path)
        said = f"{rule.endpoint} {path} ({', '.join(f'{v.company} {v.kind}' for v in values)})"
        # what somebody asks for by its id is no news
        typed = [text for _name, text in parse_qsl(asked) if self.family.marks_in(text)]
        # and ids are all that the journal and the lists of the site name things by
        ids = not (self.person == "site" and of_site(rule.endpoint))
        told = self.family.told(answer, but=(*typed, *(value.text for value in values)), ids=ids)
        self.read |= told
        leaked = sorted(found for found in told if not shown_to(self.person, rule, values, found))
        self.found += [f"{said} shows {mark(*found)}" for found in leaked]
        if answer.status_code >= 500:
            self.found.append(f"{said} breaks: {answer.status_code}")
        if answer.status_code == 200 and not asked:
            self.opened.setdefault(rule.endpoint, (rule, values))
        if foreign(self.person, rule, values) and answer.status_code != 404 and not self._excused(rule, values, answer):
            self.found.append(f"{said} is {answer.status_code}, not 404")

    def _excused(self, rule: Rule, values: tuple[Value, ...], answer: TestResponse) -> bool:
        if refused_whatever_is_there(self.person, rule.endpoint) and answer.status_code == 403:
            return True
        if self.person == "nobody" and (where_to_sign_in(answer) or answer.status_code == 401):
            return True
        # it is theirs, and they may not do this in it, whatever else is in the path
        return answer.status_code == 403 and bool(values) and seen(self.person, values[0])

    def looks_at_everything(self, *endpoints: str) -> None:
        """Open every page (or those of these endpoints alone) with everything that can stand in its path."""
        for rule in rules(self.family, "GET"):
            if not endpoints or rule.endpoint in endpoints:
                for values in fillings(self.family, rule, self.person):
                    self.looks(rule, values)

    def fetches_everything(self) -> None:
        """Get, as a program, all that programs can get; and ask each list for what is foreign."""
        for _method, rule in endpoints_of_api(self.family, "GET"):
            if rule.endpoint in TURNING:
                continue
            for values in fillings(self.family, rule, self.person):
                self.looks(rule, values)
        for rule, values in list(self.opened.values()):
            for name in self.asked_of(rule):
                for asked in self.questions(name):
                    self.looks(rule, values, asked)

    def asked_of(self, rule: Rule) -> list[str]:
        """What an endpoint reads from its address, as the document of the API says."""
        if not self.family.document:
            self.family.document = self.program.get("/api/openapi.json").json["paths"]
        said = self.family.document[_VARIABLE.sub(r"{\1}", rule.rule)]["get"]
        return [one["name"] for one in said.get("parameters", ()) if one.get("in") == "query"]

    def asks_for_everything(self) -> None:
        """Ask every page that opened for what is foreign, by each of the parameters that it reads."""
        for endpoint, (rule, values) in list(self.opened.items()):
            for name in sorted(self.family.asked.get(endpoint, ())):
                for asked in self.questions(name):
                    self.looks(rule, values, asked)

    def questions(self, name: str) -> Iterator[str]:
        """What can be asked by a parameter, of each company that is not theirs."""
        assert name in PARAMETERS, f"tests/test_leaks.py must say in PARAMETERS what can be asked by ?{name}="
        for asked in PARAMETERS[name]:
            variable = re.search(r"\{(\w+)\}", asked)
            if variable is None:
                yield asked
                continue
            firsts = {value.company: value for value in reversed(self.family.paths[variable[1]])}
            for value in firsts.values():
                if value.company not in reach(self.person):
                    yield asked.format(**{variable[1]: value.text})


class Ledger:
    """Tells whether a row has changed."""

    def __init__(self, family: Family) -> None:
        self.family = family
        self._connection = sqlite3.connect(family.path)
        self._rows = family.rows()
        self._version = self._commits()

    def _commits(self) -> int:
        return int(self._connection.execute("PRAGMA data_version").fetchone()[0])

    def changed(self) -> list[str]:
        """The tables in which something is not as it was, which is then put back."""
        if self._commits() == self._version:
            return []
        rows = self.family.rows()
        if rows != self._rows:
            self.family.restore()
        self._version = self._commits()
        return [name for name, before in self._rows.items() if rows[name] != before]


# ---------------------------------------------------------------- reading


@pytest.mark.parametrize("person", EVERYBODY)
def test_nobody_is_shown_what_is_not_theirs(family: Family, person: str):
    looking, ledger = Looking(family, person), Ledger(family)
    looking.looks_at_everything()
    looking.asks_for_everything()
    assert not looking.found, "\n".join(looking.found)
    assert not ledger.changed(), "a page that was only looked at has changed something"
    # and this could have been seen: what is theirs is shown to them
    standing = STANDING[person]
    theirs = {kind for kind, need in NEEDS.items() if standing and need and may(standing[1], need)} - UNSEEN
    for company in reach(person) & {"here"} if person in WEAKER else reach(person):
        assert not theirs - {kind for whose, kind in looking.read if whose == company}, company


@pytest.mark.parametrize("person", PROGRAMS)
def test_no_program_is_told_what_is_not_theirs(family: Family, person: str):
    looking, ledger = Looking(family, person), Ledger(family)
    looking.fetches_everything()
    assert not looking.found, "\n".join(looking.found)
    assert not ledger.changed(), "what was only read has changed something"


# ---------------------------------------------------------------- writing


def told_in_table(person: str, rule: Rule) -> str:
    """What `tests/test_permissions.py` says that somebody gets from a form where it is theirs."""
    column = PEOPLE.index("administrator" if person in {"below", "sibling"} else person)
    return next((row.cells[column] for row in ROWS if row.method == "POST" and row.endpoint == rule.endpoint), "")


def sent_to(family: Family, rule: Rule) -> dict[str, str]:
    """What somebody would fill into a form."""
    said = collections.defaultdict(str, family.values)
    return {name.format_map(said): text.format_map(said) for name, text in SENT.get(rule.endpoint, {}).items()}


def meddled(family: Family, person: str, *endpoints: str) -> list[str]:
    """Send every form (or those of these endpoints alone) with what is foreign; return what came of it."""
    browser, ledger, found = family.browser(person), Ledger(family), []
    for rule in rules(family, "POST"):
        sent = sent_to(family, rule)
        for values in fillings(family, rule, person):
            if (endpoints and rule.endpoint not in endpoints) or not foreign(person, rule, values):
                continue
            answer = browser.submit(address(family, rule, values), sent)
            said = f"{rule.endpoint} ({', '.join(f'{v.company} {v.kind}' for v in values)})"
            allowed = {"404"}
            if person == "nobody":
                allowed.add("in")
            if values and seen(person, values[0]) and not of_site(rule.endpoint):
                # it is theirs, and they may not do this in it, whatever else is in the path
                allowed |= {"403"} & {told_in_table(person, rule)}
            got = "in" if where_to_sign_in(answer) else str(answer.status_code)
            if got not in allowed:
                found.append(f"{said} is {got}, not {' or '.join(sorted(allowed))}")
            if tables := ledger.changed():
                found.append(f"{said} changes {', '.join(tables)}")
    return found


@pytest.mark.parametrize("person", EVERYBODY)
def test_nobody_changes_what_is_not_theirs(family: Family, person: str):
    found = meddled(family, person)
    assert not found, "\n".join(found)


def body_of(person: str, endpoint: str) -> dict[str, Any]:
    """What somebody's program sends."""
    body = BODIES.get(endpoint, {})
    return {name: text.format(person=person) if isinstance(text, str) else text for name, text in body.items()}


@pytest.mark.parametrize("person", PROGRAMS)
def test_no_program_changes_what_is_not_theirs(family: Family, person: str):
    program, ledger, found = family.program(person), Ledger(family), []
    for method, rule in endpoints_of_api(family, "POST", "PUT", "PATCH", "DELETE"):
        for values in fillings(family, rule, person):
            if foreign(person, rule, values) and not (person == "limited" and rule.endpoint in BY_PASSWORD):
                body = body_of(person, rule.endpoint)
                answer = program.send(method, address(family, rule, values), json=body)
                said = f"{method} {rule.endpoint} ({', '.join(f'{v.company} {v.kind}' for v in values)})"
                allowed = {404}
                if person == "nobody":
                    allowed.add(401)
                if refused_whatever_is_there(person, rule.endpoint) or seen(person, values[0]):
                    # it is theirs, and they may not do this in it, whatever else is in the path
                    allowed.add(403)
                if answer.status_code not in allowed:
                    found.append(f"{said} is {answer.status_code}, not {allowed}")
                # a right password is hashed anew where the hash was a weak one, as those of tests are
                tables = [name for name in ledger.changed() if name != "users" or rule.endpoint not in BY_PASSWORD]
                if tables:
                    found.append(f"{said} changes {', '.join(tables)}")
    assert not found, "\n".join(found)


@pytest.mark.parametrize("method", ["GET", "PUT"])
def test_a_program_does_not_find_out_which_accounts_there_are(family: Family, method: str):
    there = family.paths["user_id"][0].text
    answers = [
        family.program("stranger").send(method, f"/api/users/{user_id}", json={} if method == "PUT" else None)
        for user_id in (there, uuid.uuid4(), "nobody")
    ]
    assert len({(answer.status_code, answer.json["error"]["message"]) for answer in answers}) == 1


# Fields in which an id or the name of a company is sent, and the pages that take them.
FIELDS = {
    "events.new": {"project": "project_id"},
    "events.edit": {"project": "project_id"},
    "companies.new": {"parent": "slug"},
    "companies.move": {"parent": "slug"},
    "companies.offboard": {"hand_over_to": "user_id"},
    "guests.invite": {"guest": "guest_id"},
    "guests.remind": {"guest": "guest_id"},
    "guests.message": {"guest": "guest_id"},
    "guests.remove_many": {"guest": "guest_id"},
}


@pytest.mark.parametrize("endpoint", FIELDS)
def test_a_form_takes_nothing_foreign(family: Family, endpoint: str):
    browser, ledger, found = family.browser("owner"), Ledger(family), []
    rule = next(rule for rule in rules(family, "POST") if rule.endpoint == endpoint)
    here = next(
        values for values in fillings(family, rule, "owner") if all(value.company == "here" for value in values)
    )
    for name, variable in FIELDS[endpoint].items():
        for value in family.paths[variable]:
            if not sees("owner", (value.company, value.kind)):
                answer = browser.submit(address(family, rule, here), {**sent_to(family, rule), name: value.text})
                tables = ledger.changed()
                if tables or answer.status_code >= 500:
                    found.append(f"{name}={value.company} {value.kind}: {answer.status_code}, changes {tables}")
    assert not found, "\n".join(found)


# ---------------------------------------------------------------- could it fail?


def _any_guest(_actor: Actor, _event: Event, guest_id: uuid.UUID) -> Guest:
    return db.session.get_one(Guest, guest_id, options=[joinedload(Guest.last_mail)])


def _any_project(_actor: Actor, _company: Company, project_id: uuid.UUID) -> Project:
    return db.session.get_one(Project, project_id)


def _any_app(_actor: Actor, _company: Company, app_id: uuid.UUID) -> App:
    return db.session.get_one(App, app_id, options=[joinedload(App.creator)])


def _all_companies(_actor: Actor, _company: Company) -> dict[uuid.UUID, str]:
    return {company.id: company.name for company in db.session.scalars(sa.select(Company))}


def _any_way(_actor: Actor) -> list[events_policy.Way]:
    return [events_policy.Way(sa.true())]


# What narrows a read, what stands there without it, who sees more then, and on which page.
CONTROLS: dict[str, tuple[Any, str, Any, str, str]] = {
    "the list of events": (events_policy, "ways_listed", _any_way, "stranger", "events.index"),
    "an event": (events_policy, "require_see", lambda _actor, _event: None, "sibling", "events.show"),
    "a company": (companies_policy, "role_in", lambda _actor, _id: Role.DOORKEEPER, "below", "companies.people"),
    "the guest of an event": (guests_queries, "get_guest", _any_guest, "organiser", "guests.show"),
    "the project of a company": (companies_queries, "get_project", _any_project, "organiser", "companies.project"),
    "the app of a company": (companies_queries, "get_app", _any_app, "sibling", "companies.app"),
    "the mails of a company": (companies_queries, "writing_companies", _all_companies, "sibling", "companies.mail"),
    "the links in a mail": (mail_queries, "masked", str, "owner", "companies.mail_detail"),
    "the journal of a company": (
        journal_queries,
        "scope_of",
        lambda _id: journal_queries.SITE,
        "sibling",
        "journal.of_company",
    ),
}


@pytest.mark.parametrize("name", CONTROLS)
def test_a_read_that_is_not_narrowed_is_found(family: Family, monkeypatch: pytest.MonkeyPatch, name: str):
    place, function, instead, person, endpoint = CONTROLS[name]
    monkeypatch.setattr(place, function, instead)
    looking = Looking(family, person)
    looking.looks_at_everything(endpoint)
    assert any("shows mark-" in found for found in looking.found)


def test_a_form_that_is_not_narrowed_is_found(family: Family, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(companies_policy, "role_in", lambda _actor, _id: Role.OWNER)
    found = meddled(family, "stranger", "companies.revoke")
    assert any("is 303, not 404" in one for one in found)
    assert any("changes journal_entries, memberships" in one for one in found)


def test_a_variable_or_a_parameter_that_is_not_known_is_asked_for(family: Family):
    with pytest.raises(AssertionError, match="must say what can stand for thing_id in"):
        known(family, Rule("/things/<uuid:thing_id>", endpoint="things.show"), "thing_id")
    with pytest.raises(AssertionError, match="must say in PARAMETERS what can be asked by"):
        list(Looking(family, "stranger").questions("nonsense"))
