"""Ladders whose steps tell nobody apart, or that end without a word."""

from collections.abc import Iterator, Sequence

from regulars.core.faults import Fault
from regulars.core.programme.document import Needs, Purse, Thresholds, Tier
from regulars.core.programme.plan import Plan
from regulars.core.says import Says
from regulars.core.tiers import Downgrade


def ladders(plan: Plan, spends: Sequence[int] | None) -> Iterator[Fault]:
    """Advice on the ladder. ``spends``: what each customer spent in a year."""
    ladder = plan.programme.ladder
    if ladder is None:
        return
    if ladder.downgrade is not Downgrade.NONE and not ladder.warn_days:
        yield Fault(
            "ladder.warn_days",
            Says("Members lose their tier without a warning.", "会员降级前不会收到提醒。"),
            Says("Write warn_days = 30, for example.", "例如 warn_days = 30。"),
        )
    multiplied = any(getattr(rule, "by_tier", False) for rule in plan.programme.rules)
    for place, tier in enumerate(ladder.tiers):
        path = f"ladder.tiers[{place}]"
        if tier.multiplier != 1 and not multiplied:
            yield Fault(
                f"{path}.multiplier",
                Says("No rule is multiplied by the tier.", "没有任何规则按等级倍数发放。"),
                Says(
                    "Let a rule have by_tier = true, or leave the multiplier out.",
                    "请为规则设置 by_tier = true，或去掉倍数。",
                ),
            )
        yield from _unreachable(tier, path, plan)
        yield from _shares(tier, path, spends)


def _unreachable(tier: Tier, path: str, plan: Plan) -> Iterator[Fault]:
    points = any(plan.unit(rule.unit).purse is Purse.POINTS for rule in plan.programme.rules)
    if (
        tier.reached.points
        and not points
        and (tier.needs is Needs.ALL or tier.reached == Thresholds(points=tier.reached.points))
    ):
        yield Fault(
            f"{path}.reached.points",
            Says("The tier takes points, and no rule gives any.", "该等级要求积分，但没有规则发放积分。"),
            Says("Add a rule, or choose another threshold.", "请添加积分规则，或改用其他门槛。"),
        )


def _shares(tier: Tier, path: str, spends: Sequence[int] | None) -> Iterator[Fault]:
    """Steps that all or none of the customers would reach by what they spent."""
    need = tier.reached.spend
    if not spends or need is None or (tier.needs is Needs.ANY and tier.reached != Thresholds(spend=need)):
        return
    reached = sum(1 for spend in spends if spend >= need)
    if reached == 0:
        reason = Says(
            "Of {n} customers nobody spent enough for “{tier}”.", "{n} 位客户中没有一位达到“{tier}”的消费额。"
        )
        mend = Says("Lower the spend.", "请降低消费额门槛。")
    elif reached == len(spends):
        reason = Says(
            "All {n} customers spent enough for “{tier}”: it tells nobody apart.",
            "{n} 位客户全部达到“{tier}”的消费额，等级没有区分度。",
        )
        mend = Says("Raise the spend.", "请提高消费额门槛。")
    else:
        return
    yield Fault(f"{path}.reached.spend", reason.filled(n=f"{len(spends):,}", tier=tier.name), mend)
