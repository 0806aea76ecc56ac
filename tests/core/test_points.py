"""Lots and debts: the worked case of another engine, every policy to the point, and what a wallet must never do."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regulars.core.declarations import Context, load, parse
from regulars.core.member import Earned, Goods, Line, Lot, Member, OrderEvent, Purchase, Restored, Spent
from regulars.core.naming import posting_id
from regulars.core.points import (
    Activate,
    Earn,
    Expire,
    OnReturn,
    Owe,
    Repay,
    Rounding,
    Spend,
    TakeBack,
    Wallet,
    pending,
    rounded,
    spendable,
)
from regulars.core.programme import Plan, Programme, Versions, decide, folded

AT = datetime(2026, 3, 1, tzinfo=UTC)
DAY = timedelta(days=1)
FAR = datetime(9999, 12, 31, tzinfo=UTC)


def lot(named: str, remaining: int, *, unit: str = "points", active: int = -9, days: int = 30, held: int = 0) -> Lot:
    return Lot(named, unit, remaining, AT + active * DAY, AT + days * DAY, held)


def wallet(*lots: Lot, owed: tuple[tuple[str, int], ...] = ()) -> Wallet:
    return Wallet(Member("m", lots=lots, owed=owed))


@pytest.mark.parametrize(
    ("rounding", "thirds"),
    [(Rounding.DOWN, [0, 0, 0, 1, 1]), (Rounding.NEAREST, [0, 0, 1, 1, 1]), (Rounding.UP, [0, 1, 1, 1, 2])],
)
def test_fractions_are_rounded_as_stated(rounding: Rounding, thirds: list[int]) -> None:
    assert [rounded(n, 3, rounding) for n in range(5)] == thirds
    assert [rounded(n, 2, rounding) for n in (1, 3)] == {"down": [0, 1], "nearest": [1, 2], "up": [1, 2]}[rounding]
    assert rounded(9, 3, rounding) == 3


def test_what_can_be_spent_is_active_not_over_not_held() -> None:
    lots = (
        lot("a", 5),
        lot("b", 7, active=0),
        lot("c", 11, active=1),
        lot("d", 13, days=0),
        lot("e", 17, days=1, held=4),
    )
    assert spendable(lots, "points", AT) == 5 + 7 + 13
    assert spendable(lots, "points", AT - DAY) == 5 + 13 + 13
    assert pending(lots, "points", AT) == 11
    assert pending(lots, "points", AT + DAY) == spendable(lots, "cash", AT) == pending(lots, "cash", AT) == 0


def test_the_first_to_expire_is_spent_first_and_of_equals_the_lower_id() -> None:
    purse = wallet(
        lot("a", 5, days=1), lot("c", 5, days=2), lot("b", 5, days=2)._replace(id="d"), lot("e", 9, unit="cash")
    )
    purse.spend("points", 7, AT, "redeemed")
    assert [(one.id, one.remaining) for one in purse.lots] == [("c", 3), ("d", 5), ("e", 9)]
    assert purse.entries == [Spend("points", 7, "redeemed")]
    with pytest.raises(ValueError, match="9 points asked for, 8 can be spent"):
        purse.spend("points", 9, AT, "redeemed")
    purse.spend("points", 8, AT, "redeemed")
    assert [one.id for one in purse.lots] == ["e"]


def test_what_is_held_pending_or_over_is_not_spent() -> None:
    purse = wallet(lot("a", 5, days=0), lot("b", 5, active=1, days=1), lot("c", 5, held=3))
    purse.spend("points", 2, AT, "redeemed")
    assert [(one.id, one.remaining) for one in purse.lots] == [("a", 5), ("b", 5), ("c", 3)]
    with pytest.raises(ValueError, match="1 points asked for, 0 can"):
        purse.spend("points", 1, AT, "redeemed")


def test_a_new_lot_takes_its_place_among_the_others() -> None:
    purse = wallet(lot("b", 1, days=1), lot("d", 1, days=3))
    for named, days in (("c", 2), ("a", 1), ("e", 3), ("f", 9)):
        purse.earn("points", 1, named, AT, AT + days * DAY)
    assert [one.id for one in purse.lots] == ["a", "b", "c", "d", "e", "f"]


def test_what_is_earned_repays_what_is_owed_first() -> None:
    purse = wallet(owed=(("cash", 4), ("points", 30)))
    assert purse.earn("points", 20, "a", AT, FAR) == Earned("points", "", 0, 20)
    assert purse.earn("points", 25, "b", AT, FAR) == Earned("points", "b", 15, 10)
    assert purse.owed == (("cash", 4),)
    assert purse.entries == [Repay("points", 20), Repay("points", 10), Earn("points", 15, "b", AT, FAR)]
    assert purse.earn("points", 2, "c", AT, FAR) == Earned("points", "c", 2, 0)
    assert purse.entries[3:] == [Earn("points", 2, "c", AT, FAR)]


TAKEN = {
    # policy: lots left, owed, waived; of 100 earned, 40 are left in its own lot, 25 in another, and 90 go back
    OnReturn.ONLY_PENDING: ([("b", 25), ("a", 40)], 0, 90),
    OnReturn.WITHIN_BALANCE: ([], 0, 25),
    OnReturn.UNLIMITED: ([], 25, 0),
}


@pytest.mark.parametrize("policy", OnReturn)
def test_each_policy_takes_back_to_the_point(policy: OnReturn) -> None:
    purse = wallet(lot("b", 25, days=20), lot("a", 40))
    left = purse.take_back(Earned("points", "a", 100), 90, AT, policy)
    lots, owed, waived = TAKEN[policy]
    assert [(one.id, one.remaining) for one in purse.lots] == lots
    assert left == Earned("points", "a", 10, 0, waived)
    assert purse.owed == ((("points", owed),) if owed else ())


def test_what_is_in_its_own_lot_goes_back_before_anything_else() -> None:
    purse = wallet(lot("b", 25, days=20), lot("a", 40))
    assert purse.take_back(Earned("points", "a", 100), 30, AT, OnReturn.UNLIMITED) == Earned("points", "a", 70)
    assert purse.entries == [TakeBack("points", 30, "a")]
    assert [(one.id, one.remaining) for one in purse.lots] == [("b", 25), ("a", 10)]


@pytest.mark.parametrize("policy", OnReturn)
def test_what_is_pending_goes_back_under_every_policy(policy: OnReturn) -> None:
    purse = wallet(lot("a", 40, active=1))
    assert purse.take_back(Earned("points", "a", 40), 15, AT, policy) == Earned("points", "a", 25)
    assert purse.entries == [TakeBack("points", 15, "a")]
    assert purse.take_back(Earned("points", "a", 25), 25, AT, policy) == Earned("points", "a", 0)
    assert purse.lots == ()


def test_only_pending_leaves_what_became_active_at_this_instant() -> None:
    purse = wallet(lot("a", 40, active=0))
    assert purse.take_back(Earned("points", "a", 40), 40, AT, OnReturn.ONLY_PENDING).waived == 40
    assert purse.entries == []


def test_what_had_repaid_a_debt_is_owed_again() -> None:
    purse = wallet(lot("a", 15))
    assert purse.take_back(Earned("points", "a", 15, 10), 20, AT, OnReturn.WITHIN_BALANCE) == Earned(
        "points", "a", 0, 5
    )
    assert purse.entries == [TakeBack("points", 15, "a"), Owe("points", 5)]
    assert purse.owed == (("points", 5),)


def test_what_is_held_stays_for_its_redemption() -> None:
    purse = wallet(lot("a", 40, held=30))
    left = purse.take_back(Earned("points", "a", 40), 40, AT, OnReturn.UNLIMITED)
    assert purse.lots == (lot("a", 30, held=30),) and purse.owed == (("points", 30),) and left.amount == 0


def test_what_expired_is_not_asked_for_again() -> None:
    """A return after the points' time: what is gone of their lot expired, and other lots are left alone."""
    purse = wallet(lot("b", 25))
    assert purse.take_back(Earned("points", "a", 40), 40, AT, OnReturn.UNLIMITED, over=True) == Earned(
        "points", "a", 0, 0, 40
    )
    assert purse.entries == [] and purse.owed == ()


