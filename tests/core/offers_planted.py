"""Slips to plant in the engine, to see that the reference finds them. Each is one that somebody could make."""

import inspect
import sys
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from regulars.core import stacking
from regulars.core.offers import base, catalogue, desk, gifts, plain, prices, pricing, quoting, sets, settling


@dataclass(frozen=True)
class Slip:
    """``right`` became ``wrong`` in ``owner``'s function ``name``."""

    owner: ModuleType | type
    name: str
    right: str
    wrong: str

    @contextmanager
    def planted(self) -> Iterator[None]:
        sound = inspect.getattr_static(self.owner, self.name)
        slipped = self.grown(sound)
        homes = [vars(module) for name, module in sys.modules.items() if name.startswith("regulars.core")]
        places = [(names, name) for names in homes for name, value in list(names.items()) if value is sound]
        setattr(self.owner, self.name, slipped)
        for names, name in places:
            names[name] = slipped
        try:
            yield
        finally:
            setattr(self.owner, self.name, sound)
            for names, name in places:
                names[name] = sound

    def grown(self, sound: Any) -> Any:
        function = sound.fget if isinstance(sound, property) else sound
        source = textwrap.dedent(inspect.getsource(function))
        assert source.count(self.right) >= 1, f"{self.name} no longer says {self.right!r}"
        made: dict[str, Any] = {}
        code = compile(
            f"from __future__ import annotations\n{source.replace(self.right, self.wrong)}", self.name, "exec"
        )
        exec(code, function.__globals__, made)  # noqa: S102  our own source with one slip in it
        return made[self.name]


