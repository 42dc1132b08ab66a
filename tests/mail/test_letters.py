"""What a mail looks like on the wire."""

import datetime as dt
import email
import email.policy

import pytest

from tests.mail.notes import write_note
from tests.smtp import body, states
from webapp.core.jobs import run
from webapp.mail.letters import Envelope, write_letter
from webapp.mail.rendering import Rendered

MOMENT = dt.datetime(2026, 11, 21, 18, 0, tzinfo=dt.UTC)
LONG = "https://folkmoot.example.org/unsubscribe/" + "IkFaOGtXcTRwZGFLb3VhUGg1QW9nLk5vbmNl" * 6
NASTY = "Bcc: evil@example.org"


def letter(subject="A note", to="maja@example.org", name="Maja", sender="Folkmoot <folkmoot@example.org>", **values):
    envelope = Envelope(to, name, "<1@example.org>", MOMENT)
    return write_letter(envelope, Rendered(subject, "text\n", "<p>text</p>", **values), sender).wire


def read(wire: bytes):
    return email.message_from_bytes(wire, policy=email.policy.default)


def headers(wire: bytes) -> list[bytes]:
    return wire.partition(b"\r\n\r\n")[0].split(b"\r\n")


def test_text_and_html_are_alternatives():
    message = read(letter())
    assert message.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]


def test_the_date_is_that_of_the_row_and_the_id_too():
    message = read(letter())
    assert message["Date"].datetime == MOMENT
    assert message["Message-ID"] == "<1@example.org>"
    assert message["Auto-Submitted"] == "auto-generated"


def test_a_mail_one_may_unsubscribe_from_says_how():
    wire = letter(unsubscribe=LONG)
    assert b"List-Unsubscribe: <" + LONG.encode() + b">" in headers(wire)
    assert b"List-Unsubscribe-Post: List-Unsubscribe=One-Click" in headers(wire)


def test_other_mails_say_nothing_of_it():
    assert not any(line.lower().startswith(b"list-") for line in headers(letter()))


@pytest.mark.parametrize(
    "nasty", [f"\r\n{NASTY}", f"\n{NASTY}", f"\r{NASTY}", f"\x0b{NASTY}", f"\u2028{NASTY}", f"\0{NASTY}"]
)
def test_nothing_that_people_type_becomes_a_header(nasty):
    wire = letter(subject="Hello" + nasty, name="Maja" + nasty, sender=f'"Folk{nasty}" <folkmoot@example.org>')
    assert not any(line.lower().startswith(b"bcc:") for line in headers(wire))
    message = read(wire)
    assert message["Bcc"] is None
    assert [a.addr_spec for a in message["To"].addresses] == ["maja@example.org"]
    assert [a.addr_spec for a in message["From"].addresses] == ["folkmoot@example.org"]


@pytest.mark.parametrize("address", ["maja@example.org\r\nBcc: evil@example.org", "no address", "a@b@c", ""])
def test_what_is_no_address_is_refused(address):
    with pytest.raises(ValueError):  # noqa: PT011 each in its own words
        letter(to=address)


@pytest.mark.parametrize(
    "words", ["Zoë, Łukasz & 山田 🎉 invite you to an evening that goes on for a very long time indeed", "שלום"]
)
def test_any_letters_arrive_in_subject_and_name(words):
    message = read(letter(subject=words, name=words))
    assert message["Subject"] == words
    assert message["To"].addresses[0].display_name == words
    assert all(len(line) <= 998 and line.isascii() for line in letter(subject=words, name=words).split(b"\r\n"))


def test_a_domain_with_other_letters_is_written_as_servers_know_it():
    message = read(letter(to="maja@bücher.example"))
    assert message["To"].addresses[0].addr_spec == "maja@xn--bcher-kva.example"


def test_an_attachment_comes_with_its_name_and_type(app, smtp):
    write_note(calendar=True)
    run(app, "mail.sweep")
    (message,) = smtp.delivered
    (attached,) = message.iter_attachments()
    assert attached.get_content_type() == "text/calendar"
    assert attached["Content-Type"].params["method"] == "PUBLISH"
    assert attached.get_filename() == "evening.ics"
    assert attached.get_payload(decode=True) == b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n"
    assert body(message).startswith("Dear Maja")


def test_an_address_with_other_letters_is_reached_through_a_server_that_can(app, smtp, outbox):
    write_note(to="jürgen@example.org")
    run(app, "mail.sweep")
    assert states(outbox()) == ["sent"]
    assert smtp.handler.envelopes[0].rcpt_tos == ["jürgen@example.org"]


def test_the_subject_is_one_line_whatever_it_holds(app, smtp):
    write_note(subject="An evening\r\nBcc: evil@example.org")
    run(app, "mail.sweep")
    (message,) = smtp.delivered
    assert message["Subject"] == "An evening Bcc: evil@example.org"
    assert smtp.handler.envelopes[0].rcpt_tos == ["maja@example.org"]
