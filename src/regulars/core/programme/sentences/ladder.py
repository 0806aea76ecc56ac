"""Tiers in words: what each takes and gives, why a member stands where they stand, and what is missing to the next."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from regulars.core.conditions import Names
from regulars.core.declarations import Context, Term
from regulars.core.expiry import Aligned
from regulars.core.member import Member
from regulars.core.programme.document import Ladder, Tier
from regulars.core.programme.outcome import Move
from regulars.core.programme.plan import Plan
from regulars.core.programme.privileges import BirthdayGift, EarlyAccess, MemberPrice, Privilege
from regulars.core.programme.sentences.speech import Speech, clauses
from regulars.core.programme.vocabulary import LINE
from regulars.core.says import Says, joined
from regulars.core.tiers import PLACES, Counted, Downgrade, Metric, Rules, Step, progress, reviewed

Short = Sequence[tuple[Metric, int]]
AND, OR = Says(" and ", "且"), Says(" or ", "或")
_DONE = {
    Metric.SPEND: Says("{n} spent", "消费 {n}"),
    Metric.ORDERS: Says("{n} placed", "完成 {n}"),
    Metric.POINTS: Says("{n} earned", "获得 {n}"),
    Metric.QUANTITY: Says("{n} bought", "购买 {n}"),
}
_TO_COME = {
    Metric.SPEND: Says("{n} more", "再消费 {n}"),
    Metric.ORDERS: Says("{n} more", "再下 {n}"),
    Metric.POINTS: Says("{n} more", "再得 {n}"),
    Metric.QUANTITY: Says("{n} more", "再购买 {n}"),
}
_NOTHING: tuple[tuple[Metric, int], ...] = ()
_PERIODS = {
    Aligned.DAY: Says("today", "当天"),
    Aligned.MONTH: Says("this month", "本月"),
    Aligned.QUARTER: Says("this quarter", "本季度"),
    Aligned.YEAR: Says("this year", "本年度"),
}


@dataclass(frozen=True, slots=True)
class Missing:
    """How a member stands on the ladder on a day.

    ``missing`` to ``next_tier`` (``""`` at the top): all of it, or with ``either`` any of it. ``projected`` is the tier after
    the review at the end of ``until`` if nothing more is bought; ``keep`` what is missing to keep ``tier``. Money is in minor
    units, quantities in thousandths. ``says`` are the sentences.
    """

    tier: str
    until: int
    next_tier: str
    missing: tuple[tuple[Metric, int], ...]
    either: bool
    projected: str
    keep: tuple[tuple[Metric, int], ...]
    says: tuple[Says, ...]


def missing(member: Member, plan: Plan, day: int) -> Missing | None:
    """What is missing to the next tier on a day (ordinal), and the tier that the next review would give; None without tiers."""
    ladder, standing = plan.ladder, member.standing
    if ladder is None:
        return None
    counted = progress(member.days, member.past, ladder.since(day), day)
    held = ladder.rank(standing.tier)
    above = ladder.steps[held + 1] if held + 1 < len(ladder.steps) else None
    short = above.missing(counted) if above else ()
    projected, keep = standing.tier, _NOTHING
    if held >= 0:
        then = progress(member.days, member.past, ladder.since(standing.until), day)
        rules = replace(ladder, grace_days=0)
        projected = reviewed(rules, standing, ladder.reached(then), standing.until).tier
        keep = ladder.steps[held].missing(then)
    speech = Speech(plan, day)
    said = [_to_next(above, short, speech)] if above else [_highest(standing.tier, speech)]
    if projected != standing.tier:
        said.append(_to_keep(ladder.steps[held], keep, projected, standing.until, speech))
    next_tier, either = (above.id, not above.every) if above else ("", False)
    told = tuple(clauses([one]) for one in said)
    return Missing(standing.tier, standing.until, next_tier, short, either, projected, keep, told)


def tier_sentence(tier: Tier, plan: Plan, names: Names | None = None) -> Says:
    """What a tier takes, what it multiplies points by, its gift and its privileges."""
    speech, ladder = Speech(plan, names=names), plan.ladder
    assert ladder is not None
    step = ladder.steps[ladder.rank(tier.id)]
    window = _window(ladder)
    word = AND if step.every else OR
    parts = [
        Says("{what} {window}", "{window}{what}").filled(
            what=amounts(step.thresholds, _DONE, word, speech), window=window
        )
    ]
    if tier.multiplier != 1:
        unit = plan.programme.units[0].name
        parts.append(Says("{unit} ×{n}", "{unit} ×{n}").filled(unit=unit, n=f"{float(tier.multiplier):g}"))
    if tier.gift:
        parts.append(Says("on reaching it: {gift}", "升级礼：{gift}").filled(gift=speech.reward(tier.gift)))
    parts += [privilege_sentence(privilege, speech) for privilege in tier.privileges]
    return clauses(parts)


def privilege_sentence(privilege: Privilege, speech: Speech) -> Says:
    """A privilege with the goods that it is for."""
    said = privilege.says(speech.plan.currency)
    if isinstance(privilege, BirthdayGift):
        return Says("{said}: {gift}", "{said}：{gift}").filled(said=said, gift=speech.reward(privilege.reward))
    if isinstance(privilege, MemberPrice | EarlyAccess) and privilege.lines:
        lines = speech.condition(privilege.lines, LINE)
        return Says("{said} on goods where {lines}", "{said}（限{lines}的商品）").filled(said=said, lines=lines)
    return said


def ladder_sentences(told: Ladder, plan: Plan, names: Names | None = None) -> list[Says]:
    """How tiers are kept and lost."""
    speech, context, ladder = Speech(plan, names=names), Context(plan.currency), plan.ladder
    assert ladder is not None
    said = [Says("Counted: {window}", "统计周期：{window}").filled(window=_window(ladder))]
    if told.goods:
        said.append(
            Says("Only goods count where {goods}", "仅统计{goods}的商品").filled(
                goods=speech.condition(told.goods, LINE)
            )
        )
    if told.downgrade is Downgrade.NONE:
        said.append(Says("A tier once reached is kept for good", "等级达成后永久保留"))
        return [clauses([one]) for one in said]
    kept = Term().says(told.kept, context)
    said.append(Says("A tier is sure for {kept}", "等级有效期 {kept}").filled(kept=kept))
    said.append(_AFTERWARDS[told.downgrade])
    if told.grace_days:
        said.append(Says("{n} days of grace before a downgrade", "降级前有 {n} 天宽限期").filled(n=told.grace_days))
    if told.warn_days:
        said.append(Says("Warned {n} days before", "提前 {n} 天提醒").filled(n=told.warn_days))
    return [clauses([one]) for one in said]


_AFTERWARDS = {
    Downgrade.ONE_STEP: Says("Then, where it is no longer reached, one tier down", "到期未达标时降一级"),
    Downgrade.RECOMPUTE: Says("Then the tier is what the progress reaches", "到期按实际达标重新定级"),
}


_MERGES = {
    "merged": Says("{after} with what both records count, before: {before}", "合并记录后等级为{after}，此前为{before}"),
    "split": Says("{after} since the merge was undone, before: {before}", "撤销合并后等级为{after}，此前为{before}"),
}


def move_sentence(move: Move, member: Member, speech: Speech) -> Says:
    """A member's move from one tier to another, and why; ``member`` as they are after it."""
    ladder, standing = speech.plan.ladder, member.standing
    before, after = speech.tier(move.before), speech.tier(move.after)
    rank = ladder.rank(move.after) if ladder else -1
    if ladder is None or (move.why == "reached" and rank < 0):
        return Says("{after}, before: {before}", "{after}，此前为{before}").filled(after=after, before=before)
    if move.why == "returned":
        words = Says("{after}, no longer {before}, because goods came back", "因退货，等级由{before}变为{after}")
        return words.filled(after=after, before=before)
    if move.why in _MERGES:
        return _MERGES[move.why].filled(after=after, before=before)
    since = standing.since - 1 if move.why == "review" else standing.since
    down = rank < ladder.rank(move.before)
    if down:
        return _lowered(move, member, ladder, since if rank >= 0 else speech.near, speech)
    words = Says("{standing}: {why}", "{standing}：{why}")
    return words.filled(
        standing=standing_said(member, speech), why=_why(member, ladder, ladder.steps[rank], since, speech)
    )


