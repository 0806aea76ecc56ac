"""A programme as its operator reads it: sections of sentences."""

from collections.abc import Iterator
from dataclasses import dataclass

from regulars.core.conditions import Names
from regulars.core.declarations import Context, Term
from regulars.core.points import OnReturn
from regulars.core.programme.document import REWARD_KINDS, Basis, Kept, Programme, Purse, Referral, Reward, Unit
from regulars.core.programme.plan import Plan
from regulars.core.programme.sentences.ladder import ladder_sentences, tier_sentence
from regulars.core.programme.sentences.rules import rule_sentence
from regulars.core.programme.sentences.speech import LISTED, Speech, clauses
from regulars.core.says import Says, joined


@dataclass(frozen=True, slots=True)
class Told:
    """One part of a programme: where it stands in the document, what it is called (may be empty), what it says."""

    path: str
    name: Says
    says: Says


@dataclass(frozen=True, slots=True)
class Section:
    """A chapter of the programme."""

    path: str
    title: Says
    told: tuple[Told, ...]


UNNAMED = Says("", "")
AND = Says(" and ", "和")
_AFTER = {Kept.PAID: Says("payment", "付款"), Kept.DELIVERED: Says("delivery", "签收")}
_ON_RETURN = {
    OnReturn.ONLY_PENDING: Says("After a return, only what is still pending goes back", "退货时仅扣回未生效部分"),
    OnReturn.WITHIN_BALANCE: Says(
        "After a return, what was earned goes back as far as the balance goes", "退货时按余额扣回"
    ),
    OnReturn.UNLIMITED: Says(
        "After a return, all that was earned goes back, what is missing is owed", "退货时全部扣回，不足记为欠分"
    ),
}
_BASIS = {
    Basis.AFTER_REWARDS: Says("Counted on what was paid with money", "按实付金额计算"),
    Basis.BEFORE_REWARDS: Says("Counted on the amount before coupons, points and credit", "按抵扣前金额计算"),
}


def programme_view(plan: Plan, names: Names | None = None) -> tuple[Section, ...]:
    """The whole programme, chapter by chapter; chapters about which it says nothing are left out."""
    programme = plan.programme
    sections = [
        Section("units", Says("Points", "积分"), tuple(_units(plan))),
        Section("rules", Says("Earning", "如何获得"), tuple(_rules(plan, names))),
        Section("ladder", Says("Tiers", "会员等级"), tuple(_tiers(plan, names))),
        Section("rewards", Says("Rewards", "积分商城"), tuple(_rewards(programme, plan))),
        Section("referral", Says("Referral", "推荐有礼"), tuple(_referral(programme.referral, plan))),
    ]
    return tuple(section for section in sections if section.told)


def reward_sentence(reward: Reward, plan: Plan) -> Says:
    """What a reward costs, to whom, how many, from when to when, and how long it is good."""
    speech, parts = Speech(plan), [REWARD_KINDS[reward.gives]]
    if reward.price is not None:
        parts.append(Says("for {n}", "{n} 兑换").filled(n=speech.amount(reward.unit, reward.price)))
    else:
        parts.append(Says("not for points", "不可用积分兑换"))
    if reward.prices:
        told = [
            Says("{tier} {n}", "{tier} {n}").filled(tier=speech.tier(tier), n=speech.amount(reward.unit, n))
            for tier, n in reward.prices.items()
        ]
        parts.append(joined(told, LISTED))
    if reward.tiers:
        tiers = joined([speech.tier(tier) for tier in reward.tiers], LISTED)
        parts.append(Says("only for {tiers}", "仅限{tiers}").filled(tiers=tiers))
    if reward.worth:
        parts.append(Says("worth {n}", "价值 {n}").filled(n=speech.money(reward.worth)))
    if reward.stock is not None:
        parts.append(Says("{n} in stock", "库存 {n}").filled(n=f"{reward.stock:,}"))
    if reward.limit:
        own = speech.cap(reward.limit, Says(f"{reward.limit.amount:,}", f"{reward.limit.amount:,} 份"))
        parts.append(Says("{own} for each member", "每位会员{own}").filled(own=own))
    parts += _window(reward, plan, speech)
    return clauses(parts)


