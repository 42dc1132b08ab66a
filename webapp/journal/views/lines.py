"""An entry as a line of the page: who, what, to what; with links where the reader may go."""

import dataclasses
import datetime as dt
import uuid
from collections.abc import Callable, Mapping
from typing import Any

from flask import current_app, url_for
from flask_babel import gettext as _

from webapp.core.permissions import Permission, Role, may
from webapp.journal import naming, words
from webapp.journal.naming import Name, Names

_SHORT = 8


@dataclasses.dataclass(frozen=True)
class Reader:
    """Who reads: the roles by company, own or from above, and whether the whole site is looked after."""

    roles: Mapping[uuid.UUID, Role]
    site: bool = False

    def may(self, company_id: uuid.UUID | None, permission: Permission) -> bool:
        """Tell whether the reader may do this in the company."""
        return company_id is not None and may(self.roles.get(company_id), permission)


@dataclasses.dataclass(frozen=True)
class Line:
    """One entry as the page shows it.

    `who` with `person` (its id, to ask for all it did) and `who_href`; `thing` may be "" where nothing more can be
    said than `what` says. `about`: (type, id), to ask for all that was done to it. `details`: (what, says) pairs.
    """

    id: int
    at: dt.datetime
    kind: str
    who: str
    person: uuid.UUID | None
    who_href: str | None
    what: str
    thing: str
    thing_href: str | None
    about: tuple[str, uuid.UUID] | None
    company: str
    details: list[tuple[str, str]]
    position: int | None


def who(entry: Any, names: Names) -> str:
    """Return who did it: the name an account has now; guests are not named."""
    if entry.actor_kind == "account":
        name = names.get(("user", entry.actor_id))
        return name.label if name is not None else str(words.DELETED)
    return str(words.ACTORS.get(entry.actor_kind) or entry.actor_kind)


def called(kind: str | None, thing_id: uuid.UUID | None, names: Names, reader: Reader) -> str:
    """Return what an account, a company or an event is called, where the reader may know; "" for all else."""
    name = names.get((kind, thing_id)) if kind in {"user", "company", "event"} and thing_id is not None else None
    return name.label if name is not None and (kind != "event" or _sees(name, reader)) else ""


def line(entry: Any, names: Names, reader: Reader) -> Line:
    """Return `entry` (a row of `chain.COLUMNS`) as `reader` may see it."""
    thing, thing_href = _thing(entry, names, reader)
    company = names.get(("company", entry.company_id)) if entry.company_id else None
    return Line(
        id=entry.id,
        at=entry.at,
        kind=entry.actor_kind,
        who=who(entry, names),
        person=entry.actor_id,
        who_href=_guest_page(entry.actor_id, names, reader) if entry.actor_kind == "guest" else None,
        what=words.action(entry.action),
        thing=thing,
        thing_href=thing_href,
        about=_about(entry),
        company=company.label if company else "",
        details=[(words.detail(name), _said(value, names, reader)) for name, value in _listed(entry.details)],
        position=entry.position,
    )


def _about(entry: Any) -> tuple[str, uuid.UUID] | None:
    if entry.event_id is not None:
        return "event", entry.event_id
    if entry.thing_id is None or entry.thing_type not in words.THINGS:
        return None
    return entry.thing_type, entry.thing_id


def _listed(details: Any) -> list[tuple[str, Any]]:
    """What is nothing, or an empty list, says nothing."""
    return [(name, value) for name, value in details.items() if value not in (None, [], "")]


def _said(value: Any, names: Names, reader: Reader) -> str:
    if isinstance(value, list):
        return ", ".join(_said(one, names, reader) for one in value)
    found = naming.as_id(value)
    if found is None:
        return words.value(value)
    labels = (called(kind, found, names, reader) for kind in ("user", "company", "event"))
    return next((label for label in labels if label), str(found)[:_SHORT])


# ---- things, and where they are shown


def _thing(entry: Any, names: Names, reader: Reader) -> tuple[str, str | None]:
    """Return what it was done to and where that is shown: the event first, where the thing belongs to one."""
    label, href = "", None
    if entry.thing_id is not None and entry.thing_type in _SHOWN:
        label, href = _SHOWN[entry.thing_type](entry, names, reader)
    if entry.event_id is not None and entry.thing_type != "event":
        event, event_href = _event(entry, names, reader)
        if not label:
            return event, href or event_href
        return _("%(thing)s, %(event)s", thing=label, event=event) if event else label, href or event_href
    return label, href


