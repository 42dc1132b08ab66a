"""Every route, tried by everybody.

The table says for each route what each person gets. A route without a row fails, and so does a row without a route.

- nobody: not signed in. stranger: the owner of a company that has nothing to do with the event.
- guest: on the event's list, with an account and a yes. doorkeeper, organiser, administrator, owner: of the company.
- above, below: administrator of the company above it, and of the one below it.
- cohost: co-host of the event, without a role. site: the site's administrator, without a role.

`in` is 303 to the sign-in page (which is also where a new password leads). A POST is sent with what a person would
fill in; then again with nothing filled in, and whoever is refused with the first is refused with the second: who may
not do it learns nothing of how to.
"""

import dataclasses
import itertools
import re

import pytest
from flask import Flask
from werkzeug.routing import Rule

from tests.factories import PASSWORD
from tests.world import PEOPLE, ROLES, World, is_page
from webapp.core.database import Base, db
from webapp.web.access import public, signed_in

REFUSED = {"in", "403", "404"}


@dataclasses.dataclass(frozen=True)
class Row:
    """What everybody gets from one route."""

    method: str
    endpoint: str
    cells: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.method} {self.endpoint}"


TABLE = """
# Columns: nobody stranger guest doorkeeper organiser administrator owner above below cohost site
#                                 no  str  gst door  org  adm  own  abv  bel   co site
GET  accounts.account             in  200  200  200  200  200  200  200  200  200  200
GET  accounts.captcha_challenge 200
POST accounts.change_email        in  303  303  303  303  303  303  303  303  303  303
POST accounts.change_password     in  303  303  303  303  303  303  303  303  303  303
GET  accounts.confirm_password    in  200  200  200  200  200  200  200  200  200  200
POST accounts.confirm_password    in  303  303  303  303  303  303  303  303  303  303
POST accounts.delete              in  303  303  303  303  303  422  303  303  303  403
GET  accounts.email_change      200
POST accounts.email_change      303
GET  accounts.export              in  200  200  200  200  200  200  200  200  200  200
GET  accounts.forgot_password   200
POST accounts.forgot_password   303
GET  accounts.login              200  303  303  303  303  303  303  303  303  303  303
POST accounts.login             303
POST accounts.logout            303
GET  accounts.register           200  303  303  303  303  303  303  303  303  303  303
POST accounts.register          303
GET  accounts.registered        200
GET  accounts.resend            200
POST accounts.resend            422
GET  accounts.reset_password    200
POST accounts.reset_password    in
GET  accounts.reset_sent        200
POST accounts.revoke_session      in  404  404  404  404  404  404  404  404  404  303
GET  accounts.sessions            in  200  200  200  200  200  200  200  200  200  200
GET  accounts.tokens              in  200  200  200  200  200  200  200  200  200  200
POST accounts.revoke_token        in  404  404  404  404  404  404  404  404  404  303
POST accounts.tokens              in  200  200  200  200  200  200  200  200  200  200
POST accounts.update_profile      in  303  303  303  303  303  303  303  303  303  303
GET  accounts.verify            200
POST accounts.verify            303

GET  api.docs                   200
GET  api.guide                  200

GET  admin.account                 in  404  404  404  404  404  404  404  404  404  200
GET  admin.accounts                in  404  404  404  404  404  404  404  404  404  200
GET  admin.companies               in  404  404  404  404  404  404  404  404  404  200
POST admin.disable                 in  404  404  404  404  404  404  404  404  404  303
POST admin.enable                  in  404  404  404  404  404  404  404  404  404  303
GET  admin.events                  in  404  404  404  404  404  404  404  404  404  200
GET  admin.health                  in  404  404  404  404  404  404  404  404  404  200
GET  admin.index                  in  404  404  404  404  404  404  404  404  404  200
POST admin.make_administrator      in  404  404  404  404  404  404  404  404  404  303
GET  admin.mail                   in  404  404  404  404  404  404  404  404  404  200
GET  admin.mail_detail            in  404  404  404  404  404  404  404  404  404  200
GET  admin.mail_html              in  404  404  404  404  404  404  404  404  404  200
POST admin.retry                  in  404  404  404  404  404  404  404  404  404  303
POST admin.retry_failed           in  404  404  404  404  404  404  404  404  404  303
POST admin.resend                  in  404  404  404  404  404  404  404  404  404  303
GET  admin.settings                in  404  404  404  404  404  404  404  404  404  200
POST admin.settings                in  404  404  404  404  404  404  404  404  404  303
POST admin.sign_out                in  404  404  404  404  404  404  404  404  404  303
POST admin.test_mail               in  404  404  404  404  404  404  404  404  404  303

POST companies.change_role        in  404  404  403  403  303  303  303  404  404  404
POST companies.change_programs    in  404  404  403  403  303  303  303  404  404  404
GET  companies.app                in  404  404  403  403  200  200  200  404  404  404
GET  companies.apps               in  404  404  403  403  200  200  200  404  404  404
POST companies.apps               in  404  404  403  403  200  200  200  404  404  404
GET  calendar.feed              200

POST companies.archive_project    in  404  404  403  403  303  303  303  404  404  404
GET  companies.children           in  404  404  200  200  200  200  200  404  404  404
POST companies.delete             in  404  404  403  403  403  409  403  404  404  404
GET  companies.index              in  200  200  200  200  200  200  200  200  200  200
GET  companies.mail               in  404  404  403  403  200  200  200  404  404  404
GET  companies.mail_detail        in  404  404  403  403  200  200  200  404  404  404
POST companies.move               in  404  404  403  403  403  303  403  404  404  404
GET  companies.new                in  200  200  200  200  200  200  200  200  200  200
POST companies.new                in  303  303  303  303  303  303  303  303  303  303
GET  companies.offboard           in  404  404  403  403  200  200  200  404  404  404
POST companies.offboard           in  404  404  403  403  303  303  303  404  404  404
GET  companies.people             in  404  404  200  200  200  200  200  404  404  404
GET  companies.people_history     in  404  404  403  403  200  200  200  404  404  404
POST companies.retry_failed_mails in  404  404  403  403  303  303  303  404  404  404
POST companies.retry_mail         in  404  404  403  403  303  303  303  404  404  404
POST companies.revoke_app         in  404  404  403  403  303  303  303  404  404  404
POST companies.rotate_app         in  404  404  403  403  200  200  200  404  404  404
GET  companies.project            in  404  404  200  200  200  200  200  404  404  404
POST companies.project_calendar   in  404  404  403  403  303  303  303  404  404  404
GET  companies.projects           in  404  404  200  200  200  200  200  404  404  404
POST companies.projects           in  404  404  403  403  303  303  303  404  404  404
POST companies.rename_project     in  404  404  403  403  303  303  303  404  404  404
POST companies.revoke             in  404  404  403  403  303  303  303  404  404  404
GET  companies.settings           in  404  404  403  403  403  200  403  404  404  404
POST companies.settings           in  404  404  403  403  403  303  403  404  404  404
GET  companies.show               in  404  404  200  200  200  200  200  404  404  404
POST companies.unarchive_project  in  404  404  403  403  303  303  303  404  404  404

POST events.cancel                in  404  403  403  303  303  303  303  404  303  404
POST events.delete                in  404  403  403  409  409  409  409  404  409  404
POST events.duplicate             in  404  403  403  303  303  303  303  404  403  404
GET  events.edit                  in  404  403  403  200  200  200  200  404  200  404
POST events.edit                  in  404  403  403  303  303  303  303  404  303  404
GET  events.ics                  404  404  200  200  200  200  200  200  404  200  404
GET  events.index               200
GET  events.new                   in  200  200  200  200  200  200  200  200  200  200
POST events.new                   in  303  403  403  303  303  303  303  303  403  403
POST events.publish               in  404  404  404  303  303  303  303  404  404  404
GET  events.show                 404  404  200  200  200  200  200  200  404  200  404

POST guests.add                   in  404  404  403  303  303  303  303  404  303  404
POST guests.check_in              in  404  404  303  303  303  303  303  404  303  404
GET  guests.edit                  in  404  404  403  200  200  200  200  404  200  404
POST guests.edit                  in  404  404  403  303  303  303  303  404  303  404
GET  guests.index                 in  404  404  200  200  200  200  200  404  200  404
POST guests.invite                in  404  404  403  303  303  303  303  404  303  404
POST guests.join                  in  404  409  303  303  303  303  303  404  303  404
POST guests.leave                 in  404  303  409  409  409  409  409  404  409  404
GET  guests.message               in  404  404  403  200  200  200  200  404  200  404
POST guests.message               in  404  404  403  303  303  303  303  404  303  404
POST guests.remind                in  404  404  403  303  303  303  303  404  303  404
POST guests.remove                in  404  404  403  303  303  303  303  404  303  404
GET  guests.remove_many           in  404  404  403  303  303  303  303  404  303  404
POST guests.remove_many           in  404  404  403  303  303  303  303  404  303  404
POST guests.renew                 in  404  404  403  303  303  303  303  404  303  404
GET  guests.show                  in  404  404  403  200  200  200  200  404  200  404
POST guests.undo_check_in         in  404  404  303  303  303  303  303  404  303  404
POST guests.walk_in               in  404  404  303  303  303  303  303  404  303  404

GET  health.healthz             200
GET  health.readyz              200

GET  home.index                 200

POST invitations.accept         303
POST invitations.create           in  404  403  403  303  303  303  303  404  303  404
GET  invitations.index            in  404  403  403  200  200  200  200  404  200  404
POST invitations.invite_person    in  404  404  403  403  303  303  303  404  404  404
POST invitations.invite_to_site   in  303  303  303  303  303  303  303  303  303  303
GET  invitations.mine             in  200  200  200  200  200  200  200  200  200  200
POST invitations.resend           in  404  404  404  409  409  409  409  404  409  404
POST invitations.revoke           in  404  404  404  303  303  303  303  404  303  404
GET  invitations.sent           200
GET  invitations.show           200

GET  journal.export_of_company    in  404  404  403  403  200  200  200  404  404  404
GET  journal.export_of_site       in  404  404  404  404  404  404  404  404  404  200
GET  journal.of_company           in  404  404  403  403  200  200  200  404  404  404
GET  journal.of_site              in  404  404  404  404  404  404  404  404  404  200

POST rsvp.answer                303
GET  rsvp.calendar              200
POST rsvp.confirm               303
GET  rsvp.confirm_place         200
POST rsvp.leave                 303
POST rsvp.opened                204
GET  rsvp.show                  200
GET  rsvp.unsubscribe           200
POST rsvp.unsubscribed          303

GET  setup.setup                404
POST setup.setup                404

GET  voting.ballot_file         404
GET  voting.guest_ballot_file   404
GET  voting.guest_results       200
GET  voting.guest_vote          200
POST voting.guest_vote          303
GET  voting.recount_script      200
GET  voting.results              404  404  200  200  200  200  200  200  404  200  404
GET  voting.vote                  in  404  200  200  200  200  200  200  404  200  404
POST voting.vote                  in  404  303  409  409  409  409  409  404  409  404
"""

