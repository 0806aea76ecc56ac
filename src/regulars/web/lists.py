"""The one way lists are made: search, filters with chips, sorting, paging, CSV, empty states, htmx, phone cards.

Declare the columns (a django-tables2 table made of ``web.columns``), the filters (a django-filter ``FilterSet`` over
a QuerySet, or a plain form where the source filters by itself) and where rows come from; the view is two lines::

    class OrderTable(tables.Table):
        number = Text(_("Order"), linkify=lambda record: reverse("order", args=[record.id]), card="title")
        placed_at = Moment(_("Placed"))
        state = Tag(_("State"), tones={"completed": "good"}, labels=STATES)
        paid_amount = Money(_("Paid"), card="end")          # reads record.currency, or currency="CNY"

    class OrderList(List):
        name, title = "orders", _("Orders")
        table, filters, sort = OrderTable, OrderFilters, "-placed_at"
        search = ("number", "customer__name")                # QuerySet fields; () where rows() searches by itself
        placeholder = _("Order number or customer")
        nothing_yet = Empty("shopping-bag", _("No orders yet"), _("Import ..."), _("Import orders"), "imports")

        def rows(self, query: Query) -> QuerySet[Order]:     # or a lazy sequence, see below
            return Order.objects.select_related("customer")

    @page(EVERYONE)
    def orders(request): return OrderList(request).response()      # or .response("orders/list.html", {"more": ...})

``rows`` answers a QuerySet (this module searches, filters, sorts and slices it), or any sequence with ``len`` and
slicing (``Rows(count, slice)`` makes one) already searched, filtered and sorted by ``query.search``, ``query.filters``
(the form's cleaned data) and ``query.sort``. Either way only the page's rows are read: queries do not grow with rows.
A template shows the list with ``<c-list :list="list" />``. Addresses: ``?q=&sort=-name&page=2&size=50&export=csv``.
"""

import codecs
import csv
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count, islice
from typing import Any, ClassVar, Generic, TypeVar, overload
from urllib.parse import urlencode

import django_filters
import django_tables2 as tables
from django import forms
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import render
from django.urls import NoReverseMatch, reverse
from django.utils import timezone, translation
from django.utils.cache import patch_vary_headers
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext

from regulars.web import formats
from regulars.web.columns import Bar, Currency, Day, Days, Link, Moment, Money, Number, Percent, Quantity, Tag, Text

__all__ = [
    "Bar",
    "Day",
    "Days",
    "Empty",
    "Link",
    "List",
    "Moment",
    "Money",
    "Number",
    "Percent",
    "Quantity",
    "Query",
    "Rows",
    "Tag",
    "Text",
]

SIZES = (25, 50, 100)
EXPORT_CHUNK = 2000
TICKED_AT_MOST = 15  # a list of more choices is scrolled, not ticked
Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Query:
    """What the reader asked for; ``sort`` is a column name, ``-`` before it for descending, "" for none."""

    search: str = ""
    filters: Mapping[str, Any] = field(default_factory=dict)
    sort: str = ""


@dataclass(frozen=True, slots=True)
class Empty:
    """What a list without rows says; ``url`` is a URL name, the button shows only where it resolves."""

    icon: str = "inbox"
    title: str = ""
    text: str = ""
    action: str = ""
    url: str = ""

    @property
    def href(self) -> str:
        try:
            return reverse(self.url) if self.url else ""
        except NoReverseMatch:
            return ""


class Rows(Sequence[Row], Generic[Row]):
    """A lazy sequence from two functions: ``count()`` and ``slice(offset, limit)``."""

    def __init__(self, count: Callable[[], int], slice: Callable[[int, int], Sequence[Row]]) -> None:
        self._count, self._slice = count, slice

    @cached_property
    def _length(self) -> int:
        return self._count()

    def __len__(self) -> int:
        return self._length

    @overload
    def __getitem__(self, index: int) -> Row: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Row]: ...
    def __getitem__(self, index: int | slice) -> Row | Sequence[Row]:
        if isinstance(index, slice):
            start = index.start or 0
            stop = len(self) if index.stop is None else index.stop
            return self._slice(start, max(0, stop - start))
        return self._slice(index, 1)[0]


@dataclass(frozen=True, slots=True)
class Chip:
    """A filter in force, and the address without it."""

    label: str
    value: str
    href: str


@dataclass(frozen=True, slots=True)
class Head:
    label: str
    css: str
    href: str = ""
    direction: str = ""


@dataclass(frozen=True, slots=True)
class Cell:
    label: str
    css: str
    html: Any


