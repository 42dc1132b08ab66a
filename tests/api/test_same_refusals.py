"""Page and endpoint refuse the same for the same reasons in the same words."""

import dataclasses
import datetime as dt
import html
import re
import uuid
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from werkzeug.test import TestResponse

from tests import factories
from tests.api.furnished import Furnished, endpoints, furnish, named
from tests.browsers import Browser, words
from tests.programs import Program
from tests.voting import votes
from webapp import config
from webapp.companies.queries import key_mark
from webapp.core import clock
from webapp.core.database import Base, db
from webapp.core.operation import operation
from webapp.guests.links import personal_token
from webapp.models import (
    App,
    Company,
    Event,
    Guest,
    Invitation,
    LoginSession,
    Membership,
    OneTimeLink,
    OutboxMail,
    Project,
    Question,
)

LONG = "x" * 5000
EVENT = {
    "title": "Taco Party",
    "timezone": "Europe/Ljubljana",
    "starts_at": "2090-05-01T18:00",
    "ends_at": "2090-05-01T20:00",
}


@dataclasses.dataclass(frozen=True)
class Twin:
    """A form and the endpoint that does the same; in the paths, names of what tests/api/furnished.py made."""

    page: str
    endpoint: str
    good: dict[str, Any]
    """What would be taken, were it not for what is changed below."""
    bad: tuple[dict[str, Any], ...]
    """None: what a page leaves empty and a program leaves out."""
    person: str | None = "ana"
    renamed: dict[str, str] = dataclasses.field(default_factory=dict)
    """How the form calls what the endpoint calls otherwise."""
    beside: dict[str, str] = dataclasses.field(default_factory=dict)
    """What the form sends besides; in it, names of what tests/api/furnished.py made."""
    says: dict[str, Any] = dataclasses.field(default_factory=dict)
    """What the endpoint takes besides, likewise."""
    by_link: bool = False
    """Whether the page is that of the guest's personal link, which asks nobody to sign in."""
    event: dict[str, Any] = dataclasses.field(default_factory=dict)
    """What is another way about the event first."""
    guest: dict[str, Any] = dataclasses.field(default_factory=dict)
    """And about the row of the person "guest"."""
    first: "Callable[[Furnished], None] | None" = None
    """What else has happened before."""


NAMES = ({"name": ""}, {"name": "  "}, {"name": LONG}, {"name": "a\u202eb"}, {"name": "bell\x07"})
EMAILS = ({"email": ""}, {"email": "ana"}, {"email": "a" * 190 + "@example.org"}, {"email": "a b@example.org"})
PASSWORDS = ({"password": ""}, {"password": "short"}, {"password": "password"}, {"password": "x" * 129})
REGISTER = {"name": "New", "email": "new@example.org", "password": factories.PASSWORD}
NOW = clock.now()
OVER = votes.an_event_over()
CANCELLED = {"state": "cancelled", "cancelled_at": NOW}
FULL = {"taken": 50}
TOO_LATE = {"join_by": NOW - dt.timedelta(minutes=1)}
COMING = {"reply": "yes", "replied_at": NOW, "joined_at": NOW, "places": 1, "on_roll": True}
EVENT_ID = {"event_id": "{event_id}"}
PARTY = {"party_size": "2", "companions": "Iva", "note": ""}
MESSAGE = {"subject": "Bring a plate", "body": "We have none."}


def reply(*bad: dict[str, Any], **first: Any) -> Twin:
    """The answer of a guest: by the own page, and by the account's program."""
    good = {"reply": "yes", **PARTY}
    return Twin("/rsvp/{rsvp}", "POST /reply", good, bad or ({},), "guest", says=EVENT_ID, by_link=True, **first)


def join(person: str = "guest", **first: Any) -> Twin:
    """Joining by a press, and by the account's program."""
    return Twin("/events/{event_id}/join", "POST /join", {}, ({},), person, says=EVENT_ID, **first)


def leave(person: str = "guest", **first: Any) -> Twin:
    """Leaving by a press, and by the account's program."""
    return Twin("/events/{event_id}/leave", "POST /leave", {}, ({},), person, says=EVENT_ID, **first)


def vote(person: str = "guest", *, empty: bool = False, **first: Any) -> Twin:
    """The one ballot, on paper as it were, and by the account's program."""
    ballot = {} if empty else {"question-{question_id}": "{answer_id}"}
    says = {**EVENT_ID, "answer_ids": [] if empty else ["{answer_id}"]}
    return Twin("/events/{event_id}/vote", "POST /vote", {}, ({},), person, beside=ballot, says=says, **first)


def message(*bad: dict[str, Any], person: str = "ana", **first: Any) -> Twin:
    """A message to all guests."""
    page, endpoint = "/events/{event_id}/guests/message", "POST /guests/{event_id}/message"
    return Twin(page, endpoint, MESSAGE, bad or ({},), person, **first)


def put_one(model: Any, name: str, values: dict[str, Any]) -> "Callable[[Furnished], None]":
    """Let the row of `model` whose id stands under `name` be as `values` say."""

    def change(furnished: Furnished) -> None:
        put(db.session.get_one(model, uuid.UUID(furnished.values[name])), values)

    return change


def not_set_up(furnished: Furnished) -> None:
    factories.set_up_site(set_up_at=None)
    furnished.app.extensions.pop("site_view", None)


def link_is(**values: Any) -> "Callable[[Furnished], None]":
    """Let every mailed link be as `values` say."""

    @operation
    def change(_furnished: Furnished) -> None:
        db.session.execute(sa.update(OneTimeLink).values(**values))

    return change