def _window(reward: Reward, plan: Plan, speech: Speech) -> Iterator[Says]:
    for at, words in ((reward.starts, Says("from {at}", "{at}开始")), (reward.ends, Says("until {at}", "{at}结束"))):
        if at:
            local = at.astimezone(plan.zone)
            day = speech.day(local.date().toordinal())
            yield words.filled(at=Says(f"{day.en}, {local:%H:%M}", f"{day.zh} {local:%H:%M}"))
    if reward.valid:
        valid = Term().says(reward.valid, Context(plan.currency))
        yield Says("to be used within {valid}", "兑换后 {valid}内使用").filled(valid=valid)


def _units(plan: Plan) -> Iterator[Told]:
    for place, unit in enumerate(plan.programme.units):
        yield Told(f"units[{place}]", unit.name, _unit(unit, plan))
    yield Told("basis", UNNAMED, _BASIS[plan.programme.basis])
    yield Told("on_return", UNNAMED, _ON_RETURN[plan.programme.on_return])


def _unit(unit: Unit, plan: Plan) -> Says:
    speech = Speech(plan)
    if unit.pending_days is None:
        parts = [Says("can be spent at once", "立即可用")]
    else:
        words = Says("can be spent when {n} days have passed since delivery", "签收满 {n} 天后可用")
        parts = [words.filled(n=unit.pending_days)]
    if unit.validity:
        valid = Term().says(unit.validity, Context(plan.currency))
        parts.append(Says("good for {valid}", "有效期 {valid}").filled(valid=valid))
    else:
        parts.append(Says("never expires", "永久有效"))
    if unit.worth and unit.purse is Purse.POINTS:
        words = Says("{n} are worth {worth}", "{n} 价值 {worth}")
        parts.append(words.filled(n=speech.amount(unit.id, 100), worth=speech.money(unit.worth)))
    return clauses(parts)


def _rules(plan: Plan, names: Names | None) -> Iterator[Told]:
    for place, rule in enumerate(plan.programme.rules):
        yield Told(f"rules[{place}]", rule.name, rule_sentence(rule, plan, names))


def _tiers(plan: Plan, names: Names | None) -> Iterator[Told]:
    if ladder := plan.programme.ladder:
        for place, tier in enumerate(ladder.tiers):
            yield Told(f"ladder.tiers[{place}]", tier.name, tier_sentence(tier, plan, names))
        for said in ladder_sentences(ladder, plan, names):
            yield Told("ladder", UNNAMED, said)


def _rewards(programme: Programme, plan: Plan) -> Iterator[Told]:
    for place, reward in enumerate(programme.rewards):
        yield Told(f"rewards[{place}]", reward.name, reward_sentence(reward, plan))
    if programme.automatic:
        words = Says("At the end of a day, points turn into {reward} by themselves", "每天结束时自动兑换{reward}")
        yield Told(
            "automatic", UNNAMED, clauses([words.filled(reward=Speech(plan).reward(programme.automatic.reward))])
        )


def _referral(referral: Referral | None, plan: Plan) -> Iterator[Told]:
    if referral is None:
        return
    speech = Speech(plan)
    for who, points, reward in (
        (Says("Who brings a friend", "推荐人"), referral.advocate_points, referral.advocate_reward),
        (Says("The friend", "好友"), referral.friend_points, referral.friend_reward),
    ):
        gets = [speech.amount(referral.unit, points)] if points else []
        gets += [speech.reward(reward)] if reward else []
        if gets:
            said = Says("{who} gets {gets}", "{who}获得 {gets}").filled(who=who, gets=joined(gets, AND))
            yield Told("referral", UNNAMED, clauses([said]))
    words = Says(
        "Given when the friend's first order has been kept for {n} days after {after}",
        "好友首单{after}后保留满 {n} 天发放",
    )
    parts = [words.filled(n=referral.after_days, after=_AFTER[referral.after])]
    if referral.minimum:
        parts.append(Says("the order is at least {n}", "首单不低于 {n}").filled(n=speech.money(referral.minimum)))
    parts.append(Says("the friend orders within {n} days", "好友需在 {n} 天内下单").filled(n=referral.within_days))
    if referral.limit:
        parts.append(
            speech.cap(referral.limit, Says(f"{referral.limit.amount:,} friends", f"{referral.limit.amount:,} 位好友"))
        )
    yield Told("referral", UNNAMED, clauses(parts))
