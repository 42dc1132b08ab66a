"""The pages of events: lists, an event's page, its form."""

import datetime as dt
import re
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy import select

from tests import factories
from tests.browsers import Browser, words
from webapp.core import clock
from webapp.core.database import db
from webapp.core.permissions import Role
from webapp.models import Company, Event, Question, User

DAY = dt.timedelta(days=1)


@pytest.fixture
def ana(app: Flask) -> User:
    return factories.an_account("Ana")


@pytest.fixture
def company(ana: User) -> Company:
    return factories.a_company(ana, name="Zadruga Pod lipo")


@pytest.fixture
def hers(browser: Browser, ana: User) -> Browser:
    """Ana's browser."""
    return browser.sign_in(ana)


def typed(**values: Any) -> dict[str, Any]:
    day = (clock.now() + 7 * DAY).date()
    return {
        "title": "Žive meje",
        "timezone": "Europe/Ljubljana",
        "starts_at": f"{day}T18:00",
        "ends_at": f"{day}T22:00",
        "visibility": "invited",
        **values,
    }


def only_event() -> Event:
    db.session.rollback()
    return db.session.scalars(select(Event)).one()


def fields(text: str) -> dict[str, Any]:
    """What a browser without scripts would send back of the page's form, as it stands."""
    form = re.search(r'(?s)<form class="stack stack--l".*?</form>', text)
    assert form
    values: dict[str, Any] = {}
    for tag in re.findall(r"(?s)<input[^>]*>|<textarea.*?</textarea>|<select.*?</select>", form.group()):
        name = re.search(r'name="([^"]*)"', tag)
        if not name:
            continue
        if tag.startswith("<textarea"):
            found = re.search(r"(?s)>\s*(.*?)</textarea>", tag)
        elif tag.startswith("<select"):
            found = re.search(r'<option selected value="([^"]*)"', tag)
        elif 'type="radio"' in tag and " checked" not in tag:
            continue
        else:
            found = re.search(r'value="([^"]*)"', tag)
        values[name.group(1)] = found.group(1) if found else ""
    values.pop("csrf_token", None)
    return values


@pytest.mark.both_databases
def test_a_person_creates_and_publishes_an_event_with_a_question(hers: Browser, company: Company) -> None:
    assert hers.get("/events/new").status_code == 200
    answer = hers.submit(
        "/events/new",
        typed(
            publish="1",
            place="Stara mestna elektrarna",
            capacity="64",
            **{"questions-0-text": "When do we mow?", "questions-0-answers": "In June\r\n\r\nIn September"},
        ),
    )
    assert answer.status_code == 303
    event = only_event()
    assert (event.state, event.capacity) == ("published", 64)
    page = words(hers.follow(answer))
    for text in ("Žive meje", "Your event is published.", "Stara mestna elektrarna", "When do we mow?", "In September"):
        assert text in page
    assert "Hosted by Ana for Zadruga Pod lipo" in page


def test_without_the_button_it_is_a_draft_that_only_its_organisers_see(
    hers: Browser, other_browser: Browser, company: Company
) -> None:
    answer = hers.submit("/events/new", typed(visibility="public"))
    path = answer.headers["Location"]
    assert "This is a draft" in words(hers.get(path))
    assert other_browser.get(path).status_code == 404
    assert other_browser.get(path + ".ics").status_code == 404
    assert hers.submit(path + "/publish").status_code == 303
    assert other_browser.get(path).status_code == 200


def test_times_are_wall_time_of_the_events_zone(hers: Browser, company: Company) -> None:
    hers.submit("/events/new", typed(starts_at="2031-07-01T18:00", ends_at="2031-07-01T20:00"))
    assert only_event().starts_at == dt.datetime(2031, 7, 1, 16, tzinfo=dt.UTC)


def test_a_new_event_is_where_its_host_is(browser: Browser, company: Company) -> None:
    abroad = factories.an_account(timezone="Atlantic/Reykjavik")
    factories.a_membership(abroad, company, Role.ORGANISER)
    page = browser.sign_in(abroad).get("/events/new")
    assert fields(page.text)["timezone"] == "Atlantic/Reykjavik"
    assert "data-own-zone" not in page.text


def test_the_device_is_asked_where_the_account_does_not_say(hers: Browser, company: Company) -> None:
    assert "data-own-zone" in hers.get("/events/new").text
    assert "data-own-zone" not in hers.submit("/events/new", typed(title="")).text


