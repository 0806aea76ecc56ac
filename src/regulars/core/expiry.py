"""When what was earned expires: after a time, to the end of a day, month, quarter or year of the shop's zone."""

from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo


class Span(StrEnum):
    """What a validity is counted in."""

    DAYS = "days"
    MONTHS = "months"
    YEARS = "years"


class Aligned(StrEnum):
    """To whose end a validity is drawn out."""

    DAY = "day"
    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"


@dataclass(frozen=True, slots=True)
class Validity:
    """``count`` of ``span``, drawn out to the end of the period the last day falls into. ``count`` is zero or more."""

    count: int
    span: Span = Span.DAYS
    aligned: Aligned = Aligned.DAY

    def __post_init__(self) -> None:
        if self.count < 0:
            raise ValueError(f"nothing is valid for {self.count} {self.span}: give zero or more")


def expires_at(earned_at: datetime, validity: Validity, zone: ZoneInfo) -> datetime:
    """The first instant (UTC) at which what was earned can no longer be spent: the end of its last day in ``zone``.

    The same day of a month that lacks it is that month's last: 31 January and a month is 28 or 29 February, 29 February
    and a year is 28 February. Raises ValueError for a naive ``earned_at``, OverflowError beyond the year 9998.
    """
    if earned_at.tzinfo is None:
        raise ValueError("an instant without a zone says nothing about a shop's day")
    return day_begins_at(last_day(earned_at.astimezone(zone).date(), validity) + timedelta(days=1), zone)


def last_day(day: date, validity: Validity) -> date:
    """The last day on which what came on ``day`` is good. Raises OverflowError beyond the year 9998."""
    return _end(_later(day, validity), validity.aligned)


def day_begins_at(day: date, zone: ZoneInfo) -> datetime:
    """The first instant (UTC) of a day, also where clocks are put forward or back at midnight."""
    return datetime.combine(day, time(), zone).astimezone(UTC)


def _later(day: date, validity: Validity) -> date:
    if validity.span is Span.DAYS:
        return day + timedelta(days=validity.count)
    months = validity.count * (12 if validity.span is Span.YEARS else 1)
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    if year > 9998:
        raise OverflowError(f"{validity.count} {validity.span} after {day} is beyond the calendar")
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def _end(day: date, aligned: Aligned) -> date:
    """The last day of the period that ``day`` falls into."""
    if aligned is Aligned.DAY:
        return day
    month = {Aligned.MONTH: day.month, Aligned.QUARTER: (day.month + 2) // 3 * 3, Aligned.YEAR: 12}[aligned]
    return date(day.year, month, monthrange(day.year, month)[1])
