"""The guest list as its keepers see it."""

import datetime as dt
import re

import pytest
from flask import Flask

from tests import factories
from tests.browsers import Browser, words
from tests.mails import Outbox
from webapp.core.database import db
from webapp.core.permissions import Role
from webapp.models import Company, Event, Guest, User


@pytest.fixture
def owner(app: Flask) -> User:
    return factories.an_account("Neža Žagar")


@pytest.fixture
def event(owner: User) -> Event:
    return factories.an_event(factories.a_company(owner), owner, title="Žive meje")


@pytest.fixture
def organiser(browser: Browser, owner: User) -> Browser:
    return browser.sign_in(owner)


def rows(event: Event) -> list[Guest]:
    return list(db.session.query(Guest).filter_by(event_id=event.id).order_by(Guest.id))


def test_an_empty_list_says_what_to_do_next(organiser: Browser, event: Event) -> None:
    page = organiser.get(f"/events/{event.id}/guests")
    assert page.status_code == 200
    assert "Nobody on the list yet" in words(page)


def test_a_guest_is_added_by_address_and_name(organiser: Browser, event: Event) -> None:
    answer = organiser.submit(f"/events/{event.id}/guests", email="ana@example.org", name="Ana")
    assert answer.status_code == 303
    page = words(organiser.follow(answer))
    assert "Ana is on the list." in page
    assert "ana@example.org" in page
    assert "Not invited yet" in page


def test_a_guest_listed_twice_is_refused_beside_what_was_typed(organiser: Browser, event: Event) -> None:
    factories.a_guest(event, email="ana@example.org")
    answer = organiser.submit(f"/events/{event.id}/guests", email="ANA@example.org", name="Ana again")
    assert answer.status_code == 422
    assert "on the guest list already" in words(answer)
    assert "Ana again" in answer.text
    assert len(rows(event)) == 1


def test_many_are_added_at_once_and_each_line_says_what_became_of_it(organiser: Browser, event: Event) -> None:
    factories.a_guest(event, email="there@example.org")
    lines = 'Ana <ana@example.org>\nthere@example.org\nno address at all\n"Bo, Jr" bo@example.org'
    answer = organiser.submit(f"/events/{event.id}/guests", lines=lines)
    page = words(answer)
    assert answer.status_code == 422
    assert "Ana <ana@example.org> : added" in page.replace("&gt;", ">")
    assert "there@example.org : there already" in page
    assert "no address at all : not an address" in page
    assert [guest.name for guest in rows(event)][1:] == ["Ana", "Bo, Jr"]


def test_many_good_lines_lead_back_to_the_list(organiser: Browser, event: Event, outbox: Outbox) -> None:
    answer = organiser.submit(f"/events/{event.id}/guests", lines="ana@example.org, Bo <bo@example.org>\n", invite="y")
    assert answer.status_code == 303
    assert "2 guests are on the list now." in words(organiser.follow(answer))
    assert [mail.to_email for mail in outbox("guest-invited")] == ["ana@example.org", "bo@example.org"]


def test_inviting_all_writes_to_those_who_were_not_invited(organiser: Browser, event: Event, outbox: Outbox) -> None:
    factories.a_guest(event, email="old@example.org", invited_at=event.published_at)
    factories.a_guest(event, email="new@example.org")
    answer = organiser.submit(f"/events/{event.id}/guests/invite")
    assert "One invitation is on its way." in words(organiser.follow(answer))
    assert [mail.to_email for mail in outbox()] == ["new@example.org"]


def test_nothing_ticked_means_nobody(organiser: Browser, event: Event, outbox: Outbox) -> None:
    guest = factories.a_guest(event)
    for act in ("invite", "remind"):
        answer = organiser.submit(f"/events/{event.id}/guests/{act}", ticked="yes")
        assert "Tick the guests you mean first." in words(organiser.follow(answer))
    for act in ("message", "remove"):
        answer = organiser.submit(f"/events/{event.id}/guests/{act}", ticked="yes")
        assert answer.status_code == 303
    db.session.refresh(guest)
    assert guest.standing
    assert outbox() == []


def test_the_ticked_are_reminded(organiser: Browser, event: Event, outbox: Outbox) -> None:
    invited = event.published_at
    asked = factories.a_guest(event, email="asked@example.org", invited_at=invited)
    factories.a_guest(event, email="other@example.org", invited_at=invited)
    came = factories.a_guest(event, email="came@example.org", invited_at=invited, reply="yes")
    path = f"/events/{event.id}/guests/remind"
    organiser.submit(path, {"ticked": "yes", "guest": [str(asked.id), str(came.id)]})
    assert [mail.to_email for mail in outbox("guest-reminder")] == ["asked@example.org"]
    db.session.refresh(asked)
    assert asked.reminded_at is not None


