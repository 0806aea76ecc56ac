"""Point types: what lies in members' hands and never goes away, goes too soon, or cannot be got or used."""

from collections.abc import Iterator
from datetime import date, timedelta

from regulars.core.expiry import Validity, last_day
from regulars.core.faults import Fault
from regulars.core.points import OnReturn
from regulars.core.programme.document import Purse, RewardKind, Unit
from regulars.core.programme.plan import Plan
from regulars.core.says import Says

# Days that a member should have between the day points can first be used and their last.
USE_DAYS = 30
# From payment to delivery, where points wait for it.
DELIVERY_DAYS = 7


def balances(plan: Plan) -> Iterator[Fault]:
    """Advice on each point type."""
    for place, unit in enumerate(plan.programme.units):
        path = f"units[{place}]"
        yield from _terms(unit, path)
        yield from _use(unit, path, plan)
        if unit.pending_days is None and plan.programme.on_return is OnReturn.ONLY_PENDING:
            yield Fault(
                "on_return",
                Says(
                    "“{unit}” are never pending, so none of them ever go back after a return.",
                    "“{unit}”立即生效，退货时永远不会扣回。",
                ).filled(unit=unit.name),
                Says(
                    "Let them be pending for some days after delivery, or choose within_balance.",
                    "请设置签收后几天生效，或改为 within_balance。",
                ),
            )


def least_days(validity: Validity) -> int:
    """The fewest days that something is good for, whatever day it came on."""
    first = date(2027, 1, 1)
    days = (first + timedelta(n) for n in range(365))
    return min((last_day(day, validity) - day).days for day in days)


def _terms(unit: Unit, path: str) -> Iterator[Fault]:
    if unit.validity is None:
        yield Fault(
            f"{path}.validity",
            Says(
                "Without an end, what members do not use remains a debt of the shop for ever.",
                "永久有效意味着未使用部分将一直是商家的负债。",
            ),
            Says(
                'Write validity = { count = 12, span = "months", aligned = "month" }, for example.',
                '例如：validity = { count = 12, span = "months", aligned = "month" }',
            ),
        )
        return
    pending = 0 if unit.pending_days is None else unit.pending_days + DELIVERY_DAYS
    if (left := least_days(unit.validity) - pending) < USE_DAYS:
        words = Says("In the worst case they can be used for {n} days only.", "最坏情况下仅有 {n} 天可用。")
        if left <= 0:
            words = Says("They can expire before they can be used.", "可能在生效之前就已过期。")
        yield Fault(
            f"{path}.validity",
            words.filled(n=left),
            Says("Lengthen the validity, or shorten the wait.", "请延长有效期，或缩短待生效天数。"),
        )


def _use(unit: Unit, path: str, plan: Plan) -> Iterator[Fault]:
    programme = plan.programme
    if unit.id not in earned_units(plan):
        yield Fault(
            path,
            Says("Nothing gives “{unit}”.", "没有任何规则发放“{unit}”。").filled(unit=unit.name),
            Says("Add a rule that does, or delete the point type.", "请添加规则，或删除该积分类型。"),
        )
    if unit.purse is Purse.CREDIT:
        return
    if not any(reward.price is not None and plan.unit(reward.unit).id == unit.id for reward in programme.rewards):
        yield Fault(
            path,
            Says("There is nothing to be had for “{unit}”.", "“{unit}”没有可兑换的奖品。").filled(unit=unit.name),
            Says("Add a reward with a price.", "请添加可兑换的奖品。"),
        )
    if not unit.worth:
        yield Fault(
            f"{path}.worth",
            Says("Without a worth, nothing can be said about margins and debts.", "未填写价值，无法核算毛利与负债。"),
            Says('Say what 100 are worth: worth = "1.00".', '请填写每 100 的价值，例如 worth = "1.00"。'),
        )


def earned_units(plan: Plan) -> set[str]:
    """The point types that something gives."""
    programme = plan.programme
    found = {plan.unit(rule.unit).id for rule in programme.rules}
    told = programme.referral
    if told and (told.advocate_points or told.friend_points):
        found.add(plan.unit(told.unit).id)
    if any(reward.gives is RewardKind.CREDIT for reward in programme.rewards):
        found |= {unit.id for unit in programme.units if unit.purse is Purse.CREDIT}
    return found
