"""Whether a programme can pay out more than the shop earns."""

from collections.abc import Iterator
from datetime import date
from fractions import Fraction

from regulars.core.conditions import All, Condition, Test
from regulars.core.faults import Fault
from regulars.core.programme.document import Purse, Tier
from regulars.core.programme.earning import OrderRule, PerAmount, PerOrder, Rule
from regulars.core.programme.plan import Plan
from regulars.core.programme.privileges import MemberPrice
from regulars.core.says import Says, money

_MEND = Says(
    "Lower the points, limit the rule (cap), or check what points are worth.",
    "请降低积分、设置上限（cap），或核对积分价值。",
)


def margins(plan: Plan, margin: Fraction) -> Iterator[Fault]:
    """Rules that alone, and the programme that in its best case, pays out more than ``margin`` of an order's amount."""
    alone = set()
    for place, rule in enumerate(plan.programme.rules):
        share = _share(rule, plan, best_multiplier(rule, plan))
        if share > margin:
            alone.add(rule.id)
            reason = Says(
                "This rule can pay out {share} of what an order brings; the margin is {margin}.",
                "该规则最多可返还订单金额的 {share}，而毛利率为 {margin}。",
            )
            yield Fault(f"rules[{place}]", reason.filled(share=percent(share), margin=percent(margin)), _MEND)
        yield from _fixed(rule, place, plan, margin)
    if not alone:
        yield from _together(plan, margin)


def worth(plan: Plan, unit: str, amount: int) -> Fraction:
    """What so many of a point type are worth, in minor units."""
    found = plan.unit(unit)
    return Fraction(amount) if found.purse is Purse.CREDIT else Fraction(amount * found.worth, 100)


def best_multiplier(rule: Rule, plan: Plan) -> Fraction:
    """The highest multiplier that a rule can have."""
    if not getattr(rule, "by_tier", False):
        return Fraction(1)
    return max(Fraction(up, down) for up, down in plan.multipliers.values())


def percent(share: Fraction) -> str:
    return f"{float(share * 100):.4g}%"


def least(when: Condition | None, field: str) -> int:
    """The least value of a field with which a condition can hold, as far as it plainly says; 0 where it does not."""
    tests = when.parts if isinstance(when, All) else (when,)
    lows = [0]
    for test in tests:
        if isinstance(test, Test) and test.field == field and test.op in {"at_least", "more_than", "equal", "between"}:
            value = test.value[0] if isinstance(test.value, tuple) else test.value
            assert isinstance(value, int)
            lows.append(value)
    return max(lows)


def _share(rule: Rule, plan: Plan, multiplier: Fraction) -> Fraction:
    """What part of an order's amount a rule gives back, if it does so by amount."""
    if not isinstance(rule, PerAmount):
        return Fraction(0)
    return worth(plan, rule.unit, rule.points) / rule.per * multiplier


def _fixed(rule: Rule, place: int, plan: Plan, margin: Fraction) -> Iterator[Fault]:
    """Points for every order: against the smallest order that earns them."""
    if not isinstance(rule, PerOrder) or rule.nth or not (given := worth(plan, rule.unit, rule.points)):
        return
    given /= rule.every or 1
    smallest = least(rule.when, "order.amount")
    if not smallest and not rule.cap:
        yield Fault(
            f"rules[{place}].when",
            Says("Every order earns this, however small, as often as one likes.", "再小的订单也能获得，且次数不限。"),
            Says("Ask for a minimum amount, or limit the rule (cap).", "请设置最低订单金额，或设置上限（cap）。"),
        )
    elif smallest and given / smallest > margin:
        reason = Says(
            "On the smallest order ({order}) this is worth {share}; the margin is {margin}.",
            "对最小订单（{order}）而言相当于 {share}，而毛利率为 {margin}。",
        )
        told = {"order": money(smallest, plan.currency), "share": percent(given / smallest), "margin": percent(margin)}
        yield Fault(f"rules[{place}]", reason.filled(**told), _MEND)


def _together(plan: Plan, margin: Fraction) -> Iterator[Fault]:
    """The best case: every rule by amount that can apply on one day, in the tier that gets most, with its member price."""
    tiers: tuple[Tier | None, ...] = (None, *(plan.programme.ladder.tiers if plan.programme.ladder else ()))
    days = {rule.starts or date.min for rule in plan.programme.rules if isinstance(rule, OrderRule)} or {date.min}
    share, tier = max(((_best(plan, day, tier), tier) for day in days for tier in tiers), key=lambda found: found[0])
    if share > margin:
        name = tier.name if tier else Says("any member", "任何会员")
        reason = Says(
            "All rules together can give {tier} back {share} of what an order brings; the margin is {margin}.",
            "各规则叠加后，{tier}最多可得订单金额的 {share}，而毛利率为 {margin}。",
        )
        yield Fault("rules", reason.filled(tier=name, share=percent(share), margin=percent(margin)), _MEND)


def _best(plan: Plan, day: date, tier: Tier | None) -> Fraction:
    """What a tier gets back of what an order brings, if every rule of a day applies."""
    off = (
        max((p.off for p in tier.privileges if isinstance(p, MemberPrice)), default=Fraction(0))
        if tier
        else Fraction(0)
    )
    back = Fraction(0)
    for rule in plan.programme.rules:
        if (rule.starts or day) <= day <= (rule.ends or day):
            multiplier = tier.multiplier if tier and getattr(rule, "by_tier", False) else Fraction(1)
            back += _share(rule, plan, multiplier)
    return off + (1 - off) * back
