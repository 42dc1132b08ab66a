"""The blueprint of all pages of invitations, and what they share."""

import datetime as dt
import uuid
from typing import Any

from flask import Blueprint, request
from sqlalchemy import Select

from webapp.core.database import db
from webapp.invitations import queries
from webapp.models import Event, Invitation
from webapp.web.pagination import Page, decode, paged, window
from webapp.web.sign_in import current_actor

bp = Blueprint("invitations", __name__)
PAGE = 50


def lasting(hours: int | None) -> dt.timedelta | None:
    """Return how long a link is asked to be good; None: as long as such links are."""
    return dt.timedelta(hours=hours) if hours is not None else None


def page_of(statement: Select[Any], address: str, event: Event | None = None) -> Page[queries.Listed]:
    """Return the page of invitations that `?page=` asks for, newest first; `address`: the list's own."""
    cursor = decode(request.args.get("page"), (uuid.UUID,))
    rows = db.session.scalars(window(statement, (Invitation.id,), cursor, size=PAGE, descending=True)).all()
    page = paged(rows, cursor, lambda row: (row.id,), size=PAGE, address=lambda place: f"{address}?page={place}")
    shown = queries.listed(current_actor(), page.items, event)
    return Page(shown, page.next, page.previous, page.next_cursor)