def test_one_more_question_is_asked_for_without_scripts_and_nothing_typed_is_lost(
    hers: Browser, company: Company
) -> None:
    sent = typed(add_question="1", **{"questions-0-text": "Soup?", "questions-0-answers": "Yes\nNo"})
    page = hers.submit("/events/new", sent)
    assert page.status_code == 200
    kept = fields(page.text)
    assert (kept["title"], kept["questions-0-text"], kept["questions-1-text"]) == ("Žive meje", "Soup?", "")
    assert kept["questions-0-answers"] == "Yes\nNo"
    page = hers.submit("/events/new", {**kept, "remove_question": "0", "questions-1-text": "Bread?"})
    kept = fields(page.text)
    assert kept["questions-0-text"] == "Bread?"
    assert "questions-1-text" not in kept
    assert db.session.scalar(select(Event.id)) is None


def test_a_refused_form_says_what_is_wrong_beside_the_field_and_keeps_what_was_typed(
    hers: Browser, company: Company
) -> None:
    page = hers.submit(
        "/events/new",
        typed(
            title="",
            ends_at="yesterday",
            capacity="many",
            place="Šiška",
            **{
                "questions-0-text": "",
                "questions-0-answers": "",
                "questions-1-text": "Soup?",
                "questions-1-answers": "Only this",
            },
        ),
    )
    assert page.status_code == 422
    kept = fields(page.text)
    assert (kept["place"], kept["capacity"], kept["ends_at"]) == ("Šiška", "many", "yesterday")
    assert kept["questions-0-answers"] == "Only this"
    assert 'id="questions-0-answers-error"' in page.text
    for name in ("title", "ends_at", "capacity"):
        assert f'id="{name}-error"' in page.text
    text = words(page)
    assert "A question needs at least two answers" in text
    assert "Please give a whole number." in text


BAD: dict[str, list[str]] = {
    "title": ["", "   ", "x" * 201, "a\x00b", "x" * 1_000_000, "a\x85b", "\u202egnp"],
    "description": ["x" * 50_001, "a\x00b"],
    "place": ["x" * 256, "\x00"],
    "timezone": ["", "Mars/Base", "../../etc/passwd", "\x00", "x" * 1000],
    "starts_at": ["", "soon", "99999-01-01T10:00", "0001-01-01T00:00", "2026-02-30T10:00", "1e400", "1795284000"],
    "ends_at": ["", "2020-01-01T00:00", "9999-12-31T23:59", "2199-12-31T23:59"],
    "join_by": ["soon", "2199-01-01T00:00", "99999-01-01T10:00"],
    "capacity": ["0", "-1", "1.5", "x", "9" * 5000, "99999999999999999999", "٣x"],
    "visibility": ["", "secret", "' OR 1=1 --"],
    "reward": ["-1", "1e9", "9" * 30],
    "project": ["x", "00000000-0000-0000-0000-000000000000", "' OR 1=1 --"],
    "voting_opens_at": ["soon", "2199-01-01T00:00"],
    "voting_closes_at": ["soon"],
    "roll": ["none"],
    "min_votes": ["0", "-1", "x", "99999999999"],
    "min_turnout": ["60", "101 %", "1/0", "x" * 1000, "-1/2"],
    "min_agreement": ["more than all", "3/2", "½x"],
    "decide_by": ["lot"],
    "decide_when": ["now"],
    "secrecy": [""],
    "results": ["never"],
    "co_hosts": ["nobody", "nobody@example.org", "\x00@example.org"],
    "questions-0-text": ["", "x" * 501, "a\x00b"],
    "questions-0-answers": ["", "one", "same\nSAME", "\n".join(map(str, range(51))), "a\n" + "x" * 301, "a\n\x00b"],
    "questions-0-kind": ["ranked"],
}  # fmt: skip


@pytest.mark.parametrize("field", BAD)
def test_bad_input_is_refused_beside_its_field_and_kept(hers: Browser, company: Company, field: str) -> None:
    for value in BAD[field]:
        question = {"questions-0-text": "Soup?", "questions-0-answers": "Yes\nNo", "questions-0-kind": "single"}
        page = hers.submit("/events/new", {**typed(), **question, field: value})
        assert page.status_code == 422, (field, value[:50])
        assert f'id="{field}-error"' in page.text, (field, value[:50])
        assert db.session.scalar(select(Event.id)) is None


def test_deciding_at_once_takes_more_than_one_ballot(hers: Browser, company: Company) -> None:
    page = hers.submit("/events/new", typed(decide_when="at once"))
    assert page.status_code == 422
    assert 'id="min_votes-error"' in page.text
    assert hers.submit("/events/new", typed(decide_when="at once", min_votes="2")).status_code == 303


