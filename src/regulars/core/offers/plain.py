"""Offers on amounts: off an order, its lines or its shipping; more off for more money; cheaper by the dozen."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar

from regulars.core.declarations import Choice, Context, Flag, Money, Part, Parts, Whole, declare, join
from regulars.core.faults import Fault
from regulars.core.offers.base import Counting, Number, Off, Offer, capped, short
from regulars.core.offers.desk import Desk, Pick
from regulars.core.says import Says, joined, money
from regulars.core.stacking import spread

COMMA = Says(", ", "，")


class On(StrEnum):
    """What a discount is taken off."""

    ORDER = "order"
    LINES = "lines"
    SHIPPING = "shipping"


ON = {
    On.ORDER: Says("the goods together", "订单商品合计"),
    On.LINES: Says("each piece", "每件商品"),
    On.SHIPPING: Says("shipping", "运费"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Discount(Offer):
    """A part, an amount or all above a price off the goods together, each piece of them, or shipping."""

    kind: ClassVar[str] = "discount"
    title: ClassVar[Says] = Says("Discount", "折扣立减")

    on: On = declare(Choice(On, ON), Says("Off", "优惠对象"), default=On.ORDER)
    off: Off = declare(Part(Off), Says("Discount", "优惠"))
    cap: int | None = declare(Money(1), Says("At most", "最高优惠"), default=None)

    def check(self, path: str, context: Context) -> Iterable[Fault]:
        yield from Offer.check(self, path, context)
        yield from _budget_below_cap(self, self.cap, path)

    @property
    def apart(self) -> bool:
        return self.on is On.LINES and self.cap is None

    @property
    def place(self) -> str:
        return self.lane or self.on.value

    @property
    def on_shipping(self) -> bool:
        return self.on is On.SHIPPING

    def counting(self, number: Number) -> Counting:
        cut, cap = self.off.cut, self.cap
        if self.on is On.LINES:
            return self._percent_each() or (lambda desk, pick: _each(desk, pick, self.off, cap))
        if cap is None and self.off.percent is not None:
            up, down = self.off.percent.as_integer_ratio()
            return lambda desk, pick: (2 * pick.base * up + down) // (2 * down)
        if cap is None:
            return lambda desk, pick: cut(pick.base, 1, 1000)
        return lambda desk, pick: min(cap, cut(pick.base, 1, 1000))

    def _percent_each(self) -> Counting | None:
        """The most usual offer of all, without a call for each pile."""
        if self.off.percent is None or self.cap is not None:
            return None
        up, down = 2 * self.off.percent.numerator, self.off.percent.denominator
        twice = 2 * down
        return lambda desk, pick: [(left * up + down) // twice for left in map(desk.lefts.__getitem__, pick.piles)]

    def says(self, context: Context) -> Says:
        words = {
            On.ORDER: Says("{off}{cap}", "{off}{cap}"),
            On.LINES: Says("{off} each{cap}", "每件{off}{cap}"),
            On.SHIPPING: Says("shipping {off}{cap}", "运费{off}{cap}"),
        }[self.on]
        return words.filled(off=self.off.says(context.currency), cap=capped(self.cap, context.currency))


def _each(desk: Desk, pick: Pick, off: Off, cap: int | None) -> list[int]:
    """What comes off each pile by itself, together no more than the cap."""
    cuts = [off.cut(desk.lefts[g], 1, desk.millis[g]) for g in pick.piles]
    return cuts if cap is None or sum(cuts) <= cap else spread(cap, cuts, cuts)


def _budget_below_cap(offer: Offer, cap: int | None, path: str) -> Iterable[Fault]:
    if cap and offer.limits.budget and cap > offer.limits.budget:
        yield Fault(
            join(path, "cap"),
            Says("One order could take more than the whole budget.", "单笔优惠上限高于总预算。"),
            Says("Lower the cap, or raise the budget.", "请降低优惠上限，或提高预算。"),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """From ``spend`` on this much is off."""

    spend: int = declare(Money(1), Says("Spend", "满"))
    off: Off = declare(Part(Off), Says("Off", "减"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Steps(Offer):
    """Spend X, save Y: once by the highest step reached, or again for every full X."""

    kind: ClassVar[str] = "steps"
    title: ClassVar[Says] = Says("Spend and save", "满减")

    steps: tuple[Step, ...] = declare(Parts(Step, minimum=1, maximum=20), Says("Steps", "满减阶梯"))
    every: bool = declare(Flag(), Says("For every full amount", "每满即减，上不封顶"), default=False)
    cap: int | None = declare(Money(1), Says("At most", "最高优惠"), default=None)

    def check(self, path: str, context: Context) -> Iterable[Fault]:
        yield from Offer.check(self, path, context)
        yield from _budget_below_cap(self, self.cap, path)
        if self.every and (len(self.steps) > 1 or self.steps[0].off.amount is None):
            yield Fault(
                join(path, "steps"),
                Says(
                    "For every full amount there is one step, with an amount off.", "每满即减只能有一档，且须为减金额。"
                ),
                Says("Keep one step with off.amount, or delete every.", "请只保留一档 off.amount，或去掉 every。"),
            )
        for place, step in enumerate(self.steps):
            where = join(join(path, "steps"), place)
            if place and step.spend <= self.steps[place - 1].spend:
                yield Fault(
                    join(where, "spend"),
                    Says("The step takes no more than the one before.", "本档门槛不高于上一档。"),
                    Says("Write steps from the lowest to the highest.", "请由低到高填写。"),
                )
            if step.off.amount and step.off.amount > step.spend:
                yield Fault(
                    join(where, "off"),
                    Says("More is saved than is spent.", "减免金额高于门槛金额。"),
                    Says("Give at most {spend}.", "请填不超过 {spend} 的金额。").filled(
                        spend=money(step.spend, context.currency)
                    ),
                )

    def counting(self, number: Number) -> Counting:
        first = self.steps[0].spend
        return lambda desk, pick: self.saved(pick.base) if pick.base >= first else 0

    def saved(self, base: int) -> int:
        """What is off goods that cost ``base``, at least the first step's."""
        step = [step for step in self.steps if base >= step.spend][-1]
        if self.every:
            assert step.off.amount is not None
            saved = base // step.spend * step.off.amount
        else:
            saved = step.off.cut(base, 1, 1000)
        return saved if self.cap is None else min(saved, self.cap)

    def missing(self, desk: Desk, pick: Pick) -> tuple[str, int]:
        left = self.steps[0].spend - pick.base
        return ("spend_more", left) if left > 0 else ("nothing", 0)

    def says(self, context: Context) -> Says:
        every = Says("every full ", "每满 ") if self.every else Says("spend ", "满 ")
        told = [
            Says(
                "{every}{spend}: {off}", "{every}{amount} 打 {off}" if step.off.percent else "{every}{amount} {off}"
            ).filled(
                every=every,
                spend=money(step.spend, context.currency),
                amount=short(step.spend, context.currency),
                off=step.off.says(context.currency),
            )
            for step in self.steps
        ]
        return joined(
            [
                *told[:-1],
                Says(
                    told[-1].en + capped(self.cap, context.currency).en,
                    told[-1].zh + capped(self.cap, context.currency).zh,
                ),
            ],
            COMMA,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class QuantityStep:
    """From so many pieces on, each is cheaper by this."""

    pieces: int = declare(Whole(1, 10**9), Says("From pieces", "满几件"))
    off: Off = declare(Part(Off), Says("Off each", "每件优惠"))


@dataclass(frozen=True, slots=True, kw_only=True)
class QuantityPrice(Offer):
    """The more, the cheaper: a price for each piece from so many pieces on, of one kind of goods or of all together."""

    kind: ClassVar[str] = "quantity_price"
    title: ClassVar[Says] = Says("Price by quantity", "阶梯价")
    usual: ClassVar[str] = "lines"

    steps: tuple[QuantityStep, ...] = declare(Parts(QuantityStep, minimum=1, maximum=20), Says("Steps", "数量阶梯"))
    together: bool = declare(Flag(), Says("All goods counted together", "不同商品合并计数"), default=False)

    def check(self, path: str, context: Context) -> Iterable[Fault]:
        yield from Offer.check(self, path, context)
        for place, (lower, higher) in enumerate(zip(self.steps, self.steps[1:], strict=False), 1):
            if higher.pieces <= lower.pieces:
                yield Fault(
                    join(join(join(path, "steps"), place), "pieces"),
                    Says("The step takes no more than the one before.", "本档门槛不高于上一档。"),
                    Says("Write steps from the lowest to the highest.", "请由低到高填写。"),
                )

    @property
    def apart(self) -> bool:
        return not self.together

    def counting(self, number: Number) -> Counting:
        def cuts(desk: Desk, pick: Pick) -> list[int]:
            whole = desk.pieces(pick) if self.together else 0
            return [self._cut(desk.lefts[g], desk.millis[g], whole or desk.millis[g] // 1000) for g in pick.piles]

        return cuts

    def _cut(self, left: int, milli: int, pieces: int) -> int:
        reached = [step for step in self.steps if pieces >= step.pieces]
        return reached[-1].off.cut(left, 1, milli) if reached else 0

    def missing(self, desk: Desk, pick: Pick) -> tuple[str, int]:
        most = max((desk.millis[g] // 1000 for g in pick.piles), default=0)
        left = self.steps[0].pieces - (desk.pieces(pick) if self.together else most)
        return ("add_more", left) if left > 0 else ("nothing", 0)

    def says(self, context: Context) -> Says:
        words = Says("from {n} pieces {off} each", "满 {n} 件每件{off}")
        told = [words.filled(n=step.pieces, off=step.off.says(context.currency)) for step in self.steps]
        return joined(told, COMMA)
