"""What the check advises: each thing once, at its place, and nothing about a programme that is well made."""

from datetime import date
from fractions import Fraction
from typing import Any

import pytest

from regulars.core.faults import Fault
from regulars.core.programme.advice import advice
from tests.core.clubs import BASE, CLUB, LADDER, MUG, UNIT, example, plan_of

TODAY = date(2026, 11, 22)
TEN = Fraction(1, 10)


def advised(text: str, head: dict[str, str] | None = None, **more: Any) -> list[Fault]:
    return list(advice(plan_of(text, **(head or {})), TODAY, **more))


def rule(**values: str) -> str:
    told = {"kind": '"per_order"', "id": '"r"', "name": '"Rule"', "points": "5", **values}
    return "[[rules]]\n" + "".join(f"{name} = {value}\n" for name, value in told.items())


def reward(**values: str) -> str:
    told = {"id": '"bag"', "name": '"Bag"', "gives": '"goods"', **values}
    return "[[rewards]]\n" + "".join(f"{name} = {value}\n" for name, value in told.items())


def test_a_well_made_programme_gets_no_advice() -> None:
    assert advised(CLUB, margin=TEN, spends=[10_000, 60_000, 300_000]) == []


@pytest.mark.parametrize("name", ["b2c", "stamps", "steel"])
def test_the_examples_get_none(name: str) -> None:
    assert advice(example(name), TODAY, margin=Fraction(3, 10), spends=[10_000, 60_000, 300_000, 1_200_000]) == ()


AMOUNT = 'when = { field = "order.amount", op = "at_least", value = "50.00" }'


@pytest.mark.parametrize(
    ("text", "path", "reason"),
    [
        # point types
        (CLUB.replace("validity =", "# validity ="), "units[0].validity", "remains a debt of the shop"),
        (
            CLUB.replace("count = 12", "count = 10").replace('"months", aligned = "month"', '"days"', 1),
            "units[0].validity",
            "can expire before they can be used",
        ),
        (
            CLUB.replace("count = 12", "count = 30").replace('"months", aligned = "month"', '"days"', 1),
            "units[0].validity",
            "for 16 days only",
        ),
        (CLUB.replace('worth = "1.00"', ""), "units[0].worth", "nothing can be said about margins"),
        (UNIT + MUG, "units[0]", "Nothing gives “points”"),
        (UNIT + BASE, "units[0]", "nothing to be had for “points”"),
        # rules
        (CLUB + rule(ends='"2026-11-21"', nth="1"), "rules[1].ends", "over since 2026-11-21"),
        (CLUB + rule(nth="1", budget="{ amount = 1000 }"), "rules[1].budget", "One member alone could use up"),
        (CLUB + rule(), "rules[1].when", "Every order earns this, however small"),
        # the ladder
        (CLUB.replace("warn_days = 30", ""), "ladder.warn_days", "without a warning"),
        (
            CLUB.replace('per = "1.00"', 'per = "1.00"\nby_tier = false'),
            "ladder.tiers[1].multiplier",
            "No rule is multiplied",
        ),
        (
            UNIT.replace('"points"\nname', '"points"\npurse = "credit"\nname')
            + BASE
            + LADDER.replace('{ spend = "2000.00" }', "{ points = 100 }")
            + MUG.replace("price = 2000\n", ""),
            "ladder.tiers[1].reached.points",
            "takes points, and no rule gives any",
        ),
        # rewards and referral
        (CLUB + reward(), "rewards[1]", "nobody can have it"),
        (CLUB + reward(price="10", stock="0"), "rewards[1].stock", "none in stock"),
        (CLUB + reward(price="10", ends="2026-11-21T00:00:00+08:00"), "rewards[1].ends", "is over"),
        (
            CLUB + reward(price="999", worth='"10.00"'),
            "rewards[1].price",
            "999 points are worth 9.99 CNY, and the reward is worth 10.00",
        ),
        (
            CLUB + reward(price="1000", prices="{ gold = 900 }", worth='"10.00"'),
            "rewards[1].prices.gold",
            "900 points are worth 9.00",
        ),
        (CLUB + "[referral]\n", "referral", "rewards nobody"),
        (
            CLUB + '[referral]\nadvocate_points = 5\nafter = "paid"\nafter_days = 0\n',
            "referral.after_days",
            "rewarded at once",
        ),
    ],
)
def test_each_advice_stands_at_its_place(text: str, path: str, reason: str) -> None:
    found = advised(text)
    assert [one.path for one in found] == [path], [one.to("en") for one in found]
    assert reason in found[0].reason.en
    assert found[0].reason.zh and found[0].mend.en and found[0].mend.zh


