"""Markdown that anybody may have written harms nobody."""

import re
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from webapp.web.markdown import render_markdown

ALLOWED = {
    "p", "br", "hr", "strong", "em", "s", "blockquote", "ul", "ol", "li", "code", "pre", "a",
    "h3", "h4", "table", "thead", "tbody", "tr", "th", "td",
}  # fmt: skip


class Tags(HTMLParser):
    """Gathers the tags and attributes that a browser would see."""

    def __init__(self, html):
        super().__init__(convert_charrefs=True)
        self.seen = []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.seen.append((tag, dict(attrs)))


def assert_harmless(html):
    for tag, attributes in Tags(html).seen:
        assert tag in ALLOWED
        assert set(attributes) <= {"href", "title", "rel", "start"}
        address = (attributes.get("href") or "").strip().lower()
        assert not re.match(r"[\x00-\x20]*(javascript|data|vbscript|file):", address)
        if tag == "a":
            assert attributes["rel"] == "nofollow noopener ugc"


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "[x](javascript:alert(1))",
        "[x](JaVaScRiPt:alert(1))",
        "[x](&#106;avascript:alert(1))",
        "[x](java\nscript:alert(1))",
        "[x](data:text/html;base64,PHNjcmlwdD4=)",
        "[x](vbscript:msgbox)",
        "<javascript:alert(1)>",
        '[x](https://example.org "onmouseover=alert(1)")',
        '[x](https://example.org" onmouseover="alert(1))',
        "![x](https://example.org/track.gif)",
        "<svg/onload=alert(1)>",
        "<a href='javascript:alert(1)'>x</a>",
        "<style>*{display:none}</style>",
        "<iframe src=//example.org>",
        "`<script>`",
        "```\n<script>alert(1)</script>\n```",
        '```"><script>alert(1)</script>\nx\n```',
        "<!-- <script> -->",
        "[x]: javascript:alert(1)\n\n[x]",
        "\x00<script\x00>alert(1)</script>",
        "{{7*7}} {% raw %}",
    ],
)
def test_what_attacks_is_shown_as_text_or_not_at_all(text):
    html = render_markdown(text)
    assert_harmless(html)
    assert "<script" not in html.lower()
    assert "<img" not in html.lower()


@given(st.text(alphabet="<>[]()!&;:#x\"'`*_ \n\tjavascriptdata\x00/=\\", max_size=80))
@settings(deadline=None, max_examples=300)
def test_no_text_whatever_becomes_a_tag_that_was_not_meant(text):
    assert_harmless(render_markdown(text))


def test_what_people_write_is_formatted():
    html = render_markdown(
        "# Soup\n\nWe **begin** at *six*.\n\n- bring a jacket\n- ~~gloves~~\n\n[map](https://example.org)"
    )
    assert "<h3>Soup</h3>" in html
    assert "<strong>begin</strong>" in html
    assert "<em>six</em>" in html
    assert "<li>bring a jacket</li>" in html
    assert "<s>gloves</s>" in html
    assert '<a href="https://example.org" rel="nofollow noopener ugc">map</a>' in html


def test_nothing_gives_nothing():
    assert render_markdown(None) == ""
    assert render_markdown("") == ""


def test_a_megabyte_is_cut_and_does_not_hang():
    assert len(render_markdown("> " * 500_000)) < 1_000_000
