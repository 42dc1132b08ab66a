"""Speaking TLS to the server, and signing in."""

import datetime as dt
import ssl

import pytest
from aiosmtpd.smtp import AuthResult, LoginPassword

from tests.mail.notes import write_note
from tests.smtp import MailServer, states, use
from webapp.core.jobs import run


@pytest.fixture
def server(app, certificate):
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
    app.extensions.pop("mail_paused_until", None)


def test_a_server_we_trust_gets_the_mail(app, server, trusted, outbox):
    write_note()
    run(app, "mail.sweep")
    assert states(outbox()) == ["sent"]


def test_a_certificate_nobody_vouches_for_is_refused(app, server, outbox):
    write_note()
    run(app, "mail.sweep")
    assert states(outbox()) == ["queued"]
    assert "could not be trusted" in outbox()[0].error
    assert server.delivered == []


def test_a_certificate_of_another_name_is_refused(app, server, trusted, outbox):
    app.config["MAIL_SERVER"] = "localhost"
    write_note()
    run(app, "mail.sweep")
    assert states(outbox()) == ["queued"]
    assert server.delivered == []


def test_a_wrong_password_is_told_and_the_mail_kept(app, server, trusted, outbox):
    app.config["MAIL_PASSWORD"] = "wrong"
    write_note()
    run(app, "mail.sweep")
    assert [(m.state, m.attempts) for m in outbox()] == [("queued", 1)]
    assert "did not accept the user name and password" in outbox()[0].error
    assert "wrong" not in outbox()[0].error
    assert outbox()[0].next_attempt_at - outbox()[0].created_at < dt.timedelta(minutes=2)


def test_a_server_that_cannot_be_spoken_to_safely_gets_nothing(app, smtp, outbox):
    app.config["MAIL_USE_TLS"] = True
    write_note()
    run(app, "mail.sweep")
    assert states(outbox()) == ["queued"]
    assert smtp.delivered == []
