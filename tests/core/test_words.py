"""By which words a text is found."""

import pytest

from webapp.core.words import LONGEST, words_asked, words_of


def found(search: str, said: str) -> bool:
    asked = words_asked(search)
    return bool(asked) and all(any(word.startswith(one) for word in words_of(said)) for one in asked)


@pytest.mark.parametrize(
    ("search", "said"),
    [
        ("taco", "Taco Party"),
        ("TACO", "Tacos in the yard"),
        ("party taco", "Taco Party"),
        ("zive", "Žive meje"),
        ("ŽIVÉ", "zive meje"),
        ("strasse", "Straße 12"),
        ("lodz", "Łódź"),
        ("京都", "東京都"),
        ("都", "東京都"),
        ("東京", "PyCon東京"),
        ("pycon", "PyCon東京"),
        ("rock'n", "Rock'n'Roll (live)"),
        ("%", "100 % wool"),
        ("a" * 60, "a" * 80),
    ],
)
def test_a_text_is_found_by_how_its_words_begin(search: str, said: str):
    assert found(search, said)


@pytest.mark.parametrize(
    ("search", "said"),
    [
        ("aco", "Taco"),
        ("tacos", "Taco"),
        ("taco fish", "Taco Party"),
        ("東都", "東京都"),
        ("_", "100 % wool"),
        ("", "x"),
    ],
)
def test_and_by_nothing_else(search: str, said: str):
    assert not found(search, said)


def test_words_fit_into_their_column():
    assert max(map(len, words_of(f"{'x' * 455} {'東' * 300}"))) == LONGEST
