"""The e-mails of accounts: writing them, and what each is told when it is sent."""

import re
import uuid
from urllib.parse import urlsplit

from flask import current_app

from webapp.accounts import links, queries
from webapp.core.database import db, new_id
from webapp.core.tokens import Purpose
from webapp.mail import outbox
from webapp.mail.telling import Told, tells
from webapp.models import OneTimeLink, OutboxMail, User

VERIFY = "verify-email"
KNOWN = "already-registered"
RESET = "reset-password"
CHANGE = "email-change"
# What anybody may have sent to an address: counted together, per recipient
ASKED_FOR = (VERIFY, KNOWN, RESET, CHANGE)
_PATHS = {VERIFY: "/verify/", RESET: "/reset-password/", CHANGE: "/email-change/"}


def _base() -> str:
    return str(current_app.config["BASE_URL"])


def _origin(address: str) -> str | None:
    """Return scheme, host and port of an address of the web; None for anything else."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return None
    return f"{parts.scheme}://{parts.netloc}".lower() if parts.scheme in {"http", "https"} and parts.netloc else None


def may_lead_to(address: str) -> bool:
    """Tell whether a mailed link may lead there: to this site, or to an origin of CONFIRMATION_ORIGINS."""
    allowed = (_base(), *re.split(r"[,\s]+", current_app.config["CONFIRMATION_ORIGINS"]))
    origin = _origin(address)
    return origin is not None and origin in map(_origin, allowed)


def may_mail(email: str) -> bool:
    """Tell whether the day's e-mails that anybody may ask for to this recipient (LIMIT_MAILS) are not used up."""
    if not current_app.config["LIMITS"]:
        return True
    return all(queries.mails_since(email, ASKED_FOR, b.get_expiry()) < b.amount for b in queries.mail_limits())


def _with_link(template: str, user: User, link: OneTimeLink, to: str) -> None:
    outbox.queue(template, to=to, name=user.full_name, context={"link": str(link.id)}, user_id=user.id)


def verification(user: User, next_url: str | None = None) -> None:
    """Write the e-mail by which a new account's address is confirmed; links sent before end."""
    _with_link(VERIFY, user, links.issue(user, Purpose.VERIFY, next_url=next_url), str(user.email))


def reset(user: User) -> None:
    """Write the e-mail with which a new password is chosen; links sent before end."""
    _with_link(RESET, user, links.issue(user, Purpose.RESET), str(user.email))


def change(user: User, email: str) -> None:
    """Write to the new address `email` that it is to be confirmed; links sent before end."""
    _with_link(CHANGE, user, links.issue(user, Purpose.EMAIL_CHANGE, email=email), email)


def known(user: User) -> None:
    """Tell the owner of an address that there is an account already."""
    outbox.queue("already-registered", to=str(user.email), name=user.full_name, user_id=user.id)


def password_changed(user: User) -> None:
    """Tell the account's owner that the password is another one now."""
    outbox.queue("password-changed", to=str(user.email), name=user.full_name, user_id=user.id)


def changed(user: User, old: str) -> None:
    """Tell the old address that the account has a new one."""
    outbox.queue("email-changed", to=old, name=user.full_name, user_id=user.id)


def deleted(email: str, name: str) -> None:
    """Tell the address of an account that is no more."""
    outbox.queue("account-deleted", to=email, name=name)


def nothing(email: str) -> None:
    """Do the work of writing an e-mail without leaving one, so that an unknown address takes as long as a known one."""
    links.end(new_id())
    mail = outbox.queue("already-registered", to=email)
    db.session.flush()
    db.session.delete(mail)
    db.session.flush()


def _link(mail: OutboxMail) -> Told | None:
    link = db.session.get(OneTimeLink, uuid.UUID(mail.context["link"]))
    if link is None or not links.is_good(link):
        return None
    hours = int(links.GOOD_FOR[Purpose(link.purpose)].total_seconds() // 3600)
    before = _base() + _PATHS[mail.template]
    # where a program wants it, unless that is allowed no more; a path is where a page goes on afterwards
    if link.purpose == Purpose.VERIFY and link.next_url is not None and may_lead_to(link.next_url):
        before = link.next_url
    return Told({"url": before + links.token_of(link), "hours": hours})


for _template in _PATHS:
    tells(_template)(_link)


@tells("already-registered")
def _known(_mail: OutboxMail) -> Told:
    return Told({"url": f"{_base()}/login", "forgot_url": f"{_base()}/forgot-password"})


@tells("password-changed")
def _password_changed(_mail: OutboxMail) -> Told:
    return Told({"url": f"{_base()}/forgot-password"})


@tells("email-changed")
def _changed(_mail: OutboxMail) -> Told:
    return Told({"url": f"{_base()}/account"})


@tells("account-deleted")
def _deleted(_mail: OutboxMail) -> Told:
    return Told({"url": _base()})
