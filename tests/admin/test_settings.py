"""What the whole installation is called and allows: the page, and that it holds."""

import datetime as dt
import time

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select

from tests import factories
from tests.browsers import Browser, words
from tests.mails import Outbox
from tests.smtp import MailServer, free_port
from webapp.accounts import operations as accounts
from webapp.admin import operations, schemas
from webapp.admin.forms import SiteForm
from webapp.config import SETTINGS
from webapp.core import clock
from webapp.core.actor import Actor
from webapp.core.database import db
from webapp.core.errors import InputError, NotFoundError, StaleError
from webapp.core.jobs import run
from webapp.core.schema import judge
from webapp.extensions import limiter
from webapp.models import JournalEntry, Site
from webapp.web import limits
from webapp.web.site import current_site

LIMITS = [setting.name for setting in SETTINGS if setting.name.startswith("LIMIT_")]


def site() -> Site:
    db.session.rollback()
    return db.session.get_one(Site, 1)


def refusals(**said: str) -> dict[str, str]:
    """What the schema says against this, by field."""
    with pytest.raises(InputError) as refused:
        judge(schemas.SiteInput, said)
    return {name: str(sentence) for name, sentence in refused.value.fields.items()}


# ---------------------------------------------------------------- what may be said


def test_the_page_asks_for_every_limit_there_is(app: Flask):
    assert set(schemas.LIMITS) == set(LIMITS) == set(schemas.LEAST)
    with app.test_request_context():
        asked = [field.short_name.upper() for field in SiteForm(None).limits()]
    assert sorted(asked) == sorted(LIMITS)
    assert {name for name in schemas.SiteInput.model_fields if name.startswith("limit_")} == {n.lower() for n in LIMITS}


@pytest.mark.parametrize("name", LIMITS)
def test_what_the_environment_says_by_default_would_be_taken(app: Flask, name: str):
    default = next(setting.default for setting in SETTINGS if setting.name == name)
    assert schemas.limit(name, default) == default
    assert schemas.limit(name, "") == ""


@pytest.mark.parametrize("name", LIMITS)
@pytest.mark.parametrize(
    "said", ["often", "5", "5/", "/minute", "-5/minute", "5/minute;", "5/blink", "\uff15/minute", "0x5/day"]
)
def test_what_is_no_limit_is_refused(app: Flask, name: str, said: str):
    assert "no limit" in refusals(**{name.lower(): said})[name.lower()]


@pytest.mark.parametrize("name", LIMITS)
def test_a_limit_that_would_lock_people_out_is_refused(app: Flask, name: str):
    least, longest = schemas.LEAST[name]
    assert schemas.limit(name, f"{least}/{'hour' if longest == 3600 else 'day'}")
    for said in (
        f"{least - 1}/minute",
        f"{least}/month",
        f"1000/minute;{least - 1}/hour",
        f"{least}/32 days",
        "0/minute",
    ):
        assert "lock people out" in refusals(**{name.lower(): said})[name.lower()], said


def test_signing_in_takes_at_least_five(app: Flask):
    for name in ("limit_login_address", "limit_login_both", "limit_login_account"):
        assert "at least 5" in refusals(**{name: "4/minute"})[name]
        assert judge(schemas.SiteInput, {name: "5/minute"})


def test_a_limit_that_takes_too_much_memory_is_refused(app: Flask):
    assert "100000" in refusals(limit_pages="100001/minute")["limit_pages"]
    assert "characters" in refusals(limit_pages="30/minute;" * 20)["limit_pages"]


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("", ""),
        ("Example.ORG", "example.org"),
        ("@lipa.example.org\r\n\r\n  moot.example.org  \n", "lipa.example.org\nmoot.example.org"),
        ("ŠOLA.si", "šola.si"),
        ("xn--ola-zza.si\nšola.si", "šola.si"),
        ("a.example.org\nA.example.org", "a.example.org"),
    ],
)
def test_mail_domains_are_kept_as_addresses_are(app: Flask, said: str, kept: str):
    assert judge(schemas.SiteInput, {"allowed_domains": said}).allowed_domains == kept


@pytest.mark.parametrize(
    "said", ["example", "a b.org", "ana@example.org", "*.example.org", "example.org, lipa.org", "-.org"]
)
def test_what_is_no_mail_domain_is_refused_and_named(app: Flask, said: str):
    refused = refusals(allowed_domains=f"example.org\n{said}")["allowed_domains"]
    assert said in refused
    assert "no mail domain" in refused


