"""Inviting people to a company, on the page of its people."""

from typing import Any

from flask import flash, redirect, render_template, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from webapp.companies.policy import allows, require_in
from webapp.companies.queries import get_company
from webapp.core.database import db
from webapp.core.permissions import Permission
from webapp.invitations import operations, queries
from webapp.invitations.forms import CompanyInvitationForm
from webapp.invitations.views.blueprint import bp, lasting
from webapp.models import Company
from webapp.web.access import signed_in
from webapp.web.sign_in import current_actor

Answer = str | Response | tuple[str, int]


def _form(company: Company, *, sent: bool) -> CompanyInvitationForm:
    owners = allows(current_actor(), company.id, Permission.MANAGE_OWNERS)
    return CompanyInvitationForm(owners=owners) if sent else CompanyInvitationForm(owners=owners, formdata=None)


def _standing(company: Company) -> list[queries.Listed]:
    """Return the company's invitations that nobody has used yet."""
    rows = db.session.scalars(queries.of_company(current_actor(), company)).all()
    return queries.listed(current_actor(), rows)


@bp.app_context_processor
def _for_people() -> dict[str, Any]:
    """Let the page of a company's people ask for what `invitations/_people.html` shows."""
    return {"invite_form": lambda company: _form(company, sent=False), "invitations_to": _standing}


@bp.post("/companies/<slug>/people")
@signed_in
def invite_person(slug: str) -> Answer:
    """Invite somebody to a company: by e-mail, or (the button `link`) as a link to hand on."""
    company = get_company(current_actor(), slug)
    require_in(current_actor(), company.id, Permission.MANAGE_PEOPLE)
    form = _form(company, sent=True)
    with form.refusals():
        data = form.input()
        operations.create_invitation(
            current_actor(),
            kind="company",
            company=company,
            role=data.role,
            email=data.email,
            expires_in=lasting(data.expires_in) if data.email is None else None,
        )
        said = _("%(email)s is invited.", email=data.email) if data.email else _("Your link is ready.")
        flash(said, "yes")
        return redirect(url_for("companies.people", slug=slug), 303)
    company = get_company(current_actor(), slug)
    return render_template("invitations/people.html", company=company, form=form), form.status
