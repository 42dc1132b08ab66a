"""Many at once, over HTTP, against a real server: on SQLite one process, on PostgreSQL four."""

import collections
import datetime as dt

import pytest
from sqlalchemy import func, select

from tests import factories
from tests.races import outcomes
from tests.races.servers import Post, Server
from webapp.accounts import sessions
from webapp.core import clock, text
from webapp.core.database import db
from webapp.core.operation import operation
from webapp.guests.errors import EventFullError
from webapp.guests.links import personal_token
from webapp.invitations.links import public_id
from webapp.models import Event, Invitation, User
from webapp.voting.errors import AlreadyVotedError

pytestmark = pytest.mark.race


@operation
def sessions_of(people: int) -> list[str]:
    """Make so many accounts, and return the secret of a session of each."""
    users = [factories.an_account() for _ in range(people)]
    db.session.flush()
    return [sessions.start(user, remember=False) for user in users]


def an_event(**values: object) -> Event:
    host = factories.an_account()
    asked = {"Where do we meet?": ["Under the lime tree", "By the river"]}
    return factories.an_event(factories.a_company(host), host, questions=asked, **values)


def test_two_hundred_join_an_event_of_fifty_places(server: Server):
    event = an_event(capacity=50)
    event_id, path = event.id, f"/events/{event.id}/join"
    answers = server.at_once([Post(path, {}, session) for session in sessions_of(200)])
    assert collections.Counter(answer.status for answer in answers) == {303: 50, 409: 150}
    sentence = str(EventFullError.message)
    assert {sentence in answer.text for answer in answers if answer.status == 409} == {True}
    # whoever came too late left no row behind
    outcomes.places_are_kept(event_id, 50, listed=50)


def test_thirty_accept_one_invitation_with_a_new_login(server: Server):
    host = factories.an_account()
    company = factories.a_company(host)
    later = clock.now() + dt.timedelta(hours=24)
    invitation = Invitation(
        kind="company",
        role="organiser",
        company_id=company.id,
        issuer_id=host.id,
        nonce=text.secret(128),
        expires_at=later,
    )
    factories.save(invitation)
    invitation_id, path = invitation.id, f"/invite/{public_id(invitation)}"
    logins = db.session.scalar(select(func.count()).select_from(User))
    fields = [
        {"name": f"Racer {n}", "email": f"racer{n}@example.org", "password": f"a long and quiet evening {n}"}
        for n in range(30)
    ]
    answers = server.at_once([Post(path, one) for one in fields])
    assert collections.Counter(answer.status for answer in answers) == {303: 1, 404: 29}
    outcomes.one_login(invitation_id, logins)


def test_one_guest_votes_thirty_times_at_once(server: Server):
    event = an_event()
    user = factories.an_account()
    guest = factories.a_guest(event, user=user, reply="yes")
    question = db.session.execute(
        select(factories.Question).where(factories.Question.event_id == event.id)
    ).scalar_one()
    found = db.session.scalars(select(factories.Answer.id).where(factories.Answer.question_id == question.id))
    fields = [{f"question-{question.id}": str(answer)} for answer in found]
    guest_id, session = guest.id, sessions.start(user, remember=False)
    by_link, by_account = f"/rsvp/{personal_token(guest)}/vote", f"/events/{event.id}/vote"
    posts = [Post(by_link, fields[n % 2]) if n % 3 else Post(by_account, fields[n % 2], session) for n in range(30)]
    answers = server.at_once(posts)
    assert collections.Counter(answer.status for answer in answers) == {303: 1, 422: 29}
    sentence = str(AlreadyVotedError.message)
    assert {sentence in answer.text for answer in answers if answer.status == 422} == {True}
    outcomes.one_ballot(guest_id)
