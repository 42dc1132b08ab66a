"""An owner's walk: a tree of three companies, one of each role, and everybody sees just what is theirs.

Every person has a browser of their own and comes in by the e-mail that invites them. One of them is offboarded through
the page, with the event handed over, and the very next click in the page that still stands open is refused.
"""

import datetime as dt
import pathlib
import re

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.chrome import PHONE, Ears, opened, sticking_out
from tests.browser.house import House, standing
from tests.browser.story import PASSWORD, ZONE, Person

pytestmark = [pytest.mark.browser]

LIPA, KITCHEN, GARDEN = "Zveza Lipa", "Kuhinja", "Vrt"
PATHS = {LIPA: "/companies/zveza-lipa", KITCHEN: "/companies/kuhinja", GARDEN: "/companies/vrt"}
SUPPER, HARVEST = "Supper for the whole street", "Apples and pears"
EVERYBODYS = ["Overview", "Projects", "People", "Companies"]
ADMINISTRATORS = [*EVERYBODYS, "Mail", "Apps", "Journal"]
OWNERS = [*ADMINISTRATORS, "Settings"]
ROOMS = {
    "Overview": "",
    "Projects": "/projects",
    "People": "/people",
    "Companies": "/companies",
    "Mail": "/mail",
    "Apps": "/apps",
    "Journal": "/journal",
    "Settings": "/settings",
}