# What is filled in, where it takes something; {name} stands for what tests/world.py knows under that name.
SENT: dict[str, dict[str, str]] = {
    "accounts.change_password": {"current_password": PASSWORD, "password": "another long evening"},
    "accounts.change_email": {"current_password": PASSWORD, "email": "elsewhere@example.org"},
    "accounts.confirm_password": {"password": PASSWORD},
    "accounts.delete": {"password": PASSWORD},
    "accounts.email_change": {"password": PASSWORD},
    "accounts.forgot_password": {"email": "owner@example.org"},
    "accounts.login": {"email": "owner@example.org", "password": PASSWORD},
    "accounts.register": {"name": "Iva", "email": "iva@example.org", "password": PASSWORD},
    "accounts.reset_password": {"password": "another long evening"},
    "accounts.tokens": {"name": "A script", "scopes": "events:read", "expires_in": "30"},
    "accounts.update_profile": {"name": "Ana", "surname": "", "eth_address": "", "timezone": "Europe/Ljubljana"},
    "accounts.verify": {"password": PASSWORD},
    "admin.make_administrator": {"on": "yes"},
    "admin.settings": {"name": "The moot", "limit_mails": "7/day"},
    "admin.test_mail": {"email": "site@example.org"},
    "companies.change_role": {"role": "doorkeeper"},
    "companies.change_programs": {"scopes": "events:read"},
    "companies.apps": {"name": "Ticket printer", "scopes": "events:read"},
    "companies.rotate_app": {"mark": "{mark}"},
    "companies.new": {"name": "The choir"},
    "companies.project_calendar": {"do": "make"},
    "companies.projects": {"name": "Apples"},
    "companies.rename_project": {"name": "Pears"},
    "companies.settings": {"name": "Under another name"},
    "events.edit": {"title": "Under another tree"},
    "events.new": {
        "title": "A walk",
        "starts_at": "2090-05-01T18:00",
        "ends_at": "2090-05-01T20:00",
        "timezone": "Europe/Ljubljana",
        "visibility": "invited",
    },
    "guests.add": {"email": "iva@example.org", "name": "Iva"},
    "guests.edit": {"email": "maja@example.org", "name": "Maja K."},
    "guests.message": {"subject": "Bring a chair", "body": "We have too few."},
    "guests.walk_in": {"name": "Somebody"},
    "invitations.accept": {"name": "Iva", "email": "iva@example.org", "password": PASSWORD},
    "invitations.create": {"count": "1", "expires_in": "24"},
    "invitations.invite_person": {"email": "iva@example.org", "role": "doorkeeper", "expires_in": "24"},
    "invitations.invite_to_site": {"email": "iva@example.org", "expires_in": "24"},
    "rsvp.answer": {"reply": "yes", "party_size": "1"},
    "voting.guest_vote": {"question-{question}": "{answer}"},
    "voting.vote": {"question-{question}": "{answer}"},
}


