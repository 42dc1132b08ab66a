"""What the pages of an outbox share: the list as it was asked for, with its filters and pages."""

import uuid
from typing import Any, Protocol

from flask import current_app, flash, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import Select

from webapp.core.database import db
from webapp.mail.queries import MOST_COUNTED, STATES, Figures
from webapp.mail.words import kind
from webapp.models import OutboxMail
from webapp.web.pagination import decode, here, paged, window

PAGE = 25
SEARCH_MAX = 200
Chip = tuple[str, str | None, str, bool, str]


class Find(Protocol):
    """What gives the statement of the e-mails that are looked for."""

    def __call__(self, *, search: str, state: str) -> Select[OutboxMail]:
        """Return the statement."""


def asked_search() -> str:
    """Return what is looked for, from the address of a page or from a form."""
    return request.values.get("search", "")[:SEARCH_MAX]


def listed(find: Find, figures: Figures) -> dict[str, Any]:
    """Return what templates/mail/list.html needs of the page that is asked for (search, state, page)."""
    search, state = asked_search(), request.args.get("state", "")
    state = state if state in STATES else ""
    cursor = decode(request.args.get("page"), (uuid.UUID,))
    statement = window(find(search=search, state=state), [OutboxMail.id], cursor, size=PAGE, descending=True)
    rows = db.session.scalars(statement).all()
    return {
        "page": paged(rows, cursor, lambda row: (row.id,), size=PAGE, address=here),
        "search": search,
        "state": state,
        "filters": _filters(search, state, figures),
        "kind": kind,
        "path": _path(),
        "has_server": bool(current_app.config["MAIL_SERVER"]),
    }


def tell_retried(number: int) -> None:
    """Leave a notice of how many e-mails are tried again."""
    words = ngettext(
        "%(num)d e-mail is tried again now. Look again in a moment.",
        "%(num)d e-mails are tried again now. Look again in a moment.",
        number,
    )
    flash(words if number else _("There is nothing to try again."), "wait" if number else "")


def _path(**asked: str | None) -> str:
    return url_for(request.endpoint or "", **{**(request.view_args or {}), **asked})


def _filters(search: str, state: str, figures: Figures) -> list[Chip]:
    """Return the chips by state; the counts are of all e-mails, so a search shows none."""

    def number(count: int) -> str | None:
        if search or not count:
            return None
        return f"{count}+" if count == MOST_COUNTED else str(count)

    listed = (
        ("", _("All"), None),
        ("waiting", _("Waiting"), number(figures.waiting)),
        ("sent", _("Sent"), None),
        ("failed", _("Not delivered"), number(figures.failed)),
        ("dropped", _("No longer needed"), None),
    )
    return [
        (
            label,
            count,
            _path(state=key or None, search=search or None),
            key == state,
            "trouble" if key == "failed" else "",
        )
        for key, label, count in listed
    ]
