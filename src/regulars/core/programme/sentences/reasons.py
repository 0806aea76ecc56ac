"""Why a rule gave nothing: for a preview, and for whoever asks why the points did not come."""

from collections.abc import Iterator
from datetime import date

from regulars.core import conditions
from regulars.core.conditions import Condition, Names, Vocabulary
from regulars.core.member import Award, Deed, Event, Member, OrderEvent, Purchase
from regulars.core.programme.deciding import decide, scene
from regulars.core.programme.earning import STREAK, OrderRule, PerOrder, Rule, Streak
from regulars.core.programme.outcome import Outcome
from regulars.core.programme.plan import Plan
from regulars.core.programme.sentences.outcomes import note_sentence
from regulars.core.programme.sentences.rules import STEPS
from regulars.core.programme.sentences.speech import SEMICOLON, Speech, clauses
from regulars.core.programme.vocabulary import EVENT, LINE, ORDER, Scene, ask
from regulars.core.says import Says, joined

# Notes of a task that gave nothing.
_NOTHING = {"not_now", "too_late", "often_enough", "progress", "limit", "no_referral", "unpaid", "currency"}


def why_not(member: Member, event: Event, plan: Plan, names: Names | None = None) -> list[Says]:
    """A sentence for every rule that gives nothing for an event, with its reason: dates, conditions, goods, limits, numbers."""
    speech = Speech(plan, plan.day(event.at), names)
    outcome = decide(member, event, plan)
    said = [note_sentence(note, speech) for note in outcome.notes if note.code in _NOTHING]
    if isinstance(event, OrderEvent) and outcome.award:
        said += _order(member, event.purchase, outcome.award, speech)
    if isinstance(event, Deed):
        said += _deed(member, event, outcome, speech)
    return [clauses([one]) for one in said]


def _order(member: Member, purchase: Purchase, award: Award, speech: Speech) -> Iterator[Says]:
    given = {one.rule for one in award.given if one.amount}
    seen = scene(purchase, award, speech.plan)
    rules = (rule for rule in speech.plan.programme.rules if isinstance(rule, OrderRule))
    for rule in (rule for rule in rules if rule.id not in given):
        if dated := _dates(rule, award.day, speech):
            reasons = [dated]
        else:
            reasons = [*_conditions(rule.when, ORDER, seen, speech), *_goods(rule, purchase, speech)]
        yield _because(rule, reasons or [_gave_nothing(rule, member, award, speech)], speech)


def _deed(member: Member, event: Deed, outcome: Outcome, speech: Speech) -> Iterator[Says]:
    """The tasks whose condition did not hold, with what did not; a deed that no task rewards."""
    plan = speech.plan
    doings = {doing.rule.id: doing.rule for doing in plan.tasks.get(event.name, ())}
    if not doings:
        yield Says("No task rewards “{event}”", "没有任务奖励“{event}”").filled(event=event.name)
    scene = Scene(date.fromordinal(speech.near), ask(plan.task_asks, member, speech.near), properties=event.properties)
    for note in outcome.notes:
        if note.code == "condition":
            rule = doings[note.values["rule"]]
            yield _because(rule, _conditions(rule.when, EVENT, scene, speech), speech)


def _because(rule: Rule, reasons: list[Says], speech: Speech) -> Says:
    words = Says("{rule}: {reasons}", "{rule}：{reasons}")
    return words.filled(rule=speech.rule(rule.id), reasons=joined(reasons, SEMICOLON))


def _dates(rule: Rule, day: int, speech: Speech) -> Says | None:
    if rule.runs_on(day):
        return None
    if rule.starts and day < rule.starts.toordinal():
        return Says("begins on {day}", "{day}才开始").filled(day=speech.day(rule.starts.toordinal()))
    assert rule.ends
    return Says("ended on {day}", "已于 {day}结束").filled(day=speech.day(rule.ends.toordinal()))


def _conditions(when: Condition | None, vocabulary: Vocabulary, scene: Scene, speech: Speech) -> list[Says]:
    """The parts of a condition that do not hold."""
    unmet = conditions.unmet(when, vocabulary, scene) if when else ()
    words = Says("not met: {part}", "未满足：{part}")
    return [words.filled(part=speech.condition(part, vocabulary)) for part in unmet]


def _goods(rule: Rule, purchase: Purchase, speech: Speech) -> list[Says]:
    lines = getattr(rule, "lines", None)
    if lines is None or any(conditions.compiled(lines, LINE)(line.goods) for line in purchase.lines):
        return []
    words = Says("none of the goods count: only where {lines}", "没有符合的商品：仅限{lines}")
    return [words.filled(lines=speech.condition(lines, LINE))]


def _gave_nothing(rule: Rule, member: Member, award: Award, speech: Speech) -> Says:
    """Why a rule that applied gave nothing."""
    cut = next((one for one in award.given if one.rule == rule.id), None)
    if cut:
        limits = [speech.cap(cap, speech.amount(rule.unit, cap.amount)) for cap in (rule.cap, rule.budget) if cap]
        return Says("the limit is used up ({limits})", "额度已用完（{limits}）").filled(
            limits=joined(limits, SEMICOLON)
        )
    match rule:
        case PerOrder(nth=int(nth)):
            words = Says("this is order number {n}, not {nth}", "本单是第 {n} 单，不是第 {nth} 单")
            return words.filled(n=award.nth, nth=nth)
        case PerOrder(every=int(every)):
            words = Says("order {done} of {every}", "已累计 {done}/{every} 单")
            return words.filled(done=award.nth % every, every=every)
        case Streak():
            return _streak(rule, member, award.day, speech)
    return Says("the amount is too small", "数量不足，未达到起送标准")


def _streak(rule: Streak, member: Member, day: int, speech: Speech) -> Says:
    """How long the streak is, this order's period included; an order in a period that has one already adds nothing."""
    plan, begins = speech.plan, speech.plan.period_begins(rule.period, day)
    ordered = {plan.period_begins(rule.period, counted.day) for counted in member.days if counted.orders}
    completed = {used.since for used in member.used if used.rule == STREAK + rule.id}
    if begins in ordered:
        return Says("an order of this period has counted already", "本期已有订单计入")
    length = 1
    while (begins := plan.period_begins(rule.period, begins - 1)) in ordered - completed:
        length += 1
    words = Says("{done} of {length} {steps} in a row", "已连续 {done}/{length} {steps}")
    return words.filled(done=length, length=rule.length, steps=STEPS[rule.period])
