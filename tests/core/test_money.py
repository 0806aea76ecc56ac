from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regulars.core.money import CURRENCIES, exponent, split, to_decimal, to_minor

AMOUNTS = st.integers(-(10**15), 10**15)
WEIGHTS = st.lists(st.integers(0, 10**9), min_size=1, max_size=40)


@pytest.mark.parametrize(
    ("currency", "decimals"),
    [("CNY", 2), ("USD", 2), ("EUR", 2), ("JPY", 0), ("KRW", 0), ("VND", 0), ("KWD", 3), ("TND", 3), ("CLF", 4)],
)
def test_decimals_of_a_currency_are_those_of_iso_4217(currency, decimals):
    assert exponent(currency) == decimals


@pytest.mark.parametrize("code", ["", "cny", "RMB", "US$", "BTC", "XXX", "元"])
def test_a_currency_that_iso_4217_does_not_list_is_refused(code):
    with pytest.raises(ValueError, match="unknown currency"):
        exponent(code)


@pytest.mark.parametrize(
    ("amount", "currency", "minor"),
    [
        ("12.30", "CNY", 1230),
        ("12.3", "CNY", 1230),
        ("12", "CNY", 1200),
        ("-0.01", "CNY", -1),
        ("1e3", "CNY", 100_000),
        (7, "USD", 700),
        (Decimal("0.005"), "KWD", 5),
        ("980", "JPY", 980),
        ("980.0", "JPY", 980),
        ("1.0001", "CLF", 10001),
        ("90071992547409.93", "CNY", 9007199254740993),
    ],
)
def test_minor_units_of_an_amount(amount, currency, minor):
    assert to_minor(amount, currency) == minor


@pytest.mark.parametrize(
    ("amount", "currency"),
    [("12.345", "CNY"), ("0.5", "JPY"), ("0.0001", "KWD"), ("NaN", "CNY"), ("Infinity", "CNY"), ("-Infinity", "JPY")],
)
def test_an_amount_finer_than_the_smallest_unit_is_refused_not_rounded(amount, currency):
    with pytest.raises(ValueError, match="smaller than the smallest unit"):
        to_minor(amount, currency)


@pytest.mark.parametrize("text", ["", "twelve", "1,000.00", "¥12", "12元", "0x10", "sNaN?"])
def test_what_is_not_a_number_is_refused(text):
    with pytest.raises(ValueError, match="is not an amount of money"):
        to_minor(text, "CNY")


@given(AMOUNTS, st.sampled_from(sorted(CURRENCIES)))
def test_minor_units_survive_the_way_to_decimals_and_back(minor, currency):
    amount = to_decimal(minor, currency)
    assert to_minor(amount, currency) == to_minor(str(amount), currency) == minor
    assert -amount.as_tuple().exponent == exponent(currency)


@given(AMOUNTS, WEIGHTS)
def test_parts_add_up_and_keep_the_sign(amount, weights):
    parts = split(amount, weights)
    assert len(parts) == len(weights)
    assert sum(parts) == amount
    assert all(part * amount >= 0 for part in parts)


@given(AMOUNTS, WEIGHTS.filter(any))
def test_no_part_is_a_whole_unit_off_its_exact_share(amount, weights):
    total = sum(weights)
    for part, weight in zip(split(amount, weights), weights, strict=True):
        assert abs(part - Fraction(amount * weight, total)) < 1


@given(AMOUNTS, WEIGHTS.filter(any))
def test_what_is_left_goes_to_the_largest_remainders_and_to_the_earlier_of_equals(amount, weights):
    total = sum(weights)
    shares = [divmod(abs(amount) * weight, total) for weight in weights]
    raised = [abs(part) - quotient for part, (quotient, _) in zip(split(amount, weights), shares, strict=True)]
    assert set(raised) <= {0, 1}
    order = sorted(range(len(weights)), key=lambda i: (-shares[i][1], i))
    assert [raised[i] for i in order] == sorted(raised, reverse=True)


@given(AMOUNTS, WEIGHTS)
def test_a_refund_splits_as_the_charge_did(amount, weights):
    assert split(-amount, weights) == [-part for part in split(amount, weights)]


@given(AMOUNTS, WEIGHTS.filter(any))
def test_a_line_of_weight_nothing_bears_nothing(amount, weights):
    assert split(amount, [*weights, 0])[-1] == 0


@pytest.mark.parametrize(
    ("amount", "weights", "parts"),
    [
        (10, [1, 1, 1], [4, 3, 3]),
        (-10, [1, 1, 1], [-4, -3, -3]),
        (100, [560, 892, 4491, 21726, 240_000], [0, 0, 2, 8, 90]),
        (5, [0, 0], [3, 2]),
        (0, [3, 7], [0, 0]),
        (1, [0, 5, 5], [0, 1, 0]),
        (10, [100], [10]),
    ],
)
def test_splits_worked_by_hand(amount, weights, parts):
    assert split(amount, weights) == parts


@pytest.mark.parametrize("weights", [[], [1, -1], [-1]])
def test_a_split_without_weights_or_with_negative_ones_is_refused(weights):
    with pytest.raises(ValueError, match="split needs weights"):
        split(100, weights)
