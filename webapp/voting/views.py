"""The HTML face: the ballot, the results, and the ballot file; for accounts, and for guests by personal link."""

import dataclasses
import pathlib
import uuid

from flask import Blueprint, Response, current_app, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from webapp.core.actor import Actor
from webapp.core.errors import NotFoundError
from webapp.events import policy as events_policy
from webapp.events import queries as events_queries
from webapp.extensions import csrf
from webapp.guests import queries as guests_queries
from webapp.models import Event, Guest
from webapp.voting import operations, queries, tallying
from webapp.voting.errors import NotOnRollError
from webapp.voting.forms import ballot_form
from webapp.voting.operations import Said
from webapp.voting.rule import Rule
from webapp.voting.states import Phase
from webapp.web.access import linked, public, signed_in
from webapp.web.sign_in import current_actor

bp = Blueprint("voting", __name__)


@dataclasses.dataclass(frozen=True)
class Urls:
    """Where the pages of one vote are, for this visitor. `linked`: by personal link."""

    event: str
    vote: str
    results: str
    file: str
    linked: bool


def _event_urls(event_id: uuid.UUID) -> Urls:
    return Urls(
        event=url_for("events.show", event_id=event_id),
        vote=url_for(".vote", event_id=event_id),
        results=url_for(".results", event_id=event_id),
        file=url_for(".ballot_file", event_id=event_id),
        linked=False,
    )


def _guest_urls(token: str) -> Urls:
    return Urls(
        event=url_for("rsvp.show", token=token),
        vote=url_for(".guest_vote", token=token),
        results=url_for(".guest_results", token=token),
        file=url_for(".guest_ballot_file", token=token),
        linked=True,
    )


# ---- the ballot


@bp.route("/events/<uuid:event_id>/vote", methods=["GET", "POST"])
@signed_in
def vote(event_id: uuid.UUID) -> ResponseReturnValue:
    """The ballot of an account."""
    actor = current_actor()
    event = events_queries.get_event(actor, event_id)
    return _ballot_page(actor, event, guests_queries.my_guest(actor, event), _event_urls(event.id))


@bp.route("/rsvp/<token>/vote", methods=["GET", "POST"])
@linked
def guest_vote(token: str) -> ResponseReturnValue:
    """The ballot of a guest by personal link; the path is the secret."""
    guest = guests_queries.by_personal_token(token)
    return _ballot_page(Actor(guest_id=guest.id), guest.event, guest, _guest_urls(token))


csrf.exempt(guest_vote)


def _ballot_page(actor: Actor, event: Event, guest: Guest | None, urls: Urls) -> ResponseReturnValue:
    """Show the ballot, or take it: then the results page, which holds the receipt, is next."""
    questions = tallying.questions_of(event.id)
    if not questions:
        raise NotFoundError
    form = ballot_form(questions)
    if form.sent:
        if guest is None:
            raise NotOnRollError
        with form.refusals():
            done = operations.cast_ballot(actor, guest, form.input().answers)
            flash(_answer(done.message, event), "yes")
            return redirect(urls.results, 303)
    state = queries.vote_state(actor, event, guest)
    rule = queries.rule_of(event)
    page = "voting/ballot.html" if state.may_vote else "voting/no_ballot.html"
    told = {"event": event, "form": form, "state": state, "rule": rule, "questions": len(questions), "urls": urls}
    return render_template(page, **told), form.status


def _answer(said: Said, event: Event) -> str:
    """Return what to say to a voter."""
    if said is Said.NOT_YET and queries.rule_of(event).decide_when == "at close":
        return _("Your ballot is cast. What it decides is settled when voting closes.")
    return str(said.sentence)


# ---- results


@bp.get("/events/<uuid:event_id>/results")
@public
def results(event_id: uuid.UUID) -> ResponseReturnValue:
    """The results, as far as this visitor may see them."""
    actor = current_actor()
    event = events_queries.get_event(actor, event_id)
    return _results_page(actor, event, queries.row_of(actor, event), _event_urls(event.id))


@bp.get("/rsvp/<token>/results")
@linked
def guest_results(token: str) -> ResponseReturnValue:
    """The same by personal link."""
    guest = guests_queries.by_personal_token(token)
    return _results_page(Actor(guest_id=guest.id), guest.event, guest, _guest_urls(token))


def _results_page(actor: Actor, event: Event, guest: Guest | None, urls: Urls) -> str:
    found = queries.results(actor, event, guest)
    need, need_words = _need(found.rule, len(found.asked))
    return render_template(
        "voting/results.html",
        event=event,
        results=found,
        state=found.state,
        rule=found.rule,
        need=need,
        need_words=need_words,
        urls=urls,
        manages=not urls.linked and events_policy.can_manage(actor, event),
        running=found.state.phase in {Phase.OPEN, Phase.COUNTING},
    )


def _need(rule: Rule, questions: int) -> tuple[float | None, str]:
    """Return at how many percent the line stands that an answer has to reach, and its words; none where it is not so.

    Where whole ballots decide on several questions, no single answer has to reach anything.
    """
    share = rule.min_agreement
    if share.num == 0 or (rule.decide_by == "ballot" and questions > 1):
        return None, ""
    percent = 100 * share.num / share.den
    if not percent.is_integer():
        return percent, _("%(share)s needed", share=share.words())
    if share.strict:
        return percent, _("more than %(percent)s %% needed", percent=int(percent))
    return percent, _("%(percent)s %% needed", percent=int(percent))


# ---- counting again


@bp.get("/events/<uuid:event_id>/results/ballots.jsonl")
@public
def ballot_file(event_id: uuid.UUID) -> Response:
    """The ballot file, once voting has closed, for whoever may see the event."""
    actor = current_actor()
    return _file(actor, events_queries.get_event(actor, event_id))


@bp.get("/rsvp/<token>/results/ballots.jsonl")
@linked
def guest_ballot_file(token: str) -> Response:
    """The same by personal link."""
    guest = guests_queries.by_personal_token(token)
    return _file(Actor(guest_id=guest.id), guest.event)


def _file(actor: Actor, event: Event) -> Response:
    response = Response(queries.ballot_file(actor, event), mimetype="application/jsonl")
    response.headers.set("Content-Disposition", "attachment", filename="ballots.jsonl")
    return response


@bp.get("/recount.py")
@public
def recount_script() -> Response:
    """The script that counts a ballot file again, offline."""
    script = pathlib.Path(current_app.root_path) / "docs" / "recount.py"
    response = Response(script.read_bytes(), mimetype="text/x-python")
    response.headers.set("Content-Disposition", "attachment", filename="recount.py")
    return response
