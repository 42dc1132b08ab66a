"""Mails leave the outbox once, whatever happens to the server and to us."""

import datetime as dt
import threading

import pytest
import time_machine

from tests.mail.notes import write_note
from tests.smtp import body, states, use
from webapp.core import clock
from webapp.core.database import db
from webapp.core.jobs import run
from webapp.core.operation import end_read, operation
from webapp.mail import delivery
from webapp.mail import smtp as smtp_module
from webapp.mail.outbox import queue

pytestmark = pytest.mark.both_databases
HOUR = dt.timedelta(hours=1)


@pytest.fixture
def travel():
    with time_machine.travel(clock.now(), tick=True) as traveller:
        yield traveller.shift


def test_a_mail_is_delivered_once(app, smtp, outbox):
    mail = write_note(words="come on Friday")
    for _ in range(3):
        run(app, "mail.deliver", (str(mail.id),))
        run(app, "mail.sweep")
    (message,) = smtp.delivered
    assert body(message) == "Dear Maja, come on Friday\n"
    assert "come on Friday" in body(message, "html")
    assert message["To"] == "Maja <maja@example.org>"
    assert message["Subject"] == "A note"
    (row,) = outbox()
    assert (row.state, row.attempts, row.error) == ("sent", 1, None)
    assert row.sent_at is not None


def test_a_mail_whose_transaction_failed_is_not_there(app, smtp, outbox):
    @operation
    def fail() -> None:
        queue("note", to="maja@example.org")
        raise ValueError

    with pytest.raises(ValueError):  # noqa: PT011 raised above
        fail()
    run(app, "mail.sweep")
    assert outbox() == []
    assert smtp.delivered == []


def test_without_a_server_mails_wait_and_go_out_when_there_is_one(app, smtp, outbox):
    app.config["MAIL_SERVER"] = ""
    mail = write_note()
    run(app, "mail.deliver", (str(mail.id),))
    run(app, "mail.sweep")
    assert [(m.state, m.attempts) for m in outbox()] == [("queued", 0)]
    use(app, smtp)
    run(app, "mail.sweep")
    assert len(smtp.delivered) == 1


def test_a_mail_that_lost_its_sense_while_it_waited_is_dropped(app, smtp, outbox):
    write_note(senseless=True)
    run(app, "mail.sweep")
    assert states(outbox()) == ["dropped"]
    assert smtp.delivered == []


def test_a_server_that_is_down_for_an_hour_loses_nothing(app, smtp, outbox, travel):
    smtp.down()
    mails = [write_note(to=f"guest{i}@example.org") for i in range(5)]
    for mail in mails:
        run(app, "mail.deliver", (str(mail.id),))
    for _ in range(60):
        travel(dt.timedelta(minutes=1))
        run(app, "mail.sweep")
    assert states(outbox()) == ["queued"] * 5
    assert "could not be reached" in outbox()[0].error
    smtp.up()
    travel(dt.timedelta(minutes=16))
    run(app, "mail.sweep")
    assert sorted(str(m["To"]) for m in smtp.delivered) == [f"Maja <guest{i}@example.org>" for i in range(5)]
    assert {m["Message-ID"] for m in smtp.delivered} == {m.message_id for m in outbox()}
    assert states(outbox()) == ["sent"] * 5


def test_only_one_mail_finds_out_that_the_server_is_away(app, smtp, outbox, travel):
    smtp.down()
    mails = [write_note() for _ in range(4)]
    for mail in mails:
        run(app, "mail.deliver", (str(mail.id),))
    run(app, "mail.sweep")
    travel(dt.timedelta(seconds=50))
    assert sum(m.attempts for m in outbox()) == 2


def test_pauses_grow(app, smtp, outbox, travel):
    smtp.refuse("maja@example.org", "451 Later, please")
    mail = write_note()
    pauses = []
    for _ in range(7):
        run(app, "mail.sweep")
        end_read()
        pauses.append(round((mail.next_attempt_at - clock.now()) / dt.timedelta(minutes=1)))
        travel(mail.next_attempt_at - clock.now() + dt.timedelta(seconds=1))
    assert pauses == [1, 5, 15, 60, 240, 720, 720]
    assert "451 Later, please" in mail.error


def test_a_mail_is_not_tried_before_its_time(app, smtp, outbox):
    smtp.refuse("maja@example.org", "451 Later, please")
    mail = write_note()
    run(app, "mail.sweep")
    smtp.accept("maja@example.org")
    run(app, "mail.deliver", (str(mail.id),))
    run(app, "mail.sweep")
    assert smtp.delivered == []


def test_after_three_days_of_later_please_a_mail_has_failed(app, smtp, outbox, travel):
    smtp.refuse("maja@example.org", "450 Mailbox busy")
    mail = write_note()
    begun = clock.now()
    for _ in range(40):
        run(app, "mail.sweep")
        end_read()
        if mail.state != "queued":
            break
        travel(mail.next_attempt_at - clock.now() + dt.timedelta(seconds=1))
    assert mail.state == "failed"
    assert dt.timedelta(days=3) <= clock.now() - begun < dt.timedelta(days=4)
    assert "450 Mailbox busy" in mail.error


