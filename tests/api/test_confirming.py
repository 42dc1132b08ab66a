"""Programs that register people send them to a page of their own, with the token put behind its address."""

import re

import pytest
from flask import Flask

from tests import factories
from tests.browsers import Browser
from tests.mails import Outbox
from tests.programs import Program, refused
from webapp.accounts import operations
from webapp.core.database import db
from webapp.mail import queries as mails
from webapp.models import OneTimeLink, OutboxMail, User

ELSEWHERE = "https://app.example.net"
OWN = "http://folkmoot.example.org"
NEW = {"email": "new@example.org", "password": factories.PASSWORD}


@pytest.fixture(autouse=True)
def allowed(app: Flask) -> None:
    app.config["CONFIRMATION_ORIGINS"] = f"https://other.example.net, {ELSEWHERE}/"


def register(program: Program, address: str) -> str:
    """Register; return what shows that the same program did."""
    answer = program.post("/api/register", {**NEW, "confirmation_url": address})
    assert answer.status_code == 201, answer.text
    return str(answer.json["data"]["registration"])


def mailed(outbox: Outbox, address: str) -> str:
    """The token behind that address in the last mail, which leads nowhere else."""
    text = outbox.text(outbox.last("verify-email"))
    (link,) = [found for found in re.findall(r"https?://\S+", text) if len(found) > 80]
    assert link.startswith(address), link
    return link.removeprefix(address)


ADDRESSES = [f"{ELSEWHERE}/confirm?otk=", f"{ELSEWHERE}/#/confirm/", f"{OWN}/my-app/confirm?otk=", f"{OWN}/my-app-"]


@pytest.mark.parametrize("address", ADDRESSES)
@pytest.mark.parametrize("way", ["POST /verify-email", "GET /verify-email", "confirm_otk"])
def test_the_mail_leads_there_and_its_token_confirms(program: Program, outbox: Outbox, address: str, way: str):
    kept = register(program, address)
    token = mailed(outbox, address)
    if way == "confirm_otk":
        answer = program.post("/api/confirm_otk", {"otk": token, "registration": kept})
    elif way == "POST /verify-email":
        answer = program.post(f"/api/verify-email/{token}", {"registration": kept})
    else:
        path = f"/api/verify-email/{token}?registration={kept}"
        answer = program.get(path, headers={"Accept": "application/json"})
    assert answer.status_code == 200, answer.text
    assert answer.json["data"]["account"]["email"] == NEW["email"]


def test_a_mail_that_is_sent_again_leads_there_too(program: Program, outbox: Outbox):
    register(program, ADDRESSES[0])
    first = mailed(outbox, ADDRESSES[0])
    operations.resend(email=NEW["email"])
    second = mailed(outbox, ADDRESSES[0])
    assert first != second


def test_the_html_leads_there_as_well(app: Flask, program: Program, outbox: Outbox):
    register(program, ADDRESSES[0])
    mail = db.session.query(OutboxMail).one()
    reading = mails.reading_of(mail, open_links=True)
    assert f'href="{ADDRESSES[0]}' in reading.html
    assert f"{OWN}/verify/" not in reading.html


@pytest.mark.parametrize("address", ADDRESSES)
def test_the_outbox_keeps_no_token_and_shows_none(program: Program, outbox: Outbox, address: str):
    register(program, address)
    token = mailed(outbox, address)
    mail = db.session.query(OutboxMail).one()
    row = {column.name: str(getattr(mail, column.name)) for column in OutboxMail.__table__.columns}
    assert set(mail.context) == {"link"}
    assert not [name for name, value in row.items() if token in value or "example.net" in value]
    shown = mails.reading_of(mail, open_links=False)
    assert shown.html is None
    for part in token.split("."):
        assert part not in shown.text
    assert "…" in shown.text


def test_an_origin_that_is_allowed_no_more_is_not_led_to(app: Flask, program: Program, outbox: Outbox):
    register(program, ADDRESSES[0])
    app.config["CONFIRMATION_ORIGINS"] = ""
    token = mailed(outbox, f"{OWN}/verify/")
    assert Browser(app).get(f"/verify/{token}").status_code == 200


def test_our_own_page_leads_nowhere_else_afterwards(app: Flask, program: Program, outbox: Outbox):
    register(program, ADDRESSES[0])
    token = mailed(outbox, ADDRESSES[0])
    answer = Browser(app).submit(f"/verify/{token}", password=factories.PASSWORD)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/")


FOREIGN = [
    "https://evil.example.com/",
    "http://app.example.net/",
    "https://app.example.net:8443/",
    "https://app.example.net.evil.example.com/",
    "https://app.example.net@evil.example.com/",
    "https://evil.example.com\\@app.example.net/",
    "https://app.example.net\\.evil.example.com/",
    "//app.example.net/",
    "javascript:alert(1)//",
    "/verify/",
    "https://",
    "http://[",
]


@pytest.mark.parametrize("address", FOREIGN)
def test_any_other_address_is_refused_beside_its_field(program: Program, outbox: Outbox, address: str):
    answer = program.post("/api/register", {**NEW, "confirmation_url": address})
    assert refused(answer, 422, "json_error").keys() == {"confirmation_url"}
    assert db.session.query(User).count() == 0
    assert db.session.query(OneTimeLink).count() == 0
