"""What docs/api.md and docs/api-map.md say of times, numbers and scopes is what holds.

Each sentence is made of the settings and constants it tells of: whoever changes one of them changes the sentence.
"""

import datetime as dt
import pathlib
import re
import runpy

import pytest

from tests.api.test_map import GUIDE, MAP, _endpoints
from webapp import config
from webapp.accounts import links, sessions, tokens
from webapp.api.reference import _SHOW_MORE
from webapp.core import actor
from webapp.core.actor import Scope
from webapp.core.tokens import Purpose
from webapp.events import listed
from webapp.guests.api import face
from webapp.journal import queries as journal
from webapp.web import bodies, endpoints
from webapp.web.endpoints import APP_ALONE
from webapp.web.lists import ListQuery

_ROOT = pathlib.Path(__file__).resolve().parents[2]
_WORDS = {2: "two", 7: "seven", 15: "fifteen"}
_SETTINGS = {setting.name: str(setting.default) for setting in config.SETTINGS}
_GUNICORN = runpy.run_path(str(_ROOT / "deploy" / "gunicorn.conf.py"))


def _flat(text: str) -> str:
    """The text on one line, as a reader reads it."""
    return re.sub(r"\s+", " ", text)


def _limit(name: str) -> str:
    """A limit as the docs put it: `30 a minute and 200 an hour`."""
    parts = [part.split("/") for part in _SETTINGS[name].split(";")]
    return " and ".join(f"{many} {'an' if unit == 'hour' else 'a'} {unit}" for many, unit in parts)


