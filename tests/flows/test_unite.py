"""Two records, one member: decided on both at once from the merge on, and as before once it is undone."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from regulars.core.facts import CustomerFact, IdentityFact, LineFact, OrderFact
from regulars.customers.models import Customer
from regulars.flows.cancel_claim import cancel
from regulars.flows.merge import merge, split
from regulars.flows.order_returned import order_returned
from regulars.flows.programme import end_days
from regulars.flows.record_customers import record_customers
from regulars.flows.redeem import redeem
from regulars.ledger.facts import Account
from regulars.ledger.models import Account as AccountRow
from regulars.ledger.queries.accounts import account, figures
from regulars.membership.models import TierMove, Union
from regulars.web.access import Actor
from tests.facts import OPENED_AT
from tests.flows.rewarding import balance, purse, wrong
from tests.flows.test_programme import CLUB, live, of, one_return, put_in_force

pytestmark = pytest.mark.django_db
BY = Actor(name="陈杰", subject="user:agent", role="agent")
KETTLE = '\n[[rewards]]\nid = "kettle"\nname = "Kettle"\ngives = "goods"\nprice = 1000\n'
DAY = timedelta(days=1)
# Points at once, so that what moves can be spent; and what tiers give, and how often.
QUICK = CLUB.replace("pending_days = 7\n", "").replace(
    'reached = { spend = "500.00" }', 'reached = { spend = "500.00" }\ngift = "mug"'
).replace("points = 1\n", 'points = 1\ncap = { amount = 1000, per = "year" }\n', 1) + (
    '\n[[rewards]]\nid = "mug"\nname = "Mug"\ngives = "goods"\n'
)


@pytest.fixture
def open_shop(shop: Any) -> None:
    shop.as_of = "now"
    shop.save()
    put_in_force(OPENED_AT, text=QUICK)
    record_customers([CustomerFact("a"), CustomerFact("b")], source="test", at=OPENED_AT)


@pytest.fixture
def slow_shop(shop: Any) -> None:
    """Points wait for seven days after delivery."""
    shop.as_of = "now"
    shop.save()
    put_in_force(OPENED_AT)
    record_customers([CustomerFact("a"), CustomerFact("b")], source="test", at=OPENED_AT)


def bought(named: str, customer: str, yuan: int, day: int) -> OrderFact:
    line = LineFact(1000, yuan * 100, title="tea")
    return OrderFact(named, customer, OPENED_AT + day * DAY, "CNY", lines=(line,))


def tell(*orders: OrderFact) -> None:
    for order in orders:
        live([order], order.placed_at)


def customer(name: str) -> UUID:
    return Customer.objects.get(source_id=name).pk


def merged(day: int) -> UUID:
    return merge(customer("a"), customer("b"), reason="same phone", by=BY, at=OPENED_AT + day * DAY)


def parted(made: UUID, day: int) -> None:
    split(made, by=BY, at=OPENED_AT + day * DAY)


def stands(name: str) -> tuple[Any, ...]:
    """A member but for when the clock looks at them."""
    tier, since, until, state, _, joined, lots = of("test")[name]
    return tier, since, until, state, joined, lots


def spend(name: str) -> tuple[int, int]:
    state = of("test")[name][3]
    days = [*state.get("days", ()), state.get("past", [0] * 5)]
    return sum(day[1] for day in days), sum(day[2] for day in days)


def test_both_together_reach_what_neither_has(open_shop: None) -> None:
    tell(bought("1", "a", 300, 1), bought("2", "b", 250, 2))
    merged(3)
    tier, since, *_ = stands("a")
    assert (tier, since) == ("silver", (OPENED_AT + 3 * DAY).date())
    assert spend("a") == (55_000, 2) and set(of("test")) == {"a"}
    assert TierMove.objects.get().why == "merged"
    tell(bought("3", "b", 10, 4))
    assert spend("a") == (56_000, 3), "the first order was the first of both"
    assert sum(lot[2] for lot in stands("a")[-1]) == 300 + 250 + 2 * 100 + 10
    assert end_days(OPENED_AT + 800 * DAY).members == 1 and stands("a")[0] == "" and wrong() == []


def test_the_higher_tier_stays_with_its_terms(open_shop: None) -> None:
    tell(bought("1", "a", 100, 1), bought("2", "b", 2_100, 2))
    higher = stands("b")[:3]
    merged(3)
    assert stands("a")[:3] == higher and higher[0] == "gold"
    assert spend("a") == (220_000, 2)


def test_a_split_brings_back_how_both_stood(open_shop: None) -> None:
    tell(bought("1", "a", 300, 1), bought("2", "b", 250, 2))
    before = stands("a"), stands("b")
    made = merged(3)
    assert stands("a") != before[0]
    parted(made, 4)
    assert (stands("a"), stands("b")) == before
    assert not Union.objects.exists() and wrong() == []
    again = merged(5)
    parted(again, 5)
    assert (stands("a"), stands("b")) == before


def test_what_happened_meanwhile_goes_with_whose_order_it_was(open_shop: None) -> None:
    tell(bought("1", "a", 300, 1), bought("2", "b", 250, 2))
    made = merged(3)
    tell(bought("3", "b", 260, 4), bought("4", "a", 20, 5))
    order_returned(one_return("1"), source="test", at=OPENED_AT + 180 * DAY)
    parted(made, 181)
    assert (spend("a"), spend("b")) == ((2_000, 1), (51_000, 2))
    assert (stands("a")[0], stands("b")[0]) == ("", "silver")


def test_a_record_that_was_nobody_s_member_joins_or_leaves_alone(open_shop: None) -> None:
    tell(bought("2", "b", 250, 2))
    alone = stands("b")
    made = merged(3)
    assert spend("a") == (25_000, 1) and "b" not in of("test")
    parted(made, 4)
    assert stands("b") == alone and spend("a") == (0, 0)


def test_what_one_owes_the_other_owes(open_shop: None) -> None:
    tell(bought("1", "a", 300, 1), bought("2", "b", 250, 2))
    from regulars.core.naming import operation_id
    from regulars.ledger.actions import commit
    from regulars.ledger.facts import Operation, Post, world

    spent = Post(purse(customer("b")), world("points", "redeemed"), 350)
    commit(Operation(operation_id("test", "spent"), OPENED_AT + 3 * DAY, [spent], "redeemed", "key"))
    order_returned(one_return("2"), source="test", at=OPENED_AT + 180 * DAY)
    assert of("test")["b"][3]["owed"] == [["points", 350]]
    made = merged(181)
    assert of("test")["a"][3]["owed"] == [["points", 350]]
    owed = {account.subject: account.balance for account in AccountRow.objects.filter(kind="debt")}
    assert owed == {purse(customer("a")).subject: 350, Customer.objects.get(source_id="b").subject_key: 0}
    tell(bought("3", "a", 100, 182))
    parted(made, 183)
    assert "owed" not in of("test")["a"][3] and of("test")["b"][3]["owed"] == [["points", 250]]
    debts = AccountRow.objects.filter(kind="debt", balance__gt=0)
    assert [(one.subject, one.balance) for one in debts] == [(Customer.objects.get(source_id="b").subject_key, 250)]
    assert wrong() == []


def test_limits_and_gifts_are_had_once_by_both(open_shop: None) -> None:
    tell(bought("1", "a", 700, 1), bought("2", "b", 600, 2))
    from regulars.membership.models import Claim

    assert Claim.objects.filter(reward="mug").count() == 2
    made = merged(3)
    used = {one[0]: one[2] for one in of("test")["a"][3]["used"]}
    assert used["base"] == 1_300 and Claim.objects.count() == 2
    tell(bought("3", "a", 100, 4))
    assert {one[0]: one[2] for one in of("test")["a"][3]["used"]}["base"] == 1_300, "the limit is had"
    parted(made, 5)
    assert {one[0]: one[2] for one in of("test")["a"][3]["used"]}["base"] == 700
    assert {one[0]: one[2] for one in of("test")["b"][3]["used"]}["base"] == 600


def test_a_guest_whom_an_import_recognises_is_united_too(open_shop: None) -> None:
    guest = replace(bought("1", "", 300, 1), identities=(IdentityFact("email", "li@mail.example"),))
    tell(guest, bought("2", "a", 250, 2))
    own, theirs = (balance(purse(customer(name)))[0] for name in ("a", "email:li@mail.example"))
    assert own and theirs
    record_customers(
        [CustomerFact("a", identities=(IdentityFact("email", "li@mail.example"),))],
        source="test",
        at=OPENED_AT + 3 * DAY,
    )
    assert spend("a") == (55_000, 2) and stands("a")[0] == "silver"
    assert balance(purse(customer("a"))) == (own + theirs, 0), "what the guest had can be spent at once"


def has(name: str, day: int) -> tuple[int, int]:
    """What a customer's own account has to spend on a day, and what waits there."""
    found = account(Account("points", "points", "club", Customer.objects.get(source_id=name).subject_key).id)
    seen = figures(found, OPENED_AT + day * DAY, UTC) if found else None
    return (seen.spendable, seen.pending) if seen else (0, 0)


