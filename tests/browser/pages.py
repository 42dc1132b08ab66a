"""Every page there is, in every state worth looking at: what axe reads, and what is photographed."""

import dataclasses
from collections.abc import Callable

from playwright.sync_api import Browser, Page, Response

from tests.browser.chrome import HEIGHT, PHONE, Ears, opened
from tests.browser.furnishing import Furnished

Act = Callable[[Page], object]


@dataclasses.dataclass(frozen=True)
class Shown:
    """One page: its name, its path, who looks (None: nobody is signed in), and what is done before looking."""

    name: str
    path: str
    who: str | None = None
    act: Act | None = None
    status: int = 200

    def __str__(self) -> str:
        return self.name


def press(name: str) -> Act:
    """Press a button, and wait for the page that answers."""

    def act(page: Page) -> Response:
        with page.expect_navigation() as answer:
            page.get_by_role("button", name=name, exact=True).first.click()
        return answer.value

    return act


def unfold(name: str) -> Act:
    """Open a menu, a dialog, or what is folded."""
    return lambda page: page.locator("summary").filter(has_text=name).first.click()


def write(*acts: Act, **typed: str) -> Act:
    """Type into the controls of these names, then do the rest."""

    def act(page: Page) -> None:
        for name, text in typed.items():
            page.locator(f"[name={name}]").first.fill(text)
        for one in acts:
            one(page)

    return act


def _more(page: Page) -> None:
    page.locator(".g-more summary").first.click()


def _member(page: Page) -> None:
    page.locator(".members__menu > .menu > summary").last.click()


def _programs(page: Page) -> None:
    page.locator(".members__programs > summary").last.click()


def _take_out(page: Page) -> None:
    _member(page)
    page.locator(".members__menu").last.locator("summary").filter(has_text="Take out").click()


def _nobody(page: Page) -> None:
    # the only owner stays one
    page.locator(".members__change").first.get_by_role("combobox").select_option("doorkeeper")
    with page.expect_navigation():
        page.locator(".members__change button").first.click()


def _ticks(page: Page) -> None:
    for number in range(3):
        page.locator("[name=guest]").nth(number).check()


def _lots(page: Page) -> None:
    unfold("The rule of the vote")(page)
    write(press("Publish"), capacity="-3", min_agreement="lots")(page)


def _answers(page: Page) -> None:
    page.get_by_role("radio").first.check(force=True)


def _app(page: Page) -> None:
    page.locator("[name=scopes]").first.check()
    write(press("Register it"), name="A website")(page)


def _token(page: Page) -> None:
    page.locator("[name=scopes]").first.check()
    write(press("Make it"), name="A newsletter")(page)


def _found(page: Page) -> None:
    page.get_by_label("Python").check()
    page.locator("#find").fill("guests:write import")
    page.locator("#add-guests summary").click()


def _to_the_top(page: Page) -> None:
    page.locator("[name=parent]").select_option("")
    press("Move it")(page)


LONGER = "x" * 300

