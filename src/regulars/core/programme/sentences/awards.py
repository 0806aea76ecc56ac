"""What an order earned, rule by rule, from when until when it can be spent, and what went back after a return."""

from collections.abc import Sequence

from regulars.core.member import Award, Given, OrderEvent
from regulars.core.points import Entry, Owe, Repay, Spend, TakeBack, rounded
from regulars.core.programme.document import Unit
from regulars.core.programme.earning import PerAmount, PerQuantity
from regulars.core.programme.plan import Plan
from regulars.core.programme.sentences.speech import COMMA, Speech, clauses
from regulars.core.says import Says, joined, same


def award_sentences(award: Award, plan: Plan) -> list[Says]:
    """A sentence for each rule that gave something; from when until when it can be spent stands with it, or, where several
    rules gave of one point type, in a sentence of its own."""
    speech = Speech(plan, award.day)
    said: list[Says] = []
    for unit in dict.fromkeys(one.unit for one in award.given):
        given = [one for one in award.given if one.unit == unit]
        terms = _terms(plan.unit(unit), award, speech) if any(one.amount for one in given) else None
        if terms and len(given) > 1:
            whole = speech.amount(unit, sum(one.amount for one in given))
            terms = Says("{whole} together {terms}", "以上共 {whole}，{terms}").filled(whole=whole, terms=terms)
            said += [*(_given(one, award, speech) for one in given), terms]
        else:
            said.append(clauses([_given(one, award, speech) for one in given] + ([terms] if terms else [])))
    if not award.given:
        said.append(Says("This order earns nothing", "本单没有获得奖励"))
    return [clauses([one]) for one in said]


def changed_award(
    event: OrderEvent, before: Award, after: Award, entries: Sequence[Entry], speech: Speech
) -> list[Says]:
    """What became of an order that was decided before, point type by point type."""
    said = []
    for unit in dict.fromkeys(one.unit for one in (*before.given, *after.given)):
        more = _sum(after, unit) - _sum(before, unit)
        if more > 0:
            words = Says("{n} more for this order", "本单补发 {n}").filled(n=speech.amount(unit, more))
            said.append(words)
        elif more < 0:
            said += _gone_back(event, before, after, unit, -more, entries, speech)
    return said


def debts(entries: Sequence[Entry], speech: Speech) -> list[Says]:
    """What was repaid of what a member owed."""
    words = Says("{n} of it repaid what was owed", "其中 {n} 用于抵扣欠分")
    return [words.filled(n=speech.amount(one.unit, one.amount)) for one in entries if isinstance(one, Repay)]


def _given(given: Given, award: Award, speech: Speech) -> Says:
    rule = next((rule for rule in speech.plan.programme.rules if rule.id == given.rule), None)
    match rule:
        case PerAmount():
            words, basis = Says("{n} for {basis} ({rule})", "{basis} 获得 {n}（{rule}）"), speech.money(given.basis)
        case PerQuantity():
            words, basis = Says("{n} for {basis} ({rule})", "{basis} 获得 {n}（{rule}）"), speech.quantity(given.basis)
        case _:
            words, basis = Says("{n} ({rule})", "获得 {n}（{rule}）"), same("")
    n = speech.amount(given.unit, given.amount)
    parts = [words.filled(n=n, rule=speech.rule(given.rule), basis=basis)]
    if isinstance(rule, PerAmount | PerQuantity) and (more := _by_tier(rule, given, award, speech)):
        parts.append(more)
    if given.cut:
        words = Says("{cut} over the limit are not given", "另有 {cut} 超出上限未发放")
        parts.append(words.filled(cut=speech.amount(given.unit, given.cut)))
    return joined(parts, COMMA)


def _by_tier(rule: PerAmount | PerQuantity, given: Given, award: Award, speech: Speech) -> Says | None:
    """What of it the tier's multiplier made. Not told of what a limit cut: it cannot be said which part that was."""
    up, down = speech.plan.multipliers.get(award.tier, (1, 1))
    if not rule.by_tier or given.cut:
        return None
    usual = rounded(given.basis * rule.points, rule.per, speech.plan.unit(given.unit).rounding)
    if given.amount == usual:
        return None
    words = Says("{n} less as {tier} (×{times})", "按{tier}（×{times}）少得 {n}")
    if given.amount > usual:
        words = Says("including {n} as {tier} (×{times})", "其中{tier}（×{times}）多得 {n}")
    n = speech.amount(given.unit, abs(given.amount - usual))
    return words.filled(n=n, tier=speech.tier(award.tier), times=f"{up / down:g}")


def _terms(unit: Unit, award: Award, speech: Speech) -> Says | None:
    """From when until when what an order earned can be spent; None where it can be at once and for ever."""
    first, last = None, None
    if unit.pending_days is not None:
        n = unit.pending_days
        if award.delivered is not None:
            day = speech.day(award.delivered + n + 1)
            first = Says("can be spent from {day}", "{day}起可用").filled(day=day)
        elif n:
            first = Says("can be spent when {n} days have passed since delivery", "签收满 {n} 天后可用").filled(n=n)
        else:
            first = Says("can be spent from the day after delivery", "签收次日起可用")
    if unit.validity:
        _, day_last = speech.plan.expires(unit, award.day)
        last = Says("until {day}", "有效期至 {day}").filled(day=speech.day(day_last))
    if first and last:
        return joined([first, last], COMMA)
    return first or (last and Says(f"can be spent {last.en}", last.zh))


def _gone_back(
    event: OrderEvent, before: Award, after: Award, unit: str, amount: int, entries: Sequence[Entry], speech: Speech
) -> list[Says]:
    """What went back, what is owed, and what stays because the programme takes back no more."""
    mine = [one for one in entries if getattr(one, "unit", None) == unit]
    owed = sum(one.amount for one in mine if isinstance(one, Owe))
    back = sum(one.amount for one in mine if isinstance(one, TakeBack | Spend))
    said = []
    if back:
        words = Says("{n} went back because {why}", "{why}，扣回 {n}")
        said.append(words.filled(n=speech.amount(unit, back), why=_came_back(event, before, after, speech)))
    if owed:
        words = Says(
            "{n} are owed, for they had been spent: what is earned next repays them first",
            "另有 {n} 已被使用，记为欠分，之后获得的将优先抵扣",
        )
        said.append(words.filled(n=speech.amount(unit, owed)))
    if kept := amount - owed - back:
        words = Says("{n} stay with the member: the programme takes back no more", "按规则另有 {n} 不再扣回")
        said.append(words.filled(n=speech.amount(unit, kept)))
    return said


def _came_back(event: OrderEvent, before: Award, after: Award, speech: Speech) -> Says:
    if event.purchase.paid_at is None:
        return Says("the order is no longer paid", "订单已不是付款状态")
    if not event.purchase.lines:
        return Says("the whole order was returned or cancelled", "整单退货或取消")
    less = before.counted.spend - after.counted.spend
    ladder = speech.plan.programme.ladder
    if less > 0 and not (ladder and ladder.goods):
        return Says("goods for {n} were returned", "退货 {n}").filled(n=speech.money(less))
    return Says("the order changed", "订单有变更")


def _sum(award: Award, unit: str) -> int:
    return sum(one.amount for one in award.given if one.unit == unit)