def events_gone(furnished: Furnished) -> None:
    """Let nothing stand in the way of the end of "Here" but what a test puts there."""
    put(furnished.event, CANCELLED)


@operation
def long_ago(_furnished: Furnished) -> None:
    """Let it be an hour since anybody typed the password."""
    db.session.execute(sa.update(LoginSession).values(fresh_at=NOW - dt.timedelta(hours=1)))


def people(act: str, method: str, end: str = "", **more: Any) -> dict[str, Any]:
    """The paths of what is done with the role of the person `user_id`."""
    return {
        "page": f"/companies/{{slug}}/people/{{membership_id}}/{act}",
        "endpoint": f"{method} /companies/{{company_id}}/administrators/{{user_id}}{end}",
        **more,
    }


BY_DOOR_AND_STRANGER = ("doorkeeper", "stranger")
DEAD_LINKS = (("with a used link", {"ended_at": NOW}), ("too late", {"expires_at": NOW}))
INVITED_AS = {"name": "New", "email": "new@example.org", "password": factories.PASSWORD}
TOKEN = {"name": "Sync", "scopes": ["events:read"], "expires_in": "30"}
SET_UP = {
    "code": "{code}",
    "name": "Eva",
    "email": "eva@example.org",
    "password": factories.PASSWORD,
    "company": "Zadruga",
}
# what is done to one thing, and takes nothing: its page, and its endpoint
PRESSES = {
    "a new key": ("/companies/{slug}/apps/{app_id}/rotate", "POST /companies/{company_id}/apps/{app_id}/rotate"),
    "the end of an app": ("/companies/{slug}/apps/{app_id}/revoke", "DELETE /companies/{company_id}/apps/{app_id}"),
    "the end of a role": (
        "/companies/{slug}/people/{membership_id}/revoke",
        "DELETE /companies/{company_id}/administrators/{user_id}",
    ),
    "one e-mail again": (
        "/companies/{slug}/mail/{mail_id}/retry",
        "POST /companies/{company_id}/mail/{mail_id}/retry",
    ),
    "the end of a company": ("/companies/{slug}/delete", "DELETE /companies/{company_id}"),
    "publishing": ("/events/{event_id}/publish", "POST /events/{event_id}/publish"),
    "cancelling": ("/events/{event_id}/cancel", "POST /events/{event_id}/cancel"),
    "a copy": ("/events/{event_id}/duplicate", "POST /events/{event_id}/duplicate"),
    "erasing": ("/events/{event_id}/delete", "DELETE /events/{event_id}"),
    "taking one guest off": (
        "/events/{event_id}/guests/{guest_id}/remove",
        "DELETE /guests/{event_id}/{guest_id}",
    ),
    "the end of an invitation": ("/invitations/{invitation_id}/revoke", "DELETE /invite/{invitation_id}"),
    "an invitation again": ("/invitations/{invitation_id}/resend", "POST /invite/{invitation_id}/resend"),
}
CALENDAR = (
    "/companies/{slug}/projects/{project_id}/calendar",
    "/companies/{company_id}/projects/{project_id}/calendar",
)


def press(what: str, person: str = "ana", **more: Any) -> Twin:
    """One of PRESSES, which is to be refused."""
    return Twin(*PRESSES[what], {}, ({},), person, **more)


def pressed() -> dict[str, Twin]:
    """One of PRESSES after the other, where things stand so that they refuse."""
    refused = {f"{what} by a {person}": press(what, person) for what in PRESSES for person in BY_DOOR_AND_STRANGER}
    app_revoked = put_one(App, "app_id", {"revoked_at": NOW})
    return refused | {
        "a new key for a revoked app": press("a new key", beside={"mark": "{mark}"}, first=app_revoked),
        **{
            f"one e-mail again that is {state}": press(
                "one e-mail again", first=put_one(OutboxMail, "mail_id", {"state": state, "sent_at": NOW})
            )
            for state in ("sent", "dropped", "sending")
        },
        "publishing twice": press("publishing"),
        "publishing what is cancelled": press("publishing", event=CANCELLED),
        "publishing what would be over": press("publishing", event={**OVER, "state": "draft", "published_at": None}),
        "cancelling twice": press("cancelling", event=CANCELLED),
        "cancelling what is over": press("cancelling", event=OVER),
        "the end of a company with one below": press("the end of a company", first=events_gone),
        "the end of a company with events to come": press(
            "the end of a company", first=put_one(Company, "below_id", {"deleted_at": NOW})
        ),
        "an invitation again that was mailed to nobody": press("an invitation again"),
        **{
            f"an invitation again that is {why}": press(
                "an invitation again",
                first=put_one(
                    Invitation, "invitation_id", {"email": "n@example.org", "email_key": "n@example.org", **values}
                ),
            )
            for why, values in (("used", {"uses": 1}), ("taken back", {"revoked_at": NOW}))
        },
    }


