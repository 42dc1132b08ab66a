"""The tables, one file an aggregate. Importing this package makes them all known."""

from webapp.models.account import LoginSession, OneTimeLink, User
from webapp.models.answered import Answered
from webapp.models.app import App
from webapp.models.ballot import AnswerSet, Ballot, BallotAnswer, Tally
from webapp.models.company import Company, CompanyAncestor, Membership, Project
from webapp.models.event import Answer, CoHost, Event, EventDay, EventWord, Question
from webapp.models.guest import Guest
from webapp.models.invitation import Invitation, InvitationUse
from webapp.models.journal import JournalEntry
from webapp.models.mail import OutboxMail
from webapp.models.site import Site

__all__ = [
    "Answer",
    "AnswerSet",
    "Answered",
    "App",
    "Ballot",
    "BallotAnswer",
    "CoHost",
    "Company",
    "CompanyAncestor",
    "Event",
    "EventDay",
    "EventWord",
    "Guest",
    "Invitation",
    "InvitationUse",
    "JournalEntry",
    "LoginSession",
    "Membership",
    "OneTimeLink",
    "OutboxMail",
    "Project",
    "Question",
    "Site",
    "Tally",
    "User",
]
