"""What the server says when it starts: its address and, until it is set up, where to do that."""

from flask import Flask
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from webapp.config import setup_code
from webapp.core.database import db
from webapp.models import Site


def lines(app: Flask) -> list[str]:
    """Return the lines to print: the address people reach it at and, until the site is set up, the set-up link."""
    base = app.config["BASE_URL"]
    said = [f"Folkmoot is at {base}"]
    with app.app_context():
        try:
            set_up = db.session.scalar(select(Site.set_up_at))
        except SQLAlchemyError:
            return [*said, "The database does not answer, or its tables are not there yet: flask db upgrade"]
    if set_up is None:
        said.append(f"Set up at {base}/setup?code={setup_code(app.config['SECRET_KEY'])}")
    if not app.config["MAIL_SERVER"]:
        said.append(f"No MAIL_SERVER is set: e-mails wait for the site administrator at {base}/admin/mail")
    return said