def standing_said(member: Member, speech: Speech) -> Says:
    """``Gold since 8 March until 31 March 2027``."""
    standing, ladder = member.standing, speech.plan.ladder
    values = {
        "tier": speech.tier(standing.tier),
        "since": speech.day(standing.since),
        "until": speech.day(standing.until),
    }
    if ladder and ladder.downgrade is Downgrade.NONE:
        return Says("{tier} since {since}", "{since}起为{tier}").filled(**values)
    return Says("{tier} since {since} until {until}", "{since}起为{tier}，有效期至 {until}").filled(**values)


def ending(tier: str, until: int, short: Short, speech: Speech) -> Says:
    """``Gold ends on 31 March: 320.00 CNY missing``."""
    words = Says("{tier} ends on {until}", "{tier}将于 {until}到期").filled(
        tier=speech.tier(tier), until=speech.day(until)
    )
    if not short:
        return words
    ladder = speech.plan.ladder
    step = ladder.steps[ladder.rank(tier)] if ladder and ladder.rank(tier) >= 0 else None
    word = AND if step is None or step.every else OR
    return Says("{words}: {short} missing", "{words}，还差 {short}").filled(
        words=words, short=amounts(short, None, word, speech)
    )


def amounts(parts: Short, words: dict[Metric, Says] | None, word: Says, speech: Speech) -> Says:
    """Progress or thresholds in words: ``2,012.00 CNY spent and 12 orders placed``."""
    said = [(metric, _amount(metric, n, speech)) for metric, n in parts]
    return joined([words[metric].filled(n=n) if words else n for metric, n in said], word)