def test_points_that_are_never_pending_never_go_back_under_only_pending() -> None:
    text = CLUB.replace("pending_days = 7\n", "")
    [found] = advised(text, {"on_return": "only_pending"})
    assert (found.path, advised(text)) == ("on_return", [])
    assert "never pending" in found.reason.en


# ---- the margin ----------------------------------------------------------------------------------------------------------


def test_a_rule_is_measured_by_the_best_tier_against_the_margin() -> None:
    # 1 point per 1.00 at 1.00 for 100 points is 1%, in Gold 1.5%.
    assert advised(CLUB, margin=Fraction(15, 1000)) == []
    [found] = advised(CLUB, margin=Fraction(14, 1000))
    assert (found.path, found.reason.en) == (
        "rules[0]",
        "This rule can pay out 1.5% of what an order brings; the margin is 1.4%.",
    )


def test_rules_are_added_up_where_each_alone_is_within_the_margin() -> None:
    extra = rule(
        kind='"per_amount"', per='"1.00"', lines='{ field = "line.brand", op = "is", value = "b" }', points="1"
    )
    assert advised(CLUB + extra, margin=Fraction(3, 100)) == []
    [found] = advised(CLUB + extra, margin=Fraction(29, 1000))
    assert (found.path, found.reason.en) == (
        "rules",
        "All rules together can give Gold back 3% of what an order brings; the margin is 2.9%.",
    )


def test_rules_of_different_times_are_not_added_up() -> None:
    def extra(named: str, starts: str, ends: str) -> str:
        lines = f'{{ field = "line.brand", op = "is", value = "{named}" }}'
        return rule(
            kind='"per_amount"', id=f'"{named}"', per='"1.00"', lines=lines, points="1", starts=starts, ends=ends
        )

    november, december = ('"2026-11-01"', '"2026-11-30"'), ('"2026-12-01"', '"2026-12-31"')
    assert advised(CLUB + extra("a", *november) + extra("b", *december), margin=Fraction(3, 100)) == []
    assert len(advised(CLUB + extra("a", *november) + extra("b", *november), margin=Fraction(3, 100))) == 1


def test_the_member_price_counts_too() -> None:
    price = '[[ladder.tiers.privileges]]\nkind = "member_price"\nid = "p"\noff = "10%"\n'
    [found] = advised(UNIT + BASE + LADDER + price + MUG, margin=Fraction(11, 100))
    assert "can give Gold back 11.35%" in found.reason.en


def test_without_a_ladder_it_is_any_members_best() -> None:
    extra = rule(
        kind='"per_amount"', per='"1.00"', lines='{ field = "line.brand", op = "is", value = "b" }', points="1"
    )
    [found] = advised(UNIT + BASE + extra + MUG, margin=Fraction(15, 1000))
    assert "can give any member back 2%" in found.reason.en


def test_points_per_order_are_measured_on_the_smallest_order() -> None:
    each = rule(when='{ all = [{ field = "order.amount", op = "at_least", value = "10.00" }] }', points="200")
    [found] = advised(CLUB + each, margin=TEN)
    assert (found.path, found.reason.en) == (
        "rules[1]",
        "On the smallest order (10.00 CNY) this is worth 20%; the margin is 10%.",
    )
    tenth = rule(
        when='{ field = "order.amount", op = "between", value = ["10.00", "20.00"] }', points="200", every="10"
    )
    assert advised(CLUB + tenth, margin=TEN) == []
    assert advised(CLUB + rule(cap='{ amount = 5, per = "day" }'), margin=TEN) == []
    other = rule(when='{ field = "order.lines", op = "at_least", value = 2 }')
    assert [one.path for one in advised(CLUB + other, margin=TEN)] == ["rules[1].when"]


def test_credit_is_worth_what_it_says() -> None:
    credit = UNIT.replace('"points"\nname', '"points"\npurse = "credit"\nname')
    [found] = advised(
        credit + BASE.replace("points = 1", "points = 20") + MUG.replace("price = 2000\n", "price = 5000\n"),
        margin=TEN,
    )
    assert "can pay out 20% of what an order brings" in found.reason.en


def test_credit_may_come_from_rewards() -> None:
    credit = '[[units]]\nid = "credit"\nname = "credit"\npurse = "credit"\nvalidity = { count = 1, span = "years" }\n'
    gift = reward(gives='"credit"', price="1000", worth='"10.00"')
    assert advised(CLUB + credit + gift) == []
    assert [one.path for one in advised(CLUB + credit)] == ["units[1]"]


