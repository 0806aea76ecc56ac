"""Each mart against a shop small enough to work out by hand."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from tests.science.conftest import Tell, line, order


def by(rows: list[dict[str, Any]], *keys: str) -> dict[Any, dict[str, Any]]:
    return {tuple(row[key] for key in keys) if len(keys) > 1 else row[keys[0]]: row for row in rows}


def test_only_orders_that_count(tell: Tell) -> None:
    told = tell(
        [
            order("a", "2026-01-05"),
            order("a", "2026-01-06", state="pending"),
            order("a", "2026-01-06", state="cancelled"),
            order("b", "2026-01-07", state="partly_refunded", refunded_amount=30),
            order("c", "2026-01-07", state="refunded"),
            order("c", "2026-01-07", refunded_amount=100),  # refunded whole, whatever its state says
            order("b", "2026-02-01"),  # after the day told for
        ],
        "2026-01-31",
    )
    assert [(row["customer_id"], row["net_amount"]) for row in told["purchases"]] == [("a", 100), ("b", 70)]
    totals = told["totals"][0]
    assert (totals["orders"], totals["buyers"], totals["net_amount"]) == (2, 2, 170)


def test_money_of_another_currency_is_not_added_up(tell: Tell) -> None:
    told = tell([order("a", "2026-01-05", 100), order("a", "2026-01-06", 5000, currency="USD")], "2026-01-31")
    totals = told["totals"][0]
    assert (totals["orders"], totals["net_amount"], totals["orders_in_other_currency"]) == (2, 100, 1)


def test_the_average_order_is_of_orders_in_the_shops_currency(tell: Tell) -> None:
    """As the definitions page says: net sales / orders in the shop's currency. Buyers of other currencies have none."""
    told = tell(
        [
            order("a", "2026-01-05", 100),
            order("a", "2026-01-05", 300),
            order("a", "2026-01-06", 5000, currency="USD"),
            order("b", "2026-01-20", 7000, currency="USD"),
        ],
        "2026-01-31",
    )
    period = by(told["periods"], "days", "back")[(30, 0)]
    assert (period["orders"], period["orders_in_currency"], period["net_amount"]) == (4, 2, 400)
    days = {row["period"].day: row["average_order_amount"] for row in told["trend"] if row["grain"] == "day"}
    assert days == {5: 200, 6: None, 20: None}
    cards = by(told["customer_cards"], "customer_id")
    assert (cards["a"]["orders"], cards["a"]["average_order_amount"]) == (3, 200)
    assert (cards["b"]["orders"], cards["b"]["net_amount"], cards["b"]["average_order_amount"]) == (1, 0, None)


def test_merged_records_count_as_their_survivor(tell: Tell) -> None:
    records = [
        {"customer_id": name, "canonical_id": "a", "has_contact": name == "b", "is_guest": False} for name in ("a", "b")
    ]
    told = tell([order("a", "2026-01-05"), order("b", "2026-01-09")], "2026-01-31", customers=records)
    assert told["repurchase"] == [{"customers": 1, "repeat_customers": 1, "rate": 1.0}]
    assert told["totals"][0]["customers"] == told["totals"][0]["reachable_customers"] == 1


def test_repurchase_needs_two_days_not_two_orders(tell: Tell) -> None:
    told = tell(
        [order("a", "2026-01-05"), order("a", "2026-01-05"), order("b", "2026-01-05"), order("b", "2026-01-12")],
        "2026-01-31",
    )
    assert told["repurchase"] == [{"customers": 2, "repeat_customers": 1, "rate": 0.5}]
    assert told["second_purchase"] == [{"days": 7, "customers": 1}]


def test_an_empty_shop_has_no_rates(tell: Tell) -> None:
    told = tell([], "2026-01-31")
    assert told["repurchase"] == [{"customers": 0, "repeat_customers": 0, "rate": None}]
    assert told["totals"][0]["net_amount"] == 0
    assert told["rhythm"] == told["rfm"] == told["customer_cards"] == told["cohorts"] == []