ODD = ["<script>alert(1)</script>", "{{7*7}}", "'; DROP TABLE events; --", "🌳" * 20, "אירוע לכולם", "%s %(x)s", "a\tb"]


@pytest.mark.parametrize("odd", ODD)
def test_odd_text_is_kept_and_shown_harmlessly(hers: Browser, company: Company, odd: str) -> None:
    sent = typed(
        title=odd,
        place=odd,
        description=odd,
        publish="1",
        **{"questions-0-text": odd, "questions-0-answers": f"{odd}\nno"},
    )
    answer = hers.submit("/events/new", sent)
    assert answer.status_code == 303
    event = only_event()
    assert event.title == " ".join(odd.split())
    for path in (f"/events/{event.id}", f"/events/{event.id}/edit", "/events", "/events?search=" + odd):
        page = hers.get(path)
        assert page.status_code == 200
        assert "<script>alert" not in page.text
        assert "49" not in re.findall(r"<h1[^>]*>(.*?)</h1>", page.text)[0]


def test_an_edit_form_sent_back_as_it_stands_changes_nothing(hers: Browser, ana: User, company: Company) -> None:
    later = (clock.now() + DAY).replace(microsecond=0)
    event = factories.an_event(
        company,
        ana,
        place="Šiška",
        description="Soup & <bread>",
        questions={"Soup?": ["Yes", "No"], "Bread?": ["White", "Rye"]},
        capacity=12,
        visibility="unlisted",
        timezone="Europe/Ljubljana",
        voting_opens_at=later,
        min_turnout="3/7",
        min_agreement=">2/3",
        reward=7,
        join_by=later.replace(second=17),
    )
    before = {column.key: getattr(event, column.key) for column in sa.inspect(Event).column_attrs}
    page = hers.get(f"/events/{event.id}/edit")
    sent = {
        key: value.replace("&amp;", "&").replace("&lt;", "<").replace("&gt;", ">")
        for key, value in fields(page.text).items()
    }
    assert hers.submit(f"/events/{event.id}/edit", sent).status_code == 303
    event = only_event()
    assert {column.key: getattr(event, column.key) for column in sa.inspect(Event).column_attrs} == before
    assert [q.text for q in db.session.scalars(select(Question).order_by(Question.position))] == ["Soup?", "Bread?"]


def test_once_voting_is_open_the_form_shows_the_rule_and_keeps_it(hers: Browser, ana: User, company: Company) -> None:
    event = factories.an_event(company, ana, questions={"Soup?": ["Yes", "No"]}, min_votes=5)
    page = hers.get(f"/events/{event.id}/edit")
    assert "Voting has opened" in words(page)
    assert 'name="questions-0-text"' not in page.text
    sent = {**fields(page.text), "title": "Other words"}
    assert hers.submit(f"/events/{event.id}/edit", sent).status_code == 303
    assert (only_event().title, only_event().min_votes) == ("Other words", 5)
    forced = hers.submit(f"/events/{event.id}/edit", {**sent, "min_votes": "1"})
    assert forced.status_code == 422
    assert only_event().min_votes == 5


def test_publishing_what_is_over_leads_to_its_form(hers: Browser, ana: User, company: Company) -> None:
    event = factories.an_event(company, ana, state="draft", published_at=None, starts_in=-DAY)
    answer = hers.submit(f"/events/{event.id}/publish")
    assert answer.headers["Location"].endswith("/edit")
    assert "That is over already" in words(hers.follow(answer))
    assert only_event().state == "draft"


def test_a_cancelled_event_says_so(hers: Browser, other_browser: Browser, ana: User, company: Company) -> None:
    event = factories.an_event(company, ana)
    assert hers.submit(f"/events/{event.id}/cancel").status_code == 303
    assert "This event is cancelled" in words(other_browser.get(f"/events/{event.id}"))
    assert hers.submit(f"/events/{event.id}/cancel").status_code == 409


def test_a_copy_opens_its_form(hers: Browser, ana: User, company: Company) -> None:
    event = factories.an_event(company, ana, title="Weekly")
    answer = hers.submit(f"/events/{event.id}/duplicate")
    page = hers.follow(answer)
    assert fields(page.text)["title"] == "Weekly"
    assert str(event.id) not in answer.headers["Location"]


def test_an_event_nobody_was_asked_to_is_deleted(hers: Browser, ana: User, company: Company) -> None:
    event = factories.an_event(company, ana)
    path = f"/events/{event.id}"
    assert "Delete this event?" in words(hers.get(path))
    assert hers.submit(path + "/delete").status_code == 303
    assert hers.get(path).status_code == 404