# ---- what can never hold ---------------------------------------------------------------------------------------------------


def _clashes(*tests: str) -> bool:
    found = advised(CLUB + rule(nth="1", when=f"{{ all = [{', '.join(tests)}] }}"))
    assert [one.path for one in found] in ([], ["rules[1].when"])
    return bool(found)


def _amount(op: str, value: str) -> str:
    return f'{{ field = "order.amount", op = "{op}", value = {value} }}'


@pytest.mark.parametrize(
    ("first", "second", "clash"),
    [
        (_amount("at_least", '"100.00"'), _amount("less_than", '"100.00"'), True),
        (_amount("at_least", '"100.00"'), _amount("at_most", '"100.00"'), False),
        (_amount("at_most", '"50.00"'), _amount("more_than", '"60.00"'), True),
        (_amount("between", '["10.00", "20.00"]'), _amount("equal", '"21.00"'), True),
        (_amount("between", '["10.00", "20.00"]'), _amount("equal", '"20.00"'), False),
        (_amount("at_least", '"10.00"'), _amount("at_least", '"20.00"'), False),
        (_amount("not_equal", '"10.00"'), _amount("equal", '"10.00"'), False),  # not looked into
        (
            '{ field = "order.channel", op = "is", value = "app" }',
            '{ field = "order.channel", op = "is", value = "web" }',
            True,
        ),
        (
            '{ field = "order.channel", op = "is", value = "app" }',
            '{ field = "order.store", op = "is", value = "web" }',
            False,
        ),
        (
            '{ field = "order.day", op = "before", value = "2026-11-11" }',
            '{ field = "order.day", op = "at_least", value = "2026-11-11" }',
            True,
        ),
        (
            '{ field = "member.orders_in_last", days = 30, op = "at_least", value = 3 }',
            '{ field = "member.orders_in_last", days = 7, op = "less_than", value = 3 }',
            False,
        ),
    ],
)
def test_conditions_that_exclude_each_other_are_found(first: str, second: str, clash: bool) -> None:
    assert _clashes(first, second) is clash
    assert _clashes(second, first) is clash


def test_a_tier_of_a_ladder_may_be_asked_for() -> None:
    assert advised(CLUB + rule(nth="1", when='{ field = "member.tier", op = "is", value = "gold" }')) == []


# ---- what customers spent --------------------------------------------------------------------------------------------------


def test_steps_that_tell_nobody_apart_are_found_in_what_customers_spent() -> None:
    [low] = advised(CLUB, spends=[60_000, 300_000])
    assert (low.path, "All 2 customers" in low.reason.en) == ("ladder.tiers[0].reached.spend", True)
    # 10.00 spent earns too few points for the mug as well.
    [none, dear] = advised(CLUB, spends=[1_000, 60_000])
    assert (none.path, "Of 2 customers nobody" in none.reason.en) == ("ladder.tiers[1].reached.spend", True)
    assert (dear.path, dear.reason.en) == (
        "rewards[0].price",
        "Even the best customer has at most 900 points before they expire.",
    )


def test_steps_that_can_be_reached_otherwise_are_not_judged_by_spend() -> None:
    either = CLUB.replace('{ spend = "2000.00" }', '{ spend = "2000.00", orders = 3 }\nneeds = "any"').replace(
        "2000\n", "20\n"
    )
    assert advised(either.replace('worth = "20.00"', ""), spends=[1_000, 60_000]) == []
    orders = (
        CLUB.replace('{ spend = "2000.00" }', "{ orders = 3 }").replace("2000\n", "20\n").replace('worth = "20.00"', "")
    )
    assert advised(orders, spends=[1_000, 60_000]) == []


def test_rewards_are_not_judged_by_spend_where_points_come_otherwise_too_or_never_expire() -> None:
    cheap = CLUB.replace('{ spend = "2000.00" }', '{ spend = "550.00" }')
    assert [one.path for one in advised(cheap, spends=[1_000, 60_000])] == ["rewards[0].price"]
    assert advised(cheap + rule(nth="1"), spends=[1_000, 60_000]) == []
    assert [one.path for one in advised(cheap.replace("validity =", "# validity ="), spends=[1_000, 60_000])] == [
        "units[0].validity"
    ]


def test_advice_stands_in_the_order_of_the_document() -> None:
    text = CLUB.replace("validity =", "# validity =").replace("warn_days = 30", "") + rule() + reward() + "[referral]\n"
    assert [one.path for one in advised(text)] == [
        "units[0].validity",
        "rules[1].when",
        "ladder.warn_days",
        "rewards[1]",
        "referral",
    ]