TWINS = {
    **pressed(),
    "tokens": Twin(
        "/account/tokens",
        "POST /tokens",
        TOKEN,
        (
            {"name": ""},
            {"name": LONG},
            {"name": "bell\x07"},
            {"scopes": []},
            {"scopes": ["events:all"]},
            {"expires_in": "0"},
            {"expires_in": "366"},
            {"expires_in": "soon"},
            {"company_id": "here"},
            {"company_id": "{company_id}", "scopes": ["account"]},
        ),
    ),
    "the first run": Twin(
        "/setup",
        "POST /setup",
        SET_UP,
        (
            *NAMES,
            *({"email": one["email"]} for one in EMAILS),
            *PASSWORDS,
            *({"company": one["name"]} for one in NAMES),
            {"code": ""},
            {"code": "another"},
        ),
        None,
        first=not_set_up,
    ),
    **{
        f"confirming an address by {endpoint.split()[1].split('/')[1]}": Twin(
            "/verify/{token}", endpoint, {"password": factories.PASSWORD}, PASSWORDS[1:], None, says=says
        )
        for endpoint, says in (("POST /verify-email/{token}", {}), ("POST /confirm_otk", {"otk": "{token}"}))
    },
    **{
        f"confirming an address by {endpoint.split()[1].split('/')[1]} {why}": Twin(
            "/verify/{token}",
            endpoint,
            {"password": factories.PASSWORD},
            ({},),
            None,
            says=says,
            first=link_is(**values),
        )
        for endpoint, says in (("POST /verify-email/{token}", {}), ("POST /confirm_otk", {"otk": "{token}"}))
        for why, values in DEAD_LINKS
    },
    **{
        f"{what} {why}": Twin(page, endpoint, {"password": factories.PASSWORD}, ({},), None, first=link_is(**values))
        for what, page, endpoint in (
            ("resetting", "/reset-password/{reset}", "POST /reset-password"),
            ("another address", "/email-change/{email_change}", "POST /email-change/{email_change}"),
        )
        for why, values in DEAD_LINKS
    },
    "the confirmation once more": Twin(
        "/verify/resend",
        "POST /resend-email-verification",
        {"email": "fresh@example.org", "altcha": "made up"},
        ({}, *EMAILS),
        None,
        renamed={"altcha": "captcha"},
    ),
    "the end of a foreign session": Twin(
        "/account/sessions/{session_id}/revoke", "DELETE /sessions/{session_id}", {}, ({},), "stranger"
    ),
    "the end of a foreign token": Twin(
        "/account/tokens/{session_id}/revoke", "DELETE /sessions/{session_id}", {}, ({},), "stranger"
    ),
    "the end of a session that has ended": Twin(
        "/account/sessions/{session_id}/revoke",
        "DELETE /sessions/{session_id}",
        {},
        ({},),
        first=put_one(LoginSession, "session_id", {"revoked_at": NOW}),
    ),
    "a role": Twin(
        **people("role", "PATCH"), good={"role": "doorkeeper"}, bad=({"role": ""}, {"role": "king"}, {"role": "Owner"})
    ),
    **{
        f"a role by a {person}": Twin(**people("role", "PATCH"), good={"role": "doorkeeper"}, bad=({},), person=person)
        for person in BY_DOOR_AND_STRANGER
    },
    **{
        f"the last owner's role by {what}": Twin(
            page.replace("slug", "else_slug").replace("membership_id", "else_membership_id"),
            endpoint.replace("company_id", "else_id").replace("user_id", "stranger_id"),
            good,
            ({},),
            "stranger",
        )
        for what, page, endpoint, good in (
            ("change", *people("role", "PATCH").values(), {"role": "organiser"}),
            ("leaving", *PRESSES["the end of a role"], {}),
        )
    },
    "offboarding": Twin(
        "/companies/{slug}/offboard/{user_id}",
        "POST /companies/{company_id}/administrators/{user_id}/offboard",
        {"apps": "revoke"},
        ({"apps": "sell"}, {"hand_over_to": "somebody"}),
    ),
    "offboarding oneself": Twin(
        "/companies/{slug}/offboard/{own_id}",
        "POST /companies/{company_id}/administrators/{own_id}/offboard",
        {"apps": "revoke"},
        ({},),
    ),
    "offboarding whoever holds nothing": Twin(
        "/companies/{slug}/offboard/{stranger_id}",
        "POST /companies/{company_id}/administrators/{stranger_id}/offboard",
        {"apps": "revoke"},
        ({},),
    ),
    "offboarding a host without a successor": Twin(
        "/companies/{slug}/offboard/{user_id}",
        "POST /companies/{company_id}/administrators/{user_id}/offboard",
        {"apps": "revoke"},
        ({},),
        first=lambda furnished: put(furnished.event, {"host_id": uuid.UUID(furnished.values["user_id"])}),
    ),
    **{
        f"offboarding by a {person}": Twin(
            "/companies/{slug}/offboard/{user_id}",
            "POST /companies/{company_id}/administrators/{user_id}/offboard",
            {"apps": "revoke"},
            ({},),
            person,
        )
        for person in BY_DOOR_AND_STRANGER
    },
    **{
        f"a calendar, {method}, by a {person}": Twin(
            CALENDAR[0], f"{method} {CALENDAR[1]}", {}, ({},), person, beside={"do": do}
        )
        for method, do in (("POST", "make"), ("DELETE", "revoke"))
        for person in BY_DOOR_AND_STRANGER
    },
    "many guests of what is cancelled": Twin(
        "/events/{event_id}/guests",
        "POST /guests/{event_id}/import",
        {},
        ({},),
        beside={"lines": "new@example.org", "invite": "y"},
        says={"guests": [{"email": "new@example.org"}]},
        event=CANCELLED,
    ),
    "many guests of a draft": Twin(
        "/events/{event_id}/guests",
        "POST /guests/{event_id}/import",
        {},
        ({},),
        beside={"lines": "new@example.org", "invite": "y"},
        says={"guests": [{"email": "new@example.org"}]},
        event={"state": "draft", "published_at": None},
    ),
    **{
        f"many guests by a {person}": Twin(
            "/events/{event_id}/guests",
            "POST /guests/{event_id}/import",
            {},
            ({},),
            person,
            beside={"lines": "new@example.org", "invite": "y"},
            says={"guests": [{"email": "new@example.org"}]},
        )
        for person in BY_DOOR_AND_STRANGER
    },
    "accepting with a new login": Twin(
        "/invite/{invite}",
        "POST /invite/{invite}",
        INVITED_AS,
        (*NAMES, *EMAILS, *PASSWORDS, {"name": None}, {"email": None}, {"password": None}),
        None,
    ),
    "accepting as a guest": Twin(
        "/invite/{invite}",
        "POST /invite/{invite}",
        {"name": "New", "email": "new@example.org"},
        (*NAMES, *EMAILS, {"name": None}, {"email": None}),
        None,
        beside={"as": "guest"},
        says={"as_guest": True},
    ),
    **{
        f"accepting what is {why} {how}": Twin(
            "/invite/{invite}",
            "POST /invite/{invite}",
            good,
            ({},),
            person,
            first=put_one(Invitation, "invitation_id", values),
        )
        for why, values in (
            ("used up", {"uses": 1}),
            ("taken back", {"revoked_at": NOW}),
            ("too old", {"expires_at": NOW}),
            ("mailed to another", {"email": "n@example.org", "email_key": "n@example.org"}),
        )
        for how, person, good in (("signed in", "stranger", {}), ("with a new login", None, INVITED_AS))
        if (why, how) != ("mailed to another", "with a new login")
    },
    **{
        f"accepting to what is {why}": Twin(
            "/invite/{invite}", "POST /invite/{invite}", {}, ({},), "stranger", event=event
        )
        for why, event in (("cancelled", CANCELLED), ("over", OVER), ("closed", TOO_LATE))
    },
    "register": Twin("/register", "POST /register", REGISTER, (*NAMES[2:], *EMAILS, *PASSWORDS), None),
    "sign in": Twin(
        "/login",
        "POST /login",
        {"email": "ana@example.org", "password": factories.PASSWORD},
        ({"email": ""}, {"email": LONG}, {"password": ""}, {"password": "another"}, {"email": "who@example.org"}),
        None,
    ),
    "an unconfirmed address": Twin(
        "/login",
        "POST /login",
        {"email": "fresh@example.org", "password": factories.PASSWORD},
        ({}, {"password": "another"}),
        None,
    ),
    "forgot": Twin("/forgot-password", "POST /forgot-password", {"email": "ana@example.org"}, EMAILS, None),
    "reset": Twin(
        "/reset-password/{reset}", "POST /reset-password", {"password": factories.PASSWORD}, PASSWORDS[1:], None
    ),
    "profile": Twin(
        "/account",
        "PUT /users/me",
        {"name": "Ana", "surname": "", "timezone": ""},
        ({"name": LONG}, {"surname": LONG}, {"eth_address": "0x1"}, {"timezone": "Nowhere/At all"}),
    ),
    "password": Twin(
        "/account/password",
        "POST /password",
        {"current_password": factories.PASSWORD, "password": "another quiet evening"},
        (*PASSWORDS, {"current_password": "another"}, {"current_password": ""}),
    ),
    "another address": Twin(
        "/account/email",
        "POST /email",
        {"current_password": factories.PASSWORD, "email": "new@example.org"},
        (*EMAILS, {"email": "ANA@example.org"}, {"current_password": "another"}, {"current_password": ""}),
    ),
    "an address that is to be confirmed": Twin(
        "/email-change/{email_change}",
        "POST /email-change/{email_change}",
        {"password": factories.PASSWORD},
        ({"password": ""}, {"password": "another"}),
        None,
    ),
    "the end of an account": Twin(
        "/account/delete",
        "DELETE /users/me",
        {"password": factories.PASSWORD},
        ({"password": ""}, {"password": "another"}),
        renamed={"password": "current_password"},
    ),
    "the end of the last owner": Twin(
        "/account/delete",
        "DELETE /users/me",
        {"password": factories.PASSWORD},
        ({},),
        "stranger",
        renamed={"password": "current_password"},
    ),
    **{
        f"trying all e-mails again, {person}": Twin(
            "/companies/{slug}/mail/retry", "POST /companies/{company_id}/mail/retry", {"search": ""}, ({},), person
        )
        for person in ("doorkeeper", "stranger")
    },
    "many links to an event": Twin(
        "/events/{event_id}/invitations",
        "POST /invites",
        {"count": "3"},
        ({"count": "0"}, {"count": "201"}, {"expires_in": "0"}, {"expires_in": "2161"}),
        says=EVENT_ID,
    ),
    "a new event": Twin(
        "/events/new",
        "POST /events",
        EVENT,
        (
            {"title": ""},
            {"title": LONG},
            {"place": LONG},
            {"timezone": "Nowhere"},
            {"starts_at": "soon"},
            {"starts_at": "1990-05-01T18:00"},
            {"ends_at": "2090-05-01T17:00"},
            {"ends_at": "2092-05-01T17:00"},
            {"join_by": "2090-05-01T21:00"},
            {"capacity": "0"},
            {"visibility": "nobody"},
            {"min_turnout": "a lot"},
            {"min_agreement": "101 %"},
            {"decide_when": "at once"},
            {"co_hosts": "who@example.org"},
        ),
    ),
    "an event's edit": Twin(
        "/events/{event_id}/edit",
        "PATCH /events/{event_id}",
        EVENT,
        ({"title": ""}, {"ends_at": "2090-05-01T17:00"}, {"join_by": "2090-05-01T21:00"}, {"timezone": "Nowhere"}),
    ),
    "a guest": Twin(
        "/events/{event_id}/guests",
        "POST /guest/{event_id}",
        {"email": "new@example.org", "name": "New"},
        (*EMAILS, {"name": LONG}, {"name": "bell\x07"}, {"email": "guest@example.org"}),
    ),
    "a guest's edit": Twin(
        "/events/{event_id}/guests/{guest_id}/edit",
        "PATCH /guests/{event_id}/{guest_id}",
        {"email": "other@example.org", "name": "Other"},
        (*EMAILS[1:], {"name": LONG}, {"email": "guest@example.org"}),
    ),
    "a walk-in": Twin(
        "/events/{event_id}/guests/walk-in",
        "POST /guests/{event_id}/check-in",
        {"name": "Somebody"},
        NAMES,
        "doorkeeper",
        renamed={"name": "walk_in"},
    ),
    "a company": Twin("/companies/new", "POST /companies", {"name": "Mine"}, NAMES),
    "a company's name": Twin("/companies/{slug}/settings", "PATCH /companies/{company_id}", {"name": "Mine"}, NAMES),
    "a project": Twin("/companies/{slug}/projects", "POST /companies/{company_id}/projects", {"name": "Mine"}, NAMES),
    "a project's name": Twin(
        "/companies/{slug}/projects/{project_id}/rename",
        "PATCH /companies/{company_id}/projects/{project_id}",
        {"name": "Mine"},
        NAMES,
    ),
    "an app": Twin(
        "/companies/{slug}/apps",
        "POST /companies/{company_id}/apps",
        {"name": "Mine", "scopes": ["events:read"]},
        (*NAMES, {"scopes": []}),
    ),
    "foreign people": Twin(
        "/events/{event_id}/guests", "POST /guest/{event_id}", {"email": "new@example.org"}, ({},), "stranger"
    ),
    "the door": Twin(
        "/events/{event_id}/guests", "POST /guest/{event_id}", {"email": "new@example.org"}, ({},), "doorkeeper"
    ),
    "a doorkeeper's project": Twin(
        "/companies/{slug}/projects", "POST /companies/{company_id}/projects", {"name": "Mine"}, ({},), "doorkeeper"
    ),
    "a doorkeeper's app": Twin(
        "/companies/{slug}/apps",
        "POST /companies/{company_id}/apps",
        {"name": "Mine", "scopes": ["events:read"]},
        ({},),
        "doorkeeper",
    ),
    "a reply": reply(
        {"reply": "maybe"},
        {"reply": ""},
        {"party_size": "0"},
        {"party_size": "21"},
        {"party_size": "many"},
        {"companions": "Iva\nJan"},
        {"companions": LONG},
        {"companions": "\n".join(["Iva"] * 20)},
        {"companions": "bell\x07"},
        {"note": LONG},
        {"note": "bell\x07"},
    ),
    "a reply where all is full": reply(event=FULL),
    "a reply that comes too late": reply(event=TOO_LATE),
    "a reply to what is over": reply(event=OVER),
    "a reply to what is cancelled": reply(event=CANCELLED),
    "more companions than there are places": reply({"party_size": "4"}, event={"taken": 47}),
    "joining where all is full": join(event=FULL),
    "joining too late": join(event=TOO_LATE),
    "joining what is over": join(event=OVER),
    "joining what is cancelled": join(event=CANCELLED),
    "joining twice": join(guest=COMING),
    "joining what one does not see": join("stranger"),
    "leaving what one has not joined": leave("ana"),
    "leaving what is over": leave(event=OVER),
    "leaving what one does not see": leave("stranger"),
    "a vote off the roll": vote(),
    "a vote off the list": vote("ana"),
    "a vote on what one does not see": vote("stranger"),
    "a vote that is not open": vote(guest=COMING, event={"voting_opens_at": NOW + dt.timedelta(days=1)}),
    "a vote that is over": vote(guest=COMING, event={"voting_closes_at": NOW - dt.timedelta(minutes=1)}),
    "a vote on what is cancelled": vote(guest=COMING, event=CANCELLED),
    "a second vote": vote(guest={**COMING, "has_voted": True}),
    "an empty ballot": vote(empty=True, guest=COMING),
    "a message": message(
        {"subject": ""},
        {"subject": LONG},
        {"subject": "bell\x07"},
        {"body": " "},
        {"body": 3 * LONG},
        {"body": "\u202e"},
    ),
    "a message about a draft": message(event={"state": "draft", "published_at": None}),
    "a message about what is cancelled": message(event=CANCELLED),
    "a message from the door": message(person="doorkeeper"),
    "a message of a stranger": message(person="stranger"),
    "inviting from what is over": Twin(
        "/events/{event_id}/guests/invite", "POST /guests/{event_id}/invite", {}, ({},), event=OVER
    ),
    "reminding of what is over": Twin(
        "/events/{event_id}/guests/remind", "POST /guests/{event_id}/remind", {}, ({},), event=OVER
    ),
    **{
        f"{act} as a {person}": Twin(
            f"/events/{{event_id}}/guests/{{guest_id}}/{act}",
            "POST /guests/{event_id}/check-in",
            {},
            ({},),
            person,
            says={"guest_id": "{guest_id}"},
        )
        for act in ("check-in", "undo-check-in")
        for person in ("guest", "stranger")
    },
    "a walk-in where all is full": Twin(
        "/events/{event_id}/guests/walk-in",
        "POST /guests/{event_id}/check-in",
        {"name": "Somebody"},
        ({},),
        "doorkeeper",
        renamed={"name": "walk_in"},
        event=FULL,
    ),
    **{
        f"taking guests off as a {person}": Twin(
            "/events/{event_id}/guests/remove",
            "POST /guests/{event_id}/remove",
            {},
            ({},),
            person,
            beside={"guest": "{guest_id}"},
            says={"guest_ids": ["{guest_id}"]},
        )
        for person in ("doorkeeper", "stranger")
    },
    **{
        f"a new personal link as a {person}": Twin(
            "/events/{event_id}/guests/{guest_id}/renew",
            "POST /guests/{event_id}/{guest_id}/renew",
            {},
            ({},),
            person,
        )
        for person in ("doorkeeper", "stranger")
    },
    "a link to an event": Twin(
        "/events/{event_id}/invitations",
        "POST /invite",
        {"expires_in": "24"},
        ({"expires_in": "0"}, {"expires_in": "2161"}, {"expires_in": "soon"}, {"max_uses": "1000001"}),
        says=EVENT_ID,
    ),
    **{
        f"a link to an event {why}": Twin(
            "/events/{event_id}/invitations",
            "POST /invite",
            {"expires_in": "24"},
            ({},),
            person,
            says=EVENT_ID,
            event=event,
        )
        for why, person, event in (
            ("that is over", "ana", OVER),
            ("that is cancelled", "ana", CANCELLED),
            ("from the door", "doorkeeper", {}),
            ("that one does not see", "stranger", {}),
        )
    },
    "an invitation to a company": Twin(
        "/companies/{slug}/people",
        "POST /companies/{company_id}/administrators",
        {"email": "new@example.org", "role": "organiser"},
        (*EMAILS[1:], {"role": ""}, {"role": "king"}, {"role": "Owner"}),
    ),
    "a link to a company": Twin(
        "/companies/{slug}/people",
        "POST /invite",
        {"role": "organiser", "expires_in": "24"},
        ({"expires_in": "169"}, {"role": "owner", "expires_in": "25"}, {"expires_in": "0"}, {"role": "king"}),
        beside={"link": "yes"},
        says={"company_id": "{company_id}"},
    ),
    **{
        f"an invitation to a company by a {person}": Twin(
            "/companies/{slug}/people",
            "POST /companies/{company_id}/administrators",
            {"email": "new@example.org", "role": "organiser"},
            ({},),
            person,
        )
        for person in ("doorkeeper", "stranger")
    },
    "a stranger's company": Twin(
        "/companies/{slug}/settings", "PATCH /companies/{company_id}", {"name": "Mine"}, ({},), "stranger"
    ),
}
CASES = [
    pytest.param(case, twin, bad, id=case)
    for name, twin in TWINS.items()
    for bad in twin.bad
    for case in [f"{name}: {' '.join(f'{k} {str(v)[:20]!r}' for k, v in bad.items())}".removesuffix(": ")]
]
BESIDE = {
    # RFC 9110: a program is not signed in by that; a form is shown again
    401: (
        "sign in: password 'another'",
        "sign in: email 'who@example.org'",
        "an unconfirmed address: password 'another'",
    ),
    403: ("an unconfirmed address",),
    409: (
        "the last owner's role by change",
        "many guests of what is cancelled",
        "many guests of a draft",
        "the end of the last owner",
        "a guest: email 'guest@example.org'",
        "a guest's edit: email 'guest@example.org'",
        "a reply where all is full",
        "a reply that comes too late",
        "a reply to what is over",
        "a reply to what is cancelled",
        "more companions than there are places: party_size '4'",
        "a vote off the roll",
        "a vote that is not open",
        "a vote that is over",
        "a vote on what is cancelled",
        "a second vote",
        "a message about a draft",
        "a message about what is cancelled",
        "a walk-in where all is full",
        "a link to an event that is over",
        "a link to an event that is cancelled",
    ),
}
"""The statuses of the endpoint in whose place the page shows its form again, with 422: in which cases."""
AGAIN = {case: status for status, cases in BESIDE.items() for case in cases}
REDIRECTED = {
    "publishing what would be over": "the page leads to the form with the time in it, and says there what is wrong",
}
"""Where the page answers what is 422 with another page: in which cases, and why."""
OWN_WORDS = {
    **{
        f"{what} {why}": "the page has a title and a way to a new link"
        for what in (
            "confirming an address by verify-email",
            "confirming an address by confirm_otk",
            "resetting",
            "another address",
        )
        for why, _values in DEAD_LINKS
    },
    **{
        f"accepting {how}: email {sent}": "a program may leave it out where the invitation names the address"
        for how in ("with a new login", "as a guest")
        for sent in ("''", "'None'")
    },
}
"""Where the page says otherwise what the endpoint says: in which cases, and why."""


