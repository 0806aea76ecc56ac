"""Offers on pieces that go together: buy X get Y, bundles, the cheapest or dearest piece.

Goods are counted in runs of equal pieces, never piece by piece: a thousand million pieces cost no more than one.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from typing import ClassVar

from regulars.core.conditions import Condition, Either
from regulars.core.declarations import Choice, Context, Money, Part, Parts, When, Whole, declare, join
from regulars.core.faults import Fault
from regulars.core.offers.base import Counting, Number, Off, Offer
from regulars.core.offers.cart import PRICE_MOST
from regulars.core.offers.desk import Desk, Pick, Pieces
from regulars.core.offers.vocabulary import GOODS
from regulars.core.says import Says, money, same
from regulars.core.stacking import spread

FREE = Off(percent=Fraction(1))


@dataclass(frozen=True, slots=True, kw_only=True)
class BuyGet(Offer):
    """Buy so many pieces, get so many others cheaper: of the same goods the cheapest of each full set, or of other goods.

    The same goods are lined up by price: of each ``buy + get`` pieces, the dearest first, the last ``get`` are cheaper.
    """

    kind: ClassVar[str] = "buy_get"
    title: ClassVar[Says] = Says("Buy X get Y", "买 X 送 Y")
    usual: ClassVar[str] = "lines"

    buy: int = declare(Whole(1, 1_000), Says("Buy (pieces)", "买（件）"))
    get: int = declare(Whole(1, 1_000), Says("Get (pieces)", "送（件）"), default=1)
    other: Condition | None = declare(When(GOODS), Says("Of other goods", "赠品范围"), default=None)
    off: Off = declare(Part(Off), Says("Cheaper by", "优惠"), default=FREE)
    times: int | None = declare(Whole(1, 10**9), Says("At most (times)", "最多享受次数"), default=None)

    def check(self, path: str, context: Context) -> Iterable[Fault]:
        yield from Offer.check(self, path, context)
        if self.other and not self.lines:
            yield Fault(
                join(path, "lines"),
                Says("Goods to buy must be named where others are got.", "赠送其他商品时，须限定购买的商品。"),
                Says("Add lines.", "请填写 lines。"),
            )

    def goods(self) -> Condition | None:
        return Either((self.lines, self.other)) if self.lines and self.other else self.lines

    def counting(self, number: Number) -> Counting:
        if self.other is None:
            return self._of_the_same
        bought, got = number(self.lines), number(self.other)

        def cuts(desk: Desk, pick: Pick) -> list[int]:
            buys = desk.pick((bought, self.not_on_sale))
            sets = desk.pieces(buys) // self.buy
            left = self.get * (sets if self.times is None else min(sets, self.times))
            taken: dict[int, int] = {}
            for _, count, g in reversed(desk.dearest_first(desk.pick((got, self.not_on_sale)))):
                if left and not buys.mask >> g & 1:
                    taken[g] = min(left, count)
                    left -= taken[g]
            return [self._cut(desk, g, taken.get(g, 0)) for g in pick.piles]

        return cuts

    def _of_the_same(self, desk: Desk, pick: Pick) -> list[int]:
        size, begins = self.buy + self.get, 0
        ends = 10**18 if self.times is None else self.times * size
        taken: dict[int, int] = {}
        for _, count, g in desk.dearest_first(pick):
            taken[g] = self._got(min(begins + count, ends)) - self._got(min(begins, ends))
            begins += count
        return [self._cut(desk, g, taken.get(g, 0)) for g in pick.piles]

    def _got(self, pieces: int) -> int:
        """How many of the first so many pieces are cheaper."""
        sets, rest = divmod(pieces, self.buy + self.get)
        return sets * self.get + max(0, rest - self.buy)

    def _cut(self, desk: Desk, pile: int, pieces: int) -> int:
        return self.off.cut(desk.lefts[pile] * pieces * 1000, desk.millis[pile], pieces * 1000) if pieces else 0

    def missing(self, desk: Desk, pick: Pick) -> tuple[str, int]:
        if self.other is None:
            short = self.buy + 1 - desk.pieces(pick)
            return ("add_more", short) if short > 0 else ("nothing", 0)
        return "incomplete", 0

    def says(self, context: Context) -> Says:
        words = Says("buy {buy}, get {get} {off}{times}", "买 {buy} 送 {get}（{off}）{times}")
        if self.off == FREE:
            words = Says("buy {buy}, get {get} free{times}", "买 {buy} 送 {get}{times}")
        times = Says(", at most {n} times", "，最多 {n} 次").filled(n=self.times) if self.times else same("")
        return words.filled(buy=self.buy, get=self.get, off=self.off.says(context.currency), times=times)


class Which(StrEnum):
    """Which piece of several."""

    CHEAPEST = "cheapest"
    DEAREST = "dearest"


WHICH = {Which.CHEAPEST: Says("cheapest", "最低价"), Which.DEAREST: Says("dearest", "最高价")}


@dataclass(frozen=True, slots=True, kw_only=True)
class OnePiece(Offer):
    """Something off the cheapest or dearest piece of several."""

    kind: ClassVar[str] = "one_piece"
    title: ClassVar[Says] = Says("Cheapest or dearest piece", "最低价/最高价商品优惠")
    usual: ClassVar[str] = "lines"

    which: Which = declare(Choice(Which, WHICH), Says("Which", "哪一件"), default=Which.CHEAPEST)
    count: int = declare(Whole(1, 1_000), Says("Pieces", "件数"), default=1)
    of: int = declare(Whole(1, 1_000), Says("Of at least (pieces)", "至少购买（件）"), default=1)
    off: Off = declare(Part(Off), Says("Off", "优惠"))

    def check(self, path: str, context: Context) -> Iterable[Fault]:
        yield from Offer.check(self, path, context)
        if self.count > self.of:
            yield Fault(
                join(path, "count"),
                Says("More pieces are cheaper than need be bought.", "优惠件数多于须购买件数。"),
                Says("Give at most {of}, or raise of.", "请填不超过 {of} 的件数，或提高 of。").filled(of=self.of),
            )

    def counting(self, number: Number) -> Counting:
        def cuts(desk: Desk, pick: Pick) -> list[int]:
            runs = desk.dearest_first(pick)
            if sum(count for _, count, _ in runs) < self.of:
                return [0] * len(pick.piles)
            left, taken = self.count, dict[int, int]()
            for _, count, g in runs if self.which is Which.DEAREST else reversed(runs):
                taken[g] = min(left, count)
                left -= taken[g]
            return [
                self.off.cut(desk.lefts[g] * k * 1000, desk.millis[g], k * 1000) if (k := taken.get(g, 0)) else 0
                for g in pick.piles
            ]

        return cuts

    def missing(self, desk: Desk, pick: Pick) -> tuple[str, int]:
        short = self.of - desk.pieces(pick)
        return ("add_more", short) if short > 0 else ("nothing", 0)

    def says(self, context: Context) -> Says:
        pieces = Says("piece" if self.count == 1 else f"{self.count} pieces", f"{self.count} 件")
        words = Says("the {which} {pieces} {off}, from {of} on", "满 {of} 件，{which} {pieces}{off}")
        if self.of == 1:
            words = Says("the {which} {pieces} {off}", "{which} {pieces}{off}")
        return words.filled(which=WHICH[self.which], pieces=pieces, off=self.off.says(context.currency), of=self.of)


@dataclass(frozen=True, slots=True, kw_only=True)
class Component:
    """Goods of which a bundle takes so many pieces."""

    lines: Condition = declare(When(GOODS), Says("Goods", "商品"))
    pieces: int = declare(Whole(1, 1_000), Says("Pieces", "件数"), default=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle(Offer):
    """Goods that cost a price together. Of each component the dearest pieces go first; goods that two components take
    count for the first. As many bundles are made as save something."""

    kind: ClassVar[str] = "bundle"
    title: ClassVar[Says] = Says("Bundle price", "套餐价")
    usual: ClassVar[str] = "lines"

    parts: tuple[Component, ...] = declare(Parts(Component, minimum=1, maximum=20), Says("Consists of", "套餐内容"))
    price: int = declare(Money(0, PRICE_MOST), Says("Price of the bundle", "套餐价"))
    times: int | None = declare(Whole(1, 10**9), Says("At most (times)", "最多享受次数"), default=None)

    def check(self, path: str, context: Context) -> Iterable[Fault]:
        yield from Offer.check(self, path, context)
        if self.lines is not None:
            yield Fault(
                join(path, "lines"),
                Says("A bundle's goods are those of its parts.", "套餐商品由 parts 决定。"),
                Says("Delete lines.", "请删除 lines。"),
            )

    def goods(self) -> Condition | None:
        return Either(tuple(part.lines for part in self.parts))

    def counting(self, number: Number) -> Counting:
        filters = [(number(part.lines), part.pieces) for part in self.parts]

        def cuts(desk: Desk, pick: Pick) -> list[int]:
            runs = self._runs(desk, filters)
            most = min(sum(count for _, count, _ in run) // pieces for run, pieces in runs)
            most = most if self.times is None else min(most, self.times)
            bundles = self._best(runs, most)
            taken: dict[int, Fraction | int] = {}
            for run, pieces in runs:
                for price, count, g in _first(run, bundles * pieces):
                    taken[g] = price * count
            worth = [int(taken.get(g, 0)) for g in pick.piles]
            saved = max(0, int(sum(taken.values()) - bundles * self.price))
            rooms = [min(desk.rooms[g], each) for g, each in zip(pick.piles, worth, strict=True)]
            return spread(min(saved, sum(rooms)), worth, rooms)

        return cuts

    def _runs(self, desk: Desk, filters: list[tuple[int, int]]) -> list[tuple[list[Pieces], int]]:
        """The runs of each component without the goods of earlier ones, and how many pieces it takes."""
        found, used = [], 0
        for filter_, pieces in filters:
            pick = desk.pick((filter_, self.not_on_sale))
            found.append(([run for run in desk.dearest_first(pick) if not used >> run[2] & 1], pieces))
            used |= pick.mask
        return found

    def _best(self, runs: list[tuple[list[Pieces], int]], most: int) -> int:
        """The number of bundles that saves most: each next one is worth no more than the one before."""
        low, high = 0, most
        while low < high:
            middle = (low + high + 1) // 2
            if self._worth(runs, middle) - self._worth(runs, middle - 1) > self.price:
                low = middle
            else:
                high = middle - 1
        return low

    def _worth(self, runs: list[tuple[list[Pieces], int]], number: int) -> Fraction | int:
        return sum(price * count for run, pieces in runs for price, count, _ in _first(run, number * pieces))

    def missing(self, desk: Desk, pick: Pick) -> tuple[str, int]:
        return "incomplete", 0

    def says(self, context: Context) -> Says:
        pieces = sum(part.pieces for part in self.parts)
        words = Says("{n} pieces together for {price}", "{n} 件一套 {price}")
        return words.filled(n=pieces, price=money(self.price, context.currency))


def _first(run: list[Pieces], pieces: int) -> Iterable[Pieces]:
    """The first so many pieces of runs."""
    for price, count, g in run:
        if pieces <= 0:
            return
        yield price, min(pieces, count), g
        pieces -= count
