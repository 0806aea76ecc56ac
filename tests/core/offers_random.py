"""Random offers of every kind and random carts, small enough for every combination to be tried, odd enough to bite."""

import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

from regulars.core.conditions import All, Condition, Either, Not, Test
from regulars.core.declarations import EMPTY, Lookup
from regulars.core.member import Member, Standing
from regulars.core.offers import Cart, CartLine, Catalogue, Offers, Quote, Team, quote
from regulars.core.offers.base import NO_LIMITS, Limits, Off, Offer
from regulars.core.offers.document import LANES, Floor, Group, Lane
from regulars.core.offers.gifts import CouponPack, Coupons, Gift, Lottery, Prize
from regulars.core.offers.plain import Discount, On, QuantityPrice, QuantityStep, Step, Steps
from regulars.core.offers.prices import Bargain, CataloguePrice, FlashPrice, MemberPrice, Presale, TeamPrice
from regulars.core.offers.sets import FREE, Bundle, BuyGet, Component, OnePiece, Which
from regulars.core.programme.earning import Cap
from regulars.core.says import same
from tests.core.offers_reference import Reference
from tests.core.offers_wording import Told

AT = datetime(2026, 11, 11, 12, tzinfo=UTC)
ZONE = ZoneInfo("Asia/Shanghai")
PRICES = (0, 1, 2, 5, 10, 33, 99, 100, 100, 250, 999, 1000, 1000, 12_345)
PRODUCTS = ("cup", "pot", "tea", "tin")
CATEGORIES = {"cup": ("home",), "pot": ("home", "iron"), "tea": ("drinks",), "tin": ()}
GOODS: tuple[Condition | None, ...] = (
    None,
    None,
    Test("line.category", "has", "home"),
    Test("line.product", "in", ("tea", "cup")),
    Test("line.product", "is", "pot"),
    Either((Test("line.category", "has", "drinks"), Test("line.product", "is", "tin"))),
    All((Test("line.category", "has", "home"), Test("line.product", "is", "cup"))),
    Not(Test("line.product", "is", "tea")),
)
WHEN: tuple[Condition | None, ...] = (
    None,
    None,
    None,
    Test("order.amount", "at_least", 500),
    Test("order.amount", "at_most", 2_000),
    All((Test("order.amount", "at_least", 100), Test("order.quantity", "at_least", 2_000))),
    Either((Test("order.channel", "is", "app"), Test("order.lines", "at_least", 3))),
    Not(Test("order.channel", "is", "app")),
)
LOTTERY = (
    Prize(id="phone", name=same("Phone"), chance=Fraction(1, 4), stock=1),
    Prize(id="thanks", name=same("Thanks"), chance=Fraction(3, 4)),
)


def any_off(chance: random.Random) -> Off:
    match chance.randrange(4):
        case 0:
            return Off(amount=chance.choice((1, 3, 10, 50, 333)))
        case 1:
            return Off(price=chance.choice((0, 1, 9, 90, 500)))
    return Off(percent=chance.choice((Fraction(1, 10), Fraction(1, 3), Fraction(1, 2), Fraction(1), Fraction(1, 8))))


def common(chance: random.Random, number: int) -> dict[str, Any]:
    """What any offer may have."""
    told: dict[str, Any] = {"id": f"o{number}", "name": same(f"Offer {number}")}
    told["lines"] = chance.choice(GOODS)
    told["group"] = chance.choice(("", "", "", "a", "b"))
    if chance.random() < 0.5:  # nothing stands against it: so that many apply to one cart
        return told
    told["when"] = chance.choice(WHEN)
    told["priority"] = chance.choice((0, 0, 0, 1, 2))
    told["not_on_sale"] = chance.random() < 0.15
    told["minimum"] = chance.choice((0, 0, 0, 100, 1_000))
    told["tiers"] = chance.choice(((), (), (), ("gold",), ("gold", "silver")))
    told["starts"] = chance.choice((None, None, None, AT, AT + timedelta(seconds=1)))
    told["ends"] = chance.choice((None, None, None, AT, AT + timedelta(days=9)))
    told["codes"], told["coupon"] = chance.choice((((), False),) * 4 + ((("SAVE",), False), ((), True)))
    told["lane"] = chance.choice(("",) * 6 + tuple(lane.id for lane in LANES if lane.id != "shipping"))
    if chance.random() < 0.3:
        told["limits"] = Limits(
            uses=chance.choice((None, 9)),
            per_customer=chance.choice((None, Cap(2))),
            budget=chance.choice((None, 100, 1_000)),
        )
    return told