def _in_words(span: dt.timedelta, unit: dt.timedelta) -> str:
    return _WORDS[span // unit]


_MINUTE, _HOUR, _DAY = dt.timedelta(minutes=1), dt.timedelta(hours=1), dt.timedelta(days=1)
_HALF_A_MINUTE = {dt.timedelta(seconds=30): "half a minute"}
_PAGES = {"default": ListQuery.model_fields["limit"].default} | {
    name: getattr(bound, name)
    for bound in ListQuery.model_fields["limit"].metadata
    for name in ("ge", "le")
    if hasattr(bound, name)
}
_SIZE = {
    "open": f"{bodies.OPEN_ENDPOINT // 1024} KiB",
    "endpoint": f"{bodies.ENDPOINT // 1024**2} MiB",
    "many": f"{bodies.MANY // 1024**2} MiB",
}

SAID = {
    "how long a token works": [
        (MAP, f"a token works {tokens.GOOD_FOR // _MINUTE} minutes and is refreshed"),
        (GUIDE, f"A token of the second kind works {_in_words(tokens.GOOD_FOR, _MINUTE)} minutes;"),
    ],
    "how long it is refreshed": [
        (GUIDE, f"until {_in_words(sessions.IDLE, _DAY)} days without use have gone by"),
        (GUIDE, f"The token before works {_HALF_A_MINUTE.get(tokens.GRACE)} more, for requests under way"),
    ],
    "how long an authentication is fresh": [
        (GUIDE, f"`POST /api/tokens` within {_in_words(actor.FRESH_FOR, _MINUTE)} minutes of authenticating"),
    ],
    "how often one may ask": [
        (MAP, f"| {_limit('LIMIT_ANONYMOUS')} an address (003) | the same without a token; "),
        (MAP, f" | the same without a token; {_limit('LIMIT_SIGNED_IN')} with one; login and register "),
        (MAP, f"with one; login and register {_limit('LIMIT_API_LOGIN')} |"),
        (GUIDE, f"With a token {_limit('LIMIT_SIGNED_IN').replace(' a ', ' requests a ')}; without one "),
        (GUIDE, f"; without one {_limit('LIMIT_ANONYMOUS')} an address, and "),
        (GUIDE, f" an address, and {_limit('LIMIT_API_LOGIN')} for authenticating and registering"),
    ],
    "how long an answer is kept for its key": [
        (GUIDE, f"Sent again within {_in_words(endpoints.KEPT_FOR, _DAY)} days, the same request is answered"),
    ],
    "how long a page of a list is": [
        (GUIDE, f"`limit` ({_PAGES['ge']} to {_PAGES['le']}, {_PAGES['default']} without it)"),
    ],
    "how far is counted": [
        (GUIDE, f"(events and lines of a journal are counted up to {listed.MOST_COUNTED:,}, "),
        (GUIDE, f", events that are looked for up to {listed.MOST_FOUND:,}:"),
    ],
    "how large a body may be": [
        (
            GUIDE,
            f"{_SIZE['open']} where no token is needed, {_SIZE['endpoint']} elsewhere, {_SIZE['many']} for a thousand",
        ),
    ],
    "how many guests one sends": [
        (GUIDE, f"takes up to {face.MOST_AT_ONCE:,} at once"),
    ],
    "how long a confirmation is good": [
        (MAP, f"at most 400, and good for {links.GOOD_FOR[Purpose.VERIFY] // _HOUR} hours |"),
    ],
    "what the web server takes": [
        (GUIDE, f"an address of {_GUNICORN['limit_request_line']:,} characters"),
    ],
}  # fmt: skip


@pytest.mark.parametrize("what", SAID)
def test_the_docs_say_the_numbers_that_hold(what: str):
    for text, sentence in SAID[what]:
        assert sentence in _flat(text)


def test_a_journal_is_counted_as_far_as_events_are():
    assert journal.MOST_COUNTED == listed.MOST_COUNTED


# Each part of what the guide says that a scope allows, and the endpoints it speaks of.
SCOPES: dict[str, dict[str, str]] = {
    "events:read": {
        "what the account may see of events": "list_events get_event",
        "their calendars": "make_calendar", "what somebody holds": "get_holdings",
        "results": "get_results get_ballots",
        "without it a token sees the public ones": "",
    },
    "events:write": {
        "make": "create_event", "copy": "duplicate_event", "change": "edit_event", "publish": "publish_event",
        "cancel": "cancel_event", "delete": "delete_event",
    },
    "guests:read": {"guest lists with all timestamps": "list_guests get_guest", "who is coming": "get_coming"},
    "guests:write": {
        "add": "add_guest add_guests", "invite": "invite_guests", "remind": "remind_guests",
        "write to": "message_guests", "correct": "edit_guest", "take off": "remove_guest remove_guests",
        "renew links": "renew_link",
    },
    "check-in": {
        "read guest lists as the door sees them": "list_guests get_guest",
        "names without addresses": "",
        "check guests in": "check_in",
        "take that back": "check_in",
    },
    "invitations:write": {
        "make links that let people in": "create_invitation create_invitations",
        "mail them anew": "resend_invitation",
        "list": "list_invitations",
        "revoke them": "revoke_invitation",
    },
    "voting": {
        "answer": "reply", "join": "join", "leave": "leave", "vote": "vote", "what waits": "get_asked get_own_guest",
        "for the account itself": "",
    },
    "companies:read": {
        "companies with": "list_companies get_company list_below", "projects": "list_projects get_project",
        "people": "list_people get_person list_role_history get_holdings", "apps": "list_apps get_app",
        "dashboard": "get_dashboard", "journal": "list_journal", "mail": "list_mail get_mail",
    },
    "companies:write": {
        "make and change companies": "create_company edit_company delete_company",
        "projects": "create_project edit_project make_calendar revoke_calendar",
        "people": "invite_person change_person revoke_role offboard",
        "apps": "create_app rotate_app revoke_app",
        "try mails again": "retry_mail retry_failed_mails",
    },
    "account": {
        "the account's profile": "get_user update_user", "address": "change_email", "password": "change_password",
        "sessions": "list_sessions get_session end_session", "tokens": "make_token", "its data": "export_user",
        "its end": "delete_user",
    },
    "exist-email": {"for an app alone, with its key and without a token": "exist_email"},
}  # fmt: skip


def _opened(scope: str) -> set[str]:
    """The endpoints that a scope opens, or shows more of, or that an app with it may ask."""
    declared = {one.name for one in _endpoints() if any(scope in way for way in one.scopes)}
    by_app = {one.name for one in _endpoints() if one.app == APP_ALONE} if scope == Scope.EXIST_EMAIL else set()
    return declared | by_app | _SHOW_MORE.get(scope, set())


@pytest.mark.parametrize("scope", [scope.value for scope in Scope])
def test_the_guide_says_of_each_scope_what_it_opens_and_nothing_else(scope: str):
    (said,) = re.findall(rf"^\| `{scope}` \| [^|]+ \| ([^|]+) \|$", GUIDE, re.MULTILINE)
    left = said
    for part in sorted(SCOPES[scope], key=len, reverse=True):
        assert re.search(rf"\b{part}\b", left), f"{scope}: {part!r} is not said"
        left = re.sub(rf"\b{part}\b", "", left, count=1)
    assert re.sub(r"\band\b|[\s,;()]", "", left) == "", f"{scope}: which endpoints is this? {left}"
    assert set(" ".join(SCOPES[scope].values()).split()) == _opened(scope)
