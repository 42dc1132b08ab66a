"""A company's outbox, as its administrators read it."""

import ast
import pathlib
import re
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event as sqlalchemy_event

from tests import factories
from tests.browsers import Browser, words
from tests.mails import Outbox
from tests.smtp import MailServer
from webapp.accounts import operations as accounts
from webapp.companies import operations, queries
from webapp.core.actor import NOBODY, SYSTEM
from webapp.core.database import db
from webapp.core.errors import ConflictError, ForbiddenError, NotFoundError
from webapp.core.jobs import run
from webapp.core.operation import operation
from webapp.core.permissions import Role
from webapp.guests import operations as guests
from webapp.invitations import operations as invitations
from webapp.mail import queries as mail_queries
from webapp.mail.outbox import forget, queue
from webapp.models import Company, Event, Guest, JournalEntry, OutboxMail, User

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent


@pytest.fixture
def ana(app: Flask) -> User:
    return factories.an_account("Ana")


@pytest.fixture
def company(ana: User) -> Company:
    return factories.a_company(ana, name="Pod lipo")


@pytest.fixture
def page(browser: Browser, ana: User) -> Browser:
    """A browser in which the owner is signed in."""
    return browser.sign_in(ana)


def path(company: Company) -> str:
    return f"/companies/{company.slug}/mail"


def an_invited(event: Event, name: str = "Maja", email: str = "maja@example.org", **values: Any) -> OutboxMail:
    """The invitation that a new guest of the event was sent."""
    guest = factories.a_guest(event, name=name, email=email)
    return write(guest, event, **values)


@operation
def write(guest: Guest, event: Event, **values: Any) -> OutboxMail:
    mail = queue(
        "guest-invited",
        to=guest.email or "",
        name=guest.name,
        guest_id=guest.id,
        event_id=event.id,
        company_id=event.company_id,
    )
    for name, value in values.items():
        setattr(mail, name, value)
    return mail


def found_in(text: str) -> list[str]:
    """The addresses listed on a page, in their order."""
    listed = re.findall(r"([\w.]+)@example\.org", text.split("<tbody>")[1].split("</tbody>", maxsplit=1)[0])
    return list(dict.fromkeys(listed))


def test_a_company_reads_what_it_and_those_below_it_have_written(page: Browser, ana: User):
    top = factories.a_company(name="Zveza")
    here = factories.a_company(ana, name="Here", parent=top)
    below = factories.a_company(name="Čebelarji", parent=here)
    beside = factories.a_company(name="Beside", parent=top)
    for number, company in enumerate((top, here, below, beside)):
        an_invited(factories.an_event(company, ana, title=f"Evening {number}"), email=f"guest{number}@example.org")
    accounts.request_reset(email=str(ana.email))
    text = page.get(path(here)).text
    assert found_in(text) == ["guest2", "guest1"]
    assert "Evening 2" in text
    assert "Čebelarji" in text
    assert "Evening 0" not in text
    assert "Evening 3" not in text


@pytest.mark.parametrize(
    ("role", "status"),
    [(None, 404), (Role.DOORKEEPER, 403), (Role.ORGANISER, 403), (Role.ADMINISTRATOR, 200), (Role.OWNER, 200)],
)
def test_administrators_and_owners_read_it(browser: Browser, ana: User, role: Role | None, status: int):
    company = factories.a_company()
    mail = an_invited(factories.an_event(company, ana))
    if role:
        factories.a_membership(ana, company, role)
    browser.sign_in(ana)
    assert browser.get(path(company)).status_code == status
    assert browser.get(f"{path(company)}/{mail.id}").status_code == status
    retried = browser.submit(f"{path(company)}/{mail.id}/retry").status_code
    assert retried == (303 if status == 200 else status)
    assert browser.submit(f"{path(company)}/retry").status_code == (303 if status == 200 else status)


def test_who_looks_after_the_site_reads_nothing_here(browser: Browser, ana: User, company: Company):
    browser.sign_in(factories.an_account(site_administrator=True))
    assert browser.get(path(company)).status_code == 404


def test_the_mail_of_another_company_is_not_there(page: Browser, ana: User):
    top = factories.a_company(name="Zveza")
    here, beside = factories.a_company(ana, parent=top), factories.a_company(parent=top)
    alone = operation(queue)("already-registered", to="ana@example.org", user_id=ana.id)
    foreign = [an_invited(factories.an_event(company, ana), email="x@example.org") for company in (top, beside)]
    for mail_id in [mail.id for mail in (*foreign, alone)]:
        assert page.get(f"{path(here)}/{mail_id}").status_code == 404
        assert page.submit(f"{path(here)}/{mail_id}/retry").status_code == 404
    assert db.session.query(JournalEntry).filter_by(action="mail.retried").count() == 0


