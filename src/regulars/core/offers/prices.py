"""Offers that are prices: struck-through, for members, for a flash, for a group, with a deposit, agreed after bargaining.

Goods that one of them gave a price are on sale for the lanes after it. What a group, a deposit or a bargain has come to is
told with the cart: nothing here keeps it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar

from regulars.core.conditions import Condition, Test
from regulars.core.declarations import EMPTY, Context, Instant, Money, Part, Ref, Table, Whole, declare, join
from regulars.core.faults import Fault
from regulars.core.offers.base import Counting, Number, Off, Offer
from regulars.core.offers.cart import PRICE_MOST, Cart
from regulars.core.offers.desk import Desk, Pick, nearest
from regulars.core.offers.quotes import Effect, Hold
from regulars.core.says import Says, money


@dataclass(frozen=True, slots=True, kw_only=True)
class Priced(Offer):
    """A price for each of some products, or something off each piece of some goods."""

    usual: ClassVar[str] = "prices"
    prices_goods: ClassVar[bool] = True

    prices: Mapping[str, int] = declare(
        Table(Money(0, PRICE_MOST), keys=Ref("products")), Says("Price by product", "各商品价格"), default=EMPTY
    )
    off: Off | None = declare(Part(Off), Says("Or off each piece", "或每件优惠"), default=None)

    def check(self, path: str, context: Context) -> Iterable[Fault]:
        yield from Offer.check(self, path, context)
        if bool(self.prices) == bool(self.off):
            yield Fault(
                join(path, "prices"),
                Says("Prices or off is needed, and not both.", "prices 与 off 需且只需填写一项。"),
                Says("Keep one of them.", "请只保留一项。"),
            )
        if self.prices and self.lines:
            yield Fault(
                join(path, "lines"),
                Says("The goods are those that have a price.", "限定商品由价格表决定。"),
                Says("Delete lines, or use off.", "请删除 lines，或改用 off。"),
            )

    @property
    def apart(self) -> bool:
        return True

    def goods(self) -> Condition | None:
        return Test("line.product", "in", tuple(self.prices)) if self.prices else self.lines

    def counting(self, number: Number) -> Counting:
        return lambda desk, pick: [self._cut(desk, g, desk.millis[g]) for g in pick.piles]

    def _cut(self, desk: Desk, pile: int, milli: int) -> int:
        """What comes off so much of a pile."""
        left, whole = desk.lefts[pile], desk.millis[pile]
        if self.off:
            return self.off.cut(left * milli, whole, milli)
        return max(0, left * milli // whole - nearest(self.prices[desk.piles[pile].product] * milli, 1000))

    def says(self, context: Context) -> Says:
        if self.off:
            return Says("{title}: {off}", "{title}：{off}").filled(
                title=self.title, off=self.off.says(context.currency)
            )
        said = money(min(self.prices.values()), context.currency)
        words = Says("{title}: {price}", "{title}：{price}")
        if len(self.prices) > 1:
            words = Says("{title}: {n} products, from {price}", "{title}：{n} 种商品，{price} 起")
        return words.filled(title=self.title, price=said, n=len(self.prices))


@dataclass(frozen=True, slots=True, kw_only=True)
class CataloguePrice(Priced):
    """A sale price, the usual one struck through."""

    kind: ClassVar[str] = "catalogue_price"
    title: ClassVar[Says] = Says("Sale price", "特价")


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberPrice(Priced):
    """A price for members, or for some tiers of them."""

    kind: ClassVar[str] = "member_price"
    title: ClassVar[Says] = Says("Member price", "会员价")

    def check(self, path: str, context: Context) -> Iterable[Fault]:
        yield from Priced.check(self, path, context)
        if not self.tiers:
            yield Fault(
                join(path, "tiers"),
                Says("A member price is for some tiers.", "会员价须指定等级。"),
                Says("Name them.", "请填写适用等级。"),
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class FlashPrice(Priced):
    """A price while stock lasts: of more pieces than are left, those that are left get it, in the order of products."""

    kind: ClassVar[str] = "flash_price"
    title: ClassVar[Says] = Says("Flash sale", "秒杀价")

    stock: int = declare(Whole(1, 10**9), Says("Pieces in all", "活动库存（件）"))
    each: int | None = declare(Whole(1, 10**6), Says("Pieces per customer", "每人限购（件）"), default=None)

    def check(self, path: str, context: Context) -> Iterable[Fault]:
        yield from Priced.check(self, path, context)
        if self.each and self.each > self.stock:
            yield Fault(
                join(path, "each"),
                Says("A customer would get more than there is.", "每人限购多于活动库存。"),
                Says("Give at most {stock}.", "请填不超过 {stock} 的件数。").filled(stock=self.stock),
            )

    @property
    def apart(self) -> bool:
        return False

    def barred(self, cart: Cart, at: datetime) -> tuple[str, int] | None:
        if cart.left.get(f"{self.id}/stock", self.stock) <= 0:
            return "no_stock", self.stock
        if self.each and cart.left.get(f"{self.id}/pieces", self.each) <= 0:
            return "used_by_you", self.each
        return None

    def counting(self, number: Number) -> Counting:
        def cuts(desk: Desk, pick: Pick) -> list[int]:
            taken = self._taken(desk, pick)
            return [self._cut(desk, g, k * 1000) if k else 0 for g, k in zip(pick.piles, taken, strict=True)]

        return cuts

    def _taken(self, desk: Desk, pick: Pick) -> list[int]:
        """How many pieces of each pile get the price; none of a pile whose price is no higher."""
        cart, found = desk.cart, []
        left = cart.left.get(f"{self.id}/stock", self.stock)
        if self.each:
            left = min(left, cart.left.get(f"{self.id}/pieces", self.each))
        for g in pick.piles:
            count = min(left, desk.millis[g] // 1000) if min(self._cut(desk, g, 1000), desk.rooms[g]) > 0 else 0
            found.append(count)
            left -= count
        return found

    def holds(self, desk: Desk, pick: Pick) -> tuple[Hold, ...]:
        taken = sum(self._taken(desk, pick))
        stock = Hold(f"{self.id}/stock", taken, self.stock)
        return (stock, Hold(f"{self.id}/pieces", taken, self.each)) if self.each else (stock,)


@dataclass(frozen=True, slots=True, kw_only=True)
class TeamPrice(Priced):
    """A price for who buys together. Without a group in the cart's facts the buyer begins one; one that did not fill in
    time is refunded by whoever runs it: here it can no longer be joined."""

    kind: ClassVar[str] = "team_price"
    title: ClassVar[Says] = Says("Group buying", "拼团价")

    size: int = declare(Whole(2, 1_000), Says("Group size", "成团人数"))
    hours: int = declare(Whole(1, 720), Says("Hours to fill", "成团时限（小时）"), default=24)

    def barred(self, cart: Cart, at: datetime) -> tuple[str, int] | None:
        team = cart.teams.get(self.id)
        if team is None:
            return None
        if team.joined >= self.size:
            return "team_full", self.size
        return ("team_closed", self.size - team.joined) if at >= team.closes else None

    def effects(self, desk: Desk, pick: Pick) -> tuple[Effect, ...]:
        team = desk.cart.teams.get(self.id)
        return (Effect(self.id, "team", number=self.size - 1 - (team.joined if team else 0)),)

    def closes(self, at: datetime) -> datetime:
        """When a group that begins now must be full."""
        return at + timedelta(hours=self.hours)


@dataclass(frozen=True, slots=True, kw_only=True)
class Presale(Priced):
    """A deposit now that counts for more when the balance is paid: 付 10 抵 30."""

    kind: ClassVar[str] = "presale"
    title: ClassVar[Says] = Says("Presale", "预售")
    gives: ClassVar[bool] = True
    deposit: int = declare(Money(1), Says("Deposit for a piece", "每件定金"))
    counts_as: int = declare(Money(1), Says("Counts as", "定金可抵"))
    balance_from: datetime = declare(Instant(), Says("Balance from", "尾款开始时间"))
    balance_until: datetime = declare(Instant(), Says("Balance until", "尾款截止时间"))

    def check(self, path: str, context: Context) -> Iterable[Fault]:
        yield from Offer.check(self, path, context)
        if self.prices or self.off:
            yield Fault(
                join(path, "prices" if self.prices else "off"),
                Says("A presale is priced by its deposit.", "预售优惠由定金决定。"),
                Says("Delete it.", "请删除该项。"),
            )
        if self.counts_as < self.deposit:
            yield Fault(
                join(path, "counts_as"),
                Says("The deposit would count for less than was paid.", "定金可抵金额少于所付定金。"),
                Says("Give at least the deposit.", "请填不低于定金的金额。"),
            )
        if self.balance_until <= self.balance_from or (self.ends and self.balance_from < self.ends):
            yield Fault(
                join(path, "balance_from"),
                Says("The balance is paid after the deposits, and takes time.", "尾款时间应晚于定金时间，且不能为空。"),
                Says("Order the four times.", "请检查四个时间的先后。"),
            )

    @property
    def apart(self) -> bool:
        return False

    def window(self, cart: Cart) -> tuple[datetime | None, datetime | None]:
        if cart.deposits.get(self.id):
            return self.balance_from, self.balance_until
        return self.starts, self.ends

    def counting(self, number: Number) -> Counting:
        def cuts(desk: Desk, pick: Pick) -> list[int]:
            left, found = desk.cart.deposits.get(self.id, 0), []
            for g in pick.piles:
                count = min(left, desk.millis[g] // 1000)
                found.append(min(desk.lefts[g], count * (self.counts_as - self.deposit)))
                left -= count
            return found

        return cuts

    def effects(self, desk: Desk, pick: Pick) -> tuple[Effect, ...]:
        if desk.cart.deposits.get(self.id):
            return ()
        pieces = desk.pieces(pick)
        return (Effect(self.id, "deposit", number=pieces, amount=pieces * self.deposit),)

    def says(self, context: Context) -> Says:
        words = Says("pay {deposit} now, and {worth} are off the price", "付定金 {deposit} 抵 {worth}")
        return words.filled(
            deposit=money(self.deposit, context.currency), worth=money(self.counts_as, context.currency)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Bargain(Priced):
    """A price agreed with one customer (砍价, a negotiated price), never below the lowest."""

    kind: ClassVar[str] = "bargain"
    title: ClassVar[Says] = Says("Bargain", "砍价")

    lowest: int = declare(Money(0, PRICE_MOST), Says("Lowest price", "最低成交价"))
    pieces: int = declare(Whole(1, 10**6), Says("Pieces at that price", "可享件数"), default=1)

    def check(self, path: str, context: Context) -> Iterable[Fault]:
        yield from Offer.check(self, path, context)
        if self.prices or self.off:
            yield Fault(
                join(path, "prices" if self.prices else "off"),
                Says("The price is agreed with the customer.", "成交价由议价决定。"),
                Says("Delete it; give lowest.", "请删除该项，填写 lowest。"),
            )

    @property
    def apart(self) -> bool:
        return False

    def barred(self, cart: Cart, at: datetime) -> tuple[str, int] | None:
        return None if self.id in cart.bargains else ("not_bargained", self.lowest)

    def counting(self, number: Number) -> Counting:
        def cuts(desk: Desk, pick: Pick) -> list[int]:
            left, found = self.pieces, []
            price = max(self.lowest, desk.cart.bargains[self.id])
            for g in pick.piles:
                count = min(left, desk.millis[g] // 1000)
                found.append(max(0, desk.lefts[g] * count * 1000 // desk.millis[g] - price * count))
                left -= count
            return found

        return cuts

    def says(self, context: Context) -> Says:
        words = Says("bargain down to {lowest}", "最低可砍至 {lowest}")
        return words.filled(lowest=money(self.lowest, context.currency))
