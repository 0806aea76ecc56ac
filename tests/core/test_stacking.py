from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regulars.core.stacking import STEPS_MOST, Block, combined, spread

BLOCKS = st.lists(
    st.tuples(st.integers(0, 31), st.integers(-3, 12), st.sampled_from(["", "", "a", "b"])), max_size=9
).map(lambda told: [Block(f"o{place}", *each) for place, each in enumerate(told)])


def together(blocks: tuple[Block, ...]) -> bool:
    groups = [block.group for block in blocks if block.group]
    return len(groups) == len(set(groups)) and all(not one.mask & other.mask for one, other in combinations(blocks, 2))


@given(BLOCKS)
def test_no_combination_gains_more_and_of_equals_the_first_is_taken(blocks: list[Block]) -> None:
    ranked = sorted((block for block in blocks if block.gain > 0), key=lambda each: (-each.gain, each.id))
    best: tuple[int, tuple[int, ...]] = (0, ())
    for size in range(1, len(ranked) + 1):
        for some in combinations(range(len(ranked)), size):
            chosen = tuple(ranked[place] for place in some)
            if together(chosen):
                best = min(best, (-sum(block.gain for block in chosen), some))
    found = combined(blocks)
    assert [ranked.index(block) for block in found] == list(best[1])


@given(BLOCKS)
def test_the_order_in_which_offers_are_told_does_not_matter(blocks: list[Block]) -> None:
    assert combined(blocks) == combined(blocks[::-1])


def test_two_smaller_offers_beat_a_greater_one_that_needs_both_their_lines() -> None:
    assert [block.id for block in combined([Block("all", 3, 10), Block("a", 1, 6), Block("b", 2, 6)])] == ["a", "b"]


def test_an_offer_that_gains_nothing_is_not_taken() -> None:
    assert combined([Block("a", 1, 0), Block("b", 2, -5)]) == []


def test_the_search_ends_and_what_it_found_can_stand_together() -> None:
    """Sixty offers, each needing two lines of a ring: far more combinations than steps."""
    ring = [Block(f"o{place:02}", (1 << place) | (1 << (place + 1) % 60), 100 + place % 7) for place in range(60)]
    found = combined(ring)
    assert together(tuple(found))
    greedy: tuple[Block, ...] = ()
    for block in sorted(ring, key=lambda each: (-each.gain, each.id)):
        greedy = (*greedy, block) if together((*greedy, block)) else greedy
    assert all(block in found or not together((*found, block)) for block in ring)
    assert sum(block.gain for block in found) >= sum(block.gain for block in greedy)
    assert STEPS_MOST == 2**13 - 1


def test_a_search_that_is_cut_short_leaves_no_room_unused(monkeypatch: pytest.MonkeyPatch) -> None:
    blocks = [Block("a", 1, 9), Block("b", 3, 8, "g"), Block("c", 2, 7, "g"), Block("d", 4, 6, "g"), Block("e", 8, 5)]
    for steps in range(1, 40):
        monkeypatch.setattr("regulars.core.stacking.STEPS_MOST", steps)
        found = combined([*blocks, Block("link", 15, 1, "g")])
        assert all(block in found or not together((*found, block)) for block in blocks), steps


def test_thousands_of_gifts_beside_one_another_are_all_taken() -> None:
    gifts = [Block(f"o{place:04}", 0, 1) for place in range(3_000)]
    rivals = [Block(f"p{place:04}", 3 << place, 5, "" if place % 2 else "g") for place in range(1_100)]
    assert [block for block in combined(gifts + rivals) if not block.mask] == gifts


@pytest.mark.parametrize(
    ("amount", "weights", "rooms", "parts"),
    [
        (10, [100, 100, 100], [100, 100, 100], [4, 3, 3]),
        (10, [100, 100, 100], [2, 100, 100], [2, 4, 4]),
        (10, [90, 10], [1, 10], [1, 9]),
        (0, [1, 2], [1, 2], [0, 0]),
        (3, [0, 3], [0, 3], [0, 3]),
        (7, [5, 5, 5], [0, 2, 5], [0, 2, 5]),
    ],
)
def test_shares_by_hand(amount: int, weights: list[int], rooms: list[int], parts: list[int]) -> None:
    assert spread(amount, weights, rooms) == parts


@given(st.lists(st.tuples(st.integers(0, 1000), st.integers(0, 1000)), min_size=1, max_size=12), st.integers(0, 10**4))
def test_shares_sum_and_keep_within_their_rooms(told: list[tuple[int, int]], amount: int) -> None:
    weights, rooms = [weight for weight, _ in told], [min(each) for each in told]
    amount = min(amount, sum(rooms))
    parts = spread(amount, weights, rooms)
    assert sum(parts) == amount
    assert all(0 <= part <= room for part, room in zip(parts, rooms, strict=True))