def any_offer(chance: random.Random, number: int) -> Offer:  # noqa: PLR0911  one kind a line
    told = common(chance, number)
    match chance.randrange(18):
        case 0 | 1:
            return Discount(**told, off=any_off(chance), on=On.LINES, cap=chance.choice((None, None, 7, 100)))
        case 2 | 3:
            return Discount(**told, off=any_off(chance), cap=chance.choice((None, None, 7, 100)))
        case 4:
            told.pop("lane", None)
            return Discount(**told, off=any_off(chance), on=On.SHIPPING)
        case 5:
            spend = chance.choice((100, 300, 999))
            more = (Step(spend=2 * spend, off=any_off(chance)),) if chance.random() < 0.5 else ()
            return Steps(**told, steps=(Step(spend=spend, off=any_off(chance)), *more), cap=chance.choice((None, 120)))
        case 6:
            step = Step(spend=chance.choice((100, 300)), off=Off(amount=chance.choice((7, 50))))
            return Steps(**told, steps=(step,), every=True, cap=chance.choice((None, 120)))
        case 7:
            first = QuantityStep(pieces=chance.choice((1, 2)), off=any_off(chance))
            second = QuantityStep(pieces=chance.choice((3, 5)), off=any_off(chance))
            return QuantityPrice(**told, steps=(first, second), together=chance.random() < 0.5)
        case 8 | 9:
            other = chance.choice(GOODS) if told["lines"] else None
            off = chance.choice((FREE, any_off(chance)))
            buy, get, times = chance.randint(1, 3), chance.randint(1, 2), chance.choice((None, 1, 2))
            return BuyGet(**told, buy=buy, get=get, other=other, off=off, times=times)
        case 10:
            count = chance.randint(1, 2)
            return OnePiece(
                **told, which=chance.choice(list(Which)), count=count, of=chance.randint(count, 4), off=any_off(chance)
            )
        case 11:
            told["lines"] = None
            parts = [
                Component(lines=each, pieces=chance.randint(1, 2)) for each in chance.sample([g for g in GOODS if g], 2)
            ]
            return Bundle(
                **told, parts=tuple(parts), price=chance.choice((0, 10, 99, 1_000)), times=chance.choice((None, 1))
            )
    return any_price(chance, told)


def any_price(chance: random.Random, told: dict[str, Any]) -> Offer:  # noqa: PLR0911  one kind a line
    priced = dict(told)
    if chance.random() < 0.5:
        priced["lines"] = None
        priced["prices"] = Lookup(
            {product: chance.choice((0, 5, 50, 90, 800)) for product in chance.sample(PRODUCTS, 2)}
        )
    else:
        priced["off"] = any_off(chance)
    match chance.randrange(8):
        case 0:
            return CataloguePrice(**priced)
        case 1:
            return MemberPrice(**(priced | {"tiers": ("gold",)}))
        case 2:
            return FlashPrice(**priced, stock=chance.choice((1, 3, 100)), each=chance.choice((None, 1)))
        case 3:
            return TeamPrice(**priced, size=3)
        case 4:
            times = {
                "balance_from": AT - timedelta(days=1),
                "balance_until": AT + timedelta(days=chance.choice((-0.5, 1))),
            }
            return Presale(**told, deposit=10, counts_as=chance.choice((10, 30, 200)), **times)
        case 5:
            return Bargain(**told, lowest=chance.choice((0, 50, 90)), pieces=chance.randint(1, 3))
        case 6:
            choose, stock = chance.choice((None, 1)), chance.choice((None, 1))
            every = bool(told.get("minimum")) and chance.random() < 0.5
            return Gift(
                **told, products=("mug", "bag"), choose=choose, stock=stock, every=every, value=chance.choice((0, 500))
            )
    every = bool(told.get("minimum")) and chance.random() < 0.5
    if chance.random() < 0.5:
        return CouponPack(**told, coupons=(Coupons(coupon="o0", count=2),), every=every)
    return Lottery(**told, prizes=LOTTERY, draws=2, every=every)


def any_document(chance: random.Random, most: int = 6) -> Offers:
    floors: list[Floor] = []
    if chance.random() < 0.4:
        floors.append(Floor(lines=chance.choice(GOODS), price=chance.choice((1, 40, 95))))
    if chance.random() < 0.3:
        floors.append(Floor(lines=chance.choice(GOODS), share=chance.choice((Fraction(1, 2), Fraction(2, 3)))))
    lanes: Sequence[Lane] = LANES
    if chance.random() < 0.2:
        lanes = tuple(chance.sample(LANES, len(LANES)))
    return Offers(
        id="shop",
        name=same("Shop"),
        lanes=tuple(lanes),
        groups=(Group(id="a", name=same("A")), Group(id="b", name=same("B"))),
        floors=tuple(floors),
        depth=chance.choice((None, None, None, Fraction(1, 2), Fraction(1, 10))),
        offers=tuple(any_offer(chance, number) for number in range(chance.randint(1, most))),
    )


