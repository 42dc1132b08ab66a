"""The main job, told once: from a fresh house to a consensus, as people read and press it.

Every person has a browser of their own. What they get by e-mail they open as their mail reader shows it, and follow.
"""

import dataclasses
import datetime as dt
import re
import zoneinfo

from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.chrome import Ears, opened
from tests.browser.house import House
from tests.smtp import body

ZONE = zoneinfo.ZoneInfo("Europe/Ljubljana")
PASSWORD = "a long and quiet evening"
TITLE = "Žive meje: who mows the common meadow"
QUESTION = "When do we mow next year?"
ANSWERS = ("Once, in late September", "In strips, all summer", "Not at all")
RULE = "As soon as the rule is met"
CLOCK = re.compile(r"\b\d{1,2}:\d{2}\b")


@dataclasses.dataclass
class Person:
    """Somebody, and what stands in front of them."""

    name: str
    email: str
    page: Page
    house: House

    def goes(self, path: str) -> None:
        self.page.goto(path if path.startswith("http") else f"{self.house.address}{path}")

    def reads(self, *texts: str | re.Pattern[str]) -> None:
        """See each of `texts` on the page."""
        for text in texts:
            expect(self.page.get_by_text(text).filter(visible=True).first).to_be_visible()

    def heads(self, title: str | re.Pattern[str]) -> None:
        """See the page under that heading."""
        expect(self.page.get_by_role("heading", name=title).first).to_be_visible()

    def fills(self, typed: dict[str, str], within: Locator | None = None) -> None:
        """Type into the fields with these labels."""
        for label, text in typed.items():
            (within or self.page).get_by_label(label, exact=True).first.fill(text)

    def presses(self, name: str, within: Locator | None = None) -> None:
        (within or self.page).get_by_role("button", name=name, exact=True).first.click()

    def follows(self, name: str | re.Pattern[str], within: Locator | None = None) -> None:
        (within or self.page).get_by_role("link", name=name).first.click()

    def opens_mail(self, about: str, does: str) -> None:
        """Open the newest e-mail about that, and press the one thing it asks for."""
        letter = self.house.mails.letter(self.email, about)
        self.page = self.page.context.new_page()
        self.page.set_content(body(letter, "html"))
        self.page.get_by_role("link", name=does, exact=True).click()

    def signs_in(self) -> None:
        self.goes("/login")
        self.fills({"E-mail": self.email, "Password": PASSWORD})
        self.presses("Sign in")


