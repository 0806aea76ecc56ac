"""Offers made ready to quote with: conditions compiled, filters numbered, and an index from goods, codes and tiers to offers.

A catalogue is compiled once for each published version. A cart meets only its candidates: offers whose goods are in it,
offers for all goods, and those whose code was entered.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from regulars.core import conditions
from regulars.core.codes import key
from regulars.core.conditions import All, Condition, Either, Test
from regulars.core.declarations import Context, knowing
from regulars.core.offers.base import Counting, Offer
from regulars.core.offers.cart import Cart, CartLine
from regulars.core.offers.desk import Desk
from regulars.core.offers.document import Offers
from regulars.core.offers.quotes import Reason
from regulars.core.offers.vocabulary import CART, GOODS, Sight
from regulars.core.programme.vocabulary import Ask, asks_in

# Goods of a shop whose filters are remembered; beyond that they are asked again.
GOODS_MAX = 200_000
_INDEXED: dict[str, Callable[[Any], Iterable[str]]] = {
    "line.product": lambda line: (line.product,),
    "line.category": lambda line: line.categories,
    "line.tags": lambda line: line.tags,
    "line.brand": lambda line: (line.brand,),
    "line.seller": lambda line: (line.seller,),
}
_ONE_OF = {"is", "in", "has", "has_any"}
Key = tuple[str, str]


class Part(NamedTuple):
    """One part of an offer's condition, ready, and what its failing is called."""

    holds: Callable[[Sight], bool]
    code: str
    least: int
    told: Condition


@dataclass(frozen=True, slots=True)
class Ready:
    """An offer, ready. ``number`` orders offers by lane, priority and id.

    ``looks`` is its filter of goods (0: all), and whether it leaves out those on sale. ``plain`` is one without an exclusive
    group and a budget, ``guarded`` one that something may stand against before any sum is done, ``counted`` one with limits
    or effects; ``part_of_pick`` needs only those piles for itself that it takes something off.
    """

    number: int
    offer: Offer
    lane: int
    priority: int
    looks: tuple[int, bool]
    counting: Counting
    parts: tuple[Part, ...]
    apart: bool
    on_shipping: bool
    plain: bool
    part_of_pick: bool
    guarded: bool
    counted: bool
    barred: bool
    timed: bool
    limited: bool
    minimum: int
    tiers: frozenset[str]
    group: str
    id: str

    def refused(self, desk: Desk) -> Reason | None:
        """Why nobody can have the offer with this cart now; None where nothing stands against it."""
        offer = self.offer
        if self.timed and (reason := _out_of_time(offer, desk.cart, desk.at)):
            return reason
        if self.limited and (reason := _used_up(offer, desk.cart)):
            return reason
        if self.barred and (found := offer.barred(desk.cart, desk.at)):
            return Reason(self.id, *found)
        return None


def _does(offer: Offer, method: Callable[..., Any]) -> bool:
    """Whether offers of this kind do more by a method than offers do in general."""
    return getattr(type(offer), method.__name__) is not method


def _out_of_time(offer: Offer, cart: Cart, at: datetime) -> Reason | None:
    starts, ends = offer.window(cart)
    if starts and at < starts:
        return Reason(offer.id, "not_yet", at=starts)
    return Reason(offer.id, "over", at=ends) if ends and at >= ends else None


def _used_up(offer: Offer, cart: Cart) -> Reason | None:
    limits, left = offer.limits, cart.left
    if limits.uses and left.get(f"{offer.id}/uses", limits.uses) <= 0:
        return Reason(offer.id, "used_up", limits.uses)
    each = limits.per_customer
    if each and left.get(f"{offer.id}/customer", each.amount) <= 0:
        return Reason(offer.id, "used_by_you", each.amount)
    return None


def unmet(ready: Ready, part: Part, sight: Sight) -> Reason:
    """The reason of an offer whose condition does not hold in one part."""
    if part.code == "spend_more":
        return Reason(ready.id, "spend_more", part.least - sight.amount, unmet=part.told)
    return Reason(ready.id, "condition", unmet=part.told)


