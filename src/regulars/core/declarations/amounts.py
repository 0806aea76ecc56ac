"""Kinds that are numbers: exact, never floats."""

import re
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from regulars.core.declarations.kinds import (
    UNSAID,
    Context,
    Definitions,
    Input,
    Kind,
    Plain,
    Schema,
    expected,
    quoted,
    within,
    wrong,
)
from regulars.core.faults import Faulty
from regulars.core.money import exponent, to_decimal, to_minor
from regulars.core.says import Says, money, same

_WHOLE = re.compile(r"-?[0-9]{1,18}")
# Fifteen digits before the point keep every amount within a database's 64 bits, also with four decimals after it.
_DECIMAL = re.compile(r"-?[0-9]{1,14}(?:\.[0-9]{1,4})?")
_PERCENT = re.compile(r"(-?[0-9]{1,9}(?:\.[0-9]{1,4})?) ?%")


@dataclass(frozen=True, slots=True)
class Whole(Kind[int]):
    """A whole number."""

    minimum: int = 0
    maximum: int = 1_000_000_000

    def parse(self, plain: object, path: str, context: Context) -> int:
        if not isinstance(plain, int) or isinstance(plain, bool):
            raise expected(path, plain, Says("a whole number", "整数"), f"{max(self.minimum, 1)}")
        limits = same(f"{self.minimum:,}"), same(f"{self.maximum:,}")
        return within(plain, self.minimum, self.maximum, path, limits)

    def plain(self, value: int, context: Context) -> Plain:
        return value

    def schema(self, context: Context, definitions: Definitions) -> Schema:
        return {"type": "integer", "minimum": self.minimum, "maximum": self.maximum}

    def says(self, value: int, context: Context) -> Says:
        return same(f"{value:,}")

    def asks(self, context: Context) -> Input:
        return Input("number", minimum=str(self.minimum), maximum=str(self.maximum))

    def reads(self, text: str, context: Context) -> Plain:
        return int(text) if _WHOLE.fullmatch(text) else text


@dataclass(frozen=True, slots=True)
class Money(Kind[int]):
    """An amount in minor units of the document's currency; documents write ``"12.30"`` or ``12``."""

    minimum: int = 0
    maximum: int = 10**12

    def parse(self, plain: object, path: str, context: Context) -> int:
        amount = _decimal(
            plain, path, Says("an amount of money", "金额"), "12" if exponent(context.currency) == 0 else "12.30"
        )
        try:
            minor = to_minor(amount, context.currency)
        except ValueError:
            raise wrong(
                path,
                Says("{amount} is finer than {currency} goes.", "{amount} 超过了 {currency} 的最小单位。"),
                Says("Give at most {decimals} decimals.", "最多保留 {decimals} 位小数。"),
                amount=amount,
                currency=context.currency,
                decimals=exponent(context.currency),
            ) from None
        limits = money(self.minimum, context.currency), money(self.maximum, context.currency)
        return within(minor, self.minimum, self.maximum, path, limits)

    def plain(self, value: int, context: Context) -> Plain:
        return _written(to_decimal(value, context.currency))

    def schema(self, context: Context, definitions: Definitions) -> Schema:
        return _schema(
            to_decimal(self.minimum, context.currency),
            to_decimal(self.maximum, context.currency),
            exponent(context.currency),
        )

    def says(self, value: int, context: Context) -> Says:
        return money(value, context.currency)

    def asks(self, context: Context) -> Input:
        least, most = (str(to_decimal(limit, context.currency)) for limit in (self.minimum, self.maximum))
        unit = Says(context.currency, "元" if context.currency == "CNY" else context.currency)
        return Input("money", (), least, most, unit)


@dataclass(frozen=True, slots=True)
class Quantity(Kind[int]):
    """An amount of goods in thousandths of a unit; documents write ``"1.5"`` or ``2``."""

    minimum: int = 0
    maximum: int = 10**12
    unit: Says = UNSAID

    def parse(self, plain: object, path: str, context: Context) -> int:
        amount = _decimal(plain, path, Says("a quantity", "数量"), "1.5")
        milli = amount.scaleb(3)
        if milli != int(milli):
            raise wrong(
                path,
                Says("{amount} is finer than a thousandth.", "{amount} 超过了千分之一。"),
                Says("Give at most 3 decimals.", "最多保留 3 位小数。"),
                amount=amount,
            )
        return within(
            int(milli), self.minimum, self.maximum, path, (_thousandths(self.minimum), _thousandths(self.maximum))
        )

    def plain(self, value: int, context: Context) -> Plain:
        return _written(Decimal(value).scaleb(-3).normalize())

    def schema(self, context: Context, definitions: Definitions) -> Schema:
        return _schema(Decimal(self.minimum).scaleb(-3), Decimal(self.maximum).scaleb(-3), 3)

    def says(self, value: int, context: Context) -> Says:
        amount = _thousandths(value)
        return Says(f"{amount.en} {self.unit.en}".rstrip(), f"{amount.zh} {self.unit.zh}".rstrip())

    def asks(self, context: Context) -> Input:
        least, most = (_thousandths(limit).en.replace(",", "") for limit in (self.minimum, self.maximum))
        return Input("quantity", (), least, most, self.unit)