def test_rfm_scores_by_share_of_customers(tell: Tell) -> None:
    # Customer k of 5 bought on k days, the last of them 10 * (5 - k) days before, 100 * k each time.
    days = {1: ["2026-01-11"], 2: ["2026-01-01", "2026-01-21"], 3: ["2026-01-01", "2026-01-02", "2026-01-31"]}
    days[4] = ["2026-01-01", "2026-01-02", "2026-01-03", "2026-02-10"]
    days[5] = ["2026-01-01", "2026-01-02", "2026-01-03", "2026-01-04", "2026-02-20"]
    told = by(
        tell([order(f"c{k}", day, 100 * k) for k, ds in days.items() for day in ds], "2026-02-20")["rfm"], "customer_id"
    )
    assert [(told[f"c{k}"]["r"], told[f"c{k}"]["f"], told[f"c{k}"]["m"]) for k in range(1, 6)] == [
        (k, k, k) for k in range(1, 6)
    ]
    assert [told[f"c{k}"]["segment"] for k in range(1, 6)] == [
        "lost",
        "hibernating",
        "need_attention",
        "loyal",
        "champions",
    ]
    assert told["c2"]["recency_days"] == 30
    assert told["c4"]["monetary_amount"] == 1600


def test_rfm_ties_share_a_score(tell: Tell) -> None:
    told = tell([order(name, "2026-01-05") for name in "abcdefg"] + [order("h", "2026-01-01")], "2026-01-31")
    assert {(row["r"], row["f"], row["m"]) for row in told["rfm"] if row["customer_id"] != "h"} == {(5, 1, 1)}
    assert by(told["rfm"], "customer_id")["h"]["r"] == 1


def test_cohorts_follow_the_month_of_the_first_order(tell: Tell) -> None:
    told = tell(
        [
            order("a", "2025-12-31"),
            order("b", "2025-12-01"),
            order("b", "2026-01-01", 50),
            order("b", "2026-02-28", 70),
            order("c", "2026-01-15", 30),
        ],
        "2026-02-28",
    )
    rows = by(told["cohorts"], "cohort", "months_since")
    december, january = date(2025, 12, 1), date(2026, 1, 1)
    assert {key: (row["customers"], row["active"], row["share"], row["net_amount"]) for key, row in rows.items()} == {
        (december, 0): (2, 2, 1.0, 200),
        (december, 1): (2, 1, 0.5, 50),
        (december, 2): (2, 1, 0.5, 70),
        (january, 0): (1, 1, 1.0, 30),
    }


def test_new_and_returning_by_month_and_week(tell: Tell) -> None:
    # 2026-01-05 is a Monday.
    told = tell([order("a", "2026-01-05"), order("a", "2026-01-12", 40), order("b", "2026-01-11", 7)], "2026-01-31")
    rows = by(told["new_returning"], "grain", "period")
    names = (
        "new_customers",
        "returning_customers",
        "new_orders",
        "returning_orders",
        "new_net_amount",
        "returning_net_amount",
    )
    assert [rows["month", date(2026, 1, 1)][n] for n in names] == [2, 0, 3, 0, 147, 0]
    assert [rows["week", date(2026, 1, 5)][n] for n in names] == [2, 0, 2, 0, 107, 0]
    assert [rows["week", date(2026, 1, 12)][n] for n in names] == [0, 1, 0, 1, 0, 40]


