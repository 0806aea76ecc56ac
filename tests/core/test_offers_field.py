"""What went wrong in other engines, each with its own numbers (FIELD.md section 1), as far as quoting alone decides it."""

import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from itertools import permutations
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from regulars.core.declarations import Lookup
from regulars.core.offers import Catalogue, Offers, quote
from regulars.core.offers.base import Off
from regulars.core.offers.plain import Discount
from regulars.core.offers.returns import kept, refund
from regulars.core.says import same
from tests.core.carts import AT, ZONE, cart, catalogue, codes, line, member, nets, offers_of, one, quoted

TEN = 'off = { amount = "10.00" }\n'


def left(**limits: int) -> Lookup[str, int]:
    return Lookup({f"it/{name}": amount for name, amount in limits.items()})


@pytest.mark.parametrize("k", [1, 2, 500])
def test_row_1_and_25_the_last_use_is_given_and_none_after_it(k: int) -> None:
    text = one("discount", TEN + f"limits = {{ uses = {k} }}")
    for remaining in (k, 1):
        found = quoted(text, cart(line(1, 5_000), left=left(uses=remaining)))
        assert (found.net, [hold[:3] for hold in found.holds]) == (4_000, [("it/uses", 1, k)])
    found = quoted(text, cart(line(1, 5_000), left=left(uses=0)))
    assert (found.net, codes(found), found.holds) == (5_000, {"it": "used_up"}, ())


def test_row_2_a_coupon_for_one_use_is_held_and_refused_once_used() -> None:
    text = one("discount", TEN + "coupon = true\nlimits = { uses = 1 }")
    told = cart(line(1, 5_000), codes=("7K2M",), owned=Lookup({"7K2M": "it"}))
    assert quoted(text, told).holds[0].limit == "it/uses"
    assert codes(quoted(text, replace(told, left=left(uses=0)))) == {"it": "used_up"}


@pytest.mark.parametrize(("remaining", "net"), [(1_001, 4_000), (1_000, 4_000), (999, 5_000)])
def test_row_3_a_money_budget_is_never_exceeded(remaining: int, net: int) -> None:
    found = quoted(
        one("discount", TEN + 'limits = { budget = "500.00" }'), cart(line(1, 5_000), left=left(budget=remaining))
    )
    assert found.net == net
    assert sum(hold.amount for hold in found.holds) == 5_000 - net
    assert codes(found) == ({} if net == 4_000 else {"it": "budget"})


def test_row_4_what_is_held_of_a_budget_is_what_came_off_so_that_an_undo_is_exact() -> None:
    found = quoted(one("discount", 'off = { percent = "33%" }\nlimits = { budget = "500.00" }'), cart(line(1, 3_333)))
    assert (
        [(hold.limit, hold.amount) for hold in found.holds] == [("it/budget", found.discount)] == [("it/budget", 1_100)]
    )


def test_row_6_the_same_facts_give_the_same_quote() -> None:
    it = catalogue(one("discount", TEN + "limits = { uses = 1 }"))
    assert quoted(it, cart(line(1, 5_000))) == quoted(it, cart(line(1, 5_000)))


def test_row_7_a_limit_holds_for_an_offer_without_a_code() -> None:
    text = one(
        "steps", 'steps = [{ spend = "10.00", off = { amount = "5.00" } }]\nlimits = { per_customer = { amount = 1 } }'
    )
    assert [hold.limit for hold in quoted(text, cart(line(1, 2_000))).holds] == ["it/customer"]
    assert codes(quoted(text, cart(line(1, 2_000), left=left(customer=0)))) == {"it": "used_by_you"}


@pytest.mark.parametrize("off", ['percent = "10%"', 'price = "20.00"'])
def test_row_8_what_takes_nothing_off_uses_nothing_up(off: str) -> None:
    found = quoted(one("discount", f"off = {{ {off} }}\nlimits = {{ uses = 5 }}"), cart(line(1, 0)))
    assert (found.applied, found.holds, codes(found)) == ((), (), {"it": "nothing"})


@pytest.mark.parametrize("back", [True, False])
def test_row_9_whether_a_cancelled_order_gives_its_use_back_is_said_by_the_offer(back: bool) -> None:
    limits = (
        f"limits = {{ uses = 5, budget = '90.00', per_customer = {{ amount = 1 }}, given_back = {str(back).lower()} }}"
    )
    found = quoted(one("discount", TEN + limits), cart(line(1, 5_000)))
    assert [hold.given_back for hold in found.holds] == [back] * 3


