"""A company's dashboard: what needs somebody, how it went, what is next, and what a page of a company costs."""

import contextlib
import datetime as dt
import re
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa
import time_machine
from flask import Flask

from tests import factories
from tests.browsers import Browser, words
from webapp.companies import queries
from webapp.companies.queries import attention
from webapp.companies.queries.figures import Rate, Scope
from webapp.core import clock
from webapp.core.database import db, new_id
from webapp.core.operation import operation
from webapp.core.permissions import Role
from webapp.guests import operations as guests
from webapp.models import Company, Event, EventDay, Invitation, OutboxMail, Tally, User
from webapp.voting.rule import Rule

DAY = dt.timedelta(days=1)
HOUR = dt.timedelta(hours=1)


@pytest.fixture
def ana(app: Flask) -> User:
    return factories.an_account("Ana")


@pytest.fixture
def company(ana: User) -> Company:
    return factories.a_company(ana, name="Pod lipo")


def a_failed_mail(
    company: Company, event: Event | None = None, *, ago: dt.timedelta = HOUR, **values: Any
) -> OutboxMail:
    moment = clock.now() - ago
    row = new_id()
    mail = OutboxMail(
        **{
            "id": row,
            "template": "guest-invited",
            "to_email": "gone@example.org",
            "to_key": "gone@example.org",
            "company_id": company.id,
            "event_id": event.id if event else None,
            "state": "failed",
            "error": "550 No such mailbox.",
            "created_at": moment,
            "next_attempt_at": moment,
            "message_id": f"<{row}@example.org>",
            **values,
        }
    )
    factories.save(mail)
    return mail


def a_vote(event: Event, *, ballots: int, roll: int, outcome: str | None = None) -> Tally:
    closed = event.ends_at if outcome else None
    tally = Tally(event_id=event.id, opened_at=event.published_at, rule=Rule.of(event).as_dict(), ballots=ballots)
    tally.roll_size, tally.closed_at, tally.outcome = roll if outcome else 0, closed, outcome
    factories.save(tally)
    set_counters(event, guests_on_roll=roll)
    return tally


@operation
def set_counters(event: Event, **values: int) -> None:
    db.session.execute(sa.update(Event).where(Event.id == event.id).values(**values))


def an_invitation(company: Company, issuer: User, *, ends_in: dt.timedelta, role: str = "doorkeeper", **values: Any):
    values = {"email": "matevz@example.org", "email_key": "matevz@example.org", **values}
    moment = clock.now() + ends_in
    invitation = Invitation(
        kind="company", issuer_id=issuer.id, company_id=company.id, role=role, nonce="x", expires_at=moment, **values
    )
    factories.save(invitation)
    return invitation


def kinds(company: Company, role: Role | None = Role.OWNER, *, with_below: bool = True) -> list[str]:
    db.session.rollback()
    return [str(need.kind) for need in attention.needs(Scope(company.id, with_below), role)]


def seen(browser: Browser, company: Company, more: str = "") -> str:
    return words(browser.get(f"/companies/{company.slug}{more}"))


# ---------------------------------------------------------------- what needs somebody


@pytest.mark.both_databases
def test_mails_that_failed_are_told_once_an_event_until_a_later_one_went(ana: User, company: Company):
    event = factories.an_event(company, ana, title="Soup night")
    guest = factories.a_guest(event)
    for _ in range(2):
        a_failed_mail(company, event)
    mended = a_failed_mail(company, event, guest_id=guest.id)
    a_failed_mail(company, event, ago=15 * DAY)
    assert [need.number for need in attention.needs(Scope(company.id), Role.ORGANISER)] == [3]
    a_failed_mail(company, event, guest_id=guest.id, state="sent", error=None)
    db.session.rollback()
    (need,) = attention.needs(Scope(company.id), Role.ORGANISER)
    assert (need.number, need.event.title, need.reason) == (2, "Soup night", "550 No such mailbox.")
    assert mended.state == "failed"


@pytest.mark.both_databases
def test_mails_of_no_event_are_for_those_who_read_the_companys_mail(company: Company):
    a_failed_mail(company)
    assert kinds(company, Role.ADMINISTRATOR) == ["mail"]
    assert kinds(company, Role.ORGANISER) == []


@pytest.mark.parametrize(
    ("capacity", "taken", "told"),
    [
        (100, 90, True),
        (100, 89, False),
        (10, 7, True),
        (10, 6, False),
        (10, 10, True),
        (3, 0, False),
        (None, 50, False),
    ],
)
@pytest.mark.both_databases
def test_an_event_with_a_tenth_or_three_places_left_is_nearly_full(
    ana: User, company: Company, capacity: int | None, taken: int, told: int
):
    factories.an_event(company, ana, capacity=capacity, taken=taken)
    assert kinds(company) == ["full"] * told


