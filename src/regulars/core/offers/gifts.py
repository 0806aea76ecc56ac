"""Offers that give something beside prices: goods, packs of coupons, draws of a lottery."""

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import ClassVar

from regulars.core.declarations import (
    Context,
    Flag,
    Id,
    Ids,
    Localised,
    Money,
    Parts,
    Ref,
    Share,
    Whole,
    declare,
    join,
)
from regulars.core.faults import Fault
from regulars.core.offers.base import Counting, Number, Offer
from regulars.core.offers.desk import Desk, Pick
from regulars.core.offers.quotes import Effect, Hold
from regulars.core.says import Says, joined, money

LISTED = Says(", ", "、")


@dataclass(frozen=True, slots=True, kw_only=True)
class Giving(Offer):
    """Given once to an order that spends the minimum, or again for each full minimum."""

    usual: ClassVar[str] = "gifts"
    gives: ClassVar[bool] = True

    every: bool = declare(Flag(), Says("For every full amount", "每满即送"), default=False)
    value: int = declare(
        Money(0),
        Says("Worth", "价值"),
        help=Says("Of gifts that exclude each other the one worth most is given", "互斥时送价值最高的"),
        default=0,
    )

    def check(self, path: str, context: Context) -> Iterable[Fault]:
        yield from Offer.check(self, path, context)
        if self.every and not self.minimum:
            yield Fault(
                join(path, "every"),
                Says("Every full amount of nothing would be endless.", "未填最低消费，每满即送没有意义。"),
                Says("Give a minimum.", "请填写最低消费。"),
            )

    @property
    def worth(self) -> int:
        return max(1, self.value)

    def counting(self, number: Number) -> Counting:
        return lambda desk, pick: 0

    def times(self, pick: Pick) -> int:
        """How often it is given."""
        return pick.base // self.minimum if self.every else 1

    def told(self, gives: Says, currency: str) -> Says:
        if not self.minimum:
            return gives
        words = Says("{gives} for every full {n}", "每满 {n} 送{gives}")
        if not self.every:
            words = Says("{gives} from {n} on", "满 {n} 送{gives}")
        return words.filled(gives=gives, n=money(self.minimum, currency))


@dataclass(frozen=True, slots=True, kw_only=True)
class Gift(Giving):
    """Goods for nothing: all of them added, or so many of them to choose."""

    kind: ClassVar[str] = "gift"
    title: ClassVar[Says] = Says("Gift with purchase", "满赠")

    products: tuple[str, ...] = declare(Ids("products"), Says("Gifts", "赠品"))
    choose: int | None = declare(Whole(1, 100), Says("Customer chooses", "任选几件"), default=None)
    stock: int | None = declare(Whole(1, 10**9), Says("Stock (times given)", "赠品库存（份）"), default=None)

    def check(self, path: str, context: Context) -> Iterable[Fault]:
        yield from Giving.check(self, path, context)
        if self.choose and self.choose > len(self.products):
            yield Fault(
                join(path, "choose"),
                Says("There are fewer gifts than may be chosen.", "可选件数多于赠品种数。"),
                Says("Give at most {n}.", "请填不超过 {n} 的件数。").filled(n=len(self.products)),
            )

    def effects(self, desk: Desk, pick: Pick) -> tuple[Effect, ...]:
        times = self._times(desk, pick)
        if not times:
            return ()
        if self.choose:
            return (Effect(self.id, "choice", self.products, times * self.choose),)
        return (Effect(self.id, "gift", self.products, times),)

    def _times(self, desk: Desk, pick: Pick) -> int:
        times = self.times(pick)
        return times if self.stock is None else min(times, desk.cart.left.get(f"{self.id}/stock", self.stock))

    def holds(self, desk: Desk, pick: Pick) -> tuple[Hold, ...]:
        return (Hold(f"{self.id}/stock", self._times(desk, pick), self.stock),) if self.stock else ()

    def missing(self, desk: Desk, pick: Pick) -> tuple[str, int]:
        return "no_stock", 0

    def says(self, context: Context) -> Says:
        items = joined([Ref("products").says(each, context) for each in self.products], LISTED)
        words = Says("{choose} of {items}", "{items} 任选 {choose} 件") if self.choose else Says("{items}", "{items}")
        return self.told(words.filled(items=items, choose=self.choose), context.currency)


@dataclass(frozen=True, slots=True, kw_only=True)
class Coupons:
    """So many of one coupon."""

    coupon: str = declare(Ref("offers"), Says("Coupon", "优惠券"))
    count: int = declare(Whole(1, 100), Says("How many", "张数"), default=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class CouponPack(Giving):
    """Coupons for next time."""

    kind: ClassVar[str] = "coupon_pack"
    title: ClassVar[Says] = Says("Coupon pack", "券包")

    coupons: tuple[Coupons, ...] = declare(Parts(Coupons, minimum=1, maximum=20), Says("Coupons", "券包内容"))

    def effects(self, desk: Desk, pick: Pick) -> tuple[Effect, ...]:
        items = tuple(each.coupon for each in self.coupons for _ in range(each.count))
        return (Effect(self.id, "coupons", items, self.times(pick)),)

    def says(self, context: Context) -> Says:
        n = sum(each.count for each in self.coupons)
        return self.told(Says("a coupon" if n == 1 else f"{n} coupons", f"{n} 张优惠券"), context.currency)


@dataclass(frozen=True, slots=True, kw_only=True)
class Prize:
    """What a draw may give. Without ``stock`` there is always one: a word of thanks, a small coupon."""

    id: str = declare(Id(), Says("Id", "标识"))
    name: Says = declare(Localised(60), Says("Name", "名称"))
    chance: Fraction = declare(Share(), Says("Chance", "中奖概率"))
    stock: int | None = declare(Whole(1, 10**9), Says("Stock", "奖品库存"), default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lottery(Giving):
    """Draws for an order. Who draws when the prize is gone gets the first prize that never goes."""

    kind: ClassVar[str] = "lottery"
    title: ClassVar[Says] = Says("Lottery", "抽奖")

    draws: int = declare(Whole(1, 100), Says("Draws", "抽奖次数"), default=1)
    prizes: tuple[Prize, ...] = declare(Parts(Prize, minimum=1, maximum=50), Says("Prizes", "奖品"))

    def check(self, path: str, context: Context) -> Iterable[Fault]:
        yield from Giving.check(self, path, context)
        if (whole := sum(prize.chance for prize in self.prizes)) != 1:
            yield Fault(
                join(path, "prizes"),
                Says("The chances sum to {n}%, not to 100%.", "中奖概率合计 {n}%，不等于 100%。").filled(
                    n=f"{float(whole * 100):g}"
                ),
                Says("Give the rest to a prize without stock.", "请把剩余概率分给不限库存的奖品。"),
            )
        if all(prize.stock is not None for prize in self.prizes):
            yield Fault(
                join(path, "prizes"),
                Says("When all prizes are gone a draw could give nothing.", "奖品全部发完后，抽奖将没有结果。"),
                Says("Add one without stock.", "请至少设置一个不限库存的奖品。"),
            )

    def effects(self, desk: Desk, pick: Pick) -> tuple[Effect, ...]:
        return (Effect(self.id, "draws", number=self.draws * self.times(pick)),)

    def says(self, context: Context) -> Says:
        return self.told(
            Says("a draw" if self.draws == 1 else f"{self.draws} draws", f"{self.draws} 次抽奖"), context.currency
        )
