"""Rewards that nobody can have, or that cost more than the points they take; referrals that reward what did not last."""

from collections.abc import Iterator, Sequence
from datetime import date
from fractions import Fraction

from regulars.core.faults import Fault
from regulars.core.programme.advice.balances import earned_units, least_days
from regulars.core.programme.advice.margins import best_multiplier, worth
from regulars.core.programme.document import Kept, Reward
from regulars.core.programme.earning import PerAmount
from regulars.core.programme.plan import Plan
from regulars.core.programme.privileges import BirthdayGift
from regulars.core.says import Says, money

_YEAR = 365


def rewards(plan: Plan, today: date, spends: Sequence[int] | None) -> Iterator[Fault]:
    """Advice on rewards and referral."""
    programme, gifts = plan.programme, _gifts(plan)
    for place, reward in enumerate(programme.rewards):
        path = f"rewards[{place}]"
        if reward.ends and reward.ends.astimezone(plan.zone).date() < today:
            yield Fault(
                f"{path}.ends",
                Says("The reward is over.", "该奖品的兑换时间已结束。"),
                Says("Give a later time, or delete it.", "请延后结束时间，或删除该奖品。"),
            )
        if reward.stock == 0:
            yield Fault(
                f"{path}.stock",
                Says("There is none in stock.", "库存为 0。"),
                Says("Give the stock, or leave it out for no limit.", "请填写库存，不限量则不填。"),
            )
        if reward.price is None and reward.id not in gifts:
            yield Fault(
                path,
                Says(
                    "The reward has no price and nothing gives it: nobody can have it.",
                    "该奖品没有价格，也没有作为礼物发放，没有人能得到。",
                ),
                Says(
                    "Give a price, or make it the gift of a tier, birthday or referral.",
                    "请填写价格，或将其设为升级礼、生日礼物或推荐奖励。",
                ),
            )
        yield from _price(reward, path, plan)
        yield from _afford(reward, path, plan, spends)
    yield from _referral(plan)


def _gifts(plan: Plan) -> set[str]:
    """The rewards that something gives without points."""
    programme = plan.programme
    found = {tier.gift for tier in programme.ladder.tiers if tier.gift} if programme.ladder else set()
    for tier in programme.ladder.tiers if programme.ladder else ():
        found |= {privilege.reward for privilege in tier.privileges if isinstance(privilege, BirthdayGift)}
    if told := programme.referral:
        found |= {reward for reward in (told.advocate_reward, told.friend_reward) if reward}
    return found


def _price(reward: Reward, path: str, plan: Plan) -> Iterator[Fault]:
    """Prices below what the reward is worth: then points are worth more than the programme says."""
    if reward.price is None or not reward.worth:
        return
    for place, price in (
        (f"{path}.price", reward.price),
        *((f"{path}.prices.{tier}", n) for tier, n in reward.prices.items()),
    ):
        paid = worth(plan, reward.unit, price)
        if paid and paid < reward.worth:
            reason = Says(
                "{price} points are worth {paid}, and the reward is worth {worth}.",
                "{price} 积分价值 {paid}，而奖品价值 {worth}。",
            )
            told = {
                "price": f"{price:,}",
                "paid": money(int(paid), plan.currency),
                "worth": money(reward.worth, plan.currency),
            }
            yield Fault(
                place,
                reason.filled(**told),
                Says("Raise the price, or say that points are worth more.", "请提高所需积分，或调高积分价值。"),
            )


def _afford(reward: Reward, path: str, plan: Plan, spends: Sequence[int] | None) -> Iterator[Fault]:
    """Rewards that take more points than the best customer can have at once. Told only where all points come by amount."""
    if reward.price is None:
        return
    unit = plan.unit(reward.unit)
    mine = [rule for rule in plan.programme.rules if plan.unit(rule.unit).id == unit.id]
    if unit.id not in earned_units(plan) or not spends or not all(isinstance(rule, PerAmount) for rule in mine):
        return
    rate = sum(
        (Fraction(rule.points, rule.per) * best_multiplier(rule, plan) for rule in mine if isinstance(rule, PerAmount)),
        Fraction(0),
    )
    years = max(Fraction(least_days(unit.validity), _YEAR), Fraction(1)) if unit.validity else None
    most = int(max(spends) * rate * years) if years else None
    if most is not None and most < min([reward.price, *reward.prices.values()]):
        reason = Says(
            "Even the best customer has at most {n} points before they expire.",
            "消费最高的客户在过期前最多也只有 {n} 积分。",
        )
        yield Fault(f"{path}.price", reason.filled(n=f"{most:,}"), Says("Lower the price.", "请降低所需积分。"))


def _referral(plan: Plan) -> Iterator[Fault]:
    told = plan.programme.referral
    if told is None:
        return
    if not (told.advocate_points or told.friend_points or told.advocate_reward or told.friend_reward):
        yield Fault(
            "referral",
            Says("The referral rewards nobody.", "推荐没有任何奖励。"),
            Says("Give points or a reward.", "请填写积分或奖品。"),
        )
    if told.after is Kept.PAID and not told.after_days:
        yield Fault(
            "referral.after_days",
            Says(
                "Both are rewarded at once, also for an order that is returned the next day.",
                "付款后立即发放，次日退货也已获奖。",
            ),
            Says('Wait some days, best after = "delivered".', '请设置保留天数，建议 after = "delivered"。'),
        )
