"""The guest's own page, by personal link."""

import datetime as dt
import re
import uuid

import icalendar
import pytest
from flask import Flask

from tests import factories
from tests.browsers import Browser, words
from tests.mails import Outbox
from webapp.core import clock
from webapp.core.actor import Actor
from webapp.core.database import db
from webapp.core.operation import operation
from webapp.guests import links, operations
from webapp.mail import rendering
from webapp.models import Event, Guest, User

HOUR = dt.timedelta(hours=1)


@pytest.fixture
def owner(app: Flask) -> User:
    return factories.an_account("Neža Žagar")


def an_event(owner: User, **values) -> Event:
    return factories.an_event(factories.a_company(owner, name="Zadruga"), owner, **values)


def path_of(guest: Guest) -> str:
    return f"/rsvp/{links.personal_token(guest)}"


def fresh(guest: Guest) -> Guest:
    db.session.rollback()
    return db.session.get_one(Guest, guest.id)


def test_the_page_shows_the_event_and_two_answers(browser: Browser, owner: User) -> None:
    event = an_event(owner, title="Žive meje", place="Old power station")
    guest = factories.a_guest(event, name="Ana")
    page = browser.get(path_of(guest))
    said = words(page)
    assert page.status_code == 200
    for part in (
        "Žive meje",
        "Old power station",
        "Neža Žagar",
        "Ana , will you come?",
        "Yes, I’ll come",
        "No, I can’t",
    ):
        assert part in said
    assert page.headers["Referrer-Policy"] == "same-origin"


def test_the_company_invites_where_the_host_has_deleted_the_account(browser: Browser, owner: User) -> None:
    gone = factories.an_account()
    company = factories.a_company(owner, name="Zadruga")
    guest = factories.a_guest(factories.an_event(company, gone, title="Žive meje"), name="Ana")
    forget(gone.id)
    page = browser.get(path_of(guest))
    assert "Zadruga invites you to" in words(page)
    assert "<bdi></bdi>" not in page.text


@operation
def forget(user_id: uuid.UUID) -> None:
    """Leave the account as its deletion does."""
    user = db.session.get_one(User, user_id)
    user.email = user.email_key = None
    user.name = user.surname = ""
    user.deleted_at = clock.now()


def test_showing_the_page_changes_nothing(browser: Browser, owner: User) -> None:
    guest = factories.a_guest(an_event(owner))
    for more in ("", "?reply=yes", "?reply=no", "/calendar.ics"):
        assert browser.get(path_of(guest) + more).status_code == 200
    guest = fresh(guest)
    assert (guest.opened_at, guest.reply) == (None, None)


def test_yes_with_companions_and_a_note(browser: Browser, owner: User, outbox: Outbox) -> None:
    event = an_event(owner)
    guest = factories.a_guest(event, name="Ana")
    step = browser.get(path_of(guest) + "?reply=yes")
    assert "How many of you come" in words(step)
    answer = browser.client.post(
        path_of(guest), data={"reply": "yes", "party_size": "3", "companions": "Bo\nČrt", "note": "No nuts"}
    )
    assert answer.status_code == 303
    page = words(browser.follow(answer))
    assert "You’re coming" in page
    assert "Admits Ana and 2 companions." in page
    guest = fresh(guest)
    assert (guest.companions, guest.note, guest.places) == (["Bo", "Črt"], "No nuts", 3)
    assert outbox.last("guest-confirmation").guest_id == guest.id


def test_companions_may_come_as_a_repeated_field(browser: Browser, owner: User) -> None:
    guest = factories.a_guest(an_event(owner))
    browser.client.post(path_of(guest), data={"reply": "yes", "companions": ["Bo", "Črt"]})
    assert fresh(guest).party_size == 3


def test_a_no_is_taken_and_may_become_a_yes(browser: Browser, owner: User) -> None:
    guest = factories.a_guest(an_event(owner))
    answer = browser.client.post(path_of(guest), data={"reply": "no"})
    assert "You’re not coming" in words(browser.follow(answer))
    assert fresh(guest).reply == "no"
    answer = browser.client.post(path_of(guest), data={"reply": "yes"})
    assert "Your answer is noted: you’re coming." in words(browser.follow(answer))
    assert fresh(guest).reply == "yes"


def test_an_answer_without_a_note_leaves_the_note(browser: Browser, owner: User) -> None:
    guest = factories.a_guest(an_event(owner), note="No nuts")
    browser.client.post(path_of(guest), data={"reply": "yes"})
    assert fresh(guest).note == "No nuts"
    browser.client.post(path_of(guest), data={"reply": "yes", "note": ""})
    assert fresh(guest).note == ""


def test_a_full_event_says_so_and_takes_a_no(browser: Browser, owner: User) -> None:
    event = an_event(owner, capacity=1)
    factories.a_guest(event, reply="yes")
    guest = factories.a_guest(event)
    page = words(browser.get(path_of(guest)))
    assert "All places are taken" in page
    assert "Yes, I’ll come" not in page
    refused = browser.client.post(path_of(guest), data={"reply": "yes", "note": "please!"})
    assert refused.status_code == 422
    assert "All places are taken" in words(refused)
    assert browser.client.post(path_of(guest), data={"reply": "no"}).status_code == 303


