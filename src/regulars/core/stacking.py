"""Which offers of a lane go together: the combination that takes most off, found by a search of bounded length.

In a lane every line is discounted once. Offers that look at one line alone (*singles*) never stand in one another's way
but on that line: there the better one is taken. Offers that need several lines together (*blocks*) compete for them; a
block is worth what it takes off beyond what singles would take off its lines.
"""

from collections.abc import Sequence
from itertools import accumulate
from typing import NamedTuple

from regulars.core.money import split

# Steps of one search, of which there is one for each set of blocks that stand in one another's way. Of up to 12 such blocks
# every combination is seen (2 ** 13 - 1 steps); of more, the best of those seen, which begins with the greatest gains.
STEPS_MOST = 8_191


class Block(NamedTuple):
    """What an offer needs: ``mask`` has a bit for each line. Two blocks of one ``group`` exclude each other."""

    id: str
    mask: int
    gain: int
    group: str = ""


def combined(blocks: Sequence[Block]) -> list[Block]:
    """Blocks that can stand together with the greatest sum of gains, of which none is without; by rank.

    Rank is the greater gain, then the first id. Of equal sums the one whose first blocks rank higher.
    """
    ranked = _worthwhile(blocks)
    best = [block for each in _apart(ranked) for block in _searched(each)]
    return sorted(best, key=_rank)


def spread(amount: int, weights: Sequence[int], rooms: Sequence[int]) -> list[int]:
    """Split by largest remainder, no part above its room; ``amount`` is at most the sum of rooms, a room at most its weight."""
    parts = [0] * len(weights)
    places = range(len(weights))
    while amount:
        places = [place for place in places if parts[place] < rooms[place]]  # type: ignore[assignment]
        for place, share in zip(places, split(amount, [weights[place] for place in places]), strict=True):
            taken = min(share, rooms[place] - parts[place])
            parts[place] += taken
            amount -= taken
    return parts


def _rank(block: Block) -> tuple[int, str]:
    return -block.gain, block.id


def _worthwhile(blocks: Sequence[Block]) -> list[Block]:
    """By rank, without those that another one, greater and needing no more, makes idle."""
    kept: list[Block] = []
    for block in sorted(blocks, key=_rank):
        if block.gain > 0 and not any(_idles(better, block) for better in kept):
            kept.append(block)
    return kept


def _idles(better: Block, block: Block) -> bool:
    return better.group in {"", block.group} and bool(better.mask) and better.mask & block.mask == better.mask


def _apart(blocks: list[Block]) -> list[list[Block]]:
    """Blocks that could stand in one another's way, together; each of these can be searched by itself."""
    free = [[block] for block in blocks if not block.mask and not block.group]
    found: list[tuple[int, frozenset[str], list[Block]]] = []
    for block in blocks:
        if block.mask or block.group:
            mask, groups, members = block.mask, frozenset({block.group} - {""}), [block]
            rest = []
            for each in found:
                if each[0] & mask or each[1] & groups:
                    mask, groups, members = mask | each[0], groups | each[1], each[2] + members
                else:
                    rest.append(each)
            found = [*rest, (mask, groups, members)]
    return [*free, *(sorted(members, key=_rank) for _, _, members in found)]


def _searched(blocks: list[Block]) -> list[Block]:
    """The best of some blocks. The way with the next block is gone before the way without it; what cannot beat the best
    found is left."""
    rest = list(accumulate((block.gain for block in reversed(blocks)), initial=0))[::-1]
    best: tuple[Block, ...] = ()
    most = steps = 0
    ways: list[tuple[int, tuple[Block, ...], int, int, frozenset[str]]] = [(0, (), 0, 0, frozenset())]
    while ways and steps < STEPS_MOST:
        steps += 1
        place, chosen, gain, taken, groups = ways.pop()
        if gain > most:
            best, most = chosen, gain
        if gain + rest[place] > most:
            block = blocks[place]
            ways.append((place + 1, chosen, gain, taken, groups))
            if not block.mask & taken and block.group not in groups:
                held = groups | {block.group} if block.group else groups
                ways.append((place + 1, (*chosen, block), gain + block.gain, taken | block.mask, held))
    return _filled(best, blocks) if ways else list(best)


def _filled(best: tuple[Block, ...], blocks: list[Block]) -> list[Block]:
    """A combination that was left half searched, with every block that still has room in it."""
    found = list(best)
    for block in blocks:
        if all(not each.mask & block.mask and (not block.group or each.group != block.group) for each in found):
            found.append(block)
    return found
