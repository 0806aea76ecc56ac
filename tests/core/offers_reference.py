"""What offers mean, in plain loops: slow, every combination tried. Written from the wording of the documents.

It shares the words (documents, carts) with ``core.offers`` and none of its sums. A *heap* is goods of one kind at one price;
the last heap is shipping.
"""

from collections.abc import Iterator
from datetime import datetime
from fractions import Fraction
from itertools import combinations
from math import floor
from typing import Any

from regulars.core.conditions import Condition, Either, Test
from regulars.core.offers import Cart, Offers
from regulars.core.offers.base import Offer
from regulars.core.offers.gifts import Giving
from regulars.core.offers.plain import Discount, On, QuantityPrice, Steps
from regulars.core.offers.prices import Bargain, FlashPrice, Presale, Priced, TeamPrice
from regulars.core.offers.sets import Bundle, BuyGet
from tests.core.offers_wording import Cuts, Heap, Kinds, Told, half_up, holds, largest_remainder, share_out

LANES = {
    "discount": "order", "steps": "order", "quantity_price": "lines", "buy_get": "lines", "one_piece": "lines",
    "bundle": "lines", "catalogue_price": "prices", "member_price": "prices", "flash_price": "prices",
    "team_price": "prices", "presale": "prices", "bargain": "prices", "gift": "gifts", "coupon_pack": "gifts",
    "lottery": "gifts",
}  # fmt: skip


