"""What holds for every page, whoever looks at it."""

import html
import re
import urllib.parse

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from tests.browsers import Browser
from tests.world import World, is_page
from webapp.admin.views.mail import _LETTER_POLICY
from webapp.core.errors import StaleError
from webapp.extensions import csrf
from webapp.web.headers import POLICY

# An e-mail is shown in a frame of its own page, may be styled in place, and may do nothing else.
OWN_POLICY = {"admin.mail_detail": f"{POLICY}; frame-src 'self'", "admin.mail_html": _LETTER_POLICY}
FRAMED = {"admin.mail_html"}
# Calendar programs keep what they got, and ask each time whether it still stands; so do browsers of the page for
# programmers, where nobody's name stands above it.
KEPT = {"calendar.feed", ("api.docs", "nobody")}
VIEWERS = ("nobody", "guest", "owner", "site")


def visited(world: World, viewer: str) -> list[tuple[str, TestResponse]]:
    """Every page as `viewer` gets it, by its endpoint."""
    browser = world.browser(viewer)
    return [(endpoint, browser.get(address)) for endpoint, address in world.pages()]


def text_of(markup: str) -> str:
    """The words of a piece of a page."""
    return " ".join(html.unescape(re.sub(r"<[^>]+>", "", markup)).split())


@pytest.mark.parametrize("viewer", VIEWERS)
def test_every_page_answers_and_keeps_to_itself(world: World, viewer: str):
    seen = visited(world, viewer)
    assert {response.status_code for _, response in seen} <= {200, 303, 403, 404}
    for endpoint, response in seen:
        headers, refused = response.headers, response.status_code != 200
        assert headers["Content-Security-Policy"] == OWN_POLICY.get(endpoint, POLICY) or refused, endpoint
        assert headers["X-Content-Type-Options"] == "nosniff", endpoint
        assert headers["X-Frame-Options"] == ("SAMEORIGIN" if endpoint in FRAMED and not refused else "DENY"), endpoint
        assert headers["Cross-Origin-Opener-Policy"] == "same-origin", endpoint
        assert "payment=()" in headers["Permissions-Policy"], endpoint
        kept = endpoint in KEPT or (endpoint, viewer) in KEPT
        stored = {"private, no-cache"} if kept else {"no-store", "private, no-store"}
        assert headers["Cache-Control"] in stored, endpoint
        assert "Strict-Transport-Security" not in headers, endpoint
        assert "Server" not in headers, endpoint


def test_the_policy_lets_nothing_inline_and_nothing_from_elsewhere():
    assert "unsafe" not in POLICY
    assert "http" not in POLICY
    assert "script-src" not in _LETTER_POLICY
    assert "default-src 'none'" in _LETTER_POLICY
    assert {"default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'self'"} <= set(
        POLICY.split("; ")
    )


def test_pages_behind_https_say_so(world: World):
    response = world.app.test_client().get("/healthz", base_url="https://folkmoot.example.org")
    assert response.headers["Strict-Transport-Security"] == "max-age=31536000"


def test_a_page_with_a_secret_in_its_path_tells_it_to_no_other_site(world: World):
    secret, plain = set(), set()
    for endpoint, response in visited(world, "nobody"):
        rules = world.app.url_map.iter_rules(endpoint)
        kept = any({"token", "invite"} & rule.arguments for rule in rules)
        (secret if kept else plain).add(response.headers["Referrer-Policy"])
    assert secret == {"same-origin"}
    assert plain == {"strict-origin-when-cross-origin"}


@pytest.mark.parametrize("viewer", VIEWERS)
def test_the_title_of_every_page_begins_with_its_heading(world: World, viewer: str):
    pages = [
        (e, r)
        for e, r in visited(world, viewer)
        if r.mimetype == "text/html" and r.status_code != 303 and e not in FRAMED
    ]
    assert len(pages) > 10
    other = {}
    for endpoint, response in pages:
        headings = [text_of(found) for found in re.findall(r"(?s)<h1\b[^>]*>(.*?)</h1>", response.text)]
        titles = [text_of(found) for found in re.findall(r"(?s)<title>(.*?)</title>", response.text)]
        if len(headings) != 1 or len(titles) != 1 or not titles[0].startswith(headings[0]):
            other[endpoint] = (headings, titles)
    assert other == {}


@pytest.mark.parametrize("viewer", VIEWERS)
def test_no_page_holds_what_the_policy_would_stop(world: World, viewer: str):
    for endpoint, response in visited(world, viewer):
        if response.mimetype == "text/html" and endpoint not in FRAMED:
            inline = re.findall(r"<style\b|<script(?![^>]*\bsrc=)[^>]*>|<[^>]*\s(?:style|on[a-z]+)=", response.text)
            assert inline == [], endpoint
            elsewhere = re.findall(
                r"<(?:script|link|img|iframe)[^>]*(?:src|href)=\"(?:https?:)?//[^\"]*", response.text
            )
            assert elsewhere == [], endpoint


@pytest.mark.parametrize("viewer", VIEWERS)
def test_looking_changes_nothing(world: World, viewer: str):
    before = world.rows()
    visited(world, viewer)
    after = world.rows()
    assert [name for name in before if before[name] != after[name]] == []


def test_who_only_looks_gets_no_cookie_without_need(world: World):
    with_form = 0
    for endpoint, address in world.pages():
        response = world.browser("nobody").get(address)
        cookies = response.headers.getlist("Set-Cookie")
        if cookies:
            with_form += 1
            assert all(cookie.startswith("session=") for cookie in cookies), endpoint
            assert all("HttpOnly" in cookie and "SameSite=Lax" in cookie for cookie in cookies), endpoint
            assert 'name="csrf_token"' in response.text, endpoint
    assert with_form