@dataclass(frozen=True)
class Catalogue:
    """One version of the offers, in one zone. ``known`` names tiers, products and whatever else offers speak of by id."""

    document: Offers
    zone: ZoneInfo
    currency: str
    context: Context | None = None
    version: int = 1

    @cached_property
    def words(self) -> Context:
        """What sentences are made with."""
        return knowing(self.document, self.context or Context(self.currency, self.zone))

    @cached_property
    def _filters(self) -> dict[Condition | None, int]:
        return {None: 0}

    def number(self, filter_: Condition | None) -> int:
        """The number of a filter of goods, the same for equal ones; 0 takes all."""
        return self._filters.setdefault(filter_, len(self._filters))

    @cached_property
    def ready(self) -> tuple[Ready, ...]:
        """All offers by lane, priority (highest first) and id."""
        lanes = {lane.id: place for place, lane in enumerate(self.document.order)}
        placed = [(lanes[offer.place], offer) for offer in self.document.offers]
        placed.sort(key=lambda each: (each[0], -each[1].priority, each[1].id))
        return tuple(self._made(number, lane, offer) for number, (lane, offer) in enumerate(placed))

    def _made(self, number: int, lane: int, offer: Offer) -> Ready:
        limits = offer.limits
        plain = not offer.group and limits.budget is None
        barred = _does(offer, Offer.barred)
        timed = bool(offer.starts or offer.ends) or _does(offer, Offer.window)
        limited = bool(limits.uses or limits.per_customer)
        return Ready(
            number,
            offer,
            lane,
            offer.priority,
            (self.number(offer.goods()), offer.not_on_sale),
            offer.counting(self.number),
            tuple(_part(part) for part in _parts(offer.when)),
            offer.apart and plain,
            offer.on_shipping,
            plain,
            offer.apart or offer.prices_goods,
            barred or timed or limited,
            bool(limited or limits.budget) or _does(offer, Offer.holds) or _does(offer, Offer.effects),
            barred,
            timed,
            limited,
            offer.minimum,
            frozenset(offer.tiers),
            offer.group,
            offer.id,
        )

    @cached_property
    def by_id(self) -> dict[str, Ready]:
        return {ready.id: ready for ready in self.ready}

    @cached_property
    def asks(self) -> frozenset[Ask]:
        """What conditions ask of the member."""
        return frozenset[Ask]().union(*(asks_in(ready.offer.when) for ready in self.ready))

    @cached_property
    def floors(self) -> tuple[tuple[Callable[[Any], bool], int | None, tuple[int, int]], ...]:
        """Floors: their goods, price, and share as numerator and denominator."""
        return tuple(
            (
                conditions.compiled(floor.lines or conditions.ALWAYS, GOODS),
                floor.price,
                floor.share.as_integer_ratio() if floor.share is not None else (0, 1),
            )
            for floor in self.document.floors
        )

    # ---- which offers a cart meets ---------------------------------------------------------------------------------

    @cached_property
    def _open(self) -> tuple[Ready, ...]:
        return tuple(ready for ready in self.ready if not (ready.offer.codes or ready.offer.coupon))

    @cached_property
    def _by_filter(self) -> dict[int, tuple[int, ...]]:
        """Offers without a code that look at some goods, by filter."""
        return _grouped((ready.looks[0], ready.number) for ready in self._open if ready.looks[0])

    @cached_property
    def _by_tier(self) -> dict[str, tuple[int, ...]]:
        """Offers without a code that look at all goods, by tier; under ``""`` those for everybody."""
        return _grouped(
            (tier, ready.number) for ready in self._open if not ready.looks[0] for tier in (ready.tiers or {""})
        )

    @cached_property
    def by_code(self) -> dict[str, tuple[int, ...]]:
        """Offers by the codes that are for everybody, as codes are compared."""
        return _grouped((key(code), ready.number) for ready in self.ready for code in ready.offer.codes)

    def elsewhere(self, tier: str) -> tuple[Reason, ...]:
        """Offers on all goods that other tiers have, made once for each tier."""
        if (found := self._elsewhere.get(tier)) is None:
            others = [ready for ready in self._open if not ready.looks[0] and ready.tiers and tier not in ready.tiers]
            found = self._elsewhere[tier] = tuple(Reason(ready.id, "only_for") for ready in others)
        return found

    @cached_property
    def _elsewhere(self) -> dict[str, tuple[Reason, ...]]:
        return {}

    def candidates(self, matched: Iterable[int], tier: str, coded: Iterable[int]) -> list[Ready]:
        """The offers that a cart meets, in their order: by the filters that its goods match, tier, and codes."""
        numbers = {*self._by_tier.get("", ()), *coded}
        if tier:
            numbers.update(self._by_tier.get(tier, ()))
        for filter_ in matched:
            numbers.update(self._by_filter.get(filter_, ()))
        ready = self.ready
        return [ready[number] for number in sorted(numbers)]

    def takers(self, line: CartLine) -> tuple[int, ...]:
        """The filters that take some goods. Only those are asked that name one of its ids, or none at all."""
        asked = (line.product, line.categories, line.tags, line.brand, line.seller)
        if (found := self._takers.get(asked)) is None:
            index, rest = self._index
            places = set(rest)
            for name, read in _INDEXED.items():
                for value in read(line):
                    places.update(index.get((name, value), ()))
            found = tuple(place for place in sorted(places) if self._holds[place](line))
            if len(self._takers) < GOODS_MAX:
                self._takers[asked] = found
        return found

    @cached_property
    def _takers(self) -> dict[tuple[Any, ...], tuple[int, ...]]:
        return {}

    @cached_property
    def _holds(self) -> tuple[Callable[[Any], bool], ...]:
        return tuple(conditions.compiled(told or conditions.ALWAYS, GOODS) for told in self._numbered)

    @cached_property
    def _numbered(self) -> tuple[Condition | None, ...]:
        """The filters in the order of their numbers, once all offers have named theirs."""
        assert self.ready is not None
        return tuple(self._filters)

    @cached_property
    def _index(self) -> tuple[dict[Key, tuple[int, ...]], tuple[int, ...]]:
        """Filters by an id without which they take nothing; and those without such an id."""
        keyed: list[tuple[Key, int]] = []
        rest: list[int] = []
        for place, told in enumerate(self._numbered):
            if told is not None:
                keys = _keys(told)
                keyed.extend((each, place) for each in keys or ())
                rest.extend([place] if keys is None else [])
        return _grouped(keyed), tuple(rest)


