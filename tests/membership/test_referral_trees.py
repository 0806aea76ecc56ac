"""Who brought whom, over all levels, and what it was worth."""

from datetime import datetime
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from regulars.customers.models import Customer
from regulars.flows.merge import merge
from regulars.membership.models import Referral
from regulars.membership.queries import referral_trees
from regulars.membership.queries.referral_trees import top_advocates, tree_of
from regulars.web.access import Actor
from tests.flows.bringing import bring, buy, days, meet, open_shop

pytestmark = pytest.mark.django_db
STAFF = Actor("Ada", "user:ada", role="owner")


@pytest.fixture
def family(shop: Any, at: datetime) -> dict[str, Any]:
    """ann brought ben and cat, ben brought dan, dan brought eva; fay was refused; gus brought hal."""
    open_shop(shop, at)
    people = {name: meet(name, at - days(30)) for name in "ann ben cat dan eva fay gus hal".split()}
    pairs = [("ann", "ben"), ("ann", "cat"), ("ben", "dan"), ("dan", "eva"), ("ann", "fay"), ("gus", "hal")]
    for day, (by, friend) in enumerate(pairs):
        bring(people[by], people[friend], at - days(20 - day))
    Referral.objects.filter(friend=people["fay"]).update(state="refused")
    for name, amount in (("ben", 10_000), ("dan", 20_000), ("eva", 5_000), ("fay", 99_000), ("hal", 7_000)):
        buy(name, at - days(3), amount=amount)
    buy("dan", at - days(3), number="2", amount=4_000)
    buy("dan", at - days(2), number="3", amount=8_000, state="refunded")
    buy("cat", at - days(2), state="cancelled")
    return people


def test_a_tree_has_every_level_and_what_it_bought(family: dict[str, Any]) -> None:
    tree = tree_of(family["ann"], "CNY")
    names = {who: name for name, who in family.items()}
    told = [(names[one.customer], names[one.by], one.level, one.orders, one.net_amount) for one in tree.branches]
    assert told == [
        ("ben", "ann", 1, 1, 10_000),
        ("cat", "ann", 1, 0, 0),
        ("dan", "ben", 2, 2, 24_000),
        ("eva", "dan", 3, 1, 5_000),
    ]
    assert (tree.direct(), tree.orders, tree.net_amount, tree.is_whole) == (2, 4, 39_000, True)
    assert tree_of(family["eva"], "CNY").branches == ()
    assert tree_of(family["ann"], "USD").net_amount == 0


def test_merged_records_stand_in_the_tree_as_one(family: dict[str, Any], at: datetime) -> None:
    merge(family["gus"], family["ben"], reason="same person", by=STAFF, at=at)
    tree = tree_of(family["ann"], "CNY")
    names = {who: name for name, who in family.items()}
    assert [(names[one.customer], one.level) for one in tree.branches] == [
        ("gus", 1), ("cat", 1), ("dan", 2), ("hal", 2), ("eva", 3),
    ]  # fmt: skip
    assert tree.net_amount == 46_000 and tree_of(family["ben"], "CNY").root == family["gus"]


def test_a_circle_is_gone_round_once(family: dict[str, Any], at: datetime) -> None:
    Referral.objects.create(advocate_id=family["eva"], friend_id=family["ann"], code="X", at=at, look=at.date())
    tree = tree_of(family["ann"], "CNY")
    assert len(tree.branches) == 4 and tree.is_whole


def test_queries_grow_with_levels_and_not_with_people(family: dict[str, Any], at: datetime) -> None:
    def queries() -> int:
        with CaptureQueriesContext(
            connection,
        ) as seen:
            tree_of(family["ann"], "CNY")
        return len(seen)

    before = queries()
    for number in range(30):
        bring(family["cat"], meet(f"more{number}", at), at)
    assert queries() == before


def test_a_tree_that_is_too_large_says_so(family: dict[str, Any], monkeypatch: Any) -> None:
    monkeypatch.setattr(referral_trees, "PEOPLE_MAX", 2)
    tree = tree_of(family["ann"], "CNY")
    assert [one.level for one in tree.branches] == [1, 1] and not tree.is_whole


def test_who_brought_most_friends_comes_first(family: dict[str, Any]) -> None:
    Referral.objects.exclude(state="refused").exclude(friend=family["cat"]).update(state="rewarded")
    Referral.objects.filter(friend=family["cat"]).update(state="rewarded")
    best = top_advocates(2, "CNY")
    assert best[0].root == family["ann"] and best[0].net_amount == 39_000 and len(best) == 2
    assert Customer.objects.filter(pk=best[1].root).exists()
