"""The HTML face of the guest list, and of joining."""

import dataclasses
import uuid
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response

from webapp.core.database import db
from webapp.core.errors import NotFoundError
from webapp.events import policy as events_policy
from webapp.events.queries import get_event
from webapp.guests import operations, policy, queries
from webapp.guests.forms import AddForm, EditForm, LinesForm, MessageForm, WalkInForm
from webapp.guests.operations import Added, Sent
from webapp.guests.queries import LIST_KEY, STATUSES
from webapp.guests.schemas import MOST_LINES, split_lines
from webapp.models import Event, Guest
from webapp.web.access import signed_in
from webapp.web.pagination import Page, decode, paged, window
from webapp.web.sign_in import current_actor

bp = Blueprint("guests", __name__)
PAGE = 50
MOST_TICKED = 500


@dataclasses.dataclass
class Forms:
    """The forms that stand on the list's page; the one that was refused keeps what was typed."""

    add: AddForm
    lines: LinesForm
    walk_in: WalkInForm
    added: list[Added] = dataclasses.field(default_factory=list)

    @property
    def status(self) -> int:
        """Return the page's HTTP status."""
        return max(self.add.status, self.lines.status, self.walk_in.status)


def _forms(add: AddForm | None = None, lines: LinesForm | None = None, walk_in: WalkInForm | None = None) -> Forms:
    return Forms(add or AddForm(formdata=None), lines or LinesForm(formdata=None), walk_in or WalkInForm(formdata=None))


def _event(event_id: uuid.UUID) -> Event:
    """Return the event for those who may look at its guest list; for others there is nothing here."""
    event = get_event(current_actor(), event_id)
    policy.require_list(current_actor(), event)
    return event


def _managed(event_id: uuid.UUID) -> Event:
    """Return the event for those who keep its guest list."""
    event = get_event(current_actor(), event_id)
    policy.require_manage(current_actor(), event)
    return event


def _back(event_id: uuid.UUID) -> Response:
    return redirect(url_for("guests.index", event_id=event_id), 303)


def _status() -> str:
    wanted = request.args.get("status", "all")
    return wanted if wanted in STATUSES else "all"


def _rows(event: Event, search: str, status: str) -> Page[Guest]:
    # the list is ordered by names and addresses, and the door sees no addresses
    word = queries.list_word(event)
    cursor = decode(request.args.get("page"), (str, uuid.UUID), word)
    statement = queries.guest_list(current_actor(), event, search=search, status=status)
    rows = db.session.scalars(window(statement, LIST_KEY, cursor, size=PAGE)).all()
    return paged(rows, cursor, queries.list_key, size=PAGE, address=_address(event), sealed=word)


def _address(event: Event) -> Any:
    """Return how a cursor becomes a link to this list, also where the page answers a form."""
    search, status = request.args.get("search") or None, request.args.get("status") or None
    return lambda cursor: url_for("guests.index", event_id=event.id, page=cursor, search=search, status=status)


def _list(event: Event, forms: Forms) -> Any:
    manages = policy.can_manage(current_actor(), event)
    search, status = request.args.get("search", "")[:200], _status()
    page = render_template(
        "guests/index.html" if manages else "guests/door.html",
        event=event,
        page=_rows(event, search, status),
        search=search,
        status=status,
        mails=queries.mail_counts(event) if manages else None,
        forms=forms,
    )
    return page, forms.status


@bp.get("/events/<uuid:event_id>/guests")
@signed_in
def index(event_id: uuid.UUID) -> Any:
    """Show the guest list: all of it to those who keep it, names and check-in to the door."""
    return _list(_event(event_id), _forms())


@bp.post("/events/<uuid:event_id>/guests", endpoint="add")
@signed_in
def add(event_id: uuid.UUID) -> Any:
    """Put one guest on the list (`email`, `name`), or many (`lines`)."""
    event = _managed(event_id)
    if request.form.get("lines", "").strip():
        return _add_many(event)
    form = AddForm()
    with form.refusals():
        data = form.input()
        invite = "invite" in request.form
        guest = operations.add_guest(current_actor(), event, email=data.email, name=data.name, invite=invite)
        said = _("%(name)s is invited.") if invite else _("%(name)s is on the list.")
        flash(said % {"name": guest.shown_name}, "yes")
        return _back(event_id)
    return _list(_managed(event_id), _forms(add=form))