@pytest.fixture
def furnished(app: Flask) -> Furnished:
    return furnish(app)


NUMBERS = {"capacity", "count", "party_size", "expires_in", "max_uses"}
LISTS = {"co_hosts", "companions"}


def sent_by_program(twin: Twin, said: dict[str, Any], values: dict[str, str]) -> dict[str, Any]:
    sent = {twin.renamed.get(name, name): value for name, value in said.items()}
    for name, value in sent.items():
        if name in NUMBERS and value.isdigit():
            sent[name] = int(value)
        if name in LISTS:
            sent[name] = value.splitlines()
    for name, value in twin.says.items():
        sent[name] = filled(value, values)
    return sent | ({"token": values["reset"]} if "/reset-password" in twin.endpoint else {})


def filled(value: Any, values: dict[str, str]) -> Any:
    """`value` with what stands for the names in it."""
    if isinstance(value, list):
        return [filled(one, values) for one in value]
    return re.sub(r"\{(\w+)\}", lambda found: values[found[1]], value) if isinstance(value, str) else value


def known(furnished: Furnished) -> dict[str, str]:
    """What stands for each name in a path or a form."""
    asked = db.session.query(Question).filter_by(event_id=furnished.event.id).one()
    app = db.session.get_one(App, uuid.UUID(furnished.values["app_id"]))
    more = {
        "question_id": str(asked.id),
        "rsvp": personal_token(own_row(furnished)),
        "slug": furnished.slug,
        "mark": key_mark(app),
        "code": config.setup_code(furnished.app.config["SECRET_KEY"]),
        "own_id": str(furnished.users["ana"].id),
        "stranger_id": str(furnished.users["stranger"].id),
        "membership_id": role_of(furnished.company, uuid.UUID(furnished.values["user_id"])),
        "else_slug": furnished.elsewhere.slug,
        "else_id": str(furnished.elsewhere.id),
        "else_membership_id": role_of(furnished.elsewhere, furnished.users["stranger"].id),
        "door_id": str(furnished.users["doorkeeper"].id),
        "door_membership_id": role_of(furnished.company, furnished.users["doorkeeper"].id),
    }
    return {**furnished.values, **more}


