# ruff: noqa: E501  documents and what is expected of them stand side by side, a line each
"""The programme case by case: what a rule gives, what the clock brings and in what order, what a document may not say."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from regulars.core.declarations import Context, load, parse
from regulars.core.faults import Faulty
from regulars.core.member import NEVER, Deed, Goods, Line, Lot, Member, OrderEvent, Purchase, Referred, Standing
from regulars.core.naming import posting_id
from regulars.core.points import Draw, Earn, Expire, Spend
from regulars.core.programme import Outcome, Plan, Programme, Versions, decide, folded, next_due

SHANGHAI = ZoneInfo("Asia/Shanghai")
AT = datetime(2026, 3, 2, 4, tzinfo=UTC)  # a Monday, noon in Shanghai
DAY = timedelta(days=1)
NEW = Member("m")
HEAD = """
id = "club"
name = "Club"
units = [{ id = "points", name = "points", validity = { count = 90 } }]
"""
BASE = 'rules = [{ kind = "per_amount", id = "base", name = "Base", points = 1, per = "1.00" }]\n'
VOUCHER = 'rewards = [{ id = "voucher", name = "V", gives = "coupon", price = 500 }, { id = "mug", name = "M", gives = "goods" }]\n'
LADDER = """
[ladder]
window = { count = 30 }
kept = { count = 60 }
warn_days = 10
tiers = [
  { id = "silver", name = "S", reached = { spend = "100.00" }, gift = "mug" },
  { id = "gold", name = "G", reached = { spend = "300.00" }, multiplier = "200%" },
]
"""


def plan(text: str, zone: str = "Asia/Shanghai", **more: Any) -> Plan:
    return Plan(parse(Programme, load(HEAD + text), Context("CNY", ZoneInfo(zone))), ZoneInfo(zone), "CNY", **more)


def rule(kind: str, **more: Any) -> str:
    told = {"id": '"one"', "name": '"One"', "points": "10", **more}
    return (
        "rules = [{ " + f'kind = "{kind}", ' + ", ".join(f"{name} = {value}" for name, value in told.items()) + " }]\n"
    )


def order(named: str, at: datetime, amount: int = 10_000, **more: Any) -> OrderEvent:
    lines = (Line(Goods("tea"), 1_000, amount),) if amount else ()
    return OrderEvent(posting_id(named * 16, 0), at, Purchase(named, at, "CNY", lines, **more))


def points(outcome: Outcome) -> int:
    return sum(entry.amount for entry in outcome.entries if isinstance(entry, Earn))


def lived(shop: Plan, *events: Any, member: Member = NEW, until: int = 0) -> list[tuple[Any, Outcome]]:
    return list(folded(member, events, Versions([shop]), until=until))


def notes(told: list[tuple[Any, Outcome]]) -> list[str]:
    return [note.code for _, outcome in told for note in outcome.notes]


# ---- orders --------------------------------------------------------------------------------------------------------------


def test_an_order_that_is_not_paid_or_in_other_money_comes_to_nothing() -> None:
    shop, member = plan(BASE), Member("m")
    unpaid = order("a", AT)._replace(purchase=order("a", AT).purchase._replace(paid_at=None))
    foreign = order("a", AT)._replace(purchase=order("a", AT).purchase._replace(currency="EUR"))
    for event, code in ((unpaid, "unpaid"), (foreign, "currency")):
        outcome = decide(member, event, shop)
        assert outcome.member is member and not outcome.entries and outcome.award is None
        assert [note.code for note in outcome.notes] == [code]


def test_a_payment_that_is_void_takes_back_what_it_earned() -> None:
    shop, member = plan(BASE), Member("m")
    paid = decide(member, order("a", AT), shop)
    void = order("a", AT)._replace(award=paid.award, purchase=order("a", AT).purchase._replace(paid_at=None))
    assert decide(paid.member, void, shop).member._replace(due=NEVER) == member


def test_pending_points_wait_for_whole_days_after_delivery() -> None:
    text = HEAD.replace("} }]", "}, pending_days = 2 }]") + BASE
    shop = Plan(parse(Programme, load(text), Context("CNY", SHANGHAI)), SHANGHAI, "CNY")
    bought = decide(Member("m"), order("a", AT), shop)
    assert bought.member.lots[0].active_at.year == 9999
    arrived = order("a", AT)._replace(award=bought.award, purchase=order("a", AT, delivered_at=AT + DAY).purchase)
    # Delivered on 3 March: the 4th and 5th pass, active as the 6th begins in Shanghai.
    assert decide(bought.member, arrived, shop).member.lots[0].active_at == datetime(2026, 3, 5, 16, tzinfo=UTC)


@pytest.mark.parametrize(
    ("nth", "given"), [("nth = 2", [0, 10, 0, 0]), ("every = 2", [0, 10, 0, 10]), ("", [10, 10, 10, 10])]
)
def test_orders_are_counted_by_what_was_kept(nth: str, given: list[int]) -> None:
    name, _, value = nth.partition(" = ")
    shop = plan(rule("per_order", **({name: value} if name else {})))
    told = lived(shop, *[order(f"{n}", AT + n * DAY) for n in range(4)])
    assert [points(outcome) for event, outcome in told if isinstance(event, OrderEvent)] == given


def test_a_streak_pays_once_for_so_many_periods_in_a_row() -> None:
    shop = plan(rule("streak", length="3", period='"week"'))
    weeks = [0, 0, 1, 2, 3, 4, 5, 6, 8, 9, 10]
    told = lived(shop, *[order(f"{n:x}", AT + timedelta(weeks=week, hours=n)) for n, week in enumerate(weeks)])
    earned = [points(outcome) for event, outcome in told if isinstance(event, OrderEvent)]
    assert [week for week, got in zip(weeks, earned, strict=True) if got] == [2, 5, 10]


def test_a_streak_that_went_back_can_be_completed_again() -> None:
    shop = plan(rule("streak", length="2", period='"week"'))
    *_, (_, second) = lived(shop, order("a", AT), order("b", AT + 7 * DAY))
    assert points(second) == 10
    gone = decide(second.member, order("b", AT + 7 * DAY, 0)._replace(award=second.award), shop)
    assert points(decide(gone.member, order("c", AT + 8 * DAY), shop)) == 10


def test_a_cap_and_a_budget_leave_what_they_leave() -> None:
    capped = plan(rule("per_amount", per='"1.00"', cap='{ amount = 1500, per = "month" }'))
    told = lived(capped, order("a", AT), order("b", AT + DAY), order("c", AT + 31 * DAY))
    assert [points(outcome) for event, outcome in told if isinstance(event, OrderEvent)] == [1_000, 500, 1_000]
    assert told[1][1].award and told[1][1].award.given[0].cut == 500
    shared = plan(rule("per_amount", per='"1.00"', budget='{ amount = 5000, per = "month" }'))
    first = decide(Member("m"), order("a", AT)._replace(left={"one": 300}), shared)
    assert points(first) == 300
    begins = date(2026, 3, 1).toordinal()
    assert first.entries[1:] == (Draw("one", begins, 300),)
    back = decide(first.member, order("a", AT, 0)._replace(award=first.award), shared)
    assert back.entries[1:] == (Draw("one", begins, -300),)


def test_a_bonus_for_a_time_is_given_on_its_days_in_the_shops_zone() -> None:
    shop = plan(rule("per_order", starts='"2026-03-03"', ends='"2026-03-04"'))
    hours = [
        datetime(2026, 3, 2, 15, 59, tzinfo=UTC),
        datetime(2026, 3, 2, 16, tzinfo=UTC),
        datetime(2026, 3, 4, 15, 59, tzinfo=UTC),
    ]
    assert [
        points(decide(Member("m"), order("a", at), shop)) for at in (*hours, datetime(2026, 3, 4, 16, tzinfo=UTC))
    ] == [0, 10, 10, 0]


def test_points_before_or_after_rewards_as_the_programme_says() -> None:
    line = (Line(Goods("tea"), 1_000, 8_000, 2_000),)
    for basis, given in (("after_rewards", 80), ("before_rewards", 100)):
        shop = plan(f'basis = "{basis}"\n{BASE}')
        event = order("a", AT)
        assert points(decide(Member("m"), event._replace(purchase=event.purchase._replace(lines=line)), shop)) == given


def test_field_9_a_cancelled_order_gives_its_place_back() -> None:
    """What a cancelled order used of a cap, and its number, are free again."""
    shop = plan(rule("per_order", nth="1", cap="{ amount = 10 }"))
    first = decide(Member("m"), order("a", AT), shop)
    gone = decide(first.member, order("a", AT, 0)._replace(award=first.award), shop)
    assert points(decide(gone.member, order("b", AT + DAY), shop)) == points(first) == 10


def test_field_18_what_is_kept_is_priced_again() -> None:
    """A bonus from 300.00 on goes back with the goods that carried the order over it."""
    shop = plan(rule("per_order", when='{ field = "order.amount", op = "at_least", value = "300.00" }'))
    pieces = (Line(Goods("tea"), 6_000, 30_000),)
    event = order("a", AT)._replace(purchase=order("a", AT).purchase._replace(lines=pieces))
    bought = decide(Member("m"), event, shop)
    kept = event._replace(
        award=bought.award, purchase=event.purchase._replace(lines=(Line(Goods("tea"), 1_000, 5_000),))
    )
    assert points(bought) == 10 and decide(bought.member, kept, shop).member.lots == ()


# ---- tiers ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("amount", "tier"), [(9_999, ""), (10_000, "silver"), (29_999, "silver"), (30_000, "gold")])
def test_field_24_a_tier_takes_its_threshold(amount: int, tier: str) -> None:
    outcome = decide(Member("m"), order("a", AT, amount), plan(BASE + VOUCHER + LADDER))
    assert outcome.member.standing.tier == tier
    assert (outcome.move is None) == (tier == "")
    assert [gift.reward for gift in outcome.gifts] == (["mug"] if tier else [])


def test_the_multiplier_is_that_of_the_tier_at_the_purchase_also_after_a_return() -> None:
    shop = plan(BASE + VOUCHER + LADDER)
    told = lived(shop, order("a", AT, 30_000), order("b", AT + DAY, 10_000))
    assert [points(outcome) for _, outcome in told] == [300, 200]
    first, second = told[0][1], told[1][1]
    without = decide(second.member, order("a", AT, 0)._replace(award=first.award, at=AT + DAY), shop)
    assert without.member.standing.tier == "silver" and without.move and without.move.why == "returned"
    assert [lot.remaining for lot in without.member.lots] == [200]
    half = decide(without.member, order("b", AT + DAY, 5_000)._replace(award=second.award), shop)
    assert [lot.remaining for lot in half.member.lots] == [100]


def test_a_tiers_gift_comes_once_and_goes_back_with_the_climb_that_brought_it() -> None:
    shop = plan(BASE + VOUCHER + LADDER)
    first = decide(Member("m"), order("a", AT), shop)
    back = decide(first.member, order("a", AT, 0)._replace(award=first.award), shop)
    assert [(gift.reward, gift.back) for gift in (*first.gifts, *back.gifts)] == [("mug", False), ("mug", True)]
    # Silver is lost at a review and reached again: no second gift, and nothing to give back.
    told = lived(shop, order("a", AT), order("b", AT + 100 * DAY))
    assert [gift.reward for _, outcome in told for gift in outcome.gifts] == ["mug"]
    last = told[-1][1]
    again = decide(last.member, order("b", AT + 100 * DAY, 0)._replace(award=last.award), shop)
    assert again.move and again.gifts == ()


def test_a_review_lowers_keeps_or_gives_grace_and_says_so() -> None:
    day = plan(BASE).day(AT)
    ladder = LADDER.replace("warn_days", "grace_days = 20\nwarn_days")
    shop = plan(BASE + VOUCHER + ladder)
    told = lived(shop, order("a", AT), until=day + 100)
    days = [(event.day - day, note.code) for event, outcome in told[1:] for note in outcome.notes]
    assert days == [(51, "tier_warning"), (60, "tier_grace"), (91, "expired")]
    assert told[-1][1].member.standing == Standing(reviewed=day + 80)
    kept = lived(shop, order("a", AT), order("b", AT + 50 * DAY), until=day + 61)
    assert "tier_kept" in notes(kept) and "tier_warning" not in notes(kept)
    regained = lived(shop, order("a", AT), order("b", AT + 65 * DAY), until=day + 90)
    assert regained[-1][1].member.standing.tier == "silver" and not regained[-1][1].member.standing.in_grace


def test_an_old_order_is_decided_by_its_version_and_tiers_by_the_one_in_force() -> None:
    old = plan(BASE + VOUCHER + LADDER)
    new = plan(
        (BASE + VOUCHER + LADDER).replace("points = 1,", "points = 9,").replace("300.00", "900.00"),
        version=2,
        since=AT + DAY,
    )
    versions = Versions([new, old])
    assert versions.at(AT) is old and versions.at(AT + DAY) is new and versions.numbered(2) is new
    event = order("a", AT)
    later = order("a", AT, 40_000)._replace(at=AT + 2 * DAY, id="7" * 32)
    *_, (_, outcome) = folded(Member("m"), [event, later], versions)
    assert sum(lot.remaining for lot in outcome.member.lots) == 400
    assert outcome.member.standing.tier == "silver"


def test_nothing_is_decided_before_the_first_version() -> None:
    with pytest.raises(ValueError, match="without a version"):
        Versions([])
    late = plan(BASE, since=AT)
    assert lived(late, order("a", AT - DAY)) == []
    assert lived(late, order("a", AT - DAY)._replace(at=AT)) == []
    assert list(folded(Member("m", due=5), (), Versions([late]), until=9)) == []
    assert points(lived(late, order("a", AT))[0][1]) == 100


# ---- the clock -----------------------------------------------------------------------------------------------------------

ZONES = (
    "Asia/Shanghai", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "America/Havana", "Asia/Beirut",
    "America/Sao_Paulo", "Africa/Casablanca", "Asia/Kathmandu", "Pacific/Apia", "America/St_Johns", "Asia/Tehran",
)  # fmt: skip
DATES = (
    date(2024, 2, 29),
    date(2026, 3, 8),
    date(2026, 3, 29),
    date(2026, 10, 25),
    date(2018, 11, 4),
    date(2026, 1, 31),
    date(2025, 12, 31),
)


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("day", DATES)
def test_field_19_points_are_good_to_the_end_of_their_last_day(zone: str, day: date) -> None:
    shop = plan(BASE, zone)
    begins = shop.begins_at(day.toordinal())
    ends = shop.begins_at(day.toordinal() + 1)
    for at in (begins, ends - timedelta(microseconds=1)):
        last = day.toordinal() + 90
        kept = lived(shop, order("a", at), until=last)
        assert [lot.remaining for lot in kept[-1][1].member.lots] == [100]
        gone = lived(shop, order("a", at), until=last + 1)
        event, outcome = gone[-1]
        assert outcome.member.lots == () and event.at == shop.begins_at(last + 1)
        assert [entry.amount for entry in outcome.entries if isinstance(entry, Expire)] == [100]


AUTOMATIC = BASE + 'automatic = { reward = "voucher" }\n' + VOUCHER


def test_what_expires_tonight_is_redeemed_before_it_goes() -> None:
    """300 that expire tonight and 200 of today make a voucher; redeemed first, then expired: nothing is left to expire."""
    shop = plan(AUTOMATIC)
    told = lived(shop, order("a", AT, 30_000), order("b", AT + 90 * DAY, 20_000), until=shop.day(AT) + 91)
    entries = [
        (type(event).__name__, entry)
        for event, outcome in told
        for entry in outcome.entries
        if not isinstance(entry, Earn)
    ]
    assert entries == [("DayEnd", Spend("points", 500, "redeemed"))]
    assert [gift.reward for _, outcome in told for gift in outcome.gifts] == ["voucher"]
    event, _ = next((event, outcome) for event, outcome in told if outcome.gifts)
    assert event.at == shop.begins_at(shop.day(AT) + 91) - timedelta(microseconds=1)


def test_what_becomes_active_at_midnight_counts_for_that_days_redemption() -> None:
    text = HEAD.replace("} }]", "}, pending_days = 0 }]") + AUTOMATIC
    shop = Plan(parse(Programme, load(text), Context("CNY", SHANGHAI)), SHANGHAI, "CNY")
    told = lived(shop, order("a", AT, 120_000, delivered_at=AT), until=shop.day(AT) + 1)
    assert [type(entry).__name__ for entry in told[1][1].entries] == ["Activate", "Spend"]
    assert [lot.remaining for lot in told[-1][1].member.lots] == [200] and len(told[1][1].gifts) == 2


def test_a_price_of_one_point_is_not_redeemed_for_ever() -> None:
    shop = plan(AUTOMATIC.replace("price = 500", "price = 1"))
    told = lived(shop, order("a", AT, 150_000), until=shop.day(AT) + 3)
    assert [len(outcome.gifts) for _, outcome in told if outcome.gifts] == [1_000, 500]


def test_a_reward_for_other_tiers_is_not_redeemed() -> None:
    shop = plan(AUTOMATIC.replace("price = 500", 'price = 500, tiers = ["gold"]') + LADDER)
    told = lived(shop, order("a", AT, 29_900), order("b", AT + 60 * DAY, 29_900), until=shop.day(AT) + 62)
    assert not any(isinstance(entry, Spend) for _, outcome in told for entry in outcome.entries)


@pytest.mark.parametrize(
    ("born", "days"), [(date(1990, 3, 5), [3]), (date(1992, 2, 29), [363]), (date(1990, 3, 2), [365])]
)
def test_birthdays_come_once_a_year_also_for_who_only_joined(born: date, days: list[int]) -> None:
    treat = LADDER.replace('gift = "mug"', 'privileges = [{ kind = "birthday_gift", id = "t", reward = "mug" }]')
    shop = plan(rule("birthday") + VOUCHER + treat.replace("count = 60", "count = 3000"))
    today = shop.day(AT)
    joined = Member("m", today, born, standing=Standing("silver", today, today + 3_000))
    member = joined._replace(due=next_due(joined, shop, today))
    told = list(folded(member, (), Versions([shop]), until=today + 366))
    assert [event.day - today for event, outcome in told if points(outcome)] == days
    assert [gift.why for _, outcome in told for gift in outcome.gifts] == [f"birthday:{2026 if days == [3] else 2027}"]
    twice = decide(told[-1][1].member, told[-1][0], shop)
    assert twice.entries == () and twice.gifts == ()


def test_a_tasks_time_runs_out_and_is_told_where_it_was_not_done() -> None:
    shop = plan(rule("task", event='"reviewed"', within_days="7"))
    member = Member("m", shop.day(AT))
    member = member._replace(due=next_due(member, shop, shop.day(AT)))
    done, late = Deed("1" * 32, AT + 7 * DAY, "reviewed"), Deed("2" * 32, AT + 8 * DAY, "reviewed")
    assert notes(lived(shop, done, member=member, until=shop.day(AT) + 30)) == ["task"]
    assert notes(lived(shop, late, member=member)) == ["task_over", "too_late"]


# ---- deeds, friends --------------------------------------------------------------------------------------------------------


def test_a_task_is_rewarded_so_often_for_so_many_and_says_why_not() -> None:
    text = rule(
        "task", event='"reviewed"', count="2", times="2", per='"month"', starts='"2026-03-02"',
        when='{ field = "event.verified", op = "is", value = true }', cap='{ amount = 15, per = "month" }',
    )  # fmt: skip
    shop = plan(text)
    deeds = [Deed(f"{n:032x}", AT + n * timedelta(hours=1), "reviewed", {"verified": True}) for n in range(6)]
    told = lived(
        shop, Deed("e" * 32, AT - DAY, "reviewed"), Deed("f" * 32, AT, "reviewed", {"verified": False}), *deeds
    )
    assert notes(told) == [
        "not_now",
        "condition",
        "progress",
        "task",
        "progress",
        "task",
        "often_enough",
        "often_enough",
    ]
    assert [points(outcome) for _, outcome in told if points(outcome)] == [10, 5]
    next_month = [deed._replace(id=f"{n:032x}", at=AT + 31 * DAY) for n, deed in enumerate(deeds[:2], 20)]
    assert notes(lived(shop, *next_month, member=told[-1][1].member))[-2:] == ["progress", "task"]
    assert lived(shop, Deed("d" * 32, AT, "slept"))[0][1] == Outcome(Member("m"))


def test_a_tasks_budget_is_everybodys() -> None:
    shop = plan(rule("task", event='"reviewed"', times="9", budget="{ amount = 100 }"))
    deed = Deed("1" * 32, AT, "reviewed", left={"one": 4})
    outcome = decide(Member("m"), deed, shop)
    assert points(outcome) == 4 and outcome.entries[1:] == (Draw("one", 0, 4),)
    assert [note.code for note in decide(Member("m"), deed._replace(left={"one": 0}), shop).notes] == ["limit"]


def test_who_brings_a_friend_and_the_friend_are_rewarded() -> None:
    shop = plan(
        VOUCHER + 'referral = { advocate_points = 30, friend_reward = "mug", limit = { amount = 1, per = "month" } }'
    )
    brought = Referred("1" * 32, AT, "advocate")
    first = decide(Member("m"), brought, shop)
    assert points(first) == 30 and first.gifts == ()
    assert [note.code for note in decide(first.member, brought, shop).notes] == ["limit"]
    assert points(decide(first.member, brought._replace(at=AT + 31 * DAY), shop)) == 30
    friend = decide(Member("f"), Referred("2" * 32, AT, "friend"), shop)
    assert points(friend) == 0 and [gift.why for gift in friend.gifts] == ["referral:friend"]
    assert [note.code for note in decide(Member("m"), brought, plan(BASE)).notes] == ["no_referral"]


def test_a_lot_of_a_member_without_an_end_is_nobodys_business() -> None:
    shop = plan(BASE)
    forever = Member("m", lots=(Lot("a", "points", 5, AT, datetime(9999, 12, 31, tzinfo=UTC)),))
    assert next_due(forever, shop, shop.day(AT)) == NEVER


# ---- documents -------------------------------------------------------------------------------------------------------------

WRONG = {
    "the same rule twice": (
        BASE.replace("]", ', { kind = "per_amount", id = "b", name = "B", points = 2, per = "9.00" }]'),
        "rules[1]",
    ),
    "periods that overlap in part": (
        'rules = [{ kind = "per_order", id = "a", name = "A", points = 1, starts = "2026-01-01", ends = "2026-03-01" }, { kind = "per_order", id = "b", name = "B", points = 1, starts = "2026-03-01", ends = "2026-05-01" }]',
        "rules[1]",
    ),
    "a rule that ends before it starts": (
        rule("per_order", starts='"2026-03-02"', ends='"2026-03-01"'),
        "rules[0].ends",
    ),
    "an order chosen twice": (rule("per_order", nth="1", every="2"), "rules[0].every"),
    "a limit on birthdays": (rule("birthday", cap="{ amount = 1 }"), "rules[0].cap"),
    "a unit that is not there": (rule("per_order", unit='"miles"'), "rules[0].unit"),
    "a tier that is not there": (
        rule("per_order", when='{ field = "member.tier", op = "is", value = "gold" }'),
        "rules[0].when.value",
    ),
    "nothing to divide by": (rule("per_amount", per='"0.00"'), "rules[0].per"),
    "an automatic reward that is not there": (BASE + 'automatic = { reward = "mug" }', "automatic.reward"),
    "an automatic reward without a price": (BASE + 'automatic = { reward = "mug" }\n' + VOUCHER, "automatic.reward"),
    "an automatic reward that can run out": (AUTOMATIC.replace("500", "500, stock = 3"), "automatic.reward"),
    "an automatic reward that members get so many of": (
        AUTOMATIC.replace("500", "500, limit = { amount = 3 }"),
        "automatic.reward",
    ),
    "credit worth nothing": (BASE + 'rewards = [{ id = "c", name = "C", gives = "credit" }]', "rewards[0].worth"),
    "a reward that ends before it starts": (
        BASE
        + 'rewards = [{ id = "c", name = "C", gives = "goods", starts = 2026-03-02T00:00:00Z, ends = 2026-03-01T00:00:00Z }]',
        "rewards[0].ends",
    ),
    "a ladder out of order": (BASE + VOUCHER + LADDER.replace("300.00", "100.00"), "ladder.tiers[1].reached"),
    "a tier without a threshold": (BASE + VOUCHER + LADDER.replace('spend = "300.00"', ""), "ladder.tiers[1].reached"),
    "a window of nothing": (BASE + VOUCHER + LADDER.replace("count = 30", "count = 0"), "ladder.window"),
    "a calendar of days": (BASE + VOUCHER + LADDER.replace("window", 'counted = "calendar"\nwindow'), "ladder.window"),
    "a percentage beyond reason": (BASE + VOUCHER + LADDER.replace("200%", "2500%"), "ladder.tiers[1].multiplier"),
}


@pytest.mark.parametrize("what", WRONG)
def test_what_is_wrong_is_refused_with_its_place(what: str) -> None:
    text, path = WRONG[what]
    with pytest.raises(Faulty) as bad:
        plan(text)
    assert [fault.path for fault in bad.value.faults] == [path]
    assert all(fault.reason.en and fault.reason.zh and fault.mend.en and fault.mend.zh for fault in bad.value.faults)


def test_a_bonus_for_a_time_beside_a_rule_for_good_is_no_mistake() -> None:
    dated = 'starts = "2026-03-01", ends = "2026-03-09" }'
    shop = plan(
        BASE.replace("]", f', {{ kind = "per_amount", id = "b", name = "B", points = 2, per = "1.00", {dated}]')
    )
    assert points(decide(Member("m"), order("a", AT), shop)) == 300
    assert points(decide(Member("m"), order("a", AT + 30 * DAY), shop)) == 100
    with pytest.raises(KeyError):
        shop.programme.unit("miles")
