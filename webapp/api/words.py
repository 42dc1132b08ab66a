"""What the fields of the API mean, by name: one word means the same wherever it stands, but where it is said otherwise.

What is sent stands in SENT, what comes back in webapp/api/given.py (what is not there means what it means in SENT).
An exception is called `Schema.name`, of a path or a query `operation.name`.
"""

from flask_babel import lazy_gettext as _l

from webapp.api.given import GIVEN
from webapp.core.errors import Text
from webapp.journal.words import THINGS

SENT: dict[str, Text] = {
    "answer_ids": _l("One answer to each question of the event, by id."),
    "answers": _l("The choices, in the order in which they are shown."),
    "app_id": _l("The app: its App-Id."),
    "apps": _l("What becomes of the apps that this person registered."),
    "archived": _l("Hidden, and taking no new events."),
    "capacity": _l("How many places there are; null for as many as come."),
    "captcha": _l("The solved puzzle: altcha’s payload."),
    "co_hosts": _l("Addresses or ids of accounts that run the event beside its host."),
    "code": _l("The code that the server printed when it was started first."),
    "companions": _l("The names of those who come along."),
    "company": _l("The company."),
    "company_id": _l("The company, by id."),
    "confirmation_url": _l("Where the mailed link leads; the token is put behind it. Of an allowed origin only."),
    "current_password": _l("The password that holds now."),
    "cursor": _l("Where the page begins: meta.next of the page before."),
    "decide_by": _l("Whether each question is settled by itself, or the ballot as a whole."),
    "decide_when": _l("Whether the consensus is settled at close, or by the first count that meets the rule."),
    "description": _l("What it is about, in Markdown."),
    "email": _l("An e-mail address, at most 190 characters."),
    "AuthenticateInput.email": _l("The address of the account; letters of either case do."),
    "LineInput.email": _l("An e-mail address; of one that is none only its own row says so."),
    "ends_at": _l("When it ends: ISO 8601. Without an offset it is wall time in timezone."),
    "below": _l("False leaves out what belongs to the companies below."),
    "count": _l("How many links."),
    "kind": _l("How the question is answered: with one of its answers."),
    "newPassword": _l("The same as password."),
    "text": _l("The question, at most 500 characters."),
    "as_guest": _l("True makes no login of it: somebody comes to the event by name and e-mail alone."),
    "eth_address": _l("An Ethereum address: 0x and 40 hexadecimal digits."),
    "event_id": _l("The event, by its UUID."),
    "expires_at": _l("When it stops working: ISO 8601."),
    "expires_in": _l("For how many hours it is good: 1 to 2160 (90 days). Left out, 24."),
    "InviteInput.expires_in": _l(
        "For how many hours it is good: 1 to 2160 (90 days), for a link to a company at most 168; "
        "where it is mailed, or makes an owner, at most 24. Left out, 24."
    ),
    "InvitePersonInput.expires_in": _l("For how many hours it is good: 1 to 24. Left out, 24."),
    "TokenInput.expires_in": _l("For how many days it works."),
    "guest_id": _l("The guest, by id."),
    "guest_ids": _l("Guests, by id."),
    "guests": _l("Up to 1,000 people, each with email and name."),
    "hand_over_to": _l("The account that gets the events and what else must have somebody."),
    "body": _l("What is written: plain text, at most 10,000 characters."),
    "invitation_id": _l("The invitation, by its invitation_id."),
    "invite": _l("What the invitation’s link ends with."),
    "NewGuestInput.invite": _l("False sends no e-mail."),
    "ManyInput.invite": _l("False sends no e-mail."),
    "join_by": _l("Until when people can say yes; null for until the end."),
    "limit": _l("How many on a page."),
    "mail_id": _l("The e-mail in the outbox, by id."),
    "max_uses": _l("How many times the link works; more than one only for an event."),
    "min_agreement": _l("The share of the ballots that must agree: 1/2, 60% or >1/2 (more than half)."),
    "min_turnout": _l("The share of the roll that must vote: 0 (any), 1/2, 60% or >1/2 (more than half)."),
    "min_votes": _l("How many ballots are needed."),
    "name": _l("A name, as it is shown."),
    "list_events.project": _l("Events of this project alone, by id. Left out: of all."),
    "list_events.company": _l("Events of this company and all below it, by id. Left out: of all."),
    "list_events.search": _l(
        "How words of title or place begin: “taco” finds “Tacos”, “aco” does not. Accents and case do not matter."
    ),
    "list_events.when": _l("Which events: upcoming, past, mine (those one runs, has joined or is invited to), or all."),
    "list_guests.search": _l("How a word of the name, or the address, begins."),
    "list_guests.status": _l(
        "How the guests stand: yes, no, none (no answer yet), listed (not invited yet), waiting (for a place), "
        "in (checked in), trouble (an e-mail did not arrive), or all."
    ),
    "list_mail.state": _l("How the e-mails stand; an empty text for all."),
    "list_journal.since": _l("From this moment on: ISO 8601; without an offset it is UTC."),
    "list_journal.until": _l("Before this moment: ISO 8601; without an offset it is UTC."),
    "list_journal.person": _l("Lines by or about this account, by id."),
    "list_role_history.person": _l("Roles of this account alone, by id."),
    "list_invitations.event_id": _l("Invitations to this event alone."),
    "list_invitations.company_id": _l("Invitations to this company, and to events of it."),
    "note": _l("A few words to those who run the event; left out, those that are there stay."),
    "once": _l("An id of your own making: what was made with it before is not made again."),
    "otk": _l("The one-time token out of the e-mail."),
    "parent_id": _l("The company above it, by id; null for none."),
    "party_size": _l("How many places are taken: oneself and companions. Without it, as many as are named."),
    "password": _l("A new password: at least 8 characters, none of the 3,000 most common ones."),
    "AuthenticateInput.password": _l("The account’s password."),
    "ConfirmInput.password": _l("The account’s password, where another program registered it."),
    "ConfirmTokenInput.password": _l("The account’s password, where another program registered it."),
    "EmailConfirmInput.password": _l("The account’s password; not needed with a token of its own (scope account)."),
    "person": _l("Lines by or about this account, by id."),
    "place": _l("Where it is."),
    "project": _l("The project it belongs to, by id; without one the company’s default project."),
    "project_id": _l("The project, by id."),
    "publish": _l("Publish it at once; false makes a draft."),
    "questions": _l("What the event asks: each with text and answers."),
    "KeptQuestionInput.id": _l("The question that it is; without one it is a new one, unless no question has one."),
    "KeptAnswerInput.id": _l(
        "The answer that it is; without one it is a new one, unless no answer of its question has one."
    ),
    "rule": _l("The rule of the vote, as the event shows it; its names may also stand by themselves."),
    "registration": _l("What registering answered: shows that the same program registered."),
    "renew": _l("True gives a new link; the one before leads nowhere."),
    "reply": _l("Yes or no."),
    "results": _l("When the count can be seen."),
    "reward": _l("Points shared by those whose ballot agrees with the consensus."),
    "role": _l("What somebody is in a company."),
    "roll": _l("Whether those may vote who joined until join-by (open), or before voting opened (frozen)."),
    "scopes": _l("What it may do; left out where it may be: whatever the account may."),
    "search": _l("Part of a name, title, place or address."),
    "secrecy": _l("Whether ballots are secret or open; never changed after opening."),
    "session_id": _l("The session, by id."),
    "since": _l("From this moment on: ISO 8601."),
    "starts_at": _l("When it starts: ISO 8601. Without an offset it is wall time in timezone."),
    "state": _l("How the e-mails stand; an empty text for all."),
    "status": _l("How the guests stand."),
    "subject": _l("What stands above the message, at most 150 characters."),
    "surname": _l("A surname."),
    "thing": _l("What the lines are about: {things}."),
    "thing_id": _l("The one thing that the lines are about, by id."),
    "timezone": _l("A time zone by its IANA name, such as Europe/Ljubljana."),
    "title": _l("What it is called, at most 200 characters."),
    "token": _l("The token out of the e-mail."),
    "undo": _l("Takes a check-in back."),
    "until": _l("Before this moment: ISO 8601."),
    "user_id": _l("An account, by id. Your own can be called me where the path begins with users."),
    "visibility": _l("Public events are listed, unlisted ones open by address, invited ones for guests only."),
    "voting_closes_at": _l("When voting closes; null for at the end of the event."),
    "voting_opens_at": _l("When voting opens; null for when the event is published."),
    "walk_in": _l("The name of somebody who was not on the list."),
    "where": _l("Whose people: of the company itself (here), of it and all below it, or of those above it."),
    "when": _l("Which events: upcoming, past, mine (those one runs or has joined), or all."),
}


def meaning(name: str, where: str = "", *, given: bool = False, only: bool = False) -> str:
    """Return what the field `name` means in `where`, a schema or an operation; an empty text where nothing is said.

    `given`: it comes back. `only`: what it means there alone, and not what the name means elsewhere.
    """
    tables = (GIVEN, SENT) if given else (SENT,)
    keys = [f"{where}.{name}"] if only else [f"{where}.{name}", name]
    found = next((table[key] for key in keys for table in tables if key in table), "")
    return str(found).replace("{things}", ", ".join(THINGS))