PAGES = (
    # nobody is signed in
    Shown("landing", "/"),
    Shown("public-events", "/events"),
    Shown("event-signed-out", "/events/{meadow}"),
    Shown("results-signed-out", "/events/{consensus}/results"),
    Shown("nothing-here", "/events/00000000-0000-4000-8000-000000000000", status=404),
    Shown("login", "/login"),
    Shown("login-refused", "/login", act=write(press("Sign in"), email="nobody@example.org", password="wrong")),
    Shown(
        "login-unverified",
        "/login",
        act=write(press("Sign in"), email="urska@example.org", password="a long and quiet evening"),
    ),
    Shown("register", "/register"),
    Shown("register-refused", "/register", act=write(press("Make my account"), email="nobody", password="short")),
    Shown("registered", "/registered"),
    Shown("resend", "/verify/resend"),
    Shown("forgot-password", "/forgot-password"),
    Shown("forgot-password-sent", "/forgot-password/sent"),
    Shown("reset-password", "/reset-password/{reset}"),
    Shown("verify", "/verify/{verify}"),
    Shown("dead-link", "/verify/{dead}", status=410),
    Shown("email-change", "/email-change/{change}"),
    # a guest's own page
    Shown("rsvp", "/rsvp/{at-unanswered}"),
    Shown("rsvp-yes-confirm", "/rsvp/{at-unanswered}?reply=yes"),
    Shown("rsvp-no-confirm", "/rsvp/{at-unanswered}?reply=no"),
    Shown("rsvp-about", "/rsvp/{at-unanswered}", act=unfold("What it is about")),
    Shown(
        "rsvp-refused",
        "/rsvp/{at-unanswered}?reply=yes",
        act=write(press("Yes, I’ll come"), party_size="500"),
    ),
    Shown("rsvp-yes", "/rsvp/{at-party}"),
    Shown("rsvp-change-of-mind", "/rsvp/{at-party}?reply=no"),
    Shown("rsvp-no", "/rsvp/{at-no}"),
    Shown("rsvp-voted", "/rsvp/{at-voted}"),
    Shown("rsvp-full", "/rsvp/{at-full}"),
    Shown("rsvp-over", "/rsvp/{at-over}"),
    Shown("rsvp-cancelled", "/rsvp/{at-called-off}"),
    Shown("rsvp-long", "/rsvp/{at-stretched}"),
    Shown("rsvp-ballot", "/rsvp/{at-party}/vote"),
    Shown("rsvp-results", "/rsvp/{at-voted}/results"),
    Shown("rsvp-settled", "/rsvp/{at-over}/results"),
    Shown("confirm-place", "/rsvp/{confirm}/confirm"),
    Shown("unsubscribe", "/unsubscribe/{mute}"),
    Shown("unsubscribed", "/unsubscribe/{muted}"),
    # an invitation
    Shown("invite-event", "/invite/{invite-single}"),
    Shown("invite-event-account", "/invite/{invite-single}", act=unfold("Make an account with it")),
    Shown("invite-event-refused", "/invite/{invite-single}", act=press("Accept the invitation")),
    Shown("invite-event-signed-in", "/invite/{invite-single}", "new"),
    Shown("invite-many", "/invite/{invite-shared}"),
    Shown("invite-company", "/invite/{invite-role}"),
    Shown("invite-other-address", "/invite/{invite-role}", "new"),
    Shown("invite-site", "/invite/{invite-site}"),
    Shown("invite-site-already", "/invite/{invite-site}", "new"),
    Shown("invite-used", "/invite/{invite-used}", status=404),
    Shown("invite-sent", "/invite/sent"),
    # for programmers
    Shown("manual", "/api/docs"),
    Shown("manual-found", "/api/docs", "neza", _found),
    Shown("manual-nothing", "/api/docs", act=lambda page: page.locator("#find").fill("zebra")),
    # somebody with an account
    Shown("home", "/", "eva"),
    Shown("home-organiser", "/", "neza"),
    Shown("home-empty", "/", "new"),
    Shown("menu", "/", "neza", unfold("your account")),
    Shown("events", "/events", "neza"),
    Shown("events-past", "/events?when=past", "neza"),
    Shown("events-mine", "/events?when=mine", "eva"),
    Shown("events-nothing-found", "/events?search=zzz", "neza"),
    Shown("event-to-join", "/events/{choir}", "eva"),
    Shown("event-to-answer", "/events/{quiz}", "eva"),
    Shown("event-to-vote", "/events/{meadow}", "eva"),
    Shown("event-full", "/events/{supper}", "new"),
    Shown("event-cancelled", "/events/{cancelled}", "new"),
    Shown("event-over", "/events/{consensus}", "eva"),
    Shown("event-long", "/events/{long}", "neza"),
    Shown("ballot", "/events/{meadow}/vote", "eva"),
    Shown("ballot-refused", "/events/{meadow}/vote", "eva", press("Cast my ballot")),
    Shown("ballot-chosen", "/events/{meadow}/vote", "eva", _answers),
    Shown("ballot-cast", "/events/{meadow}/vote", "thordis"),
    Shown("results-open-ballots", "/events/{night}/results", "lukasz"),
    Shown("ballot-not-on-roll", "/events/{meadow}/vote", "new"),
    Shown("ballot-closed", "/events/{consensus}/vote", "thordis"),
    Shown("ballot-long", "/rsvp/{at-stretched}/vote"),
    Shown("results-voted", "/events/{meadow}/results", "thordis"),
    Shown("results-not-voted", "/events/{meadow}/results", "eva"),
    Shown("results-settled", "/events/{consensus}/results", "thordis"),
    Shown("results-long", "/events/{long}/results", "neza"),
    Shown("account", "/account", "thordis"),
    Shown("account-refused", "/account", "thordis", write(press("Save"), name="", eth_address="0x12")),
    Shown("account-delete", "/account", "thordis", unfold("Delete my account")),
    Shown("sessions", "/account/sessions", "neza"),
    Shown("tokens", "/account/tokens", "neza"),
    Shown("tokens-none", "/account/tokens", "new"),
    Shown("tokens-refused", "/account/tokens", "new", press("Make it")),
    Shown("tokens-revoke", "/account/tokens", "neza", unfold("Revoke")),
    Shown("tokens-made", "/account/tokens", "thordis", _token),
    Shown("tokens-stale", "/account/tokens", "rested"),
    Shown("confirm-password", "/account/confirm?next=/account", "thordis"),
    Shown("invitations-of-mine", "/invitations", "neza"),
    Shown("invitations-of-mine-none", "/invitations", "new"),
    Shown("companies", "/companies", "neza"),
    Shown("companies-none", "/companies", "new"),
    Shown("company-new", "/companies/new", "neza"),
    Shown("company-new-refused", "/companies/new", "neza", press("Make it")),
    Shown("event-no-company", "/events/new", "new"),
    # an organiser
    Shown("company", "/companies/pod-lipo", "neza"),
    Shown("company-alone", "/companies/pod-lipo?below=no", "neza"),
    Shown("company-at-the-door", "/companies/pod-lipo", "ana"),
    Shown("company-children", "/companies/pod-lipo/companies", "neza"),
    Shown("company-children-none", "/companies/{shed}/companies", "neza"),
    Shown("company-settings", "/companies/pod-lipo/settings", "neza"),
    Shown("company-settings-refused", "/companies/pod-lipo/settings", "neza", write(press("Save"), name="")),
    Shown("company-settings-move-refused", "/companies/{cellar}/settings", "neza", _to_the_top),
    Shown("company-settings-delete", "/companies/{shed}/settings", "neza", unfold("Delete this company")),
    Shown("company-projects", "/companies/pod-lipo/projects", "neza", unfold("archived project")),
    Shown("company-projects-refused", "/companies/pod-lipo/projects", "neza", write(press("Make it"), name="")),
    Shown("company-projects-at-the-door", "/companies/pod-lipo/projects", "ana"),
    Shown("company-project", "/companies/pod-lipo/projects/{apples}", "neza"),
    Shown("company-project-past", "/companies/pod-lipo/projects/{apples}?when=past", "neza"),
    Shown("company-project-revoke", "/companies/pod-lipo/projects/{apples}", "neza", unfold("Revoke the link")),
    Shown("company-project-archived", "/companies/pod-lipo/projects/{pears}", "neza"),
    Shown("company-project-at-the-door", "/companies/pod-lipo/projects/{apples}", "ana"),
    Shown("company-people", "/companies/pod-lipo/people", "neza"),
    Shown("company-people-more", "/companies/pod-lipo/people", "neza", _member),
    Shown("company-people-programs", "/companies/pod-lipo/people", "neza", _programs),
    Shown("company-people-take-out", "/companies/pod-lipo/people", "neza", _take_out),
    Shown("company-people-last-owner", "/companies/pod-lipo/people", "neza", _nobody),
    Shown("company-people-below", "/companies/pod-lipo/people?where=below", "neza"),
    Shown("company-people-from-above", "/companies/kuhinja/people", "neza"),
    Shown("company-people-at-the-door", "/companies/pod-lipo/people", "ana"),
    Shown("company-people-nobody-found", "/companies/pod-lipo/people?search=zzz", "neza"),
    Shown("company-people-history", "/companies/pod-lipo/people/history", "neza"),
    Shown("company-offboard", "/companies/pod-lipo/offboard/{account-maja}", "neza"),
    Shown(
        "company-offboard-refused",
        "/companies/pod-lipo/offboard/{account-maja}",
        "neza",
        press("Offboard Maja Črnigoj now"),
    ),
    Shown("company-people-refused", "/companies/pod-lipo/people", "neza", press("Send the invitation")),
    Shown("company-mail", "/companies/pod-lipo/mail", "neza"),
    Shown("company-mail-failed", "/companies/pod-lipo/mail?state=failed", "neza"),
    Shown("company-mail-again", "/companies/pod-lipo/mail?state=failed", "neza", unfold("Try all again")),
    Shown("company-mail-nothing-found", "/companies/pod-lipo/mail?search=zzz", "neza"),
    Shown("company-mail-one-failed", "/companies/pod-lipo/mail/{mail-failed}", "neza"),
    Shown("company-mail-one-sent", "/companies/pod-lipo/mail/{mail-sent}", "neza"),
    Shown("company-apps", "/companies/pod-lipo/apps", "neza"),
    Shown("company-apps-none", "/companies/kuhinja/apps", "neza"),
    Shown("company-apps-refused", "/companies/pod-lipo/apps", "neza", press("Register it")),
    Shown("company-app", "/companies/pod-lipo/apps/{app-used}", "neza"),
    Shown("company-app-change-key", "/companies/pod-lipo/apps/{app-used}", "neza", unfold("Change the key")),
    Shown("company-app-revoke", "/companies/pod-lipo/apps/{app-used}", "neza", unfold("Revoke this app")),
    Shown("company-app-revoked", "/companies/pod-lipo/apps/{app-revoked}", "neza"),
    Shown("company-app-key", "/companies/pod-lipo/apps", "neza", _app),
    Shown("company-journal", "/companies/pod-lipo/journal", "neza"),
    Shown("company-journal-event", "/companies/pod-lipo/journal?thing=event&id={meadow}", "neza"),
    Shown("company-journal-found", "/companies/pod-lipo/journal?search=a&from=2026-13-40", "neza"),
    Shown("company-journal-nothing", "/companies/pod-lipo/journal?search=zzz", "neza"),
    Shown("event-new", "/events/new", "neza"),
    Shown("event-new-rule", "/events/new", "neza", unfold("The rule of the vote")),
    Shown("event-new-refused", "/events/new", "neza", _lots),
    Shown("event-organised", "/events/{meadow}", "neza"),
    Shown("event-fresh", "/events/{fresh}", "neza"),
    Shown("event-draft", "/events/{draft}", "neza"),
    Shown("event-cancel", "/events/{meadow}", "neza", unfold("Cancel event")),
    Shown("event-edit", "/events/{draft}/edit", "neza"),
    Shown("event-edit-frozen", "/events/{meadow}/edit", "neza"),
    Shown("guests", "/events/{meadow}/guests", "neza"),
    Shown("guests-more", "/events/{meadow}/guests?status=no", "neza", _more),
    Shown("guests-ticked", "/events/{meadow}/guests?status=no", "neza", _ticks),
    Shown("guests-mail-trouble", "/events/{meadow}/guests?status=trouble", "neza"),
    Shown("guests-nobody-found", "/events/{meadow}/guests?search=zzz", "neza"),
    Shown("guests-none", "/events/{fresh}/guests", "neza"),
    Shown("guests-of-draft", "/events/{draft}/guests", "neza"),
    Shown("guests-long", "/events/{long}/guests", "neza"),
    Shown("guests-refused", "/events/{fresh}/guests", "neza", write(press("Add"), email="nobody")),
    Shown(
        "guests-lines",
        "/events/{fresh}/guests",
        "neza",
        write(press("Add them"), lines="nobody\nAna <ana@\n" + LONGER),
    ),
    Shown("guest", "/events/{meadow}/guests/{guest-party}", "neza"),
    Shown("guest-long", "/events/{long}/guests/{guest-stretched}", "neza"),
    Shown("guest-edit", "/events/{meadow}/guests/{guest-party}/edit", "neza"),
    Shown("guest-remove", "/events/{meadow}/guests/remove?guest={guest-party}", "neza"),
    Shown("guests-message", "/events/{meadow}/guests/message", "neza"),
    Shown("guests-message-refused", "/events/{meadow}/guests/message", "neza", press("Send")),
    Shown("invitations", "/events/{meadow}/invitations", "neza"),
    Shown("invitations-none", "/events/{fresh}/invitations", "neza"),
    Shown("invitations-refused", "/events/{fresh}/invitations", "neza", write(press("Make links"), count="900")),
    Shown("results-organiser", "/events/{meadow}/results", "neza"),
    Shown("results-open-vote", "/events/{counting}/results", "neza"),
    Shown("results-no-consensus", "/events/{divided}/results", "neza"),
    Shown("results-settled-organiser", "/events/{consensus}/results", "neza"),
    # the door
    Shown("door", "/events/{meadow}/guests", "ana"),
    Shown("door-over", "/events/{consensus}/guests", "ana"),
    Shown("not-allowed", "/events/{meadow}/edit", "eva", status=403),
    # the site
    Shown("admin", "/admin", "neza"),
    Shown("admin-accounts", "/admin/accounts", "neza"),
    Shown("admin-accounts-nobody", "/admin/accounts?search=zzz", "neza"),
    Shown("admin-account", "/admin/accounts/{account-eva}", "neza"),
    Shown("admin-account-own", "/admin/accounts/{account-neza}", "neza"),
    Shown("admin-account-unconfirmed", "/admin/accounts/{account-unproven}", "neza"),
    Shown("admin-account-disabled", "/admin/accounts/{account-off}", "neza"),
    Shown("admin-account-disable", "/admin/accounts/{account-eva}", "neza", unfold("Disable")),
    Shown("admin-companies", "/admin/companies", "neza"),
    Shown("admin-events", "/admin/events", "neza"),
    Shown("admin-events-drafts", "/admin/events?state=draft", "neza"),
    Shown("admin-settings", "/admin/settings", "neza"),
    Shown(
        "admin-settings-refused",
        "/admin/settings",
        "neza",
        write(press("Save"), name="", allowed_domains="no domain", imprint_url="lipa", limit_pages="1/day"),
    ),
    Shown("admin-health", "/admin/health", "neza"),
    Shown("admin-mail", "/admin/mail", "neza"),
    Shown("admin-mail-failed", "/admin/mail/{mail-failed}", "neza"),
    Shown("admin-journal", "/admin/journal", "neza"),
    Shown("admin-journal-person", "/admin/journal?person={neza-id}", "neza"),
    Shown("admin-mail-sent", "/admin/mail/{mail-sent}", "neza"),
)