def test_row_10_a_guest_has_the_limit_of_whoever_they_are_found_to_be() -> None:
    text = one("discount", TEN + "limits = { per_customer = { amount = 1, per = 'month' } }")
    found = quoted(text, cart(line(1, 5_000)), None)
    assert [(hold.limit, hold.per) for hold in found.holds] == [("it/customer", "month")]
    assert codes(quoted(text, cart(line(1, 5_000), left=left(customer=0)), None)) == {"it": "used_by_you"}


@pytest.mark.parametrize("included", [True, False])
@pytest.mark.parametrize("on", ["order", "lines"])
@pytest.mark.parametrize("prices", [[560, 892, 4_491, 21_726, 240_000], [1_150, 1_150]])
def test_row_13_all_off_leaves_nothing(prices: list[int], on: str, included: bool) -> None:
    lines = [line(number, price, tax=Fraction(15, 100)) for number, price in enumerate(prices)]
    found = quoted(one("discount", f'on = "{on}"\noff = {{ percent = "100%" }}'), cart(*lines, tax_included=included))
    assert (found.total, found.tax, found.net, nets(found)) == (0, 0, 0, [0] * len(prices))
    assert found.list == sum(prices) == found.discount


def test_row_13_tax_is_worked_out_on_what_is_paid() -> None:
    told = cart(line(1, 1_150, 2, tax=Fraction(15, 100)), shipping=115, shipping_tax=Fraction(15, 100))
    found = quoted("", told)
    assert (found.total, found.tax, found.lines[0].tax, found.shipping.tax) == (2_415, 315, 300, 15)
    found = quoted("", replace(told, tax_included=False))
    assert (found.total, found.net, found.tax) == (2_777, 2_415, 362)


def test_row_14_shares_sum_to_the_discount() -> None:
    found = quoted(one("discount", TEN.replace("10.00", "0.10")), cart(*[line(number, 100) for number in range(3)]))
    assert [each.discounts[0].amount for each in found.lines] == [4, 3, 3]
    assert found.discount == 10


def test_row_15_stacked_discounts_never_make_a_total_negative_nor_cross_the_floor() -> None:
    text = one("discount", 'on = "lines"\noff = { amount = "30.00" }') + one(
        "discount", 'off = { amount = "90.00" }', id='"b"'
    )
    assert quoted(text, cart(line(1, 2_500), line(2, 4_000))).net == 0
    found = quoted('floors = [{ share = "50%" }]\n' + text, cart(line(1, 2_500), line(2, 4_000)))
    assert nets(found) == [1_250, 2_000]


