"""What happens on a guest list, and who may do it."""

import datetime as dt

import pytest
from flask import Flask
from sqlalchemy import select

from tests import factories
from tests.mails import Outbox
from webapp.core import clock
from webapp.core.actor import NOBODY, Actor
from webapp.core.database import db
from webapp.core.errors import AppError, ForbiddenError, InputError, NotFoundError, SignInError
from webapp.core.hooks import (
    AccountChange,
    EventChange,
    account_deleted,
    account_exported,
    account_verified,
    event_cancelled,
    event_changed,
)
from webapp.core.operation import operation
from webapp.core.permissions import Role
from webapp.guests import links, operations, queries
from webapp.models import Company, Event, Guest, JournalEntry, User

pytestmark = pytest.mark.both_databases
DAY = dt.timedelta(days=1)


@pytest.fixture
def owner(app: Flask) -> User:
    return factories.an_account("Neža Žagar")


@pytest.fixture
def company(owner: User) -> Company:
    return factories.a_company(owner)


@pytest.fixture
def event(owner: User, company: Company) -> Event:
    return factories.an_event(company, owner)


def by_link(guest: Guest) -> Actor:
    return Actor(guest_id=guest.id)


def fresh(row):
    db.session.rollback()
    db.session.refresh(row)
    return row


def refused(act, *args, **kwargs) -> str:
    """The id with which `act` is refused."""
    with pytest.raises(AppError) as error:
        act(*args, **kwargs)
    return error.value.id


# ---- adding


def test_a_guest_listed_twice_is_refused(owner: User, event: Event) -> None:
    acting = factories.acting(owner)
    operations.add_guest(acting, event, email="Straße@example.org")
    assert refused(operations.add_guest, acting, event, email="STRASSE@EXAMPLE.org") == "duplicate"


def test_an_account_listed_by_another_of_its_addresses_is_refused(owner: User, event: Event) -> None:
    account = factories.an_account(email="new@example.org")
    factories.a_guest(event, user=account, email="old@example.org")
    assert refused(operations.add_guest, factories.acting(owner), event, email="new@example.org") == "duplicate"


def test_an_address_is_linked_to_its_account_only_where_that_is_proven(owner: User, event: Event) -> None:
    proven = factories.an_account(email="proven@example.org")
    factories.an_account(email="claimed@example.org", verified=False)
    acting = factories.acting(owner)
    assert operations.add_guest(acting, event, email="proven@example.org").user_id == proven.id
    assert operations.add_guest(acting, event, email="claimed@example.org").user_id is None


def test_who_was_removed_is_listed_anew_with_a_new_link(owner: User, event: Event) -> None:
    acting = factories.acting(owner)
    guest = factories.a_guest(event, email="ana@example.org", reply="yes", note="old")
    link = links.personal_token(guest)
    operations.remove_guest(acting, event, guest)
    again = operations.add_guest(acting, event, email="ana@example.org", name="Ana")
    assert again.id == guest.id
    assert (again.reply, again.places, again.note, again.invited_at) == (None, 0, "", None)
    assert refused(queries.by_personal_token, link) == "not_found"
    assert (fresh(event).guests_listed, event.guests_yes, event.taken) == (1, 0, 0)


def test_no_more_mail_outlives_being_listed_anew(owner: User, event: Event, outbox: Outbox) -> None:
    acting = factories.acting(owner)
    guest = factories.a_guest(event, email="ana@example.org")
    operations.unsubscribe(guest)
    operations.remove_guest(acting, event, guest)
    operations.add_guest(acting, event, email="ana@example.org", invite=True)
    assert outbox() == []


def test_an_address_that_changes_gets_a_new_link_and_is_not_invited_yet(owner: User, event: Event) -> None:
    acting = factories.acting(owner)
    guest = operations.add_guest(acting, event, email="typo@example.org", invite=True)
    link = links.personal_token(guest)
    operations.edit_guest(acting, event, guest, name="Ana", email="right@example.org")
    assert refused(queries.by_personal_token, link) == "not_found"
    assert (fresh(guest).email_key, guest.invited_at, guest.name_key) == (
        "right@example.org",
        None,
        "ana right@example.org",
    )
    assert fresh(event).guests_invited == 0


