"""What a site administrator changes of the site itself."""

from typing import Any

from webapp.accounts.administration import require_keeper
from webapp.admin.schemas import LIMITS
from webapp.core.actor import Actor
from webapp.core.database import db
from webapp.core.operation import after_commit, end_read, locked, operation
from webapp.journal.writing import record
from webapp.mail.checking import Checked, send_test
from webapp.models import Site
from webapp.web.site import forget_site


@operation
def change_site(actor: Actor, **said: Any) -> frozenset[str]:
    """Write what is `said`, by the names of SiteInput, and return the names of what is another now.

    An empty limit, and an empty word on who may register, let the environment's hold. Raises NotFoundError unless
    `actor` looks after the site, StaleError where the password was typed more than 15 minutes ago.
    """
    require_keeper(actor)
    site = locked(db.session.get_one(Site, 1))
    limits = dict(site.limits)
    changed = set()
    for name, value in said.items():
        setting = name.upper()
        if setting in LIMITS:
            before, limits[setting] = limits.get(setting, ""), value
        else:
            new = value or None if name == "registration" else value
            before, value = getattr(site, name), new  # noqa: PLW2901 as it is kept
            setattr(site, name, value)
        if before != value:
            changed.add(name)
    if not changed:
        return frozenset()
    site.limits = {setting: value for setting, value in limits.items() if value}
    record(actor, "site.changed", site, changed=sorted(changed))
    after_commit(forget_site)
    return frozenset(changed)


@operation
def _note_test(actor: Actor, checked: Checked) -> None:
    record(actor, "site.mail_tested", db.session.get_one(Site, 1), step=checked.step)


@operation
def _may_test(actor: Actor) -> None:
    require_keeper(actor)


def send_test_mail(actor: Actor, email: str) -> Checked:
    """Send a test mail to `email` and return how far it came. Raises as `change_site`.

    The mail server may take its time: no transaction is open while it does.
    """
    _may_test(actor)
    end_read()
    checked = send_test(email)
    _note_test(actor, checked)
    return checked
