"""Columns of lists: how a value shows in a cell, on a phone's card, and in the CSV.

Every column takes ``card``: its place on the two-line card a row becomes on a phone: ``title`` (first line, left),
``end`` (first line, right), ``line`` (second line), ``none``. Without any title the first column is it.
Further options are django-tables2's (``accessor``, ``orderable``, ``order_by``, ``linkify``, ``empty_values`` ...).
"""

from collections.abc import Mapping
from typing import Any

import django_tables2 as tables
from django.template.loader import render_to_string
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from django_tables2.utils import A

from regulars.core.money import to_decimal
from regulars.web import counted, formats


class Text(tables.Column):
    """Plain text; with ``linkify`` the whole row leads there. ``sub`` names a second, quieter line under it."""

    css_kind = ""

    def __init__(self, verbose_name: Any = None, *, card: str = "line", sub: str = "", **options: Any) -> None:
        if options.get("linkify"):
            options.setdefault("attrs", {"a": {"class": "row-link"}})
        super().__init__(verbose_name, default=formats.NOTHING, **options)
        self.css = f"at-{card} {self.css_kind}".strip()
        self.sub = sub

    def render(self, value: Any, record: Any) -> Any:
        if self.sub and (quiet := A(self.sub).resolve(record, quiet=True)):
            return format_html('{}<span class="cell-sub">{}</span>', self.shown(value, record), quiet)
        return self.shown(value, record)

    def shown(self, value: Any, record: Any) -> Any:
        return value

    def value(self, value: Any, record: Any, **_rest: Any) -> Any:
        """The cell in the CSV."""
        return value


class Link(Text):
    """Text that leads elsewhere than the row does: give ``linkify``."""

    def __init__(self, verbose_name: Any = None, **options: Any) -> None:
        super().__init__(verbose_name, attrs={"a": {"class": "cell-link"}}, **options)


class Number(Text):
    """A count or measure, right-aligned; ``digits`` fixes its decimals."""

    css_kind = "num"
    # Decimals of a measure in the CSV: enough to reckon with, none of the noise of floating point.
    csv_digits = 2

    def __init__(self, verbose_name: Any = None, *, digits: int | None = None, **options: Any) -> None:
        super().__init__(verbose_name, **options)
        self.digits = digits

    def shown(self, value: Any, record: Any) -> Any:
        return formats.number(value, self.digits)

    def value(self, value: Any, record: Any, **_rest: Any) -> Any:
        return round(value, self.csv_digits) if isinstance(value, float) else value


class Money(Number):
    """Minor units of the record's ``currency`` (another path by ``currency_from``), or of the fixed ``currency``."""

    def __init__(
        self, verbose_name: Any = None, *, currency: str = "", currency_from: str = "currency", **options: Any
    ) -> None:
        super().__init__(verbose_name, **options)
        self.currency, self.currency_from = currency, currency_from

    def currency_of(self, record: Any) -> str:
        return self.currency or str(A(self.currency_from).resolve(record))

    def shown(self, value: Any, record: Any) -> Any:
        return formats.money(value, self.currency_of(record))

    def value(self, value: Any, record: Any, **_rest: Any) -> Any:
        return value if value in (None, formats.NOTHING) else to_decimal(value, self.currency_of(record))


class Counted(Number):
    """An amount in the record's ``unit``; in the CSV the number alone."""

    def shown(self, value: Any, record: Any) -> Any:
        return counted.amount(value, record.unit)

    def value(self, value: Any, record: Any, **_rest: Any) -> Any:
        return value if value in (None, formats.NOTHING) else counted.plain(value, record.unit)


class Currency(Text):
    """The currency that ``amount`` is in; for the CSV, whose amounts are plain numbers."""

    def __init__(self, amount: Money) -> None:
        super().__init__(_("Currency"), orderable=False, empty_values=())
        self.amount = amount

    def value(self, value: Any, record: Any, **_rest: Any) -> Any:
        return self.amount.currency_of(record)


class Quantity(Number):
    """Thousandths of a unit."""

    def shown(self, value: Any, record: Any) -> Any:
        return formats.quantity(value)

    def value(self, value: Any, record: Any, **_rest: Any) -> Any:
        return value if value in (None, formats.NOTHING) else value / 1000


class Percent(Number):
    """A share 0..1."""

    csv_digits = 4

    def shown(self, value: Any, record: Any) -> Any:
        return formats.percent(value, 1 if self.digits is None else self.digits)


class Growth(Percent):
    """A share by which something grew, or shrank below 0."""

    def shown(self, value: Any, record: Any) -> Any:
        return formats.change(value, 1 if self.digits is None else self.digits)


class Days(Number):
    """A length of time in days."""

    csv_digits = 1

    def shown(self, value: Any, record: Any) -> Any:
        return formats.days(value)


class Bar(Percent):
    """A share 0..1 as a small bar with its number."""

    def shown(self, value: Any, record: Any) -> Any:
        context = {"share": value, "text": super().shown(value, record)}
        return render_to_string("web/cell_bar.html", context)


class Day(Text):
    """A calendar day, of an instant in the shop's zone."""

    css_kind = "when"

    def shown(self, value: Any, record: Any) -> Any:
        return formats.day(value)


class Moment(Text):
    """Day and time in the shop's zone."""

    css_kind = "when"

    def shown(self, value: Any, record: Any) -> Any:
        return formats.moment(value)


class Tag(Text):
    """A word of a small vocabulary as a coloured tag: ``labels`` and ``tones`` (plain, good, warn, bad ...)."""

    def __init__(
        self,
        verbose_name: Any = None,
        *,
        labels: Mapping[str, Any] | None = None,
        tones: Mapping[str, str] | None = None,
        **options: Any,
    ) -> None:
        super().__init__(verbose_name, **options)
        self.labels, self.tones = labels or {}, tones or {}

    def shown(self, value: Any, record: Any) -> Any:
        return format_html(
            '<span class="tag tag-{}">{}</span>', self.tones.get(value, "plain"), self.labels.get(value, value)
        )

    def value(self, value: Any, record: Any, **_rest: Any) -> Any:
        return str(self.labels.get(value, value))
