"""What time alone brings about."""

from datetime import UTC, datetime, timedelta

import pytest

from regulars.core.naming import operation_id
from regulars.ledger.actions import commit, sweeping
from regulars.ledger.actions.sweeping import sweep
from regulars.ledger.facts import Account, Hold, Operation, Post, Release, Reverse, hold_id, world
from regulars.ledger.models import Account as AccountRow

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
POINTS = Account("points", "points:club", "club", "a" * 32)
ISSUED, REDEEMED = world("points:club", "issued"), world("points:club", "redeemed")

pytestmark = pytest.mark.usefixtures("books")


def do(name: str, *legs, at: datetime = AT):
    return commit(Operation(operation_id(name), at, legs, reason="test"))


def figures() -> tuple[int, int]:
    row = AccountRow.objects.get(id=POINTS.id)
    return row.balance, row.held


def test_holds_time_out_and_lots_expire_once():
    do("earn", Post(ISSUED, POINTS, 100, expires_at=AT + DAY), Post(ISSUED, POINTS, 50))
    do("hold", Hold(POINTS, REDEEMED, 30, AT + timedelta(minutes=15)))
    assert sweep(AT) == sweeping.Swept(0, 0)
    assert sweep(AT + timedelta(minutes=15)) == sweeping.Swept(1, 0)
    assert figures() == (150, 0)
    assert sweep(AT + DAY) == sweeping.Swept(0, 1)
    assert sweep(AT + DAY) == sweeping.Swept(0, 0)
    assert figures() == (50, 0)


def test_what_is_held_does_not_expire_until_given_back():
    do("earn", Post(ISSUED, POINTS, 100, expires_at=AT + DAY))
    do("hold", Hold(POINTS, REDEEMED, 30, AT + 3 * DAY))
    assert sweep(AT + DAY).lots == 1 and figures() == (30, 30)
    do("release", Release(hold_id(operation_id("hold"), 0)), at=AT + 2 * DAY)
    assert sweep(AT + 2 * DAY).lots == 1 and figures() == (0, 0)


def test_what_goes_back_to_an_expired_lot_expires_again_and_again():
    do("earn", Post(ISSUED, POINTS, 100, expires_at=AT + DAY))
    spent = do("spend", Post(POINTS, REDEEMED, 60)).postings[0].id
    sweep(AT + DAY)
    for number in range(3):
        do(f"return {number}", Reverse(spent, 20), at=AT + 2 * DAY)
        assert figures() == (20, 0)
        assert sweep(AT + 2 * DAY).lots == 1
        assert figures() == (0, 0)


def test_somebody_is_quicker_with_one_of_many(monkeypatch: pytest.MonkeyPatch):
    """The list of what is due is stale as soon as it is read: the rest is swept all the same."""
    do("earn", Post(ISSUED, POINTS, 100))
    for number in range(3):
        do(f"hold {number}", Hold(POINTS, REDEEMED, 10, AT + timedelta(minutes=15)))
    together = sweeping.commit_many

    def late(operations):
        do("quicker", Release(hold_id(operation_id("hold 1"), 0)), at=AT + DAY)
        monkeypatch.setattr(sweeping, "commit_many", together)
        return together(operations)

    monkeypatch.setattr(sweeping, "commit_many", late)
    assert sweep(AT + DAY).holds == 2
    assert figures() == (100, 0)