def _add_many(event: Event) -> Any:
    form = LinesForm()
    forms = _forms(lines=form)
    with form.refusals():
        lines = split_lines(form.input().lines)
        if len(lines) > MOST_LINES:
            form.lines.errors = [
                ngettext("At most one line at once.", "At most %(num)d lines at once, please.", MOST_LINES)
            ]
            form.status = 422
            return _list(event, forms)
        results = operations.add_guests(current_actor(), event, lines, invite=bool(form.invite.data))
        new = sum(result.outcome == "added" for result in results)
        if new:
            flash(ngettext("One guest is on the list now.", "%(num)d guests are on the list now.", new), "yes")
        if new == len(results):
            return _back(event.id)
        forms.added = results
        form.status = 422
        wrong = [result.line for result in results if result.outcome.startswith("not")]
        form.lines.data = "\n".join(wrong)
        if wrong:
            said = ngettext(
                "One line is not an address. It still stands here.",
                "%(num)d lines are not addresses. They still stand here.",
                len(wrong),
            )
            form.lines.errors = [said]
    return _list(_managed(event.id), forms)


def _ticked() -> list[uuid.UUID] | None:
    """Return the ids of the ticked guests, or of the `only` one; None where the page asked for all of them.

    Raises NotFoundError for what is no id.
    """
    found = request.values.getlist("only") or request.values.getlist("guest")
    if not found and "ticked" not in request.values:
        return None
    try:
        return [uuid.UUID(value) for value in found[:MOST_TICKED]]
    except ValueError as error:
        raise NotFoundError from error


def _say(sent: Sent, one: str, many: str) -> None:
    if sent.queued:
        flash((one if sent.queued == 1 else many) % {"num": sent.queued}, "yes")
    elif not sent.unreachable:
        flash(_("There is nobody to write to: all of them have answered or were asked before."), "wait")
    if sent.unreachable:
        flash(
            ngettext(
                "One guest cannot be written to: no address, or no more mail wished.",
                "%(num)d guests cannot be written to: no address, or no more mail wished.",
                sent.unreachable,
            ),
            "trouble",
        )


def _tick_first(event_id: uuid.UUID) -> Response:
    flash(_("Tick the guests you mean first."), "wait")
    return _back(event_id)


@bp.post("/events/<uuid:event_id>/guests/invite")
@signed_in
def invite(event_id: uuid.UUID) -> Response:
    """Send invitations: to the ticked guests, or to all who have none yet."""
    event, ids = _managed(event_id), _ticked()
    if ids == []:
        return _tick_first(event_id)
    sent = operations.invite_guests(current_actor(), event, ids)
    _say(sent, _("One invitation is on its way."), _("%(num)d invitations are on their way."))
    return _back(event_id)


@bp.post("/events/<uuid:event_id>/guests/remind")
@signed_in
def remind(event_id: uuid.UUID) -> Response:
    """Remind those who were invited and have not answered: the ticked ones, or all."""
    event, ids = _managed(event_id), _ticked()
    if ids == []:
        return _tick_first(event_id)
    sent = operations.remind_guests(current_actor(), event, ids)
    _say(sent, _("One reminder is on its way."), _("%(num)d reminders are on their way."))
    return _back(event_id)


@bp.route("/events/<uuid:event_id>/guests/message", methods=["GET", "POST"])
@signed_in
def message(event_id: uuid.UUID) -> Any:
    """Write to the ticked guests, or to all."""
    event, ids = _managed(event_id), _ticked()
    if ids == []:
        return _tick_first(event_id)
    # the list posts its ticks, since a form that carries a token must not put it into an address
    written = "subject" in request.form
    form = MessageForm() if written else MessageForm(formdata=None)
    if written:
        with form.refusals():
            data = form.input()
            sent = operations.message_guests(current_actor(), event, ids, subject=data.subject, body=data.body)
            _say(sent, _("One message is on its way."), _("%(num)d messages are on their way."))
            return _back(event_id)
    count = event.guests_listed if ids is None else len(ids)
    return render_template("guests/message.html", event=event, form=form, ids=ids or [], count=count), form.status


@bp.route("/events/<uuid:event_id>/guests/remove", methods=["GET", "POST"])
@signed_in
def remove_many(event_id: uuid.UUID) -> Any:
    """Take the ticked guests off the list, after asking."""
    event, ids = _managed(event_id), _ticked()
    if not ids:
        return _tick_first(event_id)
    if request.method == "POST" and "ticked" not in request.form:
        gone = len(operations.remove_guests(current_actor(), event, ids))
        flash(ngettext("One guest is off the list.", "%(num)d guests are off the list.", gone), "yes")
        return _back(event_id)
    return render_template("guests/remove.html", event=event, ids=ids)


@bp.get("/events/<uuid:event_id>/guests/<uuid:guest_id>")
@signed_in
def show(event_id: uuid.UUID, guest_id: uuid.UUID) -> str:
    """Show everything about one guest: each timestamp, the answer, the last e-mail."""
    event = _managed(event_id)
    guest = queries.get_guest(current_actor(), event, guest_id)
    return render_template("guests/show.html", event=event, guest=guest)