@pytest.mark.both_databases
def test_who_may_see_an_event(app: Flask, ana: User, company: Company) -> None:
    doorkeeper, guest, stranger, removed = (factories.an_account() for _ in range(4))
    factories.a_membership(doorkeeper, company, Role.DOORKEEPER)
    events = {v: factories.an_event(company, ana, visibility=v) for v in ("public", "unlisted", "invited")}
    factories.a_guest(events["invited"], user=guest)
    factories.a_guest(events["invited"], user=removed, removed_at=clock.now())
    seen = {
        "nobody": ["public", "unlisted"],
        "stranger": ["public", "unlisted"],
        "removed": ["public", "unlisted"],
        "guest": ["public", "unlisted", "invited"],
        "doorkeeper": ["public", "unlisted", "invited"],
        "host": ["public", "unlisted", "invited"],
    }
    people = {"stranger": stranger, "removed": removed, "guest": guest, "doorkeeper": doorkeeper, "host": ana}
    for name, wanted in seen.items():
        browser = Browser(app)
        if name in people:
            browser.sign_in(people[name])
        got = [v for v, event in events.items() if browser.get(f"/events/{event.id}").status_code == 200]
        assert got == wanted, name
        edits = browser.get(f"/events/{events['public'].id}/edit").status_code
        assert edits == {"nobody": 303, "host": 200}.get(name, 403), name


def titles(browser: Browser, path: str) -> list[str]:
    """The events a list shows, page after page."""
    found: list[str] = []
    while path:
        page = browser.get(path)
        assert page.status_code == 200
        found += re.findall(r'class="agenda__title"><a [^>]*>(.*?)</a>', page.text)
        further = re.search(r'<a class="[^"]*" href="([^"]*)"[^>]*rel="next"', page.text)
        path = further.group(1).replace("&amp;", "&") if further else ""
    return found


@pytest.mark.both_databases
def test_lists_show_what_one_may_see_and_nothing_else(app: Flask, ana: User, company: Company) -> None:
    guest, doorkeeper = factories.an_account(), factories.an_account()
    factories.a_membership(doorkeeper, company, Role.DOORKEEPER)
    for title, values in {
        "public": {},
        "unlisted": {"visibility": "unlisted"},
        "invited": {"visibility": "invited"},
        "draft": {"state": "draft", "published_at": None},
        "cancelled": {"state": "cancelled", "cancelled_at": clock.now()},
        "over": {"starts_in": -2 * DAY},
    }.items():
        event = factories.an_event(company, ana, title=title, **values)
        if title in {"invited", "draft"}:
            factories.a_guest(event, user=guest)
    nobody = Browser(app)
    assert titles(nobody, "/events") == ["public"]
    assert titles(nobody, "/events?when=past") == ["over"]
    assert titles(nobody, "/events?when=mine") == []
    theirs = Browser(app).sign_in(guest)
    assert set(titles(theirs, "/events")) == {"public", "invited"}
    assert titles(theirs, "/events?when=mine") == ["invited"]
    at_door = Browser(app).sign_in(doorkeeper)
    assert set(titles(at_door, "/events")) == {"public", "unlisted", "invited", "cancelled"}
    hers = Browser(app).sign_in(ana)
    assert set(titles(hers, "/events?when=mine")) == {"public", "unlisted", "invited", "draft", "cancelled", "over"}


@pytest.mark.both_databases
def test_lists_go_on_over_pages_in_both_directions(hers: Browser, ana: User, company: Company) -> None:
    for day in range(45):
        factories.an_event(company, ana, title=f"Day {day}", starts_in=(day + 1) * DAY)
    expected = [f"Day {day}" for day in range(45)]
    assert titles(hers, "/events") == expected
    assert titles(hers, "/events?when=mine") == expected[::-1]
    for broken in ("x", "W10", "WzEsMl0", "a" * 5000, "%00"):
        assert titles(hers, f"/events?page={broken}") == expected


@pytest.mark.both_databases
def test_search_finds_parts_of_title_and_place(hers: Browser, ana: User, company: Company) -> None:
    factories.an_event(company, ana, title="Žive meje", place="Elektrarna")
    factories.an_event(company, ana, title="100 % wool")
    assert titles(hers, "/events?search=ŽIVE") == ["Žive meje"]
    assert titles(hers, "/events?search=elektr") == ["Žive meje"]
    assert titles(hers, "/events?search=%25") == ["100 % wool"]
    assert titles(hers, "/events?search=_") == []
    assert titles(hers, "/events?search=%00%25") == ["100 % wool"]
    project = factories.default_project(company)
    assert len(titles(hers, f"/events?project={project.id}")) == 2
    assert len(titles(hers, "/events?project=nonsense")) == 2