def test_rhythm_is_the_own_interval_drawn_towards_the_shops(tell: Tell) -> None:
    orders = [
        *(order("often", day) for day in ("2026-01-01", "2026-01-05", "2026-01-05", "2026-01-13")),  # gaps 4, 8
        *(order("seldom", day) for day in ("2026-01-01", "2026-01-31")),  # gap 30
        order("once", "2026-02-01"),
    ]
    rows = by(tell(orders, "2026-02-10")["rhythm"], "customer_id")
    often, seldom, once = rows["often"], rows["seldom"], rows["once"]
    # Means 6 and 30: the typical interval is their median, 18.
    assert often["typical_days"] == 18
    assert (often["gaps"], often["mean_days"], often["median_days"]) == (2, 6, 6)
    assert often["sd_days"] == pytest.approx(8**0.5)
    assert often["usual_days"] == pytest.approx((3 * 18 + 2 * 6) / 5)
    assert seldom["usual_days"] == pytest.approx((3 * 18 + 30) / 4)
    assert once["usual_days"] == 18
    assert (often["since_days"], seldom["since_days"], once["since_days"]) == (28, 10, 9)
    assert often["lateness"] == pytest.approx(28 / 13.2)
    assert often["due_day"] == date(2026, 1, 27)
    assert (often["state"], seldom["state"], once["state"]) == ("slowing", "active", "new")


@pytest.mark.parametrize(
    ("as_of", "state"),
    [
        ("2026-01-21", "active"),  # 10 days, the usual interval
        ("2026-01-31", "active"),  # twice
        ("2026-02-01", "slowing"),
        ("2026-02-10", "slowing"),  # three times
        ("2026-02-11", "at_risk"),
        ("2026-03-12", "at_risk"),  # six times
        ("2026-03-13", "lapsed"),
    ],
)
def test_states_by_lateness(tell: Tell, as_of: str, state: str) -> None:
    told = tell([order("a", "2026-01-01"), order("a", "2026-01-11")], as_of)
    assert told["rhythm"][0]["usual_days"] == 10
    assert told["rhythm"][0]["state"] == state


def test_nobody_is_late_before_the_shops_typical_interval(tell: Tell) -> None:
    quick = [order("quick", f"2026-01-{day:02}") for day in range(1, 31)]
    slow = [order(name, day) for name in ("s", "t") for day in ("2026-01-01", "2026-01-21")]
    rows = by(tell(quick + slow, "2026-02-10")["rhythm"], "customer_id")
    assert rows["quick"]["lateness"] > 2
    assert rows["quick"]["state"] == "active"
    later = by(tell(quick + slow, "2026-03-30")["rhythm"], "customer_id")["quick"]
    assert later["lateness"] > 6
    assert (later["since_days"], later["state"]) == (59, "at_risk")  # within three typical intervals of 20 days
    assert by(tell(quick + slow, "2026-04-01")["rhythm"], "customer_id")["quick"]["state"] == "lapsed"


def test_trend_by_day_week_and_month(tell: Tell) -> None:
    told = tell(
        [
            order("a", "2026-01-05", 90, discount_amount=10),
            order("a", "2026-01-05", 50),
            order("b", "2026-01-11", 10, funded_amount=5),  # a maker's coupon is a discount to the customer
        ],
        "2026-01-31",
    )
    rows = by(told["trend"], "grain", "period")
    names = (
        "orders",
        "customers",
        "list_amount",
        "discount_amount",
        "net_amount",
        "average_order_amount",
        "discounted_share",
    )
    assert [rows["day", date(2026, 1, 5)][n] for n in names] == [2, 1, 150, 10, 140, 70, 0.5]
    assert [rows["week", date(2026, 1, 5)][n] for n in names] == [3, 2, 160, 10, 150, 50, 2 / 3]
    assert rows["month", date(2026, 1, 1)]["net_amount"] == 150


def test_periods_and_those_before_them(tell: Tell) -> None:
    told = tell(
        [
            order("a", "2026-01-31", 10),
            order("a", "2026-01-25", 20),  # the seventh day back
            order("a", "2026-01-24", 40),  # the week before
            order("b", "2026-01-30", 5),
        ],
        "2026-01-31",
    )
    rows = by(told["periods"], "days", "back")
    names = ("since", "until", "orders", "net_amount", "buyers", "new_buyers", "repeat_buyers")
    assert [rows[7, 0][n] for n in names] == [date(2026, 1, 25), date(2026, 1, 31), 3, 35, 2, 1, 1]
    assert [rows[7, 1][n] for n in names] == [date(2026, 1, 18), date(2026, 1, 24), 1, 40, 1, 1, 0]
    assert [rows[30, 1][n] for n in names[2:]] == [0, 0, 0, 0, 0]