def test_mails_are_found_by_address_and_by_name(page: Browser, ana: User, company: Company):
    event = factories.an_event(company, ana)
    an_invited(event, "Žiga Novak", "novak@example.org")
    an_invited(event, "Maja 100%", "maja@example.org")
    for search in ("žiga", "ŽIGA nov", "Novak", "NOVAK@"):
        assert found_in(page.get(path(company), query_string={"search": search}).text) == ["novak"], search
    assert found_in(page.get(path(company), query_string={"search": "100%"}).text) == ["maja"]
    assert "No e-mail fits" in words(page.get(path(company), query_string={"search": "nobody"}))


def test_each_mail_says_how_it_stands_and_why(app: Flask, page: Browser, ana: User, company: Company, smtp: MailServer):
    event = factories.an_event(company, ana, title="Žive meje")
    smtp.refuse("nobody@example.org", "550 No such user here")
    smtp.refuse("full@example.org", "452 Mailbox full")
    an_invited(event, "Nobody", "nobody@example.org")
    an_invited(event, "Full", "full@example.org")
    an_invited(event, "Maja", "maja@example.org")
    run(app, "mail.sweep")
    an_invited(event, "Late", "late@example.org")
    shown = words(page.get(path(company)))
    for said in ("Not delivered 1", "Waiting 2", "550 No such user here", "452 Mailbox full", "Tried once, next try"):
        assert said in shown
    assert shown.count("Žive meje") == 4
    assert f'href="/events/{event.id}"' in page.get(path(company)).text
    assert found_in(page.get(f"{path(company)}?state=failed").text) == ["nobody"]
    assert found_in(page.get(f"{path(company)}?state=waiting").text) == ["late", "full"]
    assert found_in(page.get(f"{path(company)}?state=sent").text) == ["maja"]
    assert "No e-mail fits" in words(page.get(f"{path(company)}?state=dropped"))


