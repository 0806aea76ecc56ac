"""``quote``: carts a second on one core, against the same offers written out by hand, which give no reasons."""

import gc
import random
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from fractions import Fraction
from zoneinfo import ZoneInfo

from benchmarks.harness import Result
from regulars.core.conditions import Test
from regulars.core.member import Member, Standing
from regulars.core.money import split
from regulars.core.offers import Cart, CartLine, Catalogue, Offers, quote
from regulars.core.offers.base import Off, Offer
from regulars.core.offers.plain import Discount, On, Step, Steps
from regulars.core.says import same

AT = datetime(2026, 11, 11, 12, tzinfo=UTC)
ZONE = ZoneInfo("Asia/Shanghai")
CARTS, ROUNDS = 200, 9
CATEGORIES = ("tea", "cups", "books")
GOLD = Member("m", standing=Standing("gold"))


def run() -> Iterator[Result]:
    chance = random.Random(5)  # noqa: S311  seeded, no secret
    carts = [cart(10, chance) for _ in range(CARTS)]
    offers = hundred()
    catalogue = catalogue_of(offers)
    hand = by_hand(offers)
    for each in carts:
        told = quote(each, GOLD, catalogue, AT)
        nets, shipping = hand(each)
        if (sum(nets) + shipping, shipping) != (told.net, told.shipping.net):
            raise RuntimeError(f"the sums by hand are not those of quote: {told.net} and {hand(each)}")
    ours = best(lambda each: quote(each, GOLD, catalogue, AT), carts)
    floor = best(hand, carts)
    yield Result(f"quote, 100 offers: {1 / ours:,.0f} carts/s", 1e6 * ours, 1e6 * floor, "us", "by hand, no reasons", 3)
    few = catalogue_of(elsewhere(20))
    many = catalogue_of(elsewhere(20) + [idle(number) for number in range(9_980)])
    twenty, among = (best(lambda each, it=it: quote(each, GOLD, it, AT), carts) for it in (few, many))  # type: ignore[misc]
    yield Result("20 candidates of 10,000 offers", 1e6 * among, 1e6 * twenty, "us", "20 offers in all", 1.5)
    short = [cart(100, chance) for _ in range(10)]
    long = [cart(1_000, chance) for _ in range(3)]
    each = [best(lambda it: quote(it, GOLD, catalogue, AT), these) for these in (long, short)]
    yield Result("a line of 1,000", 1e6 * each[0] / 1_000, 1e6 * each[1] / 100, "us", "a line of 100", 1.5)


def best(work: Callable[[Cart], object], carts: Sequence[Cart]) -> float:
    """CPU time for one cart, in the quickest of some runs."""
    gc.collect()
    gc.freeze()
    times = []
    for _ in range(ROUNDS):
        began = time.process_time()
        for each in carts:
            work(each)
        times.append(time.process_time() - began)
    gc.unfreeze()
    return min(times) / len(carts)


def cart(lines: int, chance: random.Random) -> Cart:
    return Cart(
        currency="CNY",
        shipping=1200,
        lines=tuple(
            CartLine(
                id=f"l{number}",
                product=f"p{number}-{chance.randrange(50)}",
                categories=(CATEGORIES[number % 3],),
                quantity=1000 * chance.randint(1, 5),
                price=chance.randint(500, 40_000),
            )
            for number in range(lines)
        ),
    )


def catalogue_of(offers: list[Offer]) -> Catalogue:
    return Catalogue(Offers(id="shop", name=same("Shop"), offers=tuple(offers)), ZONE, "CNY")


def category(number: int) -> Test:
    return Test("line.category", "has", CATEGORIES[number % 3])