@pytest.mark.both_databases
def test_a_full_event_needs_nobody_once_nobody_can_join(ana: User, company: Company):
    event = factories.an_event(company, ana, capacity=4, taken=4, join_by=clock.now() + HOUR)
    assert kinds(company) == ["full"]
    with time_machine.travel(event.join_by + HOUR, tick=False):
        assert kinds(company) == []


@pytest.mark.parametrize(
    ("min_votes", "min_turnout", "ballots", "roll", "told"),
    [
        (5, "0", 4, 30, True),
        (5, "0", 5, 30, False),
        (1, "1/2", 14, 30, True),
        (1, "1/2", 15, 30, False),
        (1, ">1/2", 15, 30, True),
        (1, "0", 0, 0, True),
    ],
)
@pytest.mark.both_databases
def test_a_vote_that_closes_within_three_days_without_enough_ballots_is_told(
    ana: User, company: Company, min_votes: int, min_turnout: str, ballots: int, roll: int, told: bool
):
    rule = {"min_votes": min_votes, "min_turnout": min_turnout, "questions": {"?": ["a", "b"]}}
    event = factories.an_event(company, ana, starts_in=2 * DAY, **rule)
    a_vote(event, ballots=ballots, roll=roll)
    later = factories.an_event(company, ana, starts_in=4 * DAY, **rule)
    a_vote(later, ballots=ballots, roll=roll)
    assert kinds(company) == (["vote"] if told else [])


@pytest.mark.both_databases
def test_a_vote_that_ended_without_consensus_is_told_for_two_weeks(ana: User, company: Company):
    for days, outcome in ((2, "no consensus"), (3, "consensus"), (4, "cancelled"), (15, "no consensus")):
        event = factories.an_event(company, ana, starts_in=-days * DAY, title=outcome)
        a_vote(event, ballots=3, roll=9, outcome=outcome)
    assert kinds(company) == ["undecided"]


@pytest.mark.both_databases
def test_a_vote_may_close_long_after_its_event(ana: User, company: Company):
    event = factories.an_event(
        company, ana, starts_in=-60 * DAY, voting_closes_at=clock.now() + DAY, questions={"?": ["a", "b"]}
    )
    a_vote(event, ballots=0, roll=9)
    assert kinds(company) == ["vote"]


@pytest.mark.both_databases
def test_a_draft_is_told_in_the_week_before_it_starts(ana: User, company: Company):
    factories.an_event(company, ana, state="draft", published_at=None, starts_in=6 * DAY)
    factories.an_event(company, ana, state="draft", published_at=None, starts_in=8 * DAY)
    factories.an_event(company, ana, state="draft", published_at=None, starts_in=-1 * DAY)
    assert kinds(company) == ["draft"]


@pytest.mark.both_databases
def test_an_invitation_that_ends_soon_or_has_ended_unused_is_told(ana: User, company: Company):
    an_invitation(company, ana, ends_in=11 * HOUR)
    an_invitation(company, ana, ends_in=13 * HOUR, email_key="later@example.org")
    an_invitation(company, ana, ends_in=-6 * DAY, email_key="ended@example.org")
    an_invitation(company, ana, ends_in=-8 * DAY, email_key="long.ago@example.org")
    an_invitation(company, ana, ends_in=HOUR, email_key="used@example.org", uses=1)
    an_invitation(company, ana, ends_in=HOUR, email_key="revoked@example.org", revoked_at=clock.now())
    an_invitation(company, ana, ends_in=HOUR, email=None, email_key=None)
    found = attention.needs(Scope(company.id), Role.ADMINISTRATOR)
    assert [need.invitation.email_key for need in found] == ["ended@example.org", "matevz@example.org"]
    assert kinds(company, Role.ORGANISER) == []


@pytest.mark.both_databases
def test_an_invitation_made_anew_or_accepted_otherwise_needs_nobody(ana: User, company: Company):
    an_invitation(company, ana, ends_in=-HOUR)
    an_invitation(company, ana, ends_in=20 * HOUR)
    assert kinds(company) == []
    an_invitation(company, ana, ends_in=-HOUR, email_key=ana.email_key)
    assert kinds(company) == []


@pytest.mark.both_databases
def test_only_owners_hear_of_invitations_of_owners(ana: User, company: Company):
    an_invitation(company, ana, ends_in=HOUR, role="owner")
    assert kinds(company, Role.OWNER) == ["invitation"]
    assert kinds(company, Role.ADMINISTRATOR) == []


