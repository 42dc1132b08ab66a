"""Every field of every form, filled with what does not belong there: an answer beside the field, never a breakdown."""

import dataclasses
import functools
import html.parser
import re
import urllib.parse

import pytest
from werkzeug.test import TestResponse

from tests.browsers import Browser
from tests.factories import PASSWORD
from tests.world import World

NASTY = {
    "nothing": "",
    "spaces": "   ",
    "a word": "perhaps",
    "a megabyte": "x" * 1_000_000,
    "NUL": "a\x00b",
    "emoji": "🌳👩‍👩‍👧‍👦",
    "right to left": "שלום \u202eolleh",
    "a script": "<script>alert(1)</script>",
    "a template": "{{7*7}}",
    "SQL": "'; DROP TABLE users; --",
    "a huge number": "9" * 400,
    "a negative number": "-1",
    "a far date": "9999-12-31T23:59",
    "half a character": "\udcff",
}


# What a person would fill in where a page leaves it empty, so that one bad field is the only one.
FILLED = {
    "answers": "Under the tree\nBy the river",
    "body": "Bring a chair.",
    "code": "0000",
    "count": "1",
    "current_password": PASSWORD,
    "email": "iva@example.org",
    "ends_at": "2090-05-01T20:00",
    "name": "Iva",
    "password": PASSWORD,
    "starts_at": "2090-05-01T18:00",
    "subject": "One more thing",
    "text": "Where do we meet?",
    "title": "A walk",
}


@dataclasses.dataclass
class Form:
    """One form of a page, and the buttons it may be sent with."""

    action: str
    method: str = "get"
    fields: list[tuple[str, str]] = dataclasses.field(default_factory=list)
    buttons: list[tuple[str, str]] = dataclasses.field(default_factory=list)

    def ways(self) -> list["Form"]:
        """The form as each of its buttons sends it."""
        fields = [(name, value or FILLED.get(name.split("-")[-1], "")) for name, value in self.fields]
        return [Form(self.action, self.method, [*fields, *button]) for button in ([], *([b] for b in self.buttons))]


class Forms(html.parser.HTMLParser):
    """Reads the forms of a page as a browser would send them."""

    def __init__(self, address: str) -> None:
        super().__init__()
        self.address = address
        self.forms: list[Form] = []
        self._open: Form | None = None
        self._select = self._area = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._open = Form(given.get("action") or self.address, given.get("method", "get").lower())
            self.forms.append(self._open)
        if self._open is None:
            return
        name = given.get("name", "")
        kind = given.get("type", "submit" if tag == "button" else "text")
        if tag in {"input", "button"} and name and kind == "submit":
            self._open.buttons.append((name, given.get("value", "")))
        elif tag == "input" and name and kind in {"radio", "checkbox"}:
            if "checked" in given or name not in dict(self._open.fields):
                self._open.fields = [f for f in self._open.fields if f[0] != name]
                self._open.fields.append((name, given.get("value", "on")))
        elif tag == "input" and name and kind != "file":
            self._open.fields.append((name, given.get("value", "")))
        elif tag == "select":
            self._select = name
        elif tag == "option" and self._select and ("selected" in given or self._select not in dict(self._open.fields)):
            self._open.fields = [f for f in self._open.fields if f[0] != self._select]
            self._open.fields.append((self._select, given.get("value", "")))
        elif tag == "textarea":
            self._area = name
            self._open.fields.append((name, ""))

    def handle_data(self, data: str) -> None:
        if self._area and self._open is not None:
            self._open.fields[-1] = (self._area, self._open.fields[-1][1] + data)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._open = None
        elif tag == "select":
            self._select = ""
        elif tag == "textarea":
            self._area = ""


@functools.cache
def forms_of(viewer: str, world: World) -> list[Form]:
    """Every form that `viewer` meets on any page, once."""
    world.restore()
    found: dict[tuple[str, str, str], Form] = {}
    browser = world.browser(viewer)
    for _, address in world.pages():
        response = browser.get(address)
        if response.mimetype == "text/html":
            parser = Forms(address)
            parser.feed(response.text)
            for way in [way for form in parser.forms for way in form.ways()]:
                found.setdefault((way.method, way.action, " ".join(name for name, _ in way.fields)), way)
    return [form for key, form in sorted(found.items())]


def send(browser: Browser, form: Form, fields: list[tuple[str, str]]) -> TestResponse:
    """Send a form as a browser would, but for what no browser would."""
    if form.method == "get":
        return browser.get(form.action + "?" + urllib.parse.urlencode(fields, errors="surrogateescape"))
    fields = [*[f for f in fields if f[0] != "csrf_token"], ("csrf_token", browser.csrf_token())]
    body = urllib.parse.urlencode(fields, errors="surrogateescape")
    kind = "application/x-www-form-urlencoded"
    return browser._ask("POST", form.action, data=body, content_type=kind)


def replaced(form: Form, name: str, value: str) -> list[tuple[str, str]]:
    """The fields of a form with `value` in those called `name`."""
    return [(n, value if n == name else v) for n, v in form.fields]


@pytest.mark.parametrize("viewer", ["nobody", "guest", "owner", "site"])
@pytest.mark.parametrize("what", NASTY)
def test_nothing_that_is_typed_breaks_a_page(world: World, viewer: str, what: str):
    typed = 0
    for form in forms_of(viewer, world):
        names = {name for name, _ in form.fields} - {"csrf_token"}
        for name in sorted(names):
            if form.method == "get" and len(NASTY[what]) > 10_000:
                continue  # no server reads an address that long
            world.restore()
            typed += 1
            response = send(world.browser(viewer), form, replaced(form, name, NASTY[what]))
            where = f"{viewer}: {form.action} {name}"
            assert response.status_code in {200, 303, 400, 403, 404, 409, 410, 413, 422}, (where, response.text)
            assert "<script>alert(1)" not in response.text, where
            assert not (what == "a template" and re.search(r"value=\"49\"|>49<", response.text)), where
    assert typed > 3


@pytest.mark.parametrize("viewer", ["nobody", "owner"])
def test_what_is_kept_of_it_harms_nobody_who_looks_later(world: World, viewer: str):
    harm = "<script>alert(1)</script>{{7*7}}"
    for form in [form for form in forms_of(viewer, world) if form.method == "post"]:
        for name in sorted({name for name, _ in form.fields} - {"csrf_token"}):
            send(world.browser(viewer), form, replaced(form, name, f"{dict(form.fields)[name]}{harm}"))
    for person in ("nobody", "guest", "owner", "site"):
        for _, address in world.pages():
            response = world.browser(person).get(address)
            assert response.status_code < 500, address
            if response.mimetype == "text/html":
                assert "<script>alert(1)" not in response.text, address