def role_of(company: Company, user_id: uuid.UUID) -> str:
    found = db.session.query(Membership.id).filter_by(company_id=company.id, user_id=user_id).one()
    return str(found.id)


def own_row(furnished: Furnished) -> Guest:
    return db.session.query(Guest).filter_by(event_id=furnished.event.id, user_id=furnished.users["guest"].id).one()


@operation
def put(row: Any, values: dict[str, Any]) -> None:
    """Change columns of a row as they stand in the database."""
    db.session.execute(sa.update(type(row)).where(type(row).id == row.id).values(**values))


def rows() -> dict[str, list[Any]]:
    """All rows there are, but for when a session was used last."""
    found = {}
    for table in Base.metadata.sorted_tables:
        columns = [column for column in table.columns if column.name != "last_used_at"]
        found[table.name] = sorted((tuple(row) for row in db.session.execute(sa.select(*columns))), key=repr)
    db.session.rollback()
    return found


def ready(furnished: Furnished, twin: Twin) -> tuple[Browser, Program, dict[str, str]]:
    """Let things stand as the twin says; return the browser and the program of its person, and what is known."""
    values = known(furnished)
    if twin.event:
        put(furnished.event, twin.event)
    if twin.guest:
        put(own_row(furnished), twin.guest)
    browser, program = Browser(furnished.app), Program(furnished.app)
    if twin.person is not None:
        if not twin.by_link:
            browser.sign_in(furnished.users[twin.person])
        program = furnished.program(twin.person)
    if twin.first is not None:
        twin.first(furnished)
    db.session.rollback()
    return browser, program, values


