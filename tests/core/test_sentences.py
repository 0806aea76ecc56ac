"""What members and agents read of an order, a deed, a friend, a gift, a statement: in English and Chinese."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest

from regulars.core.member import Day, DayBegin, Member, Referred, Restored, Spent, Standing
from regulars.core.points import Activate, Draw, Earn, Expire, Owe, Repay, Spend, TakeBack
from regulars.core.programme import Gift, Outcome, decide
from regulars.core.programme.plan import FOREVER
from regulars.core.programme.sentences import (
    entry_sentence,
    sentences,
    why_not,
)
from regulars.core.says import Says
from tests.core.clubs import BASE, CLUB, MUG, START, UNIT, day, deed, line, lived, order, plan_of, retold

MEMBER = Member("m", joined=day(2026, 1, 1))
TODAY = day(2026, 3, 1)
CREDIT = """
[[units]]
id = "credit"
name = { en = "store credit", zh = "购物金" }
purse = "credit"
"""


def english(said: Sequence[Says]) -> list[str]:
    return [one.en for one in said]


def chinese(said: Sequence[Says]) -> list[str]:
    return [one.zh for one in said]


def at_gold(**more: Any) -> Member:
    """A member who is Gold until 31 March 2027 with 2,012.00 spent on 8 February."""
    standing = Standing(
        "gold", day(2026, 2, 8), day(2027, 3, 31), below=Standing("silver", day(2026, 1, 5), day(2027, 1, 31))
    )
    return MEMBER._replace(standing=standing, days=(Day(day(2026, 2, 8), 201_200, 1, 2012, 1000),), **more)


# ---- orders --------------------------------------------------------------------------------------------------------------


def test_an_order_says_what_it_earned_on_what_and_from_when_until_when() -> None:
    event = order(1, line(12_800), delivered_days=0)
    said = sentences(decide(at_gold(), event, plan_of(CLUB)), event, plan_of(CLUB))
    assert said == [
        Says(
            "192 points for 128.00 CNY (Points for purchases), including 64 points as Gold (×1.5); "
            "can be spent from 9 March, until 31 March 2027",
            "128.00 元获得 192 积分（消费积分），其中金卡（×1.5）多得 64 积分；3 月 9 日起可用，有效期至 2027 年 3 月 31 日",
        )
    ]


def test_several_rules_share_one_sentence_about_when_their_points_can_be_spent() -> None:
    more = '[[rules]]\nkind = "per_order"\nid = "each"\nname = "Each order"\npoints = 1\n'
    event = order(1, line(12_800))
    plan = plan_of(UNIT + BASE + more)
    assert english(sentences(decide(MEMBER, event, plan), event, plan)) == [
        "128 points for 128.00 CNY (Points for purchases)",
        "1 point (Each order)",
        "129 points together can be spent when 7 days have passed since delivery, until 31 March 2027",
    ]


@pytest.mark.parametrize(
    ("terms", "en", "zh"),
    [
        ("", "128 points for 128.00 CNY (Points for purchases)", "128.00 元获得 128 积分（消费积分）"),
        ("pending_days = 0", "; can be spent from the day after delivery", "；签收次日起可用"),
        ('validity = { count = 30, span = "days" }', "; can be spent until 31 March", "；有效期至 3 月 31 日"),
    ],
)
def test_terms_are_told_only_where_there_are_any(terms: str, en: str, zh: str) -> None:
    plan = plan_of(f'[[units]]\nid = "points"\nname = {{ en = "points", zh = "积分" }}\n{terms}\n' + BASE)
    event = order(1, line(12_800))
    [said] = sentences(decide(MEMBER, event, plan), event, plan)
    assert said.en.endswith(en) and said.zh.endswith(zh)


def test_money_is_said_as_money_and_quantities_with_their_number() -> None:
    rebate = (
        '[[rules]]\nkind = "per_quantity"\nid = "rebate"\nname = "Rebate"\nunit = "credit"\npoints = 500\nper = "1"\n'
    )
    plan = plan_of(CREDIT + rebate)
    event = order(1, line(12_800, quantity_milli=2_500))
    assert sentences(decide(MEMBER, event, plan), event, plan) == [
        Says("12.50 CNY store credit for 2.5 units (Rebate)", "2.5 件获得 12.50 元购物金（Rebate）")
    ]


def test_what_a_limit_cut_is_told() -> None:
    plan = plan_of(UNIT.replace("pending_days = 7\n", "") + BASE + 'cap = { amount = 100, per = "month" }')
    event = order(1, line(12_800))
    [said] = sentences(decide(MEMBER, event, plan), event, plan)
    assert said.en.startswith(
        "100 points for 128.00 CNY (Points for purchases), 28 points over the limit are not given;"
    )
    assert "另有 28 积分超出上限未发放" in said.zh


def test_a_tier_that_earns_less_says_so() -> None:
    plan = plan_of(CLUB.replace('"150%"', '"50%"'))
    event = order(1, line(12_800))
    [said] = sentences(decide(at_gold(), event, plan), event, plan)
    assert "64 points for 128.00 CNY (Points for purchases), 64 points less as Gold (×0.5);" in said.en


def test_an_order_that_earns_nothing_says_so() -> None:
    plan = plan_of(UNIT)
    event = order(1, line(12_800))
    assert sentences(decide(MEMBER, event, plan), event, plan) == [Says("This order earns nothing", "本单没有获得奖励")]


def test_unpaid_orders_and_other_currencies_say_why_they_earn_nothing() -> None:
    plan, event = plan_of(CLUB), order(1, line(12_800))
    unpaid = event._replace(purchase=event.purchase._replace(paid_at=None))
    dollars = event._replace(purchase=event.purchase._replace(currency="USD"))
    assert english(sentences(decide(MEMBER, unpaid, plan), unpaid, plan)) == [
        "Nothing is earned before the order is paid"
    ]
    assert english(sentences(decide(MEMBER, dollars, plan), dollars, plan)) == [
        "Nothing is earned in USD: the programme counts in CNY"
    ]


def test_the_same_again_changes_nothing() -> None:
    plan, event = plan_of(CLUB), order(1, line(12_800))
    outcome = decide(MEMBER, event, plan)
    again = event._replace(award=outcome.award)
    assert sentences(decide(outcome.member, again, plan), again, plan) == [Says("Nothing changes", "没有变化")]


def test_a_return_says_what_went_back_and_why() -> None:
    first = order(1, line(12_800), line(8_000))
    then = order(1, line(12_800), after_days=3, paid_days=0)
    assert retold(plan_of(UNIT + BASE), MEMBER, first, then) == [
        Says("80 points went back because goods for 80.00 CNY were returned", "退货 80.00 元，扣回 80 积分")
    ]


def test_a_cancelled_order_says_so() -> None:
    [said] = retold(plan_of(UNIT + BASE), MEMBER, order(1, line(8_000)), order(1, after_days=3, paid_days=0))
    assert said.en == "80 points went back because the whole order was returned or cancelled"
    assert said.zh == "整单退货或取消，扣回 80 积分"


def test_an_order_that_is_no_longer_paid_says_so() -> None:
    first = order(1, line(8_000))
    then = first._replace(purchase=first.purchase._replace(paid_at=None))
    [said] = retold(plan_of(UNIT + BASE), MEMBER, first, then)
    assert said.en == "80 points went back because the order is no longer paid"


def test_where_only_some_goods_count_for_tiers_a_change_is_not_given_a_price() -> None:
    goods = 'goods = { field = "line.category", op = "has", value = "tea" }\n'
    plan = plan_of(CLUB.replace("[ladder]\n", f"[ladder]\n{goods}"))
    [said] = retold(
        plan, MEMBER, order(1, line(12_800), line(8_000)), order(1, line(12_800), after_days=1, paid_days=0)
    )
    assert said.en == "80 points went back because the order changed"


def test_points_that_had_been_spent_are_owed_and_repaid_by_the_next() -> None:
    plan = plan_of(UNIT.replace("pending_days = 7\n", "") + BASE, on_return="unlimited")
    first = order(1, line(8_000))
    bought = decide(MEMBER, first, plan)
    spent = decide(bought.member, Spent("1" * 32, START + timedelta(hours=1), "points", 50), plan)
    back = order(1, after_days=3, paid_days=0, award=bought.award)
    outcome = decide(spent.member, back, plan)
    assert sentences(outcome, back, plan) == [
        Says("30 points went back because the whole order was returned or cancelled", "整单退货或取消，扣回 30 积分"),
        Says(
            "50 points are owed, for they had been spent: what is earned next repays them first",
            "另有 50 积分已被使用，记为欠分，之后获得的将优先抵扣",
        ),
    ]
    again = order(2, line(8_000), after_days=4)
    assert (
        english(sentences(decide(outcome.member, again, plan), again, plan))[-1]
        == "50 points of it repaid what was owed"
    )


def test_points_that_the_programme_leaves_are_told() -> None:
    plan = plan_of(UNIT.replace("pending_days = 7\n", "") + BASE, on_return="only_pending")
    [said] = retold(plan, MEMBER, order(1, line(8_000)), order(1, after_days=3, paid_days=0))
    assert said.en == "80 points stay with the member: the programme takes back no more"


def test_an_order_that_grew_earns_more_and_delivery_says_from_when() -> None:
    first, then = order(1, line(8_000)), order(1, line(8_000), line(2_000), after_days=2, paid_days=0, delivered_days=2)
    said = english(retold(plan_of(UNIT + BASE), MEMBER, first, then))
    assert said[0] == "20 points more for this order"
    assert "80 points can be spent from 11 March" in said


# ---- deeds, friends, gifts, redemptions -----------------------------------------------------------------------------------

TASKS = """
[[rules]]
kind = "task"
id = "review"
name = { en = "Write a review", zh = "评价有礼" }
event = "Product Reviewed"
points = 20
count = 2
when = { field = "event.verified", op = "is", value = true }

