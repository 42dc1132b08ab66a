"""Creating, publishing, editing, cancelling, duplicating and deleting events."""

import datetime as dt
import uuid
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from tests import factories
from webapp.core import clock
from webapp.core.actor import NOBODY
from webapp.core.database import db
from webapp.core.errors import ForbiddenError, InputError, NotFoundError, SignInError
from webapp.core.permissions import Role
from webapp.core.schema import judge
from webapp.events import operations, queries
from webapp.events.errors import CapacityError, EventInUseError, EventStateError, FrozenError
from webapp.events.schemas import EventInput
from webapp.models import Answer, CoHost, Company, Event, JournalEntry, Project, Question, Tally, User

pytestmark = pytest.mark.both_databases

QUESTION = {"text": "When do we mow?", "answers": ["In June", "In September"], "kind": "single"}


def typed(**values: Any) -> dict[str, Any]:
    """What a page sends for an event in a week."""
    day = (clock.now() + dt.timedelta(days=7)).date()
    return {
        "title": "Žive meje",
        "timezone": "Europe/Ljubljana",
        "starts_at": f"{day}T18:00",
        "ends_at": f"{day}T22:00",
        **values,
    }


def wanted(**values: Any) -> EventInput:
    return judge(EventInput, typed(**values))


def again(event: Event, **values: Any) -> EventInput:
    """The event as it stands, with some fields otherwise."""
    kept = {name: getattr(event, name) for name in operations.PLAIN}
    asked = [{"text": q.text, "answers": [a.text for a in q.answers]} for q in event.questions]
    return judge(EventInput, {**kept, "questions": asked, **values})


def whole(event: Event, user: User) -> Event:
    return queries.get_event(factories.acting(user), event.id)


@pytest.fixture
def ana(app: Flask) -> User:
    return factories.an_account("Ana")


@pytest.fixture
def company(ana: User) -> Company:
    return factories.a_company(ana)


def test_a_new_event_is_a_draft_in_the_default_project(ana: User, company: Company) -> None:
    event = operations.create_event(factories.acting(ana), wanted(questions=[QUESTION]), publish=False)
    event = whole(event, ana)
    assert (event.state, event.visibility, event.project.is_default) == ("draft", "invited", True)
    assert (event.company_id, event.host_id) == (company.id, ana.id)
    assert [(q.text, [a.text for a in q.answers]) for q in event.questions] == [
        ("When do we mow?", ["In June", "In September"])
    ]
    assert db.session.scalars(select(JournalEntry.action)).all() == ["event.created"]


def test_an_event_can_be_published_at_once(ana: User, company: Company) -> None:
    event = operations.create_event(factories.acting(ana), wanted(), publish=True)
    assert event.state == "published"
    assert event.published_at is not None


def test_a_draft_is_published_once(ana: User, company: Company) -> None:
    event = operations.create_event(factories.acting(ana), wanted(), publish=False)
    operations.publish_event(factories.acting(ana), event)
    first = event.published_at
    with pytest.raises(EventStateError):
        operations.publish_event(factories.acting(ana), event)
    assert event.published_at == first


def test_what_is_over_is_not_published_and_leaves_nothing_behind(ana: User, company: Company) -> None:
    with pytest.raises(InputError) as refusal:
        operations.create_event(
            factories.acting(ana), wanted(starts_at="2020-01-01T10:00", ends_at="2020-01-01T11:00"), publish=True
        )
    assert set(refusal.value.fields) == {"ends_at"}
    assert db.session.scalar(select(func.count()).select_from(Event)) == 0


def test_a_doorkeeper_creates_no_events(ana: User, company: Company) -> None:
    dora = factories.an_account("Dora")
    factories.a_membership(dora, company, Role.DOORKEEPER)
    with pytest.raises(ForbiddenError):
        operations.create_event(factories.acting(dora), wanted(), publish=False)
    project = factories.default_project(company)
    with pytest.raises(InputError):
        operations.create_event(factories.acting(dora), wanted(project=str(project.id)), publish=False)
    with pytest.raises(SignInError):
        operations.create_event(NOBODY, wanted(), publish=False)


def test_a_project_of_strangers_or_an_archived_one_is_refused(ana: User, company: Company) -> None:
    theirs = factories.default_project(factories.a_company(factories.an_account()))
    old = Project(company_id=company.id, name="Old", archived_at=clock.now())
    factories.save(old)
    for project in (theirs.id, old.id, uuid.uuid4()):
        with pytest.raises(InputError) as refusal:
            operations.create_event(factories.acting(ana), wanted(project=str(project)), publish=False)
        assert set(refusal.value.fields) == {"project"}