def owed(name: str) -> list[list[Any]]:
    return of("test")[name][3].get("owed", [])


def on_its_way(customer: str = "b") -> OrderFact:
    return replace(bought("2", customer, 1_000, 10), state="paid")


def arrives(day: int, told: int) -> None:
    live([replace(on_its_way(), state="completed", updated_at=OPENED_AT + day * DAY)], OPENED_AT + told * DAY)


def test_points_of_an_order_on_its_way_become_the_survivor_s(slow_shop: None) -> None:
    tell(bought("1", "a", 100, 1), on_its_way())
    merged(20)
    assert (has("a", 20), has("b", 20)) == ((200, 1_100), (0, 0))
    arrives(21, 33)
    assert (has("a", 33), has("b", 33)) == ((1_300, 0), (0, 0)) and wrong() == []


def test_points_on_their_way_go_home_with_a_split_and_arrive_there(slow_shop: None) -> None:
    tell(bought("1", "a", 100, 1), on_its_way())
    made = merged(20)
    parted(made, 21)
    assert (has("a", 21), has("b", 21)) == ((200, 0), (0, 1_100))
    arrives(22, 33)
    assert (has("a", 33), has("b", 33)) == ((200, 0), (1_100, 0))
    order_returned(one_return("2"), source="test", at=OPENED_AT + 180 * DAY)
    assert (has("a", 180), has("b", 180), owed("b")) == ((200, 0), (0, 0), []) and wrong() == []


