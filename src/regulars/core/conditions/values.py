"""The values that fields are compared with: read from documents, written back, put in words, and described."""

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timezone
from decimal import Decimal
from fractions import Fraction
from typing import Any
from unicodedata import category

from regulars.core import money, says
from regulars.core.conditions.vocabulary import Field, Names, Type
from regulars.core.says import Says, same

TEXT_MOST = 200
VALUES_MOST = 1_000
NUMBER_MOST = 10**15
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")

_DECIMAL = "-?[0-9]{1,15}(\\.[0-9]{1,4})?"
_PERCENT = "-?[0-9]{1,9}(\\.[0-9]{1,4})? ?%"
_DAY = "[0-9]{4}-[0-9]{2}-[0-9]{2}"
_CLOCK = "[T ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\\.[0-9]{1,6})?)?"
_OFFSET = "(Z|[+-][0-9]{2}:[0-9]{2})"
_SHOWN = 40


class Refused(ValueError):
    """A value that does not fit: why, how to mend it, and the texts that would fit where they can be listed."""

    def __init__(self, reason: Says, mend: Says, options: Collection[str] | None = None) -> None:
        super().__init__(reason.en)
        self.reason, self.mend, self.options = reason, mend, options


@dataclass(frozen=True, slots=True)
class Setting:
    """Where a value stands: the field it is compared with, the shop's currency, the ids that exist, and their names."""

    field: Field
    currency: str
    known: Mapping[str, Collection[str]] | None = None
    names: Names | None = None


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of value. ``read`` raises Refused; ``write`` undoes it; ``say`` puts in words; ``schema`` describes."""

    read: Callable[[object, Setting], Any]
    write: Callable[[Any, str], Any]
    say: Callable[[Any, Setting], Says]
    schema: Callable[[Field], dict[str, Any]]


def shown(given: object) -> Says:
    """What was given, short enough for a message, whatever it is."""
    match given:
        case None | bool():
            text = {None: "null", True: "true", False: "false"}[given]
        case list() | tuple():
            text = "[…]"
        case Mapping():
            text = "{…}"
        case int() if abs(given) >= 10**_SHOWN:
            text = "…"  # Python refuses to write numbers that are long enough
        case _:
            text = str(given)
    text = text if len(text) <= _SHOWN else text[:_SHOWN] + "…"
    return Says(f'"{text}"', f"“{text}”")


def _pattern(pattern: str, *, or_whole: bool = False) -> Callable[[Field], dict[str, Any]]:
    text = {"type": "string", "pattern": f"^{pattern}$"}
    return lambda _: {"anyOf": [text, {"type": "integer"}]} if or_whole else text


def whole(given: object, least: int = -NUMBER_MOST, most: int = NUMBER_MOST) -> int:
    """A whole number as documents write it. Raises Refused, also for true and false, 3.0 and NaN."""
    if isinstance(given, bool) or not isinstance(given, int):
        raise Refused(
            Says("{given} is not a whole number.", "{given}不是整数。").filled(given=shown(given)),
            Says("Write a whole number without quotes, such as 3.", "请直接写整数，不加引号，例如 3。"),
        )
    if not least <= given <= most:
        raise Refused(
            Says("{given} is out of range.", "{given}超出范围。").filled(given=shown(given)),
            Says("Give a number from {least:,} to {most:,}.", "请填 {least:,} 到 {most:,} 之间的数。").filled(
                least=least, most=most
            ),
        )
    return given


def _decimal(given: object) -> Decimal | None:
    """What text or a whole number says exactly; None for all else, floats too: 12.30 is not twelve thirty there."""
    if isinstance(given, int) and not isinstance(given, bool) and abs(given) < NUMBER_MOST:
        return Decimal(given)
    return Decimal(given) if isinstance(given, str) and re.fullmatch(_DECIMAL, given) else None


def _money(given: object, setting: Setting) -> int:
    amount, decimals = _decimal(given), money.exponent(setting.currency)
    if amount is None:
        example = money.to_decimal(100 * 10**decimals, setting.currency)
        raise Refused(
            Says("{given} is not an amount of money.", "{given}不是有效的金额。").filled(given=shown(given)),
            Says(
                'Write it in {currency}, in quotes: "{example}".', '请按 {currency} 填写并加引号，例如 "{example}"。'
            ).filled(currency=setting.currency, example=example),
        )
    if amount.scaleb(decimals) % 1:
        raise Refused(
            Says("{given} is finer than {currency} goes.", "{given}超过了 {currency} 的最小单位。").filled(
                given=shown(given), currency=setting.currency
            ),
            Says("Give at most {decimals} decimals.", "最多保留 {decimals} 位小数。").filled(decimals=decimals),
        )
    return money.to_minor(amount, setting.currency)


def _quantity(given: object, _: Setting) -> int:
    amount = _decimal(given)
    if amount is None or amount.scaleb(3) % 1:
        raise Refused(
            Says("{given} is not a quantity.", "{given}不是有效的数量。").filled(given=shown(given)),
            Says('Write it in quotes, with at most three decimals: "1.5".', '请加引号，最多三位小数，例如 "1.5"。'),
        )
    return int(amount.scaleb(3))


def _trimmed(number: Decimal) -> str:
    """Without an exponent, and without zeros behind the point that say nothing."""
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _write_quantity(milli: int, _: str) -> str:
    return _trimmed(Decimal(milli).scaleb(-3))


def _share(given: object, _: Setting) -> Fraction:
    if not isinstance(given, str) or not re.fullmatch(_PERCENT, given):
        raise Refused(
            Says("{given} is not a percentage.", "{given}不是百分数。").filled(given=shown(given)),
            Says('Write it in quotes with its sign: "12.5%".', '请加引号并带上百分号，例如 "12.5%"。'),
        )
    share = Fraction(given.rstrip("% ")) / 100
    if not 0 <= share <= 1:
        raise Refused(
            Says("{given} is out of range.", "{given}超出范围。").filled(given=shown(given)),
            Says('Give a share from "0%" to "100%".', '请填 "0%" 到 "100%" 之间的占比。'),
        )
    return share


def _write_share(share: Fraction, _: str) -> str:
    """Raises ValueError for a share that four decimals of a percentage cannot write, such as a third."""
    millionths = share * 1_000_000
    if millionths.denominator != 1:
        raise ValueError(f"{share} cannot be written as a percentage with four decimals")
    return _trimmed(Decimal(millionths.numerator).scaleb(-4)) + "%"


def _text(given: object, setting: Setting) -> str:
    unwritable = {"Cc", "Cs"}  # what neither a page nor a database can hold: control characters, halves of characters
    if not isinstance(given, str) or not 0 < len(given) <= TEXT_MOST or not unwritable.isdisjoint(map(category, given)):
        raise Refused(
            Says("{given} is not a text of 1 to {most} characters.", "{given}不是 1 到 {most} 个字的文本。").filled(
                given=shown(given), most=TEXT_MOST
            ),
            Says(
                "Write a text in quotes; for none, use is_missing.", "请填写加引号的文本；要判断为空，请用 is_missing。"
            ),
        )
    field = setting.field
    known = field.choices if field.choices is not None else (setting.known or {}).get(field.source or "")
    if known is not None and given not in known:
        raise Refused(
            Says('{given} is not known as a value of "{field}".', "“{field}”没有{given}这个值。").filled(
                given=shown(given), field=field.name
            ),
            Says("", ""),
            known,
        )
    return given


def _say_text(text: str, setting: Setting) -> Says:
    field = setting.field
    if field.choices is not None:
        return field.choices[text]
    if field.source:
        return setting.names(field.source, text) if setting.names else same(text)
    return Says(f"“{text}”", f"“{text}”")


def _text_schema(field: Field) -> dict[str, Any]:
    if field.choices is not None:
        return {"enum": list(field.choices)}
    return {"type": "string", "minLength": 1, "maxLength": TEXT_MOST}


def _flag(given: object, _: Setting) -> bool:
    if not isinstance(given, bool):
        raise Refused(
            Says("{given} is neither true nor false.", "{given}不是 true 或 false。").filled(given=shown(given)),
            Says("Write true or false, without quotes.", "请填 true 或 false，不加引号。"),
        )
    return given


def _instant(given: object, _: Setting) -> datetime:
    text = given.isoformat() if isinstance(given, datetime) else given
    at = _parsed(datetime.fromisoformat, f"{_DAY}{_CLOCK}{_OFFSET}?", text)
    if at is None:
        raise Refused(
            Says("{given} is not an instant.", "{given}不是有效的时间。").filled(given=shown(text)),
            Says(
                'Write day, time and offset: "2026-11-11T00:00:00+08:00".',
                '请写明日期、时间和时区，例如 "2026-11-11T00:00:00+08:00"。',
            ),
        )
    offset = at.utcoffset()
    if offset is None:
        raise Refused(
            Says("{given} does not say in which zone.", "{given}没有写明时区。").filled(given=shown(text)),
            Says('Add its offset from UTC: "{text}+08:00".', '请补上与 UTC 的时差，例如 "{text}+08:00"。').filled(
                text=text
            ),
        )
    fixed: datetime = at.replace(tzinfo=timezone(offset))
    return fixed


def _parsed(parse: Callable[[str], Any], pattern: str, given: object) -> Any:
    """What the text reads as, None where it has not this form or names no day of the calendar."""
    if not isinstance(given, str) or not re.fullmatch(pattern, given):
        return None
    try:
        return parse(given)
    except ValueError:
        return None


def _say_instant(at: datetime, _: Setting) -> Says:
    clock = f"{at:%H:%M:%S}" if at.second or at.microsecond else f"{at:%H:%M}"
    offset = at.isoformat()[-6:]
    return same(f"{at.date()} {clock} UTC" + ("" if offset == "+00:00" else offset))


def _day(given: object, _: Setting) -> date:
    text = given.isoformat() if isinstance(given, date) else given
    day = _parsed(date.fromisoformat, _DAY, text)
    if day is None:
        raise Refused(
            Says("{given} is not a day.", "{given}不是有效的日期。").filled(given=shown(given)),
            Says('Write year, month and day: "2026-11-11".', '请写明年月日，例如 "2026-11-11"。'),
        )
    assert isinstance(day, date)
    return day


def _weekday(given: object, _: Setting) -> str:
    if not isinstance(given, str) or given not in WEEKDAYS:
        raise Refused(
            Says("{given} is not a day of the week.", "{given}不是星期。").filled(given=shown(given)),
            Says("", ""),
            WEEKDAYS,
        )
    return given


def _ordinal(number: int) -> str:
    ending = "th" if 10 < number < 14 else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"


def _same(value: Any, _: str) -> Any:
    return value


_MONTHS = "January February March April May June July August September October November December".split()
WEEKDAY = Kind(
    _weekday,
    _same,
    lambda name, _: Says(name.capitalize(), "周" + "一二三四五六日"[WEEKDAYS.index(name)]),
    lambda _: {"enum": list(WEEKDAYS)},
)
MONTH = Kind(
    lambda given, _: whole(given, 1, 12),
    _same,
    lambda month, _: Says(_MONTHS[month - 1], f"{month} 月"),
    lambda _: {"type": "integer", "minimum": 1, "maximum": 12},
)
MONTH_DAY = Kind(
    lambda given, _: whole(given, 1, 31),
    _same,
    lambda day, _: Says(_ordinal(day), f"{day} 日"),
    lambda _: {"type": "integer", "minimum": 1, "maximum": 31},
)
_TEXT = Kind(_text, _same, _say_text, _text_schema)
KINDS: dict[Type, Kind] = {
    Type.MONEY: Kind(
        _money,
        lambda minor, currency: str(money.to_decimal(minor, currency)),
        lambda minor, setting: says.money(minor, setting.currency),
        _pattern(_DECIMAL, or_whole=True),
    ),
    Type.COUNT: Kind(
        lambda given, _: whole(given),
        _same,
        lambda count, _: same(f"{count:,}"),
        lambda _: {"type": "integer", "minimum": -NUMBER_MOST, "maximum": NUMBER_MOST},
    ),
    Type.QUANTITY: Kind(
        _quantity, _write_quantity, lambda milli, _: same(_write_quantity(milli, "")), _pattern(_DECIMAL, or_whole=True)
    ),
    Type.SHARE: Kind(_share, _write_share, lambda share, _: same(_write_share(share, "")), _pattern(_PERCENT)),
    Type.TEXT: _TEXT,
    Type.TEXTS: _TEXT,
    Type.FLAG: Kind(
        _flag, _same, lambda flag, _: Says("yes", "是") if flag else Says("no", "否"), lambda _: {"type": "boolean"}
    ),
    Type.INSTANT: Kind(_instant, lambda at, _: at.isoformat(), _say_instant, _pattern(f"{_DAY}{_CLOCK}{_OFFSET}")),
    Type.DAY: Kind(_day, lambda day, _: day.isoformat(), lambda day, _: same(day.isoformat()), _pattern(_DAY)),
}
