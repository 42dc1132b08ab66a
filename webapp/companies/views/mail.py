"""A company's outbox: what it and the companies below it have written, and what became of it."""

import uuid

from flask import current_app, flash, redirect, render_template, url_for
from flask_babel import gettext as _

from webapp.companies import operations, queries
from webapp.companies.views.blueprint import Answer, bp, rooms
from webapp.mail import queries as mail_queries
from webapp.mail.words import kind
from webapp.web.access import signed_in
from webapp.web.outbox import asked_search, listed, tell_retried
from webapp.web.sign_in import current_actor


@bp.get("/<slug>/mail")
@signed_in
def mail(slug: str) -> Answer:
    """List the e-mails of a company and all below it, newest first."""
    actor = current_actor()
    company = queries.get_company(actor, slug)
    writing = queries.writing_companies(actor, company)
    shown = listed(lambda **asked: mail_queries.matching(**asked, company_ids=writing), mail_queries.counted(writing))
    return render_template(
        "companies/mail.html",
        **shown,
        company=company,
        side=rooms(company, "mail"),
        companies=writing,
        events=queries.events_of(shown["page"].items),
        retry_path=url_for("companies.retry_failed_mails", slug=slug),
        address=lambda mail: url_for("companies.mail_detail", slug=slug, mail_id=mail.id),
    )


@bp.get("/<slug>/mail/<uuid:mail_id>")
@signed_in
def mail_detail(slug: str, mail_id: uuid.UUID) -> Answer:
    """Show one e-mail, what became of it, and its text; its links are for nobody but its reader."""
    actor = current_actor()
    company = queries.get_company(actor, slug)
    found = queries.get_mail(actor, company, mail_id)
    return render_template(
        "companies/mail_detail.html",
        company=company,
        side=rooms(company, "mail"),
        mail=found,
        event=queries.events_of([found]).get(found.event_id),
        kind=kind(found.template),
        reading=mail_queries.reading_of(found, open_links=False),
        has_server=bool(current_app.config["MAIL_SERVER"]),
        can_retry=mail_queries.can_retry(found),
        path=url_for("companies.mail", slug=slug),
        retry_path=url_for("companies.retry_mail", slug=slug, mail_id=found.id),
    )


@bp.post("/<slug>/mail/<uuid:mail_id>/retry")
@signed_in
def retry_mail(slug: str, mail_id: uuid.UUID) -> Answer:
    """Try once more to send an e-mail."""
    actor = current_actor()
    company = queries.get_company(actor, slug)
    operations.retry_mail(actor, queries.get_mail(actor, company, mail_id))
    flash(_("It is tried again now. Look again in a moment."), "wait")
    return redirect(url_for("companies.mail_detail", slug=slug, mail_id=mail_id), 303)


@bp.post("/<slug>/mail/retry")
@signed_in
def retry_failed_mails(slug: str) -> Answer:
    """Try once more to send all e-mails that failed and fit the search."""
    actor = current_actor()
    search = asked_search()
    tell_retried(operations.retry_failed_mails(actor, queries.get_company(actor, slug), search=search))
    return redirect(url_for("companies.mail", slug=slug, search=search or None), 303)
