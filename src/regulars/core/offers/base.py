"""What all offers have in common: who may have them, when, for which goods, in which lane, and up to which limits."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from typing import ClassVar

from regulars.core.conditions import ALWAYS, Condition, each_test
from regulars.core.declarations import (
    Context,
    Flag,
    Id,
    Ids,
    Instant,
    Localised,
    Money,
    Part,
    Ref,
    Share,
    When,
    Whole,
    declare,
    join,
)
from regulars.core.faults import Fault
from regulars.core.money import to_decimal
from regulars.core.offers.cart import PRICE_MOST, Cart
from regulars.core.offers.desk import Desk, Pick, nearest
from regulars.core.offers.quotes import Effect, Hold
from regulars.core.offers.vocabulary import CART, GOODS
from regulars.core.programme.earning import Cap
from regulars.core.says import Says, money, same

# Takes a filter of goods, answers its number.
Number = Callable[[Condition | None], int]
# What an offer takes off: one amount, which is spread over the goods by what they cost; or an amount for each pile.
Counting = Callable[[Desk, Pick], int | list[int]]
# What conditions ask that changes with the goods in the cart.
_OF_GOODS = frozenset({"order.amount", "order.quantity", "order.lines"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Off:
    """What comes off: a part, an amount, or all that is above a price."""

    percent: Fraction | None = declare(Share(Fraction(1, 10_000)), Says("Percent off", "减免比例"), default=None)
    amount: int | None = declare(Money(1, PRICE_MOST), Says("Amount off", "减免金额"), default=None)
    price: int | None = declare(Money(0, PRICE_MOST), Says("For the price of", "一口价"), default=None)

    def check(self, path: str, context: Context) -> Iterable[Fault]:
        if sum(each is not None for each in (self.percent, self.amount, self.price)) != 1:
            yield Fault(
                path,
                Says("One of percent, amount and price is needed.", "percent、amount、price 需且只需填写一项。"),
                Says('Write percent = "10%", for example.', '例如 percent = "10%"。'),
            )

    def cut(self, worth: int, per: int, milli: int) -> int:
        """What comes off goods that cost ``worth / per``; amounts and prices are for a piece (1000 ``milli``)."""
        if self.percent is not None:
            return nearest(worth * self.percent.numerator, per * self.percent.denominator)
        if self.amount is not None:
            return min(worth // per, nearest(self.amount * milli, 1000))
        assert self.price is not None
        return max(0, worth // per - nearest(self.price * milli, 1000))

    def says(self, currency: str) -> Says:
        if self.percent is not None:
            kept = f"{float((1 - self.percent) * 10):g}"
            zh = f"{kept} 折" if self.percent < 1 else "免费"
            return Says("free" if self.percent == 1 else f"{float(self.percent * 100):g}% off", zh)
        if self.amount is not None:
            return Says("{n} off", "减 {n}").filled(n=money(self.amount, currency))
        assert self.price is not None
        return Says("for {n}", "{n}").filled(n=money(self.price, currency))


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How often and how much. ``given_back``: a cancelled order gives its use back."""

    uses: int | None = declare(Whole(1, 10**12), Says("Uses in all", "总次数"), default=None)
    per_customer: Cap | None = declare(Part(Cap), Says("Uses per customer", "每人限用次数"), default=None)
    budget: int | None = declare(Money(1), Says("Budget", "预算"), default=None)
    given_back: bool = declare(Flag(), Says("A cancelled order gives its use back", "取消订单退还次数"), default=True)

    def check(self, path: str, context: Context) -> Iterable[Fault]:
        if self.uses and self.per_customer and self.per_customer.amount > self.uses:
            yield Fault(
                join(path, "per_customer"),
                Says("A customer would get more than all together.", "每人限用次数多于总次数。"),
                Says("Give at most {uses}.", "请填不超过 {uses} 的次数。").filled(uses=self.uses),
            )


