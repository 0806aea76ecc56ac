"""One cell into one value. Each function takes a non-empty cell and raises CellRefused with the mend."""

import math
import re
import unicodedata
from contextlib import suppress
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from functools import cache
from typing import Any

import numpy as np
import phonenumbers
from babel import Locale

from regulars.connectors.tabular.converting.batches import CellRefused, Options
from regulars.connectors.tabular.dates import parse_date, parse_moment
from regulars.connectors.tabular.fields import plain_name
from regulars.connectors.tabular.problems import _
from regulars.connectors.tabular.states import STATES
from regulars.core.money import CURRENCIES, exponent, to_decimal

# Floats from spreadsheets and Parquet miss the cent by a hair; anything further off is a real fraction.
TOLERANCE = Decimal("0.000001")
# Minor units of one amount, thousandths of one quantity: as the API has it. Sums over a shop stay within 63 bits.
AMOUNT_MAX, MILLI_MAX = 10**13, 10**12
TOO_LARGE = _("The amount is too large: at most %(limit)s %(currency)s fit.")
TOO_LARGE_MEND = _("Check the currency, and which column is which.")
_SIGNS = re.compile(r"[\s\u00a0$€£¥￥元₩₹₽฿'’]|RMB|CNY|USD|EUR|HKD|GBP|JPY", re.IGNORECASE)
_PLAIN_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?")
_THOUSANDS = re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d+)?")
_DECIMAL_COMMA = re.compile(r"[+-]?(\d{1,3}(\.\d{3})+|\d+),\d+")
_YES = frozenset({"yes", "y", "true", "1", "t", "是", "有", "同意", "接受", "subscribed", "on"})
_NO = frozenset({"no", "n", "false", "0", "f", "否", "无", "不同意", "拒绝", "unsubscribed", "off", "notsubscribed"})
_GENDERS = {
    "male": "male",
    "m": "male",
    "男": "male",
    "先生": "male",
    "man": "male",
    "female": "female",
    "f": "female",
    "女": "female",
    "女士": "female",
    "woman": "female",
}
_CURRENCY_NAMES = {
    "RMB": "CNY",
    "人民币": "CNY",
    "元": "CNY",
    "¥": "CNY",
    "￥": "CNY",
    "美元": "USD",
    "$": "USD",
    "欧元": "EUR",
    "€": "EUR",
    "港币": "HKD",
    "£": "GBP",
}


def text_of(cell: Any) -> str:
    """A cell as trimmed text, without the wrappings that keep spreadsheets from mangling long numbers (``="123"``, ``'123``)."""
    if not isinstance(cell, str):
        return _text_of_value(cell)
    text = cell.strip()
    while text[:1] in ("=", "'"):  # our own rejects file wraps a wrapped cell once more: '="123"
        if text.startswith('="') and text.endswith('"') and len(text) > 2:
            text = text[2:-1].strip()
        elif text.startswith("'") and text[1:2] and (text[1:2].isdigit() or text[1:2] in "=+-@"):
            text = text[1:].strip()
        else:
            break
    return text


def _text_of_value(cell: Any) -> str:
    if cell is None or (isinstance(cell, float | np.floating) and math.isnan(cell)):
        return ""
    if isinstance(cell, float | np.floating) and cell.is_integer() and abs(float(cell)) < 2**53:
        return str(int(cell))
    if isinstance(cell, bytes):
        return cell.decode("utf-8", "replace").strip()
    return str(cell).strip()


def bounded(text: str, max_chars: int) -> str:
    if len(text) > max_chars:
        raise CellRefused(
            _("The text is too long: %(count)d characters; at most %(limit)d fit."),
            _("Shorten it."),
            count=len(text),
            limit=max_chars,
        )
    return text


