"""What is asked of somebody who looks at an event: one thing at a time, always on top of the page."""

import dataclasses
import enum

from flask import url_for

from webapp.core import clock
from webapp.core.actor import Actor
from webapp.events.policy import Standing
from webapp.guests import queries as guests_queries
from webapp.guests.links import personal_token
from webapp.models import Event, Guest
from webapp.voting import queries as voting_queries
from webapp.voting.states import VoteState


class Ask(enum.StrEnum):
    """What is asked, or why nothing is."""

    DRAFT = "draft"
    CANCELLED = "cancelled"
    OVER = "over"
    VOTE = "vote"
    REPLY = "reply"
    YES = "yes"
    NO = "no"
    WAITING = "waiting"
    MANAGE = "manage"
    JOIN = "join"
    SIGN_IN = "sign-in"
    FULL = "full"
    CLOSED = "closed"


@dataclasses.dataclass(frozen=True)
class Asked:
    """What an event asks of its reader.

    `guest`: the reader's row on the guest list, if there is one. `vote`: how the vote stands for the reader, None where
    the event asks nothing. `page`: the address of the guest's own page. `open`: whether a yes is still possible.
    """

    ask: Ask
    guest: Guest | None
    vote: VoteState | None
    page: str | None
    open: bool


def asked(actor: Actor, event: Event, standing: Standing) -> Asked:
    """Return what `event` (its questions loaded) asks of `actor`, who stands to it as `standing` says."""
    guest = guests_queries.my_guest(actor, event)
    vote = voting_queries.vote_state(actor, event, guest) if event.questions else None
    page = url_for("rsvp.show", token=personal_token(guest)) if guest is not None and event.state != "draft" else None
    takes = event.published and event.joins_until > clock.now() and event.places_left != 0
    return Asked(_ask(actor, event, standing, guest, vote), guest, vote, page, takes)


def _ask(actor: Actor, event: Event, standing: Standing, guest: Guest | None, vote: VoteState | None) -> Ask:
    if event.state in {"draft", "cancelled"}:
        return Ask(event.state)
    if vote is not None and vote.may_vote and guest is not None and guest.reply is not None:
        return Ask.VOTE
    if event.ends_at <= clock.now():
        return Ask.OVER
    if guest is not None and (guest.reply or guest.waiting_since):
        return Ask.WAITING if guest.waiting_since else Ask(guest.reply or "")
    if standing.manages and guest is None:
        return Ask.MANAGE
    if event.joins_until <= clock.now():
        return Ask.CLOSED
    if event.places_left == 0:
        return Ask.FULL
    if guest is not None:
        return Ask.REPLY
    return Ask.JOIN if actor.user_id is not None else Ask.SIGN_IN