@bp.route("/events/<uuid:event_id>/guests/<uuid:guest_id>/edit", methods=["GET", "POST"])
@signed_in
def edit(event_id: uuid.UUID, guest_id: uuid.UUID) -> Any:
    """Correct name and address."""
    event = _managed(event_id)
    guest = queries.get_guest(current_actor(), event, guest_id)
    form = EditForm(obj=guest)
    if form.sent:
        with form.refusals():
            data = form.input()
            operations.edit_guest(current_actor(), event, guest, name=data.name, email=data.email)
            flash(_("Saved."), "yes")
            return redirect(url_for("guests.show", event_id=event_id, guest_id=guest_id), 303)
        event = _managed(event_id)
        guest = queries.get_guest(current_actor(), event, guest_id)
    return render_template("guests/edit.html", event=event, guest=guest, form=form), form.status


@bp.post("/events/<uuid:event_id>/guests/<uuid:guest_id>/remove")
@signed_in
def remove(event_id: uuid.UUID, guest_id: uuid.UUID) -> Response:
    """Take one guest off the list."""
    event = _managed(event_id)
    guest = queries.get_guest(current_actor(), event, guest_id)
    name = guest.shown_name
    operations.remove_guest(current_actor(), event, guest)
    flash(_("%(name)s is off the list.", name=name or _("The guest")), "yes")
    return _back(event_id)


@bp.post("/events/<uuid:event_id>/guests/<uuid:guest_id>/renew")
@signed_in
def renew(event_id: uuid.UUID, guest_id: uuid.UUID) -> Response:
    """Give the guest a new personal link."""
    event = _managed(event_id)
    operations.renew_link(current_actor(), event, queries.get_guest(current_actor(), event, guest_id))
    flash(_("The old personal link leads nowhere now. Send the invitation again, so that the new one arrives."), "yes")
    return redirect(url_for("guests.show", event_id=event_id, guest_id=guest_id), 303)


@bp.post("/events/<uuid:event_id>/guests/<uuid:guest_id>/check-in")
@signed_in
def check_in(event_id: uuid.UUID, guest_id: uuid.UUID) -> Response:
    """Note that a guest has come."""
    event = _event(event_id)
    guest = queries.get_guest(current_actor(), event, guest_id)
    done = operations.check_in(current_actor(), event, guest)
    name = guest.name or _("The guest")
    flash(
        _("%(name)s is in.", name=name) if done else _("%(name)s was in already.", name=name), "yes" if done else "wait"
    )
    return redirect(_door(event_id), 303)


@bp.post("/events/<uuid:event_id>/guests/<uuid:guest_id>/undo-check-in")
@signed_in
def undo_check_in(event_id: uuid.UUID, guest_id: uuid.UUID) -> Response:
    """Take a check-in back."""
    event = _event(event_id)
    guest = queries.get_guest(current_actor(), event, guest_id)
    operations.undo_check_in(current_actor(), event, guest)
    flash(_("%(name)s is not in any more.", name=guest.name or _("The guest")), "yes")
    return redirect(_door(event_id), 303)


def _door(event_id: uuid.UUID) -> str:
    """Return the list as it was searched: the door goes on where it was."""
    return url_for("guests.index", event_id=event_id, search=request.form.get("search", "")[:200] or None)


@bp.post("/events/<uuid:event_id>/guests/walk-in")
@signed_in
def walk_in(event_id: uuid.UUID) -> Any:
    """Let in somebody who is not on the list, by name."""
    event = _event(event_id)
    form = WalkInForm()
    with form.refusals():
        guest = operations.walk_in(current_actor(), event, name=form.input().name)
        flash(_("%(name)s is in.", name=guest.name), "yes")
        return _back(event_id)
    return _list(_event(event_id), _forms(walk_in=form))


@bp.post("/events/<uuid:event_id>/join")
@signed_in
def join(event_id: uuid.UUID) -> Response:
    """Put the own account on the list with yes."""
    event = get_event(current_actor(), event_id)
    operations.join(current_actor(), event)
    flash(_("You’re coming. A confirmation is on its way to you."), "yes")
    return redirect(url_for("events.show", event_id=event_id), 303)


@bp.post("/events/<uuid:event_id>/leave")
@signed_in
def leave(event_id: uuid.UUID) -> Response:
    """Take the own account off the list."""
    event = get_event(current_actor(), event_id)
    operations.leave(current_actor(), event)
    flash(_("You are off the list; your place is free again."), "yes")
    if events_policy.can_see(current_actor(), event):
        return redirect(url_for("events.show", event_id=event_id), 303)
    return redirect(url_for("home.index"), 303)