def test_a_message_goes_to_the_ticked(organiser: Browser, event: Event, outbox: Outbox) -> None:
    one, _other = factories.a_guest(event), factories.a_guest(event)
    path = f"/events/{event.id}/guests/message"
    page = organiser.submit(path, ticked="yes", guest=str(one.id))
    assert outbox() == []
    assert "To the guest you ticked." in words(page)
    organiser.submit(path, {"guest": str(one.id), "subject": "Bring a jacket", "body": "It is cold.\n\nReally."})
    (mail,) = outbox("guest-message")
    assert mail.guest_id == one.id
    assert "It is cold." in outbox.text(mail)


def test_an_empty_message_is_refused_beside_its_fields(organiser: Browser, event: Event, outbox: Outbox) -> None:
    factories.a_guest(event)
    answer = organiser.submit(f"/events/{event.id}/guests/message", subject="", body=" ")
    assert answer.status_code == 422
    assert answer.text.count("Please fill this in.") >= 2
    assert outbox() == []


def test_several_are_taken_off_after_asking(organiser: Browser, event: Event) -> None:
    one, other = factories.a_guest(event, reply="yes"), factories.a_guest(event)
    path = f"/events/{event.id}/guests/remove"
    asked = organiser.submit(path, {"ticked": "yes", "guest": [str(one.id), str(other.id)]})
    assert "Take 2 guests off the list?" in words(asked)
    organiser.submit(path, {"guest": [str(one.id), str(other.id)]})
    db.session.refresh(event)
    assert (event.guests_listed, event.taken) == (0, 0)


def test_one_is_taken_off_and_may_be_put_on_again(organiser: Browser, event: Event) -> None:
    guest = factories.a_guest(event, email="ana@example.org", name="Ana")
    answer = organiser.submit(f"/events/{event.id}/guests/{guest.id}/remove")
    assert "Ana is off the list." in words(organiser.follow(answer))
    assert organiser.submit(f"/events/{event.id}/guests", email="ana@example.org").status_code == 303
    assert len(rows(event)) == 1
    assert rows(event)[0].standing


def test_the_page_of_a_removed_guest_offers_the_way_back(organiser: Browser, event: Event) -> None:
    guest = factories.a_guest(event, email="ana@example.org", name="Ana")
    organiser.submit(f"/events/{event.id}/guests/{guest.id}/remove")
    page = organiser.get(f"/events/{event.id}/guests/{guest.id}")
    assert "Taken off the list" in words(page)
    assert "Put on the list again" in words(page)
    assert organiser.submit(f"/events/{event.id}/guests/{guest.id}/edit", name="X").status_code == 404


def test_every_timestamp_of_a_guest_is_shown(organiser: Browser, event: Event) -> None:
    moment = dt.datetime(2026, 11, 2, 8, 0, tzinfo=dt.UTC)
    names = ("listed", "invited", "reminded", "opened", "replied", "joined", "checked_in")
    values = {f"{name}_at": moment + dt.timedelta(minutes=i) for i, name in enumerate(names)}
    guest = factories.a_guest(event, reply="yes", **values)
    page = words(organiser.get(f"/events/{event.id}/guests/{guest.id}"))
    for minute in range(len(names)):
        assert f"Mon 2 November, 08:{minute:02}" in page or f"Mon 2 November 2026, 08:{minute:02}" in page


def test_the_list_is_searched_and_filtered(organiser: Browser, event: Event) -> None:
    factories.a_guest(event, name="Maja Šušteršič", reply="yes")
    factories.a_guest(event, name="Łukasz", reply="no")
    factories.a_guest(event, name="Per % cent", email="percent@example.org")
    path = f"/events/{event.id}/guests"
    assert "Łukasz" not in words(organiser.get(f"{path}?search=šUŠTER"))
    assert "Maja Šušteršič" in words(organiser.get(f"{path}?search=šUŠTER"))
    assert "Maja" not in words(organiser.get(f"{path}?search=%25"))
    assert "Per % cent" in words(organiser.get(f"{path}?search=%25"))
    assert "Łukasz" in words(organiser.get(f"{path}?status=no"))
    assert "Maja" not in words(organiser.get(f"{path}?status=no"))
    assert "Per % cent" in words(organiser.get(f"{path}?status=none"))
    assert "Nobody on the list fits." in words(organiser.get(f"{path}?search=nobody+of+that+name"))