def test_an_address_of_another_guest_is_refused(owner: User, event: Event) -> None:
    guest = factories.a_guest(event)
    factories.a_guest(event, email="there@example.org")
    acting = factories.acting(owner)
    assert refused(operations.edit_guest, acting, event, guest, name="", email="There@example.org") == "duplicate"
    assert fresh(guest).email != "There@example.org"


def test_an_accounts_address_is_its_own_to_change(owner: User, event: Event) -> None:
    guest = factories.a_guest(event, user=factories.an_account(), reply="yes")
    with pytest.raises(InputError):
        operations.edit_guest(factories.acting(owner), event, guest, name="", email="other@example.org")


# ---- answers


def test_yes_is_noted_placed_and_on_the_roll(owner: User, event: Event) -> None:
    guest = factories.a_guest(event)
    operations.reply(by_link(guest), guest, reply="yes", party_size=2, companions=["Bo"])
    fresh(guest)
    assert (guest.reply, guest.places, guest.on_roll, guest.joined_at) == ("yes", 2, True, None)
    assert guest.replied_at is not None


def test_an_accounts_yes_is_joining(owner: User, event: Event) -> None:
    account = factories.an_account()
    guest = factories.a_guest(event, user=account)
    operations.reply(factories.acting(account), guest, reply="yes")
    assert fresh(guest).joined_at is not None
    assert refused(operations.join, factories.acting(account), event) == "joined_error"


def test_nobody_answers_for_somebody_else(owner: User, event: Event) -> None:
    guest, other = factories.a_guest(event), factories.a_guest(event)
    for actor in (NOBODY, by_link(other), factories.acting(factories.an_account())):
        with pytest.raises(NotFoundError):
            operations.reply(actor, guest, reply="yes")
    operations.reply(factories.acting(owner), guest, reply="yes")
    assert fresh(guest).reply == "yes"


def test_until_join_by_yes_and_more_until_the_end_no_and_fewer(owner: User, company: Company) -> None:
    event = factories.an_event(company, owner, join_by=clock.now() - DAY)
    late, came = factories.a_guest(event), factories.a_guest(event, reply="yes", party_size=2)
    assert refused(operations.reply, by_link(late), late, reply="yes") == "ttj_error"
    assert refused(operations.reply, by_link(came), came, reply="yes", party_size=3) == "ttj_error"
    operations.reply(by_link(came), came, reply="yes", party_size=1)
    assert fresh(came).places == 1
    operations.reply(by_link(came), came, reply="no")
    assert refused(operations.reply, by_link(came), came, reply="yes") == "ttj_error"


def test_after_the_end_nothing_changes_any_more(owner: User, company: Company) -> None:
    event = factories.an_event(company, owner, starts_in=-2 * DAY)
    guest = factories.a_guest(event, reply="yes", party_size=2)
    for reply in ("yes", "no"):
        assert refused(operations.reply, by_link(guest), guest, reply=reply) == "event_end_error"
    account = factories.an_account()
    assert refused(operations.join, factories.acting(account), event) == "event_end_error"


def test_a_cancelled_event_takes_no_answers(owner: User, company: Company) -> None:
    event = factories.an_event(company, owner, state="cancelled", cancelled_at=clock.now())
    guest = factories.a_guest(event)
    assert refused(operations.reply, by_link(guest), guest, reply="no") == "event_error"


def test_once_voting_is_open_a_no_leaves_the_roll_as_it_is(owner: User, company: Company) -> None:
    event = factories.an_event(company, owner, questions={"?": ["a", "b"]})
    guest = factories.a_guest(event, reply="yes")
    operations.reply(by_link(guest), guest, reply="no")
    assert fresh(guest).on_roll
    operations.remove_guest(factories.acting(owner), event, guest)
    assert fresh(guest).on_roll
    assert fresh(event).guests_on_roll == 1


