"""Kinds that are days and instants."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime

from regulars.core.declarations.kinds import Context, Definitions, Input, Kind, Plain, Schema, expected, quoted, wrong
from regulars.core.faults import Faulty
from regulars.core.says import Says, same

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_INSTANT = re.compile(
    _DAY.pattern + r"[T ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,6})?)?(?:Z|[+-][0-9]{2}:[0-9]{2})?"
)


@dataclass(frozen=True, slots=True)
class Day(Kind[date]):
    """A day of the shop's calendar: a TOML date or ``"2026-11-11"``."""

    def parse(self, plain: object, path: str, context: Context) -> date:
        if isinstance(plain, date) and not isinstance(plain, datetime):
            return plain
        if not isinstance(plain, str):
            raise expected(path, plain, Says("a day", "日期"), '"2026-11-11"')
        try:
            return date.fromisoformat(plain if _DAY.fullmatch(plain) else "")
        except ValueError:
            raise wrong(
                path,
                Says("“{text}” is not a day of the calendar.", "日历上没有“{text}”这一天。"),
                Says("Write year-month-day: 2026-11-11", "请按 年-月-日 填写，例如：2026-11-11"),
                text=quoted(plain),
            ) from None

    def plain(self, value: date, context: Context) -> Plain:
        return value.isoformat()

    def schema(self, context: Context, definitions: Definitions) -> Schema:
        return {"type": "string", "format": "date"}

    def says(self, value: date, context: Context) -> Says:
        return same(value.isoformat())

    def asks(self, context: Context) -> Input:
        return Input("date")


@dataclass(frozen=True, slots=True)
class Instant(Kind[datetime]):
    """An instant, kept in UTC: a TOML date-time or text, with its offset; without one it could be anywhere's noon."""

    def parse(self, plain: object, path: str, context: Context) -> datetime:
        at = plain if isinstance(plain, datetime) else self._read(plain, path)
        if at.tzinfo is None:
            raise wrong(
                path,
                Says("The time does not say where it is meant.", "时间缺少时区。"),
                Says("Add the offset: {text}+08:00", "请补上时区偏移，例如：{text}+08:00"),
                text=at.isoformat(),
            )
        try:
            return at.astimezone(UTC)
        except OverflowError:
            raise _no_instant(path, at.isoformat()) from None

    def _read(self, plain: object, path: str) -> datetime:
        if not isinstance(plain, str):
            raise expected(path, plain, Says("an instant", "时间点"), '"2026-11-11T20:00:00+08:00"')
        try:
            return datetime.fromisoformat(plain if _INSTANT.fullmatch(plain) else "")
        except ValueError:
            raise _no_instant(path, plain) from None

    def plain(self, value: datetime, context: Context) -> Plain:
        return value.astimezone(UTC).isoformat()

    def schema(self, context: Context, definitions: Definitions) -> Schema:
        return {"type": "string", "format": "date-time"}

    def says(self, value: datetime, context: Context) -> Says:
        return same(f"{value.astimezone(context.zone or UTC):%Y-%m-%d %H:%M:%S %Z}")

    def asks(self, context: Context) -> Input:
        return Input("instant", unit=same(str(context.zone or "UTC")))

    def reads(self, text: str, context: Context) -> Plain:
        """A form's time without an offset is the shop's."""
        try:
            at = self._read(text, "")
        except Faulty:
            return text
        return (at if at.tzinfo else at.replace(tzinfo=context.zone)).isoformat()


def _no_instant(path: str, text: str) -> Faulty:
    return wrong(
        path,
        Says("“{text}” is not a date and time.", "“{text}”不是有效的日期时间。"),
        Says(
            "Write it with its offset: 2026-11-11T20:00:00+08:00",
            "请连同时区偏移一起填写，例如：2026-11-11T20:00:00+08:00",
        ),
        text=quoted(text),
    )
