"""When a friend's order counts, and what speaks against rewarding two people for it."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regulars.core.programme.document import Kept, Referral
from regulars.core.referral import REASONS, Action, Bought, Due, Facts, comparable, due, is_over, judge

TERMS = Referral(advocate_points=100, minimum=5000, after=Kept.DELIVERED, after_days=7, within_days=30, per_day=3)
JOINED = 1000
STRANGERS = Facts(
    advocate="ann",
    friend="ben",
    advocate_traces={"email": frozenset({"ann@shop.example"}), "phone": frozenset({"+8613800000001"})},
    friend_traces={"email": frozenset({"ben@shop.example"}), "device": frozenset({"d2"})},
    above=("cat",),
    same_day=3,
    per_day=3,
)


def both(kind: str, one: str, other: str) -> dict[str, Any]:
    return {
        "advocate_traces": {kind: frozenset({comparable(kind, one), "mine"})},
        "friend_traces": {kind: frozenset({comparable(kind, other), "theirs"})},
    }


FRAUD = [
    ({"friend": "ann"}, Action.REFUSE, ("self",)),
    (both("email", "ann@shop.example", "ANN@Shop.Example"), Action.REFUSE, ("email",)),
    (both("email", "ann.lee@gmail.com", "a.n.n.lee+two@googlemail.com"), Action.REFUSE, ("email",)),
    (both("email", "ann@outlook.com", "ann+friend@outlook.com"), Action.REFUSE, ("email",)),
    (both("phone", "+8613800000001", "+8613800000001"), Action.REFUSE, ("phone",)),
    ({"bought_before": True}, Action.REFUSE, ("bought_before",)),
    ({"brought_before": True}, Action.REFUSE, ("brought_before",)),
    ({"above": ("cat", "ben")}, Action.REFUSE, ("circle",)),
    (both("device", "d1", "d1"), Action.REVIEW, ("device",)),
    (both("address", "南京西路 100号, 5F", "南京西路１００号5f"), Action.REVIEW, ("address",)),
    (both("payment", "pay-1", "pay-1"), Action.REVIEW, ("payment",)),
    ({"same_day": 4}, Action.REVIEW, ("velocity",)),
    ({"bought_before": True, "same_day": 4}, Action.REFUSE, ("bought_before", "velocity")),
]
HONEST: list[dict[str, Any]] = [
    {},
    both("email", "ann.lee@shop.example", "annlee@shop.example"),
    both("email", "ann+x@shop.example", "ann@shop.example"),
    both("email", "ann.lee@outlook.com", "annlee@outlook.com"),
    both("address", "南京西路100号5F", "南京西路100号6F"),
    {"advocate_traces": {}, "friend_traces": {}},
]


@pytest.mark.parametrize(("known", "action", "reasons"), FRAUD)
def test_what_speaks_against_a_referral(known: dict[str, Any], action: Action, reasons: tuple[str, ...]) -> None:
    assert judge(replace(STRANGERS, **known)) == (action, reasons)


@pytest.mark.parametrize("known", HONEST)
def test_who_only_looks_alike_is_accepted(known: dict[str, Any]) -> None:
    assert judge(replace(STRANGERS, **known)) == (Action.ACCEPT, ())


def test_every_reason_has_a_sentence_in_both_languages() -> None:
    told = {name for _known, _action, reasons in FRAUD for name in reasons}
    assert told < REASONS.keys()
    assert all(says.en and says.zh and says.en != says.zh for says in REASONS.values())


def order(day: int, amount: int = 5000, delivered: int | None = None, name: str = "o") -> Bought:
    return Bought(name, JOINED + day, amount, delivered and JOINED + delivered)


@pytest.mark.parametrize(
    ("orders", "expected"),
    [
        ([], None),
        ([order(3, delivered=5)], 12),
        ([order(3)], "open"),
        ([order(3, 4999, delivered=5)], None),
        ([order(0, delivered=1)], 8),
        ([order(30, delivered=40)], 47),
        ([order(31, delivered=32)], None),
        ([order(-1, delivered=2)], None),
        ([order(3, 0, delivered=5), order(9, delivered=10)], 17),
        ([order(3, delivered=20), order(9, delivered=10)], 17),
        ([order(3), order(9, delivered=10)], 17),
    ],
)
def test_the_day_on_which_a_friends_order_counts(orders: list[Bought], expected: Any) -> None:
    found = due(orders, JOINED, TERMS)
    if expected is None:
        assert found is None
    else:
        assert found == Due("o", None if expected == "open" else JOINED + expected)


def test_from_payment_on_and_without_a_minimum_something_must_still_be_kept() -> None:
    terms = Referral(after=Kept.PAID, after_days=0)
    assert due([order(3, 1)], JOINED, terms) == Due("o", JOINED + 3)
    assert due([order(3, 0)], JOINED, terms) is None


def test_a_friend_without_an_order_is_waited_for_as_long_as_promised() -> None:
    assert not is_over(JOINED + 30, JOINED, TERMS)
    assert is_over(JOINED + 31, JOINED, TERMS)


@given(orders=st.lists(st.builds(order, st.integers(-5, 40), st.integers(0, 9000), st.none() | st.integers(1, 60))))
def test_what_counts_does_not_depend_on_the_order_in_which_orders_are_told(orders: list[Bought]) -> None:
    there, back = due(orders, JOINED, TERMS), due(orders[::-1], JOINED, TERMS)
    assert there == back
    if there and there.day:
        assert all(due([one], JOINED, TERMS) is None or (due([one], JOINED, TERMS) or there).day is None
                   or (due([one], JOINED, TERMS) or there).day >= there.day for one in orders)  # fmt: skip