def any_line(chance: random.Random, number: int) -> CartLine:
    product = chance.choice(PRODUCTS)
    price = chance.choice(PRICES)
    return CartLine(
        id=f"l{number}",
        product=product,
        categories=CATEGORIES[product],
        quantity=chance.choice((1000, 1000, 1000, 2000, 3000, 5000, 1500, 333)),
        price=price,
        list_price=chance.choice((None, None, None, price + 10)),
    )


def any_cart(chance: random.Random, offers: Sequence[Offer]) -> Cart:
    lines = tuple(any_line(chance, number) for number in range(chance.randint(1, 4)))
    left: dict[str, int] = {}
    for offer in offers:
        for name in ("uses", "customer", "budget", "stock", "pieces"):
            if chance.random() < 0.15:
                left[f"{offer.id}/{name}"] = chance.choice((0, 1, 50))
    ids = [offer.id for offer in offers]
    return Cart(
        currency="CNY",
        lines=lines,
        shipping=chance.choice((0, 50, 800)),
        codes=chance.choice(((), ("SAVE",), ("mine",), ("SAVE", "mine"))),
        owned=Lookup({"mine": chance.choice(ids)}),
        channel=chance.choice(("", "app")),
        left=Lookup(left),
        teams=Lookup(
            {i: Team(joined=chance.randint(0, 3), closes=AT + timedelta(hours=chance.choice((-1, 0, 1)))) for i in ids}
        )
        if chance.random() < 0.3
        else EMPTY,
        deposits=Lookup({i: chance.randint(0, 2) for i in ids}) if chance.random() < 0.3 else EMPTY,
        bargains=Lookup({i: chance.choice((10, 60, 95)) for i in ids}) if chance.random() < 0.6 else EMPTY,
    )


def member(tier: str) -> Member | None:
    return Member("m", standing=Standing(tier)) if tier else None


# Reasons by what they have in common, as the reference tells them.
_TOLD = {
    "spend_more": "condition", "add_more": "nothing", "incomplete": "nothing", "floor": "nothing", "on_sale": "nothing",
    "beaten": "lost", "excluded": "lost",
}  # fmt: skip


def as_told(found: Quote) -> Told:
    """A quote in the words of the reference."""
    reasons = {reason.offer: _TOLD.get(reason.code, reason.code) for reason in found.reasons if reason.offer}
    # A gift that is out of stock has nothing to give.
    reasons = {offer: "nothing" if code == "no_stock" else code for offer, code in reasons.items()}
    return Told(
        {line.id: line.net for line in found.lines},
        found.shipping.net,
        {each.offer: each.amount for each in found.applied},
        [(each.offer, each.kind, each.items, each.number, each.amount) for each in found.effects],
        reasons,
    )


def compared(document: Offers, cart: Cart, tier: str, catalogue: Catalogue | None = None) -> tuple[Told, Told]:
    """What the engine says of a cart, and what the reference says."""
    catalogue = catalogue or Catalogue(document, ZONE, "CNY")
    ours = as_told(quote(cart, member(tier), catalogue, AT))
    theirs = Reference(document, cart, tier, AT, 20).quoted()
    theirs.reasons = {offer: "nothing" if code == "no_stock" else code for offer, code in theirs.reasons.items()}
    ours.effects.sort()
    theirs.effects.sort()
    return ours, theirs


def differences(seed: int, documents: int, carts: int = 10) -> tuple[int, tuple[Any, ...] | None]:
    """How many carts were quoted alike, and the first that was not, with both answers."""
    chance, done = random.Random(seed), 0
    for _ in range(documents):
        document = any_document(chance)
        catalogue = Catalogue(document, ZONE, "CNY")
        for _ in range(carts):
            cart, tier = any_cart(chance, document.offers), chance.choice(("", "silver", "gold"))
            ours, theirs = compared(document, cart, tier, catalogue)
            if ours != theirs:
                return done, (document, cart, tier, ours, theirs)
            done += 1
    return done, None


def split_line(line: CartLine, chance: random.Random) -> list[CartLine]:
    """The same goods in two lines, in whole pieces where they were whole."""
    if line.quantity < 2000:
        return [line]
    first = 1000 * chance.randint(1, line.quantity // 1000 - (line.quantity % 1000 == 0))
    return [replace(line, quantity=first), replace(line, id=f"{line.id}+", quantity=line.quantity - first)]


__all__ = ["NO_LIMITS", "any_cart", "any_document", "compared", "differences", "member", "split_line"]