def test_an_edit_says_what_changed_and_counts_versions_for_calendars(ana: User, company: Company) -> None:
    actor = factories.acting(ana)
    event = operations.create_event(actor, wanted(), publish=True)
    event = whole(event, ana)
    assert operations.edit_event(actor, event, again(event)) == frozenset()
    assert event.sequence == 0
    event = whole(event, ana)
    assert operations.edit_event(actor, event, again(event, capacity="20")) == {"capacity"}
    assert event.sequence == 0
    event = whole(event, ana)
    assert operations.edit_event(actor, event, again(event, place="Šiška", title="Mokre meje")) == {"place", "title"}
    assert (event.sequence, event.search_key) == (1, "mokre meje šiška")


def test_there_are_never_fewer_places_than_are_taken(ana: User, company: Company) -> None:
    event = factories.an_event(company, ana, capacity=5)
    for _ in range(3):
        factories.a_guest(event, reply="yes")
    event = whole(event, ana)
    with pytest.raises(CapacityError) as refusal:
        operations.edit_event(factories.acting(ana), event, again(event, capacity=2))
    assert set(refusal.value.fields) == {"capacity"}
    event = whole(event, ana)
    assert event.capacity == 5
    operations.edit_event(factories.acting(ana), event, again(event, capacity=3))
    assert event.capacity == 3
    event = whole(event, ana)
    operations.edit_event(factories.acting(ana), event, again(event, capacity=None))
    assert event.capacity is None


def test_questions_keep_their_ids_where_they_stay(ana: User, company: Company) -> None:
    actor = factories.acting(ana)
    event = operations.create_event(actor, wanted(questions=[QUESTION, QUESTION]), publish=False)
    event = whole(event, ana)
    first, answers = event.questions[0].id, [a.id for a in event.questions[0].answers]
    asked = [{"text": "When do we mow it?", "answers": "In June\nIn July\nNever"}]
    assert operations.edit_event(actor, event, again(event, questions=asked)) == {"questions"}
    event = whole(event, ana)
    assert [q.id for q in event.questions] == [first]
    assert [a.text for a in event.questions[0].answers] == ["In June", "In July", "Never"]
    assert [a.id for a in event.questions[0].answers][:2] == answers
    assert db.session.scalar(select(func.count()).select_from(Answer)) == 3


@pytest.mark.parametrize(
    "values",
    [
        {"questions": [QUESTION]},
        {"min_votes": 3},
        {"min_agreement": "2/3"},
        {"secrecy": "open"},
        {"roll": "frozen"},
        {"reward": 10},
        {"voting_closes_at": "2031-01-01T10:00"},
    ],
)
def test_the_rule_is_frozen_once_voting_has_opened(ana: User, company: Company, values: dict[str, Any]) -> None:
    event = factories.an_event(company, ana, questions={"Soup?": ["Yes", "No"]})
    event = whole(event, ana)
    with pytest.raises(FrozenError) as refusal:
        operations.edit_event(factories.acting(ana), event, again(event, **values))
    assert set(refusal.value.fields) == set(values)
    event = whole(event, ana)
    assert operations.edit_event(factories.acting(ana), event, again(event, title="Other words")) == {"title"}


def test_the_rule_is_frozen_by_the_first_ballot_whatever_the_clock_says(ana: User, company: Company) -> None:
    later = clock.now() + dt.timedelta(days=1)
    event = factories.an_event(company, ana, questions={"Soup?": ["Yes", "No"]}, voting_opens_at=later)
    event = whole(event, ana)
    operations.edit_event(factories.acting(ana), event, again(event, min_votes=2))
    factories.save(Tally(event_id=event.id, opened_at=clock.now()))
    event = whole(event, ana)
    with pytest.raises(FrozenError):
        operations.edit_event(factories.acting(ana), event, again(event, min_votes=3))


def test_a_published_event_without_questions_may_still_get_some(ana: User, company: Company) -> None:
    event = whole(factories.an_event(company, ana), ana)
    changed = operations.edit_event(factories.acting(ana), event, again(event, questions=[QUESTION], min_votes=2))
    assert changed == {"questions", "min_votes"}


def test_a_vote_that_closed_with_the_event_stays_closed_when_the_event_moves(ana: User, company: Company) -> None:
    event = factories.an_event(
        company, ana, questions={"Soup?": ["Yes", "No"]}, starts_in=-dt.timedelta(hours=4), lasts=dt.timedelta(hours=2)
    )
    event = whole(event, ana)
    closed = event.ends_at
    operations.edit_event(
        factories.acting(ana), event, again(event, ends_at=(clock.now() + dt.timedelta(days=1)).isoformat())
    )
    assert event.voting_closes_at == closed


def test_a_cancelled_event_stays_as_it_is(ana: User, company: Company) -> None:
    event = whole(factories.an_event(company, ana), ana)
    data = again(event, title="Never mind")
    operations.cancel_event(factories.acting(ana), event)
    assert (event.state, event.sequence, event.cancelled_at is not None) == ("cancelled", 1, True)
    for act in (operations.cancel_event, operations.publish_event):
        with pytest.raises(EventStateError):
            act(factories.acting(ana), event)
    with pytest.raises(EventStateError):
        operations.edit_event(factories.acting(ana), event, data)


