"""The charts of insights, made of the dashboard's values."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from babel.dates import format_skeleton
from django.utils.translation import gettext as _

from regulars.insights.pages.words import SEGMENTS, STATE_TONES, STATES, address
from regulars.insights.queries.dashboard import Cohort, Dashboard, Square
from regulars.web import formats
from regulars.web.charts import Data, HeatRow, Series, chart, heatmap

Part = tuple[str, int, str, str, str]
STATE_ORDER = ("active", "new", "slowing", "at_risk", "lapsed", "prospect")


def period_label(grain: str, day: date) -> str:
    """``2017年3月`` or ``Mar 2017`` for a month, day and month for a day or the Monday of a week."""
    return formats.month(day) if grain == "month" else format_skeleton("MMMd", day, locale=formats.locale())


def trend(told: Dashboard) -> Data:
    """Net sales as bars, orders as a line; a mark leads to its orders."""
    points = told.trend
    labels = [period_label(told.grain, p.day) for p in points]
    spans = [{"since": p.day.isoformat(), "until": _last(told.grain, p.day).isoformat()} for p in points]
    hrefs = [address("orders", state="counted", **span) for span in spans]
    series = [
        Series(_("Net sales"), [p.net_amount for p in points], kind="bar"),
        Series(_("Orders"), [p.orders for p in points], kind="line", unit="number"),
    ]
    return chart("bar", labels, series, unit="money", currency=told.currency, hrefs=hrefs if all(hrefs) else ())


def _last(grain: str, day: date) -> date:
    if grain == "month":
        return date(day.year + day.month // 12, day.month % 12 + 1, 1) - timedelta(days=1)
    return day + timedelta(days=6 if grain == "week" else 0)


def mix(told: Dashboard) -> Data:
    """Buyers of each week or month, new against returning."""
    grain = "week" if told.days <= 90 else "month"
    labels = [period_label(grain, m.day) for m in told.mix]
    hrefs = [
        address("customers", first_since=m.day.isoformat(), first_until=_last(grain, m.day).isoformat())
        for m in told.mix
    ]
    series = [
        Series(_("Returning customers"), [m.returning_customers for m in told.mix]),
        Series(_("New customers"), [m.new_customers for m in told.mix]),
    ]
    return chart("stacked", labels, series, hrefs=hrefs)


def cohort_map(cohorts: Sequence[Cohort], newest: int = 12) -> Data:
    """Retention by month of the first order: how many of a cohort ordered again n months later."""
    shown = cohorts[-newest:]
    width = max((sum(share is not None for share in c.shares) for c in shown), default=0)
    rows = [
        HeatRow(period_label("month", c.month), c.customers, c.shares[:width], _cohort_href(c.month)) for c in shown
    ]
    return heatmap([str(n) for n in range(width)], rows, corner=_("First order in"))


def _cohort_href(month: date) -> str:
    return address("customers", first_since=month.isoformat(), first_until=_last("month", month).isoformat())


def rfm_map(squares: Sequence[Square]) -> list[dict[str, Any]]:
    """The RFM map as rows of squares: value from 5 down, recency from 1 to 5; ``step`` 0 to 10 by customers."""
    by_place = {(s.r, s.value_score): s for s in squares}
    top = max((s.customers for s in squares), default=0) or 1
    return [
        {"value": value, "cells": [_square(by_place.get((r, value)), r, value, top) for r in range(1, 6)]}
        for value in range(5, 0, -1)
    ]


def _square(square: Square | None, r: int, value: int, top: int) -> dict[str, Any]:
    if square is None:
        return {"customers": 0, "label": "", "step": 0, "href": ""}
    return {
        "customers": square.customers,
        "label": SEGMENTS[square.segment],
        "step": max(1, round(10 * square.customers / top)),
        "href": address("customers", segment=square.segment, r=r, value_score=value),
    }


def state_parts(told: Dashboard) -> list[Part]:
    """(label, customers, words, where, colour) by rhythm state, prospects last; colours are those of the badges."""
    counted = {s.name: s for s in told.states}
    parts = []
    for name in STATE_ORDER:
        customers = told.prospects if name == "prospect" else counted[name].customers if name in counted else 0
        if customers:
            words = formats.number(customers)
            where = address("customers", state=name)
            parts.append((str(STATES[name]), customers, words, where, f"tone-{STATE_TONES[name]}"))
    return parts


def segment_rows(told: Dashboard) -> list[dict[str, Any]]:
    """RFM segments by what they brought, with their share of customers and money."""
    money = sum(s.net_amount for s in told.segments) or 1
    rows = sorted(told.segments, key=lambda s: -s.net_amount)
    return [
        {
            "label": SEGMENTS[s.name],
            "href": address("customers", segment=s.name),
            "customers": s.customers,
            "net_amount": s.net_amount,
            "share": s.net_amount / money,
        }
        for s in rows
    ]


def category_rows(told: Dashboard) -> list[dict[str, Any]]:
    """The leading categories with their share of the shop's net sales."""
    total = sum(s.net_amount for s in told.segments) or 1
    return [
        {
            "label": c.name.split(" > ")[-1],
            "parent": " > ".join(c.name.split(" > ")[:-1]),
            "href": address("orders", state="counted", until=told.as_of.isoformat(), category=c.name),
            "customers": c.customers,
            "net_amount": c.net_amount,
            "share": c.net_amount / total,
        }
        for c in told.categories
    ]
