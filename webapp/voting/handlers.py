"""What voting hears from lower features."""

from webapp.core.database import db
from webapp.core.hooks import AccountChange, EventChange
from webapp.models import Event
from webapp.voting import operations, queries


def account_exported(change: AccountChange) -> dict[str, object]:
    """Return the account's own ballots, with what they brought; without times, for none are kept."""
    return {
        "votes": [
            {
                "event": str(past.event.id),
                "title": past.event.title,
                "receipt": past.ballot.receipt,
                "answers": [{"question": question, "answer": answer} for question, answer in past.ballot.choices],
                "closed": past.closed,
                "reward": past.ballot.reward,
                "reputation": past.ballot.reputation,
            }
            for past in queries.votes_of(change.user_id)
        ]
    }


def event_cancelled(change: EventChange) -> None:
    """End the vote without consensus."""
    operations.cancel_vote(db.session.get_one(Event, change.event_id))
