"""What the conditions of a programme may ask: of the order, its lines, a deed, and the member."""

from calendar import isleap
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from typing import Any

from regulars.core.conditions import Condition, Field, Parameter, Type, Vocabulary, each_test
from regulars.core.facts import NONE
from regulars.core.member import Goods, Member, Purchase
from regulars.core.says import Says

Ask = tuple[str, int | None]
_DAYS = Parameter("days", 1, 1096)


class Scene:
    """What conditions look at while one event is decided.

    ``asked`` are the answers about the member as they were at the purchase: an order that is decided again after a return is
    asked the same, whatever the member has done since. ``nth`` counts the orders that are kept, this one included.
    """

    __slots__ = ("amount", "asked", "nth", "on", "properties", "purchase", "quantity_milli")

    def __init__(
        self,
        on: date,
        asked: Mapping[Ask, Any],
        *,
        purchase: Purchase | None = None,
        amount: int = 0,
        quantity_milli: int = 0,
        nth: int = 0,
        properties: Mapping[str, Any] = NONE,
    ) -> None:
        self.on, self.asked, self.purchase, self.properties = on, asked, purchase, properties
        self.amount, self.quantity_milli, self.nth = amount, quantity_milli, nth


def ask(asks: Iterable[Ask], member: Member, day: int) -> dict[Ask, Any]:
    """What ``member`` answers on a day (ordinal), before anything that happens on it now."""
    return {(name, parameter): _ANSWERS[name](member, day, parameter) for name, parameter in asks}


def asks_in(condition: Condition | None) -> frozenset[Ask]:
    """Of what a condition tests, that which is asked of the member."""
    tests = each_test(condition) if condition else ()
    return frozenset((test.field, test.parameter) for test in tests if test.field in _ANSWERS)


def _in_last(member: Member, day: int, days: int | None, place: int) -> int:
    since = day - (days or 0) + 1
    return sum([counted[place] for counted in member.days if since <= counted[0] <= day])


def _days_since_order(member: Member, day: int, _: int | None) -> int | None:
    last = next((counted.day for counted in reversed(member.days) if counted.day <= day), member.past.day)
    return day - last if 0 < last <= day else None


def _birthday_month(member: Member, day: int, _: int | None) -> bool | None:
    return None if member.birthday is None else member.birthday.month == date.fromordinal(day).month


def _birthday(member: Member, day: int, _: int | None) -> bool | None:
    return None if member.birthday is None else is_birthday(member.birthday, date.fromordinal(day))


def is_birthday(born: date, on: date) -> bool:
    """Whether ``on`` is a birthday; one on 29 February is on the 28th in other years."""
    return birthday_in(born, on.year) == on


def birthday_in(born: date, year: int) -> date:
    """The birthday in a year."""
    return date(year, 2, 28) if (born.month, born.day) == (2, 29) and not isleap(year) else born.replace(year=year)


_ANSWERS: dict[str, Callable[[Member, int, int | None], Any]] = {
    "member.tier": lambda member, day, _: member.standing.tier,
    "member.orders": lambda member, day, _: member.orders,
    "member.orders_in_last": lambda member, day, days: _in_last(member, day, days, 2),
    "member.spend_in_last": lambda member, day, days: _in_last(member, day, days, 1),
    "member.days_since_order": _days_since_order,
    "member.days_since_joining": lambda member, day, _: day - member.joined if member.joined else None,
    "member.birthday_month": _birthday_month,
    "member.birthday": _birthday,
    "member.tags": lambda member, day, _: member.facts.get("tags"),
    "member.country": lambda member, day, _: member.facts.get("country"),
    "member.region": lambda member, day, _: member.facts.get("region"),
    "member.gender": lambda member, day, _: member.facts.get("gender"),
    "member.language": lambda member, day, _: member.facts.get("language"),
}


def _asked(name: str, kind: Type, label: Says, *, days: bool = False, source: str | None = None) -> Field:
    if days:
        return Field(name, kind, label, lambda scene, n: scene.asked.get((name, n)), parameter=_DAYS)
    return Field(name, kind, label, lambda scene: scene.asked.get((name, None)), source=source)