@pytest.mark.parametrize(
    "said", ["https://lipa.example.org/imprint", "http://lipa.example.org", "https://šola.si/x?y#z"]
)
def test_web_addresses_are_taken(app: Flask, said: str):
    assert judge(schemas.SiteInput, {"imprint_url": said}).imprint_url == said


@pytest.mark.parametrize(
    "said",
    [
        "lipa.example.org",
        "javascript:alert(1)",
        "//lipa.example.org",
        "/imprint",
        "ftp://lipa.example.org",
        "https://",
        "https://ana:secret@lipa.example.org",
        "https://[::1",
        "https://lipa example.org/",
        "data:text/html,x",
    ],
)
def test_nothing_else_is_linked_below_every_page(app: Flask, said: str):
    for name in ("privacy_url", "terms_url", "imprint_url"):
        assert "https://" in refusals(**{name: said})[name]


def test_a_site_has_a_name(app: Flask):
    assert "fill" in refusals(name="  ")["name"]
    assert "100" in refusals(name="x" * 101)["name"]
    assert "choose" in refusals(registration="closed")["registration"]


# ---------------------------------------------------------------- changing it


@pytest.fixture
def keeping(keeper) -> Actor:
    return factories.acting(keeper)


@pytest.mark.both_databases
def test_what_is_said_is_kept_and_written_into_the_journal_by_name(app: Flask, keeping: Actor):
    changed = operations.change_site(
        keeping, name="Zadruga", footer="Folkmoot", registration="invitation", limit_mails="7/day", limit_link=""
    )
    assert changed == {"name", "footer", "registration", "limit_mails"}
    kept = site()
    assert (kept.name, kept.registration, kept.limits) == ("Zadruga", "invitation", {"LIMIT_MAILS": "7/day"})
    operations.change_site(keeping, registration="", limit_mails="")
    kept = site()
    assert (kept.name, kept.registration, kept.limits) == ("Zadruga", None, {})
    entries = db.session.scalars(select(JournalEntry).order_by(JournalEntry.id)).all()
    assert [(entry.action, entry.actor_id) for entry in entries] == [("site.changed", keeping.user_id)] * 2
    assert entries[0].details == {"changed": ["footer", "limit_mails", "name", "registration"]}
    assert "Zadruga" not in str([entry.details for entry in entries])


@pytest.mark.both_databases
def test_saying_what_holds_already_changes_nothing(app: Flask, keeping: Actor):
    assert operations.change_site(keeping, name="Folkmoot", registration="", limit_mails="") == frozenset()
    assert db.session.scalars(select(JournalEntry)).all() == []


def test_only_a_site_administrator_who_typed_the_password_lately_changes_it(app: Flask, keeper, keeping: Actor):
    with pytest.raises(NotFoundError):
        operations.change_site(factories.acting(factories.an_account()), name="Mine")
    with pytest.raises(StaleError):
        operations.change_site(Actor(user_id=keeper.id, site_administrator=True), name="Mine")
    assert site().name == "Folkmoot"


# ---------------------------------------------------------------- the page


def test_the_page_shows_what_holds_and_takes_what_is_new(app: Flask, admin: Browser):
    page = admin.get("/admin/settings")
    assert 'value="Folkmoot"' in page.text
    assert 'placeholder="600/minute"' in page.text
    answer = admin.submit(
        "/admin/settings",
        name="Zadruga Pod lipo",
        footer="Kept by the co-op.",
        registration="invitation",
        allowed_domains="@Lipa.example.org",
        privacy_url="https://lipa.example.org/privacy",
        terms_url="",
        imprint_url="https://lipa.example.org/imprint?a=1&b=2",
        limit_pages="100/minute;2000/hour",
    )
    assert answer.status_code == 303
    page = admin.follow(answer)
    assert "Saved." in words(page)
    for said in ('value="Zadruga Pod lipo"', ">lipa.example.org</textarea>", 'value="100/minute;2000/hour"'):
        assert said in page.text.replace("\r\n", "").replace(">\n", ">")
    again = admin.submit("/admin/settings", name="Zadruga Pod lipo")
    assert "Nothing was changed." in words(admin.follow(again))
    assert site().footer == "Kept by the co-op."


def test_every_page_has_the_name_the_footer_and_the_legal_links_at_once(app: Flask, admin: Browser, browser: Browser):
    assert "Imprint" not in words(browser.get("/login"))
    admin.submit(
        "/admin/settings",
        name="Zadruga <Lipa>",
        footer="Kept by <us>.",
        imprint_url="https://lipa.example.org/imprint?a=1&b=2",
        privacy_url="https://lipa.example.org/privacy",
    )
    page = Browser(app).get("/login")
    assert "· Zadruga &lt;Lipa&gt;</title>" in page.text
    assert "Kept by &lt;us&gt;." in page.text
    assert 'href="https://lipa.example.org/imprint?a=1&amp;b=2">Imprint</a>' in page.text
    assert ">Your data</a>" in page.text
    assert ">Terms</a>" not in page.text


