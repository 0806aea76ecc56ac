"""Two records, one member: decided on both at once from the merge on, and as before once it is undone."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from regulars.core.facts import CustomerFact, IdentityFact, LineFact, OrderFact
from regulars.customers.models import Customer
from regulars.flows.merge import merge, split
from regulars.flows.order_returned import order_returned
from regulars.flows.programme import end_days
from regulars.flows.record_customers import record_customers
from regulars.ledger.models import Account
from regulars.membership.models import TierMove, Union
from regulars.web.access import Actor
from tests.facts import OPENED_AT
from tests.flows.rewarding import purse, wrong
from tests.flows.test_programme import CLUB, live, of, one_return, put_in_force

pytestmark = pytest.mark.django_db
BY = Actor(name="陈杰", subject="user:agent", role="agent")
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
    owed = {account.subject: account.balance for account in Account.objects.filter(kind="debt")}
    assert owed == {purse(customer("a")).subject: 350, Customer.objects.get(source_id="b").subject_key: 0}
    tell(bought("3", "a", 100, 182))
    parted(made, 183)
    assert "owed" not in of("test")["a"][3] and of("test")["b"][3]["owed"] == [["points", 250]]
    debts = Account.objects.filter(kind="debt", balance__gt=0)
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
    record_customers(
        [CustomerFact("a", identities=(IdentityFact("email", "li@mail.example"),))],
        source="test",
        at=OPENED_AT + 3 * DAY,
    )
    assert spend("a") == (55_000, 2) and stands("a")[0] == "silver"


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
