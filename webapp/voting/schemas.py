"""What may come in."""

from webapp.core.schema import Schema


class BallotInput(Schema):
    """A ballot: {question id: answer id}. Whether they fit the event is for the operation to judge."""

    answers: dict[str, str]
