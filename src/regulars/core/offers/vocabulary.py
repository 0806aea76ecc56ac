"""What the conditions of offers may ask: all that a programme's may ask of an order and its member, and the cart's own."""

from datetime import date
from typing import Any, NamedTuple

from regulars.core.conditions import Field, Type, Vocabulary
from regulars.core.programme.vocabulary import LINE, ORDER
from regulars.core.says import Says

GOODS = LINE


class Basket(NamedTuple):
    """The cart as conditions see it: ``lines`` are the different goods, however many lines they were put in."""

    lines: tuple[Any, ...]
    channel: str
    store: str
    seller: str


class Sight:
    """What conditions look at in one lane. ``amount`` is what the goods cost after the lanes before."""

    __slots__ = ("amount", "asked", "codes", "hour", "nth", "on", "purchase", "quantity_milli", "shipping")

    def __init__(self, purchase: Basket, asked: dict[Any, Any], nth: int | None, on: date, hour: int) -> None:
        self.purchase, self.asked, self.nth, self.on, self.hour = purchase, asked, nth, on, hour
        self.amount = self.quantity_milli = self.shipping = 0
        self.codes: frozenset[str] = frozenset()


CART = Vocabulary(
    "cart",
    (
        *ORDER.values(),
        Field("order.hour", Type.COUNT, Says("hour of the order (0 to 23)", "下单时段（0–23 点）"), lambda s: s.hour),
        Field("order.shipping", Type.MONEY, Says("shipping", "运费"), lambda s: s.shipping),
        Field("order.codes", Type.TEXTS, Says("codes entered", "已输入的优惠码"), lambda s: s.codes, source="codes"),
    ),
)
