"""The journal as administrators read it: who did what, found by person, thing and time."""

import csv
import datetime as dt
import html
import io
import json
import re
import uuid
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from tests import factories
from tests.browsers import Browser, words
from tests.journal.entries import an_entry, some_entries, write
from webapp.core import clock
from webapp.core.actor import NOBODY, SYSTEM, Actor
from webapp.core.database import db
from webapp.core.operation import operation
from webapp.core.permissions import Role
from webapp.journal import exporting, queries
from webapp.journal.sealing import seal_all
from webapp.journal.writing import record
from webapp.models import Company, Event, Guest, JournalEntry, User
from webapp.web.pagination import Cursor, encode

told = operation(record)


@pytest.fixture
def ana(app: Flask) -> User:
    return factories.an_account("Ana", surname="Novak", email="ana@example.org", timezone="Europe/Ljubljana")


@pytest.fixture
def company(ana: User) -> Company:
    return factories.a_company(ana, name="Pod lipo")


@pytest.fixture
def event(company: Company, ana: User) -> Event:
    return factories.an_event(company, ana, title="Žive meje", visibility="invited")


@pytest.fixture
def hers(browser: Browser, ana: User) -> Browser:
    """Ana's browser: she owns the company."""
    return browser.sign_in(ana)


@pytest.fixture
def keeper(other_browser: Browser) -> Browser:
    """The browser of who looks after the site, and has no role anywhere."""
    return other_browser.sign_in(factories.an_account("Neža", site_administrator=True))


def address(company: Company, query: str = "") -> str:
    return f"/companies/{company.slug}/journal{'?' + query if query else ''}"


def lines(page: Any) -> list[str]:
    """The entries of a page as a person reads them."""
    found = re.findall(r'(?s)<li class="journal__entry">(.*?)</li>', page.text)
    plain = (html.unescape(re.sub(r"<[^>]+>", " ", one)) for one in found)
    return [re.sub(r" ([,:])", r"\1", " ".join(one.split())) for one in plain]


def links(page: Any) -> set[str]:
    inside = "".join(re.findall(r'(?s)<li class="journal__entry">(.*?)</li>', page.text))
    return {html.unescape(href) for href in re.findall(r'href="([^"]+)"', inside)}


# ---- what a line says


def test_a_line_says_who_did_what_to_what(hers: Browser, ana: User, company: Company, event: Event):
    told(factories.acting(ana), "event.edited", event, changed=["place", "starts_at"])
    page = hers.get(address(company))
    (line,) = lines(page)
    assert "Ana Novak edited an event: Žive meje changed: place, starts at" in line
    assert f"/events/{event.id}" in links(page)
    assert "Not sealed yet" in line
    seal_all()
    assert "Sealed as 1" in lines(hers.get(address(company)))[0]


def test_names_are_those_of_now_and_a_deleted_account_has_none(
    hers: Browser, ana: User, company: Company, event: Event
):
    bor = factories.an_account("Bor")
    told(factories.acting(bor), "event.published", event)
    operation(db.session.execute)(sa.update(User).where(User.id == bor.id).values(name="Borut"))
    assert "Borut published" in lines(hers.get(address(company)))[0]
    erased = {"deleted_at": clock.now(), "name": "", "email": None, "email_key": None}
    operation(db.session.execute)(sa.update(User).where(User.id == bor.id).values(**erased))
    assert "A deleted account published" in lines(hers.get(address(company)))[0]


def test_the_house_guests_and_strangers_are_called_so(hers: Browser, company: Company, event: Event):
    guest = factories.a_guest(event, name="Maja Kos")
    told(SYSTEM, "vote.closed", event, outcome="no consensus", ballots=3, roll=9)
    told(Actor(guest_id=guest.id), "guest.replied_yes", guest, party_size=2)
    told(NOBODY, "guest.admitted", guest, source="link")
    page = hers.get(address(company))
    stranger, somebody, house = lines(page)
    assert "The house closed the vote of an event: Žive meje" in house
    assert "outcome: no consensus ballots: 3 on the roll: 9" in house
    assert "A guest answered yes: Maja Kos, Žive meje" in somebody
    assert "Somebody who was not signed in put a guest on the list, by an invitation" in stranger
    assert f"/events/{event.id}/guests/{guest.id}" in links(page)