def test_too_large_a_party_hears_how_many_places_are_left(browser: Browser, owner: User) -> None:
    event = an_event(owner, capacity=3)
    factories.a_guest(event, reply="yes")
    guest = factories.a_guest(event)
    refused = browser.client.post(path_of(guest), data={"reply": "yes", "party_size": "5"})
    assert refused.status_code == 422
    assert "Only 2 more places are left." in words(refused)
    assert 'value="5"' in refused.text


def test_after_join_by_the_page_takes_no_yes(browser: Browser, owner: User) -> None:
    event = an_event(owner, join_by=clock.now() - HOUR)
    guest = factories.a_guest(event)
    assert "It is too late to say yes" in words(browser.get(path_of(guest)))
    assert browser.client.post(path_of(guest), data={"reply": "yes"}).status_code == 422
    assert browser.client.post(path_of(guest), data={"reply": "no"}).status_code == 303


def test_after_the_end_and_after_a_cancellation_nothing_is_taken(browser: Browser, owner: User) -> None:
    over = factories.a_guest(an_event(owner, starts_in=-2 * dt.timedelta(days=1)))
    assert "This event is over" in words(browser.get(path_of(over)))
    off = factories.a_guest(an_event(owner, state="cancelled", cancelled_at=clock.now()))
    assert "This event is cancelled" in words(browser.get(path_of(off)))
    for guest in (over, off):
        for reply in ("yes", "no"):
            assert browser.client.post(path_of(guest), data={"reply": reply}).status_code == 422
        assert fresh(guest).reply is None


def test_the_link_of_a_removed_guest_and_of_a_draft_leads_nowhere(browser: Browser, owner: User) -> None:
    event = an_event(owner)
    guest = factories.a_guest(event)
    drafted = factories.a_guest(an_event(owner, state="draft", published_at=None))
    path, draft_path = path_of(guest), path_of(drafted)
    operations.remove_guest(factories.acting(owner), event, guest)
    for dead in (path, draft_path, "/rsvp/made.up", "/rsvp/" + "x" * 5000, "/rsvp/%00"):
        assert browser.get(dead).status_code == 404
        assert browser.client.post(dead, data={"reply": "yes"}).status_code == 404


def test_a_renewed_link_ends_the_old_one(browser: Browser, owner: User) -> None:
    event = an_event(owner)
    guest = factories.a_guest(event)
    old = path_of(guest)
    operations.renew_link(factories.acting(owner), event, guest)
    assert browser.get(old).status_code == 404
    assert browser.get(path_of(fresh(guest))).status_code == 200


def test_a_link_of_one_purpose_does_not_pass_for_another(browser: Browser, owner: User) -> None:
    guest = factories.a_guest(an_event(owner))
    assert browser.get(f"/rsvp/{links.unsubscribe_token(guest)}").status_code == 404
    assert browser.get(f"/unsubscribe/{links.personal_token(guest)}").status_code == 404
    assert browser.get(f"/rsvp/{links.personal_token(guest)}/confirm").status_code == 404


def test_who_left_may_come_back(browser: Browser, owner: User) -> None:
    event = an_event(owner)
    guest = factories.a_guest(event, reply="yes")
    answer = browser.client.post(path_of(guest) + "/leave")
    assert "You left the list" in words(browser.follow(answer))
    assert not fresh(guest).standing
    browser.client.post(path_of(guest), data={"reply": "yes"})
    assert fresh(guest).standing
    db.session.refresh(event)
    assert (event.taken, event.guests_yes) == (1, 1)


def test_opened_is_noted_once_by_the_script(browser: Browser, owner: User) -> None:
    event = an_event(owner)
    guest = factories.a_guest(event)
    page = browser.get(path_of(guest))
    assert f'data-opened="{path_of(guest)}/opened"' in page.text
    assert browser.client.post(path_of(guest) + "/opened").status_code == 204
    first = fresh(guest).opened_at
    assert first is not None
    assert browser.client.post(path_of(guest) + "/opened").status_code == 204
    assert fresh(guest).opened_at == first
    db.session.refresh(event)
    assert event.guests_opened == 1


def test_the_calendar_file_holds_the_event(browser: Browser, owner: User) -> None:
    event = an_event(owner, title="Moot")
    guest = factories.a_guest(event)
    answer = browser.get(path_of(guest) + "/calendar.ics")
    assert answer.headers["Content-Type"].startswith("text/calendar")
    (entry,) = icalendar.Calendar.from_ical(answer.data).walk("VEVENT")
    assert entry["SUMMARY"] == "Moot"
    assert entry["DTSTART"].dt == event.starts_at


