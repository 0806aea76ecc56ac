"""Lists: search, filters, sorting, paging, export; the same behaviour for QuerySets and lazy sequences."""

import csv
import io
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import django_filters
import django_tables2 as tables
import pytest
import time_machine
from django import forms
from django.db import connection
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext
from django.utils import timezone, translation

from regulars.web.access import NOBODY
from regulars.web.lists import Days, Empty, List, Moment, Money, Number, Percent, Rows, Tag, Text

START = datetime(2026, 1, 31, 20, 0, tzinfo=UTC)


def make_list(address: str, base: type[List], **headers: str) -> List:
    request = RequestFactory().get(address, headers=headers)
    request.actor = NOBODY
    from django_htmx.middleware import HtmxDetails

    request.htmx = HtmxDetails(request)
    return base(request)


@pytest.fixture
def trail(db):
    from regulars.shop.models import AuditEntry

    def write(count: int, **values: str) -> None:
        AuditEntry.objects.bulk_create(
            AuditEntry(
                at=START + timedelta(hours=i),
                actor=values.get("actor", f"person {i:03}"),
                action="odd" if i % 2 else "even",
                target=f"thing {i}",
            )
            for i in range(count)
        )

    return write


@pytest.fixture
def entries(db):
    """A list over a table."""
    from regulars.shop.models import AuditEntry

    class Filters(django_filters.FilterSet):
        action = django_filters.ChoiceFilter(label="Action", choices=[("odd", "Odd ones"), ("even", "Even ones")])
        at = django_filters.DateFromToRangeFilter(label="Between")

    class Table(tables.Table):
        at = Moment("At")
        actor = Text("Actor", linkify=lambda record: f"/who/{record.id}", card="title")
        action = Tag("Action", labels={"odd": "Odd"}, tones={"odd": "good"})
        target = Text("Target", card="end")

    class Entries(List):
        name, title, table, filters, sort = "entries", "Entries", Table, Filters, "-at"
        search = ("actor", "target")
        nothing_yet = Empty("inbox", "No entries at all")

        def rows(self, query):
            return AuditEntry.objects.all()

    return Entries


@dataclass(frozen=True)
class Sale:
    name: str
    amount: int
    currency: str = "CNY"


class SaleTable(tables.Table):
    name = Text("Name")
    amount = Money("Amount", card="end")
    count = Number("Count", accessor="amount", orderable=False)


class SaleFilters(forms.Form):
    least = forms.IntegerField(required=False, label="At least")


class Sales(List):
    """A list over a lazy sequence that filters and sorts by itself."""

    name, table, filters, search, sort = "sales", SaleTable, SaleFilters, (), "name"
    total_sales = 1000

    def rows(self, query):
        self.asked = query
        self.slices = []

        def part(offset: int, limit: int) -> list[Sale]:
            self.slices.append((offset, limit))
            return [Sale(f"=sale {i}", i * 100) for i in range(offset, offset + limit)]

        return Rows(lambda: self.total_sales, part)


def text(answer) -> str:
    return answer.content.decode()


def rows_of(answer) -> list[list[str]]:
    body = b"".join(answer.streaming_content)
    assert body.startswith(b"\xef\xbb\xbf")
    return list(csv.reader(io.StringIO(body.decode("utf-8-sig"))))


def test_the_query_count_does_not_grow_with_rows(trail, entries):
    counts = []
    for more in (10, 200):
        trail(more)
        with CaptureQueriesContext(
            connection,
        ) as queries:
            make_list("/x?size=100", entries).response("web/list_results.html")
        counts.append(len(queries))
    assert counts == [2, 2]


def test_search_wants_every_word_somewhere(trail, entries):
    trail(30)
    assert make_list("/x?q=person+thing+7", entries).total == 3  # 7, 17, 27
    assert make_list("/x?q=PERSON+029", entries).total == 1
    assert make_list("/x?q=nobody", entries).total == 0


def test_filters_show_as_chips_that_lead_to_the_list_without_them(trail, entries):
    trail(10)
    listed = make_list("/x?q=person&action=odd&at_after=2026-01-01&page=2", entries)
    with translation.override("en"):
        assert [(chip.label, chip.value, chip.href) for chip in listed.chips] == [
            ("Search", "person", "?action=odd&at_after=2026-01-01"),
            ("Action", "Odd ones", "?q=person&at_after=2026-01-01"),
            ("Between", "Jan 1, 2026 – ", "?q=person&action=odd"),
        ]
    assert listed.total == 5


