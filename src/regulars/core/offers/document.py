"""Offers as an operator writes them: lanes in their order, groups that exclude each other, floors, and the offers."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction

from regulars.core.conditions import Condition, Test
from regulars.core.declarations import (
    Context,
    Id,
    Localised,
    Money,
    Parts,
    Share,
    When,
    declare,
    join,
)
from regulars.core.faults import Fault
from regulars.core.offers.base import Offer
from regulars.core.offers.cart import PRICE_MOST
from regulars.core.offers.gifts import CouponPack, Gift, Lottery
from regulars.core.offers.plain import Discount, QuantityPrice, Steps
from regulars.core.offers.prices import Bargain, CataloguePrice, FlashPrice, MemberPrice, Presale, Priced, TeamPrice
from regulars.core.offers.sets import Bundle, BuyGet, OnePiece
from regulars.core.offers.vocabulary import GOODS
from regulars.core.says import Says, money

OFFERS: tuple[type[Offer], ...] = (
    Discount,
    Steps,
    QuantityPrice,
    BuyGet,
    OnePiece,
    Bundle,
    CataloguePrice,
    MemberPrice,
    FlashPrice,
    TeamPrice,
    Presale,
    Bargain,
    Gift,
    CouponPack,
    Lottery,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lane:
    """One step of the calculation: a line is discounted once in it, at the prices that the lanes before left."""

    id: str = declare(Id(), Says("Id", "标识"))
    name: Says = declare(Localised(60), Says("Name", "名称"))


LANES = (
    Lane(id="prices", name=Says("Prices", "价格")),
    Lane(id="lines", name=Says("Goods", "商品优惠")),
    Lane(id="order", name=Says("Order", "订单优惠")),
    Lane(id="shipping", name=Says("Shipping", "运费优惠")),
    Lane(id="gifts", name=Says("Gifts", "赠品")),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Offers that exclude each other."""

    id: str = declare(Id(), Says("Id", "标识"))
    name: Says = declare(Localised(60), Says("Name", "名称"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Floor:
    """The least that a piece of some goods costs, whatever applies: a price, or a part of its price in the cart."""

    lines: Condition | None = declare(When(GOODS), Says("Goods", "商品"), default=None)
    price: int | None = declare(Money(0, PRICE_MOST), Says("At least", "不低于"), default=None)
    share: Fraction | None = declare(Share(), Says("At least of its price", "不低于原价的"), default=None)

    def check(self, path: str, context: Context) -> Iterable[Fault]:
        if (self.price is None) == (self.share is None):
            yield Fault(
                path,
                Says("A floor is a price or a share, and not both.", "price 与 share 需且只需填写一项。"),
                Says('Write share = "50%", for example.', '例如 share = "50%"。'),
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Offers:
    """The whole document. ``depth`` is the most that all offers together take off the goods of an order."""

    id: str = declare(Id(), Says("Id", "标识"))
    name: Says = declare(Localised(60), Says("Name", "名称"))
    lanes: tuple[Lane, ...] = declare(
        Parts(Lane, maximum=20), Says("Lanes in their order", "优惠层级（按先后）"), default=()
    )
    groups: tuple[Group, ...] = declare(Parts(Group, maximum=200), Says("Exclusive groups", "互斥组"), default=())
    floors: tuple[Floor, ...] = declare(Parts(Floor, maximum=200), Says("Floor prices", "底价"), default=())
    depth: Fraction | None = declare(
        Share(Fraction(1, 100)), Says("At most off the goods of an order", "单笔订单最大优惠幅度"), default=None
    )
    offers: tuple[Offer, ...] = declare(Parts(OFFERS, maximum=10_000), Says("Offers", "优惠活动"), default=())

    @property
    def order(self) -> tuple[Lane, ...]:
        """The lanes there are: those written, or the usual ones."""
        return self.lanes or LANES

    def check(self, path: str, context: Context) -> Iterable[Fault]:
        lanes = {lane.id for lane in self.order}
        for place, offer in enumerate(self.offers):
            where = join(join(path, "offers"), place)
            if offer.place not in lanes:
                yield Fault(
                    join(where, "lane"),
                    Says("The document has no lane {lane}.", "文档中没有层级 {lane}。").filled(lane=offer.place),
                    Says("Name one of its lanes.", "请填写已有的层级。"),
                )
            if isinstance(offer, Priced):
                yield from self._below_floor(offer, where, context)

    def _below_floor(self, offer: Priced, path: str, context: Context) -> Iterator[Fault]:
        """Prices below a floor that names the product itself: the floor would win, and nobody would get the price."""
        for floor in self.floors:
            for product, price in offer.prices.items():
                if floor.price is not None and price < floor.price and _names(floor.lines, product):
                    yield Fault(
                        join(join(path, "prices"), product),
                        Says("The price is below the floor price.", "价格低于底价。"),
                        Says("Give at least {floor}.", "请填不低于 {floor} 的价格。").filled(
                            floor=money(floor.price, context.currency)
                        ),
                    )


def _names(lines: Condition | None, product: str) -> bool:
    """Whether a floor is for this product, or for all goods."""
    if lines is None:
        return True
    if not isinstance(lines, Test) or lines.field != "line.product":
        return False
    return product == lines.value or (isinstance(lines.value, tuple) and product in lines.value)
