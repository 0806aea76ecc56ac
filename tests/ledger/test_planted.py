"""The model is only worth what it finds: every planted bug must be found, within so many steps."""

import pytest
from django.db import connection

from regulars.ledger.actions import postgresql
from tests.ledger.planted import BOOK, IN_SQL, SPEND
from tests.ledger.test_machine import Machine, in_haste, run

__all__ = ["in_haste"]

STEPS, STEPS_MOST, SEED = 12_000, 80_000, 7
PLANTED = (IN_SQL if connection.vendor == "postgresql" else {}) | BOOK

pytestmark = pytest.mark.proof


@pytest.mark.parametrize("name", PLANTED)
def test_a_planted_bug_is_found(
    in_haste: None, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, name: str
):
    if name in BOOK:  # on PostgreSQL its half there would do most of what the book does
        monkeypatch.setattr(postgresql, "HOT", frozenset())
    elif PLANTED[name].name != SPEND:  # the short way does most of what the function does for a plain spending
        monkeypatch.setattr(postgresql, "_spent", lambda legs: None)
    with PLANTED[name].planted(), pytest.raises(Exception):  # noqa: B017, PT011  whatever way it shows
        run(STEPS_MOST, first_seed=SEED, quiet=True)
    with capsys.disabled():
        print(f"\n{Machine.failed_after:>9,}  {name}", end="")


def test_what_is_found_is_in_the_bug_and_not_in_the_steps(in_haste: None):
    assert len(PLANTED) >= 20
    assert run(STEPS, first_seed=SEED, quiet=True) >= STEPS