NO_LIMITS = Limits()


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """One offer. Of its class: ``usual`` is the lane where none is named; ``prices_goods``: goods
    that it made cheaper are on sale for later lanes; ``gives``: it may apply without taking anything off."""

    kind: ClassVar[str]
    title: ClassVar[Says]
    usual: ClassVar[str] = "order"
    prices_goods: ClassVar[bool] = False
    gives: ClassVar[bool] = False

    id: str = declare(Id(), Says("Id", "标识"))
    name: Says = declare(Localised(60), Says("Name", "名称"))
    lane: str = declare(Id(), Says("Lane", "优惠层级"), default="")
    priority: int = declare(
        Whole(0, 1_000),
        Says("Priority", "优先级"),
        help=Says("Higher ones are chosen first in their lane", "同层级内数值大的先选"),
        default=0,
    )
    group: str = declare(
        Ref("groups"),
        Says("Exclusive group", "互斥组"),
        help=Says("One offer of a group applies to an order", "同组优惠每单只用一个"),
        default="",
    )
    lines: Condition | None = declare(When(GOODS), Says("Only goods", "限定商品"), default=None)
    not_on_sale: bool = declare(Flag(), Says("Not on sale items", "特价商品不参与"), default=False)
    minimum: int = declare(Money(0), Says("Spend on them at least", "最低消费"), default=0)
    when: Condition | None = declare(When(CART), Says("Only if", "条件"), default=None)
    tiers: tuple[str, ...] = declare(Ids("tiers"), Says("Only for tiers", "限定等级"), default=())
    starts: datetime | None = declare(Instant(), Says("From", "开始时间"), default=None)
    ends: datetime | None = declare(Instant(), Says("Until", "结束时间"), default=None)
    codes: tuple[str, ...] = declare(Ids("codes"), Says("Codes for everybody", "通用码"), default=())
    coupon: bool = declare(Flag(), Says("Only with a coupon", "凭券使用"), default=False)
    limits: Limits = declare(Part(Limits), Says("Limits", "限量"), default=NO_LIMITS)

    def check(self, path: str, context: Context) -> Iterable[Fault]:
        """What is wrong with the offer as a whole."""
        if self.starts and self.ends and self.ends <= self.starts:
            yield Fault(
                join(path, "ends"),
                Says("The offer ends before it starts.", "结束时间早于开始时间。"),
                Says("Give a later time.", "请填写更晚的时间。"),
            )

    @property
    def apart(self) -> bool:
        """Whether each pile is discounted by itself, whatever else the offer takes."""
        return False

    @property
    def place(self) -> str:
        """The lane that it is in."""
        return self.lane or self.usual

    @property
    def may_raise(self) -> bool:
        """Whether more goods in the cart may make others in it dearer.

        It takes an offer that asks for more than the goods it discounts: several goods together, an amount spent, a budget,
        an exclusive group; or that stands in the way of better ones (priority), or steps back for others (not on sale).
        """
        alone = self.apart and not (
            self.group or self.priority or self.minimum or self.not_on_sale or self.limits.budget
        )
        return not alone or any(test.field in _OF_GOODS for test in each_test(self.when or ALWAYS))

    @property
    def on_shipping(self) -> bool:
        return False

    def goods(self) -> Condition | None:
        """The goods that the offer looks at."""
        return self.lines

    def counting(self, number: Number) -> Counting:
        """What the offer takes off, as a function made once and called for every cart."""
        raise NotImplementedError

    def barred(self, cart: Cart, at: datetime) -> tuple[str, int] | None:
        """Why what is known elsewhere forbids the offer, by code and figure."""
        return None

    def window(self, cart: Cart) -> tuple[datetime | None, datetime | None]:
        """From when until when it can be had."""
        return self.starts, self.ends

    def missing(self, desk: Desk, pick: Pick) -> tuple[str, int]:
        """What is missing where nothing comes off, by code and figure."""
        return "nothing", 0

    def effects(self, desk: Desk, pick: Pick) -> tuple[Effect, ...]:
        """What it does beside prices."""
        return ()

    def holds(self, desk: Desk, pick: Pick) -> tuple[Hold, ...]:
        """What must be held beside uses and budget."""
        return ()

    @property
    def worth(self) -> int:
        """What its effects are worth to the customer, to choose among gifts."""
        return 1

    def says(self, context: Context) -> Says:
        """What the offer gives, in a sentence without goods, conditions and limits."""
        raise NotImplementedError


def capped(cap: int | None, currency: str) -> Says:
    """``, at most 50.00 CNY``, nothing without a cap."""
    if cap is None:
        return same("")
    return Says(", at most {n}", "，最高减 {n}").filled(n=money(cap, currency))


def short(minor: int, currency: str) -> str:
    """An amount in a Chinese formula such as 满300减50: without a unit or idle zeros."""
    amount = to_decimal(minor, currency)
    return f"{int(amount)}" if amount == int(amount) else f"{amount}"