def test_row_16_buy_x_get_y_knows_no_order_of_lines() -> None:
    text = one("buy_get", "buy = 2\nget = 1\ntimes = 2")
    lines = [line("a", 3_000, 2), line("b", 2_000, 3), line("c", 1_000, 4)]
    for some in permutations(lines):
        found = quoted(text, cart(*some))
        assert {each.id: each.net for each in found.lines} == {"a": 6_000, "b": 4_000, "c": 3_000}
    pieces = [
        replace(each, id=f"{each.id}{n}", quantity=1_000) for each in lines for n in range(each.quantity // 1_000)
    ]
    assert quoted(text, cart(*pieces)).net == 13_000


def test_row_16_a_fixed_amount_is_no_percentage_and_the_maximum_holds() -> None:
    text = one("buy_get", 'buy = 1\nget = 1\ntimes = 1\noff = { amount = "10.00" }')
    assert quoted(text, cart(line(1, 5_000, 6))).discount == 1_000
    assert quoted(text, cart(line(1, 600, 6))).discount == 600


# Two offers on the same order, of 10.00 and of 15 % off 100.00: which applies, by group, lane and priority.
@pytest.mark.parametrize(
    ("first", "second", "applied"),
    [
        ({}, {}, {"b": 1_500}),  # one lane: the better, whether percent or amount
        ({"priority": "1"}, {}, {"a": 1_000}),  # priority chooses first in its lane
        ({}, {"lane": '"lines"'}, {"b": 1_500, "a": 1_000}),  # lanes stack
        ({"group": '"g"'}, {"group": '"g"', "lane": '"lines"'}, {"b": 1_500}),  # a group goes across lanes
        ({"group": '"g"', "priority": "9"}, {"group": '"g"', "lane": '"lines"'}, {"b": 1_500}),  # and beats priority
        ({"group": '"g"', "lane": '"lines"'}, {"group": '"g"'}, {"a": 1_000}),  # the earlier lane is asked first
        ({"group": '"g"'}, {"group": '"h"', "lane": '"lines"'}, {"b": 1_500, "a": 1_000}),
    ],
)
def test_row_17_lanes_groups_and_priority(
    first: dict[str, str], second: dict[str, str], applied: dict[str, int]
) -> None:
    groups = 'groups = [{ id = "g", name = "G" }, { id = "h", name = "H" }]\n'
    text = one("discount", TEN, id='"a"', **first) + one("discount", 'off = { percent = "15%" }', id='"b"', **second)
    found = quoted(groups + text, cart(line(1, 10_000)))
    assert {each.offer: each.amount for each in found.applied} == applied
    assert set(codes(found)) == {"a", "b"} - set(applied)
    assert set(codes(found).values()) <= {"beaten", "excluded"}


def test_row_18_returns_are_priced_by_what_is_kept() -> None:
    it = catalogue(one("discount", 'off = { percent = "10%" }\nminimum = "300.00"'))
    bought = cart(line(1, 5_000, 6))
    before = quoted(it, bought)
    assert before.total == 27_000
    after = quoted(it, kept(bought, {"1": 1_000}))
    assert (after.total, refund(before, after)) == (5_000, 22_000)
    assert refund(before, quoted(it, kept(bought, {"1": 0}))) == 27_000
    assert refund(before, before) == 0


def test_row_18_what_is_kept_never_costs_more_than_was_paid() -> None:
    it = catalogue(one("steps", 'steps = [{ spend = "300.00", off = { amount = "200.00" } }]'))
    bought = cart(line(1, 5_000, 6))
    assert refund(quoted(it, bought), quoted(it, kept(bought, {"1": 5_000}))) == 0


@pytest.mark.parametrize(
    ("zone", "ends", "last"),
    [
        ("Asia/Shanghai", "2026-11-12T00:00:00+08:00", datetime(2026, 11, 11, 15, 59, 59, tzinfo=UTC)),
        (
            "America/New_York",
            "2026-11-02T00:00:00-05:00",
            datetime(2026, 11, 2, 4, 59, 59, tzinfo=UTC),
        ),  # 25 hours long
        ("Europe/Berlin", "2026-03-30T00:00:00+02:00", datetime(2026, 3, 29, 21, 59, 59, tzinfo=UTC)),  # 23 hours long
    ],
)
def test_row_19_an_offer_lasts_to_the_end_of_the_shops_day(zone: str, ends: str, last: datetime) -> None:
    text = one("discount", TEN + f"ends = {ends}")
    it = Catalogue(offers_of(text), ZoneInfo(zone), "CNY")
    assert quote(cart(line(1, 5_000)), None, it, last).net == 4_000
    assert codes(quote(cart(line(1, 5_000)), None, it, last + timedelta(seconds=1))) == {"it": "over"}


@pytest.mark.parametrize(
    ("at", "net"),
    [
        (datetime(2026, 11, 13, 11, 59, 59, tzinfo=UTC), 5_000),
        (datetime(2026, 11, 13, 12, tzinfo=UTC), 4_000),
        (datetime(2026, 11, 13, 13, 59, 59, tzinfo=UTC), 4_000),
        (datetime(2026, 11, 13, 14, tzinfo=UTC), 5_000),
        (datetime(2026, 11, 14, 12, tzinfo=UTC), 5_000),
    ],
)
def test_row_19_hours_and_weekdays_are_the_shops(at: datetime, net: int) -> None:
    when = """when = [{ field = "order.day", op = "weekday_in", value = ["friday"] },
                      { field = "order.hour", op = "between", value = [20, 21] }]"""
    assert quoted(one("discount", TEN + when), cart(line(1, 5_000)), at=at).net == net


def test_row_20_a_hundred_thousand_codes_leave_one_candidate() -> None:
    offers = tuple(
        Discount(id=f"o{n}", name=same("O"), off=Off(amount=100 + n), codes=tuple(f"C{n}-{k}" for k in range(1_000)))
        for n in range(100)
    )
    it = Catalogue(Offers(id="shop", name=same("S"), offers=offers), ZONE, "CNY")
    found = quote(cart(line(1, 5_000), codes=("c42-977",)), None, it, AT)
    assert ([each.offer for each in found.applied], found.reasons) == (["o42"], ())
    ready = it.candidates((), "", it.by_code["C42-977"])
    assert [each.id for each in ready] == ["o42"]


def calls(work: Callable[[], Any]) -> int:
    """How many functions a piece of work calls: its length, whatever the clock says."""
    count = 0

    def note(frame: Any, event: str, arg: Any) -> None:
        nonlocal count
        count += event in {"call", "c_call"}

    sys.setprofile(note)
    try:
        work()
    finally:
        sys.setprofile(None)
    return count


P1, P2 = (f'{{ field = "line.product", op = "is", value = "{product}" }}' for product in ("p1", "p2"))
EVERY_KIND = [
    one("buy_get", "buy = 2\nget = 1"),
    one("buy_get", f"buy = 1\nlines = {P1}\nother = {P2}"),
    one("one_piece", 'off = { percent = "50%" }'),
    one("quantity_price", 'steps = [{ pieces = 2, off = { percent = "5%" } }]'),
    one("steps", 'steps = [{ spend = "0.50", off = { amount = "0.01" } }]\nevery = true'),
    one("flash_price", 'off = { percent = "5%" }\nstock = 900000000'),
]


@pytest.mark.parametrize("text", EVERY_KIND)
def test_row_21_a_thousand_million_pieces_take_no_longer_than_a_few(text: str) -> None:
    it = catalogue(text)
    few, many = cart(line(1, 250, 6_000), line(2, 99, 6_000)), cart(line(1, 250, 10**9), line(2, 99, 10**9))
    quoted(it, few)
    assert calls(lambda: quoted(it, many)) <= calls(lambda: quoted(it, few))


def test_row_21_bundles_of_a_thousand_million_pieces_are_counted_by_halves() -> None:
    it = catalogue(one("bundle", f'price = "3.00"\nparts = [{{ lines = {P1} }}, {{ lines = {P2} }}]'))
    few, many = cart(line(1, 250, 8), line(2, 99, 8)), cart(line(1, 250, 10**9), line(2, 99, 10**9))
    assert quoted(it, many).discount == 49 * 10**9
    assert calls(lambda: quoted(it, many)) < 10 * calls(lambda: quoted(it, few))


def test_row_21_thirty_lines_of_six_thousand_pieces() -> None:
    lines = [line(number, 100 + number, 6_000) for number in range(30)]
    assert quoted(one("buy_get", "buy = 2\nget = 1"), cart(*lines)).discount == sum(range(100, 130)) * 2_000


def test_row_22_every_code_that_is_not_taken_gets_the_same_answer() -> None:
    text = one("discount", TEN + "coupon = true") + one("discount", TEN, id='"public"')
    unknown, not_a_coupon, of_nothing = "NOPE", "PUBLIC", "GONE"
    told = cart(
        line(1, 5_000),
        codes=(unknown, not_a_coupon, of_nothing),
        owned=Lookup({not_a_coupon: "public", of_nothing: "gone"}),
    )
    found = quoted(text, told)
    assert [(each.code, each.by, each.offer) for each in found.reasons] == [("code", code, "") for code in told.codes]


@pytest.mark.parametrize(
    ("spent", "net", "missing"), [(29_999, 29_999, 1), (30_000, 25_000, 0), (26_200, 26_200, 3_800)]
)
def test_row_23_and_24_both_sides_of_a_threshold_and_what_is_missing(spent: int, net: int, missing: int) -> None:
    for text in (
        one("steps", 'steps = [{ spend = "300.00", off = { amount = "50.00" } }]'),
        one("discount", 'off = { amount = "50.00" }\nminimum = "300.00"'),
        one(
            "discount",
            'off = { amount = "50.00" }\nwhen = { field = "order.amount", op = "at_least", value = "300.00" }',
        ),
    ):
        found = quoted(text, cart(line(1, spent)))
        assert found.net == net
        assert [(each.code, each.figure) for each in found.qualifications] == (
            [("spend_more", missing)] if missing else []
        )


@pytest.mark.parametrize(("tier", "net"), [("", 5_000), ("silver", 5_000), ("gold", 4_000)])
def test_row_24_only_the_tier_gets_what_is_for_it(tier: str, net: int) -> None:
    found = quoted(one("discount", TEN + 'tiers = ["gold"]'), cart(line(1, 5_000)), member(tier) if tier else None)
    assert found.net == net
    assert codes(found) == ({} if net == 4_000 else {"it": "only_for"})


def test_row_13_tax_is_shared_by_line_whatever_their_order() -> None:
    lines = [line(name, 110, tax=Fraction(5, 100), product=name) for name in "abc"]
    told = [
        {each.id: each.tax for each in quoted("", cart(*some, tax_included=False)).lines}
        for some in permutations(lines)
    ]
    assert told == [{"a": 6, "b": 6, "c": 5}] * 6