class List:
    """A list page. Subclasses set the class attributes and ``rows``."""

    name: ClassVar[str] = "list"
    title: ClassVar[Any] = ""
    subtitle: ClassVar[Any] = ""
    table: ClassVar[type[tables.Table]]
    filters: ClassVar[type[django_filters.FilterSet] | type[forms.Form] | None] = None
    search: ClassVar[tuple[str, ...] | None] = None
    placeholder: ClassVar[Any] = _("Search")
    sort: ClassVar[str] = ""
    nothing_yet: ClassVar[Empty] = Empty(title=_("Nothing here yet"))
    exports: ClassVar[bool] = True
    # Columns that only the CSV has, behind those of the table.
    csv_columns: ClassVar[Mapping[str, tables.Column]] = {}
    template: ClassVar[str] = "web/list_page.html"

    def __init__(self, request: HttpRequest, **scope: Any) -> None:
        """``scope`` is for ``rows``: what the page itself fixes (``self.scope["customer"]``)."""
        self.request = request
        self.scope = scope
        self._zone, self._language = timezone.get_current_timezone(), translation.get_language()

    def rows(self, query: Query) -> QuerySet[Any] | Sequence[Any]:
        raise NotImplementedError

    # What the address asks for.

    @cached_property
    def form(self) -> forms.Form | None:
        if self.filters is None:
            return None
        filters_rows = issubclass(self.filters, django_filters.FilterSet)
        form = self._filterset.form if filters_rows else self.filters(self.request.GET)
        for one in form.fields.values():
            _ease(one)
        return form

    @cached_property
    def _filterset(self) -> Any:
        rows = self._rows
        return self.filters(self.request.GET, queryset=rows, request=self.request)  # type: ignore[misc]

    @cached_property
    def query(self) -> Query:
        cleaned: dict[str, Any] = {}
        if self.filters is not None and not issubclass(self.filters, django_filters.FilterSet):
            form = self.filters(self.request.GET)
            form.is_valid()  # a value the form refuses filters nothing; the field shows why
            cleaned = {name: value for name, value in form.cleaned_data.items() if value not in (None, "", [], False)}
        return Query(" ".join(self.request.GET.get("q", "").split())[:100], cleaned, self.sorted_by)

    @cached_property
    def sorted_by(self) -> str:
        asked = self.request.GET.get("sort", "")
        column = self.table.base_columns.get(asked.lstrip("-"))
        return asked if column is not None and self._sortable(column) else self.sort

    def _sortable(self, column: Any) -> bool:
        default = getattr(self.table._meta, "orderable", True)
        return bool(default if column.orderable is None else column.orderable)

    @cached_property
    def size(self) -> int:
        asked = self.request.GET.get("size", "")
        return int(asked) if asked.isdecimal() and int(asked) in SIZES else SIZES[0]

    # Rows.

    @cached_property
    def _rows(self) -> QuerySet[Any] | Sequence[Any]:
        return self.rows(self.query)

    @cached_property
    def found(self) -> QuerySet[Any] | Sequence[Any]:
        """All rows that match, in order, not yet read."""
        rows = self._rows
        if not isinstance(rows, QuerySet):
            return rows
        if self.filters is not None and issubclass(self.filters, django_filters.FilterSet):
            rows = self._filterset.qs
        if self.search and self.query.search:
            rows = rows.filter(_matches(self.search, self.query.search))
        return self.table(rows, order_by=self.query.sort).data.data if self.query.sort else rows

    @cached_property
    def total(self) -> int:
        return self.found.count() if isinstance(self.found, QuerySet) else len(self.found)

    @property
    def note(self) -> str:
        """A sentence on all that was found, such as its sum; "" for none."""
        return ""

    @cached_property
    def pages(self) -> int:
        return max(1, -(-self.total // self.size))

    @cached_property
    def page(self) -> int:
        asked = self.request.GET.get("page", "1")
        return min(max(1, int(asked)) if asked.isdecimal() and len(asked) < 10 else 1, self.pages)

    @property
    def first(self) -> int:
        return (self.page - 1) * self.size + 1 if self.total else 0

    @property
    def last(self) -> int:
        return min(self.page * self.size, self.total)

    @cached_property
    def bound(self) -> tables.Table:
        start = (self.page - 1) * self.size
        return self._table(list(self.found[start : start + self.size]) if self.total else [])

    def _table(self, rows: list[Any]) -> tables.Table:
        table = self.table(rows)
        table.request = self.request  # columns may read it
        return table

    @cached_property
    def lines(self) -> list[list[Cell]]:
        columns = list(self.bound.columns)
        heads = [(str(c.header), c.column.css if hasattr(c.column, "css") else "at-line") for c in columns]
        titled = any("at-title" in css for _label, css in heads)
        styles = [css if titled or i else css.replace("at-line", "at-title") for i, (_label, css) in enumerate(heads)]
        return [
            [
                Cell(label, _unless_empty(css, html), html)
                for (label, _css), css, html in zip(heads, styles, row, strict=True)
            ]
            for row in self.bound.rows
        ]

    @cached_property
    def heads(self) -> list[Head]:
        return [self._head(column) for column in self.bound.columns]

    def _head(self, column: Any) -> Head:
        css, label = getattr(column.column, "css", ""), str(column.header)
        if not self._sortable(column.column):
            return Head(label, css)
        ascending = self.sorted_by == column.name
        direction = "ascending" if ascending else "descending" if self.sorted_by == f"-{column.name}" else ""
        # A first click on a number sorts the greatest first.
        fresh = f"-{column.name}" if "num" in css else column.name
        target = fresh if not direction else column.name if direction == "descending" else f"-{column.name}"
        return Head(label, css, self.address(sort=target, page=None), direction)

    # What is in force.

    def address(self, **changes: Any) -> str:
        """This list's query string with changes; None drops a parameter. Parameters of other makers stay."""
        query = {name: values for name, values in self.request.GET.lists() if any(values) and name != "export"}
        for name, value in changes.items():
            query.pop(name, None)
            if value is not None:
                query[name] = [str(value)]
        return "?" + urlencode(query, doseq=True)

    @cached_property
    def chips(self) -> list[Chip]:
        chips = []
        if self.query.search:
            chips.append(Chip(str(_("Search")), self.query.search, self.address(q=None, page=None)))
        for bound in self.form or ():
            value = (
                getattr(self.form, "cleaned_data", {}).get(bound.name) if self.form and self.form.is_valid() else None
            )
            if value in (None, "", [], False) or (isinstance(value, QuerySet) and not value):
                continue
            gone = dict.fromkeys(_parameters(bound), None)
            chips.append(Chip(str(bound.label), _shown(bound.field, value), self.address(page=None, **gone)))
        return chips

    @property
    def reset(self) -> str:
        return self.request.path

    @property
    def export_address(self) -> str:
        return self.address(export="csv", page=None)

    @property
    def hidden(self) -> list[tuple[str, str]]:
        """What the filter form must carry besides its own fields."""
        return [(name, self.request.GET[name]) for name in ("sort", "size") if self.request.GET.get(name)]

    @property
    def sizes(self) -> list[tuple[int, str, bool]]:
        return [(size, self.address(size=size, page=None), size == self.size) for size in SIZES]

    @property
    def steps(self) -> list[tuple[int, str, bool]]:
        """Page numbers around the current one; 0 stands for a gap."""
        near = {1, self.pages, *range(self.page - 1, self.page + 2)}
        shown: list[tuple[int, str, bool]] = []
        for number in sorted(n for n in near if 1 <= n <= self.pages):
            if shown and number - shown[-1][0] > 1:
                shown.append((0, "", False))
            shown.append((number, self.address(page=number), number == self.page))
        return shown

    @property
    def before(self) -> str:
        return self.address(page=self.page - 1) if self.page > 1 else ""

    @property
    def after(self) -> str:
        return self.address(page=self.page + 1) if self.page < self.pages else ""

    # Answers.

    def response(self, template: str = "", context: Mapping[str, Any] | None = None) -> HttpResponseBase:
        """The page; only the list where htmx asks for it; the CSV where the address says so."""
        if self.request.GET.get("export") == "csv" and self.exports:
            return self.csv()
        htmx = getattr(self.request, "htmx", None)
        partial = htmx and not htmx.history_restore_request
        wanted = {f"list-{self.name}": "web/list.html", f"list-{self.name}-results": "web/list_results.html"}
        chosen = wanted.get(htmx.target or "") if partial else None
        answer: HttpResponse = render(
            self.request,
            chosen or template or self.template,
            {"list": self, "page_title": self.title, **(context or {})},
        )
        patch_vary_headers(answer, ["HX-Request", "HX-Target"])
        return answer

    def csv(self) -> StreamingHttpResponse:
        """The matching rows as CSV, streamed: UTF-8 with a mark so that Excel reads Chinese, formulas guarded.

        Amounts are plain numbers, so what they are of stands in a column of its own."""
        columns = dict(self.csv_columns)
        amounts = [c for c in self.table.base_columns.values() if isinstance(c, Money)]
        if amounts:
            columns["currency_of_amounts"] = Currency(amounts[0])
        self.table = type("Export", (self.table,), columns)  # type: ignore[misc]
        answer = StreamingHttpResponse(self._csv_parts(), content_type="text/csv; charset=utf-8")
        today = timezone.localdate(timezone=self._zone)
        answer.headers["Content-Disposition"] = f'attachment; filename="{self.name}-{today}.csv"'
        answer.headers["Cache-Control"] = "no-store"
        return answer

    def _csv_parts(self) -> Iterator[bytes]:
        writer = csv.writer(_Echo())
        chunks = self.chunks()
        chunk = next(chunks, [])
        columns = [c for c in self._table([]).columns if not c.column.exclude_from_export]
        with translation.override(self._language):
            heads = writer.writerow([formats.spreadsheet(str(c.header)) for c in columns])
        yield codecs.BOM_UTF8 + heads.encode()
        while chunk:
            # The answer streams after the middleware has put zone and language away.
            with timezone.override(self._zone), translation.override(self._language):
                rows = self._table(chunk).rows
                part = "".join(
                    writer.writerow([formats.spreadsheet(row.get_cell_value(c.name)) for c in columns]) for row in rows
                )
            yield part.encode()
            chunk = next(chunks, [])

    def chunks(self) -> Iterator[list[Any]]:
        """The rows of the CSV, so many at a time; a list may add to them what only its CSV shows."""
        if isinstance(self.found, QuerySet):
            rows = self.found.iterator(chunk_size=EXPORT_CHUNK)
            while chunk := list(islice(rows, EXPORT_CHUNK)):
                yield chunk
            return
        for start in count(0, EXPORT_CHUNK):
            if not (chunk := list(self.found[start : min(start + EXPORT_CHUNK, len(self.found))])):
                return
            yield chunk


class _Echo:
    def write(self, text: str) -> str:
        return text


def _matches(fields: Sequence[str], text: str) -> Q:
    """Every word in one of the fields, whatever its case."""
    matches = Q()
    for word in text.split():
        any_field = Q()
        for name in fields:
            any_field |= Q(
                **{name if "__" in name and name.rsplit("__", 1)[1] in _LOOKUPS else f"{name}__icontains": word}
            )
        matches &= any_field
    return matches


_LOOKUPS = {"exact", "iexact", "startswith", "istartswith", "contains", "icontains"}


def _ease(field: forms.Field) -> None:
    """Days are picked from a calendar, several choices are ticked, and no choice is called that, not a row of dashes."""
    if getattr(field, "empty_label", None) is not None:
        field.empty_label = pgettext("filter", "Any")  # type: ignore[attr-defined]
        field.widget.choices = field.choices  # type: ignore[attr-defined]
    if type(field.widget) is forms.SelectMultiple and len(choices := list(field.choices)) <= TICKED_AT_MOST:  # type: ignore[attr-defined]
        required = field.widget.is_required
        field.widget = forms.CheckboxSelectMultiple(choices=choices)
        field.widget.is_required = required
    for widget in getattr(field.widget, "widgets", [field.widget]):
        if isinstance(widget, forms.DateInput) or isinstance(field, django_filters.fields.DateRangeField):
            widget.input_type, widget.format = "date", "%Y-%m-%d"


def _parameters(bound: forms.BoundField) -> list[str]:
    widget = bound.field.widget
    if suffixes := getattr(widget, "suffixes", None):  # django-filter's ranges
        return [f"{bound.html_name}_{suffix}" for suffix in suffixes]
    if isinstance(widget, forms.MultiWidget):
        return [bound.html_name + suffix for suffix in widget.widgets_names]
    return [bound.html_name]


def _shown(field: forms.Field, value: Any) -> str:
    if isinstance(value, slice):
        parts = (value.start, value.stop)
        return " – ".join("" if part is None else _shown(field, part) for part in parts)
    if isinstance(field, forms.ModelChoiceField):
        return ", ".join(map(str, value)) if isinstance(value, QuerySet) else str(value)
    if isinstance(field, forms.ChoiceField):
        labels = {str(k): str(v) for k, v in _flat(field.choices)}
        return ", ".join(labels.get(str(v), str(v)) for v in (value if isinstance(value, (list, tuple)) else [value]))
    if hasattr(value, "strftime") and hasattr(value, "year"):
        return formats.day(value)
    return str(_("yes")) if value is True else str(value)


def _unless_empty(css: str, html: Any) -> str:
    """A phone's card leaves out what says nothing."""
    return css.replace("at-line", "at-none") if html == formats.NOTHING else css


def _flat(choices: Any) -> Iterator[tuple[Any, Any]]:
    for key, label in choices:
        if isinstance(label, (list, tuple)):
            yield from label
        else:
            yield key, label
