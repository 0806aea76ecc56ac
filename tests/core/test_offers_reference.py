"""The engine against a slow reading of the same words, on random offers and carts; and slips that must be found so."""

import time

import pytest

from tests.core.offers_planted import SLIPS
from tests.core.offers_random import differences


def test_random_carts_are_quoted_as_the_reference_says():
    done, first = differences(1, 150)
    assert first is None
    assert done == 1_500


@pytest.mark.proof
def test_many_random_carts_are_quoted_as_the_reference_says(effort: int):
    done, first = differences(2, 4_000 * effort)
    assert first is None
    assert done >= 40_000


@pytest.mark.soak
def test_random_carts_are_quoted_as_the_reference_says_for_long(minutes: float):
    ends = time.monotonic() + 60 * minutes
    seed = 1_000
    while time.monotonic() < ends:
        _, first = differences(seed, 500)
        assert first is None, f"seed {seed}"
        seed += 1


@pytest.mark.proof
@pytest.mark.parametrize("name", SLIPS)
def test_a_planted_slip_is_found(name: str, capsys: pytest.CaptureFixture[str]):
    with SLIPS[name].planted():
        try:
            done, first = differences(7, 5_000)
        except Exception as error:
            done, first = 0, (error,)
    assert first is not None
    with capsys.disabled():
        print(f"\n{done:>9,}  {name}", end="")


def test_there_are_slips_enough():
    assert len(SLIPS) >= 20