MEMBER = Vocabulary(
    "member",
    (
        _asked("member.tier", Type.TEXT, Says("the member's tier", "会员等级"), source="tiers"),
        _asked("member.orders", Type.COUNT, Says("the member's orders so far", "会员累计订单数")),
        _asked(
            "member.orders_in_last", Type.COUNT, Says("orders in the last {days} days", "近 {days} 天订单数"), days=True
        ),
        _asked(
            "member.spend_in_last", Type.MONEY, Says("spend in the last {days} days", "近 {days} 天消费额"), days=True
        ),
        _asked("member.days_since_order", Type.COUNT, Says("days since the last order", "距上次下单天数")),
        _asked("member.days_since_joining", Type.COUNT, Says("days since joining", "入会天数")),
        _asked("member.birthday_month", Type.FLAG, Says("it is the month of the birthday", "本月过生日")),
        _asked("member.birthday", Type.FLAG, Says("it is the birthday", "当天过生日")),
        _asked("member.tags", Type.TEXTS, Says("the member's tags", "会员标签")),
        _asked("member.country", Type.TEXT, Says("the member's country", "会员所在国家或地区")),
        _asked("member.region", Type.TEXT, Says("the member's province or region", "会员所在省份")),
        _asked("member.gender", Type.TEXT, Says("the member's gender", "会员性别")),
        _asked("member.language", Type.TEXT, Says("the member's language", "会员语言")),
    ),
)
ORDER = Vocabulary(
    "order",
    (
        Field("order.amount", Type.MONEY, Says("order amount", "订单金额"), lambda scene: scene.amount),
        Field(
            "order.quantity", Type.QUANTITY, Says("quantity ordered", "购买数量"), lambda scene: scene.quantity_milli
        ),
        Field("order.lines", Type.COUNT, Says("number of lines", "商品行数"), lambda scene: len(scene.purchase.lines)),
        Field(
            "order.number",
            Type.COUNT,
            Says("which order of the member's it is", "会员的第几单"),
            lambda scene: scene.nth,
        ),
        Field("order.day", Type.DAY, Says("day of the order", "下单日期"), lambda scene: scene.on),
        Field(
            "order.channel", Type.TEXT, Says("channel", "渠道"), lambda scene: scene.purchase.channel, source="channels"
        ),
        Field("order.store", Type.TEXT, Says("store", "门店"), lambda scene: scene.purchase.store, source="stores"),
        Field("order.seller", Type.TEXT, Says("seller of the order", "订单卖家"), lambda scene: scene.purchase.seller),
        *MEMBER.values(),
    ),
)


def _goods(name: str, kind: Type, label: Says, read: Callable[[Goods], Any], source: str) -> Field:
    return Field(name, kind, label, read, source=source)


LINE = Vocabulary(
    "line",
    (
        _goods("line.product", Type.TEXT, Says("product", "商品"), lambda goods: goods.product, "products"),
        _goods("line.category", Type.TEXTS, Says("category", "类目"), lambda goods: goods.categories, "categories"),
        _goods("line.tags", Type.TEXTS, Says("product tags", "商品标签"), lambda goods: goods.tags, "product_tags"),
        _goods(
            "line.seller", Type.TEXT, Says("seller of the product", "商品卖家"), lambda goods: goods.seller, "sellers"
        ),
        _goods("line.brand", Type.TEXT, Says("brand", "品牌"), lambda goods: goods.brand, "brands"),
    ),
)


def _told(name: str, kind: Type, label: Says) -> Field:
    return Field(name, kind, label, lambda scene: scene.properties.get(name.removeprefix("event.")))


# Nothing here tells how many stars a review gave: points are for reviewing, never for praise.
EVENT = Vocabulary(
    "event",
    (
        _told("event.verified", Type.FLAG, Says("it is verified", "已核验")),
        _told("event.product", Type.TEXT, Says("product it is about", "相关商品")),
        _told("event.channel", Type.TEXT, Says("channel", "渠道")),
        _told("event.length", Type.COUNT, Says("length of the text in characters", "文字长度（字）")),
        _told("event.photos", Type.COUNT, Says("number of photos", "图片数量")),
        *MEMBER.values(),
    ),
)