def by_page(browser: Browser, twin: Twin, bad: dict[str, Any], values: dict[str, str]) -> TestResponse:
    said = {name: "" if value is None else filled(value, values) for name, value in {**twin.good, **bad}.items()}
    beside = {filled(name, values): filled(text, values) for name, text in twin.beside.items()}
    return browser.submit(filled(twin.page, values), {**said, **beside})


def by_program(program: Program, twin: Twin, bad: dict[str, Any], values: dict[str, str]) -> TestResponse:
    said = {name: filled(value, values) for name, value in {**twin.good, **bad}.items() if value is not None}
    method, path = twin.endpoint.split()
    return program.send(method, f"/api{filled(path, values)}", json=sent_by_program(twin, said, values))


@pytest.mark.parametrize(("case", "twin", "bad"), CASES)
def test_page_and_endpoint_refuse_alike(furnished: Furnished, case: str, twin: Twin, bad: dict[str, Any]):
    browser, program, values = ready(furnished, twin)
    before = rows()
    page = by_page(browser, twin, bad, values)
    shown = html.unescape(words(browser.follow(page) if page.status_code == 303 else page))
    assert rows() == before, "the page changed something"
    answer = by_program(program, twin, bad, values)
    assert rows() == before, "the endpoint changed something"
    assert answer.status_code >= 400, "the endpoint takes it"
    statuses = (303, 422) if case in REDIRECTED else (422, AGAIN[case]) if case in AGAIN else (answer.status_code,) * 2
    assert (page.status_code, answer.status_code) == statuses, answer.text
    error = answer.json["error"]
    for sentence in error["fields"].values() or [error["message"]]:
        assert sentence in shown or case in OWN_WORDS, (sentence, shown)


