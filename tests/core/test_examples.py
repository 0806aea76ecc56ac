"""The programmes to begin with, lived through: what a member has after a year is what the remarks in them promise."""

from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

import regulars.core.programme
from regulars.core.declarations import diff, dump, load, parse, plain
from regulars.core.member import Line, Member, Referred
from regulars.core.points import spendable
from regulars.core.programme import Outcome, Programme
from tests.core.clubs import CNY, EXAMPLES, START, day, deed, example, line, lived, order

NEW = Member("m", joined=day(2026, 3, 1), birthday=None)


def earned(outcome: Outcome) -> dict[str, int]:
    assert outcome.award
    return {given.rule: given.amount for given in outcome.award.given}


def ends(name: str, member: Member, events: list[Any]) -> tuple[Member, list[Outcome]]:
    outcomes = [outcome for _, outcome in lived(example(name), member, events)]
    return outcomes[-1].member, outcomes


@pytest.mark.parametrize("name", ["b2c", "stamps", "steel"])
def test_examples_survive_being_written_and_read_again(name: str) -> None:
    programme = example(name).programme
    again = parse(Programme, load(dump(plain(programme, CNY))), CNY)
    assert diff(programme, again, CNY) == []


@pytest.mark.parametrize("name", ["b2c", "stamps", "steel"])
def test_examples_explain_themselves_in_remarks(name: str) -> None:
    text = (EXAMPLES / f"{name}.toml").read_text(encoding="utf-8")
    assert "regulars programme check" in text
    assert sum(text_line.startswith("#") for text_line in text.splitlines()) >= 10


def test_the_files_to_look_at_are_those_that_come_with_the_package() -> None:
    shipped = Path(regulars.core.programme.__file__).parent / "examples"
    assert {file.name: file.read_bytes() for file in EXAMPLES.iterdir()} == {
        file.name: file.read_bytes() for file in shipped.iterdir() if file.suffix == ".toml"
    }


def test_b2c_a_year_of_a_shopper() -> None:
    """60.00 to begin with, then 400.00 and 700.00 a month apart: welcome, streak, Silver with the last."""
    first, second, third = (
        order(1, line(6_000), delivered_days=2),
        order(2, line(40_000, "new-arrivals"), after_days=31, delivered_days=33),
        order(3, line(70_000), after_days=61, delivered_days=63),
    )
    member, outcomes = ends("b2c", NEW, [first, second, third])
    assert [earned(outcome) for outcome in outcomes if outcome.award] == [
        {"base": 60, "first-order": 100},
        {"base": 400, "new-arrivals": 400},
        {"base": 700, "three-months": 60},
    ]
    assert member.standing.tier == "silver"
    fourth = order(4, line(100_000), after_days=92)
    member, outcomes = ends("b2c", NEW, [first, second, third, fourth])
    assert earned(outcomes[-1]) == {"base": 1200}
    assert (outcomes[-1].move and outcomes[-1].move.after, [gift.reward for gift in outcomes[-1].gifts]) == (
        "gold",
        ["voucher-20"],
    )
    # 60 + 100 + 400 + 400 + 700 + 60 have waited out their 7 days; the last order is not delivered yet.
    assert spendable(member.lots, "points", START + timedelta(days=92)) == 1720


def test_b2c_a_returned_order_leaves_no_trace() -> None:
    first, big = order(1, line(6_000)), order(2, line(250_000), after_days=10)
    before, _ = ends("b2c", NEW, [first])
    back = order(2, after_days=12, paid_days=10)
    after, outcomes = ends("b2c", NEW, [first, big, back])
    assert (after.standing, after.lots, after.days) == (before.standing, before.lots, before.days)
    assert [(gift.reward, gift.back) for gift in outcomes[-1].gifts] == [("voucher-20", True)]


def test_b2c_reviews_count_whatever_they_say_and_not_without_end() -> None:
    reviews = [deed("Product Reviewed", n, verified=True, length=40) for n in range(5)]
    short = deed("Product Reviewed", 20, verified=True, length=3)
    member, _ = ends("b2c", NEW, [*reviews, short, deed("Profile Completed", 21), deed("Profile Completed", 22)])
    assert spendable(member.lots, "points", START + timedelta(days=30)) == 3 * 20 + 50


def test_b2c_a_friend_brings_points_to_both() -> None:
    advocate, _ = ends("b2c", NEW, [Referred("0" * 32, START, "advocate")])
    friend, _ = ends("b2c", NEW, [Referred("0" * 32, START, "friend")])
    assert [sum(lot.remaining for lot in member.lots) for member in (advocate, friend)] == [300, 100]


def test_stamps_every_tenth_order_is_a_drink_by_itself() -> None:
    orders = [order(n, line(2_500), after_days=3 * n) for n in range(12)]
    later = order(99, line(100), after_days=60)
    member, outcomes = ends("stamps", NEW, [*orders, later])
    assert Counter(gift.reward for outcome in outcomes for gift in outcome.gifts) == {"free-drink": 1}
    assert spendable(member.lots, "stamp", START + timedelta(days=60)) == 2


def test_stamps_a_large_order_split_into_many_earns_three_a_day() -> None:
    orders = [order(n, line(2_500)) for n in range(6)]
    member, _ = ends("stamps", NEW, orders)
    assert sum(lot.remaining for lot in member.lots) == 3


def tonnes(amount: int, *categories: str) -> Line:
    return line(amount * 400_000, *categories, quantity_milli=amount * 1000)


def test_steel_rebates_follow_contract_size_kind_and_tier() -> None:
    contract = NEW._replace(facts={"tags": ("contract",)})
    small, large = order(1, tonnes(40)), order(2, tonnes(260, "galvanised"), after_days=5)
    member, outcomes = ends("steel", contract, [small, large])
    assert [earned(outcome) for outcome in outcomes] == [
        {"contract": 20_000, "service": 40},
        {"contract": 130_000, "large-orders": 52_000, "galvanised": 78_000, "service": 260},
    ]
    assert member.standing.tier == "partner"
    member, outcomes = ends(
        "steel", contract, [small, large, order(3, tonnes(1_700), after_days=9), order(4, tonnes(10), after_days=12)]
    )
    assert member.standing.tier == "core"
    # 7.50 a tonne instead of 5.00.
    assert earned(outcomes[-1]) == {"contract": 7_500, "service": 10}


def test_steel_without_a_contract_only_size_and_kind_count() -> None:
    _, [outcome] = ends("steel", NEW, [order(1, tonnes(40, "galvanised"))])
    assert earned(outcome) == {"galvanised": 12_000, "service": 40}


def test_steel_a_tier_reached_in_one_year_is_sure_to_the_end_of_the_next() -> None:
    member, _ = ends("steel", NEW, [order(1, tonnes(300))])
    assert member.standing.until == day(2027, 12, 31)
