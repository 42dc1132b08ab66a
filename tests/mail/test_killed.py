"""A process that is killed in the middle of a delivery loses no mail."""

import datetime as dt
import os
import subprocess
import sys

import pytest
import time_machine

from tests.mail.notes import write_note
from tests.smtp import states
from webapp.core import clock
from webapp.core.jobs import run
from webapp.mail import delivery

pytestmark = [pytest.mark.both_databases, pytest.mark.race]
KILLED = 9

# Another process works the outbox off and is gone, without a word, when it comes to `step`.
PROGRAM = """
import os, sys
from jinja2 import ChoiceLoader, DictLoader
from tests.mail.notes import TEMPLATES, tell_note
from webapp import create_app
from webapp.core.jobs import run
from webapp.mail import delivery
from webapp.mail.telling import tellers
app = create_app()
tellers["note"] = tell_note
app.jinja_loader = ChoiceLoader([DictLoader(TEMPLATES), app.jinja_loader])
setattr(delivery, sys.argv[1], lambda *_args: os._exit(9))
run(app, "mail.sweep")
"""


def killed_at(app, step: str) -> None:
    environ = {
        **os.environ,
        "INSTANCE_PATH": app.config["INSTANCE_PATH"],
        "DATABASE_URL": app.config["DATABASE_URL"],
        "SECRET_KEY": app.config["SECRET_KEY"],
        "BASE_URL": app.config["BASE_URL"],
        "JOBS": "none",
        "MAIL_SERVER": "127.0.0.1",
        "MAIL_PORT": str(app.config["MAIL_PORT"]),
        "MAIL_USE_TLS": "no",
    }
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, step], env=environ, check=False, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == KILLED, done.stderr


def sweep_later(app) -> None:
    later = clock.now() + delivery.CLAIM + dt.timedelta(seconds=5)
    with time_machine.travel(later, tick=True):
        run(app, "mail.sweep")
        run(app, "mail.sweep")


def test_killed_between_sending_and_marking_it_is_sent_again_under_the_same_id(app, smtp, outbox):
    write_note()
    killed_at(app, "mark_sent")
    assert states(outbox()) == ["sending"]
    sweep_later(app)
    first, second = smtp.delivered
    assert first["Message-ID"] == second["Message-ID"] == outbox()[0].message_id
    assert states(outbox()) == ["sent"]


def test_killed_before_sending_it_is_sent_later(app, smtp, outbox):
    write_note()
    killed_at(app, "_transmit")
    assert smtp.delivered == []
    sweep_later(app)
    assert len(smtp.delivered) == 1
    assert states(outbox()) == ["sent"]