@dataclasses.dataclass
class Visit:
    """A page that stands open, and what it complained about so far."""

    page: Page
    ears: Ears
    status: int


class Visitors:
    """The people of a house, each with a browser and one page in it: a page of its own for each visit takes long."""

    def __init__(self, browser: Browser, address: str, furnished: Furnished) -> None:
        self.browser, self.address, self.furnished = browser, address, furnished
        self._at: dict[str | None, tuple[Page, Ears]] = {}

    def _browser_of(self, who: str | None) -> tuple[Page, Ears]:
        if who not in self._at:
            context = opened(self.browser)
            if who is not None:
                secret = self.furnished.sessions[who]
                context.add_cookies([{"name": "identity", "value": secret, "url": self.address}])
            page = context.new_page()
            self._at[who] = page, Ears(page)
        return self._at[who]

    def visit(self, shown: Shown, *, width: int = PHONE, scheme: str = "light") -> Visit:
        """Open a page as it is to be seen."""
        page, ears = self._browser_of(shown.who)
        ears.heard.clear()
        wear(page, width, scheme)
        answer = page.goto(self.address + shown.path.format_map(self.furnished.values), wait_until="load")
        assert answer is not None
        if shown.act is not None:
            shown.act(page)
        return Visit(page, ears, answer.status)

    def close(self) -> None:
        """Close all browsers."""
        for page, _ears in self._at.values():
            page.context.close()


def wear(page: Page, width: int, scheme: str) -> None:
    """Make the window so wide, and light or dark."""
    page.set_viewport_size({"width": width, "height": HEIGHT[width]})
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light", reduced_motion="reduce")