def test_before_voting_opens_a_no_takes_off_the_roll(owner: User, company: Company) -> None:
    event = factories.an_event(company, owner, questions={"?": ["a", "b"]}, voting_opens_at=clock.now() + DAY)
    guest = factories.a_guest(event, reply="yes")
    operations.reply(by_link(guest), guest, reply="no")
    assert not fresh(guest).on_roll


def test_a_frozen_roll_takes_nobody_once_voting_is_open(owner: User, company: Company) -> None:
    event = factories.an_event(company, owner, questions={"?": ["a", "b"]}, roll="frozen")
    guest = factories.a_guest(event)
    operations.reply(by_link(guest), guest, reply="yes")
    assert fresh(guest).places == 1
    assert not guest.on_roll


def test_one_confirmation_a_yes(owner: User, event: Event, outbox: Outbox) -> None:
    guest = factories.a_guest(event)
    for size in (1, 2, 3):
        operations.reply(by_link(guest), guest, reply="yes", party_size=size)
    assert len(outbox("guest-confirmation")) == 1
    assert fresh(guest).last_mail_id == outbox.last().id


# ---- joining and leaving


def test_an_account_joins_and_leaves(owner: User, event: Event) -> None:
    account = factories.an_account("Ana")
    acting = factories.acting(account)
    guest = operations.join(acting, event)
    assert (guest.source, guest.name, guest.email) == ("joined", "Ana", account.email)
    assert refused(operations.join, acting, event) == "joined_error"
    operations.leave(acting, event)
    assert fresh(event).taken == 0
    assert refused(operations.leave, acting, event) == "not_joined_error"
    assert operations.join(acting, event).id == guest.id
    assert fresh(event).taken == 1


def test_joining_takes_the_row_listed_by_the_proven_address(owner: User, event: Event) -> None:
    guest = factories.a_guest(event, email="ana@example.org")
    account = factories.an_account(email="Ana@example.org")
    assert operations.join(factories.acting(account), event).id == guest.id
    assert fresh(event).guests_listed == 1


def test_joining_asks_for_an_account_that_sees_the_event(owner: User, company: Company) -> None:
    event = factories.an_event(company, owner, visibility="invited")
    with pytest.raises(SignInError):
        operations.join(NOBODY, event)
    with pytest.raises(NotFoundError):
        operations.join(factories.acting(factories.an_account()), event)


def test_a_full_event_lets_nobody_join(owner: User, company: Company) -> None:
    event = factories.an_event(company, owner, capacity=1)
    operations.join(factories.acting(factories.an_account()), event)
    assert refused(operations.join, factories.acting(factories.an_account()), event) == "event_full_error"
    assert fresh(event).guests_listed == 1


# ---- coming by a link


def test_an_unproven_address_counts_for_nothing_until_it_is_confirmed(
    owner: User, event: Event, outbox: Outbox
) -> None:
    guest = operations.admit(NOBODY, event, email="ana@example.org", confirmed=False)
    assert fresh(event).guests_listed == 0
    assert refused(operations.reply, NOBODY, guest, reply="yes") == "not_found"
    operations.confirm_place(guest)
    assert (fresh(event).guests_listed, event.taken) == (1, 0)
    assert len(outbox("confirm-place")) == 1


def test_whoever_types_the_address_of_a_listed_guest_changes_nothing(owner: User, event: Event, outbox: Outbox) -> None:
    guest = factories.a_guest(event, email="ana@example.org", name="Ana", reply="yes")
    again = operations.admit(NOBODY, event, email="ana@example.org", name="Mallory", confirmed=False)
    assert again.id == guest.id
    assert (fresh(guest).name, guest.reply, guest.unconfirmed_until) == ("Ana", "yes", None)
    assert "already" in outbox.text(outbox.last("confirm-place"))


def test_whoever_types_the_address_of_a_removed_guest_changes_nothing(owner: User, event: Event) -> None:
    guest = factories.a_guest(event, email="ana@example.org", name="Ana")
    operations.remove_guest(factories.acting(owner), event, guest)
    operations.admit(NOBODY, event, email="ana@example.org", name="Mallory", confirmed=False)
    assert not fresh(guest).standing
    assert guest.name == "Ana"
    operations.confirm_place(guest)
    assert fresh(guest).standing


