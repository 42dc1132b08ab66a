"""Every write about events."""

import datetime as dt
import uuid
from collections.abc import Sequence
from typing import Any, Final

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import delete, or_, select, update

from webapp.companies import policy as companies_policy
from webapp.companies.errors import CompanyGoneError
from webapp.companies.operations import hold_company, hold_project
from webapp.companies.queries import projects_of, usual_project
from webapp.core import clock, text
from webapp.core.actor import Actor
from webapp.core.database import db
from webapp.core.errors import ForbiddenError, InputError
from webapp.core.hooks import EventChange, event_cancelled, event_changed
from webapp.core.operation import count, locked, operation
from webapp.core.permissions import Permission
from webapp.core.schema import merged
from webapp.events import policy, queries, questions, words
from webapp.events.errors import CapacityError, EventInUseError, EventStateError, FrozenError
from webapp.events.schemas import EventInput, EventPatch
from webapp.journal.writing import record
from webapp.models import CoHost, Event, Project

RULE: Final = (
    "roll", "min_votes", "min_turnout", "min_agreement", "decide_by", "decide_when", "secrecy", "results",
)  # fmt: skip
# What is promised with the ballot: it stays as it is once voting has opened.
FROZEN: Final = (*RULE, "voting_opens_at", "voting_closes_at", "reward")
# What stands in calendars: a change of these makes a new version of the entry there.
IN_CALENDARS: Final = frozenset({"title", "description", "place", "timezone", "starts_at", "ends_at"})
PLAIN: Final = (
    "title", "description", "place", "timezone", "starts_at", "ends_at", "join_by", "capacity", "visibility", *FROZEN,
)  # fmt: skip
WEEK: Final = dt.timedelta(days=7)


def _search_key(title: str, place: str) -> str:
    return text.fold(f"{title} {place}")


def _project(actor: Actor, project_id: uuid.UUID | None) -> Project:
    """Return the project to put an event into; raises InputError for one that `actor` may not use.

    None is the usual one: of the company that the token acts for, or that the account has had a role in the longest.
    Until the operation ends it is not archived, and its company not deleted.
    """
    if project_id is None:
        usual = usual_project(actor, projects_of(actor))
        if usual is None:
            raise ForbiddenError(_l("To create events you need a company of your own, or a role in one."))
        project_id = usual.id
    project = hold_project(project_id)
    if project is None or not companies_policy.allows(actor, project.company_id, Permission.MANAGE_EVENTS):
        raise InputError(fields={"project": _l("Please choose a project from the list.")})
    return project


@operation
def create_event(actor: Actor, data: EventInput, *, publish: bool, co_hosts: Sequence[str] = ()) -> Event:
    """Make an event with `actor` as its host, as a draft or (with `publish`) published at once; return it.

    `co_hosts`: as for `set_co_hosts`. Raises InputError for a project that may not be used, or publishing what is over
    already; ForbiddenError where `actor` organises for no company.
    """
    host_id = actor.account()
    project = _project(actor, data.project)
    event = Event(
        company_id=project.company_id,
        project_id=project.id,
        host_id=host_id,
        search_key=_search_key(data.title, data.place),
        **{name: getattr(data, name) for name in PLAIN},
    )
    event.questions = []
    db.session.add(event)
    db.session.flush()
    words.write(event)
    questions.write(event, questions.planned(event, data.questions))
    record(actor, "event.created", event, event_id=event.id)
    if co_hosts:
        set_co_hosts(actor, event, co_hosts)
    if publish:
        publish_event(actor, event)
    return event


def _not_over(event: Event) -> None:
    """Raise InputError where publishing would be too late."""
    moment = clock.now()
    if event.ends_at <= moment:
        raise InputError(fields={"ends_at": _l("That is over already. Please choose a time to come.")})
    if event.voting_closes_at is not None and event.voting_closes_at <= moment:
        raise InputError(fields={"voting_closes_at": _l("Voting would be over already.")})


@operation
def publish_event(actor: Actor, event: Event) -> None:
    """Let guests see and answer the draft `event`.

    Raises EventStateError where it is no draft, InputError where it would be over already, CompanyGoneError where its
    company is deleted.
    """
    policy.require_manage(actor, event)
    hold_company(event.company_id)
    _not_over(event)
    moment = clock.now()
    published = count(
        update(Event)
        .where(Event.id == event.id, Event.state == "draft")
        .values(state="published", published_at=moment, updated_at=moment)
    )
    if not published:
        raise EventStateError(_l("This event is not a draft any more."))
    record(actor, "event.published", event, event_id=event.id)
    event_changed.fire(EventChange(event.id, frozenset({"state"}), actor.user_id))


