"""The outbox, as the site administrator reads it."""

import re

import pytest

from tests import factories
from tests.browsers import words
from tests.mail.notes import write_note
from tests.smtp import use
from webapp.core.database import db
from webapp.core.jobs import run
from webapp.core.operation import end_read, operation
from webapp.mail.outbox import forget, queue
from webapp.models import JournalEntry, OutboxMail

SECRET = "IkFaOGtXcTRwZGFLb3VhUGg1QW9nLk5vbmNl"
PATHS = ["/admin", "/admin/mail", "/admin/mail/{id}", "/admin/mail/{id}/html"]


@pytest.fixture
def link(app) -> str:
    return f"{app.config['BASE_URL']}/rsvp/{SECRET}"


@pytest.mark.parametrize("path", PATHS)
def test_only_who_looks_after_the_site_finds_the_outbox(browser, other_browser, path):
    mail = write_note()
    path = path.format(id=mail.id)
    assert browser.get(path).status_code == 303
    owner = factories.an_account()
    factories.a_company(owner)
    assert other_browser.sign_in(owner).get(path).status_code == 404


def test_somebody_else_cannot_try_a_mail_again(browser, other_browser, outbox):
    mail = write_note()
    mail_id = mail.id
    assert browser.submit(f"/admin/mail/{mail_id}/retry").status_code == 303
    assert other_browser.sign_in(factories.an_account()).submit(f"/admin/mail/{mail_id}/retry").status_code == 404


def test_without_a_server_every_link_can_be_passed_on(admin, link):
    mail = write_note(link=link, words="come on Friday")
    page = admin.get(f"/admin/mail/{mail.id}")
    assert f'href="{link}"' in page.text
    assert "come on Friday" in words(page)
    html = admin.get(f"/admin/mail/{mail.id}/html")
    assert link in html.text
    assert "sandbox" in html.headers["Content-Security-Policy"]
    assert "script-src" not in html.headers["Content-Security-Policy"]


def test_with_a_server_links_are_hidden(app, admin, link, smtp):
    mail = write_note(link=link, words=f"or open {link}?x=1 ({link})")
    page = admin.get(f"/admin/mail/{mail.id}")
    assert page.status_code == 200
    assert "all is well" not in page.text
    assert SECRET not in page.text
    assert f"{app.config['BASE_URL']}/rsvp/…" in words(page)
    assert admin.get(f"/admin/mail/{mail.id}/html").status_code == 404


def test_what_people_wrote_runs_nothing(admin):
    nasty = "<script>alert(1)</script>{{7777*7}}"
    mail = write_note(name=nasty, subject=nasty, words=nasty)
    for path in ("/admin/mail", f"/admin/mail/{mail.id}", f"/admin/mail/{mail.id}/html"):
        page = admin.get(path)
        assert page.status_code == 200
        assert "<script>alert" not in page.text
        assert "54439" not in page.text


def test_a_mail_that_lost_its_sense_says_so(admin):
    mail = write_note(senseless=True)
    assert "has lost its sense" in words(admin.get(f"/admin/mail/{mail.id}"))
    assert admin.get(f"/admin/mail/{mail.id}/html").status_code == 404


def test_a_mail_that_cannot_be_written_says_so(admin, caplog):
    mail = write_note(broken=True)
    assert "cannot be written" in words(admin.get(f"/admin/mail/{mail.id}"))


def test_a_mail_that_is_not_there(admin):
    assert admin.get("/admin/mail/01890000-0000-7000-8000-000000000000").status_code == 404
    assert admin.get("/admin/mail/x").status_code == 404


def test_the_list_shows_each_mail_with_its_state(app, admin, smtp):
    smtp.refuse("nobody@example.org", "550 No such user here")
    write_note(to="nobody@example.org", name="Nobody")
    write_note(to="maja@example.org")
    write_note(senseless=True)
    run(app, "mail.sweep")
    write_note(to="late@example.org", name="Late")
    shown = words(admin.get("/admin/mail"))
    for said in ("Not delivered", "550 No such user here", "Sent", "No longer needed", "Waiting to be sent"):
        assert said in shown
    failed = words(admin.get("/admin/mail?state=failed"))
    assert "nobody@example.org" in failed
    assert "late@example.org" not in failed


def test_mails_are_found_by_address(admin):
    write_note(to="Žiga@example.org", name="")
    write_note(to="maja_100%@example.org", name="")
    assert "Žiga@example.org" in words(admin.get("/admin/mail?search=žIGA"))
    assert "maja_100%" not in words(admin.get("/admin/mail?search=žiga"))
    found = words(admin.get("/admin/mail?search=100%25"))
    assert "maja_100%" in found
    assert "Žiga@" not in found
    assert "No e-mail fits" in words(admin.get("/admin/mail?search=nobody"))


@pytest.mark.parametrize("query", ["page=x", "page=%00", "search=%00", "state=x", "search=" + "x" * 5000, "page=W10"])
def test_a_list_asked_for_with_nonsense_is_shown(admin, query):
    write_note()
    assert admin.get(f"/admin/mail?{query}").status_code == 200