def test_profile_tells_habits(tell: Tell) -> None:
    at = datetime(2026, 1, 5, 23, 30, tzinfo=UTC)  # 07:30 on Tuesday the 6th in Shanghai
    orders = [
        order("a", "2026-01-06", 300, placed_at=at, channel="app", store="s1", line_count=3, discount_amount=100),
        order("a", "2025-10-20", 50, channel="web", store="s2"),
        order("a", "2025-10-21", 50, channel="web"),
    ]
    lines = [
        line("o0", "p1", 100, 1),
        line("o0", "p2", 150, 2),
        line("o0", "p1", 50, 3),
        line("o1", "p3", 50),
        line("o2", "p3", 50),
    ]
    products = [{"product_id": p, "title": p, "category": c} for p, c in (("p1", "Tea"), ("p2", "Cups"), ("p3", ""))]
    told = tell(orders, "2026-01-31", lines=lines, products=products, zone="Asia/Shanghai")
    card = told["customer_cards"][0]
    assert (card["orders"], card["order_days"], card["net_amount"]) == (3, 3, 400)
    assert (card["net_90_amount"], card["net_before_90_amount"], card["net_365_amount"]) == (300, 100, 400)
    assert (card["channel"], card["store"]) == ("web", "s1")  # twice; the later of two used once
    assert card["discount_share"] == 100 / 500
    assert (card["average_order_amount"], card["lines_per_order"]) == (133, 5 / 3)
    assert (card["price_low"], card["price_high"]) == (50, 100)  # of 50, 50, 50, 100, 150
    assert card["top_category"] == "Cups"  # 150 against 150: the name decides
    habits = by(tell([orders[0]], "2026-01-31", zone="Asia/Shanghai")["customer_profile"], "customer_id")["a"]
    assert (habits["weekday"], habits["hour"]) == (2, 7)


def test_leading_products_and_categories(tell: Tell) -> None:
    orders = [order("a", "2026-01-06", 300), order("b", "2025-10-20", 50), order("c", "2026-01-06", state="cancelled")]
    lines = [
        line("o0", "p1", 100),
        line("o0", "p2", 200, 2),
        line("o1", "p1", 50),
        line("o2", "p2", 999),
        line("o1", None, 7, 2),
    ]
    products = [{"product_id": p, "title": p.upper(), "category": c} for p, c in (("p1", "Tea"), ("p2", ""))]
    told = tell(orders, "2026-01-31", lines=lines, products=products)
    names = ("product_id", "net_amount", "orders", "customers", "net_90_amount", "net_before_90_amount")
    assert [[row[n] for n in names] for row in told["top_products"]] == [
        ["p2", 200, 1, 1, 200, 0],
        ["p1", 150, 2, 2, 100, 50],
    ]
    assert [(row["category"], row["net_amount"]) for row in told["top_categories"]] == [("", 207), ("Tea", 150)]
    totals = told["totals"][0]
    assert (totals["line_count"], totals["lines_with_category"], totals["products_with_category"]) == (4, 2, 1)


def test_guests_are_not_known_customers(tell: Tell) -> None:
    records = [{"customer_id": n, "canonical_id": n, "has_contact": False, "is_guest": n == "g"} for n in "ag"]
    totals = tell([order("a", "2026-01-06"), order("g", "2026-01-06")], "2026-01-31", customers=records)["totals"][0]
    assert (totals["orders"], totals["orders_with_customer"]) == (2, 1)
    assert (totals["buyers"], totals["customers"], totals["net_amount"]) == (1, 1, 200)
