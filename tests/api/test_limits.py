"""How often programs may ask: exact to the number, and said with every answer."""

import datetime as dt
import functools

import pytest
import time_machine
from flask import Flask

from tests import factories
from tests.programs import Program, refused
from webapp.accounts import links
from webapp.core import clock
from webapp.core.tokens import Purpose
from webapp.extensions import limiter
from webapp.models import User

HEADERS = ("X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset")


@pytest.fixture(autouse=True)
def counted(app: Flask):
    app.config["LIMITS"] = True
    limiter.reset()
    with time_machine.travel(clock.now().replace(second=0, microsecond=0), tick=False) as travel:
        yield travel
    limiter.reset()


def until_refused(ask, most: int = 1000) -> int:
    """How many answers came before the first 429."""
    for number in range(most):
        if ask(number).status_code == 429:
            return number
    return most


def test_thirty_a_minute_and_two_hundred_an_hour_without_a_token(program: Program, other_program: Program, counted):
    total = 0
    for _ in range(10):
        total += until_refused(lambda _: program.get("/api/events"), 40)
        assert total in {30, 60, 90, 120, 150, 180, 200}
        counted.shift(dt.timedelta(seconds=61))
    assert total == 200
    assert other_program.get("/api/events").status_code == 200


@pytest.mark.parametrize(
    "path", ["/api/login", "/api/auth/authenticate", "/api/auth/login", "/api/register", "/api/users"]
)
def test_ten_logins_and_registrations_a_minute(program: Program, path: str):
    assert until_refused(lambda n: program.post(path, {"email": f"p{n}@example.org"}), 20) == 10
    refused(program.post("/api/login", {}), 429, "too_many_requests")


def test_a_token_is_no_way_to_guess_more_quickly(program: Program, ana: User):
    program.act_for(ana)
    sent = {"email": "bob@example.org", "password": "a guess"}
    assert until_refused(lambda _: program.post("/api/login", sent), 20) == 10
    assert program.get("/api/users/me").status_code == 200


@pytest.mark.parametrize("path", ["/api/exist-email/ana@example.org", "/api/resend-email-verification"])
def test_where_no_token_is_looked_at_whoever_holds_one_asks_no_more_often(program: Program, ana: User, path: str):
    program.act_for(ana)
    assert until_refused(lambda _: program.get(path), 40) == 30
    assert program.get("/api/users/me").status_code == 200


GUESS = {"current_password": "a guess"}


@pytest.mark.parametrize(
    ("method", "path", "sent"),
    [
        ("POST", "/api/password", {**GUESS, "password": "another quiet evening"}),
        ("PUT", "/api/users/me", {**GUESS, "password": "another quiet evening"}),
        ("POST", "/api/email", {**GUESS, "email": "new@example.org"}),
        ("DELETE", "/api/users/me", GUESS),
    ],
)
def test_the_own_password_is_not_guessed_by_a_stolen_token(
    program: Program, ana: User, method: str, path: str, sent: dict[str, str]
):
    program.act_for(ana)
    assert until_refused(lambda _: program.send(method, path, json=sent), 20) == 10


def test_nor_by_many_programs_at_as_many_addresses(app: Flask, ana: User):
    guesses = 0
    for number in range(1, 13):
        program = Program(app, f"198.51.100.{number}").act_for(ana)
        guesses += until_refused(lambda _, one=program: one.send("DELETE", "/api/users/me", json=GUESS), 20)
    assert guesses == 100, "an hour, wherever they come from"


def test_a_password_is_not_guessed_by_a_mailed_link(program: Program, other_program: Program, ana: User):
    mailed = links.token_of(links.issue(ana, Purpose.EMAIL_CHANGE, email="new@example.org"))
    for one in (program, other_program):
        guess = functools.partial(one.post, f"/api/email-change/{mailed}", {"password": "a guess"})
        assert until_refused(lambda _, guess=guess: guess(), 20) == 10, "ten a minute from each address"


def test_six_hundred_a_minute_for_an_account_with_all_its_tokens(program: Program, other_program: Program, ana: User):
    both = (program.act_for(ana), other_program.act_for(ana))
    assert until_refused(lambda n: both[n % 2].get("/api/boot"), 610) == 600


def test_a_token_that_is_not_good_counts_as_none(program: Program):
    program.token = "not one of ours"
    assert until_refused(lambda _: program.get("/api/events"), 40) == 30


def test_every_answer_says_how_many_are_left(program: Program, ana: User, counted):
    answer = program.get("/api/events")
    assert [answer.headers[name] for name in HEADERS] == ["30", "29", "61"]
    counted.shift(dt.timedelta(seconds=20))
    answer = program.get("/api/events/none")
    assert answer.status_code == 404
    assert [answer.headers[name] for name in HEADERS] == ["30", "28", "41"]
    answer = program.act_for(ana).get("/api/events")
    assert [answer.headers[name] for name in HEADERS] == ["600", "599", "61"]


def test_of_two_limits_the_nearer_one_is_told(program: Program):
    answer = program.post("/api/login", {})
    assert [answer.headers[name] for name in HEADERS[:2]] == ["10", "9"]


def test_a_refusal_says_when_to_come_again(program: Program, counted):
    until_refused(lambda _: program.get("/api/events"), 40)
    counted.shift(dt.timedelta(seconds=20))
    answer = program.get("/api/events")
    refused(answer, 429, "too_many_requests")
    assert answer.headers["X-RateLimit-Remaining"] == "0"
    assert answer.headers["Retry-After"] == answer.headers["X-RateLimit-Reset"] == "41"
    counted.shift(dt.timedelta(seconds=41))
    assert program.get("/api/events").status_code == 200


def test_without_limits_nothing_is_said(app: Flask, program: Program):
    app.config["LIMITS"] = False
    factories.an_account()
    assert not [name for name in HEADERS if name in program.get("/api/events").headers]


def test_the_document_counts_as_a_page(program: Program, app: Flask):
    app.config["LIMIT_PAGES"] = "50/minute"
    assert until_refused(lambda _: program.get("/api/openapi.json"), 60) == 50
    assert program.get("/api/events").status_code == 200
