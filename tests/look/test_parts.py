"""Every part of a page renders, says what it should, and holds no style, script or broken tie between its elements."""

import re
from html.parser import HTMLParser

import pytest

from tests.look.specimen_app import ROOT, make_specimen_app

PAGES = ["/", "/form", "/refused", "/invitation", "/board", "/captcha", "/error", "/trouble", "/arabic"]
VOID = {"meta", "link", "input", "br", "hr", "img", "path", "use", "rect", "line", "circle"}


class Page(HTMLParser):
    """What a browser would read: elements with their attributes, and whether each is closed where it should be."""

    def __init__(self, html):
        super().__init__()
        self.elements = []
        self.open = []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open, f"</{tag}> closes nothing"
        assert self.open.pop() == tag, f"</{tag}> closes another"

    def all(self, attribute):
        return [attributes[attribute] for _tag, attributes in self.elements if attribute in attributes]


@pytest.fixture(scope="module")
def client():
    return make_specimen_app().test_client()


@pytest.mark.parametrize("path", PAGES)
def test_every_page_is_well_formed_without_inline_style_or_script(client, path):
    html = client.get(path).text
    page = Page(html)
    assert page.open == []
    assert page.all("style") == []
    assert "<style" not in html
    assert re.findall(r"<script(?![^>]*\bsrc=)[^>]*>", html) == []
    assert [name for _tag, attributes in page.elements for name in attributes if name.startswith("on")] == []


@pytest.mark.parametrize("path", PAGES)
def test_labels_help_and_errors_are_tied_to_what_they_speak_of(client, path):
    page = Page(client.get(path).text)
    ids = page.all("id")
    assert len(ids) == len(set(ids))
    for attribute in ("for", "aria-describedby", "aria-labelledby"):
        for value in page.all(attribute):
            assert set(value.split()) <= set(ids), (attribute, value)
    for value in page.all("href"):
        assert not value.startswith("#") or value[1:] in ids


def test_the_title_begins_with_the_heading(client):
    for path in PAGES:
        html = client.get(path).text
        title = re.search(r"<title>(.*?) · Folkmoot</title>", html)[1]
        heading = re.search(r"(?s)<h1[^>]*>(.*?)</h1>", html)[1]
        if path != "/invitation":
            assert heading.startswith(title), path


def test_a_refused_form_says_what_was_wrong_beside_the_fields_and_on_top(client):
    page = client.get("/refused").text
    assert 'value="nobody@"' in page
    assert page.count("This is not an e-mail address") == 2
    assert 'aria-invalid="true"' in page
    assert 'aria-describedby="email-help email-error"' in page
    assert '<a href="#questions-0-answers">' in page
    assert "autofocus" in page
    assert 'value="2" ' in page.replace('value="2">', 'value="2" ')


def test_a_fresh_form_says_nothing_is_wrong(client):
    page = client.get("/form").text
    assert "aria-invalid" not in page
    assert "notice--trouble" not in page


def test_each_form_that_changes_something_carries_a_token(client):
    page = client.get("/").text
    for form in re.findall(r"(?s)<form[^>]*method=\"post\"[^>]*>.*?</form>", page):
        if "data-ticks" not in form and "ballot" not in form:
            assert 'name="csrf_token"' in form


def test_a_name_is_never_markup(client):
    app = make_specimen_app()
    with app.test_request_context("/"):
        person = app.jinja_env.get_template("components/person.html").module.person
        assert "<script>" not in person("<script>alert(1)</script>", 1, more="<b>")


def test_numbers_stand_beside_every_ring_and_bar_in_words(client):
    page = client.get("/").text
    assert "of 48 voted" in page
    assert "<b>21</b> ballots, 68 %" in page
    assert "<b>1</b> ballot, 3 %" in page
    assert "60 % needed" in page


def test_the_pages_behind_the_last_one_have_no_address(client):
    page = client.get("/").text
    assert 'rel="next"' in page
    assert re.search(r'<a[^>]*aria-disabled="true"[^>]*rel="prev"', page)


def test_a_right_to_left_page_mirrors_what_is_drawn(client):
    page = client.get("/arabic").text
    assert '<html lang="ar" dir="rtl">' in page
    assert 'x1="40%"' in page
    assert 'x1="60%"' not in page
    assert "scale: -1 1" not in (ROOT / "static" / "css" / "components" / "tally.css").read_text()


def test_trouble_on_our_side_asks_for_no_account(client):
    page = client.get("/trouble").text
    assert "masthead" not in page
    assert "Something went wrong here" in page


def test_an_email_has_one_action_and_a_way_out_in_both_parts(client):
    html, text = client.get("/email").text, client.get("/email.txt").text
    assert html.count('class="yes"') == 1
    for part in (html, text):
        assert "https://example.org/rsvp/x" in part
        assert "https://example.org/unsubscribe/x" in part
    assert "<img" not in html
    assert "<script" not in html
    assert len(html) < 20_000
    assert not re.search(r"<\w", text)


def test_every_part_says_how_it_is_used():
    for part in (ROOT / "templates" / "components").glob("*.html"):
        assert part.read_text().startswith(("{#-", "{%")), part.name
        assert "{#-" in part.read_text(), part.name