@pytest.mark.both_databases
def test_the_worst_stands_first_and_a_doorkeeper_hears_of_nothing(ana: User, company: Company):
    an_invitation(company, ana, ends_in=HOUR)
    factories.an_event(company, ana, capacity=2, taken=2)
    factories.an_event(company, ana, state="draft", published_at=None, starts_in=DAY)
    a_vote(factories.an_event(company, ana, starts_in=DAY, questions={"?": ["a", "b"]}), ballots=0, roll=3)
    a_vote(factories.an_event(company, ana, starts_in=-2 * DAY), ballots=1, roll=3, outcome="no consensus")
    a_failed_mail(company)
    assert kinds(company) == ["mail", "vote", "draft", "full", "undecided", "invitation"]
    assert kinds(company, Role.DOORKEEPER) == []
    assert kinds(company, None) == []


@pytest.mark.both_databases
def test_what_lies_below_counts_in_and_what_lies_elsewhere_never(ana: User, company: Company):
    below = factories.a_company(parent=company)
    lowest = factories.a_company(parent=below)
    for one in (below, lowest, factories.a_company(ana)):
        factories.an_event(one, ana, capacity=2, taken=2)
        a_failed_mail(one)
        an_invitation(one, ana, ends_in=HOUR)
    assert kinds(company) == ["mail", "mail", "full", "full", "invitation", "invitation"]
    assert kinds(company, with_below=False) == []
    assert kinds(lowest) == ["mail", "full", "invitation"]


def test_eight_things_are_shown_and_the_rest_is_folded(ana: User, company: Company, browser: Browser):
    for number in range(11):
        factories.an_event(company, ana, title=f"Night {number}", capacity=2, taken=2)
    page = browser.sign_in(ana).get(f"/companies/{company.slug}")
    above, folded = page.text.split('<details class="needs__more">')
    assert above.count("Add places") == 8
    assert folded.count("Add places") == 3
    assert "11 things" in words(page)
    assert "and 3 more" in words(page)


def test_each_need_says_what_it_is_and_leads_to_what_helps(ana: User, company: Company, browser: Browser):
    other = factories.a_company(parent=company, name="Čebelarji")
    full = factories.an_event(other, ana, title="Točenje medu", capacity=20, taken=18)
    set_counters(full, guests_invited=30, guests_yes=18, guests_no=3)
    a_failed_mail(company, full)
    vote = factories.an_event(company, ana, title="Boiler", starts_in=DAY, min_votes=9, questions={"?": ["a", "b"]})
    a_vote(vote, ballots=7, roll=30)
    invitation = an_invitation(company, ana, ends_in=HOUR)
    page = browser.sign_in(ana).get(f"/companies/{company.slug}")
    said = words(page)
    assert "1 e-mail about Točenje medu did not arrive" in said
    assert "550 No such mailbox." in said
    assert "Točenje medu has 2 places left" in said
    assert "9 invited people have not answered." in said
    assert "7 of 30 on the roll have voted, 9 ballots are needed." in said
    assert "matevz@example.org has not accepted the role of doorkeeper" in said
    for path in (
        f"/events/{full.id}/guests?status=trouble",
        f"/events/{full.id}/edit",
        f"/events/{vote.id}/results",
        f"/invitations/{invitation.id}/resend",
    ):
        assert f'"{path}"' in page.text
        assert path.endswith("resend") or browser.get(path).status_code == 200
    assert "4 things" in said


# ---------------------------------------------------------------- figures


@pytest.mark.parametrize(
    ("rate", "percent", "points"),
    [
        (Rate(0, 0), None, None),
        (Rate(5, 0, 1, 2), None, None),
        (Rate(1, 2, 0, 0), 50, None),
        (Rate(2, 3, 1, 3), 67, 34),
        (Rate(1, 8, 1, 2), 13, -37),
        (Rate(9, 4, 4, 4), 100, 0),
        (Rate(0, 4, 0, 9), 0, 0),
    ],
)
def test_a_rate_knows_when_it_knows_nothing(rate: Rate, percent: int | None, points: int | None):
    assert (rate.percent, rate.points) == (percent, points)