def test_a_signed_in_account_is_linked_by_posting_and_not_by_looking(browser: Browser, owner: User) -> None:
    event = an_event(owner)
    guest, account = factories.a_guest(event), factories.an_account()
    browser.sign_in(account)
    browser.get(path_of(guest))
    assert fresh(guest).user_id is None
    browser.client.post(path_of(guest), data={"reply": "yes"})
    guest = fresh(guest)
    assert guest.user_id == account.id
    assert guest.joined_at is not None


def test_a_guest_on_the_roll_is_led_to_the_ballot(browser: Browser, owner: User) -> None:
    event = an_event(owner, questions={"When?": ["Now", "Later"]})
    guest = factories.a_guest(event, reply="yes")
    page = browser.get(path_of(guest))
    assert f'href="{path_of(guest)}/vote"' in page.text
    other = factories.a_guest(event)
    assert f'href="{path_of(other)}/vote"' not in browser.get(path_of(other)).text


def test_no_more_mail_takes_a_post(browser: Browser, owner: User, outbox: Outbox) -> None:
    event = an_event(owner)
    guest = factories.a_guest(event, email="ana@example.org")
    path = f"/unsubscribe/{links.unsubscribe_token(guest)}"
    assert "No more e-mails about this event?" in words(browser.get(path))
    assert fresh(guest).unsubscribed_at is None
    answer = browser.client.post(path)
    assert "You will get no more e-mails about this event." in words(browser.follow(answer))
    sent = operations.invite_guests(factories.acting(owner), event)
    assert (sent.queued, sent.unreachable) == (0, 1)
    operations.message_guests(factories.acting(owner), event, subject="Hello", body="There")
    assert outbox() == []


def test_one_click_of_a_mail_program_gets_no_redirect(browser: Browser, owner: User) -> None:
    guest = factories.a_guest(an_event(owner))
    path = f"/unsubscribe/{links.unsubscribe_token(guest)}"
    answer = browser.client.post(path, data={"List-Unsubscribe": "One-Click"})
    assert answer.status_code == 200
    assert fresh(guest).unsubscribed_at is not None


def test_a_mail_that_waits_is_dropped_once_no_more_mail_is_wished(owner: User, outbox: Outbox) -> None:
    event = an_event(owner)
    guest = factories.a_guest(event)
    operations.invite_guests(factories.acting(owner), event)
    assert rendering.render(outbox.last()) is not None
    operations.unsubscribe(guest)
    assert rendering.render(outbox.last()) is None


def test_the_invitation_leads_to_the_page_and_to_no_more_mail(browser: Browser, owner: User, outbox: Outbox) -> None:
    event = an_event(owner, title="Moot", description="With **soup**.")
    factories.a_guest(event, name="Ana")
    operations.invite_guests(factories.acting(owner), event)
    mail = outbox.last("guest-invited")
    rendered = rendering.render(mail)
    assert rendered is not None
    assert rendered.subject.startswith("Ana, will you come? Moot, ")
    assert "With soup." in rendered.text
    assert rendered.unsubscribe is not None
    assert rendered.unsubscribe in rendered.html
    assert browser.get(outbox.link("guest-invited", r"/rsvp/\S+")).status_code == 200
    assert browser.get(rendered.unsubscribe.removeprefix("http://folkmoot.example.org")).status_code == 200


def test_the_confirmation_carries_the_calendar_file(owner: User, outbox: Outbox) -> None:
    event = an_event(owner)
    guest = factories.a_guest(event)
    operations.reply(Actor(guest_id=guest.id), guest, reply="yes")
    rendered = rendering.render(outbox.last("guest-confirmation"))
    assert rendered is not None
    ((name, media_type, content),) = rendered.attachments
    assert name.endswith(".ics")
    assert media_type.startswith("text/calendar")
    assert icalendar.Calendar.from_ical(content).walk("VEVENT")


def test_a_place_by_a_shared_link_is_confirmed_from_the_mail(browser: Browser, owner: User, outbox: Outbox) -> None:
    event = an_event(owner)
    guest = operations.admit(Actor(), event, email="new@example.org", name="New", confirmed=False)
    db.session.refresh(event)
    assert event.guests_listed == 0
    assert browser.get(path_of(guest)).status_code == 404
    link = outbox.link("confirm-place", r"/rsvp/\S+")
    assert "Is this your address?" in words(browser.get(link))
    db.session.refresh(event)
    assert event.guests_listed == 0
    answer = browser.submit(link)
    assert re.fullmatch(r"/rsvp/[^/]+", answer.headers["Location"])
    assert "will you come?" in words(browser.follow(answer))
    db.session.refresh(event)
    assert event.guests_listed == 1
    assert browser.follow(browser.get(link)).status_code == 200


def test_a_confirmation_comes_too_late_after_24_hours(browser: Browser, owner: User, outbox: Outbox) -> None:
    guest = operations.admit(Actor(), an_event(owner), email="new@example.org", confirmed=False)
    link = outbox.link("confirm-place", r"/rsvp/\S+")
    guest.unconfirmed_until = clock.now() - HOUR
    db.session.commit()
    assert browser.get(link).status_code == 410
    assert browser.submit(link).status_code == 410
