"""Dates and times as exports write them. Which of day and month comes first is decided per column, never guessed per cell."""

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta, tzinfo

_MONTHS = {name: number for number, names in enumerate(
    ("jan january", "feb february", "mar march", "apr april", "may", "jun june", "jul july", "aug august", "sep sept september",
     "oct october", "nov november", "dec december"), start=1) for name in names.split()}  # fmt: skip
_CLOCK = (
    r"(?:[ T,]*(?P<noon>上午|下午)?\s*(?P<hour>\d{1,2})(?::|时|点)(?P<minute>\d{1,2})"
    r"(?:(?::|分)(?P<second>\d{1,2})(?:[.,](?P<fraction>\d{1,9}))?秒?)?分?\s*(?P<half>[AaPp]\.?[Mm]\.?)?)?"
)
_OFFSET = r"\s*(?P<offset>Z|UTC|GMT|[+-]\d{2}:?\d{2}|[+-]\d{2})?"
_YEAR_FIRST = re.compile(r"(?P<y>\d{4})(?:[-/.]|年)(?P<m>\d{1,2})(?:[-/.]|月)(?P<d>\d{1,2})日?" + _CLOCK + _OFFSET)
_YEAR_LAST = re.compile(r"(?P<a>\d{1,2})[-/.](?P<b>\d{1,2})[-/.](?P<y>\d{4}|\d{2})" + _CLOCK + _OFFSET)
_MONTH_FIRST = re.compile(
    r"(?:[A-Za-z]{3,9},?\s+)?(?P<name>[A-Za-z]{3,9})\.?\s+(?P<d>\d{1,2})(?:st|nd|rd|th)?,?\s+(?P<y>\d{4})"
    + _CLOCK
    + _OFFSET
)
_DAY_FIRST = re.compile(
    r"(?:[A-Za-z]{3,9},?\s+)?(?P<d>\d{1,2})(?:st|nd|rd|th)?[\s-]+(?P<name>[A-Za-z]{3,9})\.?,?[\s-]+(?P<y>\d{4})"
    + _CLOCK
    + _OFFSET
)
_COMPACT = re.compile(
    r"(?P<y>(?:19|20)\d{2})(?P<m>\d{2})(?P<d>\d{2})"
    r"(?:[ T]?(?P<hour>\d{2})(?P<minute>\d{2})(?P<second>\d{2})?)?(?P<noon>)(?P<fraction>)(?P<half>)" + _OFFSET
)
_EPOCH = re.compile(r"\d{10}(?:\d{3})?(?:\.\d+)?")
EARLIEST_YEAR = 1900
DATE_ORDERS = ("dmy", "mdy")


def parse_moment(text: str, zone: tzinfo, order: str = "") -> datetime:
    """An aware UTC instant; a time without offset is in ``zone``. ``order`` (dmy or mdy) reads 05/06/2024.

    Raises ValueError for what is no date, does not exist (30 February) or lies before 1900.
    """
    try:
        moment = datetime.fromisoformat(text) if len(text) >= 10 and text[4] == "-" else _parse(text, order)
    except ValueError:
        moment = _parse(text, order)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=zone)
    if moment.year < EARLIEST_YEAR:
        raise ValueError(text)
    return moment.astimezone(UTC)


def parse_date(text: str, order: str = "") -> date:
    """A calendar day; a time behind it is dropped. Raises ValueError as ``parse_moment`` does."""
    day = _parse(text, order).date()
    if day.year < EARLIEST_YEAR:
        raise ValueError(text)
    return day


def day_month_orders(cells: Iterable[object]) -> set[str]:
    """Which of dmy and mdy every ``05/06/2024`` of a column's cells allows: both where none decides, none where they clash."""
    possible, seen = set(DATE_ORDERS), False
    for cell in cells:
        match = _YEAR_LAST.fullmatch(cell.strip()) if isinstance(cell, str) else None
        if match is None:
            continue
        seen = True
        first, second = int(match["a"]), int(match["b"])
        possible &= {order for order, month in (("dmy", second), ("mdy", first)) if 1 <= month <= 12}
    return possible if seen else set()


def _parse(text: str, order: str) -> datetime:
    if match := _YEAR_FIRST.fullmatch(text) or _COMPACT.fullmatch(text):
        return _built(int(match["y"]), int(match["m"]), int(match["d"]), match)
    if match := _YEAR_LAST.fullmatch(text):
        if order not in DATE_ORDERS:
            raise ValueError(text)
        first, second = int(match["a"]), int(match["b"])
        day, month = (first, second) if order == "dmy" else (second, first)
        year = int(match["y"])
        return _built(year + 2000 if year < 100 else year, month, day, match)
    if match := _MONTH_FIRST.fullmatch(text) or _DAY_FIRST.fullmatch(text):
        month = _MONTHS.get(match["name"].lower(), 0)
        return _built(int(match["y"]), month, int(match["d"]), match)
    if _EPOCH.fullmatch(text):
        seconds = float(text)
        return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds / 1000 if seconds > 1e11 else seconds)
    raise ValueError(text)


def _built(year: int, month: int, day: int, match: re.Match[str]) -> datetime:
    hour = int(match["hour"] or 0)
    afternoon = match["noon"] == "下午" or (match["half"] or "").lower().startswith("p")
    morning = match["noon"] == "上午" or (match["half"] or "").lower().startswith("a")
    if afternoon and hour < 12:
        hour += 12
    elif morning and hour == 12:
        hour = 0
    microsecond = int((match["fraction"] or "0").ljust(6, "0")[:6])
    offset = match["offset"]
    zone: tzinfo | None = None
    if offset:
        zone = UTC if offset in {"Z", "UTC", "GMT"} else datetime.fromisoformat(f"2000-01-01T00:00{offset}").tzinfo
    return datetime(
        year, month, day, hour, int(match["minute"] or 0), int(match["second"] or 0), microsecond, tzinfo=zone
    )