def read(table: str) -> list[Row]:
    """Return the rows of a table; one cell for all stands for each."""
    rows = []
    for line in table.splitlines():
        if line.strip() and not line.startswith("#"):
            method, endpoint, *cells = line.split()
            cells = cells * len(PEOPLE) if len(cells) == 1 else cells
            assert len(cells) == len(PEOPLE), line
            rows.append(Row(method, endpoint, tuple(cells)))
    return rows


ROWS = read(TABLE)


def routes(app: Flask) -> dict[tuple[str, str], Rule]:
    """Every route there is, by method and endpoint."""
    found = {}
    for rule in app.url_map.iter_rules():
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
            if is_page(rule.endpoint):
                found[method, rule.endpoint] = rule
    return found


def missing(app: Flask) -> list[str]:
    """The routes that the table says nothing of."""
    told = {(row.method, row.endpoint) for row in ROWS}
    return sorted(f"{method} {endpoint}" for method, endpoint in routes(app).keys() - told)


def test_every_route_has_its_row(world: World):
    assert missing(world.app) == []


def test_every_row_has_its_route(world: World):
    told = {(row.method, row.endpoint) for row in ROWS}
    assert sorted(told - routes(world.app).keys()) == []
    assert len(told) == len(ROWS)


def test_a_route_without_a_row_is_seen():
    app = Flask(__name__)
    app.add_url_rule("/new", "new.route", public(lambda: ""), methods=["GET", "POST"])
    assert missing(app) == ["GET new.route", "POST new.route"]