def test_pages_go_there_and_back(admin):
    for number in range(60):
        write_note(to=f"guest{number:02}@example.org", name="")
    seen, path = [], "/admin/mail?search=guest"
    while path:
        page = admin.get(path).text
        seen += re.findall(r"guest\d\d@", page.split("<tbody>")[1].replace("aria-label", "").split("</tbody>")[0])
        further = re.search(r'href="([^"]*page=[^"]*)"[^>]*rel="next"', page) or re.search(
            r'rel="next"[^>]*href="([^"]*page=[^"]*)"', page
        )
        path = further[1].replace("&amp;", "&") if further else None
    assert list(dict.fromkeys(seen)) == [f"guest{n:02}@" for n in reversed(range(60))]


def test_a_failed_mail_is_tried_again(app, admin, smtp, outbox):
    smtp.refuse("maja@example.org", "550 No such user here")
    mail_id = write_note().id
    run(app, "mail.sweep")
    page = admin.get(f"/admin/mail/{mail_id}")
    assert "550 No such user here" in words(page)
    assert "Try again now" in words(page)
    smtp.accept("maja@example.org")
    assert admin.submit(f"/admin/mail/{mail_id}/retry").status_code == 303
    run(app, "mail.sweep")
    assert [mail.state for mail in outbox()] == ["sent"]
    assert db.session.query(JournalEntry).filter_by(action="mail.retried").one().thing_id == mail_id


def test_a_mail_that_was_sent_is_not_sent_again(app, admin, smtp):
    mail_id = write_note().id
    run(app, "mail.sweep")
    assert "Try again" not in words(admin.get(f"/admin/mail/{mail_id}"))
    assert admin.submit(f"/admin/mail/{mail_id}/retry").status_code == 409
    run(app, "mail.sweep")
    assert len(smtp.delivered) == 1


def test_looking_changes_nothing(app, admin):
    mail = write_note()
    mail_id, before = mail.id, (mail.state, mail.attempts, mail.next_attempt_at)
    for path in PATHS:
        admin.get(path.format(id=mail_id))
    end_read()
    after = db.session.get(OutboxMail, mail_id)
    assert (after.state, after.attempts, after.next_attempt_at) == before


def test_the_front_says_what_needs_attention(app, admin, smtp):
    app.config["MAIL_SERVER"] = ""
    assert "E-mails are not sent yet" in words(admin.get("/admin"))
    use(app, smtp)
    smtp.refuse("maja@example.org", "550 No such user here")
    write_note()
    run(app, "mail.sweep")
    shown = words(admin.get("/admin"))
    assert "1 e-mail was not delivered" in shown
    assert "E-mails are not sent yet" not in shown


def test_the_front_says_when_jobs_do_not_run(app, admin, monkeypatch):
    class Silent:
        def beats(self) -> bool:
            return False

        def size(self) -> int:
            return 7

    monkeypatch.setitem(app.extensions, "job_backend", Silent())
    shown = words(admin.get("/admin"))
    assert "Background jobs do not run" in shown
    assert "How many jobs wait? 7" in shown


def test_all_that_failed_and_fit_the_search_are_tried_again(app, admin, smtp, outbox):
    for name in ("maja", "nobody", "full"):
        smtp.refuse(f"{name}@example.org", "550 No such user here")
        write_note(to=f"{name}@example.org", name=name)
    run(app, "mail.sweep")
    assert "Try all again" in words(admin.get("/admin/mail?state=failed"))
    assert "Try all again" not in words(admin.get("/admin/mail"))
    for name in ("maja", "nobody"):
        smtp.accept(f"{name}@example.org")
    answer = admin.submit("/admin/mail/retry", search="MAJA")
    assert "1 e-mail is tried again now" in words(admin.follow(answer))
    run(app, "mail.sweep")
    assert {mail.to_name: mail.state for mail in outbox()} == {"maja": "sent", "nobody": "failed", "full": "failed"}
    assert "2 e-mails are tried again now" in words(admin.follow(admin.submit("/admin/mail/retry")))
    run(app, "mail.sweep")
    assert {mail.to_name: mail.state for mail in outbox()} == {"maja": "sent", "nobody": "sent", "full": "failed"}
    numbers = [line.details for line in db.session.query(JournalEntry).filter_by(action="mail.retried")]
    assert numbers == [{"number": 1}, {"number": 2}]


def test_somebody_else_cannot_try_all_again(other_browser, outbox):
    write_note()
    assert other_browser.sign_in(factories.an_account()).submit("/admin/mail/retry").status_code == 404


def test_mails_are_found_by_name(admin):
    write_note(to="x@example.org", name="Ana Kos")
    write_note(to="y@example.org", name="Maja")
    found = words(admin.get("/admin/mail?search=ana+k"))
    assert "x@example.org" in found
    assert "y@example.org" not in found


def test_an_erased_address_is_said_in_words_and_not_tried_again(app, admin, smtp, outbox):
    smtp.refuse("maja@example.org", "550 No such user here")
    mail_id = write_note().id
    run(app, "mail.sweep")
    operation(forget)("maja@example.org")
    page = words(admin.get(f"/admin/mail/{mail_id}"))
    assert "An address that was erased" in page
    assert "Try again now" not in page
    assert admin.submit(f"/admin/mail/{mail_id}/retry").status_code == 409


def test_the_site_learns_nothing_of_what_a_mail_is_about(admin):
    owner = factories.an_account()
    event = factories.an_event(factories.a_company(owner), owner, title="Behind the curtain", visibility="invited")
    guest = factories.a_guest(event)
    mail = operation(queue)(
        "guest-invited", to="maja@example.org", guest_id=guest.id, event_id=event.id, company_id=event.company_id
    )
    assert mail.id
    assert "Behind the curtain" not in words(admin.get("/admin/mail"))