def test_one_address_gets_five_of_these_mails_a_day(owner: User, event: Event, outbox: Outbox) -> None:
    for _ in range(8):
        operations.admit(NOBODY, event, email="ana@example.org", confirmed=False)
    assert len(outbox("confirm-place")) == 5


def test_an_account_that_came_by_a_link_is_listed(owner: User, event: Event) -> None:
    account = factories.an_account()
    guest = operations.admit(NOBODY, event, user_id=account.id, confirmed=True)
    assert (guest.user_id, guest.source, guest.reply) == (account.id, "link", None)
    assert [row.id for row in queries.asked_of(factories.acting(account))] == [guest.id]


# ---- the door


def test_a_walk_in_takes_a_place_and_is_not_on_the_roll(owner: User, company: Company) -> None:
    event = factories.an_event(company, owner, capacity=1, join_by=clock.now() - DAY)
    guest = operations.walk_in(factories.acting(owner), event, name="Ana")
    assert (guest.places, guest.on_roll, guest.email) == (1, False, None)
    assert refused(operations.walk_in, factories.acting(owner), event, name="Bo") == "event_full_error"
    assert fresh(event).guests_checked_in == 1


def test_checking_in_twice_counts_once(owner: User, event: Event) -> None:
    guest = factories.a_guest(event)
    acting = factories.acting(owner)
    assert operations.check_in(acting, event, guest)
    assert not operations.check_in(acting, event, guest)
    assert fresh(event).guests_checked_in == 1
    assert operations.undo_check_in(acting, event, guest)
    assert not operations.undo_check_in(acting, event, guest)
    assert fresh(event).guests_checked_in == 0


def test_a_doorkeeper_lets_in_and_does_no_more(owner: User, company: Company, event: Event) -> None:
    doorkeeper = factories.an_account()
    factories.a_membership(doorkeeper, company, Role.DOORKEEPER)
    guest = factories.a_guest(event)
    acting = factories.acting(doorkeeper)
    assert operations.check_in(acting, event, guest)
    for act in (
        lambda: operations.add_guest(acting, event, email="x@example.org"),
        lambda: operations.add_guests(acting, event, ["x@example.org"]),
        lambda: operations.edit_guest(acting, event, guest, name="X", email=None),
        lambda: operations.remove_guest(acting, event, guest),
        lambda: operations.invite_guests(acting, event),
        lambda: operations.message_guests(acting, event, subject="x", body="y"),
        lambda: operations.renew_link(acting, event, guest),
        lambda: operations.reply(acting, guest, reply="yes"),
    ):
        with pytest.raises(ForbiddenError):
            act()


def test_a_guest_of_another_event_is_not_found(owner: User, company: Company, event: Event) -> None:
    elsewhere = factories.a_guest(factories.an_event(company, owner))
    acting = factories.acting(owner)
    for act in (operations.check_in, operations.remove_guest):
        assert refused(act, acting, event, elsewhere) == "not_found"
    assert operations.remove_guests(acting, event, [elsewhere.id]) == []
    assert fresh(elsewhere).standing


# ---- what accounts and events bring about


@operation
def fire(hook, payload) -> list:
    return hook.fire(payload)


def test_a_proven_address_gets_its_rows(owner: User, event: Event) -> None:
    guest = factories.a_guest(event, email="ana@example.org", reply="yes")
    unproven = operations.admit(
        NOBODY, factories.an_event(factories.a_company(owner), owner), email="ana@example.org", confirmed=False
    )
    account = factories.an_account(email="ana@example.org")
    fire(account_verified, AccountChange(account.id, account.email_key))
    assert fresh(guest).user_id == account.id
    assert guest.joined_at is not None
    assert fresh(unproven).unconfirmed_until is None