@pytest.mark.both_databases
def test_figures_add_up_what_ended_in_90_days_and_in_the_90_before(ana: User, company: Company):
    below = factories.a_company(parent=company)
    counters = {"guests_invited": 40, "guests_opened": 30, "guests_yes": 20, "guests_no": 5, "guests_checked_in": 15}
    for where, days, more in (
        (company, 2, {}),
        (below, 89, {}),
        (below, 91, {"guests_opened": 10}),
        (company, 179, {}),
        (company, 181, {}),
        (company, 5, {"state": "cancelled"}),
        (company, -1, {}),
    ):
        event = factories.an_event(where, ana, starts_in=-days * DAY, **{**counters, **more})
        if 0 < days < 90:
            a_vote(event, ballots=6, roll=8, outcome="consensus" if days == 2 else "no consensus")
    found = queries.figures(Scope(company.id))
    assert (found.now.events, found.now.invited, found.now.opened, found.now.yes, found.now.no) == (2, 80, 60, 40, 10)
    assert (found.now.checked_in, found.now.votes, found.now.ballots, found.now.roll) == (30, 2, 12, 16)
    assert (found.now.consensus, found.before.events, found.before.opened, found.before.votes) == (1, 2, 40, 0)
    assert (found.opened.percent, found.opened.points) == (75, 25)
    assert (found.answered.percent, found.answered.points) == (63, 0)
    assert (found.turnout.percent, found.turnout.points) == (75, None)
    assert (found.consensus.part, found.consensus.whole) == (1, 2)
    alone = queries.figures(Scope(company.id, with_below=False))
    assert (alone.now.events, alone.before.events) == (1, 1)


@pytest.mark.both_databases
def test_a_company_in_which_nothing_ended_has_no_figures_and_divides_by_nothing(company: Company):
    found = queries.figures(Scope(company.id))
    rates = (found.opened, found.answered, found.came, found.turnout, found.consensus)
    assert [(rate.percent, rate.points) for rate in rates] == [(None, None)] * 5


@pytest.mark.both_databases
def test_answers_stand_in_the_week_in_which_they_came(ana: User, company: Company):
    with time_machine.travel("2031-11-19T12:00:00Z", tick=False):  # a Wednesday
        event = factories.an_event(company, ana, starts_in=-10 * DAY)
        old = factories.an_event(company, ana, starts_in=-150 * DAY)
        for day, yes, no in (("2031-11-17", 3, 1), ("2031-11-16", 2, 0), ("2031-09-15", 1, 1), ("2031-09-14", 9, 9)):
            factories.save(EventDay(event_id=event.id, day=dt.date.fromisoformat(day), yes=yes, no=no))
        factories.save(EventDay(event_id=old.id, day=dt.date(2031, 6, 2), yes=5))
        weeks = queries.answers_by_week(Scope(company.id), "Europe/Ljubljana")
    assert len(weeks) == 10
    assert (weeks[0].monday, weeks[-1].monday) == (dt.date(2031, 9, 15), dt.date(2031, 11, 17))
    assert [(week.yes, week.no) for week in weeks] == [(1, 1), *[(0, 0)] * 7, (2, 0), (3, 1)]


@pytest.mark.parametrize(("zone", "monday"), [("Pacific/Auckland", "2031-11-24"), ("America/Lima", "2031-11-17")])
def test_the_viewers_zone_says_which_week_it_is(ana: User, company: Company, zone: str, monday: str):
    with time_machine.travel("2031-11-24T01:00:00Z", tick=False):  # Monday in UTC and east of it, Sunday in Lima
        event = factories.an_event(company, ana)
        factories.save(EventDay(event_id=event.id, day=dt.date(2031, 11, 24), yes=1))
        last = queries.answers_by_week(Scope(company.id), zone)[-1]
    assert (str(last.monday), last.yes) == (monday, 1)


def test_the_dashboard_shows_figures_with_their_trend(ana: User, company: Company, browser: Browser):
    for days, came in ((20, 9), (120, 7)):
        event = factories.an_event(company, ana, starts_in=-days * DAY, guests_invited=20, guests_opened=15)
        set_counters(event, guests_yes=10, guests_no=4, guests_checked_in=came)
    page = seen(browser.sign_in(ana), company)
    assert "Do they turn up? 90 % 20 points more than in the 90 days before" in page
    assert "Are people answering? 70 % As in the 90 days before" in page
    assert "Do they vote? – No vote ended in 90 days" in page
    assert "Invited 20 Opened 15 Said yes 10 Came 9" in page


def test_answers_are_drawn_with_a_table_behind(ana: User, company: Company, browser: Browser):
    event = factories.an_event(company, ana)
    for reply in ("yes", "yes", "no"):
        guest = factories.a_guest(event)
        guests.reply(factories.acting(ana, guest_id=guest.id), guest, reply=reply)
    page = browser.sign_in(ana).get(f"/companies/{company.slug}")
    assert page.text.count("<rect") == 2
    assert page.text.count('<th scope="row">') == 10
    assert words(page).split("Not coming")[-1].split("Next events")[0].strip().endswith(" 2 1")