def own_name(endpoint: str) -> str:
    """An endpoint by its first path, whichever of its paths was asked."""
    return re.sub(r"_\d+$", "", endpoint)


APART = {
    "accounts_api.authenticate_for": "no page asks for which company one signs in",
    "accounts_api.authenticate_administrator": "no page asks for which company one signs in",
    "accounts_api.refresh_by_post": "no page holds tokens",
    "accounts_api.log_out": "the page refuses nobody",
    "accounts_api.log_out_by_post": "the page refuses nobody",
}
"""Endpoints that write and have no twin, and why."""


def test_every_endpoint_that_writes_has_a_twin_or_a_reason(app: Flask):
    paths = app.url_map.bind("folkmoot.example.org")
    some_id, twins = str(uuid.uuid4()), set()
    for twin in TWINS.values():
        method, path = twin.endpoint.split()
        address = "/api" + re.sub(r"\{\w+\}", some_id, path)
        twins.add(own_name(paths.match(address, method)[0]))
    missing, writes = [], set()
    for endpoint, path in endpoints():
        if endpoint.method == "GET":
            continue
        address = "/api" + re.sub(r"<[^>]+>", some_id, path)
        name = own_name(paths.match(address, endpoint.method)[0])
        writes.add(name)
        if name not in twins and name not in APART:
            missing.append(named((endpoint, path)))
    assert not missing
    assert not twins & set(APART)
    assert not set(APART) - writes


