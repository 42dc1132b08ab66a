"""The outbox as tests see it."""

import re

from flask import Flask
from sqlalchemy import select

from webapp.core.database import db
from webapp.core.operation import end_read
from webapp.mail import rendering
from webapp.models import OutboxMail


class Outbox:
    """The outbox of one app. Rendering makes the links that delivery would send."""

    def __init__(self, app: Flask) -> None:
        self.app = app

    def __call__(self, template: str | None = None) -> list[OutboxMail]:
        end_read()  # what others have written since is to be seen
        statement = select(OutboxMail).order_by(OutboxMail.id)
        if template:
            statement = statement.where(OutboxMail.template == template)
        return list(db.session.scalars(statement))

    def last(self, template: str | None = None) -> OutboxMail:
        mails = self(template)
        assert mails, f"no {template or 'mail'} in the outbox"
        return mails[-1]

    def text(self, mail: OutboxMail) -> str:
        """The plain-text part as it would be sent."""
        rendered = rendering.render(mail)
        assert rendered is not None, f"{mail.template} was dropped"
        return rendered.text

    def link(self, template: str, pattern: str = r"/\S+") -> str:
        """The first link (its path) in the last mail of `template` that matches `pattern`."""
        text = self.text(self.last(template))
        found = re.search(re.escape(self.app.config["BASE_URL"]) + f"({pattern})", text)
        assert found, text
        return found.group(1)