def test_what_was_deleted_is_still_told_of(hers: Browser, ana: User, company: Company, event: Event):
    told(factories.acting(ana), "event.deleted", event)
    path = f"/events/{event.id}"
    assert path in links(hers.get(address(company)))
    operation(db.session.execute)(sa.delete(Event).where(Event.id == event.id))
    page = hers.get(address(company))
    assert "Ana Novak deleted an event" in lines(page)[0]
    assert path not in links(page)


def test_what_people_call_themselves_runs_nothing(hers: Browser, company: Company, ana: User):
    nasty = "<script>alert(1)</script>{{7777*7}}"
    event = factories.an_event(company, factories.an_account(nasty), title=nasty)
    told(Actor(user_id=event.host_id), "event.published", event, **{nasty: nasty})
    for page in (hers.get(address(company)), hers.get(address(company, "search=alert"))):
        assert page.status_code == 200
        assert "<script>alert" not in page.text
        assert "54439" not in page.text


# ---- whose journal it is


def test_a_companys_journal_holds_all_below_it_and_nothing_beside_or_above(hers: Browser, ana: User, company: Company):
    below = factories.a_company(name="Kolesarnica", parent=company)
    deeper = factories.a_company(name="Servis", parent=below)
    beside = factories.a_company(name="Elsewhere")
    for one in (company, below, deeper, beside):
        told(SYSTEM, "company.renamed", one)
    found = "\n".join(lines(hers.get(address(company))))
    assert [name in found for name in ("Pod lipo", "Kolesarnica", "Servis", "Elsewhere")] == [True, True, True, False]
    found = "\n".join(lines(hers.get(address(below))))
    assert [name in found for name in ("Pod lipo", "Kolesarnica", "Servis")] == [False, True, True]


def test_organisers_are_not_shown_the_journal(browser: Browser, company: Company):
    for role, status in ((Role.DOORKEEPER, 403), (Role.ORGANISER, 403), (Role.ADMINISTRATOR, 200)):
        somebody = factories.an_account()
        factories.a_membership(somebody, company, role)
        page = browser.sign_in(somebody)
        assert page.get(address(company)).status_code == status
        assert page.get(f"{address(company)}/export").status_code == status
        shown = f'href="{address(company)}"' in page.get(f"/companies/{company.slug}").text
        assert shown == (status == 200)


def test_the_sites_journal_is_for_who_looks_after_it(hers: Browser, keeper: Browser, company: Company):
    told(SYSTEM, "company.renamed", company)
    for path in ("/admin/journal", "/admin/journal/export"):
        assert hers.get(path).status_code == 404
        assert keeper.get(path).status_code == 200


def test_who_looks_after_the_site_sees_nothing_inside_a_company(keeper: Browser, ana: User, event: Event):
    guest = factories.a_guest(event, name="Maja Kos")
    told(factories.acting(ana), "guest.added", guest, source="listed")
    told(Actor(guest_id=guest.id), "guest.replied_no", guest)
    page = keeper.get("/admin/journal")
    assert "Ana Novak put a guest on the list" in words(page)
    assert "Pod lipo" in words(page)
    for inside in ("Maja", "Žive meje", f"/events/{event.id}"):
        assert inside not in page.text


# ---- finding


def test_doings_are_found_by_the_person(hers: Browser, ana: User, company: Company, event: Event):
    kos = factories.an_account("Žiga", surname="Kos", email="ziga@example.org")
    told(factories.acting(ana), "event.edited", event)
    told(factories.acting(kos), "event.published", event)
    for query in ("search=žig", "search=Kos", "search=žiga+kos", "search=ZIGA@example.org", f"person={kos.id}"):
        (line,) = lines(hers.get(address(company, query)))
        assert "Žiga Kos published" in line, query
    assert lines(hers.get(address(company, "search=zi%25"))) == []
    page = hers.get(address(company, f"person={kos.id}"))
    assert "Done by Žiga Kos" in words(page)


def test_nobody_is_found_who_did_nothing_here(hers: Browser, ana: User, company: Company, event: Event):
    elsewhere = factories.an_account("Zofija", email="zofija@example.org")
    told(factories.acting(ana), "event.edited", event)
    told(factories.acting(elsewhere), "company.created", factories.a_company())
    page = hers.get(address(company, "search=zofija"))
    assert lines(page) == []
    assert "Zofija" not in page.text
    assert "Nobody who did something here is called that" in words(page)


