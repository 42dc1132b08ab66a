"""Telling people from programs: a puzzle that browsers solve by themselves, and a question where no scripts run.

The puzzle is altcha's proof of work, made and judged here. The question is for people without JavaScript: it can be
answered only after a few seconds, and like the puzzle only once; limits on the address bound what a program gains.
"""

import dataclasses
import datetime as dt
import hashlib
import hmac
import secrets
from collections.abc import Mapping
from typing import Any

import altcha
from flask import current_app
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from itsdangerous import BadSignature, URLSafeSerializer

from webapp.config import signing_keys
from webapp.core import clock
from webapp.core.errors import AppError
from webapp.web import limits

GOOD_FOR = dt.timedelta(minutes=20)
LEAST_SECONDS = 3
_ALGORITHM = "PBKDF2/SHA-256"
_COST = 5000
_LONGEST = 8192


class CaptchaError(AppError):
    """Whoever asked has not shown to be a person."""

    id = "captcha"
    status = 422
    message = _l("We could not tell that a person is asking. Please try once more.")


@dataclasses.dataclass(frozen=True)
class Question:
    """What is asked where no scripts run; `token` comes back with the answer."""

    sentence: str
    token: str


def _keys(use: str) -> list[str]:
    """Return the keys for `use`: the one that signs, then those whose signatures still count."""
    keys = signing_keys(current_app.config)
    return [hmac.new(key.encode(), f"folkmoot:{use}".encode(), hashlib.sha256).hexdigest() for key in keys]


def _signer() -> URLSafeSerializer:
    return URLSafeSerializer(list(reversed(_keys("question"))), salt="folkmoot:question")


def challenge() -> dict[str, Any]:
    """Return a puzzle for altcha's widget; it is good for 20 minutes and for one answer."""
    until = clock.now() + GOOD_FOR
    made = altcha.create_challenge(_ALGORITHM, _COST, expires_at=until, hmac_secret=_keys("captcha")[0])
    return dict(made.to_dict())


def ask() -> Question:
    """Return a question that a person answers in a few seconds."""
    first, second = secrets.randbelow(8) + 2, secrets.randbelow(8) + 2
    nonce = secrets.token_hex(8)
    body = [nonce, int(clock.now().timestamp()), _answers(nonce, str(first + second))[0]]
    return Question(_("How much is %(first)d plus %(second)d?", first=first, second=second), str(_signer().dumps(body)))


def _answers(nonce: str, answer: str) -> list[str]:
    said = f"{nonce}:{answer}".encode()
    return [hmac.new(key.encode(), said, hashlib.sha256).hexdigest()[:32] for key in _keys("answer")]


def require_person(sent: Mapping[str, str]) -> None:
    """Judge the fields `altcha`, or `question` and `answer`, of a form.

    Raises CaptchaError where the answer is wrong, was used before, is too old, or came too quickly for a person.
    """
    payload = sent.get("altcha", "")
    if payload:
        _require_solved(payload)
    else:
        _require_answer(sent.get("question", ""), sent.get("answer", "").strip())


def _require_solved(payload: str) -> None:
    if len(payload) > _LONGEST:
        raise CaptchaError
    try:
        parsed = altcha.Payload.from_base64(payload)
        verified = any(altcha.verify_solution(parsed, key).verified for key in _keys("captcha"))
        signature = str(parsed.challenge.signature)
    except Exception as error:  # the library raises whatever a made-up payload makes it stumble over
        raise CaptchaError from error
    if not verified or not limits.once("captcha", signature, GOOD_FOR):
        raise CaptchaError


def _require_answer(token: str, answer: str) -> None:
    try:
        nonce, at, expected = _signer().loads(token[:_LONGEST])
    except (BadSignature, ValueError, TypeError) as error:
        raise CaptchaError from error
    age = clock.now().timestamp() - at
    if age > GOOD_FOR.total_seconds():
        raise CaptchaError
    if not any(hmac.compare_digest(known, expected) for known in _answers(nonce, answer)):
        raise CaptchaError(_l("That was not the right answer to the question. Please try once more."))
    if age < LEAST_SECONDS:
        raise CaptchaError(_l("That was very quick. Please take a few seconds, then send it again."))
    if not limits.once("question", nonce, GOOD_FOR):
        raise CaptchaError