def test_what_was_typed_stands_there_again_beside_what_is_wrong_with_it(app: Flask, admin: Browser):
    refused = admin.submit(
        "/admin/settings", name="", footer="A new one", allowed_domains="nowhere", limit_login_both="1/day"
    )
    assert refused.status_code == 422
    assert 'value="A new one"' in refused.text
    assert 'value="1/day"' in refused.text
    shown = words(refused)
    for said in ("Please fill this in", "“nowhere” is no mail domain", "Allow at least 5"):
        assert said in shown
    assert site().footer == ""


def test_the_settings_are_shown_to_who_typed_the_password_lately(app: Flask, admin: Browser):
    later = clock.now() + dt.timedelta(minutes=16)
    with time_machine.travel(later, tick=False):
        led = admin.get("/admin/settings")
        assert led.headers["Location"] == "/account/confirm?next=/admin/settings"
        back = admin.submit(led.headers["Location"], password=factories.PASSWORD, next="/admin/settings")
        assert admin.follow(back).status_code == 200


# ---------------------------------------------------------------- that it holds


def test_who_may_register_is_the_pages_word_before_the_environments(app: Flask, admin: Browser, other_browser: Browser):
    assert other_browser.get("/register").status_code == 200
    admin.submit("/admin/settings", registration="invitation")
    assert other_browser.get("/register").status_code == 403
    app.config["REGISTRATION"] = "invitation"
    admin.submit("/admin/settings", registration="open")
    assert other_browser.get("/register").status_code == 200
    admin.submit("/admin/settings", registration="")
    assert other_browser.get("/register").status_code == 403


def test_other_domains_do_not_register_and_are_not_changed_to(app: Flask, admin: Browser, outbox: Outbox):
    ana = factories.an_account(email="ana@elsewhere.org")
    admin.submit("/admin/settings", allowed_domains="šola.si\nlipa.example.org")
    stranger = Browser(app)
    form = {"name": "Eva", "password": factories.PASSWORD}
    refused = stranger.submit("/register", form, email="eva@elsewhere.org")
    assert refused.status_code == 422
    assert "certain domains" in words(refused)
    assert stranger.submit("/register", form, email="eva@xn--ola-zza.si").status_code == 303
    hers = Browser(app).sign_in(ana)
    typed = {"current_password": factories.PASSWORD}
    refused = hers.submit("/account/email", typed, email="ana@nowhere.org")
    assert refused.status_code == 422
    assert "certain domains" in words(refused)
    assert hers.submit("/account/email", typed, email="ana@LIPA.example.org").status_code == 303
    assert [mail.to_email for mail in outbox()] == ["eva@šola.si", "ana@lipa.example.org"]


def test_who_is_invited_may_come_from_anywhere(app: Flask, admin: Browser, keeping: Actor):
    admin.submit("/admin/settings", allowed_domains="lipa.example.org")
    made = accounts.create_account(keeping, name="Eva", email="eva@elsewhere.org", password_hash="x", verified=True)
    assert made.is_active


def test_a_limit_of_the_page_holds_before_the_environments(app: Flask, admin: Browser):
    admin.submit("/admin/settings", limit_login_both="6/minute")
    app.config["LIMITS"] = True
    limiter.reset()
    stranger = Browser(app)
    start = clock.now().replace(second=0, microsecond=0)
    with time_machine.travel(start, tick=False):
        tries = [stranger.submit("/login", email="a@example.org", password="guess").status_code for _ in range(8)]
        assert tries == [422] * 6 + [429] * 2
        admin.submit("/admin/settings", limit_login_both="")
        later = [stranger.submit("/login", email="b@example.org", password="guess").status_code for _ in range(11)]
        assert later == [422] * 10 + [429]
    limiter.reset()


def test_nonsense_that_got_into_the_row_locks_nobody_out(app: Flask, caplog: pytest.LogCaptureFixture):
    factories.set_up_site(limits={"LIMIT_PAGES": "never"})
    app.extensions.pop("site_view", None)
    assert [str(bound) for bound in limits.bounds("LIMIT_PAGES")] == ["300 per 1 minute"]
    assert "is no limit" in caplog.text