def test_an_address_cannot_be_guessed_letter_by_letter(hers: Browser, keeper: Browser, ana: User, event: Event):
    told(factories.acting(ana), "event.edited", event)
    company = db.session.get_one(Company, event.company_id)
    assert lines(hers.get(address(company, "search=ana@exam"))) == []
    assert lines(hers.get(address(company, "search=ana@example.org"))) != []
    assert lines(keeper.get("/admin/journal?search=ana@exam")) != []


def test_all_that_was_done_about_an_event_is_found(hers: Browser, ana: User, company: Company, event: Event):
    other = factories.an_event(company, ana)
    guest = factories.a_guest(event)
    for thing, action in ((event, "event.edited"), (other, "event.cancelled"), (guest, "guest.added")):
        told(factories.acting(ana), action, thing)
    found = lines(hers.get(address(company, f"thing=event&id={event.id}")))
    assert len(found) == 2
    assert "put a guest on the list" in found[0]
    assert len(lines(hers.get(address(company, "thing=event")))) == 2
    assert len(lines(hers.get(address(company, "thing=guest")))) == 1
    assert len(lines(hers.get(address(company, f"thing=guest&id={guest.id}")))) == 1
    assert len(lines(hers.get(address(company, "thing=app")))) == 0


def test_days_are_those_of_the_viewer(hers: Browser, company: Company):
    """Midnight in Ljubljana is 23 o'clock of the day before in UTC, in winter."""
    for hour, minute in ((22, 59), (23, 0), (23, 30)):
        write(an_entry(company_id=company.id, at=dt.datetime(2026, 1, 9, hour, minute, tzinfo=dt.UTC)))
    write(an_entry(company_id=company.id, at=dt.datetime(2026, 1, 10, 22, 59, tzinfo=dt.UTC)))
    write(an_entry(company_id=company.id, at=dt.datetime(2026, 1, 10, 23, 0, tzinfo=dt.UTC)))
    page = hers.get(address(company, "from=2026-01-10&until=2026-01-10"))
    assert [line.split()[0] for line in lines(page)] == ["23:59", "00:30", "00:00"]
    assert "Sat 10 January" in words(page)
    assert "Times are those of Ljubljana" in words(page)
    assert len(lines(hers.get(address(company, "until=2026-01-09")))) == 1
    assert len(lines(hers.get(address(company, "from=2026-01-11")))) == 1


@pytest.mark.parametrize(
    "query",
    [
        "page=x",
        "page=" + "W2ZhbHNlLDFlOTld",
        "page=WzBd",
        "search=%00",
        "search=" + "x" * 5000,
        "person=x",
        "thing=nonsense&id=x",
        "thing=event&id=%00",
        "id=018f0000-0000-7000-8000-000000000001",
        "from=yesterday&until=0001-01-01",
        "from=9999-12-31&until=9999-12-31",
        "endpoint=x&_external=1&slug=y",
    ],
)
def test_a_journal_asked_for_with_nonsense_is_shown(hers: Browser, company: Company, query: str):
    told(SYSTEM, "company.renamed", company)
    for path in (address(company), f"{address(company)}/export"):
        assert hers.get(f"{path}?{query}").status_code == 200


def test_a_day_that_is_none_is_said_beside_its_field(hers: Browser, company: Company):
    page = hers.get(address(company, "from=2026-02-30"))
    assert "Please give a day, such as 2026-11-21." in words(page)
    assert 'aria-describedby="from-error"' in page.text
    assert "between the years" in words(hers.get(address(company, "until=9999-12-31")))


def test_a_cursor_that_is_no_id_begins_at_the_start(hers: Browser, company: Company):
    from_the_start = lines(hers.get(address(company)))
    for huge in (2**63, 2**70, -1):
        assert lines(hers.get(address(company, f"page={encode(Cursor((huge,)))}"))) == from_the_start


