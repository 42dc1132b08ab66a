"""The guest's own page, by personal link: the answer, the calendar file, and no more mail."""

import dataclasses
from typing import Any

from flask import Blueprint, Response, flash, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as BaseResponse

from webapp.core import clock
from webapp.core.actor import Actor
from webapp.events.calendar import MEDIA_TYPE, event_calendar
from webapp.events.queries import voting_opened
from webapp.extensions import csrf
from webapp.guests import links, operations, queries
from webapp.guests.forms import ReplyForm
from webapp.models import Guest
from webapp.web.access import linked
from webapp.web.sign_in import current_actor

bp = Blueprint("rsvp", __name__)


@dataclasses.dataclass(frozen=True)
class Possible:
    """What a guest can do now."""

    yes: bool
    """Say yes, or bring more."""
    no: bool
    """Say no, or bring fewer."""
    full: bool
    vote: bool
    results: bool


def possible(guest: Guest) -> Possible:
    """Return what this guest can do now, as the operations will judge it."""
    event = guest.event
    moment = clock.now()
    running = event.published and event.ends_at > moment
    opened = voting_opened(event)
    on_roll = guest.on_roll and guest.standing
    return Possible(
        yes=running and event.joins_until > moment,
        no=running,
        full=event.places_left == 0 and guest.places == 0,
        vote=opened and running and on_roll and not guest.has_voted and event.votes_until > moment,
        results=opened,
    )


def _actor(guest: Guest) -> Actor:
    """Return who acts here: the guest of the link, and the account, if one is signed in."""
    return dataclasses.replace(current_actor(), guest_id=guest.id)


def _page(token: str, guest: Guest, form: ReplyForm, asked: str | None) -> Any:
    can = possible(guest)
    step = (
        asked
        if (asked == "yes" and can.yes and not (can.full and not form.errors)) or (asked == "no" and can.no)
        else None
    )
    page = render_template(
        "rsvp/show.html",
        token=token,
        guest=guest,
        event=guest.event,
        can=can,
        step=step,
        form=form,
        code=links.admission_code(guest),
        scanned=links.admission_token(guest),
    )
    return page, form.status


@bp.get("/rsvp/<token>")
@linked
def show(token: str) -> Any:
    """Show the event and what was answered; `?reply=yes` or `no` leads to the one confirm."""
    guest = queries.by_personal_token(token)
    form = ReplyForm(formdata=None, data=_as_answered(guest))
    return _page(token, guest, form, request.args.get("reply"))


def _as_answered(guest: Guest) -> dict[str, Any]:
    return {"party_size": guest.party_size, "companions": "\n".join(guest.companions), "note": guest.note}


@bp.post("/rsvp/<token>", endpoint="answer")
@linked
def answer(token: str) -> Any:
    """Take the answer."""
    guest = queries.by_personal_token(token)
    form = ReplyForm()
    with form.refusals():
        data = form.input()
        operations.reply(
            _actor(guest),
            guest,
            reply=data.reply,
            party_size=data.size,
            companions=data.companions,
            note=data.note,
        )
        flash(str(data.noted), "yes")
        return redirect(url_for("rsvp.show", token=token), 303)
    guest = queries.by_personal_token(token)
    return _page(token, guest, form, form.reply.data)


@bp.post("/rsvp/<token>/opened")
@linked
def opened(token: str) -> Any:
    """Note that the page was opened; sent by a script of the page, so that mail scanners do not count."""
    operations.mark_opened(queries.by_personal_token(token))
    return "", 204


@bp.post("/rsvp/<token>/leave")
@linked
def leave(token: str) -> BaseResponse:
    """Go off the list."""
    guest = queries.by_personal_token(token)
    operations.leave(_actor(guest), guest.event)
    flash(_("You are off the list."), "yes")
    return redirect(url_for("rsvp.show", token=token), 303)


@bp.get("/rsvp/<token>/calendar.ics")
@linked
def calendar(token: str) -> Response:
    """Give the event as a calendar file."""
    guest = queries.by_personal_token(token)
    response = make_response(event_calendar(guest.event, url=links.personal_url(guest)))
    response.headers["Content-Type"] = MEDIA_TYPE
    response.headers["Content-Disposition"] = 'attachment; filename="event.ics"'
    return response


@bp.get("/rsvp/<token>/confirm")
@linked
def confirm_place(token: str) -> Any:
    """Show what is to be confirmed; who has confirmed already is led to the own page."""
    guest = queries.by_confirm_token(token)
    if guest.unconfirmed_until is None:
        return redirect(url_for("rsvp.show", token=links.personal_token(guest)), 303)
    return render_template("rsvp/confirm.html", token=token, guest=guest, event=guest.event)


@bp.post("/rsvp/<token>/confirm", endpoint="confirm")
@linked
def confirm(token: str) -> BaseResponse:
    """Take the address as proven and lead to the guest's own page."""
    guest = operations.confirm_place(queries.by_confirm_token(token))
    flash(_("You are on the guest list now. Will you come?"), "yes")
    return redirect(url_for("rsvp.show", token=links.personal_token(guest)), 303)


@bp.get("/unsubscribe/<token>")
@linked
def unsubscribe(token: str) -> str:
    """Ask whether to end all e-mail about the event, or say that it has ended."""
    guest = queries.by_unsubscribe_token(token)
    return render_template("rsvp/unsubscribe.html", token=token, guest=guest, event=guest.event)


@bp.post("/unsubscribe/<token>", endpoint="unsubscribed")
@linked
def unsubscribed(token: str) -> Any:
    """End all e-mail about the event. A mail program's one click gets no redirect (RFC 8058, section 3.1)."""
    operations.unsubscribe(queries.by_unsubscribe_token(token))
    if "List-Unsubscribe" in request.form:
        return "", 200
    return redirect(url_for("rsvp.unsubscribe", token=token), 303)


# The path is the secret, and mail programs send no token of ours
for _view in (answer, opened, leave, unsubscribed):
    csrf.exempt(_view)