def test_a_long_list_comes_in_pages_of_fifty(organiser: Browser, event: Event) -> None:
    for number in range(120):
        factories.a_guest(event, name=f"Guest {number:03}")
    seen: list[str] = []
    path: str | None = f"/events/{event.id}/guests"
    sizes = []
    while path:
        page = organiser.get(path)
        names = [f"Guest {n:03}" for n in range(120) if f">Guest {n:03}<" in page.text]
        seen += names
        sizes.append(len(names))
        found = (
            page.text.split('rel="next"')[0].rsplit('href="', 1)[-1].split('"')[0] if 'rel="next"' in page.text else ""
        )
        path = found.replace("&amp;", "&") if found.startswith("/events") else None
    assert sizes == [50, 50, 20]
    assert seen == sorted(seen)


def test_a_guest_renamed_between_two_pages_takes_nobody_along(organiser: Browser, event: Event) -> None:
    for number in range(60):
        factories.a_guest(event, name=f"Guest {number:02}")
    page = organiser.get(f"/events/{event.id}/guests")
    following = re.search(r'rel="next"[^>]*href="([^"]+)"|href="([^"]+)"[^>]*rel="next"', page.text)
    assert following
    last = next(guest for guest in rows(event) if guest.name == "Guest 49")
    organiser.submit(f"/events/{event.id}/guests/{last.id}/edit", email=last.email or "", name="Zz last")
    text = words(organiser.get((following[1] or following[2]).replace("&amp;", "&")))
    assert all(f"Guest {number}" in text for number in range(50, 60))
    assert "Zz last" in text


def test_mail_trouble_is_seen_with_its_reason(organiser: Browser, event: Event, outbox: Outbox) -> None:
    factories.a_guest(event, email="gone@example.org", name="Gone")
    organiser.submit(f"/events/{event.id}/guests/invite")
    mail = outbox.last("guest-invited")
    assert "Invitation waits to be sent" in words(organiser.get(f"/events/{event.id}/guests"))
    mail.state, mail.error = "failed", "Mailbox does not exist"
    db.session.commit()
    page = words(organiser.get(f"/events/{event.id}/guests?status=trouble"))
    assert "Mailbox does not exist" in page
    assert "Mail trouble" in page


def test_a_draft_takes_guests_but_invites_nobody(organiser: Browser, owner: User, outbox: Outbox) -> None:
    draft = factories.an_event(factories.a_company(owner), owner, state="draft", published_at=None)
    assert organiser.submit(f"/events/{draft.id}/guests", email="ana@example.org").status_code == 303
    assert organiser.submit(f"/events/{draft.id}/guests/invite").status_code == 409
    assert outbox() == []


def test_foreigners_find_nothing(other_browser: Browser, event: Event) -> None:
    guest = factories.a_guest(event)
    foreigner = factories.an_account()
    other_browser.sign_in(foreigner)
    base = f"/events/{event.id}/guests"
    assert other_browser.get(base).status_code == 404
    assert other_browser.get(f"{base}/{guest.id}").status_code == 404
    for path in (
        "",
        "/invite",
        "/remind",
        "/message",
        "/remove",
        "/walk-in",
        f"/{guest.id}/remove",
        f"/{guest.id}/check-in",
    ):
        assert (
            other_browser.submit(base + path, name="X", email="x@example.org", guest=str(guest.id)).status_code == 404
        )


def test_the_door_sees_names_and_check_in_alone(other_browser: Browser, event: Event) -> None:
    guest = factories.a_guest(event, name="Ana", email="secret-address@example.org", reply="yes", note="secret note")
    doorkeeper = factories.an_account()
    factories.a_membership(doorkeeper, db.session.get_one(Company, event.company_id), Role.DOORKEEPER)
    other_browser.sign_in(doorkeeper)
    base = f"/events/{event.id}/guests"
    page = other_browser.get(base)
    assert "Ana" in words(page)
    assert "secret" not in page.text
    assert "Nobody on the list fits." in words(other_browser.get(f"{base}?search=secret-address"))
    answer = other_browser.submit(f"{base}/{guest.id}/check-in")
    assert "Ana is in." in words(other_browser.follow(answer))
    assert other_browser.submit(f"{base}/{guest.id}/undo-check-in").status_code == 303
    assert other_browser.submit(f"{base}/walk-in", name="Walker").status_code == 303
    db.session.refresh(event)
    assert (event.guests_checked_in, event.taken) == (1, 2)
    for path in ("/invite", "/remind", "/message", "/remove", f"/{guest.id}/edit", f"/{guest.id}/remove"):
        assert other_browser.submit(base + path, guest=str(guest.id)).status_code == 403
    assert other_browser.submit(base, email="x@example.org").status_code == 403
    assert other_browser.get(f"{base}/{guest.id}").status_code == 403