@pytest.mark.parametrize("children", [0, 2, 70])
def test_pages_go_there_and_back(hers: Browser, company: Company, children: int):
    companies = [company.id, *(factories.a_company(parent=company).id for _ in range(children))]
    number = 120
    write(*(an_entry(company_id=companies[n % len(companies)], details={"number": n}) for n in range(number)))
    seen, path = [], address(company, "thing=event")
    pages = []
    while path:
        page = hers.get(path)
        pages.append(path)
        seen += [int(found) for found in re.findall(r"how many: <span[^>]*>(\d+)<", page.text)]
        further = re.search(r'href="([^"]+)"[^>]*rel="next"', page.text)
        path = html.unescape(further[1]) if further else ""
    assert seen == list(reversed(range(number)))
    assert len(pages) == 3
    back = re.search(r'href="([^"]+)"[^>]*rel="prev"', hers.get(pages[-1]).text)
    assert back
    again = hers.get(html.unescape(back[1])).text
    assert [int(found) for found in re.findall(r"how many: <span[^>]*>(\d+)<", again)] == seen[50:100]


def test_the_page_shows_the_head_of_the_chain_and_how_to_check_it(hers: Browser, company: Company):
    assert "Nothing is sealed yet" in words(hers.get(address(company)))
    told(SYSTEM, "company.renamed", company)
    seal_all()
    head = queries.head()
    assert head is not None
    page = hers.get(address(company))
    assert f'value="{head.seal}"' in page.text
    assert f"flask --app wsgi journal verify --head {head.seal}" in page.text
    assert "1 entry of this site is sealed." in words(page)


def test_a_page_asks_few_questions_of_the_database(hers: Browser, keeper: Browser, ana: User, company: Company):
    asked: list[str] = []
    for number in range(20):
        somebody = factories.an_account()
        event = factories.an_event(company, somebody)
        guest = factories.a_guest(event)
        told(factories.acting(somebody), "event.published", event, user=str(somebody.id))
        told(factories.acting(somebody), "guest.added", guest, number=number)
        told(SYSTEM, "company.created", factories.a_company(parent=company))
    paths = [(hers, address(company)), (hers, address(company, "search=person")), (keeper, "/admin/journal")]
    for browser, path in paths:
        browser.get(path)
        asked.clear()
        note = lambda *args: asked.append(args[2])  # noqa: E731 taken off again by name
        sa.event.listen(db.engine, "before_cursor_execute", note)
        try:
            assert len(lines(browser.get(path))) >= 40
        finally:
            sa.event.remove(db.engine, "before_cursor_execute", note)
        questions = [one for one in asked if not one.startswith(("PRAGMA", "BEGIN"))]
        assert len(questions) <= 12, "\n".join(questions)


def test_looking_changes_nothing(hers: Browser, company: Company):
    told(SYSTEM, "company.renamed", company)
    before = [(entry.id, entry.seal) for entry in db.session.query(JournalEntry)]
    for path in (address(company), f"{address(company)}/export?format=csv", f"{address(company)}/export?format=jsonl"):
        hers.get(path)
    assert [(entry.id, entry.seal) for entry in db.session.query(JournalEntry)] == before


# ---- a company's journal is whole


def test_what_belongs_to_an_event_belongs_to_its_company(app: Flask, ana: User, company: Company, event: Event):
    guest = factories.a_guest(event)
    for thing, action in ((event, "event.edited"), (guest, "guest.added"), (company, "company.renamed")):
        told(factories.acting(ana), action, thing)
    entries = db.session.query(JournalEntry).order_by(JournalEntry.id).all()
    assert [entry.company_id for entry in entries] == [company.id] * 3
    assert [entry.event_id for entry in entries] == [event.id, event.id, None]


def test_what_belongs_to_no_company_stays_with_the_site(app: Flask, ana: User):
    told(factories.acting(ana), "account.updated", ana)
    assert db.session.query(JournalEntry).one().company_id is None


# ---- taking it along


