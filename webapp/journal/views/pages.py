"""The pages of the journal, and its exports."""

import itertools
from collections.abc import Iterator
from typing import Any

from flask import Blueprint, Response, render_template, request, stream_with_context
from flask_babel import gettext as _

from webapp.admin.views.blueprint import rooms as site_rooms
from webapp.companies import policy as companies_policy
from webapp.companies import queries as companies_queries
from webapp.companies.views.blueprint import rooms as company_rooms
from webapp.core import clock
from webapp.core.actor import Actor
from webapp.core.permissions import Permission, may, require
from webapp.journal import exporting, policy, queries, words
from webapp.journal.naming import Names, names
from webapp.journal.queries import SITE, Scope
from webapp.journal.views.asking import Question, read
from webapp.journal.views.lines import Line, Reader, called, line, who
from webapp.models import Company
from webapp.web.access import signed_in
from webapp.web.dates import on_day
from webapp.web.pagination import Page, decode, paged
from webapp.web.sign_in import current_actor
from webapp.web.templating import viewer_zone

bp = Blueprint("journal", __name__)
PAGE = 50


@bp.get("/companies/<slug>/journal")
@signed_in
def of_company(slug: str) -> str:
    """Show what was done in a company and all below it, newest first."""
    actor = current_actor()
    company, reader = _company(actor, slug)
    scope = queries.scope_of(company.id)
    return render_template(
        "journal/of_company.html",
        company=company,
        side=company_rooms(company, "of_company"),
        several=len(scope.companies or ()) > 1,
        **_shown(scope, reader),
    )


@bp.get("/companies/<slug>/journal/export")
@signed_in
def export_of_company(slug: str) -> Response:
    """Return the same as a file."""
    company, _reader = _company(current_actor(), slug)
    return _export(queries.scope_of(company.id), f"journal-{company.slug}")


@bp.get("/admin/journal")
@signed_in
def of_site() -> str:
    """Show what was done on the whole site, newest first."""
    actor = current_actor()
    policy.require_site_administrator(actor)
    reader = Reader(companies_policy.roles_of(actor), site=True)
    return render_template("journal/of_site.html", side=site_rooms("of_site"), several=True, **_shown(SITE, reader))


@bp.get("/admin/journal/export")
@signed_in
def export_of_site() -> Response:
    """Return the same as a file: without filters the whole chain."""
    policy.require_site_administrator(current_actor())
    return _export(SITE, "journal")


def _company(actor: Actor, slug: str) -> tuple[Company, Reader]:
    """Return the company whose journal `actor` may read; raises NotFoundError or ForbiddenError for others."""
    company = companies_queries.get_company(actor, slug)
    roles = companies_policy.roles_of(actor)
    require(may(roles.get(company.id), Permission.READ_JOURNAL), seen=company.id in roles)
    return company, Reader(roles)


def _shown(scope: Scope, reader: Reader) -> dict[str, Any]:
    question = read(scope, viewer_zone() or "UTC")
    page = _page(scope, question)
    # whoever has done nothing here is nobody here: an address that names an id does not find out whose it is
    person = question.person
    known = person is not None and (bool(page.items) or reader.site or queries.has_acted(scope, person))
    named = names(page.items, *([person] if person is not None and known else []))
    return {
        "question": question,
        "page": page,
        "days": _days([line(entry, named, reader) for entry in page.items], question.zone),
        "person": _person(question, named) if known else _("somebody else"),
        "about": called(question.asked.thing_type, question.asked.thing_id, named, reader),
        "things": [(kind, words.thing(kind)) for kind in words.THINGS],
        "head": queries.head(),
    }


def _person(question: Question, named: Names) -> str:
    """Return what to call the one whose doings are asked for; "" where nobody is."""
    if question.person is None:
        return ""
    name = named.get(("user", question.person))
    if name is not None:
        return name.label
    return str(words.ACTORS["guest"] if ("guest", question.person) in named else words.DELETED)


def _page(scope: Scope, question: Question) -> Page[Any]:
    cursor = decode(request.args.get("page"), (int,))
    if cursor is not None and not 0 <= cursor.key[0] <= queries.LARGEST_ID:
        cursor = None
    rows = queries.page(
        scope,
        question.asked,
        beyond=cursor.key[0] if cursor else None,
        down=not (cursor and cursor.back),
        limit=PAGE + 1,
    )
    return paged(rows, cursor, lambda row: (row.id,), size=PAGE)


def _days(lines: list[Line], zone: str) -> list[tuple[str, list[tuple[str, Line]]]]:
    """Return the lines by day in `zone`: (the day, its lines, each behind its time of day)."""
    here = clock.zone(zone)
    days: list[tuple[str, list[tuple[str, Line]]]] = []
    for _day, group in itertools.groupby(lines, lambda one: one.at.astimezone(here).date()):
        found = list(group)
        days.append((on_day(found[0].at, zone), [(f"{one.at.astimezone(here):%H:%M}", one) for one in found]))
    return days


def _told(entry: Any, named: Names) -> tuple[str, str]:
    return who(entry, named), words.action(entry.action)


def _export(scope: Scope, name: str) -> Response:
    asked = read(scope, viewer_zone() or "UTC").asked
    lines: Iterator[bytes]
    if request.args.get("format") == "jsonl":
        ending, kind, lines = "jsonl", "application/x-ndjson", exporting.json_lines(scope, asked)
    else:
        ending, kind, lines = "csv", "text/csv; charset=utf-8", exporting.csv_lines(scope, asked, _told)
    response = Response(stream_with_context(lines), content_type=kind)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}-{clock.now():%Y-%m-%d}.{ending}"'
    return response