def test_a_filter_with_nonsense_filters_nothing_and_says_so(trail, entries):
    trail(4)
    listed = make_list("/x?action=purple", entries)
    assert listed.total == 4
    assert listed.form.errors["action"]


def test_sorting_by_a_column_and_never_by_something_else(trail, entries):
    trail(5)
    assert "person 000" in make_list("/x?sort=actor", entries).lines[0][1].html
    assert "person 004" in make_list("/x?sort=-actor", entries).lines[0][1].html
    assert make_list("/x?sort=id;drop", entries).sorted_by == "-at"


@pytest.mark.parametrize(
    ("page", "shown"), [("1", 1), ("3", 3), ("99", 3), ("0", 1), ("-1", 1), ("x", 1), ("9" * 400, 1)]
)
def test_any_page_number_leads_to_a_page_that_exists(trail, entries, page, shown):
    trail(60)
    assert make_list(f"/x?page={page}", entries).page == shown


def test_nothing_yet_and_nothing_matches_are_told_apart(trail, entries):
    assert "No entries at all" in text(make_list("/x", entries).response("web/list_results.html"))
    trail(3)
    with translation.override("en"):
        page = text(make_list("/x?q=zzz", entries).response("web/list_results.html"))
    assert "Nothing matches" in page
    assert "No entries at all" not in page


def test_htmx_gets_the_part_it_asks_for(trail, entries):
    trail(3)
    headers = {"HX-Request": "true", "HX-Target": "list-entries-results"}
    part = make_list("/x", entries, **headers).response()
    assert text(part).lstrip().startswith('<div class="list-results"')
    assert "HX-Target" in part.headers["Vary"]
    back = make_list("/x", entries, **headers, **{"HX-History-Restore-Request": "true"}).response()
    assert "<!doctype html>" in text(back)


def test_the_export_holds_the_filtered_rows_and_guards_formulas(trail, entries):
    trail(6, actor="=cmd|' /C calc'!A0")
    exported = rows_of(make_list("/x?export=csv&action=odd&sort=at", entries).response())
    assert exported[0] == ["At", "Actor", "Action", "Target"]
    assert len(exported) == 4
    assert exported[1][1:] == ["'=cmd|' /C calc'!A0", "Odd", "thing 1"]


def test_a_lazy_sequence_reads_only_the_page():
    listed = make_list("/x?page=3&size=50&least=7&sort=-amount&q=tea", Sales)
    assert (listed.first, listed.last, listed.total) == (101, 150, 1000)
    assert len(listed.lines) == 50
    assert listed.slices == [(100, 50)]
    assert (listed.asked.search, dict(listed.asked.filters), listed.asked.sort) == ("tea", {"least": 7}, "-amount")


def test_money_is_exported_as_a_plain_number_of_every_row():
    exported = rows_of(make_list("/x?export=csv", Sales).response())
    assert len(exported) == 1001
    assert exported[3] == ["'=sale 2", "2.00", "200", "CNY"]


def test_a_page_with_a_list_names_the_columns_for_phones():
    page = text(make_list("/x", Sales).response("web/list_results.html"))
    assert 'class="at-title" data-label="Name"' in page
    assert 'class="at-end num" data-label="Amount"' in page


@pytest.mark.parametrize(("zone", "day"), [("Asia/Shanghai", "2026-03-06"), ("America/New_York", "2026-03-05")])
def test_an_export_is_named_after_the_day_it_was_made_on_in_the_shops_zone(zone, day):
    with time_machine.travel(datetime(2026, 3, 5, 20, 0, tzinfo=UTC)), timezone.override(ZoneInfo(zone)):
        answer = make_list("/x?export=csv", Sales).response()
    assert answer.headers["Content-Disposition"] == f'attachment; filename="sales-{day}.csv"'


def test_an_export_says_the_currency_of_each_row_and_rounds_measures():
    class MeasuredTable(SaleTable):
        share, days = Percent("Share"), Days("Days")

    class Measured(Sales):
        table = MeasuredTable

        def rows(self, query):
            return [{"name": "n", "amount": 5, "currency": "JPY", "share": 0.1 + 0.2, "days": 29.97222222222}]

    with translation.override("en"):
        heads, row = rows_of(make_list("/x?export=csv", Measured).response())
    told = dict(zip(heads, row, strict=True))
    assert (told["Amount"], told["Currency"], told["Share"], told["Days"]) == ("5", "JPY", "0.3", "30.0")
