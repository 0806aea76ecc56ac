"""An order that comes back brings back what was redeemed with it: earn, spend and a full return leave what was before."""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from regulars.core.facts import CustomerFact, LineFact, OrderFact, ReturnedLineFact
from regulars.flows.order_returned import order_returned
from regulars.flows.redeem import confirm, redeem
from regulars.ledger.queries import statement
from regulars.membership.actions.codes import import_codes
from regulars.membership.models import Claim, Member
from tests.facts import OPENED_AT
from tests.flows.rewarding import REWARDS, balance, customer, piece, purse, put_in_force, wrong
from tests.flows.test_programme import live, one_return

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def order(named: str, whose: str, yuan: int, day: int) -> OrderFact:
    lines = (LineFact(2000, yuan * 100, title="tea"), LineFact(1000, 100, title="cup"))
    return OrderFact(named, whose, OPENED_AT + day * DAY, "CNY", number=f"#{named}", state="paid", lines=lines)


@pytest.fixture
def member(shop: Any) -> UUID:
    """Somebody with 401 points from two orders, whose next order is told."""
    from regulars.flows.record_customers import record_customers

    shop.as_of = "now"
    shop.save()
    put_in_force(OPENED_AT, REWARDS)
    record_customers([CustomerFact("li"), CustomerFact("wu")], source="test", at=OPENED_AT)
    for told in (order("1", "li", 149, 1), order("2", "li", 250, 40)):
        live([told], told.placed_at)
    return customer("li")


def stands(member: UUID) -> Any:
    row = Member.objects.get(pk=member)
    lots = [(lot.id, lot.remaining, lot.held, lot.expires_at) for lot in statement.lots(purse(member).id)]
    return row.tier, {**row.state, "past": None}, lots


@pytest.mark.parametrize("name", ["#3", "3", "test:3"])
@pytest.mark.parametrize("how", ["returned", "cancelled", "refunded", "held"])
def test_earn_spend_and_a_full_return_is_exactly_the_state_before(member: UUID, how: str, name: str) -> None:
    before, last = stands(member), order("3", "li", 60, 50)
    live([last], last.placed_at)
    claim = redeem(member, "mug", key="a", at=last.placed_at, order=name, hold_only=how == "held")
    assert balance(purse(member)) != (401, 0)
    at = last.placed_at + 150 * DAY if how == "returned" else last.placed_at + timedelta(minutes=5)
    if how == "returned":
        order_returned(one_return("3"), source="test", at=at)
    else:
        state = "refunded" if how == "refunded" else "cancelled"
        live([replace(last, state=state)], at)
    assert stands(member) == before
    assert Claim.objects.get(pk=claim.id).state == "cancelled"
    assert balance(piece("stock", "club:mug")) == (3, 0) and wrong() == []


def test_what_was_spent_of_the_order_s_own_points_is_taken_back_with_them(member: UUID) -> None:
    last = order("3", "li", 60, 50)
    before = stands(member)
    live([last], last.placed_at)
    for number in range(2):
        redeem(member, "mug", key=f"{number}", at=last.placed_at, order="#3")
    redeem(member, "credit", key="c", at=last.placed_at, order="#3")
    live([replace(last, state="cancelled")], last.placed_at + DAY)
    assert stands(member) == before and wrong() == []


def test_an_order_that_comes_back_in_part_keeps_its_reward_until_the_rest_does(member: UUID) -> None:
    last = order("3", "li", 60, 50)
    live([last], last.placed_at)
    claim = redeem(member, "mug", key="a", at=last.placed_at, order="#3")
    at = OPENED_AT + 180 * DAY
    order_returned(one_return("3", ReturnedLineFact("1")), source="test", at=at)
    assert Claim.objects.get(pk=claim.id).state == "confirmed"
    order_returned(one_return("3", named="r2"), source="test", at=at)
    assert Claim.objects.get(pk=claim.id).state == "cancelled" and balance(purse(member)) == (401, 0)


@pytest.mark.parametrize("reward", ["film", "voucher"])
def test_a_code_that_was_given_stays_and_so_do_its_points(member: UUID, reward: str) -> None:
    import_codes("film", ["FILM-1"], warn_below=0, at=OPENED_AT)
    last = order("3", "li", 60, 50)
    live([last], last.placed_at)
    claim = redeem(member, reward, key="a", at=last.placed_at, order="#3")
    spent = claim.price
    live([replace(last, state="cancelled")], last.placed_at + DAY)
    row = Claim.objects.get(pk=claim.id)
    assert row.state == "fulfilled" and "cannot be taken back" in row.note
    assert balance(purse(member)) == (401 - spent, 0) and wrong() == []


def test_only_the_buyer_s_own_rewards_with_that_order_go_back(member: UUID) -> None:
    last, theirs = order("3", "li", 60, 50), replace(order("4", "wu", 300, 50), number="#3")
    live([last, theirs], last.placed_at)
    kept = [
        redeem(customer("wu"), "mug", key="w", at=last.placed_at, order="#3"),
        redeem(member, "mug", key="x", at=last.placed_at),
        redeem(member, "voucher", key="y", at=last.placed_at, order="#1"),
    ]
    live([replace(last, state="cancelled")], last.placed_at + DAY)
    assert not Claim.objects.filter(pk__in=[one.id for one in kept], state="cancelled").exists()


def test_an_order_whose_lines_are_told_later_keeps_what_was_set_aside_for_it(member: UUID) -> None:
    bare = replace(order("3", "li", 60, 50), lines=None)
    claim = redeem(member, "mug", key="a", at=bare.placed_at, order="#3", hold_only=True)
    live([bare], bare.placed_at)
    assert confirm(claim.id, at=bare.placed_at).state == "confirmed"
