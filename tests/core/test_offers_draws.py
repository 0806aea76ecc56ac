from collections import Counter
from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regulars.core.offers.draws import chance, commitment, draw, proved
from regulars.core.offers.gifts import Lottery, Prize
from regulars.core.says import same

WHEEL = Lottery(
    id="wheel",
    name=same("Wheel"),
    prizes=(
        Prize(id="phone", name=same("Phone"), chance=Fraction(1, 100), stock=2),
        Prize(id="coupon", name=same("Coupon"), chance=Fraction(1, 3), stock=10**6),
        Prize(id="thanks", name=same("Thanks"), chance=1 - Fraction(1, 100) - Fraction(1, 3)),
    ),
)
LAST = "f" * 64


def at(share: Fraction, more: int = 0) -> str:
    """The number that stands at a share of all of them."""
    return f"{-(-share.numerator * 2**256 // share.denominator) + more:064x}"


@pytest.mark.parametrize(
    ("number", "prize"),
    [
        ("0" * 64, "phone"),
        (at(Fraction(1, 100), -1), "phone"),
        (at(Fraction(1, 100)), "coupon"),
        (at(Fraction(103, 300), -1), "coupon"),
        (at(Fraction(103, 300)), "thanks"),
        (LAST, "thanks"),
    ],
)
def test_each_number_has_its_prize_to_the_last_of_its_share(number: str, prize: str) -> None:
    assert draw(WHEEL, number, {}).prize == prize


def test_a_prize_that_is_gone_gives_way_to_one_that_never_goes() -> None:
    found = draw(WHEEL, "0" * 64, {"wheel/phone": 0})
    assert (found.prize, found.stood) == ("thanks", "phone")
    assert draw(WHEEL, "0" * 64, {"wheel/phone": 1}).prize == "phone"
    assert proved(found, WHEEL)


def test_prizes_come_as_often_as_their_chances_say() -> None:
    numbers = [chance(b"secret", "wheel", "customer", f"{number}") for number in range(30_000)]
    found = Counter(draw(WHEEL, number, {}).prize for number in numbers)
    for prize in WHEEL.prizes:
        expected = float(prize.chance) * 30_000
        assert abs(found[prize.id] - expected) < 5 * expected**0.5


@given(st.binary(min_size=16, max_size=32), st.text(max_size=20), st.text(max_size=20))
def test_a_draw_can_be_drawn_again_and_no_other_is_the_same(secret: bytes, customer: str, order: str) -> None:
    number = chance(secret, "wheel", customer, order)
    assert number == chance(secret, "wheel", customer, order)
    others = [chance(secret + b"1", "wheel", customer, order), chance(secret, "wheel", customer + "1", order)]
    assert number not in others
    found = draw(WHEEL, number, {})
    assert proved(found, WHEEL)
    assert commitment(secret) not in {number, commitment(secret + b"1")}


def test_a_proof_fails_for_another_prize_or_another_table() -> None:
    found = draw(WHEEL, LAST, {})
    assert not proved(found._replace(stood="phone"), WHEEL)
    first, *rest = WHEEL.prizes
    assert not proved(found, replace(WHEEL, prizes=(replace(first, stock=3), *rest)))
