"""The HTML face of "/": what this is for whoever comes by, and what is asked of those who are signed in."""

from flask import Blueprint, render_template, url_for
from flask_login import current_user

from webapp.core.actor import Actor
from webapp.events import queries as events_queries
from webapp.guests import queries as guests_queries
from webapp.guests.links import personal_token
from webapp.models import Guest
from webapp.web.access import public
from webapp.web.sign_in import current_actor
from webapp.web.site import current_site

bp = Blueprint("home", __name__)

ASKED = 20
COMING = 8
ORGANISED = 8
PUBLIC = 6


@bp.get("/")
@public
def index() -> str:
    """Show the landing page, or what is asked of and next for the account that is signed in."""
    actor = current_actor()
    return _landing() if actor.user_id is None else _for_you(actor)


def _landing() -> str:
    events = events_queries.public_events(PUBLIC)
    registration = current_site().registration == "open"
    return render_template("home/landing.html", events=events, first=events[0] if events else None, open=registration)


def _page(guest: Guest) -> str:
    return url_for("rsvp.show", token=personal_token(guest))


def _for_you(actor: Actor) -> str:
    asked = guests_queries.asked_of(actor, ASKED)
    votes = events_queries.open_votes(actor, ASKED)
    coming = events_queries.coming_events(actor, COMING)
    organised = events_queries.organised_events(actor, ORGANISED)
    return render_template(
        "home/for_you.html",
        asked=[(guest, _page(guest)) for guest in asked],
        votes=votes,
        count=len(asked) + len(votes),
        coming=coming,
        organised=organised,
        name=current_user.name,
    )