def test_counts_stop_somewhere(page: Browser, ana: User, company: Company, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("webapp.mail.queries.MOST_COUNTED", 2)
    monkeypatch.setattr("webapp.web.outbox.MOST_COUNTED", 2)
    event = factories.an_event(company, ana)
    for number in range(3):
        an_invited(event, email=f"guest{number}@example.org")
    assert "Waiting 2+" in words(page.get(path(company)))


@pytest.mark.parametrize(("state", "index"), [("failed", "ix_outbox_mails_failed"), ("waiting", "ix_outbox_mails_due")])
def test_the_few_that_failed_or_wait_are_found_by_their_index(company: Company, state: str, index: str):
    for inside in ([company.id], [company.id, factories.a_company(parent=company).id]):
        statement = mail_queries.matching(state=state, company_ids=inside).order_by(OutboxMail.id.desc()).limit(26)
        written = str(statement.compile(db.engine, compile_kwargs={"literal_binds": True}))
        plan = [row[3] for row in db.session.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {written}")]
        assert any(index in step for step in plan), plan


@pytest.mark.parametrize("query", ["page=x", "page=%00", "search=%00", "state=x", "search=" + "x" * 5000, "page=W10"])
def test_a_list_asked_for_with_nonsense_is_shown(page: Browser, ana: User, company: Company, query: str):
    an_invited(factories.an_event(company, ana))
    assert page.get(f"{path(company)}?{query}").status_code == 200


def test_pages_go_on_to_the_end(page: Browser, ana: User, company: Company):
    event = factories.an_event(company, ana)
    for number in range(60):
        an_invited(event, name="", email=f"guest{number:02}@example.org")
    seen, further = [], path(company) + "?search=guest"
    while further:
        text = page.get(further).text
        seen += found_in(text)
        link = re.search(r'href="([^"]*page=[^"]*)"[^>]*rel="next"', text)
        further = link[1].replace("&amp;", "&") if link else ""
    assert seen == [f"guest{number:02}" for number in reversed(range(60))]


def test_a_long_list_costs_as_many_queries_as_a_short_one(page: Browser, ana: User, company: Company):
    asked: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        if not statement.startswith("BEGIN"):
            asked.append(statement)

    sqlalchemy_event.listen(db.engine, "before_cursor_execute", note)
    try:
        for number in range(25):
            an_invited(factories.an_event(company, ana), email=f"guest{number}@example.org")
        page.get(path(company))
        asked.clear()
        assert page.get(path(company)).status_code == 200
    finally:
        sqlalchemy_event.remove(db.engine, "before_cursor_execute", note)
    assert len(asked) <= 12, asked


def test_a_mail_is_read_and_its_links_are_hidden(app: Flask, page: Browser, ana: User, company: Company):
    event = factories.an_event(company, ana, title="Žive meje")
    mail = an_invited(event)
    assert not app.config["MAIL_SERVER"]
    shown = page.get(f"{path(company)}/{mail.id}")
    assert "Žive meje" in words(shown)
    assert "Links are hidden" in words(shown)
    assert f"{app.config['BASE_URL']}/rsvp/…" in words(shown)
    assert not re.search(r"/rsvp/[\w-]", shown.text)
    assert f'href="/events/{event.id}"' in shown.text
    assert f'href="/events/{event.id}/guests/{mail.guest_id}"' in shown.text
    assert page.get(f"/events/{event.id}/guests/{mail.guest_id}").status_code == 200


def test_links_are_hidden_also_from_who_looks_after_the_site(browser: Browser, app: Flask):
    boss = factories.an_account(site_administrator=True)
    company = factories.a_company(boss)
    mail = an_invited(factories.an_event(company, boss))
    assert not app.config["MAIL_SERVER"]
    shown = browser.sign_in(boss).get(f"{path(company)}/{mail.id}")
    assert shown.status_code == 200
    assert not re.search(r"/rsvp/[\w-]", shown.text)


@pytest.mark.both_databases
def test_no_mail_that_a_company_writes_shows_a_link(app: Flask, ana: User, company: Company, outbox: Outbox):
    """Whatever the e-mail: what its page shows holds no address of this site beyond its first word."""
    written = everything_written(ana, company)
    assert len({mail.template for mail in written}) >= 6
    pages = Browser(app).sign_in(ana)
    for mail in written:
        shown = pages.get(f"{path(company)}/{mail.id}")
        assert shown.status_code == 200, mail.template
        article = shown.text.split('id="text"')[-1].split("</section>")[0]
        assert not re.search(re.escape(app.config["BASE_URL"]) + r"/[\w-]+/[\w-]", article), mail.template


def everything_written(ana: User, company: Company) -> list[OutboxMail]:
    """Let the company write every kind of e-mail that its people can cause; return them."""
    actor = factories.acting(ana)
    event = factories.an_event(company, ana, questions={"Where?": ["Here", "There"]})
    maja = guests.add_guest(actor, event, email="maja@example.org", name="Maja")
    guests.invite_guests(actor, event)
    guests.remind_guests(actor, event)
    guests.message_guests(actor, event, subject="Bring a chair", body="We have too few.")
    guests.admit(NOBODY, event, email="walk@example.org", name="Walk", confirmed=False)
    guests.reply(SYSTEM, maja, reply="yes")
    invitations.create_invitation(actor, kind="company", company=company, role=Role.ORGANISER, email="o@example.org")
    invitations.create_invitation(actor, kind="event", event=event, email="e@example.org")
    db.session.rollback()
    return db.session.query(OutboxMail).order_by(OutboxMail.id).all()


def test_everything_that_is_written_for_a_company_belongs_to_it(app: Flask, ana: User, company: Company):
    written = everything_written(ana, company)
    assert {(mail.company_id, mail.template) for mail in written} == {(company.id, mail.template) for mail in written}


def test_what_is_written_to_an_account_belongs_to_no_company(app: Flask, ana: User, company: Company, outbox: Outbox):
    accounts.register(name="Iva", email="iva@example.org", password_hash="x")
    accounts.request_reset(email=str(ana.email))
    invitations.create_invitation(factories.acting(ana), kind="site", email="guest@example.org")
    assert len(outbox()) == 3
    assert {mail.company_id for mail in outbox()} == {None}


def queueing(source: str) -> list[bool]:
    """For each e-mail that a source queues: whether it says whose company's it is."""
    return [
        "company_id" in {keyword.arg for keyword in node.keywords}
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Call) and ast.unparse(node.func) in {"queue", "outbox.queue"} and node.args
    ]


def test_every_feature_but_accounts_says_whose_mail_it_queues():
    assert queueing('outbox.queue("a", to="b")\nqueue("a", company_id=None)') == [False, True]
    told = {
        file.relative_to(ROOT / "webapp").as_posix(): queueing(file.read_text())
        for file in (ROOT / "webapp").rglob("*.py")
    }
    silent = [name for name, calls in told.items() if not all(calls) and not name.startswith("accounts/")]
    assert silent == []
    assert sum(len(calls) for name, calls in told.items() if not name.startswith("accounts/")) >= 3


# ---------------------------------------------------------------- trying again


def test_a_failed_mail_is_tried_again(
    app: Flask, page: Browser, ana: User, company: Company, smtp: MailServer, outbox: Outbox
):
    smtp.refuse("maja@example.org", "550 No such user here")
    mail_id = an_invited(factories.an_event(company, ana)).id
    run(app, "mail.sweep")
    assert "Try again now" in words(page.get(f"{path(company)}/{mail_id}"))
    smtp.accept("maja@example.org")
    answer = page.submit(f"{path(company)}/{mail_id}/retry")
    assert "It is tried again now." in words(page.follow(answer))
    run(app, "mail.sweep")
    assert [mail.state for mail in outbox()] == ["sent"]
    line = db.session.query(JournalEntry).filter_by(action="mail.retried").one()
    assert (line.thing_id, line.company_id, line.actor_id) == (mail_id, company.id, ana.id)


def test_all_that_failed_and_fit_the_search_are_tried_again(
    app: Flask, page: Browser, ana: User, smtp: MailServer, outbox: Outbox
):
    top = factories.a_company(name="Zveza")
    here = factories.a_company(ana, parent=top)
    below = factories.a_company(parent=here)
    for name, company in (("top", top), ("here", here), ("below", below), ("other", here)):
        an_invited(factories.an_event(company, ana), name, f"{name}@example.org", state="failed", error="550 No")
    sent = an_invited(factories.an_event(here, ana), "sent", "sent@example.org", state="sent")
    assert "Try all again" in words(page.get(f"{path(here)}?state=failed"))
    answer = page.submit(f"{path(here)}/retry", search="e@ex")
    assert "1 e-mail is tried again now" in words(page.follow(answer))
    answer = page.submit(f"{path(here)}/retry")
    assert "2 e-mails are tried again now" in words(page.follow(answer))
    assert "nothing to try again" in words(page.follow(page.submit(f"{path(here)}/retry")))
    run(app, "mail.sweep")
    states = {mail.to_name: mail.state for mail in outbox()}
    assert states == {"top": "failed", "here": "sent", "below": "sent", "other": "sent", "sent": "sent"}
    assert len(smtp.to(sent.to_email)) == 0
    lines = db.session.query(JournalEntry).filter_by(action="mail.retried").order_by(JournalEntry.id)
    assert [(line.thing_id, line.details) for line in lines] == [(here.id, {"number": 1}), (here.id, {"number": 2})]


@pytest.mark.both_databases
@pytest.mark.parametrize("state", ["sent", "sending", "dropped"])
def test_what_was_sent_is_not_sent_again(ana: User, company: Company, state: str):
    mail = an_invited(factories.an_event(company, ana), state=state)
    with pytest.raises(ConflictError):
        operations.retry_mail(factories.acting(ana), mail)
    assert operations.retry_failed_mails(factories.acting(ana), company) == 0
    assert mail.state == state


@pytest.mark.both_databases
def test_a_mail_whose_address_is_erased_is_not_tried_again(app: Flask, ana: User, company: Company, smtp: MailServer):
    mail = an_invited(factories.an_event(company, ana), state="failed")
    operation(forget)("maja@example.org")
    with pytest.raises(ConflictError):
        operations.retry_mail(factories.acting(ana), mail)
    assert operations.retry_failed_mails(factories.acting(ana), company) == 0
    shown = words(Browser(app).sign_in(ana).get(f"{path(company)}/{mail.id}"))
    assert "An address that was erased" in shown
    assert "Try again now" not in shown


@pytest.mark.both_databases
def test_only_who_reads_a_mail_tries_it_again(ana: User, company: Company):
    mail = an_invited(factories.an_event(company, ana), state="failed")
    alone = operation(queue)("already-registered", to="ana@example.org", user_id=ana.id)
    organiser, stranger = factories.an_account(), factories.an_account()
    factories.a_membership(organiser, company, Role.ORGANISER)
    for user, error in ((organiser, ForbiddenError), (stranger, NotFoundError)):
        for act in (
            lambda actor: operations.retry_mail(actor, mail),
            lambda actor: operations.retry_failed_mails(actor, company),
            lambda actor: queries.writing_companies(actor, company),
            lambda actor: queries.get_mail(actor, company, mail.id),
        ):
            with pytest.raises(error):
                act(factories.acting(user))
    with pytest.raises(NotFoundError):
        operations.retry_mail(factories.acting(ana), alone)
    assert mail.state == "failed"