def identifier(text: str, max_chars: int) -> str:
    """A source's id. Spreadsheets turn long numbers into 1.23E+15 and lose digits: such an id is refused."""
    if re.fullmatch(r"\d(\.\d+)?[eE]\+\d{2}", text):
        raise CellRefused(
            _("The number was rounded by a spreadsheet program; its last digits are lost."),
            _("Export again and import the file without opening it in a spreadsheet program."),
        )
    if text.endswith(".0") and text[:-2].isdigit():
        text = text[:-2]
    return bounded(text, max_chars)


def decimal_of(text: str) -> Decimal:
    """A number with thousands marks, currency signs, full-width digits or a decimal comma."""
    if not _PLAIN_NUMBER.fullmatch(text):
        text = _SIGNS.sub("", unicodedata.normalize("NFKC", text))
        if text.startswith("(") and text.endswith(")"):
            text = "-" + text[1:-1]
        if _THOUSANDS.fullmatch(text):
            text = text.replace(",", "")
        elif _DECIMAL_COMMA.fullmatch(text):
            text = text.replace(".", "").replace(",", ".")
    try:
        number = Decimal(text)
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite():
        raise CellRefused(
            _("This is not a number."), _("Write digits with a point before the decimals, such as 1234.50.")
        )
    return number


def money(cell: Any, currency: str) -> int:
    """Minor units of ``currency``."""
    places = exponent(currency)
    scaled = _scaled(cell, places)
    if scaled is None or abs(scaled) > AMOUNT_MAX:
        raise CellRefused(TOO_LARGE, TOO_LARGE_MEND, **amount_limit(currency))
    whole = scaled.to_integral_value()
    if abs(scaled - whole) > TOLERANCE:
        raise CellRefused(
            _("The amount has a fraction smaller than the smallest unit of %(currency)s."),
            _("Give it with at most %(places)d decimals, or set the right currency."),
            currency=currency,
            places=places,
        )
    return int(whole)


def amount_limit(currency: str) -> dict[str, str]:
    """The parts of the sentence TOO_LARGE."""
    return {"limit": f"{to_decimal(AMOUNT_MAX, currency):,}", "currency": currency}


def quantity(cell: Any) -> int:
    """Thousandths of a unit, zero or more."""
    milli = _scaled(cell, 3)
    if milli is not None and milli < 0:
        raise CellRefused(
            _("The quantity is negative."),
            _("Returns are not sold lines: leave the row out, and give the amount under Refunded on the order."),
        )
    if milli is None or milli > MILLI_MAX:
        raise CellRefused(
            _("The quantity is too large: at most %(limit)s fit."),
            _("Check which column is which."),
            limit=f"{MILLI_MAX // 1000:,}",
        )
    whole = milli.to_integral_value()
    if abs(milli - whole) > TOLERANCE:
        raise CellRefused(_("The quantity is finer than a thousandth."), _("Give it with at most 3 decimals."))
    return int(whole)


def _scaled(cell: Any, places: int) -> Decimal | None:
    """A cell's number times 10 to the ``places``; None where it is too large for any amount (1e2000000 cannot be scaled)."""
    if isinstance(cell, np.floating) and not isinstance(cell, float) and _is_ambiguous(cell, places):
        raise CellRefused(
            _("The number is kept in single precision, which has lost its last digits."),
            _("Export the column as decimal numbers or in double precision."),
        )
    number = cell if isinstance(cell, Decimal) and cell.is_finite() else decimal_of(text_of(cell))
    return number.scaleb(places) if -AMOUNT_MAX <= number <= AMOUNT_MAX else None


def _is_ambiguous(single: Any, places: int) -> bool:
    """Whether different numbers of ``places`` decimals are one and the same in single precision."""
    if not np.isfinite(single):
        return False
    middle, reach = float(single) * 10**places, float(np.abs(np.spacing(single))) / 2 * 10**places
    return math.floor(middle + reach) > math.ceil(middle - reach)