def test_two_rows_of_one_person_become_one(owner: User, event: Event) -> None:
    account = factories.an_account(email="new@example.org")
    mine = factories.a_guest(event, user=account, email="old@example.org")
    other = factories.a_guest(event, email="new@example.org", reply="yes", party_size=2)
    fire(account_verified, AccountChange(account.id, account.email_key))
    assert (fresh(other).user_id, other.places) == (account.id, 2)
    assert not fresh(mine).standing
    assert (fresh(event).guests_listed, event.taken, event.guests_on_roll) == (1, 2, 1)


def test_two_rows_that_both_voted_never_merge(owner: User, event: Event) -> None:
    account = factories.an_account(email="new@example.org")
    mine = factories.a_guest(event, user=account, email="old@example.org", reply="yes", has_voted=True)
    other = factories.a_guest(event, email="new@example.org", reply="yes", has_voted=True)
    fire(account_verified, AccountChange(account.id, account.email_key))
    assert fresh(mine).standing
    assert fresh(other).standing
    assert other.user_id is None
    assert fresh(event).taken == 2


def test_a_deleted_account_leaves_no_name_and_frees_places_to_come(owner: User, company: Company, event: Event) -> None:
    account = factories.an_account("Ana Kovač", email="ana@example.org")
    past = factories.an_event(company, owner, starts_in=-5 * DAY)
    rows = [factories.a_guest(e, user=account, reply="yes", companions=["Bo"], note="n") for e in (event, past)]
    fire(account_deleted, AccountChange(account.id, account.email_key))
    for row in rows:
        fresh(row)
        assert (row.name, row.email, row.email_key, row.name_key, row.companions, row.note) == (
            "",
            None,
            None,
            "",
            [],
            "",
        )
    assert (fresh(event).taken, fresh(past).taken) == (0, 1)
    assert fresh(event).guests_listed == 0


def test_own_data_holds_the_guest_rows(owner: User, event: Event) -> None:
    account = factories.an_account()
    factories.a_guest(event, user=account, reply="yes", note="No nuts")
    found = fire(account_exported, AccountChange(account.id))
    (mine,) = next(part["guests"] for part in found if part and "guests" in part)
    assert (mine["note"], mine["event"]["id"]) == ("No nuts", str(event.id))


def test_guests_hear_of_a_move_and_of_the_end(owner: User, event: Event, outbox: Outbox) -> None:
    invited = clock.now()
    factories.a_guest(event, email="yes@example.org", reply="yes")
    factories.a_guest(event, email="asked@example.org", invited_at=invited)
    factories.a_guest(event, email="no@example.org", invited_at=invited, reply="no")
    factories.a_guest(event, email="listed@example.org")
    factories.a_guest(event, email="quiet@example.org", reply="yes", unsubscribed_at=invited)
    fire(event_changed, EventChange(event.id, frozenset({"reward"})))
    assert outbox() == []
    fire(event_changed, EventChange(event.id, frozenset({"place"})))
    told = {"yes@example.org", "asked@example.org"}
    assert {mail.to_email for mail in outbox("guest-changed")} == told
    assert "The place of this event has changed." in outbox.text(outbox.last("guest-changed"))
    event.state, event.cancelled_at = "cancelled", invited
    db.session.commit()
    fire(event_cancelled, EventChange(event.id))
    assert {mail.to_email for mail in outbox("guest-cancelled")} == told
    assert "does not take place" in outbox.text(outbox.last("guest-cancelled"))


def test_the_journal_names_nobody(owner: User, event: Event) -> None:
    guest = operations.add_guest(factories.acting(owner), event, email="ana@example.org", name="Ana", invite=True)
    operations.reply(by_link(guest), guest, reply="yes", companions=["Bo"], party_size=2, note="hush")
    lines = db.session.scalars(select(JournalEntry).order_by(JournalEntry.id)).all()
    assert [line.action for line in lines] == ["guest.added", "guest.replied_yes"]
    assert {line.company_id for line in lines} == {event.company_id}
    said = str([line.details for line in lines])
    for word in ("ana@example.org", "Ana", "Bo", "hush"):
        assert word not in said
