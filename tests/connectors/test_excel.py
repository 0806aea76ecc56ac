"""Workbooks as back offices export them: values exact, titles above the table, and none that does harm."""

import re
import zipfile
from collections.abc import Callable
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone
from openpyxl import Workbook

from regulars.connectors import actions, queries
from regulars.connectors.tabular.problems import FileRefused
from regulars.connectors.tabular.reading import Table, check_whole, open_table, workbook
from regulars.connectors.tabular.reading.workbook import Rounded, is_date_format, number_of
from regulars.customers.models import Customer
from regulars.orders.models import Order

HEADER = ["订单编号", "下单时间", "会员名", "商品名称", "数量", "单价"]
AT = datetime.fromisoformat("2024-05-31 18:30:15")
SHEET = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'


@pytest.fixture
def book(tmp_path: Path) -> Callable[..., Path]:
    def write(*rows: list[Any], name: str = "订单.xlsx", more: Callable[[Workbook], None] | None = None) -> Path:
        made = Workbook()
        sheet = made.active
        assert sheet is not None
        sheet.title = "订单"
        for row in rows:
            sheet.append(row)
        if more is not None:
            more(made)
        made.save(tmp_path / name)
        return tmp_path / name

    return write


def rewritten(path: Path, part: str, change: Callable[[str], str]) -> Path:
    """The workbook with one part changed, as other programs would have written it."""
    with zipfile.ZipFile(path) as package:
        parts = {name: package.read(name) for name in package.namelist()}
    parts[part] = change(parts[part].decode()).encode()
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as package:
        for name, content in parts.items():
            package.writestr(name, content)
    return path


def with_shared_texts(path: Path) -> Path:
    """The workbook with the texts of its cells in a part of their own, as Excel writes it."""
    texts: list[str] = []

    def shared(match: re.Match[str]) -> str:
        texts.append(match[2])
        return f'<c{match[1]} t="s"><v>{len(texts) - 1}</v></c>'

    inline = re.compile(r'<c( r="[A-Z]+[0-9]+")(?: s="[0-9]+")? t="inlineStr"><is><t>(.*?)</t></is></c>', re.DOTALL)
    rewritten(path, "xl/worksheets/sheet1.xml", lambda xml: inline.sub(shared, xml))
    kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/sharedStrings"
    reference = f'<Relationship Id="rIdTexts" Type="{kind}" Target="/xl/texts.xml"/></Relationships>'
    rewritten(path, "xl/_rels/workbook.xml.rels", lambda xml: xml.replace("</Relationships>", reference))
    runs = (f"<si><r><t>{text[:1]}</t></r><r><t>{text[1:]}</t></r><rPh><t>reading</t></rPh></si>" for text in texts)
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as package:
        package.writestr("xl/texts.xml", f"<sst {SHEET}>{''.join(runs)}</sst>")
    return path


def rows_of(table: Table) -> list[tuple[Any, ...]]:
    return [block.row(index) for block in table.blocks() for index in range(len(block))]


def refused(path: Path, *, is_upload: bool = True) -> str:
    with pytest.raises(FileRefused) as caught:
        check_whole(open_table(path, is_upload=is_upload))
    assert caught.value.problem.mend
    return caught.value.problem.reason()


def run(path: Path, **options: Any) -> queries.RunView:
    return actions.run_import(actions.start_run(path, at=timezone.now(), actor="test", **options))


def test_a_table_is_read_as_it_shows(book: Callable[..., Path]) -> None:
    path = book(
        HEADER, ["O1", AT, "林", "龙井", 2, 10.1], ["O2", date(2024, 6, 1), None, "杯", 1, 0.1 + 0.2], [], ["O3"]
    )
    table = open_table(path)
    assert (table.form.kind, table.names) == ("xlsx", HEADER)
    assert rows_of(table) == [
        ("O1", AT, "林", "龙井", "2", "10.1"),
        ("O2", datetime.fromisoformat("2024-06-01"), None, "杯", "1", "0.3"),
        ("O3", None, None, None, None, None),
    ]
    assert [line for block in table.blocks(2) for line in block.lines] == [2, 3, 5]


def test_titles_above_the_table_are_passed_over(book: Callable[..., Path]) -> None:
    def merge(made: Workbook) -> None:
        made.active.merge_cells("A1:F1")

    path = book(["2024年5月订单导出"], ["导出时间", "2024-06-01"], [], HEADER, ["O1", AT, "林", "茶", 1, 3], more=merge)
    table = open_table(path)
    assert (table.names, [line for block in table.blocks() for line in block.lines]) == (HEADER, [5])


