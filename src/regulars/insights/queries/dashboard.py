"""What the dashboard tells, from the marts alone: about 10 ms and no database query."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from regulars.insights.queries.marts import Row, manifest, mart, top
from regulars.science.engine import Manifest

PERIODS_DAYS = (7, 30, 90, 365)
GRAINS = {7: "day", 30: "day", 90: "week", 365: "month"}


@dataclass(frozen=True, slots=True)
class Period:
    """Days from ``since`` to ``until``, both counted. Shares are 0..1, None where there is nothing to share.

    Money is of the ``orders_in_currency``, those in the shop's currency.
    """

    since: date
    until: date
    orders: int
    orders_in_currency: int
    buyers: int
    new_buyers: int
    repeat_buyers: int
    net_amount: int
    list_amount: int
    discount_amount: int
    discounted_orders: int

    @property
    def returning_buyers(self) -> int:
        return self.buyers - self.new_buyers

    @property
    def average_order_amount(self) -> int | None:
        return round(self.net_amount / self.orders_in_currency) if self.orders_in_currency else None

    @property
    def repurchase_rate(self) -> float | None:
        return self.repeat_buyers / self.buyers if self.buyers else None

    @property
    def discount_share(self) -> float | None:
        return self.discount_amount / self.list_amount if self.list_amount else None

    @property
    def discounted_share(self) -> float | None:
        return self.discounted_orders / self.orders if self.orders else None


@dataclass(frozen=True, slots=True)
class TrendPoint:
    day: date
    orders: int
    buyers: int
    net_amount: int


@dataclass(frozen=True, slots=True)
class Mix:
    """New against returning customers of a month or week."""

    day: date
    new_customers: int
    returning_customers: int
    new_net_amount: int
    returning_net_amount: int


@dataclass(frozen=True, slots=True)
class Cohort:
    """Customers of one first month; ``shares[n]`` is the part that ordered n months later, None for the future."""

    month: date
    customers: int
    shares: tuple[float | None, ...]


@dataclass(frozen=True, slots=True)
class Standing:
    """Customers of one rhythm state or RFM segment. ``regulars`` bought on three days or more."""

    name: str
    customers: int
    net_amount: int
    net_365_amount: int
    regulars: int
    regulars_net_365_amount: int


@dataclass(frozen=True, slots=True)
class Square:
    """One square of the RFM map: recency score across, value score up."""

    r: int
    value_score: int
    segment: str
    customers: int
    net_amount: int


@dataclass(frozen=True, slots=True)
class Completeness:
    """How fresh and how complete the facts are. Counts; orders and lines are those that count."""

    first_order_at: datetime | None
    last_order_at: datetime | None
    orders: int
    orders_with_customer: int
    orders_in_other_currency: int
    lines: int
    lines_with_category: int
    customers: int
    reachable_customers: int
    products: int
    products_with_category: int


@dataclass(frozen=True, slots=True)
class Leader:
    """A category or product among the first by net amount."""

    name: str
    net_amount: int
    line_count: int
    customers: int


@dataclass(frozen=True, slots=True)
class Dashboard:
    as_of: date
    built_at: datetime
    currency: str
    days: int
    grain: str
    customers: int
    buyers: int
    premium: int
    repurchase_rate: float | None
    second_days: int | None
    now: Period
    before: Period | None
    trend: tuple[TrendPoint, ...]
    mix: tuple[Mix, ...]
    cohorts: tuple[Cohort, ...]
    states: tuple[Standing, ...]
    segments: tuple[Standing, ...]
    squares: tuple[Square, ...]
    categories: tuple[Leader, ...]
    completeness: Completeness

    @property
    def prospects(self) -> int:
        return self.customers - self.buyers

    @property
    def late(self) -> Standing:
        """Customers later than their own rhythm allows, not yet lapsed."""
        found = [s for s in self.states if s.name in ("slowing", "at_risk")]
        return Standing(
            "late",
            *(
                sum(getattr(s, name) for s in found)
                for name in ("customers", "net_amount", "net_365_amount", "regulars", "regulars_net_365_amount")
            ),
        )


def dashboard(days: int = 90) -> Dashboard | None:
    """The dashboard for the last ``days`` (one of PERIODS_DAYS), or None before the first refresh."""
    if (now := manifest()) is None:
        return None
    totals, repurchase = mart("totals", now)[0], mart("repurchase", now)[0]
    grain = GRAINS[days]
    current, previous = (_period(now, days, back) for back in (0, 1))
    first = totals["first_order_at"]
    # A span before the first order says nothing to compare with.
    comparable = first is not None and first.date() <= previous.since + timedelta(days=1)
    return Dashboard(
        as_of=now.as_of,
        built_at=now.built_at,
        currency=totals["currency"],
        days=days,
        grain=grain,
        customers=max(totals["customers"], totals["buyers"]),
        buyers=totals["buyers"],
        premium=totals["premium"],
        second_days=_median_of(mart("second_purchase", now)),
        repurchase_rate=repurchase["rate"],
        now=current,
        before=previous if comparable else None,
        trend=trend(now, grain, current.since, current.until),
        mix=_mix(now, "week" if days <= 90 else "month", current.since),
        cohorts=cohorts(now),
        states=_standing(now, "state"),
        segments=_standing(now, "segment"),
        squares=_squares(now),
        categories=tuple(_leader(row) for row in top("top_categories", 9, now) if row["category"])[:8],
        completeness=_completeness(totals),
    )


def _median_of(rows: tuple[Row, ...]) -> int | None:
    """The days within which half of those who came back had come back."""
    half = sum(row["customers"] for row in rows) / 2
    reached = 0
    for row in sorted(rows, key=lambda row: row["days"]):
        reached += row["customers"]
        if reached >= half:
            return int(row["days"])
    return None


def _period(now: Manifest, days: int, back: int) -> Period:
    row = next(row for row in mart("periods", now) if row["days"] == days and row["back"] == back)
    return Period(**{name: row[name] for name in Period.__dataclass_fields__})


def trend(now: Manifest, grain: str, since: date, until: date) -> tuple[TrendPoint, ...]:
    """Orders, buyers and net by day, week or month from ``since``, with zeros where nobody bought."""
    known = {row["period"]: row for row in mart("trend", now) if row["grain"] == grain}
    points = []
    day = _start(grain, since)
    while day <= until:
        row = known.get(day)
        points.append(TrendPoint(day, *(row[n] if row else 0 for n in ("orders", "customers", "net_amount"))))
        day = next_period(grain, day)
    return tuple(points)


def _start(grain: str, day: date) -> date:
    """The first whole period not before ``day``: a chart that begins with half a week would begin with a dip."""
    start = {"day": day, "week": day - timedelta(days=day.weekday()), "month": day.replace(day=1)}[grain]
    return start if start == day else next_period(grain, start)


def next_period(grain: str, day: date) -> date:
    """The first day of the period after the one that begins on ``day``."""
    if grain == "month":
        return date(day.year + day.month // 12, day.month % 12 + 1, 1)
    return day + timedelta(days=7 if grain == "week" else 1)


def _mix(now: Manifest, grain: str, since: date) -> tuple[Mix, ...]:
    # Short periods still show 90 days of weeks; those of 90 days are the weeks of the trend.
    first = _start(grain, since if grain == "month" else min(since, now.as_of - timedelta(days=89)))
    names = ("period", "new_customers", "returning_customers", "new_net_amount", "returning_net_amount")
    rows = (row for row in mart("new_returning", now) if row["grain"] == grain and row["period"] >= first)
    return tuple(sorted((Mix(*(row[name] for name in names)) for row in rows), key=lambda mix: mix.day))


def cohorts(now: Manifest) -> tuple[Cohort, ...]:
    """Cohorts by first month, oldest first, each with a share for every month up to ``as_of``."""
    found: dict[date, dict[int, Row]] = {}
    for row in mart("cohorts", now):
        found.setdefault(row["cohort"], {})[row["months_since"]] = row
    width = max((_months(first, now.as_of) for first in found), default=0) + 1
    told = []
    for first, by_month in sorted(found.items()):
        lived = _months(first, now.as_of) + 1
        shares = [by_month[n]["share"] if n in by_month else 0.0 for n in range(lived)]
        told.append(Cohort(first, by_month[0]["customers"], (*shares, *[None] * (width - lived))))
    return tuple(told)


def _months(earlier: date, later: date) -> int:
    return (later.year - earlier.year) * 12 + later.month - earlier.month


def _standing(now: Manifest, kind: str) -> tuple[Standing, ...]:
    rows = [row for row in mart("standing", now) if row["kind"] == kind]
    return tuple(Standing(**{name: row[name] for name in Standing.__dataclass_fields__}) for row in rows)


def _squares(now: Manifest) -> tuple[Square, ...]:
    rows = [row for row in mart("standing", now) if row["kind"] == "square"]
    return tuple(Square(row["r"], row["value_score"], row["name"], row["customers"], row["net_amount"]) for row in rows)


def _leader(row: Row) -> Leader:
    return Leader(row["category"], row["net_amount"], row["line_count"], row["customers"])


def _completeness(totals: Row) -> Completeness:
    names = [name for name in Completeness.__dataclass_fields__ if name != "lines"]
    return Completeness(lines=totals["line_count"], **{name: totals[name] for name in names})