[[rules]]
kind = "birthday"
id = "birthday"
name = { en = "Happy birthday", zh = "生日快乐" }
points = 100
"""


def test_a_task_says_how_far_it_is_and_what_it_gave() -> None:
    plan = plan_of(UNIT + TASKS + MUG)
    done = lived(plan, MEMBER, [deed("Product Reviewed", n, verified=n != 1) for n in range(4)])
    assert [english(sentences(outcome, event, plan)) for event, outcome in done] == [
        ["Write a review: 1 of 2 done"],
        ["Write a review: its condition does not hold"],
        ["20 points (Write a review); can be spent until 31 March 2027"],
        ["Write a review: rewarded as often as it can be"],
    ]


def test_why_not_names_what_a_deed_lacked() -> None:
    plan = plan_of(UNIT + TASKS + MUG)
    assert english(why_not(MEMBER, deed("Product Reviewed", verified=False), plan)) == [
        "Write a review: not met: it is verified: yes"
    ]
    assert english(why_not(MEMBER, deed("Product Reviewed", verified=True), plan)) == ["Write a review: 1 of 2 done"]
    assert why_not(MEMBER, deed("Walked By"), plan) == [Says("No task rewards “Walked By”", "没有任务奖励“Walked By”")]


def test_a_friend_rewards_both() -> None:
    referral = '[referral]\nadvocate_points = 300\nfriend_reward = "mug"\n'
    plan = plan_of(CLUB + referral)
    told = []
    for role in ("advocate", "friend"):
        event = Referred("0" * 32, START, role)
        told += sentences(decide(MEMBER, event, plan), event, plan)
    assert told == [
        Says(
            "300 points for bringing a friend; can be spent until 31 March 2027",
            "推荐好友获得 300 积分；有效期至 2027 年 3 月 31 日",
        ),
        Says("Rewarded for joining through a friend", "受邀入会奖励已发放"),
        Says("A gift for joining through a friend: Mug", "受邀入会奖励：马克杯"),
    ]
    event = Referred("0" * 32, START, "friend")
    assert english(why_not(MEMBER, event, plan_of(CLUB))) == ["The programme rewards no referrals"]


def test_gifts_say_why() -> None:
    event = DayBegin("0" * 32, START, TODAY)
    gifts = (
        Gift("mug", "birthday:2026"),
        Gift("mug", "automatic"),
        Gift("gone", "referral:advocate"),
        Gift("mug", "luck"),
    )
    assert english(sentences(Outcome(MEMBER, gifts=gifts), event, plan_of(CLUB))) == [
        "A gift for the birthday: Mug",
        "A gift for bringing a friend: gone",
        "A gift luck: Mug",
    ]


def test_redeemed_and_brought_back() -> None:
    plan = plan_of(UNIT.replace("pending_days = 7\n", "") + BASE)
    bought = decide(MEMBER, order(1, line(8_000)), plan)
    spent = Spent("1" * 32, START + timedelta(hours=1), "points", 50)
    outcome = decide(bought.member, spent, plan)
    assert sentences(outcome, spent, plan) == [Says("50 points redeemed", "兑换使用 50 积分")]
    [lot] = bought.member.lots
    back = Restored("2" * 32, START + timedelta(hours=2), (lot._replace(remaining=50),))
    assert sentences(decide(outcome.member, back, plan), back, plan) == [
        Says("50 points came back as they were", "退回 50 积分，有效期不变")
    ]


@pytest.mark.parametrize(
    ("entry", "en", "zh"),
    [
        (Earn("points", 5, "l", START, FOREVER), "5 points earned", "获得 5 积分"),
        (
            Earn("points", 5, "l", FOREVER, START + timedelta(days=30)),
            "5 points earned; can be spent after delivery; until 30 March 2026",
            "获得 5 积分；签收后可用；有效期至 2026 年 3 月 30 日",
        ),
        (TakeBack("points", 5, "l"), "5 points went back", "扣回 5 积分"),
        (Spend("points", 5, "redeemed"), "5 points redeemed", "兑换使用 5 积分"),
        (Spend("points", 5, "reclaimed"), "5 points went back, out of what else was there", "从其他余额中扣回 5 积分"),
        (Owe("points", 5), "5 points are owed", "记欠 5 积分"),
        (Repay("points", 5), "5 points repaid what was owed", "抵扣欠分 5 积分"),
        (Expire("points", 5, "l"), "5 points expired", "5 积分已过期"),
        (Expire("stars", 5, "l"), "5 stars expired", "5 stars 已过期"),
        (
            Activate("points", "l", START),
            "What was earned (points) can be spent from 1 March 2026",
            "获得的积分自 2026 年 3 月 1 日起可用",
        ),
        (
            Draw("base", 0, 5),
            "5 points of the limit of “Points for purchases” for all members",
            "“消费积分”的全体额度使用 5 积分",
        ),
        (
            Draw("base", 0, -5),
            "5 points given back to the limit of “Points for purchases” for all members",
            "“消费积分”的全体额度退回 5 积分",
        ),
    ],
)
def test_every_entry_of_a_statement_has_its_words(entry: Any, en: str, zh: str) -> None:
    assert entry_sentence(entry, plan_of(CLUB)) == Says(en, zh)