SLIPS: dict[str, Slip] = {
    "halves are rounded down": Slip(desk, "nearest", "(2 * amount + per)", "(2 * amount + per - 1)"),
    "a percentage is rounded down": Slip(plain.Discount, "_percent_each", "(left * up + down)", "(left * up)"),
    "an amount off exceeds what goods cost": Slip(base.Off, "cut", "min(worth // per, ", "max(0, "),
    "an amount off is for the line, not the piece": Slip(base.Off, "cut", "self.amount * milli, 1000", "self.amount, 1"),
    "a price raises what is cheaper": Slip(base.Off, "cut", "max(0, worth", "(worth"),
    "the cap is forgotten": Slip(plain.Discount, "counting", "min(cap, ", "max(0, "),
    "the cap holds for each line alone": Slip(plain, "_each", "sum(cuts) <= cap", "max(cuts, default=0) <= cap"),
    "a step is reached a cent late": Slip(plain.Steps, "counting", "pick.base >= first", "pick.base > first"),
    "the lowest step is taken": Slip(plain.Steps, "saved", "base >= step.spend][-1]", "base >= step.spend][0]"),
    "every full amount counts once": Slip(plain.Steps, "saved", "base // step.spend *", "1 *"),
    "the cap of steps is forgotten": Slip(plain.Steps, "saved", "self.cap is None", "True"),
    "a quantity price begins a piece late": Slip(plain.QuantityPrice, "_cut", ">=", ">"),
    "goods are counted alone": Slip(plain.QuantityPrice, "counting", "whole or ", "0 or "),
    "the cheapest set is lined up first": Slip(desk.Desk, "dearest_first", "-each[0]", "each[0]"),
    "sets count what is left over": Slip(sets.BuyGet, "_got", "max(0, rest - self.buy)", "rest"),
    "the maximum number of sets is ignored": Slip(sets.BuyGet, "_of_the_same", "self.times is None", "True"),
    "a set too many": Slip(sets.BuyGet, "_of_the_same", "self.times * size", "(self.times + 1) * size"),
    "what is bought is got": Slip(sets.BuyGet, "counting", "left and not buys.mask >> g & 1", "left"),
    "the dearest of other goods are got": Slip(sets.BuyGet, "counting", "reversed(desk.dearest_first", "list(desk.dearest_first"),
    "too few pieces are enough": Slip(sets.OnePiece, "counting", "< self.of", "< self.of - 1"),
    "the cheapest is the dearest": Slip(sets.OnePiece, "counting", "is Which.DEAREST", "is Which.CHEAPEST"),
    "a bundle uses goods twice": Slip(sets.Bundle, "_runs", "used |= pick.mask", "pass"),
    "bundles that save nothing are made": Slip(sets.Bundle, "_best", "> self.price", ">= -1"),
    "one bundle is made": Slip(sets.Bundle, "_best", "0, most", "0, min(most, 1)"),
    "flash stock has no end": Slip(prices.FlashPrice, "_taken", "left -= count", "pass"),
    "a flash sale's limit per customer is ignored": Slip(prices.FlashPrice, "_taken", "if self.each:", "if False:"),
    "a full group takes one more": Slip(prices.TeamPrice, "barred", ">= self.size", "> self.size"),
    "a group is open at the instant it closes": Slip(prices.TeamPrice, "barred", "at >= team.closes", "at > team.closes"),
    "the deposit counts once more": Slip(prices.Presale, "counting", "self.counts_as - self.deposit", "self.counts_as"),
    "a deposit is for any number of pieces": Slip(prices.Presale, "counting", "left -= count", "pass"),
    "a bargain goes below the lowest": Slip(prices.Bargain, "counting", "max(self.lowest, ", "max(0, "),
    "a bargain is for any number of pieces": Slip(prices.Bargain, "counting", "left -= count", "pass"),
    "a gift is given without stock": Slip(gifts.Gift, "_times", "self.stock is None", "True"),
    "each full amount gives one gift": Slip(gifts.Giving, "times", "pick.base // self.minimum if self.every else 1", "1"),
    "an offer applies before it begins": Slip(catalogue, "_out_of_time", "at < starts", "False"),
    "an offer applies at the instant it ends": Slip(catalogue, "_out_of_time", "at >= ends", "at > ends"),
    "the last use is refused": Slip(catalogue, "_used_up", "limits.uses) <= 0", "limits.uses) <= 1"),
    "uses have no end": Slip(catalogue, "_used_up", "limits.uses and", "False and"),
    "everybody is Gold": Slip(settling.Contest, "settled", "tier not in ready.tiers", "False"),
    "a budget is overdrawn": Slip(settling.Contest, "_claimed", "left >= amount", "left >= 0"),
    "the last of a budget is refused": Slip(settling.Contest, "_claimed", "left >= amount", "budget is None or left > amount"),
    "a minimum is missed by what it is": Slip(settling.Contest, "settled", "base < ready", "base <= ready"),
    "goods on sale take part": Slip(desk.Desk, "pick", "if not_on_sale else", "if False else"),
    "prices do not put goods on sale": Slip(quoting._Quoting, "_apply", "offer.prices_goods", "False"),
    "the floor is ignored for single lines": Slip(settling.Contest, "_apart", "rooms[pile]", "self.desk.lefts[pile]"),
    "the floor is ignored for several lines": Slip(desk.Desk, "picked", "room += rooms[g]", "room += lefts[g]"),
    "the first floor is taken": Slip(quoting._Quoting, "_floors", "max(desk.floors[place], ", "max(0, "),
    "depth is counted anew for each offer": Slip(quoting._Quoting, "_apply", "self.allowance -= amount", "pass"),
    "the last offer on a line wins": Slip(settling.Contest, "_apart", "most > best[0]", "True"),
    "a later lane sees old prices": Slip(quoting._Quoting, "done", "self.desk.begin()", "pass"),
    "groups are forgotten": Slip(settling.Contest, "_blocks", "self.groups[block.group] = block.id", "pass"),
    "a block does not take its lines from singles": Slip(settling.Contest, "_blocks", "self.singles.pop(pile, None)", "pass"),
    "a block is chosen for what it takes off alone": Slip(settling.Contest, "_block", "claim.amount - beside", "claim.amount"),
    "lines are discounted twice": Slip(stacking, "_searched", "not block.mask & taken and", "True and"),
    "the greatest is taken without looking": Slip(
        stacking, "_searched", "            ways.append((place + 1, chosen, gain",
        "            if block.mask & taken or block.group in groups: ways.append((place + 1, chosen, gain",
    ),
    "offers of one group are searched apart": Slip(stacking, "_apart", "or each[1] & groups", ""),
    "an offer of a group idles another": Slip(stacking, "_idles", 'better.group in {"", block.group} and', "True and"),
    "shares ignore rooms": Slip(stacking, "spread", "min(share, rooms[place] - parts[place])", "share"),
    "lines share by price of the first": Slip(pricing, "_shared", "spread(amount, lefts, rooms)", "spread(amount, costs, rooms)"),
}  # fmt: skip
