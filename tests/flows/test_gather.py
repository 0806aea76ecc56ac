"""Two records, one person: what the absorbed record owned is spent under the survivor's key, and goes back on a split."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from regulars.core.naming import operation_id
from regulars.customers.actions.merge import MergeRefused
from regulars.customers.models import Customer
from regulars.flows import gather
from regulars.flows.merge import merge, split
from regulars.ledger.actions import commit
from regulars.ledger.facts import Account, Close, Hold, Leg, Operation, Post, Release, hold_id, world
from regulars.ledger.queries import accounts, statement
from regulars.ledger.queries.checks import inconsistencies
from regulars.storage.ids import new_id
from regulars.web.access import Actor

pytestmark = pytest.mark.django_db
AT = datetime(2026, 7, 1, 4, tzinfo=UTC)
BY = Actor(name="陈杰", subject="user:agent", role="agent")
ISSUED, REDEEMED = world("points", "issued"), world("points", "redeemed")


@dataclass
class Member:
    id: Any
    own: Account

    @property
    def lots(self) -> list[tuple[int, datetime, datetime]]:
        return [(lot.remaining, lot.active_at, lot.expires_at) for lot in statement.lots(self.own.id)]

    @property
    def spendable(self) -> int:
        found = accounts.account(self.own.id)
        return accounts.figures(found, AT, UTC).spendable if found else 0


@pytest.fixture
def member(shop: Any) -> Callable[[], Member]:
    def made() -> Member:
        row = Customer.objects.create(source="test", source_id=new_id().hex, recorded_at=AT)
        return Member(row.pk, Account("points", "points", "club", row.subject_key))

    return made


def do(*legs: Leg, name: str = "", days: int = 0) -> str:
    named = operation_id("test", name or new_id().hex)
    commit(Operation(named, AT + timedelta(days=days), legs, "test"))
    return named


def give(to: Member, amount: int, *, lasts: int = 100, waits: int = -9) -> None:
    do(Post(ISSUED, to.own, amount, AT + timedelta(days=waits), AT + timedelta(days=lasts)))


def wrong() -> list[str]:
    """What differs in the ledger; the suite itself switches some of its triggers off."""
    return [told for told in inconsistencies(None) if not told.startswith("trigger")]


def joined(survivor: Member, absorbed: Member, at: datetime = AT) -> Any:
    return merge(survivor.id, absorbed.id, reason="same phone", by=BY, at=at)


def test_what_was_the_absorbed_record_s_can_be_spent_under_the_survivor_s_key(member: Callable[[], Member]) -> None:
    survivor, absorbed = member(), member()
    give(survivor, 5, lasts=50)
    give(absorbed, 30, lasts=20, waits=-3)
    give(absorbed, 70, lasts=90)
    credit = Account("credit", "CNY", "", absorbed.own.subject)
    do(Post(world("CNY", "sold"), credit, 2_000))
    before = absorbed.lots
    joined(survivor, absorbed)
    assert (survivor.spendable, absorbed.spendable) == (105, 0)
    assert set(before) < set(survivor.lots), "each lot keeps its dates"
    do(Post(survivor.own, REDEEMED, 101))
    assert [lot[0] for lot in survivor.lots] == [4], "first to expire was spent first"
    do(Post(Account("credit", "CNY", "", survivor.own.subject), world("CNY", "redeemed"), 2_000))
    assert wrong() == []


def test_a_split_gives_back_what_is_left_of_each_lot(member: Callable[[], Member]) -> None:
    survivor, absorbed = member(), member()
    give(survivor, 5, lasts=50)
    give(absorbed, 30, lasts=20)
    give(absorbed, 70, lasts=90)
    last = absorbed.lots[1][1:]
    made = joined(survivor, absorbed)
    do(Post(survivor.own, REDEEMED, 38))
    split(made, by=BY, at=AT)
    assert (survivor.spendable, absorbed.lots) == (0, [(67, *last)])
    again = joined(survivor, absorbed)
    assert survivor.spendable == 67
    split(again, by=BY, at=AT)
    assert (survivor.spendable, absorbed.spendable) == (0, 67)
    assert wrong() == []


def test_what_waits_moves_with_its_terms_and_what_is_set_aside_when_it_is_free(member: Callable[[], Member]) -> None:
    survivor, absorbed = member(), member()
    give(absorbed, 40, lasts=200, waits=14)
    give(absorbed, 10)
    held = do(Hold(absorbed.own, REDEEMED, 10, AT + timedelta(days=1)))
    waits = absorbed.lots[1]
    made = joined(survivor, absorbed)
    assert survivor.lots == [waits] and survivor.spendable == 0
    do(Release(hold_id(held, 0)))
    gather.gather_all(AT)
    assert [lot[0] for lot in survivor.lots] == [10, 40] and absorbed.lots == []
    entries = accounts.account(survivor.own.id)
    gather.gather_all(AT + timedelta(days=1))
    assert accounts.account(survivor.own.id) == entries, "what was done is not done again"
    split(made, by=BY, at=AT + timedelta(days=1))
    assert absorbed.lots[1] == waits and survivor.lots == [] and wrong() == []


def test_what_came_from_an_account_that_is_closed_stays_where_it_is(member: Callable[[], Member]) -> None:
    survivor, absorbed = member(), member()
    card = Account("gift_card", "points", "card", "")
    do(Post(ISSUED, card, 60))
    do(Post(card, absorbed.own, 40), Post(ISSUED, absorbed.own, 5))
    made = joined(survivor, absorbed)
    assert (survivor.spendable, absorbed.spendable) == (45, 0)
    split(made, by=BY, at=AT)
    do(Close(card))
    joined(survivor, absorbed)
    assert (survivor.spendable, absorbed.spendable) == (5, 40)
    assert wrong() == []


def test_merges_of_merges_are_undone_one_by_one(member: Callable[[], Member]) -> None:
    first, second, third = member(), member(), member()
    give(first, 1)
    give(second, 20)
    inner = joined(second, first)
    outer = joined(third, second)
    assert [m.spendable for m in (first, second, third)] == [0, 0, 21]
    with pytest.raises(MergeRefused, match="split those first"):
        split(inner, by=BY, at=AT)
    give(first, 5)
    gather.gather_all(AT)
    assert [m.spendable for m in (first, second, third)] == [0, 0, 26]
    split(outer, by=BY, at=AT)
    assert [m.spendable for m in (first, second, third)] == [0, 26, 0]
    split(inner, by=BY, at=AT)
    assert [m.spendable for m in (first, second, third)] == [6, 20, 0]


def test_a_closed_account_is_left_alone_and_keeps_records_from_being_split(member: Callable[[], Member]) -> None:
    survivor, absorbed, other = member(), member(), member()
    give(absorbed, 10)
    give(other, 10)
    do(Close(other.own))
    made = joined(survivor, absorbed)
    joined(survivor, other)
    assert (survivor.spendable, other.spendable) == (10, 10)
    do(Close(survivor.own))
    with pytest.raises(MergeRefused, match="open the account again"):
        split(made, by=BY, at=AT)
    assert Customer.objects.get(pk=absorbed.id).merged_into_id == survivor.id


def test_more_lots_than_an_operation_has_legs_move_too(member: Callable[[], Member]) -> None:
    survivor, absorbed = member(), member()
    for day in range(130):
        give(absorbed, 1, lasts=1 + day)
    before = absorbed.lots
    for _time in range(2):
        made = joined(survivor, absorbed)
        assert survivor.lots == before
        split(made, by=BY, at=AT)
        assert (survivor.lots, absorbed.lots) == ([], before)


@given(
    lots=st.lists(st.tuples(st.integers(1, 50), st.integers(1, 9), st.integers(-5, 5)), max_size=6),
    spent=st.integers(1, 120),
)
@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_nothing_is_won_or_lost_by_merging_and_splitting(
    member: Callable[[], Member], lots: list[tuple[int, int, int]], spent: int
) -> None:
    survivor, absorbed = member(), member()
    for amount, lasts, waits in lots:
        give(absorbed, amount, lasts=lasts + 5, waits=waits)
    before, whole = absorbed.lots, absorbed.spendable
    made = joined(survivor, absorbed)
    assert (survivor.spendable, absorbed.spendable) == (whole, 0)
    taken = min(spent, whole)
    if taken:
        do(Post(survivor.own, REDEEMED, taken))
    split(made, by=BY, at=AT)
    assert (survivor.spendable, absorbed.spendable) == (0, whole - taken)
    assert {lot[1:] for lot in absorbed.lots} <= {lot[1:] for lot in before}


def test_both_statements_say_what_moved(member: Callable[[], Member], sign_in: Callable[..., Client]) -> None:
    survivor, absorbed = member(), member()
    give(absorbed, 30)
    made = joined(survivor, absorbed)
    client = sign_in("reader", language="en")

    def said(one: Member) -> str:
        return client.get(f"/ledger/{UUID(one.own.id)}/").content.decode()

    assert "Came with a merged record" in said(survivor)
    assert "Moved to the customer&#x27;s other account" in said(absorbed)
    split(made, by=BY, at=AT)
    for one in (survivor, absorbed):
        assert "The merge was undone" in said(one)
    trail = sign_in("owner", language="en").get("/audit/").content.decode()
    assert "merged two customers" in trail and "split two customers again" in trail
    assert f'href="/customers/{survivor.id}/"' in trail
    assert ">customer.merged<" not in trail and ">customer.split<" not in trail
