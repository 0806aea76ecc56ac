"""``quote``: what a cart costs under a catalogue of offers, at an instant, and why it costs that."""

from collections.abc import Iterator
from datetime import datetime
from itertools import groupby
from operator import attrgetter
from typing import Any

from regulars.core.codes import key
from regulars.core.declarations import Context
from regulars.core.faults import Faulty
from regulars.core.member import Member
from regulars.core.offers.cart import CODES_MOST, LINES_MOST, PRICE_MOST, QUANTITY_MOST, Cart, CartLine
from regulars.core.offers.catalogue import Catalogue, Ready
from regulars.core.offers.desk import Desk
from regulars.core.offers.pricing import priced
from regulars.core.offers.quotes import Applied, Effect, Hold, Quote, Reason
from regulars.core.offers.settling import Claim, Contest
from regulars.core.offers.vocabulary import Basket, Sight
from regulars.core.programme.vocabulary import ask
from regulars.core.stacking import spread

_LANE, _PRIORITY = attrgetter("lane"), attrgetter("priority")


def quote(cart: Cart, member: Member | None, catalogue: Catalogue, at: datetime) -> Quote:
    """The cart's quote for a member (None: somebody unknown) at an instant. Raises Faulty for a cart that cannot be.

    The same facts give the same quote; neither the order of lines nor how goods are divided among them matters.
    """
    return _Quoting(cart, member, catalogue, at).done()


