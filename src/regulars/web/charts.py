"""What ``<c-chart :data>`` draws: plain dictionaries made here, drawn by ``charts.js``, tabled for who cannot see them.

    trend = chart("line", ["Jan", "Feb"], [Series(_("Revenue"), [120050, 98000])], unit="money", currency="CNY")

Units: ``number``, ``percent`` (shares 0..1), ``money`` (minor units of ``currency``), ``days``. None is a gap.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from regulars.core.money import exponent
from regulars.web import formats

Values = Sequence[float | None]
Data = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Series:
    """One line or set of bars. ``kind`` mixes (a line over bars); a ``unit`` of its own gets the right axis."""

    label: str
    values: Values
    kind: str = ""
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Point:
    x: float
    y: float
    label: str = ""
    href: str = ""


@dataclass(frozen=True, slots=True)
class HeatRow:
    """A row of a heatmap: a cohort, its size, one value per column (None where it lies in the future)."""

    label: str
    size: int
    values: Values
    href: str = ""


def chart(
    kind: str,
    labels: Sequence[str],
    series: Sequence[Series],
    *,
    unit: str = "number",
    currency: str = "",
    hrefs: Sequence[str] = (),
) -> Data:
    """A chart of ``kind`` line, area, bar, stacked, share (stacked to 100 %) , row (horizontal bars) or doughnut.

    ``hrefs``, one per label, lead from a mark to the rows behind it.
    """
    return {
        "kind": kind,
        "labels": [str(label) for label in labels],
        "series": [
            {"label": str(s.label), "values": [_plain(v) for v in s.values], "kind": s.kind, "unit": s.unit or unit}
            for s in series
        ],
        "unit": unit,
        "currency": currency,
        "scale": 10 ** exponent(currency) if currency else 1,
        "hrefs": list(hrefs),
    }


def scatter(
    points: Sequence[Point],
    *,
    x_label: str,
    y_label: str,
    x_unit: str = "number",
    y_unit: str = "number",
    currency: str = "",
) -> Data:
    """A cloud of points."""
    return {
        "kind": "scatter",
        "points": [{"x": p.x, "y": p.y, "label": p.label, "href": p.href} for p in points],
        "x_label": str(x_label),
        "y_label": str(y_label),
        "x_unit": x_unit,
        "unit": y_unit,
        "currency": currency,
        "scale": 10 ** exponent(currency) if currency else 1,
    }


def heatmap(
    columns: Sequence[str], rows: Sequence[HeatRow], *, corner: str = "", unit: str = "percent", currency: str = ""
) -> Data:
    """A table of coloured cells: eleven steps from 0 to the greatest value, the first column (100 %) left aside."""
    values = [v for row in rows for v in row.values[1:] if v is not None]
    top = max(values, default=0) or 1
    return {
        "kind": "heatmap",
        "corner": str(corner),
        "columns": [str(c) for c in columns],
        "rows": [
            {
                "label": row.label,
                "size": row.size,
                "href": row.href,
                "cells": [
                    None if v is None else {"text": shown(v, unit, currency), "step": min(10, round(10 * v / top))}
                    for v in row.values
                ],
            }
            for row in rows
        ],
    }


def shown(value: float | None, unit: str, currency: str = "") -> str:
    """A value in its unit, in the page's language."""
    if value is None:
        return formats.NOTHING
    if unit == "money":
        return formats.money(round(value), currency)
    if unit == "percent":
        return formats.percent(value)
    return formats.days(value) if unit == "days" else formats.number(round(value, 2))


def table(data: Data) -> Data:
    """The same numbers as rows: ``{"head": [...], "rows": [[...]]}``."""
    if data["kind"] == "scatter":
        rows = [
            [p["label"], shown(p["x"], data["x_unit"], data["currency"]), shown(p["y"], data["unit"], data["currency"])]
            for p in data["points"][:200]
        ]
        return {"head": ["", data["x_label"], data["y_label"]], "rows": rows}
    series = data["series"]

    def cell(one: Data, i: int) -> str:
        return shown(one["values"][i] if i < len(one["values"]) else None, one["unit"], data["currency"])

    return {
        "head": ["", *(s["label"] for s in series)],
        "rows": [[label, *(cell(s, i) for s in series)] for i, label in enumerate(data["labels"])],
    }


def _plain(value: float | None) -> float | int | None:
    # NumPy scalars and Decimals are not JSON.
    if value is None or isinstance(value, (int, float)):
        return value
    return float(value)
