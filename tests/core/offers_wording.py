"""The words of the offer kinds in plain loops, piece by piece: what each takes off, and what it gives."""

from dataclasses import dataclass, field
from fractions import Fraction
from math import floor
from typing import Any

from regulars.core.conditions import All, Condition, Either, Not, Test
from regulars.core.offers import Cart
from regulars.core.offers.base import Off, Offer
from regulars.core.offers.gifts import CouponPack, Gift, Giving, Lottery
from regulars.core.offers.plain import Discount, On, QuantityPrice, Steps
from regulars.core.offers.prices import Bargain, FlashPrice, Presale, Priced, TeamPrice
from regulars.core.offers.sets import Bundle, BuyGet, OnePiece, Which

Cuts = dict[int, int]


@dataclass
class Told:
    """What the reference says of a cart: net by line, what each offer took off, what it gave, why others did not."""

    nets: dict[str, int] = field(default_factory=dict)
    shipping: int = 0
    applied: dict[str, int] = field(default_factory=dict)
    effects: list[tuple[Any, ...]] = field(default_factory=list)
    reasons: dict[str, str] = field(default_factory=dict)


@dataclass
class Heap:
    lines: list[Any]
    milli: int
    left: int
    floor: int = 0
    on_sale: bool = False
    taken: list[tuple[str, int]] = field(default_factory=list)

    @property
    def goods(self) -> Any:
        return self.lines[0]

    @property
    def room(self) -> int:
        return max(0, self.left - self.floor)

    @property
    def pieces(self) -> int:
        return self.milli // 1000

    def worth(self, pieces: int) -> Fraction:
        return Fraction(self.left * pieces * 1000, self.milli)


def half_up(amount: Fraction) -> int:
    return floor(amount + Fraction(1, 2))


def largest_remainder(amount: int, weights: list[int]) -> list[int]:
    exact = [Fraction(amount * weight, sum(weights)) for weight in weights]
    parts = [floor(each) for each in exact]
    while sum(parts) < amount:
        behind = [each - part for each, part in zip(exact, parts, strict=True)]
        parts[behind.index(max(behind))] += 1
    return parts


def share_out(amount: int, weights: list[int], rooms: list[int]) -> list[int]:
    """By weight, but nobody more than their room: what is over goes to the others by weight."""
    parts = [0] * len(weights)
    while amount:
        able = [place for place in range(len(weights)) if parts[place] < rooms[place]]
        for place, part in zip(able, largest_remainder(amount, [weights[place] for place in able]), strict=True):
            part = min(part, rooms[place] - parts[place])  # noqa: PLW2901  what does not fit is left over
            parts[place] += part
            amount -= part
    return parts


def off(told: Off, worth: Fraction, pieces: Fraction) -> int:
    if told.percent is not None:
        return half_up(worth * told.percent)
    if told.amount is not None:
        return min(floor(worth), half_up(told.amount * pieces))
    assert told.price is not None
    return max(0, floor(worth) - half_up(told.price * pieces))


def holds(told: Condition, values: dict[str, Any]) -> bool:
    match told:
        case All(parts):
            return all(holds(part, values) for part in parts)
        case Either(parts):
            return any(holds(part, values) for part in parts)
        case Not(part):
            return not holds(part, values)
        case Test(field=name, op=op, value=value):
            known = values[name]
            if op == "at_least":
                return bool(known >= value)
            if op == "at_most":
                return bool(known <= value)
            if op == "is":
                return bool(known == value)
            if op == "in":
                return known in value
            if op == "has":
                return value in known
    raise AssertionError(told)