def test_what_is_over_cannot_be_cancelled(ana: User, company: Company) -> None:
    event = factories.an_event(company, ana, starts_in=-dt.timedelta(days=2))
    with pytest.raises(EventStateError):
        operations.cancel_event(factories.acting(ana), event)


def test_a_duplicate_is_a_draft_at_the_same_hour_without_guests(ana: User, company: Company) -> None:
    helper = factories.an_account()
    zone = clock.zone("Europe/Ljubljana")
    start = dt.datetime(2024, 3, 24, 18, tzinfo=zone)
    event = factories.an_event(
        company,
        ana,
        title="Weekly",
        questions={"Soup?": ["Yes", "No"]},
        co_hosts=(helper,),
        timezone="Europe/Ljubljana",
        capacity=3,
        starts_at=start,
        ends_at=start + dt.timedelta(hours=2),
    )
    factories.a_guest(event, reply="yes")
    copy = whole(operations.duplicate_event(factories.acting(helper_in(company)), event), ana)
    local = copy.starts_at.astimezone(zone)
    assert (local.hour, local.weekday(), copy.starts_at > clock.now()) == (18, start.weekday(), True)
    assert copy.ends_at - copy.starts_at == dt.timedelta(hours=2)
    assert (copy.state, copy.taken, copy.guests_listed, copy.sequence, copy.capacity) == ("draft", 0, 0, 0, 3)
    assert [[a.votes for a in q.answers] for q in copy.questions] == [[0, 0]]
    assert [row.user_id for row in copy.co_hosts] == [helper.id]
    assert db.session.scalar(select(func.count()).select_from(Question)) == 2


def helper_in(company: Company) -> User:
    user = factories.an_account("Olga")
    factories.a_membership(user, company, Role.ORGANISER)
    return user


def test_a_co_host_of_no_company_duplicates_nothing(ana: User, company: Company) -> None:
    helper = factories.an_account()
    event = factories.an_event(company, ana, co_hosts=(helper,))
    with pytest.raises(ForbiddenError):
        operations.duplicate_event(factories.acting(helper), event)


def test_only_an_event_that_nobody_was_asked_to_is_deleted(ana: User, company: Company) -> None:
    used = factories.an_event(company, ana)
    factories.a_guest(used, removed_at=clock.now())
    with pytest.raises(EventInUseError):
        operations.delete_event(factories.acting(ana), used)
    fresh = factories.an_event(company, ana, questions={"Soup?": ["Yes", "No"]}, co_hosts=(factories.an_account(),))
    operations.delete_event(factories.acting(ana), fresh)
    assert db.session.scalars(select(Event.id)).all() == [used.id]
    assert db.session.scalar(select(func.count()).select_from(Question)) == 0
    assert db.session.scalar(select(func.count()).select_from(CoHost)) == 0


def test_co_hosts_are_people_of_the_company_or_guests_who_joined(ana: User, company: Company) -> None:
    colleague, guest, listed, stranger = (factories.an_account() for _ in range(4))
    factories.a_membership(colleague, company, Role.DOORKEEPER)
    event = factories.an_event(company, ana)
    factories.a_guest(event, user=guest, reply="yes")
    factories.a_guest(event, user=listed)
    actor = factories.acting(ana)
    operations.set_co_hosts(actor, event, [str(colleague.email).upper(), str(guest.email), str(ana.email)])
    assert {row.user_id for row in whole(event, ana).co_hosts} == {colleague.id, guest.id}
    for address in (listed.email, stranger.email, "nobody@example.org"):
        with pytest.raises(InputError) as refusal:
            operations.set_co_hosts(actor, event, [str(address)])
        assert "This is neither" in str(refusal.value.fields["co_hosts"])
    operations.set_co_hosts(actor, event, [])
    assert whole(event, ana).co_hosts == []


def acts() -> dict[str, Any]:
    return {
        "publish": operations.publish_event,
        "cancel": operations.cancel_event,
        "duplicate": operations.duplicate_event,
        "delete": operations.delete_event,
        "co-hosts": lambda actor, event: operations.set_co_hosts(actor, event, []),
        "edit": lambda actor, event: operations.edit_event(actor, event, wanted()),
    }


@pytest.mark.parametrize("act", acts())
def test_who_does_not_manage_an_event_changes_nothing(ana: User, company: Company, act: str) -> None:
    shown, hidden = (factories.an_event(company, ana, visibility=v) for v in ("public", "invited"))
    stranger = factories.acting(factories.an_account())
    with pytest.raises(ForbiddenError):
        acts()[act](stranger, shown)
    with pytest.raises(NotFoundError):
        acts()[act](stranger, hidden)
    doorkeeper = factories.an_account()
    factories.a_membership(doorkeeper, company, Role.DOORKEEPER)
    with pytest.raises(ForbiddenError):
        acts()[act](factories.acting(doorkeeper), hidden)
    site = factories.an_account(site_administrator=True)
    with pytest.raises(NotFoundError):
        acts()[act](factories.acting(site), hidden)
