"""Money, dates and numbers in both languages."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from django.template import Context, Template
from django.utils import timezone, translation

from regulars.web import formats

AT = datetime(2026, 3, 5, 16, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("language", "minor", "currency", "shown"),
    [
        ("zh-hans", 123450, "CNY", "¥1,234.50"),
        ("en", 123450, "CNY", "¥1,234.50"),
        ("en", 123450, "USD", "$1,234.50"),
        ("zh-hans", 123450, "USD", "US$1,234.50"),
        ("zh-hans", -5, "CNY", "−¥0.05"),
        ("en", 1234, "JPY", "¥1,234"),
        ("en", 1234567, "KWD", "KWD1,234.567"),
        ("en", None, "USD", "–"),
    ],
)
def test_money_shows_minor_units_in_the_decimals_of_its_currency(language, minor, currency, shown):
    with translation.override(language):
        assert formats.money(minor, currency) == shown


@pytest.mark.parametrize(("language", "shown"), [("zh-hans", "¥123.5万"), ("en", "¥1.23M")])
def test_big_money_is_short_in_each_languages_own_steps(language, shown):
    with translation.override(language):
        assert formats.money_short(123_456_789, "CNY") == shown


def test_small_money_is_not_shortened():
    with translation.override("en"):
        assert formats.money_short(99_950, "USD") == "$999.50"
        assert formats.money_short(450_000, "USD") == "$4,500"


def test_numbers_shares_and_quantities():
    with translation.override("zh-hans"):
        assert formats.number(1469307) == "1,469,307"
        assert formats.number(Decimal("0.5"), 2) == "0.50"
        assert formats.percent(0.1234) == "12.3%"
        assert formats.quantity(1500) == "1.5"
        assert formats.number_short(146_930) == "14.69万"


def test_an_instant_shows_in_the_active_zone():
    with translation.override("zh-hans"), timezone.override(ZoneInfo("Asia/Shanghai")):
        assert formats.day(AT) == "2026年3月6日"
        assert formats.moment(AT) == "2026年3月6日 00:30"
    with translation.override("en"), timezone.override(ZoneInfo("America/New_York")):
        assert formats.moment(AT) == "Mar 5, 2026, 11:30"


def test_ago_and_days_in_both_languages():
    with translation.override("zh-hans"):
        assert formats.ago(AT - timedelta(days=3), AT) == "3天前"
        assert formats.days(12.4) == "12 天"
    with translation.override("en"):
        assert formats.ago(date(2026, 3, 2), AT) == "3 days ago"
        assert (formats.days(1), formats.days(2)) == ("1 day", "2 days")


def test_nothing_is_a_dash_in_every_filter():
    names = ["number", "number_short", "quantity", "percent", "day", "moment", "ago", "days", 'money:"CNY"']
    for name in names:
        assert Template(f"{{{{ value|{name} }}}}").render(Context({"value": None})) == "–", name


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx"])
def test_text_that_a_spreadsheet_would_run_is_guarded(text):
    assert formats.spreadsheet(text) == "'" + text


def test_numbers_stay_numbers_in_a_spreadsheet():
    assert formats.spreadsheet(-5) == -5
    assert formats.spreadsheet(Decimal("-1.50")) == Decimal("-1.50")
    assert formats.spreadsheet(None) == ""


@pytest.mark.parametrize("text", ["  =1+1", "\u3000=1", "＝1+1", "\u00a0＠SUM(A1)", "\n=1", "\nx"])
def test_formulas_behind_white_space_or_in_full_width_are_guarded(text):
    assert formats.spreadsheet(text) == "'" + text


@pytest.mark.parametrize("text", ["茶 = tea", " 茶", "a-b", ""])
def test_plain_text_is_left_alone(text):
    assert formats.spreadsheet(text) == text


@pytest.mark.parametrize(
    ("share", "shown"), [(0.123, "+12.3%"), (-0.04, "−4.0%"), (0, "0.0%"), (0.0001, "0.0%"), (None, "–")]
)
def test_growth_has_a_sign_where_there_is_any(share: float | None, shown: str) -> None:
    assert formats.change(share) == shown


@pytest.mark.parametrize(("language", "shown"), [("zh-hans", "2026年3月"), ("en", "Mar 2026")])
def test_months_read_as_the_language_writes_them(language: str, shown: str) -> None:
    with translation.override(language):
        assert formats.month(date(2026, 3, 1)) == shown