def _grouped(pairs: Iterable[tuple[Any, int]]) -> dict[Any, tuple[int, ...]]:
    found: dict[Any, list[int]] = {}
    for each, number in pairs:
        found.setdefault(each, []).append(number)
    return {each: tuple(numbers) for each, numbers in found.items()}


def _keys(told: Condition) -> set[Key] | None:
    """Ids of which goods must have one for the filter to take them; None where that cannot be told."""
    match told:
        case Test(field=field, op=op, value=value) if field in _INDEXED and op in _ONE_OF:
            return {(field, str(each)) for each in (value if isinstance(value, tuple) else (value,))}
        case All(parts):
            known = [keys for part in parts if (keys := _keys(part)) is not None]
            return min(known, key=len, default=None)
        case Either(parts):
            each = [_keys(part) for part in parts]
            return None if None in each else set[Key]().union(*(keys for keys in each if keys is not None))
    return None


def _parts(when: Condition | None) -> Sequence[Condition]:
    if when is None:
        return ()
    return when.parts if isinstance(when, All) else (when,)


def _part(told: Condition) -> Part:
    """A part of a condition; of a minimum amount it can be said how much is missing."""
    spend = isinstance(told, Test) and told.field == "order.amount" and told.op == "at_least"
    least = told.value if spend and isinstance(told, Test) and isinstance(told.value, int) else 0
    return Part(conditions.compiled(told, CART), "spend_more" if spend else "condition", least, told)
