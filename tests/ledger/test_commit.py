"""What an operation does, on both databases."""

from datetime import UTC, datetime, timedelta

import pytest

from regulars.core.naming import operation_id
from regulars.ledger.actions import commit
from regulars.ledger.facts import (
    FOREVER,
    Account,
    Activate,
    Capture,
    Close,
    Hold,
    Message,
    Operation,
    Post,
    Receipt,
    hold_id,
    world,
)
from regulars.ledger.models import Message as MessageRow
from regulars.ledger.refusals import Closed, Impossible, Insufficient, KeyReused

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
POINTS = Account("points", "points:club", "club", "a" * 32)
ISSUED = world("points:club", "issued")
REDEEMED = world("points:club", "redeemed")

pytestmark = pytest.mark.usefixtures("books")


def do(name: str, *legs, at: datetime = AT) -> Receipt:
    return commit(Operation(operation_id(name), at, legs, reason="test"))


def test_points_are_earned_and_spent():
    do("earn", Post(ISSUED, POINTS, 100, expires_at=AT + timedelta(days=90)))
    spent = do("spend", Post(POINTS, REDEEMED, 30))
    assert spent.moved(POINTS) == -30
    assert spent.postings[0].debit_balance == 70
    with pytest.raises(Insufficient) as refused:
        do("too much", Post(POINTS, REDEEMED, 71))
    assert refused.value.left == 70


def test_points_are_spent_lot_by_lot_and_never_beyond_what_can_be_spent():
    for days in (3, 1, 2):
        do(f"earn {days}", Post(ISSUED, POINTS, 10 * days, expires_at=AT + timedelta(days=days)))
    do("wait", Post(ISSUED, POINTS, 100, active_at=FOREVER))
    assert [posting.amount for posting in do("spend", Post(POINTS, REDEEMED, 45)).postings] == [10, 20, 15]
    with pytest.raises(Insufficient) as refused:
        do("pending", Post(POINTS, REDEEMED, 16))
    assert refused.value.left == 15
    with pytest.raises(Insufficient):
        do("expired", Post(POINTS, REDEEMED, 15), at=AT + timedelta(days=3))
    assert do("rest", Post(POINTS, REDEEMED, 15)).postings[0].debit_balance == 100


def test_nothing_is_spent_from_a_closed_account():
    do("earn", Post(ISSUED, POINTS, 100))
    spent = do("spend", Post(POINTS, REDEEMED, 30))
    do("close", Close(POINTS))
    with pytest.raises(Closed):
        do("spend more", Post(POINTS, REDEEMED, 30))
    assert do("spend", Post(POINTS, REDEEMED, 30)).postings == spent.postings


def test_a_retry_gets_the_first_answer():
    first = do("earn", Post(ISSUED, POINTS, 100))
    again = do("earn", Post(ISSUED, POINTS, 100))
    assert again.replayed and again.postings == first.postings
    with pytest.raises(KeyReused):
        do("earn", Post(ISSUED, POINTS, 101))


def test_what_only_tells_something_moves_nothing_and_is_told_once():
    def tell(*messages: Message) -> Receipt:
        return commit(Operation(operation_id("tell"), AT, [], reason="review", messages=messages))

    lapsed = Message("Tier Changed", {"before": "gold", "after": ""})
    assert (tell(lapsed).postings, tell(lapsed).replayed) == ((), True)
    assert [row.name for row in MessageRow.objects.all()] == ["Tier Changed"]
    with pytest.raises(Impossible):
        commit(Operation(operation_id("nothing"), AT, [], reason="review"))


def test_a_hold_is_captured_in_part():
    do("earn", Post(ISSUED, POINTS, 60), Post(ISSUED, POINTS, 40, expires_at=AT + timedelta(days=1)))
    do("hold", Hold(POINTS, REDEEMED, 70, AT + timedelta(minutes=15)))
    named = hold_id(operation_id("hold"), 0)
    done = do("capture", Capture(named, 50))
    assert [posting.amount for posting in done.postings] == [40, 10]
    assert done.moved(POINTS) == -50


def test_points_that_wait_for_confirmation_carry_their_expiry():
    lot = do("earn", Post(ISSUED, POINTS, 100, active_at=FOREVER, expires_at=AT + timedelta(days=30))).postings[0].id
    with pytest.raises(Insufficient):
        do("spend", Post(POINTS, REDEEMED, 1))
    do("confirm", Activate(lot))
    assert do("spend", Post(POINTS, REDEEMED, 1)).moved(POINTS) == -1
