"""Offboarding: what somebody holds in a company and all below it on one page, and taking it in one step."""

import uuid

from flask import flash, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from webapp.companies import operations, policy, queries
from webapp.companies.forms import OffboardForm
from webapp.companies.views.blueprint import Answer, bp, rooms
from webapp.core.errors import InputError
from webapp.core.permissions import Permission, Role
from webapp.models import Membership
from webapp.web.access import signed_in
from webapp.web.sign_in import current_actor


@bp.route("/<slug>/offboard/<uuid:user_id>", methods=["GET", "POST"])
@signed_in
def offboard(slug: str, user_id: uuid.UUID) -> Answer:
    """Show what somebody holds, and take it or hand it over."""
    actor = current_actor()
    company = queries.get_company(actor, slug)
    user, held = queries.holdings(actor, company, user_id)
    successors = {one.id: one for one in queries.successors(company.id, user_id)}
    form = OffboardForm()
    form.hand_over_to.choices = [("", _("Please choose")), *((str(i), one.full_name) for i, one in successors.items())]
    if form.sent:
        with form.refusals():
            data = form.input()
            if data.hand_over_to is not None and data.hand_over_to not in successors:
                raise InputError(fields={"hand_over_to": _("Please choose one of what is offered.")})
            name, successor = user.full_name, successors.get(data.hand_over_to)
            done = operations.offboard(actor, company, user, successor=successor, apps=data.apps)
            flash(_said(name, done), "yes")
            return redirect(url_for("companies.people", slug=slug), 303)
        company = queries.get_company(actor, slug)
        user, held = queries.holdings(actor, company, user_id)
    page = render_template(
        "companies/offboard.html",
        company=company,
        side=rooms(company, "people"),
        user=user,
        held=held,
        form=form,
        can_offboard=lambda role: policy.allows(actor, role.company_id, _needed(role)),
    )
    return page, form.status


def _needed(membership: Membership) -> Permission:
    """Return what it takes to end this role."""
    return Permission.MANAGE_OWNERS if membership.role == Role.OWNER.value else Permission.MANAGE_PEOPLE


def _said(name: str, done: dict[str, int]) -> str:
    """Return in one sentence what became of what somebody held."""
    words = {
        "roles": ngettext("%(num)d role ended", "%(num)d roles ended", done.get("roles", 0)),
        "events": ngettext("%(num)d event handed over", "%(num)d events handed over", done.get("events", 0)),
        "co_hosted": ngettext("%(num)d co-hosting ended", "%(num)d co-hostings ended", done.get("co_hosted", 0)),
        "apps_handed_over": ngettext(
            "%(num)d app handed over", "%(num)d apps handed over", done.get("apps_handed_over", 0)
        ),
        "apps_revoked": ngettext("%(num)d app revoked", "%(num)d apps revoked", done.get("apps_revoked", 0)),
        "tokens": ngettext("%(num)d token revoked", "%(num)d tokens revoked", done.get("tokens", 0)),
        "invitations": ngettext(
            "%(num)d invitation withdrawn", "%(num)d invitations withdrawn", done.get("invitations", 0)
        ),
        "browsers": ngettext("%(num)d browser signed out", "%(num)d browsers signed out", done.get("browsers", 0)),
    }
    told = ", ".join(sentence for what, sentence in words.items() if done.get(what))
    return _("%(name)s is offboarded: %(told)s.", name=name, told=told)