@pytest.mark.parametrize(
    ("said", "number"),
    [
        ("3", "3"),
        ("13800138000", "13800138000"),
        ("1.3800138E+10", "13800138000"),
        ("1E-3", "0.001"),
        ("-4.20", "-4.2"),
        ("0.30000000000000004", "0.3"),
        ("123456789012345", "123456789012345"),
        ("328123456789012347", "328123456789012347"),  # as a program wrote it: exact
        ("3.2812345678901203E+17", Rounded("328123456789012030")),
        ("328123456789012000", Rounded("328123456789012000")),
    ],
)
def test_numbers_keep_the_digits_that_are_true(said: str, number: Any) -> None:
    assert number_of(said) == number
    if isinstance(number, str):
        assert Decimal(number) == pytest.approx(Decimal(said))


@pytest.mark.parametrize(
    ("code", "is_date"),
    [
        ("yyyy-mm-dd hh:mm:ss", True),
        ('yyyy"年"m"月"d"日"', True),
        ("[$-804]yyyy/m/d;@", True),
        ("General", False),
        ("G/通用格式", False),
        ('0.00"days"', False),
        ("[Red]#,##0.00", False),
        ("[h]:mm", False),
        ("_-* #,##0.00_-", False),
    ],
)
def test_dates_are_told_by_their_format(code: str, is_date: bool) -> None:
    assert is_date_format(code) is is_date


def test_formulas_booleans_and_times_count_as_their_values(book: Callable[..., Path]) -> None:
    path = book(["id", "sum", "yes", "at", "words"], ["a", "=1+2", True, time(9, 30), "一_x000D_二"])
    rewritten(
        path, "xl/worksheets/sheet1.xml", lambda xml: xml.replace("<v></v>", "<v>3</v>").replace("<v />", "<v>3</v>")
    )
    assert rows_of(open_table(path)) == [("a", "3", True, "09:30:00", "一\r二")]


def test_texts_in_a_part_of_their_own(book: Callable[..., Path]) -> None:
    path = with_shared_texts(book(HEADER, ["O1", AT, "林", "龙井", 2, 10.1]))
    assert rows_of(open_table(path)) == [("O1", AT, "林", "龙井", "2", "10.1")]


def test_workbooks_of_other_programs(book: Callable[..., Path]) -> None:
    """A wrong dimension, prefixed tags, cells without addresses, styles that are none, texts in the cells."""
    path = book(HEADER, ["O1", AT, "林", "茶", 1, 3])
    rewritten(path, "xl/styles.xml", lambda xml: xml.replace("<fills", "<fills><fill/></fills><fills", 1))
    cells = "".join(f'<x:c t="inlineStr"><x:is><x:t>{text}</x:t></x:is></x:c>' for text in HEADER)
    values = '<x:c t="str"><x:v>O1</x:v></x:c><x:c t="d"><x:v>2024-05-31T18:30:15</x:v></x:c><x:c/><x:c/><x:c><x:v>2</x:v></x:c>'
    sheet = f'<x:worksheet {SHEET.replace("xmlns", "xmlns:x")}><x:dimension ref="A1"/><x:sheetData>'
    whole = f"{sheet}<x:row>{cells}</x:row><x:row>{values}</x:row></x:sheetData></x:worksheet>"
    table = open_table(rewritten(path, "xl/worksheets/sheet1.xml", lambda _xml: whole))
    assert table.names == HEADER
    assert rows_of(table) == [("O1", "2024-05-31T18:30:15", None, None, "2", None)]


def test_the_days_of_1904_and_of_a_leap_year_that_was_none(book: Callable[..., Path]) -> None:
    path = book(["id", "day"], ["a", date(2024, 5, 31)], ["b", date(1900, 1, 31)])
    assert [row[1].date() for row in rows_of(open_table(path))] == [date(2024, 5, 31), date(1900, 1, 31)]
    rewritten(path, "xl/workbook.xml", lambda xml: xml.replace("<workbookPr", '<workbookPr date1904="1"', 1))
    assert rows_of(open_table(path))[0][1].date() == date(2028, 6, 1)


@pytest.mark.django_db
def test_orders_come_in_with_rows_and_columns_named(shop: Any, book: Callable[..., Path]) -> None:
    rows = [
        ["O1", AT, "c1", "龙井", 2, 10.1],
        ["O2", "2024-02-30", "c2", "茶", 1, 3],
        ["O3", AT, "c3", "茶", 1, 3, "多"],
    ]
    view = run(book(["五月订单"], HEADER, *rows), options={"currency": "CNY"})
    assert (view.state, view.rows, view.created, view.refused) == ("done", 3, 1, 2)
    assert {(one["line"], one["column"]) for one in view.refusals} == {(4, "下单时间"), (5, "")}
    order = Order.objects.get()
    assert (order.list_amount, order.placed_at) == (2020, AT.replace(tzinfo=ZoneInfo("Asia/Shanghai")))
    assert run(book(["五月订单"], HEADER, rows[0])).changed_nothing