def test_the_tables_name_cases_that_there_are():
    cases = {case.values[0] for case in CASES}
    assert not {*AGAIN, *REDIRECTED, *OWN_WORDS} - cases
    assert not set(AGAIN) & set(REDIRECTED)


@dataclasses.dataclass(frozen=True)
class Taken:
    """What page and endpoint both take, and what is so afterwards."""

    twin: Twin
    becomes: "Callable[[Furnished], Any]"
    expected: Any


def days(furnished: Furnished) -> int | None:
    made = db.session.query(LoginSession).filter_by(name="Sync").one()
    return round((made.expires_at - made.created_at) / dt.timedelta(days=1))


def the(model: Any, name: str, column: str) -> "Callable[[Furnished], Any]":
    """Whether a column of the row whose id stands under `name` has a value."""
    return lambda furnished: getattr(db.session.get_one(model, uuid.UUID(furnished.values[name])), column) is not None


def door_stands(furnished: Furnished) -> bool:
    found = db.session.query(Membership).filter_by(user_id=furnished.users["doorkeeper"].id, revoked_at=None)
    return found.count() == 1


def has_calendar(furnished: Furnished) -> bool:
    return db.session.get_one(Project, uuid.UUID(furnished.values["project_id"])).calendar_nonce is not None


TAKEN = {
    "leaving one's own role": Taken(
        Twin(
            "/companies/{slug}/people/{door_membership_id}/revoke",
            "DELETE /companies/{company_id}/administrators/{door_id}",
            {},
            ({},),
            "doorkeeper",
        ),
        door_stands,
        expected=False,
    ),
    **{
        f"a token for {n} days": Taken(
            Twin("/account/tokens", "POST /tokens", {**TOKEN, "expires_in": str(n)}, ({},)), days, expected=n
        )
        for n in (1, 7, 365)
    },
    "the end of an app twice": Taken(
        press("the end of an app", first=put_one(App, "app_id", {"revoked_at": NOW})),
        the(App, "app_id", "revoked_at"),
        expected=True,
    ),
    "the end of an invitation twice": Taken(
        press("the end of an invitation", first=put_one(Invitation, "invitation_id", {"revoked_at": NOW})),
        the(Invitation, "invitation_id", "revoked_at"),
        expected=True,
    ),
    "making a calendar": Taken(
        Twin(CALENDAR[0], f"POST {CALENDAR[1]}", {}, ({},), beside={"do": "make"}), has_calendar, expected=True
    ),
    "revoking a calendar that has no link": Taken(
        Twin(CALENDAR[0], f"DELETE {CALENDAR[1]}", {}, ({},), beside={"do": "revoke"}), has_calendar, expected=False
    ),
    "an e-mail again that failed": Taken(
        press("one e-mail again", first=put_one(OutboxMail, "mail_id", {"state": "failed"})),
        lambda furnished: db.session.get_one(OutboxMail, uuid.UUID(furnished.values["mail_id"])).state,
        expected="queued",
    ),
}


@pytest.mark.parametrize("face", ["page", "endpoint"])
@pytest.mark.parametrize("taken", [pytest.param(taken, id=name) for name, taken in TAKEN.items()])
def test_page_and_endpoint_take_alike(furnished: Furnished, taken: Taken, face: str):
    browser, program, values = ready(furnished, taken.twin)
    answer = by_page(browser, taken.twin, {}, values) if face == "page" else by_program(program, taken.twin, {}, values)
    assert answer.status_code < 400, answer.text
    assert taken.becomes(furnished) == taken.expected


def test_an_event_that_people_were_asked_to_is_called_off_by_a_program_and_kept_by_the_page(furnished: Furnished):
    """The page has two buttons for it; the endpoint is that of the first reference, which cancels."""
    browser, program, values = ready(furnished, press("erasing"))
    before = rows()
    page = by_page(browser, press("erasing"), {}, values)
    assert (page.status_code, "cannot be deleted" in words(page)) == (409, True)
    assert rows() == before
    answer = by_program(program, press("erasing"), {}, values)
    assert (answer.status_code, answer.json["data"]["erased"]) == (200, False)
    assert db.session.get_one(Event, furnished.event.id).state == "cancelled"


@pytest.mark.parametrize(
    "twin",
    [
        pytest.param(Twin("/account/tokens", "POST /tokens", TOKEN, ({},), first=long_ago), id="a token"),
        pytest.param(press("the end of a company", first=long_ago), id="the end of a company"),
    ],
)
def test_what_needs_the_password_anew_leads_the_page_there_and_tells_the_program(furnished: Furnished, twin: Twin):
    browser, program, values = ready(furnished, twin)
    before = rows()
    page = by_page(browser, twin, {}, values)
    assert (page.status_code, page.headers["Location"].partition("?")[0]) == (303, "/account/confirm")
    answer = by_program(program, twin, {}, values)
    assert (answer.status_code, answer.json["error"]["id"]) == (403, "password_needed")
    assert rows() == before
