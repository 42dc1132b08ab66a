"""What an app may do, in the words of those who register one."""

import dataclasses
from collections.abc import Iterable

from flask_babel import lazy_gettext as _l

from webapp.core.actor import Scope
from webapp.core.errors import Text


@dataclasses.dataclass(frozen=True)
class ScopeWords:
    """One scope: what it is called, and what it lets an app do."""

    scope: Scope
    label: Text
    help: Text


@dataclasses.dataclass(frozen=True)
class ScopeGroup:
    """Scopes that belong together."""

    label: Text
    scopes: tuple[ScopeWords, ...]


GROUPS = (
    ScopeGroup(
        _l("Events"),
        (
            ScopeWords(Scope.EVENTS_READ, _l("See events"), _l("What the person who signs in may see.")),
            ScopeWords(Scope.EVENTS_WRITE, _l("Make and change events"), _l("Publish and cancel them, too.")),
        ),
    ),
    ScopeGroup(
        _l("Guests"),
        (
            ScopeWords(Scope.GUESTS_READ, _l("See guest lists"), _l("Names, addresses and answers.")),
            ScopeWords(Scope.GUESTS_WRITE, _l("Change guest lists"), _l("Add, invite, correct and take off.")),
            ScopeWords(Scope.CHECK_IN, _l("Check guests in"), _l("Names at the door, without addresses.")),
        ),
    ),
    ScopeGroup(
        _l("Invitations and votes"),
        (
            ScopeWords(
                Scope.INVITATIONS_WRITE, _l("Make invitations"), _l("Links that let people in. Revoke them, too.")
            ),
            ScopeWords(Scope.VOTING, _l("Join and vote"), _l("For the person who signs in, and nobody else.")),
        ),
    ),
    ScopeGroup(
        _l("Companies"),
        (
            ScopeWords(Scope.COMPANIES_READ, _l("See companies"), _l("With their projects, people, mail and journal.")),
            ScopeWords(Scope.COMPANIES_WRITE, _l("Change companies"), _l("Their projects, people and settings.")),
        ),
    ),
    ScopeGroup(
        _l("Accounts"),
        (
            ScopeWords(
                Scope.ACCOUNT, _l("The account of the person who signs in"), _l("Its profile, password and sessions.")
            ),
            ScopeWords(
                Scope.EXIST_EMAIL,
                _l("Ask whether an address has an account"),
                _l("With the key alone, without anybody signing in. Only for apps you trust."),
            ),
        ),
    ),
)


def _without(*scopes: Scope) -> tuple[ScopeGroup, ...]:
    left = (ScopeGroup(group.label, tuple(one for one in group.scopes if one.scope not in scopes)) for group in GROUPS)
    return tuple(group for group in left if group.scopes)


# an app alone asks for addresses, and nobody's account is a company's
MEMBER_GROUPS = _without(Scope.EXIST_EMAIL, Scope.ACCOUNT)
"""What tokens may use by a role."""


def held_to(ticked: Iterable[Scope]) -> list[Scope] | None:
    """Return to what a role's tokens are held where this is ticked: None, to nothing less than it gives, for all."""
    chosen = set(ticked)
    offered = {one.scope for group in MEMBER_GROUPS for one in group.scopes}
    return None if chosen >= offered else sorted(chosen)


LABELS: dict[str, Text] = {one.scope.value: one.label for group in GROUPS for one in group.scopes}

_OWN: dict[Scope, tuple[Text, Text]] = {
    Scope.EVENTS_READ: (_l("See events"), _l("What you may see yourself.")),
    Scope.VOTING: (_l("Join and vote"), _l("For you, and nobody else.")),
    Scope.ACCOUNT: (_l("Your account"), _l("Your profile, password and sessions.")),
}


def _own(words: ScopeWords) -> ScopeWords:
    label, said = _OWN.get(words.scope, (words.label, words.help))
    return ScopeWords(words.scope, label, said)


OWN_GROUPS = tuple(
    ScopeGroup(group.label, tuple(_own(one) for one in group.scopes)) for group in _without(Scope.EXIST_EMAIL)
)
"""What a token of one's own may do, in the words of who makes it."""
OWN_LABELS: dict[str, Text] = {**LABELS, **{scope.value: label for scope, (label, _said) in _OWN.items()}}