def _as_it_is(event: Event) -> dict[str, Any]:
    """Return what an EventInput says of the event, its questions loaded."""
    asked = [{"text": q.text, "kind": q.kind, "answers": [a.text for a in q.answers]} for q in event.questions]
    return {**{name: getattr(event, name) for name in PLAIN}, "project": event.project_id, "questions": asked}


def _changes(event: Event, data: EventInput) -> dict[str, Any]:
    """Return what `data` says otherwise than the event, by column."""
    changes = {name: getattr(data, name) for name in PLAIN if getattr(event, name) != getattr(data, name)}
    if event.voting_closes_at is None and data.voting_closes_at == data.ends_at == event.ends_at:
        # what an event shows of a vote that closes with it
        del changes["voting_closes_at"]
    if data.project is not None and data.project != event.project_id:
        changes["project_id"] = data.project
    return changes


def _pin_vote(event: Event, changes: dict[str, Any]) -> None:
    """Keep the close of a vote that closes with the event's end, when that end is moved.

    What has closed stays closed, and what is open stays open as long as was said: an earlier end would close it at the
    moment that suits whoever keeps the event.
    """
    if "ends_at" not in changes or event.voting_closes_at is not None:
        return
    if event.votes_until <= clock.now() or changes["ends_at"] < event.ends_at:
        changes["voting_closes_at"] = event.ends_at


@operation
def edit_event(
    actor: Actor, event: Event, data: EventInput, *, co_hosts: Sequence[str] | None = None
) -> frozenset[str]:
    """Make `event` say what `data` says; return the names of the fields that changed.

    What `data` leaves out stays as it stands now, whoever wrote it last. `co_hosts`: as for `set_co_hosts`; None leaves
    them. Raises InputError for what does not fit to what stays, CapacityError for fewer places than are taken,
    FrozenError where questions or the rule change after voting has opened, EventStateError for a cancelled event,
    InputError for a project of another company, CompanyGoneError where its company is deleted.
    """
    event = queries.get_event(actor, locked(event).id)
    policy.require_manage(actor, event)
    hold_company(event.company_id)
    if event.state == "cancelled":
        raise EventStateError(_l("This event is cancelled and cannot be edited any more."))
    kept = data.kept if isinstance(data, EventPatch) else None
    data = merged(EventInput, _as_it_is(event), data)
    changes = _changes(event, data)
    asked = questions.planned(event, data.questions, kept)
    asks_anew = not questions.same(event, asked)
    if queries.voting_opened(event):
        _keep_frozen(changes, asks_anew=asks_anew)
        _pin_vote(event, changes)
    if "project_id" in changes and _project(actor, data.project).company_id != event.company_id:
        raise InputError(fields={"project": _l("Please choose a project of the same company.")})
    if co_hosts is not None:
        set_co_hosts(actor, event, co_hosts)
    changed = frozenset(changes) | ({"questions"} if asks_anew else set())
    if not changed:
        return frozenset()
    if asks_anew:
        questions.write(event, asked)
    _write(event, changes, changed)
    record(actor, "event.edited", event, event_id=event.id, changed=sorted(changed))
    event_changed.fire(EventChange(event.id, changed, actor.user_id))
    return changed


def _keep_frozen(changes: dict[str, Any], *, asks_anew: bool) -> None:
    fields: dict[str, Any] = {
        name: _l("This cannot be changed any more, since voting has opened.") for name in FROZEN if name in changes
    }
    if asks_anew:
        fields["questions"] = _l("Voting has opened, so questions and answers stay as they are.")
    if fields:
        raise FrozenError(fields=fields)


def _write(event: Event, changes: dict[str, Any], changed: frozenset[str]) -> None:
    """Write the changes, the places by a guard that holds under any race."""
    values = {**changes, "updated_at": clock.now()}
    if changed & {"title", "place"}:
        values["search_key"] = _search_key(values.get("title", event.title), values.get("place", event.place))
    if changed & IN_CALENDARS:
        values["sequence"] = Event.sequence + 1
    guarded = update(Event).where(Event.id == event.id, Event.state != "cancelled")
    places: int | None = changes.get("capacity")
    if places is not None:
        guarded = guarded.where(Event.taken + Event.offered <= places)
    taken = event.taken + event.offered
    if not count(guarded.values(**values)):
        message = _("%(num)d places are taken already.", num=taken)
        raise CapacityError(fields={"capacity": message})
    if changed & {"title", "place", "starts_at"}:
        words.write(event)


