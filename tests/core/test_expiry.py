"""No expiry a day early or late, whatever the zone, the clocks and the calendar do."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from regulars.core.expiry import Aligned, Span, Validity, day_begins_at, expires_at

# With and without summer time, changed at 1, 2 or 3 o'clock, at midnight either way, by half an hour, and a day left out.
ZONES = (
    "Asia/Shanghai", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "America/Havana", "Asia/Beirut",
    "America/Sao_Paulo", "Africa/Casablanca", "Asia/Kathmandu", "Pacific/Apia", "America/St_Johns", "Asia/Tehran",
)  # fmt: skip
INSTANTS = st.datetimes(datetime(2005, 1, 1), datetime(2037, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001  as asked for
VALIDITIES = st.builds(Validity, st.integers(0, 800), st.just(Span.DAYS), st.sampled_from(Aligned)) | st.builds(
    Validity, st.integers(0, 60), st.sampled_from([Span.MONTHS, Span.YEARS]), st.sampled_from(Aligned)
)


@settings(max_examples=2_000)
@given(INSTANTS, VALIDITIES, st.sampled_from(ZONES))
@example(datetime(2018, 11, 4, 1, tzinfo=UTC), Validity(0), "America/Sao_Paulo")  # the day begins at one o'clock
@example(datetime(2011, 12, 29, 12, tzinfo=UTC), Validity(0), "Pacific/Apia")  # the next day does not exist
@example(datetime(2024, 2, 29, 12, tzinfo=UTC), Validity(1, Span.YEARS), "Europe/Berlin")
def test_good_through_the_whole_last_day_and_no_longer(earned_at: datetime, validity: Validity, zone: str) -> None:
    local = ZoneInfo(zone)
    ends = expires_at(earned_at, validity, local)
    earned_on = earned_at.astimezone(local).date()
    last = (ends - timedelta(microseconds=1)).astimezone(local)
    # By the clock on the wall: the instant before is on an earlier day than the instant itself.
    assert last.date() < ends.astimezone(local).date()
    assert ends > earned_at
    assert last.date() >= _at_least(earned_on, validity) - timedelta(days=1 if zone == "Pacific/Apia" else 0)
    assert last.date() <= _at_most(_at_least(earned_on, validity), validity.aligned)


@given(INSTANTS, INSTANTS, VALIDITIES, st.sampled_from(ZONES))
def test_who_earned_later_loses_no_earlier(one: datetime, other: datetime, validity: Validity, zone: str) -> None:
    first, second = sorted([one, other])
    assert expires_at(first, validity, ZoneInfo(zone)) <= expires_at(second, validity, ZoneInfo(zone))


def _at_least(earned_on: date, validity: Validity) -> date:
    """The day reached by counting, worked out day by day instead of by division."""
    if validity.span is Span.DAYS:
        return earned_on + timedelta(days=validity.count)
    months = validity.count * (12 if validity.span is Span.YEARS else 1)
    year, month = earned_on.year, earned_on.month
    for _ in range(months):
        year, month = (year + 1, 1) if month == 12 else (year, month + 1)
    for day in range(earned_on.day, 27, -1):
        try:
            return date(year, month, day)
        except ValueError:
            continue
    return date(year, month, earned_on.day)


def _at_most(day: date, aligned: Aligned) -> date:
    return day + timedelta(days={"day": 0, "month": 31, "quarter": 92, "year": 366}[aligned])


@pytest.mark.parametrize(
    ("earned", "validity", "last_day"),
    [
        (date(2026, 1, 31), Validity(1, Span.MONTHS), date(2026, 2, 28)),
        (date(2024, 1, 31), Validity(1, Span.MONTHS), date(2024, 2, 29)),
        (date(2024, 2, 29), Validity(1, Span.YEARS), date(2025, 2, 28)),
        (date(2024, 2, 29), Validity(4, Span.YEARS), date(2028, 2, 29)),
        (date(2026, 3, 15), Validity(12, Span.MONTHS, Aligned.MONTH), date(2027, 3, 31)),
        (date(2026, 3, 15), Validity(0, Span.DAYS, Aligned.QUARTER), date(2026, 3, 31)),
        (date(2026, 4, 1), Validity(0, Span.DAYS, Aligned.QUARTER), date(2026, 6, 30)),
        (date(2026, 12, 31), Validity(1, Span.YEARS, Aligned.YEAR), date(2027, 12, 31)),
        (date(2026, 1, 1), Validity(90), date(2026, 4, 1)),
    ],
)
def test_the_calendar(earned: date, validity: Validity, last_day: date) -> None:
    zone = ZoneInfo("Asia/Shanghai")
    noon = datetime(earned.year, earned.month, earned.day, 12, tzinfo=zone)
    assert expires_at(noon, validity, zone) == day_begins_at(last_day + timedelta(days=1), zone)


def test_midnight_is_the_shops_not_greenwich() -> None:
    """A point earned at 23:30 in Shanghai with a day to live is good until the end of tomorrow there."""
    shanghai = ZoneInfo("Asia/Shanghai")
    earned_at = datetime(2026, 5, 1, 23, 30, tzinfo=shanghai)
    assert expires_at(earned_at, Validity(1), shanghai) == datetime(2026, 5, 2, 16, tzinfo=UTC)


def test_what_makes_no_sense_is_refused() -> None:
    with pytest.raises(ValueError, match="zero or more"):
        Validity(-1)
    with pytest.raises(ValueError, match="without a zone"):
        expires_at(datetime(2026, 1, 1), Validity(1), ZoneInfo("UTC"))  # noqa: DTZ001
    with pytest.raises(OverflowError):
        expires_at(datetime(2026, 1, 1, tzinfo=UTC), Validity(8000, Span.YEARS), ZoneInfo("UTC"))