def answer(world: World, person: str, rule: Rule, method: str, sent: dict[str, str]) -> str:
    """What `person` gets, as the table writes it."""
    world.restore()
    browser = world.browser(person)
    address = world.address(rule)
    response = browser.get(address) if method == "GET" else browser.submit(address, sent)
    where = response.headers.get("Location", "")
    if response.status_code in {302, 303} and re.match(r"(https?://[^/]+)?/login\b", where):
        return "in"
    return str(response.status_code)


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_everybody_gets_what_the_table_says(world: World, row: Row):
    rule = routes(world.app)[row.method, row.endpoint]
    sent = {k.format(**world.values): v.format(**world.values) for k, v in SENT.get(row.endpoint, {}).items()}
    got = tuple(answer(world, person, rule, row.method, sent) for person in PEOPLE)
    differing = {p: f"{g}, not {c}" for p, g, c in zip(PEOPLE, got, row.cells, strict=True) if g != c}
    assert not differing, f"{row} {' '.join(got)}: {differing}"


# One's own account is nobody else's: there the form comes first.
OF_OTHERS = [row for row in ROWS if row.endpoint in SENT and not row.endpoint.startswith("accounts.")]


@pytest.mark.parametrize("row", [row for row in OF_OTHERS if row.method != "GET"], ids=str)
def test_who_is_refused_is_refused_before_the_form_is_read(world: World, row: Row):
    rule = routes(world.app)[row.method, row.endpoint]
    for person, cell in zip(PEOPLE, row.cells, strict=True):
        if cell in REFUSED:
            assert (person, answer(world, person, rule, row.method, {})) == (person, cell)


