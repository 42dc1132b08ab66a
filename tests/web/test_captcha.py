"""Telling people from programs."""

import base64
import datetime as dt
import json
import re

import altcha
import pytest
import time_machine
from flask import Flask

from tests import factories
from tests.browsers import Browser, words
from tests.mails import Outbox
from webapp.core import clock
from webapp.web import captcha
from webapp.web.captcha import CaptchaError, require_person


@pytest.fixture(autouse=True)
def cheap(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(captcha, "_COST", 10)


def solved(challenge: dict) -> str:
    found = altcha.solve_challenge(altcha.Challenge.from_dict(challenge))
    return base64.b64encode(json.dumps({"challenge": challenge, "solution": found.to_dict()}).encode()).decode()


def answered(question: captcha.Question) -> dict[str, str]:
    first, second = re.findall(r"\d+", question.sentence)
    return {"question": question.token, "answer": str(int(first) + int(second))}


def test_a_solved_puzzle_passes_once(app: Flask, browser: Browser):
    sent = {"altcha": solved(browser.get("/captcha").json)}
    require_person(sent)
    with pytest.raises(CaptchaError):
        require_person(sent)


def test_the_same_solution_written_otherwise_does_not_pass_again(app: Flask):
    payload = solved(captcha.challenge())
    require_person({"altcha": payload})
    again = json.loads(base64.b64decode(payload))
    again["solution"]["time"] = 17
    with pytest.raises(CaptchaError):
        require_person({"altcha": base64.b64encode(json.dumps(again).encode()).decode()})


def test_a_puzzle_of_ones_own_does_not_pass(app: Flask):
    own = altcha.create_challenge(
        "PBKDF2/SHA-256", 1, hmac_secret="mine", expires_at=clock.now() + dt.timedelta(hours=1)
    )
    with pytest.raises(CaptchaError):
        require_person({"altcha": solved(own.to_dict())})


def test_an_easier_puzzle_does_not_pass(app: Flask):
    challenge = captcha.challenge()
    challenge["parameters"]["keyPrefix"] = ""
    with pytest.raises(CaptchaError):
        require_person({"altcha": solved(challenge)})


def test_an_old_puzzle_does_not_pass(app: Flask):
    payload = solved(captcha.challenge())
    with time_machine.travel(clock.now() + captcha.GOOD_FOR + dt.timedelta(seconds=2)), pytest.raises(CaptchaError):
        require_person({"altcha": payload})


NONSENSE = ["x", "e30=", "bnVsbA==", "WzFd", "é", "a" * 100_000]
NONSENSE += [base64.b64encode(text).decode() for text in (b'{"challenge":{},"solution":7}', b"[" * 5000)]


@pytest.mark.parametrize("payload", NONSENSE)
def test_nonsense_does_not_pass(app: Flask, payload: str):
    with pytest.raises(CaptchaError):
        require_person({"altcha": payload})


def test_the_question_passes_after_a_few_seconds_and_once(app: Flask):
    start = clock.now()
    with time_machine.travel(start, tick=False) as travel:
        sent = answered(captcha.ask())
        with pytest.raises(CaptchaError) as caught:
            require_person(sent)
        assert "quick" in str(caught.value)
        travel.move_to(start + dt.timedelta(seconds=4))
        require_person(sent)
        with pytest.raises(CaptchaError):
            require_person(sent)


def test_a_wrong_or_late_answer_does_not_pass(app: Flask):
    start = clock.now()
    with time_machine.travel(start, tick=False) as travel:
        sent, late = answered(captcha.ask()), answered(captcha.ask())
        travel.move_to(start + dt.timedelta(seconds=10))
        for wrong in ("", "999", "x", "١٢"):
            with pytest.raises(CaptchaError):
                require_person({**sent, "answer": wrong})
        with pytest.raises(CaptchaError):
            require_person({**sent, "question": sent["question"][:-2]})
        require_person(sent)
        travel.move_to(start + captcha.GOOD_FOR + dt.timedelta(seconds=2))
        with pytest.raises(CaptchaError):
            require_person(late)


def test_nothing_at_all_does_not_pass(app: Flask):
    with pytest.raises(CaptchaError):
        require_person({})


def test_the_confirmation_is_mailed_once_more(app: Flask, browser: Browser, outbox: Outbox):
    factories.an_account(email="new@example.org", verified=False)
    refused = browser.submit("/verify/resend", email="new@example.org")
    assert refused.status_code == 422
    assert "a person" in words(refused)
    assert outbox() == []
    sent = {"altcha": solved(browser.get("/captcha").json)}
    assert browser.submit("/verify/resend", email="new@example.org", **sent).status_code == 303
    assert browser.get(outbox.link("verify-email", r"/verify/\S+")).status_code == 200
    assert browser.submit("/verify/resend", email="new@example.org", **sent).status_code == 422


def test_without_scripts_a_question_does(app: Flask, browser: Browser, outbox: Outbox):
    factories.an_account(email="new@example.org", verified=False)
    start = clock.now()
    with time_machine.travel(start, tick=False) as travel:
        page = browser.get("/verify/resend").text
        first, second = re.search(r"How much is (\d+) plus (\d+)\?", page).groups()
        token = re.search(r'name="question" value="([^"]+)"', page)[1]
        travel.move_to(start + dt.timedelta(seconds=8))
        answer = browser.submit(
            "/verify/resend", email="new@example.org", question=token, answer=f" {int(first) + int(second)} "
        )
    assert answer.status_code == 303
    assert len(outbox("verify-email")) == 1


@pytest.mark.parametrize("email", ["known@example.org", "new@example.org", "nobody@example.org"])
def test_every_address_gets_the_same_answer(app: Flask, browser: Browser, email: str):
    factories.an_account(email="new@example.org", verified=False)
    factories.an_account(email="known@example.org")
    answer = browser.submit("/verify/resend", email=email, altcha=solved(captcha.challenge()))
    assert (answer.status_code, answer.headers["Location"]) == (303, "/registered")
