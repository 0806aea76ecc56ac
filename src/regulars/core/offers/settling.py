"""One lane, one priority: every offer says what it would take off, and the best combination is found.

Most offers never meet the search. One that looks at each pile by itself only has to be the best on a pile; of those that
look at exactly the same goods only the best can be in a best combination.
"""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from regulars.core.offers.catalogue import Ready, unmet
from regulars.core.offers.desk import Desk, Pick
from regulars.core.offers.quotes import Reason
from regulars.core.offers.vocabulary import Sight
from regulars.core.stacking import Block, combined


class Claim(NamedTuple):
    """What an offer would do. ``mask`` are the piles that it needs for itself; ``cuts`` is None where the amount is spread
    once it is known to apply."""

    ready: Ready
    pick: Pick
    mask: int
    amount: int
    cuts: list[int] | None = None


class Contest:
    """Offers of one lane and priority. ``owners`` are the piles that the lane has discounted already, with by whom;
    ``groups`` the exclusive groups that are taken in the order, with by whom."""

    __slots__ = ("claims", "desk", "groups", "held", "owners", "reasons", "sight", "singles", "tier", "tried", "wholes")

    def __init__(
        self, desk: Desk, sight: Sight, tier: str, owners: dict[int, str], groups: dict[str, str], reasons: list[Reason]
    ) -> None:
        self.desk, self.sight, self.tier = desk, sight, tier
        self.owners, self.groups, self.reasons = owners, groups, reasons
        self.held = sum([1 << pile for pile in owners])
        self.singles: dict[int, tuple[int, Ready]] = {}
        self.wholes: dict[int, tuple[int, Ready, Pick]] = {}
        self.claims: list[Claim] = []
        self.tried: list[tuple[Ready, int]] = []

    def settled(self, offers: Iterable[Ready]) -> list[Claim]:
        """What applies, in the order in which to apply it. Every other offer has its reason."""
        desk, sight, tier, reasons, picks = self.desk, self.sight, self.tier, self.reasons, self.desk.picks
        for ready in offers:
            if ready.tiers and tier not in ready.tiers:
                reasons.append(Reason(ready.id, "only_for"))
                continue
            if ready.guarded and (reason := ready.refused(desk)):
                reasons.append(reason)
                continue
            for part in ready.parts:
                if not part[0](sight):
                    reasons.append(unmet(ready, part, sight))
                    break
            else:
                pick = picks.get(ready.looks) or desk.pick(ready.looks)
                if pick.base < ready.minimum:
                    reasons.append(Reason(ready.id, "spend_more", ready.minimum - pick.base))
                elif ready.apart:
                    self._apart(ready, pick)
                else:
                    self._together(ready, desk.shipping() if ready.on_shipping else pick)
        chosen = self._blocks()
        chosen += self._singles()
        self._tell_losers({claim.ready.id for claim in chosen})
        return chosen

    def _apart(self, ready: Ready, pick: Pick) -> None:
        """Note what an offer takes off each pile, where it is the best yet."""
        rooms, singles, owners, first = self.desk.rooms, self.singles, self.owners, -1
        for pile, cut in zip(pick.piles, ready.counting(self.desk, pick), strict=True):  # type: ignore[arg-type]
            most = cut if cut < rooms[pile] else rooms[pile]
            if most > 0:
                if first < 0:
                    first = pile
                if ((best := singles.get(pile)) is None or most > best[0]) and pile not in owners:
                    singles[pile] = most, ready
        if first < 0:
            self.reasons.append(self._nothing(ready, pick))
        else:
            self.tried.append((ready, 1 << first))

    def _together(self, ready: Ready, pick: Pick) -> None:
        """Note what an offer takes off several piles together, or gives."""
        counted = ready.counting(self.desk, pick)
        if ready.plain and isinstance(counted, int):
            amount = counted if counted < pick.room else pick.room
            if amount > 0:
                mask = pick.mask
                self.tried.append((ready, mask))
                best = self.wholes.get(mask)
                if (best is None or amount > best[0]) and not mask & self.held:
                    self.wholes[mask] = amount, ready, pick
                return
        if claim := self._claimed(ready, pick, counted):
            self.tried.append((ready, claim.mask))
            if not claim.mask & self.held and ready.group not in self.groups:
                self.claims.append(claim)

    def _claimed(self, ready: Ready, pick: Pick, counted: int | list[int]) -> Claim | None:
        """What comes off, where that is something; None, with the reason, where it is nothing."""
        desk, mask = self.desk, pick.mask
        cuts: list[int] | None = None
        if isinstance(counted, int):
            amount = min(counted, pick.room)
        else:
            cuts = [min(cut, desk.rooms[pile]) for cut, pile in zip(counted, pick.piles, strict=True)]
            amount = sum(cuts)
            if ready.part_of_pick:
                mask = sum([1 << pile for pile, cut in zip(pick.piles, cuts, strict=True) if cut])
        if amount > 0:
            budget = ready.offer.limits.budget
            left = amount if budget is None else desk.cart.left.get(f"{ready.id}/budget", budget)
            if left >= amount:
                return Claim(ready, pick, mask, amount, cuts)
            self.reasons.append(Reason(ready.id, "budget", left))
        elif pick.piles and ready.offer.gives and ready.offer.effects(desk, pick):
            return Claim(ready, pick, 0, 0, cuts)
        else:
            self.reasons.append(self._nothing(ready, pick))
        return None

    def _nothing(self, ready: Ready, pick: Pick) -> Reason:
        if not pick.piles:
            return Reason(ready.id, "on_sale" if ready.offer.not_on_sale else "nothing")
        if pick.base and not pick.room:
            return Reason(ready.id, "floor")
        return Reason(ready.id, *ready.offer.missing(self.desk, pick))

    def _blocks(self) -> list[Claim]:
        """The best combination of offers that need piles together; those piles are no longer for singles."""
        wholes = [Claim(ready, pick, pick.mask, amount) for amount, ready, pick in self.wholes.values()]
        claims = {claim.ready.id: claim for claim in (*self.claims, *wholes)}
        if not claims:
            return []
        taken = combined([self._block(claim) for claim in claims.values()])
        for block in taken:
            if block.group:
                self.groups[block.group] = block.id
            for pile in _piles(block.mask):
                self.owners[pile] = block.id
                self.singles.pop(pile, None)
        return [claims[block.id] for block in taken]

    def _block(self, claim: Claim) -> Block:
        """An offer as the search sees it: what it brings beyond what singles would take off the same piles."""
        ready = claim.ready
        if not claim.amount:
            return Block(ready.id, 0, ready.offer.worth, ready.group)
        piles, singles = claim.pick.piles, self.singles
        if ready.part_of_pick and claim.cuts:
            piles = [pile for pile, cut in zip(piles, claim.cuts, strict=True) if cut]
        beside = sum([singles[pile][0] for pile in piles if pile in singles]) if singles else 0
        return Block(ready.id, claim.mask, claim.amount - beside, ready.group)

    def _singles(self) -> list[Claim]:
        """What was best for single piles, offer by offer in their order."""
        found: dict[int, tuple[Ready, list[int], list[int]]] = {}
        for pile, (cut, ready) in sorted(self.singles.items()):
            _, piles, cuts = found.setdefault(ready.number, (ready, [], []))
            piles.append(pile)
            cuts.append(cut)
            self.owners[pile] = ready.id
        desk = self.desk
        return [
            Claim(ready, desk.picked(piles) if ready.counted else Pick(piles, 0, 0, 0), 0, sum(cuts), cuts)
            for _, (ready, piles, cuts) in sorted(found.items())
        ]

    def _tell_losers(self, winners: set[str]) -> None:
        """A reason for every offer that had to give way: to whom."""
        owners, groups, lost, tell = self.owners, self.groups, dict[int, str](), self.reasons.append
        for ready, mask in self.tried:
            named = ready.id
            if named in winners:
                continue
            if groups and ready.group in groups:
                tell(Reason(named, "excluded", 0, groups[ready.group]))
                continue
            by = lost.get(mask)
            if by is None:
                by = lost[mask] = next(owners[pile] for pile in _piles(mask) if pile in owners)
            tell(Reason(named, "beaten", 0, by))


def _piles(mask: int) -> Iterator[int]:
    while mask:
        yield (mask & -mask).bit_length() - 1
        mask &= mask - 1
