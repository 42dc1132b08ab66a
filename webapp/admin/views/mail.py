"""The site's outbox."""

import uuid

from flask import current_app, flash, make_response, redirect, render_template, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from webapp.admin.views.blueprint import bp, rooms
from webapp.core.errors import NotFoundError
from webapp.mail import operations, policy, queries
from webapp.mail.words import kind
from webapp.web.access import signed_in
from webapp.web.headers import POLICY
from webapp.web.outbox import asked_search, listed, tell_retried
from webapp.web.sign_in import current_actor

# An e-mail is styled in place. In its frame it may do nothing else: no script, no picture from elsewhere, no form.
_LETTER_POLICY = (
    "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'none'; base-uri 'none'; "
    "frame-ancestors 'self'"
)


@bp.get("/mail")
@signed_in
def mail() -> str:
    """List the e-mails of the site, newest first."""
    actor = current_actor()
    figures = queries.figures(actor)
    shown = listed(lambda **asked: queries.mails(actor, **asked), figures)
    return render_template(
        "admin/mail.html",
        **shown,
        side=rooms("mail"),
        retry_path=url_for("admin.retry_failed"),
        address=lambda mail: url_for("admin.mail_detail", mail_id=mail.id),
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
        can_retry=queries.can_retry(found),
        path=url_for("admin.mail"),
        retry_path=url_for("admin.retry", mail_id=found.id),
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


@bp.post("/mail/retry")
@signed_in
def retry_failed() -> Response:
    """Try once more to send all e-mails that failed and fit the search."""
    search = asked_search()
    tell_retried(operations.retry_failed(current_actor(), search=search))
    return redirect(url_for("admin.mail", search=search or None), 303)