def _sees(event: Name, reader: Reader) -> bool:
    """Tell whether the reader may open the event: by a role, or as everybody may."""
    draft = event.note.startswith("draft")
    if reader.may(event.within, Permission.MANAGE_EVENTS if draft else Permission.SEE_EVENTS):
        return True
    return not draft and event.note.endswith(("public", "unlisted"))


def _event(entry: Any, names: Names, reader: Reader) -> tuple[str, str | None]:
    event = names.get(("event", entry.event_id or entry.thing_id))
    if event is None or not _sees(event, reader):
        return "", None
    return event.label, url_for("events.show", event_id=entry.event_id or entry.thing_id)


def _guest_page(guest_id: uuid.UUID | None, names: Names, reader: Reader) -> str | None:
    guest = names.get(("guest", guest_id)) if guest_id else None
    event = names.get(("event", guest.within)) if guest and guest.within else None
    if guest is None or event is None or not reader.may(event.within, Permission.MANAGE_GUESTS):
        return None
    return url_for("guests.show", event_id=guest.within, guest_id=guest_id)


def _guest(entry: Any, names: Names, reader: Reader) -> tuple[str, str | None]:
    href = _guest_page(entry.thing_id, names, reader)
    return (names["guest", entry.thing_id].label if href else "", href)


def _company(entry: Any, names: Names, reader: Reader) -> tuple[str, str | None]:
    company = names.get(("company", entry.thing_id))
    if company is None:
        return "", None
    seen = reader.may(entry.thing_id, Permission.SEE_EVENTS)
    return company.label, url_for("companies.show", slug=company.note) if seen else None


def _inside(kind: str, endpoint: str, argument: str, permission: Permission) -> Callable[..., tuple[str, str | None]]:
    """Return what shows things that a company has a page of its own for."""

    def shown(entry: Any, names: Names, reader: Reader) -> tuple[str, str | None]:
        name = names.get((kind, entry.thing_id))
        if name is None or not (reader.site or reader.may(name.within, permission)):
            return "", None
        if endpoint not in current_app.view_functions or not reader.may(name.within, permission):
            return name.label, None
        return name.label, url_for(endpoint, slug=name.note, **{argument: entry.thing_id})

    return shown


def _membership(entry: Any, names: Names, reader: Reader) -> tuple[str, str | None]:
    company = names.get(("company", entry.company_id)) if entry.company_id else None
    if company is None:
        return "", None
    seen = reader.may(entry.company_id, Permission.SEE_EVENTS)
    return company.label, url_for("companies.people", slug=company.note) if seen else None


def _invitation(entry: Any, names: Names, reader: Reader) -> tuple[str, str | None]:
    if entry.event_id is None:
        return _membership(entry, names, reader)
    event = names.get(("event", entry.event_id))
    invites = event is not None and reader.may(event.within, Permission.INVITE)
    return "", url_for("invitations.index", event_id=entry.event_id) if invites else None


def _account(entry: Any, names: Names, reader: Reader) -> tuple[str, str | None]:
    if entry.thing_id == entry.actor_id:
        return "", None
    name = names.get(("user", entry.thing_id))
    label = name.label if name is not None else str(words.DELETED)
    shown = reader.site and name is not None and "admin.account" in current_app.view_functions
    return label, url_for("admin.account", user_id=entry.thing_id) if shown else None


def _mail(entry: Any, names: Names, reader: Reader) -> tuple[str, str | None]:
    company = names.get(("company", entry.company_id)) if entry.company_id else None
    if reader.site:
        return "", url_for("admin.mail_detail", mail_id=entry.thing_id)
    reads = company is not None and reader.may(entry.company_id, Permission.READ_MAIL)
    if company is None or not reads or "companies.mail_detail" not in current_app.view_functions:
        return "", None
    return "", url_for("companies.mail_detail", slug=company.note, mail_id=entry.thing_id)


_SHOWN: dict[str, Callable[[Any, Names, Reader], tuple[str, str | None]]] = {
    "event": _event,
    "guest": _guest,
    "company": _company,
    "project": _inside("project", "companies.project", "project_id", Permission.SEE_EVENTS),
    "app": _inside("app", "companies.app", "app_id", Permission.MANAGE_APPS),
    "membership": _membership,
    "invitation": _invitation,
    "user": _account,
    "outboxmail": _mail,
}
