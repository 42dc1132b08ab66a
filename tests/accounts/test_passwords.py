"""What may be a password, and how it is kept."""

import threading

import pytest
from pydantic import TypeAdapter, ValidationError

from webapp.accounts import passwords
from webapp.accounts.passwords import Password, common_passwords, hash_password, is_weak, verify_password
from webapp.core.errors import BusyError

judge = TypeAdapter(Password).validate_python


def test_there_are_three_thousand_common_ones_and_none_is_short():
    assert len(common_passwords()) == 3000
    assert min(len(word) for word in common_passwords()) >= 8


@pytest.mark.parametrize("word", ["password", "PassWord", "12345678", "iloveyou", "qwertyuiop", "ｐａｓｓｗｏｒｄ"])  # noqa: RUF001 full-width letters are meant
def test_a_common_password_is_refused(app, word: str):
    with pytest.raises(ValidationError, match="most common"):
        judge(word)


@pytest.mark.parametrize("word", ["x" * 7, "", "żółw", "😀" * 7])
def test_a_short_password_is_refused(app, word: str):
    with pytest.raises(ValidationError):
        judge(word)


@pytest.mark.parametrize("word", ["x" * 129, "x" * 1_000_000])
def test_a_long_password_is_refused(app, word: str):
    with pytest.raises(ValidationError, match="At most 128"):
        judge(word)


@pytest.mark.parametrize(
    "word", ["abcdefgž", "x" * 128, "😀" * 8, "  outer  space  ", "مرحبا بالعالم", "nul\x00 inside", "'; DROP TABLE--"]
)
def test_any_unicode_is_a_password_and_kept_to_the_letter(app, word: str):
    assert judge(word) == word
    kept = hash_password(word)
    assert verify_password(kept, word)
    assert not verify_password(kept, word + " ")


def test_half_a_character_is_refused(app):
    with pytest.raises(ValidationError):
        judge("abcdefgh\ud800")
    assert not verify_password(hash_password("abcdefgh"), "abcdefgh\ud800")


def test_owasps_parameters_are_kept(app):
    kept = hash_password("a good one")
    assert kept.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert not is_weak(kept)
    assert hash_password("a good one") != kept


def test_composed_and_decomposed_are_one_password(app):
    assert verify_password(hash_password("čakalnica"), "c\u030cakalnica")


@pytest.mark.parametrize("kept", [None, "", "!", "plain"])
def test_what_is_no_hash_fits_no_password(app, kept: str | None):
    assert not verify_password(kept, "anything")
    assert not verify_password(kept, "")


def test_hashing_waits_for_its_turn_and_gives_up(app, monkeypatch: pytest.MonkeyPatch):
    slots = threading.BoundedSemaphore(1)
    monkeypatch.setattr(passwords, "_SLOTS", slots)
    monkeypatch.setattr(passwords, "_PATIENCE_SECONDS", 0.01)
    with slots, pytest.raises(BusyError) as caught:
        hash_password("a good one")
    assert caught.value.retry_after == 1
    assert hash_password("a good one")
    with pytest.raises(ValueError, match="released too many"):
        slots.release()