def test_a_list_asks_few_questions_of_the_database(hers: Browser, ana: User, company: Company) -> None:
    asked: list[str] = []

    def note(*args: Any) -> None:
        asked.append(args[2])

    hers.get("/events")
    sa.event.listen(db.engine, "before_cursor_execute", note)
    try:
        hers.get("/events")
        few = len(asked)
        for _ in range(15):
            factories.an_event(company, ana)
        asked.clear()
        hers.get("/events")
    finally:
        sa.event.remove(db.engine, "before_cursor_execute", note)
    assert len(asked) <= few + 1
    assert few < 9


def test_names_of_guests_are_for_guests_and_organisers(app: Flask, ana: User, company: Company) -> None:
    event = factories.an_event(company, ana)
    guest = factories.an_account("Gita")
    factories.a_guest(event, user=guest, reply="yes")
    factories.a_guest(event, name="Walter", reply="yes")
    path = f"/events/{event.id}"
    assert "Walter" not in Browser(app).get(path).text
    assert "Walter" not in Browser(app).sign_in(factories.an_account()).get(path).text
    assert "Walter" in Browser(app).sign_in(guest).get(path).text
    assert "Walter" in Browser(app).sign_in(ana).get(path).text


def asks(browser: Browser, event: Event) -> str:
    found = re.search(r'(?s)<h2 id="ask"[^>]*>(.*?)</h2>', browser.get(f"/events/{event.id}").text)
    assert found
    return found.group(1)


def test_what_is_asked_of_whoever_looks_stands_on_top(app: Flask, ana: User, company: Company) -> None:
    question = {"Soup?": ["Yes", "No"]}
    plain = factories.an_event(company, ana)
    voting = factories.an_event(company, ana, questions=question)
    full = factories.an_event(company, ana, capacity=1)
    closed = factories.an_event(company, ana, join_by=clock.now() - DAY)
    over = factories.an_event(company, ana, starts_in=-2 * DAY)
    factories.a_guest(full, reply="yes")
    user = factories.an_account("Gita")
    factories.a_guest(voting, user=user, reply="yes")
    mine = Browser(app).sign_in(user)
    nobody = Browser(app)
    assert asks(mine, plain) == asks(nobody, plain) == "Will you come?"
    assert asks(mine, voting) == "Your ballot is open"
    assert asks(mine, full) == asks(nobody, full) == "All places are taken"
    assert asks(mine, closed) == asks(nobody, closed) == "Joining has closed"
    assert asks(mine, over) == "This event is over"
    guest = factories.a_guest(plain, user=user, invited_at=clock.now())
    assert asks(mine, plain) == "Ana asks you to come"
    factories.a_guest(closed, user=user, reply="no")
    assert asks(mine, closed) == "You’re not coming"
    assert guest.reply is None
    organiser = Browser(app).sign_in(ana)
    assert asks(organiser, over) == "This event is over"
    assert asks(organiser, closed) == "You organise this"


def test_a_host_whose_account_is_gone_leaves_no_gap(browser: Browser, ana: User, company: Company) -> None:
    gone = factories.an_account("Gone")
    event = factories.an_event(company, gone, co_hosts=(gone,))
    erased = sa.update(User).where(User.id == gone.id)
    with db.engine.begin() as connection:
        connection.execute(erased.values(email=None, email_key=None, name="", deleted_at=clock.now()))
    assert f"Hosted by {company.name} Will you come?" in words(browser.get(f"/events/{event.id}"))


def test_a_signed_in_account_without_a_company_is_told_to_make_one_first(browser: Browser, app: Flask) -> None:
    browser.sign_in(factories.an_account())
    assert "First a company" in words(browser.get("/events/new"))
    assert browser.submit("/events/new", typed()).status_code == 403
    assert db.session.scalar(select(Event.id)) is None


def test_showing_pages_changes_nothing(hers: Browser, ana: User, company: Company) -> None:
    event = factories.an_event(company, ana, questions={"Soup?": ["Yes", "No"]})
    before = {column.key: getattr(event, column.key) for column in sa.inspect(Event).column_attrs}
    for path in ("", "/edit", ".ics"):
        assert hers.get(f"/events/{event.id}{path}").status_code == 200
    for act in ("publish", "cancel", "duplicate", "delete"):
        assert hers.get(f"/events/{event.id}/{act}").status_code == 405
    event = only_event()
    assert {column.key: getattr(event, column.key) for column in sa.inspect(Event).column_attrs} == before
