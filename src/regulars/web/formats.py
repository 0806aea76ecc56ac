"""Money, dates and numbers as a reader of the page's language expects them; None shows as an en dash.

Amounts are integer minor units, quantities thousandths, shares 0..1. Instants show in the active zone (the shop's).
"""

import unicodedata
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any

from babel import Locale
from babel.dates import format_date, format_skeleton, format_timedelta
from babel.numbers import (
    format_compact_currency,
    format_compact_decimal,
    format_currency,
    format_decimal,
    format_percent,
)
from django.utils import timezone
from django.utils.translation import get_language, ngettext

from regulars.core.money import to_decimal

NOTHING = "–"
MINUS = "−"


@lru_cache(maxsize=8)
def _locale_of(language: str) -> Locale:
    return Locale.parse("zh_Hans_CN" if language.startswith("zh") else "en_US")


def locale() -> Locale:
    """Babel's locale of the page's language."""
    return _locale_of(get_language() or "en")


def money(minor: int | None, currency: str) -> str:
    """``money(123450, "CNY")`` is ``¥1,234.50``: minor units in the currency's own decimals."""
    if minor is None:
        return NOTHING
    return _plain(format_currency(to_decimal(minor, currency), currency, locale=locale()), currency)


def money_short(minor: int | None, currency: str) -> str:
    """For big figures: ``¥123.5万`` or ``$1.2M``; below ten thousand in full, from a thousand on without decimals."""
    if minor is None:
        return NOTHING
    amount = to_decimal(minor, currency)
    if abs(amount) < 1000:
        return money(minor, currency)
    if abs(amount) < 10_000:
        text = format_currency(amount, currency, format="¤#,##0", currency_digits=False, locale=locale())
    else:
        text = format_compact_currency(amount, currency, locale=locale(), fraction_digits=_compact_digits(amount))
    return _plain(text, currency)


def _compact_digits(value: float | Decimal) -> int:
    """Decimals that leave at least three digits before the 万 or K: ``5.49万`` and ``123.5万``."""
    steps = (10**8, 10**4) if locale().language == "zh" else (10**9, 10**6, 10**3)
    leading = abs(value) / next(step for step in steps if abs(value) >= step)
    return 2 if leading < 100 else 1


def _plain(text: str, currency: str = "") -> str:
    # As wide as a plus, so that columns align. English CLDR writes CN¥ for the yuan; a shop that sells in yuan writes ¥.
    text = text.replace("-", MINUS)
    return text.replace("CN¥", "¥") if currency == "CNY" else text


def number(value: float | Decimal | None, digits: int | None = None) -> str:
    """A count or measure with grouping; ``digits`` fixes the decimals (without it at most three)."""
    if value is None:
        return NOTHING
    pattern = "#,##0.###" if digits is None else "#,##0" + ("." + "0" * digits if digits else "")
    return _plain(format_decimal(value, format=pattern, locale=locale()))


def number_short(value: float | None) -> str:
    """``146.9万`` or ``1.5M``; below ten thousand in full."""
    if value is None:
        return NOTHING
    if abs(value) < 10_000:
        return number(value)
    return _plain(format_compact_decimal(value, locale=locale(), fraction_digits=_compact_digits(value)))


def quantity(milli: int | None) -> str:
    """Thousandths of a unit as units: ``1500`` is ``1.5``."""
    return NOTHING if milli is None else number(Decimal(milli) / 1000)


def percent(share: float | Decimal | None, digits: int = 1) -> str:
    """``percent(0.123)`` is ``12.3%``."""
    if share is None:
        return NOTHING
    return _plain(format_percent(share, format="#,##0" + ("." + "0" * digits if digits else "") + "%", locale=locale()))


def change(share: float | Decimal | None, digits: int = 1) -> str:
    """``percent`` with its sign, for what grew or shrank: ``+12.3%``, ``−4.0%``."""
    shown = percent(share, digits)
    return f"+{shown}" if share and share > 0 and shown != percent(0, digits) else shown


def month(value: date) -> str:
    """``2026年3月`` or ``Mar 2026``."""
    return format_skeleton("yMMM", value, locale=locale())


def day(value: date | datetime | None) -> str:
    """The calendar day, of an instant in the active zone: ``2026年3月5日`` or ``Mar 5, 2026``."""
    if value is None:
        return NOTHING
    if isinstance(value, datetime):
        value = _here(value).date()
    return format_date(value, "medium", locale=locale())


def moment(value: datetime | None) -> str:
    """Day and time of an instant in the active zone."""
    if value is None:
        return NOTHING
    joint = " " if locale().language == "zh" else ", "
    return f"{day(value)}{joint}{_here(value):%H:%M}"


def ago(value: date | datetime | None, at: datetime | None = None) -> str:
    """How long before ``at`` (now) an instant lies: ``3天前``."""
    if value is None:
        return NOTHING
    at = at or timezone.now()
    if not isinstance(value, datetime):
        return format_timedelta(value - _here(at).date(), granularity="day", add_direction=True, locale=locale())
    return format_timedelta(value - at, add_direction=True, locale=locale())


def days(count: float | None) -> str:
    """A length of time: ``12 days``; below ten days with one decimal, where it has one."""
    if count is None:
        return NOTHING
    shown = round(count, 1 if abs(count) < 10 else 0)
    return ngettext("%(count)s day", "%(count)s days", 1 if shown == 1 else 2) % {"count": number(shown)}


def _here(value: datetime) -> datetime:
    return timezone.localtime(value) if timezone.is_aware(value) else value


def spreadsheet(value: Any) -> str | int | float | Decimal:
    """A cell for CSV: instants in ISO form in the active zone; text that a spreadsheet would run as a formula guarded."""
    if value is None or value == NOTHING:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (int, float, Decimal)):
        return value
    if isinstance(value, datetime):
        return _here(value).isoformat(sep=" ", timespec="seconds")
    if isinstance(value, date):
        return value.isoformat()
    return guarded(str(value))


def guarded(text: str) -> str:
    """Text for a cell of a CSV: a leading apostrophe makes Excel, Numbers and LibreOffice show a formula as text.

    Some take ``＝`` (full width) for ``=`` or trim white space first, and so does this.
    """
    begins = unicodedata.normalize("NFKC", text.lstrip()[:1]).lstrip()[:1]
    return "'" + text if begins in ("=", "+", "-", "@") or text[:1] in ("\t", "\r", "\n") else text
