"""An outcome in sentences: what an event brought, moved and gave, and why."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from regulars.core.conditions import Names
from regulars.core.member import Event, OrderEvent, Restored, Spent
from regulars.core.points import Activate, Draw, Earn, Entry, Expire, Owe, Repay, Spend, TakeBack
from regulars.core.programme.outcome import Gift, Note, Outcome
from regulars.core.programme.plan import FOREVER, Plan
from regulars.core.programme.sentences.awards import award_sentences, changed_award, debts
from regulars.core.programme.sentences.ladder import ending, move_sentence
from regulars.core.programme.sentences.speech import Speech, clauses
from regulars.core.says import Says, same
from regulars.core.tiers import Metric

Values = Mapping[str, Any]
_ENTRIES: dict[type, Says] = {
    TakeBack: Says("{n} went back", "扣回 {n}"),
    Spend: Says("{n} redeemed", "兑换使用 {n}"),
    Owe: Says("{n} are owed", "记欠 {n}"),
    Repay: Says("{n} repaid what was owed", "抵扣欠分 {n}"),
    Expire: Says("{n} expired", "{n} 已过期"),
}
_RECLAIMED = Says("{n} went back, out of what else was there", "从其他余额中扣回 {n}")
_GIFTS = {
    "birthday": Says("for the birthday", "生日礼物"),
    "referral:advocate": Says("for bringing a friend", "推荐好友奖励"),
    "referral:friend": Says("for joining through a friend", "受邀入会奖励"),
    "automatic": Says("by itself", "自动兑换"),
}


def sentences(outcome: Outcome, event: Event, plan: Plan, names: Names | None = None) -> list[Says]:
    """Everything that an event came to, in the order in which it matters to the member; one sentence where nothing did."""
    speech = Speech(plan, plan.day(event.at), names)
    said: list[Says] = []
    match event:
        case OrderEvent():
            said += _order(outcome, event, speech)
        case Spent(unit=unit, amount=amount):
            said.append(Says("{n} redeemed", "兑换使用 {n}").filled(n=speech.amount(unit, amount)))
        case Restored(lots=lots):
            said += [_restored(lot.unit, lot.remaining, speech) for lot in lots]
    said += _notes(outcome, speech)
    if not isinstance(event, OrderEvent):
        said += debts(outcome.entries, speech)
    if outcome.move:
        said.append(move_sentence(outcome.move, outcome.member, speech))
    said += [gift_sentence(gift, speech) for gift in outcome.gifts if gift.why != "automatic"]
    return [clauses([one]) for one in said] or [Says("Nothing changes", "没有变化")]


def entry_sentence(entry: Entry, plan: Plan) -> Says:
    """A line of a statement: one entry, without what brought it."""
    speech = Speech(plan)
    match entry:
        case Earn():
            return _earned(entry, speech)
        case Activate():
            words = Says("What was earned ({unit}) can be spent from {day}", "获得的{unit}自 {day}起可用")
            day = speech.day(plan.day(entry.active_at))
            return clauses([words.filled(unit=plan.unit(entry.unit).name, day=day)])
        case Draw():
            return _drawn(entry, speech)
    words = _RECLAIMED if isinstance(entry, Spend) and entry.what == "reclaimed" else _ENTRIES[type(entry)]
    return clauses([words.filled(n=speech.amount(entry.unit, entry.amount))])


def note_sentence(note: Note, speech: Speech) -> Says:
    """A note in words. Raises KeyError for a code that has none."""
    return _NOTES[note.code](note.values, speech)


def gift_sentence(gift: Gift, speech: Speech) -> Says:
    """A gift and why it is given, or taken back."""
    why, _, about = gift.why.partition(":")
    if why == "tier":
        said = Says("for reaching {tier}", "{tier}升级礼").filled(tier=speech.tier(about))
    else:
        said = _GIFTS.get(gift.why, _GIFTS.get(why, same(gift.why)))
    values = {"gift": speech.reward(gift.reward), "why": said}
    if gift.back:
        return Says("Taken back: {gift}, given {why}", "收回{gift}（{why}）").filled(**values)
    return Says("A gift {why}: {gift}", "{why}：{gift}").filled(**values)


def _order(outcome: Outcome, event: OrderEvent, speech: Speech) -> list[Says]:
    before, after = event.award, outcome.award
    if after is None or after == before:
        return []
    if before is None:
        return [*award_sentences(after, speech.plan), *debts(outcome.entries, speech)]
    said = [*changed_award(event, before, after, outcome.entries, speech), *debts(outcome.entries, speech)]
    active = {one.lot: one for one in outcome.entries if isinstance(one, Activate)}
    for lot in (lot for lot in outcome.member.lots if lot.id in active):
        day = speech.day(speech.plan.day(active[lot.id].active_at))
        words = Says("{n} can be spent from {day}", "{n} 自 {day}起可用")
        said.append(words.filled(n=speech.amount(lot.unit, lot.remaining), day=day))
    return said


def _earned(entry: Earn, speech: Speech) -> Says:
    parts = [Says("{n} earned", "获得 {n}").filled(n=speech.amount(entry.unit, entry.amount))]
    if entry.active_at >= FOREVER:
        parts.append(Says("can be spent after delivery", "签收后可用"))
    if entry.expires_at < FOREVER:
        last = speech.day(speech.plan.day(entry.expires_at) - 1)
        parts.append(Says("until {last}", "有效期至 {last}").filled(last=last))
    return clauses(parts)


def _drawn(entry: Draw, speech: Speech) -> Says:
    words = Says("{n} of the limit of “{rule}” for all members", "“{rule}”的全体额度使用 {n}")
    if entry.amount < 0:
        words = Says("{n} given back to the limit of “{rule}” for all members", "“{rule}”的全体额度退回 {n}")
    unit = next((one.unit for one in speech.plan.programme.rules if one.id == entry.rule), "")
    return clauses([words.filled(n=speech.amount(unit, abs(entry.amount)), rule=speech.rule(entry.rule))])


def _notes(outcome: Outcome, speech: Speech) -> Iterator[Says]:
    """The notes: what was earned with its last day, what expired in one sentence for each point type."""
    earned = {entry.unit: entry for entry in outcome.entries if isinstance(entry, Earn)}
    expired: dict[str, int] = {}
    for note in outcome.notes:
        unit = note.values.get("unit", "")
        if note.code == "expired":
            expired[unit] = expired.get(unit, 0) + note.values["amount"]
            continue
        said = note_sentence(note, speech)
        if note.code in _EARNED and unit in earned and earned[unit].expires_at < FOREVER:
            last = speech.day(speech.plan.day(earned[unit].expires_at) - 1)
            said = clauses([said, Says("can be spent until {last}", "有效期至 {last}").filled(last=last)])
        yield said
    for unit, amount in expired.items():
        yield note_sentence(Note("expired", {"unit": unit, "amount": amount}), speech)


def _restored(unit: str, amount: int, speech: Speech) -> Says:
    words = Says("{n} came back as they were", "退回 {n}，有效期不变")
    return words.filled(n=speech.amount(unit, amount))


# ---- notes -------------------------------------------------------------------------------------------------------------


def _plainly(en: str, zh: str) -> Callable[[Values, Speech], Says]:
    """A note about a rule: ``{rule}`` is its name, ``{n}`` what it gave; other values stand as they are."""

    def say(values: Values, speech: Speech) -> Says:
        told: dict[str, object] = {"rule": speech.rule(values.get("rule", ""))}
        if "amount" in values:
            told["n"] = speech.amount(values["unit"], values["amount"])
        return Says(en, zh).filled(**{**values, **told})

    return say


def _currency(values: Values, speech: Speech) -> Says:
    words = Says(
        "Nothing is earned in {theirs}: the programme counts in {ours}", "{theirs}订单不参与：会员计划以 {ours} 结算"
    )
    return words.filled(theirs=values["currency"], ours=speech.plan.currency)


def _referral(values: Values, speech: Speech) -> Says:
    friend = values["role"] != "advocate"
    why = Says("for joining through a friend", "受邀入会") if friend else Says("for bringing a friend", "推荐好友")
    if not values["amount"]:
        return Says("Rewarded {why}", "{why}奖励已发放").filled(why=why)
    return Says("{n} {why}", "{why}获得 {n}").filled(n=speech.amount(values["unit"], values["amount"]), why=why)


def _redeemed(values: Values, speech: Speech) -> Says:
    n, times = speech.amount(values["unit"], values["amount"]), values["times"]
    reward = speech.reward(values["reward"])
    many = Says("{times} × {reward}", "{reward} ×{times}").filled(times=times, reward=reward) if times > 1 else reward
    return Says("{n} turned into {many}", "{n} 已自动兑换{many}").filled(n=n, many=many)


def _short(values: Values) -> list[tuple[Metric, int]]:
    return [(Metric(metric), n) for metric, n in values.get("missing", {}).items()]


def _tier_warning(values: Values, speech: Speech) -> Says:
    return ending(values["tier"], values["until"], _short(values), speech)


def _tier_kept(values: Values, speech: Speech) -> Says:
    words = Says("{tier} stays until {until}", "{tier}续期至 {until}")
    return words.filled(tier=speech.tier(values["tier"]), until=speech.day(values["until"]))


def _tier_grace(values: Values, speech: Speech) -> Says:
    words = Says("Days of grace: {ending}", "宽限期：{ending}")
    return words.filled(ending=ending(values["tier"], values["until"], _short(values), speech))


_EARNED = {"task", "birthday", "referral"}
_NOTES: dict[str, Callable[[Values, Speech], Says]] = {
    "unpaid": _plainly("Nothing is earned before the order is paid", "订单付款后才会获得奖励"),
    "currency": _currency,
    "task": _plainly("{n} ({rule})", "获得 {n}（{rule}）"),
    "birthday": _plainly("{n} for the birthday ({rule})", "生日获得 {n}（{rule}）"),
    "not_now": _plainly("{rule}: not on this day", "{rule}：不在活动时间内"),
    "too_late": _plainly("{rule}: too long after joining", "{rule}：已超过入会后的期限"),
    "condition": _plainly("{rule}: its condition does not hold", "{rule}：不满足条件"),
    "often_enough": _plainly("{rule}: rewarded as often as it can be", "{rule}：奖励次数已用完"),
    "progress": _plainly("{rule}: {done} of {of} done", "{rule}：已完成 {done}/{of}"),
    "limit": _plainly("{rule}: the limit is reached", "{rule}：已达上限"),
    "no_referral": _plainly("The programme rewards no referrals", "会员计划未设推荐奖励"),
    "referral": _referral,
    "expired": _plainly("{n} expired", "{n} 已过期"),
    "redeemed": _redeemed,
    "task_over": _plainly("{rule}: the time for it is over", "{rule}：任务期限已过"),
    "tier_warning": _tier_warning,
    "tier_kept": _tier_kept,
    "tier_grace": _tier_grace,
}
