"""What is to be quoted: a cart, and what is known of it elsewhere (what limits have left, teams, deposits, bargains).

Amounts are minor units, quantities thousandths of a unit. A cart can be written as a document like everything that offers
speak of; ``quote`` also takes one that was made by a program.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction

from regulars.core.declarations import (
    EMPTY,
    Context,
    Flag,
    Ids,
    Instant,
    Money,
    Part,
    Parts,
    Quantity,
    Ref,
    Share,
    Table,
    Whole,
    Words,
    declare,
    join,
)
from regulars.core.faults import Fault
from regulars.core.money import CURRENCIES
from regulars.core.says import Says

LINES_MOST = 10_000
CODES_MOST = 100
QUANTITY_MOST = 10**12
PRICE_MOST = 10**12


@dataclass(frozen=True, slots=True, kw_only=True)
class CartLine:
    """Goods of one kind. ``list_price`` is what stands struck through beside the price: the line is on sale already."""

    id: str = declare(Words(100), Says("Line", "行号"))
    product: str = declare(Ref("products"), Says("Product", "商品"), default="")
    categories: tuple[str, ...] = declare(Ids("categories"), Says("Categories", "类目"), default=())
    tags: tuple[str, ...] = declare(Ids("product_tags"), Says("Product tags", "商品标签"), default=())
    seller: str = declare(Ref("sellers"), Says("Seller", "卖家"), default="")
    brand: str = declare(Ref("brands"), Says("Brand", "品牌"), default="")
    quantity: int = declare(Quantity(1, QUANTITY_MOST), Says("Quantity", "数量"), default=1000)
    price: int = declare(Money(0, PRICE_MOST), Says("Unit price", "单价"))
    list_price: int | None = declare(Money(0, PRICE_MOST), Says("Struck-through price", "划线价"), default=None)
    tax: Fraction = declare(Share(), Says("Tax rate", "税率"), default=Fraction(0))


@dataclass(frozen=True, slots=True, kw_only=True)
class Team:
    """A group that buys together: how many have joined, this buyer not counted, and until when it may fill."""

    joined: int = declare(Whole(0, 1_000_000), Says("Joined", "已参团人数"))
    closes: datetime = declare(Instant(), Says("Closes", "截止时间"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Cart:
    """A cart. ``left`` is what limits have left by name (``summer/uses``), where anything was taken of them.

    ``owned`` says which offer a unique code among ``codes`` belongs to. ``teams``, ``deposits`` (pieces that a deposit
    was paid for) and ``bargains`` (the unit price agreed) are by offer.
    """

    lines: tuple[CartLine, ...] = declare(Parts(CartLine, maximum=LINES_MOST), Says("Lines", "商品行"), default=())
    shipping: int = declare(Money(), Says("Shipping", "运费"), default=0)
    shipping_tax: Fraction = declare(Share(), Says("Tax rate of shipping", "运费税率"), default=Fraction(0))
    tax_included: bool = declare(Flag(), Says("Prices include tax", "价格含税"), default=True)
    currency: str = declare(Words(3), Says("Currency", "币种"))
    codes: tuple[str, ...] = declare(Ids("codes", maximum=CODES_MOST), Says("Codes", "优惠码"), default=())
    owned: Mapping[str, str] = declare(
        Table(Ref("offers"), keys=Words(64)), Says("Offers of unique codes", "专属码对应活动"), default=EMPTY
    )
    channel: str = declare(Ref("channels"), Says("Channel", "渠道"), default="")
    store: str = declare(Ref("stores"), Says("Store", "门店"), default="")
    seller: str = declare(Ref("sellers"), Says("Seller of the order", "订单卖家"), default="")
    left: Mapping[str, int] = declare(
        Table(Whole(0, 10**15), keys=Words(200)), Says("What limits have left", "剩余额度"), default=EMPTY
    )
    teams: Mapping[str, Team] = declare(
        Table(Part(Team), keys=Ref("offers")), Says("Group being joined", "参加的拼团"), default=EMPTY
    )
    deposits: Mapping[str, int] = declare(
        Table(Whole(0, 10**9), keys=Ref("offers")), Says("Pieces with a deposit paid", "已付定金件数"), default=EMPTY
    )
    bargains: Mapping[str, int] = declare(
        Table(Money(), keys=Ref("offers")), Says("Price agreed", "议定单价"), default=EMPTY
    )

    def check(self, path: str, context: Context) -> Iterable[Fault]:
        """What is wrong with the cart as a whole, whoever made it."""
        if self.currency not in CURRENCIES or self.currency != context.currency:
            yield Fault(
                join(path, "currency"),
                Says("The cart is in another currency than the offers.", "购物车币种与活动币种不一致。"),
                Says("Give it in {currency}.", "请使用 {currency}。").filled(currency=context.currency),
            )
        for name, found, most in (("lines", self.lines, LINES_MOST), ("codes", self.codes, CODES_MOST)):
            if len(found) > most:
                yield Fault(
                    join(path, name),
                    Says("There are {count}.", "共有 {count} 个。").filled(count=f"{len(found):,}"),
                    Says("A cart takes {most} at most.", "一个购物车最多 {most} 个。").filled(most=f"{most:,}"),
                )
        yield from self._lines(join(path, "lines"))

    def _lines(self, path: str) -> Iterator[Fault]:
        seen: set[str] = set()
        for place, line in enumerate(self.lines):
            where = join(path, place)
            if line.id in seen:
                yield Fault(
                    join(where, "id"),
                    Says("An earlier line has this id.", "前面已有相同行号。"),
                    Says("Give each its own.", "请使用不同的行号。"),
                )
            seen.add(line.id)
            if not 1 <= line.quantity <= QUANTITY_MOST:
                yield Fault(
                    join(where, "quantity"),
                    Says("The quantity is outside what can be bought.", "数量超出允许范围。"),
                    Says("Give 0.001 to 1,000,000,000.", "请填 0.001 到 1,000,000,000。"),
                )
            if not 0 <= line.price <= PRICE_MOST:
                yield Fault(
                    join(where, "price"),
                    Says("The price is outside what can be charged.", "单价超出允许范围。"),
                    Says("Give 0 or more.", "请填 0 或以上的金额。"),
                )