def cells_inside(app: Flask) -> list[tuple[Row, dict[str, str]]]:
    """The rows of routes inside a company or an event, with what each person gets."""
    inside = {key for key, rule in routes(app).items() if {"event_id", "slug"} & rule.arguments}
    return [(row, dict(zip(PEOPLE, row.cells, strict=True))) for row in ROWS if (row.method, row.endpoint) in inside]


def test_rights_flow_down_and_never_up_or_sideways(world: World):
    for row, cells in cells_inside(world.app):
        assert cells["above"] == cells["administrator"], row
        assert cells["below"] == cells["stranger"], row
        assert cells["site"] == cells["stranger"], row
        assert cells["nobody"] in {"in", "404"}, row


def test_a_stronger_role_may_what_a_weaker_one_may(world: World):
    for row, cells in cells_inside(world.app):
        for weaker, stronger in itertools.pairwise(["doorkeeper", "organiser", "administrator", "owner"]):
            assert not (cells[stronger] in REFUSED and cells[weaker] not in REFUSED), row


# Who opens an event by its address, and who finds it in the list.
VISIBLE = {
    ("public", "published"): ({*PEOPLE}, {*PEOPLE}),
    ("unlisted", "published"): ({*PEOPLE}, {"guest", "cohost", "above", *ROLES}),
    ("invited", "published"): ({"guest", "cohost", "above", *ROLES}, {"guest", "cohost", "above", *ROLES}),
    ("public", "draft"): ({"cohost", "above", *ROLES} - {"doorkeeper"}, None),
    ("public", "cancelled"): ({*PEOPLE}, None),
    ("invited", "cancelled"): ({"guest", "cohost", "above", *ROLES}, None),
}


@pytest.mark.parametrize(("visibility", "state"), VISIBLE)
def test_who_sees_an_event(world: World, visibility: str, state: str):
    values = {"visibility": visibility, "state": state}
    if state == "draft":
        values["published_at"] = None
    event_id = world.values["event_id"]
    with db.engine.begin() as connection:
        events = Base.metadata.tables["events"]
        connection.execute(events.update().where(events.c.id == event_id).values(**values))
    opens, finds = VISIBLE[visibility, state]
    got = {person: world.browser(person).get(f"/events/{event_id}").status_code for person in PEOPLE}
    assert {person for person, status in got.items() if status == 200} == opens
    assert {status for person, status in got.items() if person not in opens} <= {404}
    if finds is not None:
        listed = {p for p in PEOPLE if str(event_id) in world.browser(p).get("/events?when=upcoming").text}
        assert listed == finds


def test_a_page_for_those_signed_in_leads_others_to_sign_in_and_back(world: World):
    for (method, endpoint), rule in routes(world.app).items():
        if getattr(world.app.view_functions[endpoint], "access", None) == signed_in(lambda: "").access:
            assert answer(world, "nobody", rule, method, {}) == "in", endpoint