def test_a_recipient_who_does_not_exist_fails_at_once_and_says_why(app, smtp, outbox):
    smtp.refuse("nobody@example.org", "550 No such user here")
    write_note(to="nobody@example.org")
    write_note()
    run(app, "mail.sweep")
    assert states(outbox()) == ["failed", "sent"]
    assert "550 No such user here" in outbox()[0].error


def test_content_that_the_server_does_not_want_fails_at_once(app, smtp, outbox):
    smtp.handler.refuse_content = "554 This looks like spam"
    write_note()
    run(app, "mail.sweep")
    assert states(outbox()) == ["failed"]
    assert "554 This looks like spam" in outbox()[0].error


def test_a_server_that_does_not_take_our_address_keeps_the_mails(app, smtp, outbox, travel):
    app.config["MAIL_DEFAULT_SENDER"] = "Folkmoot <wrong@example.org>"
    smtp.handler.refused_senders["wrong@example.org"] = "550 Not your address"
    write_note()
    run(app, "mail.sweep")
    assert states(outbox()) == ["queued"]
    assert "550 Not your address" in outbox()[0].error
    app.config["MAIL_DEFAULT_SENDER"] = "Folkmoot <right@example.org>"
    travel(dt.timedelta(minutes=2))
    run(app, "mail.sweep")
    assert states(outbox()) == ["sent"]


def test_a_server_that_says_nothing_is_waited_for_no_longer_than_set(app, smtp, outbox):
    app.config["MAIL_TIMEOUT"] = 0.2
    smtp.handler.silent = True
    write_note()
    run(app, "mail.sweep")
    assert [(m.state, m.attempts) for m in outbox()] == [("queued", 1)]
    assert "did not answer in time" in outbox()[0].error


def test_many_mails_go_over_one_connection(app, smtp):
    mail, *_others = [write_note(to=f"guest{i}@example.org") for i in range(30)]
    run(app, "mail.deliver", (str(mail.id),))
    assert len(smtp.delivered) == 30
    assert smtp.handler.connections == 1


def test_a_mail_that_cannot_be_written_does_not_hold_up_the_others(app, smtp, outbox, caplog):
    write_note(broken=True)
    write_note()
    run(app, "mail.sweep")
    assert states(outbox()) == ["queued", "sent"]
    assert "could not be written" in outbox()[0].error


def test_a_claim_holds_until_it_runs_out(app, smtp, outbox, travel):
    mail = write_note()
    assert delivery.claim(mail.id) is not None
    run(app, "mail.deliver", (str(mail.id),))
    run(app, "mail.sweep")
    assert smtp.delivered == []
    travel(delivery.CLAIM + dt.timedelta(seconds=1))
    run(app, "mail.sweep")
    assert len(smtp.delivered) == 1
    assert [(m.state, m.attempts) for m in outbox()] == [("sent", 2)]


def test_somebody_whose_claim_ran_out_does_not_write_over_what_came_after(app, smtp, outbox, travel):
    mail = write_note()
    mine = delivery.claim(mail.id)
    travel(delivery.CLAIM + dt.timedelta(seconds=1))
    run(app, "mail.sweep")
    trouble = smtp_module.Trouble(smtp_module.Blame.GOOD, "too late")
    delivery.mark_trouble(mail.id, mine, trouble)
    assert [(m.state, m.error) for m in outbox()] == [("sent", None)]


@pytest.mark.race
def test_many_consumers_at_once_send_each_mail_once(app, smtp, outbox):
    mails = [write_note(to=f"guest{i}@example.org") for i in range(40)]
    start = threading.Barrier(6)
    failures = []

    def work(number: int) -> None:
        start.wait()
        try:
            run(app, "mail.sweep")
            for mail_id in ids[number::6]:
                run(app, "mail.deliver", (mail_id,))
        except Exception as error:  # noqa: BLE001 whatever it is, the test tells it
            failures.append(error)

    ids = [str(mail.id) for mail in mails]
    db.session.remove()
    threads = [threading.Thread(target=work, args=(n,)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert len(smtp.delivered) == 40
    assert len({m["To"] for m in smtp.delivered}) == 40
    assert {(m.state, m.attempts) for m in outbox()} == {("sent", 1)}


@pytest.mark.race
def test_without_the_claim_consumers_would_send_twice(app, smtp, monkeypatch):
    """The control of the test above: with the guard off it would fail."""
    mail = write_note()
    until = clock.now() + delivery.CLAIM
    monkeypatch.setattr(delivery, "claim", lambda _mail_id: until)
    for _ in range(2):
        run(app, "mail.sweep")
    assert len(smtp.delivered) == 2
    assert mail.attempts == 0