def test_expiry_takes_what_is_free_and_not_an_instant_early() -> None:
    purse = wallet(lot("a", 5, days=0), lot("b", 6, days=0, held=4), lot("c", 7, days=0, held=7), lot("d", 8, days=1))
    assert purse.expire(AT - timedelta(microseconds=1)) == []
    gone = [Expire("points", 5, "a"), Expire("points", 2, "b")]
    assert purse.expire(AT) == gone == purse.entries
    assert purse.lots == (lot("b", 4, days=0, held=4), lot("c", 7, days=0, held=7), lot("d", 8, days=1))


def test_a_lot_becomes_active_once_and_never_later() -> None:
    purse = wallet(lot("a", 5, active=9), lot("b", 5, active=99))
    purse.activate("a", AT)
    purse.activate("a", AT)
    purse.activate("a", AT + DAY)
    purse.activate("b", AT + 30 * DAY)  # as its time is over
    assert purse.entries == [Activate("points", "a", AT)]
    assert purse.lots == (lot("a", 5, active=0), lot("b", 5, active=99))
    purse.activate("b", AT + 29 * DAY)
    assert purse.entries[1:] == [Activate("points", "b", AT + 29 * DAY)]


def test_what_comes_back_is_the_lots_it_was_and_repays_debts() -> None:
    purse = wallet(lot("b", 5, days=20), lot("c", 5), owed=(("points", 8),))
    purse.restore((lot("a", 3, days=10), lot("c", 10)))
    assert purse.entries == [
        TakeBack("points", 3, "a"),
        Repay("points", 3),
        TakeBack("points", 5, "c"),
        Repay("points", 5),
    ]
    assert purse.lots == (lot("b", 5, days=20), lot("c", 10)) and purse.owed == ()
    again = wallet(lot("a", 2, days=10, held=1))
    again.restore((lot("a", 3, days=10),))
    assert again.lots == (lot("a", 5, days=10, held=1),) and again.entries == []