def test_the_table_is_what_the_page_asks_for(hers: Browser, ana: User, company: Company, event: Event):
    told(factories.acting(ana), "event.edited", event, changed=["place"])
    told(SYSTEM, "event.cancelled", event)
    answer = hers.get(f"{address(company)}/export?format=csv&person={ana.id}")
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert re.search(
        rf'attachment; filename="journal-{company.slug}-[-\d]+\.csv"', answer.headers["Content-Disposition"]
    )
    (row,) = csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig")))
    assert (row["who"], row["what"], row["action"]) == ("Ana Novak", "edited an event", "event.edited")
    assert (row["event_id"], row["details"]) == (str(event.id), '{"changed": ["place"]}')
    assert dt.datetime.fromisoformat(row["at"]).tzinfo is not None


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "=cmd|' /C calc'!A0"])
def test_a_spreadsheet_takes_nothing_for_a_formula(hers: Browser, company: Company, event: Event, name: str):
    told(factories.acting(factories.an_account(name)), "event.edited", event)
    rows = list(csv.DictReader(io.StringIO(hers.get(f"{address(company)}/export").data.decode("utf-8-sig"))))
    assert len(rows) == 1
    for row in rows:
        assert not [cell for cell in row.values() if cell.startswith(("=", "+", "-", "@", "\t"))]


def test_the_lines_hold_ids_and_no_names(hers: Browser, ana: User, company: Company, event: Event):
    told(factories.acting(ana), "event.edited", event)
    seal_all()
    told(factories.acting(ana), "event.cancelled", event)
    answer = hers.get(f"{address(company)}/export?format=jsonl")
    sealed, waiting = [json.loads(line) for line in answer.text.splitlines()]
    assert answer.headers["Content-Type"] == "application/x-ndjson"
    assert sealed["actor_id"] == str(ana.id)
    assert (sealed["position"], sealed["previous"]) == (1, "")
    assert len(sealed["seal"]) == 64
    assert (waiting["position"], waiting["previous"], waiting["seal"]) == (None, None, None)
    assert "Ana" not in answer.text


@pytest.mark.both_databases
@pytest.mark.parametrize("kind", ["csv", "jsonl"])
def test_an_export_is_whole_however_long_it_is(hers: Browser, company: Company, kind: str, monkeypatch):
    monkeypatch.setattr("webapp.journal.exporting.CHUNK", 7)
    child = factories.a_company(parent=company)
    ids = write(*(an_entry(company_id=one) for one in [company.id, child.id] * 25))
    some_entries(3)
    seal_all()
    text = hers.get(f"{address(company)}/export?format={kind}").data.decode("utf-8-sig")
    if kind == "csv":
        found = [row["id"] for row in csv.DictReader(io.StringIO(text))]
    else:
        found = [json.loads(line)["id"] for line in text.splitlines()]
    assert found == [str(one) for one in ids]


def test_an_empty_export_has_its_heads(hers: Browser, company: Company):
    assert hers.get(f"{address(company)}/export?format=csv").text.startswith("\ufeffat,who,what")
    assert hers.get(f"{address(company)}/export?format=jsonl").data == b""


def test_what_is_sealed_while_an_export_is_written_leaves_no_gap_in_it(app: Flask, monkeypatch):
    from_there = []
    some_entries(3)
    seal_all()
    some_entries(3)
    real = queries.page

    def late(*args: Any, **values: Any) -> Any:
        rows = real(*args, **values)
        if not from_there:
            from_there.append(seal_all())
        return rows

    monkeypatch.setattr("webapp.journal.exporting.CHUNK", 4)
    monkeypatch.setattr("webapp.journal.exporting.queries.page", late)
    text = b"".join(exporting.json_lines(queries.SITE, queries.Asked())).decode()
    assert [json.loads(line)["position"] for line in text.splitlines()] == [1, 2, 3, None, None, None]
    assert from_there == [3]


def test_guests_that_have_not_confirmed_are_not_named(hers: Browser, ana: User, company: Company, event: Event):
    later = clock.now() + dt.timedelta(days=1)
    guest: Guest = factories.a_guest(event, name="Petra", unconfirmed_until=later)
    told(SYSTEM, "guest.admitted", guest, source="link")
    page = hers.get(address(company))
    assert "Petra" not in page.text
    assert str(uuid.UUID(str(guest.id))) not in links(page)


def test_an_export_is_written_piece_by_piece(app: Flask, monkeypatch):
    monkeypatch.setattr("webapp.journal.exporting.CHUNK", 10)
    some_entries(35)
    assert [piece.count(b"\n") for piece in exporting.json_lines(queries.SITE, queries.Asked())] == [10, 10, 10, 5]
    table = exporting.csv_lines(queries.SITE, queries.Asked(), lambda _entry, _names: ("", ""))
    assert [piece.count(b"\r\n") for piece in table] == [1, 10, 10, 10, 5]