class Walk:
    """The walk, chapter by chapter; what one chapter leaves, the next begins with."""

    def __init__(self, house: House, browser: Browser) -> None:
        self.house = house
        self._browser = browser
        self._contexts = []
        self.ears: list[Ears] = []
        self.neza = self._person("Neža", "neza@lipa.example.org")
        self.tomaz = self._person("Tomaž", "tomaz@lipa.example.org")
        self.olena = self._person("Olena", "olena@lipa.example.org")
        self.rui = self._person("Rui", "rui@lipa.example.org")
        self.leila = self._person("Leila", "leila@lipa.example.org", width=PHONE)
        self.events: dict[str, str] = {}

    def _person(self, name: str, email: str, *, width: int = 1280) -> Person:
        context = opened(self._browser, width=width)
        self._contexts.append(context)
        self.ears.append(Ears(context))
        return Person(name, email, context.new_page(), self.house)

    def ends(self) -> list[str]:
        """Close all browsers; return what any page complained about."""
        for context in self._contexts:
            context.close()
        return [complaint for ears in self.ears for complaint in ears.heard]

    # ---- what people do

    def _status(self, person: Person, path: str) -> int:
        """What answers where somebody types an address."""
        answer = person.page.goto(f"{self.house.address}{path}")
        assert answer is not None
        return answer.status

    def _fits(self, person: Person) -> None:
        assert sticking_out(person.page) == [], person.page.url

    def _invites(self, company: str, guest: Person, role: str) -> None:
        neza = self.neza
        neza.goes(f"{PATHS[company]}/people")
        neza.fills({"E-mail": guest.email})
        neza.page.get_by_label("As", exact=True).select_option(role)
        neza.presses("Send the invitation")
        neza.reads(f"{guest.email} is invited.")

    def _accepts(self, person: Person, company: str) -> None:
        person.opens_mail(f"invites you to {company}", "See the invitation")
        person.heads(f"Neža invites you to {company}")
        expect(person.page.get_by_label("E-mail")).to_have_value(person.email)
        person.fills({"Your name": person.name, "Choose a password": PASSWORD})
        person.presses("Accept with a new account")
        person.reads("You accepted the invitation. Welcome!")
        person.heads(company)

    def _starts(self, person: Person, company: str, title: str) -> None:
        tomorrow = dt.datetime.now(ZONE) + dt.timedelta(days=1)
        person.goes(PATHS[company])
        person.follows("Start an event")
        person.fills({"Title": title, "Starts": f"{tomorrow:%Y-%m-%d}T18:00", "Ends": f"{tomorrow:%Y-%m-%d}T22:00"})
        person.presses("Publish")
        person.reads("Your event is published.")
        self.events[title] = person.page.url.removeprefix(self.house.address)

    def _has(self, person: Person, company: str, rooms: list[str]) -> None:
        """See these rooms at the side of a company, and no others; what is not there is refused."""
        person.goes(PATHS[company])
        side = person.page.get_by_role("navigation", name=company)
        expect(side.get_by_role("link")).to_have_text(rooms)
        for room, path in ROOMS.items():
            assert self._status(person, PATHS[company] + path) == (200 if room in rooms else 403), room

    def _knows_nothing_of(self, person: Person, *companies: str) -> None:
        for company in companies:
            for path in ROOMS.values():
                assert self._status(person, PATHS[company] + path) == 404, (company, path)

    def _lists(self, person: Person, *companies: str) -> None:
        """Find these companies in one's list, and no others."""
        person.goes("/companies")
        rows = person.page.get_by_role("table").get_by_role("rowheader")
        expect(rows.get_by_role("link")).to_have_text(list(companies))

    def _finds(self, person: Person, *titles: str) -> None:
        """Find these events in the list and by their addresses, and no others."""
        person.goes("/events")
        for title, path in self.events.items():
            there = person.page.get_by_role("link", name=title)
            expect(there).to_have_count(1 if title in titles else 0)
            person.goes("/events")
            assert self._status(person, path) == (200 if title in titles else 404), title
            person.goes("/events")

    # ---- the chapters

    def tell(self) -> None:
        self.the_owner_builds_a_tree()
        self.one_of_each_role_is_invited_and_comes()
        self.everybody_sees_what_is_theirs()
        self.one_is_offboarded()
        self.the_next_click_is_refused()
        self.what_was_theirs_is_with_somebody_else()

    def the_owner_builds_a_tree(self) -> None:
        neza = self.neza
        neza.goes(self.house.says(r"http://\S+/setup\?code=\w+"))
        neza.fills({"Your name": neza.name, "Your e-mail": neza.email})
        neza.fills({"Password": PASSWORD, "Your company": LIPA})
        neza.presses("Begin")
        for name in (KITCHEN, GARDEN):
            neza.goes(PATHS[LIPA])
            neza.page.get_by_role("navigation", name=LIPA).get_by_role("link", name="Companies").click()
            neza.follows("Make a company")
            expect(neza.page.get_by_label("Part of")).to_have_value("zveza-lipa")
            neza.fills({"Name": name})
            neza.presses("Make it")
            neza.reads(f"{name} is made.")
        neza.goes(f"{PATHS[LIPA]}/companies")
        tree = neza.page.get_by_role("table").get_by_role("rowheader")
        expect(tree.get_by_role("link")).to_have_text([KITCHEN, GARDEN])
        self._lists(neza, KITCHEN, GARDEN, LIPA)

    def one_of_each_role_is_invited_and_comes(self) -> None:
        self._invites(KITCHEN, self.olena, "administrator")
        self._invites(KITCHEN, self.rui, "organiser")
        self._invites(KITCHEN, self.leila, "doorkeeper")
        self._invites(GARDEN, self.tomaz, "owner")
        for person, company in (
            (self.olena, KITCHEN),
            (self.rui, KITCHEN),
            (self.leila, KITCHEN),
            (self.tomaz, GARDEN),
        ):
            self._accepts(person, company)
        self._starts(self.rui, KITCHEN, SUPPER)
        self._starts(self.tomaz, GARDEN, HARVEST)

    def everybody_sees_what_is_theirs(self) -> None:
        for company in (LIPA, KITCHEN, GARDEN):
            self._has(self.neza, company, OWNERS)
        self._finds(self.neza, SUPPER, HARVEST)
        for person, rooms in ((self.olena, ADMINISTRATORS), (self.rui, EVERYBODYS), (self.leila, EVERYBODYS)):
            self._has(person, KITCHEN, rooms)
            self._lists(person, KITCHEN)
            self._knows_nothing_of(person, LIPA, GARDEN)
            self._finds(person, SUPPER)
        self._has(self.tomaz, GARDEN, OWNERS)
        self._lists(self.tomaz, GARDEN)
        self._knows_nothing_of(self.tomaz, LIPA, KITCHEN)
        self._finds(self.tomaz, HARVEST)
        self._addresses_are_for_those_who_manage_people()
        self._the_door_is_a_door()

    def _addresses_are_for_those_who_manage_people(self) -> None:
        for person, sees in ((self.olena, 1), (self.rui, 0), (self.leila, 0)):
            person.goes(f"{PATHS[KITCHEN]}/people")
            person.reads("Olena", "Rui", "Leila", re.compile("Owner through Zveza Lipa"))
            expect(person.page.get_by_text("rui@lipa.example.org")).to_have_count(sees)
            expect(person.page.get_by_role("button", name="Send the invitation")).to_have_count(sees)
            expect(person.page.get_by_text("Tomaž")).to_have_count(0)
        # whoever appoints no owners is not offered to
        self.olena.goes(f"{PATHS[KITCHEN]}/people")
        offered = self.olena.page.get_by_label("As", exact=True).get_by_role("option")
        assert [text.split(":")[0] for text in offered.all_inner_texts()] == [
            "Doorkeeper",
            "Organiser",
            "Administrator",
        ]

    def _the_door_is_a_door(self) -> None:
        """On the phone at the door: every room fits, and there is nothing to change."""
        leila = self.leila
        for room in EVERYBODYS:
            leila.goes(PATHS[KITCHEN] + ROOMS[room])
            self._fits(leila)
        leila.goes(self.events[SUPPER])
        leila.heads(SUPPER)
        assert self._status(leila, f"{self.events[SUPPER]}/edit") == 403
        assert self._status(leila, f"{self.events[SUPPER]}/guests") == 200
        self._fits(leila)

    def one_is_offboarded(self) -> None:
        neza, page = self.neza, self.neza.page
        self.rui.goes(PATHS[KITCHEN])
        neza.goes(f"{PATHS[LIPA]}/people")
        neza.follows(re.compile("Here and below"))
        page.get_by_label("More about Rui", exact=True).click()
        page.get_by_role("listitem").filter(has_text="Rui").get_by_role("link", name="Offboard").click()
        neza.heads("Offboard Rui")
        neza.reads("One role", "One browser signed in", "Host of one event", SUPPER)
        page.set_viewport_size({"width": PHONE, "height": 844})
        self._fits(neza)
        page.set_viewport_size({"width": 1280, "height": 900})
        neza.presses("Offboard Rui now")
        neza.reads("Please choose who takes over the events.")
        page.get_by_label("Hand over to").select_option(label="Olena")
        neza.presses("Offboard Rui now")
        neza.reads(re.compile("Rui is offboarded: .*1 event handed over"))

    def the_next_click_is_refused(self) -> None:
        rui, page = self.rui, self.rui.page
        # the page stands open as it was; the next click
        page.get_by_role("navigation", name=KITCHEN).get_by_role("link", name="People").click()
        rui.heads("Sign in")
        assert page.url.startswith(f"{self.house.address}/login")
        rui.signs_in()
        rui.heads(re.compile("Rui, nothing is asked of you now"))
        self._knows_nothing_of(rui, LIPA, KITCHEN, GARDEN)
        self._finds(rui)
        for path in ("", "/guests", "/edit", "/invitations"):
            assert self._status(rui, self.events[SUPPER] + path) == 404, path
        rui.goes("/companies")
        rui.heads("No company yet")

    def what_was_theirs_is_with_somebody_else(self) -> None:
        olena = self.olena
        olena.goes(self.events[SUPPER])
        olena.reads(re.compile("Hosted by.*Olena.*for.*Kuhinja"))
        olena.goes(f"{PATHS[KITCHEN]}/people")
        expect(olena.page.get_by_role("heading", name="Rui")).to_have_count(0)
        olena.goes(f"{PATHS[KITCHEN]}/people/history")
        expect(olena.page.get_by_role("row").filter(has_text="Rui")).to_contain_text("Neža")
        for person, company, told in ((olena, KITCHEN, 0), (self.neza, LIPA, 1)):
            person.goes(f"{PATHS[company]}/journal")
            entries = person.page.get_by_role("main").get_by_role("listitem")
            expect(entries.filter(has_text=re.compile("Neža.*took a role away.*Rui", re.DOTALL)).first).to_be_visible()
            # it was done in the company above, and that is where it is told
            expect(entries.filter(has_text="ended all that somebody held")).to_have_count(told)


def test_an_owner_builds_a_tree_and_everybody_sees_just_what_is_theirs(chromium: Browser, tmp_path: pathlib.Path):
    with standing(tmp_path) as house:
        walk = Walk(house, chromium)
        try:
            walk.tell()
        finally:
            complaints = walk.ends()
    assert complaints == []
