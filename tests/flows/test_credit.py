"""Store credit is passed on with its dates; more than one person may decide takes two."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest

from regulars.core.naming import operation_id
from regulars.flows import adjust
from regulars.flows.credit import NobodyToGiveTo, transfer
from regulars.ledger.actions import commit
from regulars.ledger.facts import Operation, Post, world
from regulars.ledger.queries import accounts, statement
from regulars.ledger.refusals import Insufficient
from regulars.shop.queries import actor_of_user
from tests.flows.rewarding import EARNED_AT, balance, credit, customer, wrong

pytestmark = pytest.mark.django_db
SOON, LATER = datetime(2027, 1, 1, tzinfo=UTC), datetime(2028, 1, 1, tzinfo=UTC)


@pytest.fixture
def rich(recorded: Any) -> UUID:
    """Somebody with 300.00, of which 100.00 expires soon."""
    who = customer("c1")
    for name, amount, expires_at in (("a", 20_000, LATER), ("b", 10_000, SOON)):
        leg = Post(world("CNY", "sold"), credit(who), amount, expires_at=expires_at)
        commit(Operation(operation_id("sold", name), EARNED_AT, [leg], "topped_up"))
    return who


def give(who: UUID, to: UUID, amount: int, by: Any, at: datetime, form: UUID | None = None) -> bool:
    account = accounts.account(credit(who).id)
    assert account is not None
    return transfer(account, to, amount, note="her sister", form=form or uuid4(), by=actor_of_user(by), at=at)


def test_a_small_sum_moves_at_once_with_its_dates(rich: UUID, staff: dict[str, Any], at: datetime) -> None:
    form = uuid4()
    assert give(rich, customer("c2"), 10_000, staff["agent"], at, form)
    assert give(rich, customer("c2"), 10_000, staff["agent"], at, form), "twice is once"
    [lot] = statement.lots(credit(customer("c2")).id)
    assert (lot.remaining, lot.expires_at) == (10_000, SOON)
    assert balance(credit(rich)) == (20_000, 0) and wrong() == []


def test_a_large_sum_waits_for_a_second_person(rich: UUID, staff: dict[str, Any], at: datetime) -> None:
    form = uuid4()
    assert not give(rich, customer("c2"), 15_000, staff["agent"], at, form)
    assert balance(credit(rich)) == (30_000, 0)
    adjust.agree(form, by=actor_of_user(staff["owner"]), at=at)
    assert balance(credit(rich)) == (15_000, 0)
    lots = statement.lots(credit(customer("c2")).id)
    assert sorted((lot.remaining, lot.expires_at) for lot in lots) == [(5_000, LATER), (10_000, SOON)]


def test_what_cannot_be_passed_on_is_refused(rich: UUID, staff: dict[str, Any], at: datetime) -> None:
    for to in (rich, uuid4()):
        with pytest.raises(NobodyToGiveTo):
            give(rich, to, 100, staff["agent"], at)
    form = uuid4()
    assert not give(rich, customer("c2"), 30_001, staff["agent"], at, form)
    with pytest.raises(Insufficient):
        adjust.agree(form, by=actor_of_user(staff["owner"]), at=at)
    assert balance(credit(rich)) == (30_000, 0)
