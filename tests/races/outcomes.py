"""What must hold after each race, asked of the database; the controls show that each can fail."""

import uuid

from sqlalchemy import func, select

from webapp.core.database import db
from webapp.models import Answer, Ballot, Event, EventDay, Guest, Invitation, InvitationUse, Question, Tally, User


def places_are_kept(event_id: uuid.UUID, places: int, listed: int) -> None:
    """Exactly as many guests have said yes as there were places, of `listed` on the list, and the event knows."""
    db.session.rollback()
    event = db.session.get_one(Event, event_id)
    of_event = select(func.count()).where(Guest.event_id == event_id)
    assert db.session.scalar(of_event.where(Guest.reply == "yes")) == places
    assert db.session.scalar(select(func.sum(Guest.places)).where(Guest.event_id == event_id)) == places
    assert (event.taken, event.guests_yes, event.guests_on_roll) == (places, places, places)
    assert (db.session.scalar(of_event), event.guests_listed) == (listed, listed)
    assert db.session.scalar(select(func.sum(EventDay.yes)).where(EventDay.event_id == event_id)) == places


def one_login(invitation_id: uuid.UUID, logins_before: int) -> None:
    """One login was made, and the one use is taken."""
    db.session.rollback()
    assert db.session.scalar(select(func.count()).select_from(User)) == logins_before + 1
    assert db.session.get_one(Invitation, invitation_id).uses == 1
    uses = select(func.count()).where(InvitationUse.invitation_id == invitation_id)
    assert db.session.scalar(uses) == 1


def one_ballot(guest_id: uuid.UUID) -> None:
    """The guest's one ballot is there, and it was counted once."""
    db.session.rollback()
    guest = db.session.get_one(Guest, guest_id)
    assert guest.has_voted
    assert db.session.scalar(select(func.count()).where(Ballot.guest_id == guest_id)) == 1
    assert db.session.get_one(Tally, guest.event_id).ballots == 1
    counted = select(func.sum(Answer.votes)).join(Question).where(Question.event_id == guest.event_id)
    assert db.session.scalar(counted) == 1