class Reference(Kinds):
    """One cart quoted."""

    def __init__(self, document: Offers, cart: Cart, tier: str, at: datetime, hour: int) -> None:
        self.document, self.cart, self.tier, self.at, self.hour = document, cart, tier, at, hour
        self.told = Told()
        self.heaps = list(self.heaped())
        self.shipping = Heap([], 1000, cart.shipping)
        self.every = [*self.heaps, self.shipping]
        goods = sum(heap.left for heap in self.heaps)
        self.allowance = None if document.depth is None else floor(goods * document.depth)
        self.groups: set[str] = set()
        self.due: list[tuple[Offer, Cuts, list[tuple[Any, ...]]]] = []

    def heaped(self) -> Iterator[Heap]:
        def same(line: Any) -> tuple[Any, ...]:
            return (
                line.product,
                line.price,
                line.list_price or 0,
                line.categories,
                line.tags,
                line.brand,
                line.seller,
                line.tax,
            )

        for key in sorted({same(line) for line in self.cart.lines}):
            lines = sorted((line for line in self.cart.lines if same(line) == key), key=lambda line: line.id)
            milli = sum(line.quantity for line in lines)
            heap = Heap(lines, milli, half_up(Fraction(lines[0].price * milli, 1000)))
            heap.on_sale = (lines[0].list_price or 0) > lines[0].price
            for rule in self.document.floors:
                if rule.lines is None or self.takes(rule.lines, heap):
                    each = rule.price if rule.price is not None else lines[0].price * (rule.share or 0)
                    heap.floor = max(heap.floor, floor(Fraction(each) * milli / 1000))
            yield heap

    def takes(self, told: Condition | None, heap: Heap) -> bool:
        goods = heap.goods
        return told is None or holds(
            told, {"line.product": goods.product, "line.category": goods.categories, "line.brand": goods.brand}
        )

    def numbers(self, offer: Offer, told: Condition | None) -> list[int]:
        return [
            place
            for place, heap in enumerate(self.heaps)
            if self.takes(told, heap) and not (offer.not_on_sale and heap.on_sale)
        ]

    def quoted(self) -> Told:
        order = [lane.id for lane in self.document.order]
        for lane in order:
            offers = [offer for offer in self.document.offers if self.lane(offer) == lane and self.met(offer)]
            self.amount = sum(heap.left for heap in self.heaps)
            taken: set[int] = set()
            for priority in sorted({offer.priority for offer in offers}, reverse=True):
                self.settle(sorted((o for o in offers if o.priority == priority), key=lambda o: o.id), taken)
            for offer, cuts, gives in self.due:
                self.apply(offer, cuts, gives)
            self.due.clear()
        for heap in self.heaps:
            self.share(heap)
        self.told.shipping = self.shipping.left
        return self.told

    def lane(self, offer: Offer) -> str:
        if isinstance(offer, Discount):
            return offer.lane or offer.on.value
        return offer.lane or LANES[offer.kind]

    def met(self, offer: Offer) -> bool:
        """An offer is thought of where its goods are in the cart and its code, if it takes one, was entered."""
        if offer.codes or offer.coupon:
            entered = any(code in offer.codes for code in self.cart.codes)
            return entered or (offer.coupon and any(self.cart.owned.get(code) == offer.id for code in self.cart.codes))
        told = self.goods(offer)
        return told is None or any(self.takes(told, heap) for heap in self.heaps)

    def goods(self, offer: Offer) -> Condition | None:
        if isinstance(offer, Bundle):
            return Either(tuple(part.lines for part in offer.parts))
        if isinstance(offer, BuyGet) and offer.other and offer.lines:
            return Either((offer.lines, offer.other))
        if isinstance(offer, Priced) and offer.prices:
            return Test("line.product", "in", tuple(offer.prices))
        return offer.lines

    # ---- why not -----------------------------------------------------------------------------------------------------

    def refusal(self, offer: Offer) -> str | None:  # noqa: PLR0911  one reason a line
        left, starts, ends = self.cart.left, offer.starts, offer.ends
        if offer.tiers and self.tier not in offer.tiers:
            return "only_for"
        if isinstance(offer, Presale) and self.cart.deposits.get(offer.id):
            starts, ends = offer.balance_from, offer.balance_until
        if starts and self.at < starts:
            return "not_yet"
        if ends and self.at >= ends:
            return "over"
        if offer.limits.uses and left.get(f"{offer.id}/uses") == 0:
            return "used_up"
        if offer.limits.per_customer and left.get(f"{offer.id}/customer") == 0:
            return "used_by_you"
        if isinstance(offer, FlashPrice) and left.get(f"{offer.id}/stock") == 0:
            return "no_stock"
        if isinstance(offer, FlashPrice) and offer.each and left.get(f"{offer.id}/pieces") == 0:
            return "used_by_you"
        if isinstance(offer, Bargain) and offer.id not in self.cart.bargains:
            return "not_bargained"
        if isinstance(offer, TeamPrice) and (team := self.cart.teams.get(offer.id)):
            if team.joined >= offer.size:
                return "team_full"
            if self.at >= team.closes:
                return "team_closed"
        return self.unmet(offer)

    def unmet(self, offer: Offer) -> str | None:
        values = {
            "order.amount": self.amount, "order.quantity": sum(h.milli for h in self.heaps), "order.channel": self.cart.channel,
            "order.hour": self.hour, "order.lines": len(self.heaps), "member.tier": self.tier,
        }  # fmt: skip
        if offer.when and not holds(offer.when, values):
            return "condition"
        spent = sum(self.heaps[place].left for place in self.numbers(offer, self.goods(offer)))
        return "condition" if spent < offer.minimum else None

    # ---- one priority of one lane --------------------------------------------------------------------------------------

    def settle(self, offers: list[Offer], taken: set[int]) -> None:
        alone: dict[str, Cuts] = {}
        blocks: list[tuple[Offer, set[int], Cuts]] = []
        for offer in offers:
            if why := self.refusal(offer):
                self.told.reasons[offer.id] = why
                continue
            places = self.numbers(offer, self.goods(offer))
            cuts = {place: cut for place, cut in self.cuts(offer, places).items() if cut > 0}
            gives = self.gives(offer, places)
            if not cuts and not (gives and places and isinstance(offer, Giving | Presale)):
                self.told.reasons[offer.id] = self.nothing(offer, places)
            elif self.by_itself(offer):
                alone[offer.id] = cuts
            elif (budget := offer.limits.budget) and sum(cuts.values()) > self.cart.left.get(
                f"{offer.id}/budget", budget
            ):
                self.told.reasons[offer.id] = "budget"
            else:
                blocks.append((offer, self.needs(offer, places, cuts), cuts))
        singles = self.best_singles(alone, taken)
        chosen = self.best_blocks(blocks, singles, taken)
        for offer, needs, cuts in chosen:
            self.owe(offer, cuts)
            taken |= needs
            for place in needs:
                singles.pop(place, None)
        winners = {id_ for id_, _ in singles.values()}
        by_id = {offer.id: offer for offer in offers}
        for id_ in sorted(winners):
            self.owe(by_id[id_], {place: cut for place, (winner, cut) in singles.items() if winner == id_})
        taken |= set(singles)
        for id_ in {*alone, *(offer.id for offer, _, _ in blocks)} - winners - {offer.id for offer, _, _ in chosen}:
            self.told.reasons[id_] = "lost"

    def nothing(self, offer: Offer, places: list[int]) -> str:
        """Too little is spent for the first step; or nothing comes off for another reason."""
        spent, room = sum(self.heaps[p].left for p in places), sum(self.heaps[p].room for p in places)
        short = isinstance(offer, Steps) and spent < offer.steps[0].spend
        return "condition" if places and short and (room or not spent) else "nothing"

    def by_itself(self, offer: Offer) -> bool:
        """Whether each heap is discounted on its own account."""
        if offer.group or offer.limits.budget:
            return False
        if isinstance(offer, Discount):
            return offer.on is On.LINES and offer.cap is None
        if isinstance(offer, QuantityPrice):
            return not offer.together
        return isinstance(offer, Priced) and not isinstance(offer, FlashPrice | Presale | Bargain)

    def needs(self, offer: Offer, places: list[int], cuts: Cuts) -> set[int]:
        """The heaps that an offer wants for itself: all it looks at, or, where it is a price, those that get cheaper."""
        if not cuts:
            return set()
        if isinstance(offer, Discount) and offer.on is On.SHIPPING:
            return {len(self.heaps)}
        prices = isinstance(offer, Priced) or (isinstance(offer, QuantityPrice) and not offer.together)
        if prices or (isinstance(offer, Discount) and offer.on is On.LINES and offer.cap is None):
            return set(cuts)
        return set(places)

    def best_singles(self, alone: dict[str, Cuts], taken: set[int]) -> dict[int, tuple[str, int]]:
        found: dict[int, tuple[str, int]] = {}
        for id_ in sorted(alone):
            for place, cut in alone[id_].items():
                if place not in taken and (place not in found or cut > found[place][1]):
                    found[place] = id_, cut
        return found

    def best_blocks(
        self, blocks: list[tuple[Offer, set[int], Cuts]], singles: dict[int, tuple[str, int]], taken: set[int]
    ) -> list[tuple[Offer, set[int], Cuts]]:
        """Every combination is tried. Of equally good ones that with the greatest single gain, then the first id."""

        def gain(block: tuple[Offer, set[int], Cuts]) -> int:
            offer, needs, cuts = block
            if not cuts:
                return max(1, offer.value) if isinstance(offer, Giving) else 1
            return sum(cuts.values()) - sum(cut for place, (_, cut) in singles.items() if place in needs)

        able = [block for block in blocks if not block[1] & taken and block[0].group not in self.groups]
        able.sort(key=lambda block: (-gain(block), block[0].id))
        best, most = (), 0
        for size in range(len(able) + 1):
            for some in combinations(range(len(able)), size):
                if self.together([able[place] for place in some]):
                    total = sum(gain(able[place]) for place in some)
                    if total > most or (total == most and some < best):
                        best, most = some, total
        self.groups |= {able[place][0].group for place in best} - {""}
        return [able[place] for place in best]

    def together(self, blocks: list[tuple[Offer, set[int], Cuts]]) -> bool:
        groups = [offer.group for offer, _, _ in blocks if offer.group]
        needs = [place for _, each, _ in blocks for place in each]
        return len(set(groups)) == len(groups) and len(set(needs)) == len(needs)

    def owe(self, offer: Offer, cuts: Cuts) -> None:
        """What applies is taken off when the lane is over: within it all see the same prices."""
        self.due.append((offer, cuts, self.gives(offer, self.numbers(offer, self.goods(offer)))))

    def apply(self, offer: Offer, cuts: Cuts, gives: list[tuple[Any, ...]]) -> None:
        cuts = dict(sorted(cuts.items()))
        amount = sum(cuts.values())
        on_goods = not (isinstance(offer, Discount) and offer.on is On.SHIPPING)
        if on_goods and self.allowance is not None and amount > self.allowance:
            if not self.allowance:
                self.told.reasons[offer.id] = "depth"
                return
            amounts = list(cuts.values())
            cuts = dict(zip(cuts, share_out(self.allowance, amounts, amounts), strict=True))
            amount = self.allowance
        self.told.effects.extend(gives)
        self.told.applied[offer.id] = amount
        for place, cut in cuts.items():
            if cut:
                heap = self.every[place]
                heap.left -= cut
                heap.taken.append((offer.id, cut))
                heap.on_sale = heap.on_sale or isinstance(offer, Priced)
        if on_goods and self.allowance is not None:
            self.allowance -= amount

    def share(self, heap: Heap) -> None:
        """A heap's price by line: first what the lines cost, then every discount by what they still cost."""
        whole = sum(line.quantity for line in heap.lines)
        cost = half_up(Fraction(heap.goods.price * heap.milli, 1000))
        lefts = largest_remainder(cost, [line.quantity for line in heap.lines])
        floors = [heap.floor * line.quantity // whole for line in heap.lines]
        for _, amount in heap.taken:
            rooms = [max(0, left - least) for left, least in zip(lefts, floors, strict=True)]
            parts = share_out(amount, lefts, rooms)
            lefts = [left - part for left, part in zip(lefts, parts, strict=True)]
        for line, left in zip(heap.lines, lefts, strict=True):
            self.told.nets[line.id] = left