class Story:
    """The walk, chapter by chapter; what one chapter leaves, the next begins with."""

    def __init__(self, house: House, browser: Browser, *, scripts: bool) -> None:
        self.house = house
        self.scripts = scripts
        self.ears: list[Ears] = []
        self._browser = browser
        self._contexts = []
        self.neza = self._person("Neža", "neza@lipa.example.org")
        self.tomaz = self._person("Tomaž", "tomaz@lipa.example.org")
        self.olena = self._person("Olena Kovalenko", "olena@lipa.example.org", width=390)
        self.rui = self._person("Rui Ferreira", "rui@lipa.example.org", width=390)
        self.leila = self._person("Leila", "leila@lipa.example.org", width=390)
        self.event = ""
        self.link = ""

    def _person(self, name: str, email: str, *, width: int = 1280) -> Person:
        context = opened(self._browser, width=width, scripts=self.scripts)
        self._contexts.append(context)
        self.ears.append(Ears(context))
        return Person(name, email, context.new_page(), self.house)

    def ends(self) -> list[str]:
        """Close all browsers; return what any page complained about."""
        for context in self._contexts:
            context.close()
        return [complaint for ears in self.ears for complaint in ears.heard]

    def tell(self) -> None:
        self.the_site_is_set_up()
        self.somebody_registers()
        self.an_event_is_published()
        self.guests_are_listed_and_invited()
        self.a_link_for_one_is_made()
        self.a_guest_answers_from_the_mail()
        self.another_says_no()
        self.somebody_accepts_the_link_and_gets_a_login()
        self.the_guest_votes_from_the_personal_link()
        self.the_account_votes_and_the_consensus_is_reached()
        self.everybody_sees_the_consensus()
        self.the_organiser_sees_every_timestamp()

    def the_site_is_set_up(self) -> None:
        neza = self.neza
        neza.goes("/")
        neza.heads("Set up this Folkmoot")
        neza.goes(self.house.says(r"http://\S+/setup\?code=\w+"))
        neza.fills({"Your name": neza.name, "Your e-mail": neza.email})
        neza.fills({"Password": PASSWORD, "Your company": "Zadruga Pod lipo"})
        neza.presses("Begin")
        neza.reads("Neža, nothing is asked of you now")

    def somebody_registers(self) -> None:
        tomaz = self.tomaz
        tomaz.goes("/")
        tomaz.follows("Start an event")
        tomaz.heads("Make an account")
        tomaz.fills({"Name": tomaz.name, "E-mail": tomaz.email, "Password": PASSWORD})
        tomaz.presses("Make my account")
        tomaz.heads("Look into your mailbox")
        tomaz.opens_mail("confirm your e-mail address", "Confirm my address")
        tomaz.reads(tomaz.email)
        tomaz.presses("Yes, this is my address")
        tomaz.reads("Your address is confirmed. Welcome!")
        tomaz.page.locator("summary").filter(has_text="your account").click()
        tomaz.presses("Sign out")
        tomaz.reads("You are signed out.")
        tomaz.signs_in()
        tomaz.heads("Tomaž, nothing is asked of you now")

    def an_event_is_published(self) -> None:
        tomaz, page = self.tomaz, self.tomaz.page
        tomorrow = dt.datetime.now(ZONE) + dt.timedelta(days=1)
        tomaz.follows("Start an event")
        tomaz.heads("Start an event")
        tomaz.fills(
            {
                "Title": TITLE,
                "What it is about": "We begin with **soup**.",
                "Place": "Stara elektrarna, Ljubljana",
                "Starts": f"{tomorrow:%Y-%m-%d}T18:00",
                "Ends": f"{tomorrow:%Y-%m-%d}T22:00",
                "Places": "12",
                "Question": QUESTION,
                "Answers, one a line": "\n".join(ANSWERS),
            }
        )
        page.get_by_label("Time zone of the place").select_option("Europe/Ljubljana")
        page.get_by_text("The rule of the vote").click()
        tomaz.fills({"Ballots needed": "2"})
        page.get_by_label(RULE).check()
        page.get_by_label("While voting runs").check()
        tomaz.presses("Publish")
        tomaz.reads("Your event is published.", "Nobody is invited yet", QUESTION, *ANSWERS)
        tomaz.heads(TITLE)
        self.event = page.url

    def guests_are_listed_and_invited(self) -> None:
        tomaz = self.tomaz
        tomaz.follows("Invite guests")
        lines = [f"{person.name} <{person.email}>" for person in (self.olena, self.rui)]
        tomaz.fills({"Many at once": "\n".join([*lines, "Ana Kovač <ana@lipa.example.org>"])})
        tomaz.presses("Add them")
        tomaz.reads("3 guests are on the list now.")
        tomaz.presses("Invite the rest")
        tomaz.reads("3 invitations are on their way.")

    def a_link_for_one_is_made(self) -> None:
        tomaz = self.tomaz
        tomaz.goes(self.event)
        tomaz.follows("Invitations")
        tomaz.presses("Make links")
        tomaz.reads("Your link is ready.")
        self.link = tomaz.page.get_by_label("The link").first.input_value()
        assert "/invite/" in self.link

    def a_guest_answers_from_the_mail(self) -> None:
        olena = self.olena
        olena.opens_mail("will you come?", "Give my answer")
        olena.heads(TITLE)
        olena.reads("Stara elektrarna, Ljubljana", re.compile("18:00"))
        olena.presses("Yes, I’ll come")
        olena.heads("You’ll come: how many of you?")
        olena.fills(
            {"How many of you come": "2", "Who comes with you": "Danylo Kovalenko", "A note": "We bring a cake."}
        )
        olena.presses("Yes, I’ll come")
        olena.reads("Your answer is noted: you’re coming.", re.compile("Admits Olena Kovalenko and one companion"))
        self.house.mails.letter(olena.email, "You’re coming")

    def another_says_no(self) -> None:
        rui = self.rui
        rui.opens_mail("will you come?", "Give my answer")
        rui.presses("No, I can’t")
        rui.presses("No, I can’t come")
        rui.reads("Your answer is noted: you’re not coming.", "Thank you for telling us")

    def somebody_accepts_the_link_and_gets_a_login(self) -> None:
        leila = self.leila
        leila.goes(self.link)
        leila.heads(TITLE)
        leila.reads(re.compile("Tomaž"), re.compile("This invitation is for one person"))
        leila.page.get_by_text("Make an account with it").click()
        form = leila.page.locator("form").filter(has=leila.page.get_by_label("Choose a password"))
        leila.fills({"Your name": leila.name, "E-mail": leila.email, "Choose a password": PASSWORD}, form)
        leila.presses("Accept with a new account", form)
        leila.heads("Look into your mailbox")
        somebody_else = self.rui.page
        assert somebody_else.goto(self.link).status == 404, "the link is held until the address is proven"
        leila.opens_mail("confirm your e-mail address", "Confirm my address")
        leila.presses("Yes, this is my address")
        leila.heads(TITLE)
        leila.presses("Yes")
        leila.reads(re.compile("You’re coming|you’re coming"))

    def the_guest_votes_from_the_personal_link(self) -> None:
        olena = self.olena
        olena.opens_mail("You’re coming", "To my page")
        olena.reads("You are on the roll: your vote is open")
        olena.follows("Open the ballot")
        self._votes(olena)
        olena.reads("Your ballot is cast. A consensus is not reached yet.", "Your receipt")
        olena.heads("Voting is open")

    def the_account_votes_and_the_consensus_is_reached(self) -> None:
        leila = self.leila
        leila.goes("/")
        leila.follows(re.compile("Open the ballot"))
        self._votes(leila)
        leila.reads("Your ballot is cast, and a consensus is reached with it.", "Your receipt")

    def _votes(self, person: Person) -> None:
        person.heads("Ballot")
        person.reads(QUESTION, re.compile("at least two ballots|at least 2 ballots", re.IGNORECASE))
        person.page.get_by_role("radio", name=ANSWERS[0]).check(force=True)
        person.presses("Cast my ballot")

    def everybody_sees_the_consensus(self) -> None:
        self.olena.page.reload()
        self.tomaz.goes(self.event)
        self.tomaz.follows("Results")
        for person in (self.leila, self.olena, self.tomaz):
            person.reads("Consensus reached", "Reached with ballot number 2.")
            person.heads(ANSWERS[0])

    def the_organiser_sees_every_timestamp(self) -> None:
        tomaz, page = self.tomaz, self.tomaz.page
        tomaz.goes(self.event)
        tomaz.follows("Guests")
        for name, answer in ((self.olena.name, "Coming"), (self.rui.name, "Not coming"), (self.leila.name, "Coming")):
            row = page.get_by_role("row").filter(has_text=name)
            expect(row).to_contain_text(answer)
            expect(row).to_contain_text(CLOCK)
        olena = page.get_by_role("row").filter(has_text=self.olena.name)
        expect(olena).to_contain_text("and one companion")
        expect(olena).to_contain_text("Confirmation sent")
        olena.get_by_role("link", name=self.olena.name).click()
        tomaz.presses("Check in")
        page.get_by_role("link", name=self.olena.name).click()
        expected = ["Put on the list", "Invited", *(["Opened"] if self.scripts else []), "Answered", "Checked in"]
        self._happened(*expected)
        tomaz.reads("Danylo Kovalenko", "We bring a cake.")
        tomaz.goes(page.url.rsplit("/", 1)[0])
        page.get_by_role("link", name=self.leila.name).click()
        self._happened("Put on the list", "Answered", "Joined with an account")

    def _happened(self, *what: str) -> None:
        for words in what:
            row = self.tomaz.page.get_by_role("row").filter(has_text=words)
            expect(row).to_contain_text(CLOCK)
