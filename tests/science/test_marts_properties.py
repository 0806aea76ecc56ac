"""What holds of the marts of any shop."""

import tempfile
from collections import defaultdict
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.science.conftest import order, tell_in

FIRST = date(2025, 1, 1)
AS_OF = "2025-12-31"
ORDERS = st.lists(
    st.builds(
        lambda customer, day, net: order(customer, (FIRST + timedelta(days=day)).isoformat(), net),
        st.sampled_from("abcdef"),
        st.integers(0, 364),
        st.integers(0, 10_000),
    ),
    min_size=1,
    max_size=25,
)
few = settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def told(orders: list[dict[str, Any]], **inputs: Any) -> dict[str, list[dict[str, Any]]]:
    with tempfile.TemporaryDirectory() as folder:
        return tell_in(Path(folder), orders, AS_OF, **inputs)


@few
@given(ORDERS)
def test_cohorts_lose_nobody_and_no_money(orders: list[dict[str, Any]]) -> None:
    rows = told(orders)["cohorts"]
    assert sum(row["net_amount"] for row in rows) == sum(o["net_amount"] for o in orders)
    assert sum(row["orders"] for row in rows) == len(orders)
    starts = [row for row in rows if row["months_since"] == 0]
    assert sum(row["customers"] for row in starts) == len({o["customer_id"] for o in orders})
    assert all(row["share"] == 1.0 for row in starts)
    assert all(0 < row["share"] <= 1 for row in rows)


@few
@given(ORDERS, st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_nothing(orders: list[dict[str, Any]], random: Any) -> None:
    numbered = [{**o, "order_id": f"n{i}"} for i, o in enumerate(orders)]
    shuffled = list(numbered)
    random.shuffle(shuffled)
    one, other = told(numbered), told(shuffled)
    for mart in ("rfm", "rhythm", "customer_cards", "trend", "standing", "periods"):
        assert sorted(map(str, one[mart])) == sorted(map(str, other[mart]))


@few
@given(ORDERS)
def test_merging_two_customers_is_one_customer_with_both_histories(orders: list[dict[str, Any]]) -> None:
    merged = {"a": "a", "b": "a"}
    records = [
        {"customer_id": name, "canonical_id": merged.get(name, name), "has_contact": False, "is_guest": False}
        for name in "abcdef"
    ]
    rewritten = [{**o, "customer_id": merged.get(o["customer_id"], o["customer_id"])} for o in orders]
    one, other = (
        told(orders, customers=records),
        told(rewritten, customers=[r for r in records if r["customer_id"] != "b"]),
    )
    for mart in set(one) - {"purchases"}:
        assert sorted(map(str, one[mart])) == sorted(map(str, other[mart])), mart


@few
@given(ORDERS)
def test_rhythm_agrees_with_a_loop(orders: list[dict[str, Any]]) -> None:
    days: dict[str, set[date]] = defaultdict(set)
    for o in orders:
        days[o["customer_id"]].add(o["day"])
    gaps = {name: [(b - a).days for a, b in pairwise(s)] for name, s in ((n, sorted(d)) for n, d in days.items())}
    means = sorted(sum(g) / len(g) for g in gaps.values() if g)
    middle = len(means) // 2
    typical = (means[middle] if len(means) % 2 else (means[middle - 1] + means[middle]) / 2) if means else 30.0
    for row in told(orders)["rhythm"]:
        own = gaps[row["customer_id"]]
        usual = (3 * typical + sum(own)) / (3 + len(own))
        since = (date.fromisoformat(AS_OF) - max(days[row["customer_id"]])).days
        assert abs(row["usual_days"] - usual) < 1e-9
        assert row["since_days"] == since
        assert abs(row["lateness"] - since / usual) < 1e-9


@few
@given(ORDERS)
def test_every_customer_stands_in_one_state_and_one_square(orders: list[dict[str, Any]]) -> None:
    marts = told(orders)
    buyers = len({o["customer_id"] for o in orders})
    for kind in ("state", "segment", "square"):
        assert sum(row["customers"] for row in marts["standing"] if row["kind"] == kind) == buyers
    assert all(1 <= row[score] <= 5 for row in marts["rfm"] for score in ("r", "f", "m", "value_score"))
