"""Receipts: made of 80 random bits, and forgiving to those who type them."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from webapp.voting.receipts import ALPHABET, new_receipt, read_receipt, receipt_of

quick = settings(deadline=None, max_examples=80)
numbers = st.integers(0, 2**80 - 1)


def value(receipt):
    total = 0
    for symbol in receipt.replace("-", ""):
        total = total * 32 + ALPHABET.index(symbol)
    return total


def test_a_receipt_is_four_groups_of_four_without_letters_that_are_misread():
    for _turn in range(200):
        assert re.fullmatch(r"([0-9A-HJKMNP-TV-Z]{4}-){3}[0-9A-HJKMNP-TV-Z]{4}", new_receipt())


def test_no_two_receipts_are_alike():
    assert len({new_receipt() for _turn in range(2000)}) == 2000


@quick
@given(numbers)
def test_a_receipt_keeps_all_of_its_80_bits(number):
    assert value(receipt_of(number)) == number


def test_every_symbol_of_a_receipt_varies():
    drawn = [new_receipt().replace("-", "") for _turn in range(400)]
    assert all(len({receipt[place] for receipt in drawn}) > 16 for place in range(16))


@quick
@given(numbers, st.sampled_from(["", " ", "-", "\u2013", "\u00a0", " - "]))
def test_a_receipt_is_read_whatever_stands_between_its_symbols(number, between):
    receipt = receipt_of(number)
    assert read_receipt(f" {between.join(receipt.replace('-', '')).lower()}\n") == receipt


def test_letters_that_look_like_figures_are_read_as_figures():
    assert read_receipt("OoIi LlOO 0000 1111") == "0011-1100-0000-1111"


def test_wide_letters_are_read_as_plain_ones():
    assert read_receipt("\uff21BCD-EFGH-JKMN-PQRS") == "ABCD-EFGH-JKMN-PQRS"


@pytest.mark.parametrize(
    "typed",
    ["", "-", "ABCD-EFGH-JKMN-PQR", "ABCD-EFGH-JKMN-PQRST", "UBCD-EFGH-JKMN-PQRS", "\u00c4BCD-EFGH-JKMN-PQRS",
     "ABCD-EFGH-JKMN-PQR\x00", "<script>", "🧾" * 16, "A" * 100_000],
)  # fmt: skip
def test_what_cannot_be_a_receipt_is_none(typed):
    assert read_receipt(typed) is None


@quick
@given(st.text(max_size=40))
def test_whatever_is_typed_is_a_receipt_in_its_own_form_or_none(typed):
    receipt = read_receipt(typed)
    assert receipt is None or receipt == receipt_of(value(receipt))