@dataclass(frozen=True, slots=True)
class Share(Kind[Fraction]):
    """A part of a whole as an exact fraction; documents write ``"12.5%"``, with at most four decimals."""

    minimum: Fraction = Fraction(0)
    maximum: Fraction = Fraction(1)

    def parse(self, plain: object, path: str, context: Context) -> Fraction:
        what = Says("a percentage in quotes", "带引号的百分比")
        if not isinstance(plain, str):
            raise expected(path, plain, what, '"12.5%"')
        if not (found := _PERCENT.fullmatch(plain)):
            raise _unreadable(path, plain, what, "12.5%")
        limits = same(_percent(self.minimum)), same(_percent(self.maximum))
        return within(Fraction(found[1]) / 100, self.minimum, self.maximum, path, limits)

    def plain(self, value: Fraction, context: Context) -> Plain:
        """Raises ValueError for a share that four decimals of a percentage cannot write."""
        text = _percent(value)
        if Fraction(text[:-1]) / 100 != value:
            raise ValueError(f"{value} cannot be written as a percentage with four decimals")
        return text

    def schema(self, context: Context, definitions: Definitions) -> Schema:
        return {"type": "string", "pattern": f"^{_PERCENT.pattern}$"}

    def says(self, value: Fraction, context: Context) -> Says:
        return same(_percent(value))

    def asks(self, context: Context) -> Input:
        return Input("percent", (), _percent(self.minimum)[:-1], _percent(self.maximum)[:-1], same("%"))

    def reads(self, text: str, context: Context) -> Plain:
        return text if text.endswith("%") else f"{text}%"

    def writes(self, plain: Plain) -> str:
        return str(plain).removesuffix("%")


def _decimal(plain: object, path: str, what: Says, example: str) -> Decimal:
    """What text or a whole number says exactly. Raises Faulty for a float: 12.30 is not twelve thirty there."""
    if isinstance(plain, bool) or not isinstance(plain, (str, int)):
        raise expected(path, plain, what, f'"{example}"')
    if isinstance(plain, int):
        return Decimal(plain)
    if not _DECIMAL.fullmatch(plain):
        raise _unreadable(path, plain, what, example)
    return Decimal(plain)


def _unreadable(path: str, text: str, what: Says, example: str) -> Faulty:
    return wrong(
        path,
        Says("“{text}” is not {what}.", "“{text}”不是{what}。"),
        Says(
            "Write digits with a point before the decimals and no thousands separators: {example}",
            "请只用数字和小数点，不要千分位，例如：{example}",
        ),
        text=quoted(text),
        what=what,
        example=example,
    )


def _written(amount: Decimal) -> Plain:
    """Whole amounts as numbers, others as text."""
    return int(amount) if amount == int(amount) else f"{amount:f}"


def _schema(minimum: Decimal, maximum: Decimal, decimals: int) -> Schema:
    """Text or whole number; JSON Schema can compare the numbers alone."""
    after = rf"[0-9]{{1,{decimals}}}0{{0,{4 - decimals}}}" if decimals else "0{1,4}"
    pattern = rf"^-?[0-9]{{1,14}}(\.{after})?$"
    least, most = int(minimum.to_integral_value("ROUND_CEILING")), int(maximum.to_integral_value("ROUND_FLOOR"))
    return {"anyOf": [{"type": "string", "pattern": pattern}, {"type": "integer", "minimum": least, "maximum": most}]}


def _thousandths(milli: int) -> Says:
    return same(f"{Decimal(milli).scaleb(-3):,f}".rstrip("0").rstrip("."))


def _percent(share: Fraction) -> str:
    """To four decimals of a percentage, without idle zeros."""
    tenth, rest = divmod(round(abs(share) * 1_000_000), 10_000)
    text = f"{tenth}.{rest:04}".rstrip("0").rstrip(".")
    return f"{'-' if share < 0 else ''}{text}%"
