"""Rewards: whether a member may have one now, and at which price."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import NamedTuple

from regulars.core.expiry import last_day
from regulars.core.member import Member
from regulars.core.points import spendable
from regulars.core.programme.document import Reward, RewardKind
from regulars.core.programme.plan import Plan
from regulars.core.programme.sentences.speech import Speech, spaced
from regulars.core.says import Says, joined

# What is handed over without anybody's hands: posted in the ledger, or a code that is made or taken.
AT_ONCE = frozenset({RewardKind.CREDIT, RewardKind.GIFT_CARD, RewardKind.COUPON, RewardKind.CODES})


class Offered(NamedTuple):
    """A reward as a member sees it now. ``price`` is in points of ``unit``; ``refusal`` says why it cannot be had, if so."""

    reward: Reward
    unit: str
    price: int
    refusal: Says | None
    short: int = 0


def offered(
    member: Member, reward: Reward, plan: Plan, at: datetime, *, taken: int, stock: int | None
) -> Offered | None:
    """What a reward costs a member and whether they can have it; None where it is not for sale, but only given.

    ``taken`` is how many the member had in the limit's period, ``stock`` how many are left, None for any number.
    """
    if reward.price is None and not reward.prices:
        return None
    unit = plan.unit(reward.unit)
    price = reward.prices.get(member.standing.tier, reward.price)
    if price is None or (reward.tiers and member.standing.tier not in reward.tiers):
        return Offered(reward, unit.id, price or max(reward.prices.values()), _only_for(reward, plan))
    short = max(0, price - spendable(member.lots, unit.id, at))
    return Offered(reward, unit.id, price, _refusal(reward, plan, at, taken=taken, stock=stock, short=short), short)


def good_until(reward: Reward, plan: Plan, day: int) -> datetime | None:
    """The first instant at which a reward had on a day can no longer be used; None where that never comes."""
    if reward.valid is None:
        return None
    return plan.begins_at(last_day(date.fromordinal(day), reward.valid).toordinal() + 1)


def _refusal(reward: Reward, plan: Plan, at: datetime, *, taken: int, stock: int | None, short: int) -> Says | None:
    if reward.starts and at < reward.starts:
        since = f"{reward.starts.astimezone(plan.zone):%Y-%m-%d %H:%M}"
        return Says("It can be had from {since}.", "{since} 开始兑换。").filled(since=since)
    if reward.ends and at >= reward.ends:
        ended = f"{reward.ends.astimezone(plan.zone):%Y-%m-%d %H:%M}"
        return Says("It could be had until {ended}.", "兑换已于 {ended} 结束。").filled(ended=ended)
    if stock is not None and stock <= 0:
        return Says("None are left.", "已兑完。")
    if reward.limit and taken >= reward.limit.amount:
        had = Says("{n} were had already; a member gets {limit}.", "已兑换 {n} 份；每位会员{limit} 份。")
        return had.filled(n=taken, limit=reward.limit.sentence())
    if short:
        return spaced(Says("Short by {n}.", "还差 {n}。").filled(n=Speech(plan).amount(reward.unit, short)))
    return None


def _only_for(reward: Reward, plan: Plan) -> Says:
    names = [tier.name for named in reward.tiers or tuple(reward.prices) if (tier := plan.programme.tier(named))]
    return Says("It is for {tiers} only.", "仅限 {tiers} 兑换。").filled(tiers=_listed(names))


def _listed(names: Sequence[Says]) -> Says:
    return joined(list(names), Says(", ", "、"))