class _Quoting:
    """One quote in the making."""

    def __init__(self, cart: Cart, member: Member | None, catalogue: Catalogue, at: datetime) -> None:
        self.cart, self.catalogue = cart, catalogue
        self.lines = _piled(cart, catalogue)
        piles = [lines[0] for lines in self.lines]
        millis = [sum([line.quantity for line in lines]) for lines in self.lines]
        self.desk = Desk(cart, piles, millis, at)
        self.lists = list(self.desk.lefts)
        self.taken: list[list[tuple[str, int]]] = [[] for _ in self.lists]
        self.applied: dict[str, Applied] = {}
        self.effects: list[Effect] = []
        self.reasons: list[Reason] = []
        self.groups: dict[str, str] = {}
        self._floors()
        goods = sum(self.lists[:-1])
        depth = catalogue.document.depth
        self.allowance = None if depth is None else goods * depth.numerator // depth.denominator
        self._meet(member, at)

    def _meet(self, member: Member | None, at: datetime) -> None:
        """What conditions look at, and the offers that this cart meets."""
        cart, catalogue, desk = self.cart, self.catalogue, self.desk
        matched: dict[int, list[int]] = {}
        for place, pile in enumerate(desk.piles):
            for filter_ in catalogue.takers(pile):
                if filter_ in matched:
                    matched[filter_].append(place)
                else:
                    matched[filter_] = [place]
        desk.matched = matched
        local = at.astimezone(catalogue.zone)
        self.tier = member.standing.tier if member else ""
        asked = ask(catalogue.asks, member, local.toordinal()) if member else {}
        basket = Basket(tuple(desk.piles), cart.channel, cart.store, cart.seller)
        self.sight = Sight(basket, asked, member.orders + 1 if member else None, local.date(), local.hour)
        self.sight.quantity_milli = sum(desk.millis)
        coded = self._coded() if cart.codes else ()
        self.candidates = catalogue.candidates(matched, self.tier, coded)

    def _floors(self) -> None:
        desk = self.desk
        for takes, price, (up, down) in self.catalogue.floors:
            for place, pile in enumerate(desk.piles):
                if takes(pile):
                    each = desk.millis[place] * (pile.price * up if price is None else price * down)
                    desk.floors[place] = max(desk.floors[place], each // (1000 * down))

    def _coded(self) -> set[int]:
        """The offers of the codes that were entered; every other code is refused in one way."""
        found: set[int] = set()
        catalogue = self.catalogue
        self.sight.codes = frozenset(self.cart.codes)
        for code in self.cart.codes:
            numbers = catalogue.by_code.get(key(code), ())
            owner = catalogue.by_id.get(self.cart.owned.get(code, ""))
            if owner and owner.offer.coupon:
                numbers = (*numbers, owner.number)
            if not numbers:
                self.reasons.append(Reason("", "code", by=code))
            found.update(numbers)
        return found

    def done(self) -> Quote:
        for _, lane in groupby(self.candidates, _LANE):
            self.desk.begin()
            self.sight.amount = sum(self.desk.lefts[:-1])
            self.sight.shipping = self.desk.lefts[-1]
            owners: dict[int, str] = {}
            claims: list[Claim] = []
            for _, same in groupby(lane, _PRIORITY):
                contest = Contest(self.desk, self.sight, self.tier, owners, self.groups, self.reasons)
                claims += contest.settled(same)
            for claim in claims:  # not before all are settled: a lane sees what the lanes before it left
                self._apply(claim)
        reasons = (*self.reasons, *self.catalogue.elsewhere(self.tier))
        return priced(self.cart, self.lines, self.lists, self.desk.floors, self.taken)._replace(
            applied=tuple(self.applied.values()), effects=tuple(self.effects), reasons=reasons
        )

    # ---- what applies ----------------------------------------------------------------------------------------------

    def _apply(self, claim: Claim) -> None:
        ready, pick, desk = claim.ready, claim.pick, self.desk
        lefts = desk.lefts
        cuts = claim.cuts
        if cuts is None:
            rooms = [desk.rooms[pile] for pile in pick.piles]
            cuts = spread(claim.amount, [lefts[pile] for pile in pick.piles], rooms)
        amount = claim.amount
        if self.allowance is not None and amount > self.allowance and not ready.on_shipping:
            amount = self.allowance
            if not amount:
                self.reasons.append(Reason(ready.id, "depth"))
                return
            cuts = spread(amount, cuts, cuts)
        offer = ready.offer
        holds: tuple[Hold, ...] = ()
        if ready.counted:
            holds = (*_limits(ready, amount), *offer.holds(desk, pick))
            self.effects.extend(offer.effects(desk, pick))
        for pile, cut in zip(pick.piles, cuts, strict=True):
            if cut:
                lefts[pile] -= cut
                self.taken[pile].append((ready.id, cut))
                if offer.prices_goods:
                    desk.saved[pile] = True
        self.applied[ready.id] = Applied(ready.id, amount, holds, claim.amount - amount)
        if self.allowance is not None and not ready.on_shipping:
            self.allowance -= amount


def _limits(ready: Ready, amount: int) -> Iterator[Hold]:
    """What an offer that applies takes of its limits."""
    limits = ready.offer.limits
    back = limits.given_back
    if limits.uses:
        yield Hold(f"{ready.id}/uses", 1, limits.uses, given_back=back)
    if each := limits.per_customer:
        yield Hold(f"{ready.id}/customer", 1, each.amount, each.per.value, back)
    if limits.budget and amount:
        yield Hold(f"{ready.id}/budget", amount, limits.budget, given_back=back)


def _piled(cart: Cart, catalogue: Catalogue) -> list[list[CartLine]]:
    """Lines of the same goods at the same price together, in the order of goods and, within a pile, of line ids."""
    if len(cart.lines) > LINES_MOST or len(cart.codes) > CODES_MOST or cart.currency != catalogue.currency:
        raise _faulty(cart, catalogue)
    piles: dict[tuple[Any, ...], list[CartLine]] = {}
    ids = set()
    for line in cart.lines:
        if not 0 < line.quantity <= QUANTITY_MOST or not 0 <= line.price <= PRICE_MOST:
            raise _faulty(cart, catalogue)
        ids.add(line.id)
        same = (
            line.product, line.price, line.list_price or 0, line.categories, line.tags, line.brand, line.seller, line.tax
        )  # fmt: skip
        piles.setdefault(same, []).append(line)
    if len(ids) < len(cart.lines):
        raise _faulty(cart, catalogue)
    return [sorted(lines, key=attrgetter("id")) for _, lines in sorted(piles.items())]


def _faulty(cart: Cart, catalogue: Catalogue) -> Faulty:
    return Faulty(tuple(cart.check("", Context(catalogue.currency))))