@operation
def cancel_event(actor: Actor, event: Event) -> None:
    """Call `event` off: its vote ends without consensus, and its guests are told.

    Raises EventStateError where it is cancelled already, or over.
    """
    policy.require_manage(actor, event)
    moment = clock.now()
    cancelled = count(
        update(Event)
        .where(Event.id == event.id, Event.state != "cancelled", or_(Event.state == "draft", Event.ends_at > moment))
        .values(state="cancelled", cancelled_at=moment, updated_at=moment, sequence=Event.sequence + 1)
    )
    if not cancelled:
        raise EventStateError(_l("This event is over or cancelled already."))
    record(actor, "event.cancelled", event, event_id=event.id)
    event_cancelled.fire(EventChange(event.id, frozenset({"state"}), actor.user_id))


@operation
def duplicate_event(actor: Actor, event: Event) -> Event:
    """Make a draft like `event`, with the same questions and co-hosts and no guests, hosted by `actor`; return it.

    It keeps its hour on the same weekday, as many weeks later as it takes to lie ahead. Raises ForbiddenError where
    `actor` organises nothing in the event's company, CompanyGoneError where that is deleted.
    """
    # judged and copied under the lock: whoever is offboarded meanwhile becomes neither its host nor a co-host
    hold_company(event.company_id)
    event = queries.get_event(actor, event.id)
    policy.require_manage(actor, event)
    if not companies_policy.allows(actor, event.company_id, Permission.MANAGE_EVENTS):
        raise ForbiddenError
    project = hold_project(event.project_id)
    if project is None:
        default = select(Project.id).where(Project.company_id == event.company_id, Project.is_default)
        project = hold_project(db.session.scalars(default).one())
    if project is None:
        raise CompanyGoneError
    weeks = max(1, (clock.now() - event.starts_at) // WEEK + 1)
    moments = ("starts_at", "ends_at", "join_by", "voting_opens_at", "voting_closes_at")
    values = {name: getattr(event, name) for name in PLAIN}
    values.update({name: _later(values[name], weeks, event.timezone) for name in moments})
    copy = Event(
        company_id=event.company_id,
        project_id=project.id,
        host_id=actor.account(),
        search_key=event.search_key,
        **values,
    )
    copy.questions = questions.copied(event)
    copy.co_hosts = [CoHost(user_id=old.user_id) for old in event.co_hosts if old.user_id != actor.user_id]
    db.session.add(copy)
    db.session.flush()
    words.write(copy)
    record(actor, "event.duplicated", copy, event_id=copy.id, source=str(event.id))
    return copy


def _later(moment: dt.datetime | None, weeks: int, zone: str) -> dt.datetime | None:
    """Return the same wall time in `zone` so many weeks later, whatever the clocks do in between."""
    if moment is None:
        return None
    local = moment.astimezone(clock.zone(zone))
    return (local.replace(tzinfo=None) + weeks * WEEK).replace(tzinfo=local.tzinfo, fold=0).astimezone(dt.UTC)


@operation
def delete_event(actor: Actor, event: Event) -> None:
    """Erase `event`; raises EventInUseError where somebody was ever asked to it."""
    policy.require_manage(actor, event)
    if queries.in_use(locked(event)):
        raise EventInUseError
    record(actor, "event.deleted", event, event_id=event.id)
    db.session.flush()
    db.session.execute(delete(Event).where(Event.id == event.id), execution_options={"synchronize_session": False})
    db.session.expunge(event)


@operation
def set_co_hosts(actor: Actor, event: Event, addresses: Sequence[str]) -> None:
    """Let exactly the accounts with these addresses, or ids, do for `event` what its host may.

    Raises InputError for one that is neither of somebody in the company nor of a guest who joined.
    """
    hold_company(event.company_id)
    event = queries.get_event(actor, event.id)
    policy.require_manage(actor, event)
    keys = {text.fold(address): address for address in addresses}
    users = [*queries.co_host_candidates(event, list(keys)), *(row.user for row in event.co_hosts)]
    found = {key: user for user in users for key in (user.email_key, str(user.id)) if key}
    unknown = [address for key, address in keys.items() if key not in found]
    if unknown:
        message = _(
            "Co-hosts are people of your company, or guests who joined with an account. This is neither: %(address)s",
            address=unknown[0],
        )
        raise InputError(fields={"co_hosts": message})
    wanted = {found[key].id for key in keys if found[key].id != event.host_id}
    before = {row.user_id for row in event.co_hosts}
    if wanted == before:
        return
    event.co_hosts = [row for row in event.co_hosts if row.user_id in wanted]
    event.co_hosts += [CoHost(event_id=event.id, user_id=user_id) for user_id in sorted(wanted - before)]
    db.session.flush()
    added, removed = sorted(map(str, wanted - before)), sorted(map(str, before - wanted))
    record(actor, "event.co_hosts", event, event_id=event.id, added=added, removed=removed)
    event_changed.fire(EventChange(event.id, frozenset({"co_hosts"}), actor.user_id))