def _amount(metric: Metric, n: int, speech: Speech) -> Says:
    match metric:
        case Metric.SPEND:
            return speech.money(n)
        case Metric.ORDERS:
            return Says(f"{n:,} {'order' if n == 1 else 'orders'}", f"{n:,} 单")
        case Metric.QUANTITY:
            return speech.quantity(n)
    return Says(f"{n:,} {'point' if n == 1 else 'points'}", f"{n:,} 积分")


def _to_next(above: Step, short: Short, speech: Speech) -> Says:
    """``120.00 CNY more to Gold``."""
    word = AND if above.every else OR
    words = Says("{short} to {tier}", "{short}即可升级为{tier}")
    return words.filled(short=amounts(short, _TO_COME, word, speech), tier=speech.tier(above.id))


def _highest(tier: str, speech: Speech) -> Says:
    return Says("{tier} is the highest tier", "{tier}已是最高等级").filled(tier=speech.tier(tier))


def _to_keep(step: Step, short: Short, projected: str, until: int, speech: Speech) -> Says:
    """``500.00 CNY more by 31 March to keep Gold, else Silver``."""
    words = Says(
        "{short} by {until} to keep {tier}, else {projected}",
        "{until}前（含当天）{short}可保留{tier}，否则变为{projected}",
    )
    return words.filled(
        short=amounts(short, _TO_COME, AND if step.every else OR, speech),
        until=speech.day(until),
        tier=speech.tier(step.id),
        projected=speech.tier(projected),
    )


def _lowered(move: Move, member: Member, ladder: Rules, day: int, speech: Speech) -> Says:
    lost = ladder.steps[ladder.rank(move.before)]
    counted = progress(member.days, member.past, ladder.since(day), day)
    words = Says(
        "{after}, no longer {before}, from {day}: {short} missing {window}",
        "{day}起等级由{before}变为{after}：{window}还差 {short}",
    )
    short = lost.missing(counted) or lost.thresholds
    return words.filled(
        after=speech.tier(move.after),
        before=speech.tier(move.before),
        day=speech.day(day + 1),
        window=_window(ladder),
        short=amounts(short, None, AND if lost.every else OR, speech),
    )


def _why(member: Member, ladder: Rules, step: Step, day: int, speech: Speech) -> Says:
    """What a member had, of what a step takes, on a day."""
    counted = progress(member.days, member.past, ladder.since(day), day)
    had = [(metric, counted[PLACES[metric]], need) for metric, need in step.thresholds]
    reached = [(metric, n) for metric, n, need in had if step.every or n >= need]
    what = amounts(reached, _DONE, AND, speech)
    return Says("{what} {window}", "{window}{what}").filled(what=what, window=_window(ladder))


def _window(ladder: Rules) -> Says:
    if ladder.counted is Counted.LIFETIME:
        return Says("in all", "累计")
    if ladder.counted is Counted.CALENDAR:
        return _PERIODS[ladder.window.aligned]
    length = Term().says(ladder.window, Context("CNY"))
    return Says("in the last {n}", "近 {n}").filled(n=Says(length.en.split(",")[0], length.zh.split("，")[0]))