def hundred() -> list[Offer]:
    """40 discounts on goods of a category, 30 of them under a condition; 50 on orders; 10 on shipping. All are candidates."""
    found: list[Offer] = []
    for number in range(40):
        percent = Fraction(number % 13 + 1, 100)
        when = Test("order.amount", "at_least", 10_000 * number) if number % 4 else None
        found.append(
            Discount(
                id=f"goods-{number:03}",
                name=same("Goods"),
                on=On.LINES,
                off=Off(percent=percent),
                lines=category(number),
                when=when,
            )
        )
    for number in range(2, 52):
        if number % 2:
            step = Step(spend=5_000 * number, off=Off(amount=100 * number))
            found.append(Steps(id=f"steps-{number:03}", name=same("Steps"), steps=(step,)))
        else:
            off, tiers = Off(percent=Fraction(number, 1000)), ("gold",) if number % 4 else ("silver",)
            found.append(
                Discount(id=f"order-{number:03}", name=same("Order"), off=off, tiers=tiers if number % 8 else ())
            )
    for number in range(10):
        when = Test("order.amount", "at_least", 20_000 * number)
        found.append(
            Discount(
                id=f"ship-{number:03}",
                name=same("Shipping"),
                on=On.SHIPPING,
                off=Off(amount=100 + 100 * number),
                when=when,
            )
        )
    return found


def elsewhere(number: int) -> list[Offer]:
    return [
        Discount(
            id=f"goods-{place:03}",
            name=same("Goods"),
            on=On.LINES,
            off=Off(percent=Fraction(place % 13 + 1, 100)),
            lines=category(place),
        )
        for place in range(number)
    ]


def idle(number: int) -> Offer:
    """A live offer on goods that no cart here has."""
    goods = Test("line.category", "has", f"other{number}")
    return Discount(
        id=f"idle-{number:05}", name=same("Idle"), on=On.LINES, off=Off(percent=Fraction(1, 10)), lines=goods
    )


def by_hand(offers: list[Offer]) -> Callable[[Cart], tuple[list[int], int]]:
    """The same offers as closures that somebody who knows them all wrote: the best on each line, the best on the order, the
    best on shipping; what each line costs then, and shipping. No reasons, no limits, no other kinds."""
    goods, orders, ships = [], [], []
    for offer in offers:
        least = offer.when.value if isinstance(offer.when, Test) else 0
        if isinstance(offer, Steps):
            orders.append(_step(offer.steps[0].spend, offer.steps[0].off.amount or 0))
        elif isinstance(offer, Discount) and offer.on is On.LINES:
            assert isinstance(offer.lines, Test) and offer.off.percent
            goods.append(_on_goods(str(offer.lines.value), least, offer.off.percent))  # type: ignore[arg-type]
        elif isinstance(offer, Discount) and offer.on is On.SHIPPING:
            ships.append(_step(least, offer.off.amount or 0))  # type: ignore[arg-type]
        elif isinstance(offer, Discount) and offer.off.percent:
            orders.append(_on_order(offer.tiers, offer.off.percent))

    def nets(cart: Cart) -> tuple[list[int], int]:
        lines = [(line.categories, line.price * line.quantity // 1000) for line in cart.lines]
        amount = sum([price for _, price in lines])
        bests = [0] * len(lines)
        for each in goods:
            each(lines, amount, bests)
        lefts = [price - best for (_, price), best in zip(lines, bests, strict=True)]
        amount -= sum(bests)
        off = min(amount, max([each(amount) for each in orders]))
        nets = [left - share for left, share in zip(lefts, split(off, lefts), strict=True)]
        amount -= off
        return nets, cart.shipping - min(cart.shipping, max([each(amount) for each in ships]))

    return nets


def _on_goods(category: str, least: int, percent: Fraction) -> Callable[..., None]:
    up, down = percent.numerator, percent.denominator

    def best_of(lines: list[tuple[tuple[str, ...], int]], amount: int, bests: list[int]) -> None:
        if amount >= least:
            for place, (categories, price) in enumerate(lines):
                if category in categories:
                    cut = (2 * price * up + down) // (2 * down)
                    bests[place] = max(bests[place], cut)

    return best_of


def _step(least: int, off: int) -> Callable[[int], int]:
    return lambda amount: off if amount >= least else 0


def _on_order(tiers: tuple[str, ...], percent: Fraction) -> Callable[[int], int]:
    up, down = percent.numerator, percent.denominator
    return lambda amount: (2 * amount * up + down) // (2 * down) if not tiers or "gold" in tiers else 0
