"""A small shop told in facts, the same every time: figures of a test can be checked by hand."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from regulars.core.facts import (
    ConsentFact,
    CustomerFact,
    Discount,
    EventFact,
    IdentityFact,
    LineFact,
    OrderFact,
    ProductFact,
    VariantFact,
)

OPENED_AT = datetime(2026, 1, 5, 2, 0, tzinfo=UTC)
NAMES = "王芳 李伟 张敏 刘洋 陈静 杨磊 赵丽 黄强 周婷 吴刚 徐娟 孙浩".split()
# Days between one order and the next: customer k buys every RHYTHM[k] days from day k on; 0 buys nothing, -1 buys once.
RHYTHM = (7, 7, 14, 14, 21, 28, 28, 35, 60, -1, -1, 0)
LAST_DAY = 170
PRICES = (990, 1990, 4990, 12900, 500, 29900)


@dataclass(frozen=True)
class SmallShop:
    customers: tuple[CustomerFact, ...]
    products: tuple[ProductFact, ...]
    orders: tuple[OrderFact, ...]
    events: tuple[EventFact, ...]


def customer(number: int) -> CustomerFact:
    return CustomerFact(
        source_id=f"c{number}",
        name=NAMES[number],
        language="zh-CN",
        city="上海" if number % 2 else "杭州",
        identities=(
            IdentityFact("email", f"customer{number}@mail.example", OPENED_AT),
            IdentityFact("phone", f"+86138000000{number:02d}"),
        ),
        consents=(ConsentFact("email", "marketing", number % 3 > 0, OPENED_AT, {"form": "checkout"}),),
        first_seen_at=OPENED_AT,
    )


def product(number: int) -> ProductFact:
    variant = VariantFact(f"v{number}", sku=f"SKU-{number}", currency="CNY", price=PRICES[number])
    return ProductFact(
        f"p{number}",
        f"商品 {number}",
        brand="自有",
        category=("食品", "零食" if number % 2 else "茶"),
        variants=(variant,),
    )


def order(number: int, buyer: int, at: datetime) -> OrderFact:
    """Two lines; every fourth order has a coupon of 5.00 on its first line, every ninth was refunded."""
    coupon = (Discount("coupon", 500, code="WELCOME"),) if number % 4 == 0 else ()
    first, second = number % 6, (number + 1) % 6
    return OrderFact(
        source_id=f"o{number}",
        customer=f"c{buyer}",
        placed_at=at,
        currency="CNY",
        state="refunded" if number % 9 == 8 else "completed",
        channel="web" if number % 2 else "wechat",
        lines=(
            LineFact(
                1000, PRICES[first], product=f"p{first}", variant=f"v{first}", title=f"商品 {first}", discounts=coupon
            ),
            LineFact(2000, 2 * PRICES[second], product=f"p{second}", variant=f"v{second}", title=f"商品 {second}"),
        ),
        refunded_amount=PRICES[first] + 2 * PRICES[second] - sum(d.amount for d in coupon) if number % 9 == 8 else 0,
    )


def purchases() -> list[tuple[int, datetime]]:
    """Buyer and instant of every order, in time order."""
    made = []
    for buyer, rhythm in enumerate(RHYTHM):
        days = range(buyer, LAST_DAY, rhythm) if rhythm > 0 else [buyer] * -rhythm
        made += [(buyer, OPENED_AT + timedelta(days=day, hours=buyer)) for day in days]
    return sorted(made, key=lambda purchase: purchase[1])


def small_shop() -> SmallShop:
    viewed = (
        EventFact(f"e{n}", f"c{n}", "Product Viewed", OPENED_AT + timedelta(hours=n), {"product_id": f"p{n % 6}"})
        for n in range(12)
    )
    return SmallShop(
        customers=tuple(map(customer, range(len(NAMES)))),
        products=tuple(map(product, range(len(PRICES)))),
        orders=tuple(order(n, buyer, at) for n, (buyer, at) in enumerate(purchases())),
        events=tuple(viewed),
    )