@given(
    st.lists(st.tuples(st.integers(1, 50), st.integers(-5, 5), st.integers(1, 9), st.integers(0, 50)), max_size=6),
    st.integers(0, 120),
    st.integers(0, 60),
    st.integers(0, 40),
    st.sampled_from(OnReturn),
    st.booleans(),
)
def test_no_lot_falls_below_what_is_held(
    told: list[tuple[int, int, int, int]], amount: int, repaid: int, back: int, policy: OnReturn, over: bool
) -> None:
    lots = [
        lot(f"{n}", size, active=active, days=days, held=min(held, size))
        for n, (size, active, days, held) in enumerate(told)
    ]
    purse = wallet(*sorted(lots, key=Lot.order))
    before = sum(one.remaining for one in purse.lots)
    earned = Earned("points", "0", amount, repaid)
    left = purse.take_back(earned, back := min(back, amount + repaid), AT, policy, over=over)
    assert all(one.remaining >= one.held for one in purse.lots)
    moved = before - sum(one.remaining for one in purse.lots)
    assert (
        moved + dict(purse.owed).get("points", 0) + left.waived
        == back
        == earned.amount + earned.repaid - left.amount - left.repaid
    )


# ---- whole cases ---------------------------------------------------------------------------------------------------------

SHANGHAI = ZoneInfo("Asia/Shanghai")
ODOO = """
id = "club"
name = "Club"
units = [{ id = "points", name = "points", validity = { count = 90 } }]
rules = [{ kind = "per_amount", id = "base", name = "Base", points = 5, per = "1.00" }]
rewards = [{ id = "voucher", name = "Voucher", gives = "coupon", price = 500 }]
"""


def plan(text: str = ODOO, **changes: str) -> Plan:
    for name, value in changes.items():
        text = f"{name} = {value}\n{text}"
    return Plan(parse(Programme, load(text), Context("CNY", SHANGHAI)), SHANGHAI, "CNY")


def bought(named: str, at: datetime, amount: int, **more: datetime) -> OrderEvent:
    line = Line(Goods("tea"), 1_000, amount)
    return OrderEvent(posting_id(named * 32, 0), at, Purchase(named, at, "CNY", (line,), **more))


