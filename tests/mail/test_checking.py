"""A test mail says how far it came."""

import socket
import ssl

import pytest
from aiosmtpd.smtp import AuthResult, LoginPassword

from tests import factories
from tests.smtp import MailServer, body, free_port, use
from webapp.mail.checking import send_test, try_server

MAJA = "maja@example.org"


@pytest.fixture
def strict(app, certificate):
    """A server that wants TLS and signing in."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(*certificate)

    def judge(_server, _session, _envelope, _mechanism, data) -> AuthResult:
        good = isinstance(data, LoginPassword) and (data.login, data.password) == (b"folkmoot", b"secret")
        return AuthResult(success=good, handled=good)

    server = MailServer(tls_context=context, require_starttls=True, authenticator=judge, auth_required=True)
    server.up()
    use(app, server, MAIL_USE_TLS=True, MAIL_USERNAME="folkmoot", MAIL_PASSWORD="secret")
    yield server
    server.down()


def test_a_test_mail_arrives_and_says_where_it_comes_from(app, smtp, outbox):
    factories.set_up_site(name="Pod lipo & <friends>")
    found = send_test(MAJA)
    assert (found.ok, found.step) == (True, "sent")
    (message,) = smtp.to(MAJA)
    assert message["Subject"] == "Pod lipo & <friends>: a test mail"
    assert app.config["BASE_URL"] in body(message)
    assert "Pod lipo &amp; &lt;friends&gt;" in body(message, "html")
    assert outbox() == []


def test_a_test_mail_goes_through_tls_and_signing_in(strict, trusted):
    assert send_test(MAJA).ok
    assert len(strict.to(MAJA)) == 1


def test_without_a_server_it_says_which_setting(app):
    app.config["MAIL_SERVER"] = ""
    found = send_test(MAJA)
    assert (found.ok, found.step) == (False, "connection")
    assert "MAIL_SERVER" in found.words


def test_a_name_that_leads_nowhere(app, smtp):
    app.config["MAIL_SERVER"] = "mail.nowhere.invalid"
    found = send_test(MAJA)
    assert (found.ok, found.step) == (False, "dns")
    assert "mail.nowhere.invalid" in found.words


@pytest.mark.parametrize("name", ["mail..example.org", "x" * 80 + ".example.org"])
def test_a_name_that_is_none(app, smtp, name):
    app.config["MAIL_SERVER"] = name
    assert send_test(MAJA).step == "dns"


def test_a_port_where_nobody_listens(app, smtp):
    app.config["MAIL_PORT"] = free_port()
    found = send_test(MAJA)
    assert (found.ok, found.step) == (False, "connection")
    assert "refused" in found.words
    assert "MAIL_PORT" in found.words


def test_a_port_that_says_nothing(app, smtp):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        app.config.update(MAIL_PORT=silent.getsockname()[1], MAIL_TIMEOUT=0.3)
        found = send_test(MAJA)
    assert (found.ok, found.step) == (False, "connection")
    assert "did not answer in time" in found.words


def test_a_server_that_falls_silent_over_the_letter(app, smtp):
    app.config["MAIL_TIMEOUT"] = 0.3
    smtp.handler.silent = True
    found = send_test(MAJA)
    assert (found.ok, found.step) == (False, "recipient")
    assert "did not answer in time" in found.words


def test_a_certificate_nobody_vouches_for(strict):
    found = send_test(MAJA)
    assert (found.ok, found.step) == (False, "tls")
    assert "certificate" in found.words
    assert strict.delivered == []


def test_a_certificate_of_another_name(app, strict, trusted):
    app.config["MAIL_SERVER"] = "localhost"
    found = send_test(MAJA)
    assert (found.ok, found.step) == (False, "tls")
    assert "MAIL_SERVER" in found.words


def test_a_server_that_speaks_no_tls(app, smtp):
    app.config["MAIL_USE_TLS"] = True
    found = send_test(MAJA)
    assert (found.ok, found.step) == (False, "tls")
    assert "MAIL_USE_TLS" in found.words


def test_tls_from_the_first_byte_to_a_server_that_begins_without(app, smtp):
    app.config.update(MAIL_USE_SSL=True, MAIL_TIMEOUT=2)
    assert send_test(MAJA).step == "tls"


def test_a_wrong_password_is_not_repeated(app, strict, trusted):
    app.config["MAIL_PASSWORD"] = "quite wrong"
    found = send_test(MAJA)
    assert (found.ok, found.step) == (False, "sign-in")
    assert "did not accept the user name and password" in found.words
    assert "quite wrong" not in found.words


def test_a_server_that_wants_somebody_signed_in(app, strict, trusted):
    app.config.update(MAIL_USERNAME="", MAIL_PASSWORD="")
    found = send_test(MAJA)
    assert (found.ok, found.step) == (False, "sign-in")
    assert "MAIL_USERNAME" in found.words


def test_a_server_that_knows_no_signing_in(app, smtp):
    app.config.update(MAIL_USERNAME="folkmoot", MAIL_PASSWORD="secret")
    assert send_test(MAJA).step == "sign-in"


def test_a_sender_the_server_does_not_take(app, smtp):
    app.config["MAIL_DEFAULT_SENDER"] = "Folkmoot <wrong@example.org>"
    smtp.handler.refused_senders["wrong@example.org"] = "550 Not your address"
    found = send_test(MAJA)
    assert (found.ok, found.step) == (False, "sender")
    assert "550 Not your address" in found.words
    assert "MAIL_DEFAULT_SENDER" in found.words


def test_a_sender_that_is_no_address(app, smtp):
    app.config["MAIL_DEFAULT_SENDER"] = "Folkmoot"
    found = send_test(MAJA)
    assert (found.ok, found.step) == (False, "sender")
    assert smtp.handler.connections == 0


def test_a_password_that_cannot_be_sent(app, strict, trusted):
    app.config["MAIL_PASSWORD"] = "pässword"
    found = send_test(MAJA)
    assert (found.ok, found.step) == (False, "sign-in")
    assert "pässword" not in found.words


def test_a_recipient_the_server_does_not_take(smtp):
    smtp.refuse(MAJA, "550 No such user here")
    found = send_test(MAJA)
    assert (found.ok, found.step) == (False, "recipient")
    assert "550 No such user here" in found.words


def test_a_letter_the_server_does_not_take(smtp):
    smtp.handler.refuse_content = "554 This looks like spam"
    found = send_test(MAJA)
    assert (found.ok, found.step) == (False, "recipient")
    assert "554 This looks like spam" in found.words


@pytest.mark.parametrize("address", ["", "maja", "maja@example.org\r\nBcc: evil@example.org"])
def test_what_is_no_address_reaches_no_server(smtp, address):
    found = send_test(address)
    assert (found.ok, found.step) == (False, "recipient")
    assert smtp.handler.connections == 0


def test_an_address_with_other_letters_needs_a_server_that_can(app):
    server = MailServer(enable_SMTPUTF8=False)
    server.up()
    try:
        use(app, server)
        assert send_test("jürgen@example.org").step == "recipient"
    finally:
        server.down()


def test_the_server_is_tried_without_a_letter(app, smtp):
    found = try_server()
    assert (found.ok, found.step) == (True, "sent")
    assert str(smtp.port) in found.words
    assert smtp.handler.connections == 1
    assert smtp.delivered == []
    smtp.down()
    assert try_server().step == "connection"
