"""The blueprint of all pages of a company, and the way between them."""

from collections.abc import Iterable

from flask import Blueprint, current_app, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from webapp.companies import policy, queries
from webapp.core.actor import Actor
from webapp.core.permissions import Permission, may
from webapp.models import Company
from webapp.web.sign_in import current_actor

bp = Blueprint("companies", __name__, url_prefix="/companies")
Answer = str | Response | tuple[str, int]
Rooms = list[tuple[str, str, str, bool]]


def rooms(company: Company, here: str) -> Rooms:
    """Return the rooms of a company that the reader may enter: (label, address, icon, whether this is it).

    `here`: the endpoint of the room without its blueprint's name ("show", "people", "mail" …).
    """
    role = policy.role_in(current_actor(), company.id)
    listed = (
        ("companies.show", _("Overview"), "house", Permission.SEE_EVENTS),
        ("companies.projects", _("Projects"), "folder", Permission.SEE_EVENTS),
        ("companies.people", _("People"), "users", Permission.SEE_EVENTS),
        ("companies.children", _("Companies"), "building-2", Permission.SEE_EVENTS),
        ("companies.mail", _("Mail"), "mail", Permission.READ_MAIL),
        ("companies.apps", _("Apps"), "key-round", Permission.MANAGE_APPS),
        ("journal.of_company", _("Journal"), "book-open", Permission.READ_JOURNAL),
        ("companies.settings", _("Settings"), "settings", Permission.MANAGE_SETTINGS),
    )
    return [
        (label, url_for(endpoint, slug=company.slug), icon, endpoint.rpartition(".")[2] == here)
        for endpoint, label, icon, permission in listed
        if may(role, permission) and endpoint in current_app.view_functions
    ]


def parent_choices(actor: Actor, companies: Iterable[Company]) -> list[tuple[str, str]]:
    """Return what a page offers where a company is to be part of another one: (name for paths, path in words)."""
    rows = list(companies)
    paths = queries.paths(actor, rows)
    named = sorted(((row.slug, paths[row.id]) for row in rows), key=lambda one: one[1].casefold())
    return [("", _("Nothing, it stands by itself")), *named]