# ---------------------------------------------------------------- who sees what


def test_an_empty_company_says_what_to_do_next(ana: User, company: Company, browser: Browser):
    page = seen(browser.sign_in(ana), company)
    assert "1 person, 1 project" in page
    assert "Nothing is coming up yet Start an event, put the first few guests on its list" in page
    for heading in ("Needs you", "From invitation to door", "Answers a week", "This company alone"):
        assert heading not in page


def test_one_looks_at_the_company_alone_or_with_all_below(ana: User, company: Company, browser: Browser):
    below = factories.a_company(parent=company, name="Čebelarji")
    factories.an_event(below, ana, title="Točenje medu", capacity=2, taken=2)
    browser.sign_in(ana)
    assert "Točenje medu is full" in seen(browser, company)
    assert "Točenje medu is full" in seen(browser, company, "?below=maybe")
    alone = seen(browser, company, "?below=no")
    assert "Točenje medu" not in alone
    assert "With all companies below" in alone


def test_a_doorkeeper_sees_today_and_what_is_next_and_nothing_else(ana: User, company: Company, browser: Browser):
    keeper = factories.an_account()
    factories.a_membership(keeper, company, Role.DOORKEEPER)
    with time_machine.travel("2026-11-18T12:00:00Z"):
        today = factories.an_event(company, ana, title="Tonight", starts_in=5 * HOUR, capacity=1, taken=1)
        factories.an_event(company, ana, title="Begun already", starts_in=-1 * HOUR)
        factories.an_event(company, ana, title="Tomorrow", starts_in=20 * HOUR)
        factories.an_event(company, ana, title="A draft", state="draft", published_at=None)
        factories.an_event(company, ana, starts_in=-20 * DAY, guests_invited=4)
        a_failed_mail(company, today)
        page = browser.sign_in(keeper).get(f"/companies/{company.slug}")
    said = words(page)
    assert re.search(r"Today .*Begun already.*Tonight.*Next events .*Tomorrow", said)
    assert f'href="/events/{today.id}/guests"' in page.text
    for unseen in ("A draft", "Needs you", "did not arrive", "Are people answering?", "Invited", "Start an event"):
        assert unseen not in said


# ---------------------------------------------------------------- what it costs


@contextlib.contextmanager
def asked() -> Iterator[list[str]]:
    """Note the statements that go to the database."""
    statements: list[str] = []

    def note(*given: Any) -> None:
        if not given[2].startswith(("BEGIN", "PRAGMA")):
            statements.append(given[2])

    sa.event.listen(db.engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        sa.event.remove(db.engine, "before_cursor_execute", note)


def crowd(company: Company, host: User, number: int) -> None:
    """Fill a company: events that are over and that come, with votes, failed mails, days and invitations."""
    child = factories.a_company(parent=company)
    for n in range(number):
        days = (n % 40) - 20
        event = factories.an_event(
            company if n % 2 else child,
            host,
            starts_in=days * DAY + HOUR,
            capacity=20,
            taken=19,
            guests_invited=30,
            guests_yes=19,
            state="draft" if n % 10 == 9 else "published",
            questions={"?": ["a", "b"]},
            min_votes=9,
        )
        a_vote(event, ballots=2, roll=10, outcome="no consensus" if days < 0 else None)
        factories.save(EventDay(event_id=event.id, day=clock.now().date(), yes=3, no=1))
        a_failed_mail(company, event)
        an_invitation(company, host, ends_in=HOUR, email_key=f"{n}@example.org")


ROOMS = (
    "",
    "?below=no",
    "/projects",
    "/people",
    "/people?where=below",
    "/people/history",
    "/companies",
    "/mail",
    "/mail?state=failed",
    "/apps",
    "/journal",
    "/settings",
)


def test_a_page_of_a_company_costs_at_most_twelve_queries_whatever_its_size(
    ana: User, company: Company, browser: Browser
):
    crowd(company, ana, 4)
    browser.sign_in(ana)
    address = f"/companies/{company.slug}"
    costs: dict[str, list[int]] = {room: [] for room in ROOMS}
    for more in (0, 196):
        crowd(company, ana, more)
        for room, cost in costs.items():
            browser.app.extensions.pop("site_view", None)
            with asked() as statements:
                assert browser.get(address + room).status_code == 200, room
            cost.append(len(statements))
            if room in {"", "?below=no"}:
                assert not [one for one in statements if re.search(r"\bguests\b", one)]
    assert {room: cost for room, cost in costs.items() if max(cost) > 12} == {}
    assert {room: cost for room, cost in costs.items() if cost[0] != cost[1]} == {}