@pytest.mark.django_db
def test_rounded_order_numbers_are_told(shop: Any, book: Callable[..., Path]) -> None:
    def second(made: Workbook) -> None:
        made.create_sheet("说明").append(["备注"])
        made.create_sheet("草稿").sheet_state = "hidden"

    path = book(HEADER, ["x", AT, "c1", "茶", 1, 3], ["y", AT, 6222021234567890123, "茶", 1, 3], more=second)
    view = run(path)
    assert (view.created, view.refused, view.warned) == (2, 0, 2)
    sheets, rounded = view.warnings
    assert (rounded["line"], rounded["column"], rounded["value"]) == (3, "会员名", "6222021234567890000")
    assert sheets["parts"]["sheet"] == "订单" and sheets["parts"]["others"] == "说明"
    assert Customer.objects.filter(source_id="6222021234567890000").exists(), "no exponent"


@pytest.mark.django_db
def test_an_uploaded_workbook_is_checked_and_mapped(shop: Any, book: Callable[..., Path], console: Any) -> None:
    path = book(HEADER, ["O1", AT, "c1", "龙井", 2, 10.1])
    with path.open("rb") as file:
        page = console.post("/imports/upload/", {"files": file}, follow=True)
    assert "Excel" in page.content.decode() and "2024-05-31" in page.content.decode()


def test_what_is_no_workbook_is_refused_in_words(book: Callable[..., Path], tmp_path: Path) -> None:
    def other(name: str, content: bytes) -> str:
        (tmp_path / name).write_bytes(content)
        return refused(tmp_path / name)

    def packed(name: str, *parts: str) -> str:
        with zipfile.ZipFile(tmp_path / name, "w") as package:
            for part in parts:
                package.writestr(part, "x")
        return refused(tmp_path / name)

    ole = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 4000
    assert "old Excel" in other("old.xls", ole)
    assert "password" in other("locked.xlsx", ole + "EncryptedPackage".encode("utf-16-le") + b"\0" * 100)
    assert ".xlsb" in packed("b.xlsx", "[Content_Types].xml", "xl/workbook.bin")
    assert ".ods" in packed("o.xlsx", "mimetype", "content.xml")
    assert "zip" in packed("z.xlsx", "orders.csv")
    assert "damaged" in packed("d.xlsx", "[Content_Types].xml", "xl/workbook.xml")
    whole = book(HEADER, ["O1", AT, "林", "茶", 1, 3]).read_bytes()
    assert "damaged" in other("half.xlsx", whole[: len(whole) // 2])
    assert "values" in refused(book(["1", "2024-05-31", "3"], ["2", "2024-06-01", "4"]))
    assert "empty" in refused(book())


@pytest.mark.parametrize("part", ["xl/worksheets/sheet1.xml", "xl/texts.xml", "xl/workbook.xml", "xl/styles.xml"])
def test_entities_are_refused(book: Callable[..., Path], part: str) -> None:
    def declare(xml: str) -> str:
        at = xml.index("?>") + 2 if xml.startswith("<?xml") else 0
        return xml[:at] + '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;">]>' + xml[at:]

    assert "damaged" in refused(rewritten(with_shared_texts(book(HEADER, ["O1", AT, "林", "茶", 1, 3])), part, declare))


def test_a_small_file_that_unpacks_without_end_is_refused(book: Callable[..., Path]) -> None:
    path = book(HEADER, ["O1", AT, "林", "茶", 1, 3])
    rewritten(
        path, "xl/worksheets/sheet1.xml", lambda xml: xml.replace("</sheetData>", " " * (70 << 20) + "</sheetData>")
    )
    assert "unpacks to more than 64 MB" in refused(path)
    assert "unpacks to more than 64 MB" in refused(path, is_upload=False)


def test_texts_and_rows_are_bounded(book: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> None:
    path = book(["id", "words"], ["a", "x" * 30_000])
    sheet = "xl/worksheets/sheet1.xml"
    long = '<c r="B3" t="str"><v>' + "x" * 1_100_000 + "</v></c>"
    far = '<c r="ZZZ4"><v>1</v></c>'
    table = open_table(
        rewritten(path, sheet, lambda xml: xml.replace("</sheetData>", f'<row r="3">{long}</row></sheetData>'))
    )
    (told,) = [one for block in table.blocks() for one in block.unread]
    assert told.line == 3 and "too long" in told.problem.reason()
    assert "damaged" in refused(
        rewritten(path, sheet, lambda xml: xml.replace("</sheetData>", f'<row r="4">{far}</row></sheetData>'))
    )
    monkeypatch.setattr(workbook, "SHARED_BYTES_MAX", 1 << 10)
    assert "MB of text" in refused(with_shared_texts(book(["id", "words"], ["a", "x" * 30_000])))
