"""Markup in names, titles and messages, in the e-mails they come into."""

import pytest
from flask import Flask

from tests import factories
from tests.browsers import Browser
from tests.mails import Outbox
from webapp.guests.links import personal_token
from webapp.mail.rendering import render
from webapp.models import Guest

HARM = "<img src=x onerror=alert(1)>\"'{{7*7}}"


@pytest.mark.parametrize("harm", [HARM, "</a><script>alert(1)</script>", "[x](javascript:alert(1))"])
def test_no_markup_gets_into_an_email(app: Flask, browser: Browser, other_browser: Browser, outbox: Outbox, harm: str):
    owner = factories.an_account(f"Owner {harm}")
    company = factories.a_company(owner, name=f"Company {harm}")
    event = factories.an_event(company, owner, title=f"Event {harm}", place=harm, description=harm)
    path = f"/events/{event.id}/guests"
    browser.sign_in(owner)
    browser.submit(path, email="ana@example.org", name=f"Ana {harm}", invite="1")
    guest = event_guest(event.id)
    browser.submit(f"{path}/remind")
    browser.submit(f"{path}/message", subject=f"Hello {harm}", body=f"Dear\n\n{harm}\n{harm}")
    browser.submit(f"/companies/{company.slug}/people", email="bor@example.org", role="organiser", expires_in="24")
    other_browser.submit("/register", name=harm, email="iva@example.org", password=factories.PASSWORD)
    other_browser.submit(f"/rsvp/{personal_token(guest)}", reply="yes", note=harm, companions=harm)
    browser.submit(f"/events/{event.id}/cancel")
    seen = set()
    for mail in outbox():
        rendered = render(mail)
        if rendered is not None:
            seen.add(mail.template)
            for bad in ("<img src=x", "<script", 'href="javascript:', "onerror=alert(1)>"):
                assert bad not in rendered.html, (mail.template, bad)
            assert "49" not in rendered.subject
            assert "\n" not in rendered.subject
    assert seen >= {"guest-message", "guest-cancelled", "invitation", "verify-email"}


def event_guest(event_id: object) -> Guest:
    return factories.db.session.query(Guest).filter_by(event_id=event_id).one()