class Kinds:
    """What each kind takes off a cart's heaps. Who may have it, and what goes together, is not asked here."""

    cart: Cart
    heaps: list[Heap]
    every: list[Heap]

    def numbers(self, offer: Offer, told: Condition | None) -> list[int]:
        raise NotImplementedError

    def cuts(self, offer: Offer, places: list[int]) -> Cuts:
        """What comes off each heap, never more than its room."""
        if isinstance(offer, Discount) and offer.on is On.SHIPPING:
            places = [len(self.heaps)]
        found = self.raw(offer, places)
        if isinstance(found, dict):
            return {place: min(cut, self.every[place].room) for place, cut in found.items()}
        heaps = [self.every[place] for place in places]
        rooms = [heap.room for heap in heaps]
        parts = share_out(min(found, sum(rooms)), [heap.left for heap in heaps], rooms)
        return dict(zip(places, parts, strict=True))

    def raw(self, offer: Offer, places: list[int]) -> Cuts | int:
        kind = getattr(self, offer.kind, None)
        return kind(offer, places) if kind else {}

    def discount(self, offer: Discount, places: list[int]) -> Cuts | int:
        if offer.on is not On.LINES:
            found = off(offer.off, Fraction(sum(self.every[place].left for place in places)), Fraction(1))
            return found if offer.cap is None else min(found, offer.cap)
        each = {p: off(offer.off, Fraction(self.heaps[p].left), Fraction(self.heaps[p].milli, 1000)) for p in places}
        if offer.cap is not None and sum(each.values()) > offer.cap:
            amounts = list(each.values())
            return dict(zip(each, share_out(offer.cap, amounts, amounts), strict=True))
        return each

    def steps(self, offer: Steps, places: list[int]) -> int:
        spent, saved = sum(self.heaps[place].left for place in places), 0
        if offer.every:
            rest = spent
            while rest >= offer.steps[0].spend:
                rest -= offer.steps[0].spend
                saved += offer.steps[0].off.amount or 0
        else:
            for step in offer.steps:
                if spent >= step.spend:
                    saved = off(step.off, Fraction(spent), Fraction(1))
        return saved if offer.cap is None else min(saved, offer.cap)

    def quantity_price(self, offer: QuantityPrice, places: list[int]) -> Cuts:
        found, together = {}, sum(self.heaps[place].pieces for place in places)
        for place in places:
            heap = self.heaps[place]
            for step in offer.steps:
                if (together if offer.together else heap.pieces) >= step.pieces:
                    found[place] = off(step.off, Fraction(heap.left), Fraction(heap.milli, 1000))
        return found

    def in_a_row(self, places: list[int]) -> list[int]:
        """Every piece by the heap it lies on, the dearest first."""
        pieces = [place for place in places for _ in range(self.heaps[place].pieces)]
        return sorted(pieces, key=lambda place: (-self.heaps[place].worth(1), place))

    def cheaper(self, told: Off, pieces: list[int]) -> Cuts:
        """What comes off some pieces: the pieces of one heap are counted together."""
        return {
            place: off(told, self.heaps[place].worth(pieces.count(place)), Fraction(pieces.count(place)))
            for place in set(pieces)
        }

    def buy_get(self, offer: BuyGet, places: list[int]) -> Cuts:
        if offer.other is None:
            got, row, times = [], self.in_a_row(places), 0
            while row and (offer.times is None or times < offer.times):
                a_set, row = row[: offer.buy + offer.get], row[offer.buy + offer.get :]
                got += a_set[offer.buy :]
                times += 1
            return self.cheaper(offer.off, got)
        bought = self.numbers(offer, offer.lines)
        times = sum(self.heaps[place].pieces for place in bought) // offer.buy
        times = times if offer.times is None else min(times, offer.times)
        others = [place for place in self.numbers(offer, offer.other) if place not in bought]
        cheapest_first = list(reversed(self.in_a_row(others)))
        return self.cheaper(offer.off, cheapest_first[: times * offer.get])

    def one_piece(self, offer: OnePiece, places: list[int]) -> Cuts:
        row = self.in_a_row(places)
        if len(row) < offer.of:
            return {}
        return self.cheaper(offer.off, row[: offer.count] if offer.which is Which.DEAREST else row[-offer.count :])

    def bundle(self, offer: Bundle, places: list[int]) -> Cuts:
        rows, used = [], set[int]()
        for part in offer.parts:
            mine = list(self.numbers(offer, part.lines))
            rows.append((self.in_a_row([place for place in mine if place not in used]), part.pieces))
            used |= set(mine)
        best, taken, bundles = Fraction(0), list[int](), 0
        while all(len(row) >= (bundles + 1) * pieces for row, pieces in rows):
            if offer.times is not None and bundles >= offer.times:
                break
            bundles += 1
            pieces_ = [place for row, pieces in rows for place in row[: bundles * pieces]]
            saved = sum((self.heaps[place].worth(1) for place in pieces_), Fraction(0)) - bundles * offer.price
            if saved > best:
                best, taken = saved, pieces_
        worth = [floor(self.heaps[place].worth(taken.count(place))) for place in places]
        rooms = [min(self.heaps[place].room, each) for place, each in zip(places, worth, strict=True)]
        return dict(zip(places, share_out(min(floor(best), sum(rooms)), worth, rooms), strict=True))

    def to_price(self, offer: Priced, place: int, milli: int) -> int:
        heap = self.heaps[place]
        worth = Fraction(heap.left * milli, heap.milli)
        if offer.off:
            return off(offer.off, worth, Fraction(milli, 1000))
        return max(0, floor(worth) - half_up(Fraction(offer.prices[heap.goods.product] * milli, 1000)))

    def catalogue_price(self, offer: Priced, places: list[int]) -> Cuts:
        return {place: self.to_price(offer, place, self.heaps[place].milli) for place in places}

    member_price = team_price = catalogue_price

    def flash_price(self, offer: FlashPrice, places: list[int]) -> Cuts:
        found, left = {}, self.cart.left.get(f"{offer.id}/stock", offer.stock)
        if offer.each:
            left = min(left, self.cart.left.get(f"{offer.id}/pieces", offer.each))
        for place in places:
            some = min(left, self.heaps[place].pieces)
            if some and min(self.to_price(offer, place, 1000), self.heaps[place].room) > 0:
                found[place] = self.to_price(offer, place, some * 1000)
                left -= some
        return found

    def presale(self, offer: Presale, places: list[int]) -> Cuts:
        found, left = {}, self.cart.deposits.get(offer.id, 0)
        for place in places:
            some = min(left, self.heaps[place].pieces)
            found[place] = min(self.heaps[place].left, some * (offer.counts_as - offer.deposit))
            left -= some
        return found

    def bargain(self, offer: Bargain, places: list[int]) -> Cuts:
        found, left = {}, offer.pieces
        price = max(offer.lowest, self.cart.bargains[offer.id])
        for place in places:
            some = min(left, self.heaps[place].pieces)
            found[place] = max(0, floor(self.heaps[place].worth(some)) - price * some)
            left -= some
        return found

    def gives(self, offer: Offer, places: list[int]) -> list[tuple[Any, ...]]:
        """What an offer gives beside prices: (offer, kind, things, number, amount)."""
        spent = sum(self.heaps[place].left for place in places)
        pieces = sum(self.heaps[place].pieces for place in places)
        times = (spent // offer.minimum if offer.every else 1) if isinstance(offer, Giving) else 0
        if isinstance(offer, Gift):
            if offer.stock is not None:
                times = min(times, self.cart.left.get(f"{offer.id}/stock", offer.stock))
            if not times:
                return []
            if offer.choose:
                return [(offer.id, "choice", offer.products, times * offer.choose, 0)]
            return [(offer.id, "gift", offer.products, times, 0)]
        if isinstance(offer, CouponPack):
            items = tuple(each.coupon for each in offer.coupons for _ in range(each.count))
            return [(offer.id, "coupons", items, times, 0)]
        if isinstance(offer, Lottery):
            return [(offer.id, "draws", (), offer.draws * times, 0)]
        if isinstance(offer, Presale) and not self.cart.deposits.get(offer.id):
            return [(offer.id, "deposit", (), pieces, pieces * offer.deposit)]
        if isinstance(offer, TeamPrice):
            team = self.cart.teams.get(offer.id)
            return [(offer.id, "team", (), offer.size - 1 - (team.joined if team else 0), 0)]
        return []