def test_odoos_lots_case() -> None:
    """5 points per unit of money, a reward for 500, 90 days; two orders leave 75 and 380, then nothing (Odoo 19.5's test)."""
    shop = plan()
    first, second = bought("a", AT, 11_500), bought("b", AT + 30 * DAY, 7_600)
    spent = Spent("5" * 32, AT + DAY, "points", 500)
    told = list(folded(Member("m"), [first, spent, second], Versions([shop]), until=shop.day(AT) + 200))
    after = {event.id: outcome.member for event, outcome in told}
    assert [one.remaining for one in after[spent.id].lots] == [75]
    assert [one.remaining for one in after[second.id].lots] == [75, 380]
    expired = [
        (event.at, entry.amount) for event, outcome in told for entry in outcome.entries if isinstance(entry, Expire)
    ]
    ends = [shop.begins_at(shop.day(at) + 91) for at in (AT, AT + 30 * DAY)]
    assert expired == [(ends[0], 75), (ends[1], 380)]
    assert told[-1][1].member.lots == ()


def test_field_12_one_lot_expires_and_the_balance_stays() -> None:
    """Spending takes from the lot that expires first, so its expiry takes nothing that was not in it."""
    shop = plan()
    told = [bought("a", AT, 10_000), bought("b", AT + 80 * DAY, 10_000), Spent("5" * 32, AT + 85 * DAY, "points", 500)]
    *_, (_, last) = folded(Member("m"), told, Versions([shop]), until=shop.day(AT) + 95)
    assert [one.remaining for one in last.member.lots] == [500]


@pytest.mark.parametrize("policy", ["within_balance", "unlimited"])
def test_field_11_earn_and_refund_keeps_nothing(policy: str) -> None:
    shop = plan(on_return=f'"{policy}"')
    before = Member("m")
    order = bought("a", AT, 10_000)
    earned = decide(before, order, shop)
    undone = decide(earned.member, order._replace(purchase=order.purchase._replace(lines=()), award=earned.award), shop)
    assert undone.entries == (TakeBack("points", 500, earned.member.lots[0].id),)
    assert undone.member._replace(due=before.due) == before
    # Told a second time, the refund takes nothing more.
    again = decide(undone.member, order._replace(purchase=order.purchase._replace(lines=()), award=undone.award), shop)
    assert again.entries == () and again.member is undone.member


def test_a_return_that_is_undone_earns_nothing_twice() -> None:
    shop = plan(on_return='"only_pending"')
    order = bought("a", AT, 10_000)
    earned = decide(Member("m"), order, shop)
    back = decide(earned.member, order._replace(purchase=order.purchase._replace(lines=()), award=earned.award), shop)
    assert back.entries == () and back.award and back.award.earned[0].waived == 500
    again = decide(back.member, order._replace(award=back.award), shop)
    assert again.entries == () and again.award and again.award.earned == earned.award.earned  # type: ignore[union-attr]
    more = order.purchase._replace(lines=(Line(Goods("tea"), 1_000, 12_000),))
    grown = decide(back.member, order._replace(id="9" * 32, purchase=more, award=back.award), shop)
    assert [entry.amount for entry in grown.entries if isinstance(entry, Earn)] == [100]


def test_spent_then_returned_is_owed_and_repaid_and_owed_again() -> None:
    shop = plan(on_return='"unlimited"')
    order, later = bought("a", AT, 10_000), bought("b", AT + DAY, 12_000)
    told = [
        order,
        Spent("5" * 32, AT, "points", 400),
        order._replace(id="6" * 32, purchase=order.purchase._replace(lines=())),
    ]
    *_, (_, owing) = folded(Member("m"), told, Versions([shop]))
    assert owing.member.owed == (("points", 400),) and owing.member.lots == ()
    earned = decide(owing.member, later, shop)
    assert earned.member.owed == () and [one.remaining for one in earned.member.lots] == [200]
    undone = decide(earned.member, later._replace(purchase=later.purchase._replace(lines=()), award=earned.award), shop)
    assert undone.member == owing.member._replace(due=undone.member.due)
    restored = decide(
        undone.member,
        Restored("7" * 32, AT + DAY, (Lot(posting_id(order.id, 0), "points", 400, AT, AT + 90 * DAY),)),
        shop,
    )
    assert restored.member.owed == () and restored.member.lots == ()