def test_a_return_takes_back_what_still_waits_and_nothing_else(slow_shop: None) -> None:
    tell(bought("1", "a", 100, 1), on_its_way())
    merged(20)
    order_returned(one_return("2"), source="test", at=OPENED_AT + 180 * DAY)
    assert (has("a", 180), has("b", 180), owed("a")) == ((200, 0), (0, 0), []) and wrong() == []


@pytest.mark.parametrize("cancelled", [False, True])
def test_what_is_undone_while_merged_stays_undone_after_a_split(open_shop: None, cancelled: bool) -> None:
    tell(bought("1", "a", 100, 1), bought("2", "b", 2_100, 2))
    made = merged(3)
    if cancelled:
        gone = replace(bought("2", "b", 2_100, 2), state="cancelled", updated_at=OPENED_AT + 4 * DAY)
        live([gone], OPENED_AT + 180 * DAY)
    else:
        order_returned(one_return("2"), source="test", at=OPENED_AT + 180 * DAY)
    assert has("a", 180) == (200, 0), "the survivor's own points are not touched"
    parted(made, 181)
    assert (stands("a")[0], stands("b")[0]) == ("", "")
    assert (has("a", 181), has("b", 181), owed("a"), owed("b")) == ((200, 0), (0, 0), [], []) and wrong() == []


@pytest.mark.parametrize("first", ["split", "return", "cancel"])
def test_what_was_spent_while_merged_was_spent_by_the_survivor(open_shop: None, first: str) -> None:
    put_in_force(OPENED_AT, since=OPENED_AT + DAY / 2, text=QUICK + KETTLE)
    tell(bought("1", "a", 100, 1), bought("2", "b", 1_000, 2))
    made = merged(3)
    claim = redeem(customer("a"), "kettle", key="k", at=OPENED_AT + 4 * DAY)
    steps = {
        "split": lambda day: parted(made, day),
        "return": lambda day: order_returned(one_return("2"), source="test", at=OPENED_AT + day * DAY),
        "cancel": lambda day: cancel(claim.id, at=OPENED_AT + day * DAY, by="user:x"),
    }
    order = [first, *(step for step in steps if step != first)]
    for place, step in enumerate(order):
        steps[step](180 + place)
        if step == "split" and place == 0:
            assert (has("a", 180), has("b", 180), owed("a")) == ((0, 0), (1_100, 0), [["points", 800]])
    assert (has("a", 190), has("b", 190), owed("a"), owed("b")) == ((200, 0), (0, 0), [], []) and wrong() == []


Order = tuple[str, int, int]
ORDERS = st.lists(st.tuples(st.sampled_from("ab"), st.integers(1, 900), st.integers(0, 60)), min_size=1, max_size=8)


@settings(
    max_examples=25,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],  # the shop grows with each example: a smaller one would take minutes
    suppress_health_check=list(HealthCheck),
)
@given(ORDERS, st.integers(0, 60), st.integers(61, 90))
def test_a_merge_that_is_undone_leaves_everybody_their_own(
    open_shop: None, told: list[Order], on: int, until: int
) -> None:
    """Each example goes on in the same shop with orders and customers of its own."""
    run = f"{Customer.objects.count()}"
    names = {name: f"{name}{run}" for name in "abxy"}
    record_customers([CustomerFact(name) for name in names.values()], source="test", at=OPENED_AT)

    def orders(of: dict[str, str], since: int, before: int) -> Iterable[OrderFact]:
        for place, (name, yuan, day) in enumerate(sorted(told, key=lambda one: one[2])):
            if since <= day < before:
                yield bought(f"{of[name]}-{place}", of[name], yuan, day)

    ours, theirs = {name: names[name] for name in "ab"}, {"a": names["x"], "b": names["y"]}
    tell(*orders(theirs, 0, 99))
    tell(*orders(ours, 0, on))
    at = OPENED_AT + on * DAY - timedelta(hours=1)
    made = merge(customer(ours["a"]), customer(ours["b"]), reason="", by=BY, at=at)
    tell(*orders(ours, on, 99))
    whole = spend(ours["a"]) if ours["a"] in of("test") else (0, 0)
    assert whole == (sum(yuan * 100 for _, yuan, _ in told), len(told))
    split(made, by=BY, at=OPENED_AT + until * DAY)
    for name in "ab":
        if theirs[name] in of("test"):
            alone = stands(theirs[name])
            assert spend(ours[name]) == spend(theirs[name])
            assert stands(ours[name])[0] == alone[0], "the tier of what they bought themselves"
    assert wrong() == []