def posts(world: World) -> list[tuple[str, str]]:
    """Every address a page can send something to: (endpoint, address)."""
    rules = [r for r in world.app.url_map.iter_rules() if "POST" in (r.methods or ()) and is_page(r.endpoint)]
    return sorted((rule.endpoint, world.address(rule)) for rule in rules)


# The path is the secret (RSVP), or a program of the mail's reader sends it (RFC 8058).
EXEMPT = re.compile(r"/(rsvp|unsubscribe)/[^/]+(/.*)?$")


@pytest.mark.parametrize("viewer", ["nobody", "guest", "owner", "site"])
def test_what_was_not_sent_from_our_own_page_changes_nothing(world: World, viewer: str):
    before = world.rows()
    tried = 0
    for endpoint, address in posts(world):
        if not EXEMPT.match(address):
            tried += 1
            browser = world.browser(viewer)
            for data in ({}, {"csrf_token": "forged"}):
                response = browser._ask("POST", address, data=data)
                assert response.status_code == 400, f"{endpoint}: {response.status_code}"
    assert tried > 10
    assert world.rows() == before


def test_only_paths_that_are_secrets_are_free_of_the_token(world: World):
    exempt = {endpoint for endpoint, address in posts(world) if EXEMPT.match(address)}
    views = {f"{v.__module__}.{v.__name__}": name for name, v in world.app.view_functions.items()}
    said = {views.get(name, name) for name in csrf._exempt_views}
    whole = {b if isinstance(b, str) else b.name for b in csrf._exempt_blueprints} - {"trouble"}
    said |= {name for name in world.app.view_functions if name.split(".")[0] in whole}
    posted = {endpoint for endpoint, _ in posts(world)}
    assert said & posted <= exempt


@pytest.fixture
def anybody(world: World) -> Flask:
    return world.app


def test_static_files_are_kept_for_a_year_when_their_address_says_which(anybody: Flask):
    with anybody.test_request_context():
        address = anybody.jinja_env.globals["asset"]("css/bundle.css")
    browser = anybody.test_client()
    named, plain = browser.get(address), browser.get("/static/css/bundle.css")
    assert named.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert plain.headers["Cache-Control"] == "public, max-age=300"
    packed = browser.get(address, headers={"Accept-Encoding": "gzip"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert len(packed.data) < len(named.data) / 2
    assert "Accept-Encoding" in packed.headers["Vary"]
    assert browser.get(plain.request.path, headers={"If-None-Match": plain.headers["ETag"]}).status_code == 304
    for response in (named, plain, packed):
        assert "Set-Cookie" not in response.headers
        assert response.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("path", ["/static/no-such.css", "/static/../wsgi.py", "/static/%2e%2e/wsgi.py", "/static/"])
def test_static_files_are_those_of_the_folder_alone(anybody: Flask, path: str):
    assert anybody.test_client().get(path).status_code == 404


ELSEWHERE = [
    "https://evil.example.com/",
    "//evil.example.com/",
    "///evil.example.com/",
    "/\\evil.example.com/",
    "\\\\evil.example.com",
    "http:evil.example.com",
    "javascript:alert(1)",
    "/\t/evil.example.com",
    "\n//evil.example.com",
    "http://folkmoot.example.org.evil.example.com/",
    "http://folkmoot.example.org@evil.example.com/",
    "%2f%2fevil.example.com",
]


def leads_home(location: str) -> bool:
    """Tell whether a browser that follows stays on this site."""
    return re.match(r"/(?![/\\])[^\\\t\n\r]*$", location) is not None


@pytest.mark.parametrize("where", ELSEWHERE)
def test_signing_in_leads_to_no_other_site(world: World, where: str):
    typed = {"email": "owner@example.org", "password": "a long and quiet evening", "next": where}
    response = world.browser("nobody").submit("/login", typed)
    assert response.status_code == 303
    assert leads_home(response.headers["Location"])
    again = world.browser("owner").submit("/account/confirm", password=typed["password"], next=where)
    assert again.status_code == 303
    assert leads_home(again.headers["Location"])


def test_signing_in_leads_back_to_where_one_was_going(world: World):
    browser = world.browser("nobody")
    there = browser.get("/account?x=1").headers["Location"]
    assert there == "/login?next=/account?x%3D1"
    assert "/account?x=1" in html.unescape(browser.get(there).text)
    typed = {"email": "owner@example.org", "password": "a long and quiet evening", "next": "/account?x=1"}
    assert browser.submit("/login", typed).headers["Location"] == "/account?x=1"
    assert not leads_home("//evil.example.com")


def test_a_doubled_slash_leads_nowhere_and_to_no_other_host(app: Flask, browser: Browser) -> None:
    answer = browser.get("/events//new", headers={"Host": "evil.example.net"})
    assert answer.status_code == 404
    assert "Location" not in answer.headers


@pytest.mark.parametrize(
    ("referrer", "leads_back_to"),
    [
        ("http://folkmoot.example.org/companies?page=2", "/companies?page=2"),
        ("https://evil.example.net/trap", "/trap"),
        ("", ""),
    ],
    ids=["the page whose form was sent", "never another host", "nothing said"],
)
def test_who_must_type_the_password_again_comes_back_to_the_page_before(
    app: Flask, referrer: str, leads_back_to: str
) -> None:
    with app.test_request_context("/account", method="POST", headers={"Referer": referrer}):
        answer = app.make_response(app.handle_user_exception(StaleError()))
    query = urllib.parse.parse_qs(urllib.parse.urlsplit(answer.headers["Location"]).query)
    assert (answer.status_code, query.get("next", [""])[0]) == (303, leads_back_to)