def test_another_process_sees_the_change_within_seconds(app: Flask, admin: Browser):
    admin.submit("/admin/settings", name="Before")
    assert current_site().name == "Before"
    factories.set_up_site(name="After")  # as another process would: this one is not told
    assert current_site().name == "Before"
    with time_machine.travel(clock.now()):
        kept = app.extensions["site_view"]
        app.extensions["site_view"] = (time.monotonic() - 1, kept[1])
        assert current_site().name == "After"


def test_e_mails_bear_the_sites_name(app: Flask, admin: Browser, outbox: Outbox):
    admin.submit("/admin/settings", name="Zadruga Pod lipo")
    new = factories.an_account(email="new@example.org", verified=False)
    accounts.resend(email=str(new.email))
    text = outbox.text(outbox.last("verify-email"))
    assert "Zadruga Pod lipo" in text
    assert "Folkmoot" not in text


@pytest.mark.parametrize(
    ("name", "setting", "sender"),
    [
        ("Zadruga Pod lipo", "", "Zadruga Pod lipo <folkmoot@folkmoot.example.org>"),
        ('The "Moot", Ltd. <x@y.org> šč', "", 'The "Moot", Ltd. <x@y.org> šč <folkmoot@folkmoot.example.org>'),
        ("Zadruga", "post@lipa.example.org", "Zadruga <post@lipa.example.org>"),
        ("Zadruga", "The post <post@lipa.example.org>", "The post <post@lipa.example.org>"),
    ],
)
def test_e_mails_are_written_under_the_sites_name(
    app: Flask, admin: Browser, smtp: MailServer, name: str, setting: str, sender: str
):
    app.config["MAIL_DEFAULT_SENDER"] = setting or app.config["MAIL_DEFAULT_SENDER"]
    admin.submit("/admin/settings", name=name)
    accounts.request_reset(email=str(factories.an_account(email="ana@example.org").email))
    run(app, "mail.sweep")
    admin.submit("/admin/settings/test-mail", email="ana@example.org")
    for letter in smtp.to("ana@example.org"):
        (written_by,) = letter["From"].addresses
        assert f"{written_by.display_name} <{written_by.addr_spec}>" == sender
    assert len(smtp.to("ana@example.org")) == 2


# ---------------------------------------------------------------- the test mail


def test_a_test_mail_arrives_and_is_said_to(app: Flask, admin: Browser, keeper, smtp: MailServer, outbox: Outbox):
    assert str(keeper.email) in admin.get("/admin/settings").text
    answer = admin.submit("/admin/settings/test-mail", email="ana@example.org")
    assert answer.headers["Location"] == "/admin/settings#mail"
    assert "The mail server took the letter to ana@example.org." in words(admin.follow(answer))
    assert len(smtp.to("ana@example.org")) == 1
    assert outbox() == []
    (entry,) = db.session.scalars(select(JournalEntry)).all()
    assert (entry.action, entry.details) == ("site.mail_tested", {"step": "sent"})


def test_a_test_mail_says_where_it_got_stuck(app: Flask, admin: Browser, smtp: MailServer):
    smtp.refuse("nobody@example.org", "550 No such user here")
    stuck = words(admin.follow(admin.submit("/admin/settings/test-mail", email="nobody@example.org")))
    assert "Stuck at the recipient’s address." in stuck
    assert "550 No such user here" in stuck
    app.config["MAIL_PORT"] = free_port()
    assert "Stuck at the connection." in words(
        admin.follow(admin.submit("/admin/settings/test-mail", email="ana@example.org"))
    )
    app.config["MAIL_SERVER"] = "nowhere.invalid"
    assert "Stuck at the server’s name." in words(
        admin.follow(admin.submit("/admin/settings/test-mail", email="ana@example.org"))
    )


def test_a_test_mail_goes_to_an_address(app: Flask, admin: Browser, smtp: MailServer):
    refused = admin.submit("/admin/settings/test-mail", email="nobody")
    assert refused.status_code == 422
    assert 'value="nobody"' in refused.text
    assert smtp.delivered == []


def test_a_test_mail_needs_a_password_typed_lately(app: Flask, admin: Browser, smtp: MailServer):
    with time_machine.travel(clock.now() + dt.timedelta(minutes=16), tick=False):
        answer = admin.submit("/admin/settings/test-mail", email="ana@example.org")
        assert answer.headers["Location"].startswith("/account/confirm")
    assert smtp.delivered == []


def test_without_a_mail_server_there_is_nothing_to_try(app: Flask, admin: Browser):
    app.config["MAIL_SERVER"] = ""
    shown = words(admin.get("/admin/settings"))
    assert "Set MAIL_SERVER" in shown
    assert "Send a test mail" not in shown
