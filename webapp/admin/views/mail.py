"""The site's outbox."""

import uuid

from flask import current_app, flash, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from webapp.admin.views.blueprint import bp, rooms
from webapp.admin.words import kind
from webapp.core.database import db
from webapp.core.errors import NotFoundError
from webapp.mail import operations, policy, queries
from webapp.models import OutboxMail
from webapp.web.access import signed_in
from webapp.web.headers import POLICY
from webapp.web.pagination import decode, here, paged, window
from webapp.web.sign_in import current_actor

PAGE = 25
# An e-mail is styled in place. In its frame it may do nothing else: no script, no picture from elsewhere, no form.
_LETTER_POLICY = (
    "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'none'; base-uri 'none'; "
    "frame-ancestors 'self'"
)


@bp.get("/mail")
@signed_in
def mail() -> str:
    """List the e-mails of the site, newest first."""
    search, state = request.args.get("search", "")[:200], request.args.get("state", "")
    cursor = decode(request.args.get("page"), (uuid.UUID,))
    statement = queries.mails(current_actor(), search=search, state=state)
    rows = db.session.scalars(window(statement, [OutboxMail.id], cursor, size=PAGE, descending=True)).all()
    return render_template(
        "admin/mail.html",
        side=rooms("mail"),
        page=paged(rows, cursor, lambda row: (row.id,), size=PAGE, address=here),
        search=search,
        state=state if state in queries.STATES else "",
        kind=kind,
        has_server=bool(current_app.config["MAIL_SERVER"]),
    )


@bp.get("/mail/<uuid:mail_id>")
@signed_in
def mail_detail(mail_id: uuid.UUID) -> Response:
    """Show one e-mail, what became of it, and its text."""
    actor = current_actor()
    found = queries.get_mail(actor, mail_id)
    page = render_template(
        "admin/mail_detail.html",
        side=rooms("mail"),
        mail=found,
        kind=kind(found.template),
        reading=queries.read_mail(actor, found),
        has_server=bool(current_app.config["MAIL_SERVER"]),
    )
    response = make_response(page)
    response.headers["Content-Security-Policy"] = f"{POLICY}; frame-src 'self'"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


@bp.get("/mail/<uuid:mail_id>/html")
@signed_in
def mail_html(mail_id: uuid.UUID) -> Response:
    """Return the HTML part of an e-mail, for the frame on its page; only where its links may be seen."""
    actor = current_actor()
    found = queries.get_mail(actor, mail_id)
    reading = queries.read_mail(actor, found) if policy.may_see_links(actor) else None
    if reading is None or reading.html is None:
        raise NotFoundError
    response = make_response(reading.html)
    response.headers["Content-Security-Policy"] = _LETTER_POLICY
    response.headers["X-Frame-Options"] = "SAMEORIGIN"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


@bp.post("/mail/<uuid:mail_id>/retry")
@signed_in
def retry(mail_id: uuid.UUID) -> Response:
    """Try once more to send an e-mail."""
    actor = current_actor()
    operations.retry(actor, queries.get_mail(actor, mail_id))
    flash(_("It is tried again now. Look again in a moment."), "wait")
    return redirect(url_for("admin.mail_detail", mail_id=mail_id), 303)
