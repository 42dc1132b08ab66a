"""Inviting people to the site, and what can be done with any invitation: mailing it again, taking it back."""

import uuid

from flask import flash, redirect, render_template, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from webapp.core.database import db
from webapp.invitations import operations, queries
from webapp.invitations.forms import SiteInvitationForm
from webapp.invitations.operations.issuing import MOST_STANDING
from webapp.invitations.views.blueprint import bp, lasting, page_of
from webapp.models import Company, Invitation
from webapp.web.access import signed_in
from webapp.web.sign_in import current_actor

Answer = str | Response | tuple[str, int]


def _page(form: SiteInvitationForm) -> Answer:
    actor = current_actor()
    left = max(0, MOST_STANDING - queries.standing_of(actor.account()))
    page = page_of(queries.of_account(actor), url_for("invitations.mine"))
    return render_template("invitations/mine.html", page=page, form=form, left=left), form.status


@bp.get("/invitations")
@signed_in
def mine() -> Answer:
    """List the invitations to the site that one made."""
    return _page(SiteInvitationForm(None))


@bp.post("/invitations")
@signed_in
def invite_to_site() -> Answer:
    """Invite somebody to the site: by e-mail, or (the button `link`) as a link to hand on."""
    form = SiteInvitationForm()
    with form.refusals():
        data = form.input()
        operations.create_invitation(
            current_actor(), kind="site", email=data.email, expires_in=lasting(data.expires_in)
        )
        said = _("%(email)s is invited.", email=data.email) if data.email else _("Your link is ready.")
        flash(said, "yes")
        return redirect(url_for("invitations.mine"), 303)
    return _page(form)


def _back(invitation: Invitation) -> str:
    """Return the list in which the invitation stands."""
    if invitation.event_id is not None:
        return url_for("invitations.index", event_id=invitation.event_id)
    if invitation.company_id is not None:
        return url_for("companies.people", slug=db.session.get_one(Company, invitation.company_id).slug)
    return url_for("invitations.mine")


@bp.post("/invitations/<uuid:invitation_id>/revoke")
@signed_in
def revoke(invitation_id: uuid.UUID) -> Answer:
    """Take an invitation back."""
    invitation = operations.revoke_invitation(current_actor(), invitation_id)
    flash(_("The invitation is taken back: its link leads nowhere any more."), "yes")
    return redirect(_back(invitation), 303)


@bp.post("/invitations/<uuid:invitation_id>/resend")
@signed_in
def resend(invitation_id: uuid.UUID) -> Answer:
    """Mail an invitation anew, with a new link."""
    invitation = operations.resend_invitation(current_actor(), invitation_id)
    flash(_("%(email)s got a new e-mail. The link in the one before is dead.", email=invitation.email), "yes")
    return redirect(_back(invitation), 303)