def currency_code(text: str) -> str:
    code = _CURRENCY_NAMES.get(text, text.upper())
    if code not in CURRENCIES:
        raise CellRefused(_("The currency is unknown."), _("Give an ISO 4217 code such as CNY or USD."))
    return code


def moment(cell: Any, options: Options) -> datetime:
    """An instant in UTC, not before 1900 and not in the future."""
    try:
        if isinstance(cell, datetime):
            at = (cell if cell.tzinfo else cell.replace(tzinfo=options.tzinfo)).astimezone(UTC)
        elif isinstance(cell, date):
            at = datetime(cell.year, cell.month, cell.day, tzinfo=options.tzinfo).astimezone(UTC)
        else:
            at = parse_moment(text_of(cell), options.tzinfo, options.date_order)
    except (ValueError, OverflowError):
        raise _not_a_date() from None
    if at > options.latest:
        raise CellRefused(_("The date lies in the future."), _("Check the year, and the order of day and month."))
    return at


def day(cell: Any, options: Options) -> date:
    try:
        found = (
            cell.date()
            if isinstance(cell, datetime)
            else cell
            if isinstance(cell, date)
            else parse_date(text_of(cell), options.date_order)
        )
    except (ValueError, OverflowError):
        raise _not_a_date() from None
    if found > options.latest.date():
        raise CellRefused(_("The date lies in the future."), _("Check the year, and the order of day and month."))
    return found


def _not_a_date() -> CellRefused:
    return CellRefused(_("There is no such date."), _("Write it as 2024-05-31 or 2024-05-31 18:30:00."))


def flag(cell: Any) -> bool:
    if isinstance(cell, bool):
        return cell
    name = plain_name(text_of(cell))
    if name in _YES:
        return True
    if name in _NO:
        return False
    raise CellRefused(_("This is neither yes nor no."), _("Write yes or no."))


def order_state(text: str, options: Options) -> str:
    if state := STATES.get(plain_name(text)):
        return state
    if options.unknown_state:
        return options.unknown_state
    raise CellRefused(
        _("The order state is unknown."),
        _(
            "Use one of: awaiting payment (pending), paid (paid), shipped (shipped), delivered (delivered), completed "
            "(completed), cancelled (cancelled), partly refunded (partly_refunded), refunded (refunded); or choose under "
            "Options what unknown states stand for."
        ),
    )


def tags(cell: Any) -> tuple[str, ...]:
    parts = re.split(r"[,;，；、|]", text_of(cell))
    return tuple(dict.fromkeys(bounded(part.strip(), 80) for part in parts if part.strip()))


def category_path(text: str) -> tuple[str, ...]:
    parts = [part.strip() for part in re.split(r"\s*(?:>|/|»|\\|>>)\s*", text)]
    return tuple(bounded(part, 120) for part in parts if part)


def gender(text: str) -> str:
    return _GENDERS.get(text.casefold(), bounded(text.casefold(), 16))


def handle_id(kind: str, value: str, country: str) -> str:
    """The id of a customer whom a source knows by a handle alone, the same however the handle is written."""
    value = unicodedata.normalize("NFKC", value).strip().lower()
    if kind == "phone":
        with suppress(phonenumbers.NumberParseException):
            value = phonenumbers.format_number(phonenumbers.parse(value, country), phonenumbers.PhoneNumberFormat.E164)
    return f"{kind}:{value}"[:120]


@cache
def _countries() -> dict[str, str]:
    names: dict[str, str] = {}
    for language in ("en", "zh"):
        for code, name in Locale(language).territories.items():
            if len(code) == 2 and code.isalpha():
                names.setdefault(plain_name(name), code)
                names.setdefault(plain_name(code), code)
    return names


def country(text: str) -> str:
    """ISO 3166 code of a code or a country's name in English or Chinese."""
    code = _countries().get(plain_name(text))
    if code is None:
        raise CellRefused(_("The country is unknown."), _("Write its two-letter code, such as CN or US."))
    return code
