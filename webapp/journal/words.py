"""What the journal's entries say: every action, kind of thing and detail in the reader's words."""

from typing import Any, Final

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from webapp.core.errors import Text

# Follows who did it; what it was done to comes behind.
ACTIONS: Final[dict[str, Text]] = {
    "account.administrator_made": _l("made somebody an administrator of the site"),
    "account.administrator_unmade": _l("ended somebody’s looking after the site"),
    "account.created": _l("made an account"),
    "account.deleted": _l("deleted an account"),
    "account.disabled": _l("disabled an account"),
    "account.email_change_asked": _l("asked for another address"),
    "account.email_changed": _l("changed the address"),
    "account.enabled": _l("enabled an account"),
    "account.password_changed": _l("changed the password"),
    "account.registered": _l("registered an account"),
    "account.reset_asked": _l("asked for a new password"),
    "account.session_revoked": _l("ended a session"),
    "account.signed_in": _l("signed in"),
    "account.signed_out": _l("signed somebody out everywhere"),
    "account.token_made": _l("made a token for a program"),
    "account.updated": _l("changed the profile"),
    "account.verification_sent": _l("had the confirmation sent again"),
    "account.verified": _l("confirmed the address"),
    "app.created": _l("registered an app"),
    "app.handed-over": _l("handed an app over"),
    "app.revoked": _l("revoked an app"),
    "app.rotated": _l("gave an app a new key"),
    "company.created": _l("made a company"),
    "company.deleted": _l("deleted a company"),
    "company.moved": _l("moved a company"),
    "company.renamed": _l("renamed a company"),
    "event.cancelled": _l("cancelled an event"),
    "event.co_hosts": _l("changed the co-hosts of an event"),
    "event.created": _l("created an event"),
    "event.deleted": _l("deleted an event"),
    "event.duplicated": _l("made an event from another one"),
    "event.edited": _l("edited an event"),
    "event.handed_over": _l("handed an event over to another host"),
    "event.published": _l("published an event"),
    "guest.added": _l("put a guest on the list"),
    "guest.admitted": _l("put a guest on the list, by an invitation"),
    "guest.check_in_undone": _l("undid a check-in"),
    "guest.checked_in": _l("checked a guest in"),
    "guest.confirmed": _l("confirmed a place"),
    "guest.edited": _l("edited a guest"),
    "guest.joined": _l("joined"),
    "guest.left": _l("left the list"),
    "guest.link_renewed": _l("renewed a guest’s personal link"),
    "guest.removed": _l("took a guest off the list"),
    "guest.replied_no": _l("answered no"),
    "guest.replied_yes": _l("answered yes"),
    "guest.unsubscribed": _l("asked for no more e-mails about an event"),
    "guest.walked_in": _l("let a guest in who was not on the list"),
    "guests.invited": _l("sent invitations to guests"),
    "guests.reminded": _l("reminded guests to answer"),
    "guests.written_to": _l("wrote a message to guests"),
    "invitation.accepted": _l("accepted an invitation"),
    "invitation.created": _l("made an invitation"),
    "invitation.held": _l("used an invitation, which waits for the address to be confirmed"),
    "invitation.released": _l("gave an invitation free again"),
    "invitation.resent": _l("sent an invitation again"),
    "invitation.revoked": _l("revoked an invitation"),
    "mail.retried": _l("tried to send an e-mail again"),
    "membership.granted": _l("gave somebody a role"),
    "membership.revoked": _l("took a role away"),
    "person.offboarded": _l("ended all that somebody held in a company"),
    "project.archived": _l("archived a project"),
    "project.calendar_made": _l("made the calendar link of a project"),
    "project.calendar_revoked": _l("revoked the calendar link of a project"),
    "project.created": _l("made a project"),
    "project.renamed": _l("renamed a project"),
    "project.unarchived": _l("brought a project back"),
    "site.changed": _l("changed the settings of the site"),
    "site.mail_tested": _l("sent a test mail"),
    "site.set_up": _l("set the site up"),
    "vote.cancelled": _l("ended the vote of a cancelled event"),
    "vote.closed": _l("closed the vote of an event"),
    "vote.opened": _l("opened the vote of an event"),
}

# The kinds of things, by the name of the table's class in small letters: in the order they are offered.
THINGS: Final[dict[str, Text]] = {
    "event": _l("Events"),
    "guest": _l("Guests"),
    "invitation": _l("Invitations"),
    "membership": _l("Roles"),
    "company": _l("Companies"),
    "project": _l("Projects"),
    "app": _l("Apps"),
    "user": _l("Accounts"),
    "loginsession": _l("Sessions"),
    "outboxmail": _l("E-mails"),
    "site": _l("The site"),
}
# Who acted, where that is no account.
ACTORS: Final[dict[str, Text]] = {
    "system": _l("The house"),
    "guest": _l("A guest"),
    "nobody": _l("Somebody who was not signed in"),
}
DELETED: Final = _l("A deleted account")

_DETAILS: Final[dict[str, Text]] = {
    "added": _l("new"),
    "after": _l("now"),
    "apps": _l("apps"),
    "apps_handed_over": _l("apps handed over"),
    "apps_revoked": _l("apps revoked"),
    "ballots": _l("ballots"),
    "before": _l("before"),
    "browsers": _l("browsers"),
    "changed": _l("changed"),
    "events": _l("events"),
    "hosted": _l("events hosted"),
    "co_hosted": _l("events co-hosted"),
    "invitations": _l("invitations"),
    "invited": _l("invited"),
    "kind": _l("kind"),
    "max_uses": _l("uses"),
    "memberships": _l("roles"),
    "number": _l("how many"),
    "outcome": _l("outcome"),
    "party_size": _l("how many come"),
    "removed": _l("gone"),
    "role": _l("role"),
    "roles": _l("roles"),
    "roll": _l("on the roll"),
    "scopes": _l("may"),
    "sessions": _l("sessions"),
    "source": _l("from"),
    "successor": _l("handed over to"),
    "to": _l("handed over to"),
    "tokens": _l("tokens"),
    "user": _l("account"),
}
_VALUES: Final[dict[str, Text]] = {
    "owner": _l("owner"),
    "administrator": _l("administrator"),
    "organiser": _l("organiser"),
    "doorkeeper": _l("doorkeeper"),
    "consensus": _l("consensus"),
    "no consensus": _l("no consensus"),
    "cancelled": _l("cancelled"),
    "site": _l("the site"),
    "company": _l("a company"),
    "event": _l("an event"),
    "listed": _l("the guest list"),
    "link": _l("a link"),
    "joined": _l("joining"),
    "walk-in": _l("the door"),
    "import": _l("an import"),
}


def _plain(name: str) -> str:
    return name.replace("_", " ").replace(".", " ")


def action(name: str) -> str:
    """Return what the action is called behind whoever did it: "published an event"."""
    return str(ACTIONS.get(name) or _plain(name))


def thing(kind: str) -> str:
    """Return what things of that kind are called in the list of kinds."""
    return str(THINGS.get(kind) or _plain(kind))


def detail(name: str) -> str:
    """Return what the detail of that name says."""
    return str(_DETAILS.get(name) or _plain(name))


def value(said: Any) -> str:
    """Return what stands in a detail, unless it is an id: a word of the vocabulary, a number, yes or no."""
    if isinstance(said, bool):
        return _("yes") if said else _("no")
    if isinstance(said, str):
        return str(_VALUES.get(said) or _plain(said))
    return str(said)
