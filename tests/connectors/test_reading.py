"""Files as people really have them: every encoding and delimiter is read, every broken file says what is wrong."""

import gzip
import io
import json
import resource
import zipfile
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from regulars.connectors.tabular import sniff as sniffing
from regulars.connectors.tabular.problems import FileRefused
from regulars.connectors.tabular.reading import check_whole, open_table
from regulars.connectors.tabular.sniff import sniff

TEXT = "订单编号,收货人,金额\r\nA1,林小明,12.50\r\nA2,王芳,8\r\n"


def write(tmp_path: Path, content: bytes | str, name: str = "file.csv") -> Path:
    path = tmp_path / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def rows(path: Path) -> list[tuple[object, ...]]:
    return [block.row(i) for block in open_table(path).blocks() for i in range(len(block))]


def unread(path: Path) -> list[tuple[int, str]]:
    return [(one.line, one.problem.say) for block in open_table(path).blocks() for one in block.unread]


@pytest.mark.parametrize(
    ("encoding", "recognised"),
    [
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8-sig"),
        ("gbk", "gb18030"),
        ("gb18030", "gb18030"),
        ("utf-16", "utf-16-le"),
        ("utf-16-le", "utf-16-le"),
        ("utf-16-be", "utf-16-be"),
    ],
)
def test_encodings_are_recognised_and_read(tmp_path: Path, encoding: str, recognised: str) -> None:
    path = write(tmp_path, TEXT.encode(encoding))
    assert sniff(path).encoding == recognised
    assert open_table(path).names == ["订单编号", "收货人", "金额"]
    assert rows(path) == [("A1", "林小明", "12.50"), ("A2", "王芳", "8")]


def test_western_text_is_not_taken_for_chinese(tmp_path: Path) -> None:
    path = write(tmp_path, "name,city\nVillaseñor,Québec\nMüller,Köln\n".encode("cp1252"))
    assert rows(path)[0] == ("Villaseñor", "Québec")


def test_chinese_after_a_megabyte_of_ascii_is_still_recognised(tmp_path: Path) -> None:
    text = "name,city\n" + "someone,somewhere\n" * 80_000 + "林小明,上海\n"
    path = write(tmp_path, text.encode("gbk"))
    assert sniff(path).encoding == "gb18030"
    assert rows(path)[-1] == ("林小明", "上海")


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_delimiters_quotes_and_newlines_inside_cells(tmp_path: Path, delimiter: str) -> None:
    cells = ['"two\nlines"', f'"with {delimiter} inside"', '"say ""hi"""']
    path = write(
        tmp_path, f"a{delimiter}b{delimiter}c\r\n" + delimiter.join(cells) + "\r\n" + delimiter.join("123") + "\r\n"
    )
    assert sniff(path).delimiter == delimiter
    assert rows(path) == [("two\nlines", f"with {delimiter} inside", 'say "hi"'), ("1", "2", "3")]
    assert next(iter(open_table(path).blocks())).lines == [2, 4]


def test_titles_above_the_header_are_passed_over(tmp_path: Path) -> None:
    path = write(tmp_path, "店铺订单导出\n2024年5月\n订单号,金额,状态\nA1,3,已付款\nA2,4,已付款\n")
    assert open_table(path).names == ["订单号", "金额", "状态"]
    assert len(rows(path)) == 2


def test_repeated_and_empty_headers_get_names(tmp_path: Path) -> None:
    assert open_table(write(tmp_path, "Price,,Price\nx,y,z\n")).names == ["Price", "column 2", "Price (2)"]


def workbook() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("xl/workbook.xml", "<workbook/>")
    return packed.getvalue()


def packed_text() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("orders.csv", "a,b\n1,2\n")
    return packed.getvalue()


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"<!DOCTYPE html><html><body>Please sign in</body></html>", "web page"),
        (b"\xef\xbb\xbf\n  <html lang=zh>", "web page"),
        (workbook(), "Excel workbook"),
        (packed_text(), "zip archive"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "old Excel"),
        (b"%PDF-1.7\n", "PDF"),
        (b"\x89PNG\r\n\x1a\n", "picture"),
        (b"\xff\xd8\xff\xe0JFIF", "picture"),
        (b"<?xml version='1.0'?><orders/>", "XML"),
        (bytes(range(1, 256)) * 20, "binary"),
        (b"", "empty"),
        (b"  \n \n", "empty"),
        (b",,\n,,\n", "empty"),
        (gzip.compress(b"a,b\n1,2\n" * 500)[:40], "cut off"),
        (b"12,2024-01-01,3.5\n13,2024-01-02,4.5\n", "not column names"),
    ],
    ids=lambda value: value if isinstance(value, str) else "content",  # archives carry the time they were made
)
def test_what_is_no_table_is_refused_with_a_mend(tmp_path: Path, content: bytes, says: str) -> None:
    with pytest.raises(FileRefused) as caught:
        open_table(write(tmp_path, content))
    assert says in caught.value.problem.reason()
    assert caught.value.problem.remedy()


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileRefused, match="no file"):
        sniff(tmp_path / "none.csv")


def test_gzip_cut_off_late_is_found_before_anything_is_taken(tmp_path: Path) -> None:
    text = "\n".join(f"{i},{i * 7919 % 10007},{i * 104729 % 65537}" for i in range(300_000))
    whole = gzip.compress(b"order id,customer,amount\n" + text.encode())
    with pytest.raises(FileRefused, match="cut off"):
        check_whole(open_table(write(tmp_path, whole[: len(whole) - 5000], "orders.csv.gz")))
    check_whole(open_table(write(tmp_path, whole, "orders.csv.gz")))


def test_a_cell_of_ten_megabytes_costs_its_row_alone_and_no_memory(tmp_path: Path) -> None:
    path = write(tmp_path, "a,b\n1,x\n2," + "y" * 10_000_000 + "\n3,z\n")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert rows(path) == [("1", "x"), ("3", "z")]
    assert [line for line, say in unread(path) if "too long" in say] == [3]
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 200_000  # kilobytes


def test_a_quoted_cell_over_the_limit_costs_its_row_alone(tmp_path: Path) -> None:
    path = write(tmp_path, 'a,b\n1,x\n2,"' + "y" * 1_500_000 + '"\n3,z\n')
    assert rows(path) == [("1", "x"), ("3", "z")]
    assert [line for line, _say in unread(path)] == [3]


def test_a_line_of_a_million_columns_is_a_bad_row(tmp_path: Path) -> None:
    path = write(tmp_path, "a,b\n1,x\n" + "9," * 1_000_000 + "9\n3,z\n")
    assert rows(path) == [("1", "x"), ("3", "z")]
    assert [line for line, _say in unread(path)] == [3]


@pytest.mark.parametrize("columns", [5_000, 1_000_000])
def test_a_header_of_too_many_columns_refuses_the_file(tmp_path: Path, columns: int) -> None:
    with pytest.raises(FileRefused) as caught:
        open_table(write(tmp_path, ",".join(f"c{i}" for i in range(columns)) + "\n1\n"))
    assert caught.value.line == 1


def test_a_quote_that_never_closes_loses_no_other_row(tmp_path: Path) -> None:
    path = write(tmp_path, 'a,b\n1,"open\n2,x\n3,"say ""hi"""\n4,y\n')
    assert rows(path) == [("2", "x"), ("3", 'say "hi"'), ("4", "y")]
    assert [line for line, _say in unread(path)] == [2]


def test_inch_marks_in_plain_cells_are_just_characters(tmp_path: Path) -> None:
    assert rows(write(tmp_path, 'a,b\nTV 55" black,1\nTV 60" red,2\n'))[0] == ('TV 55" black', "1")


def test_nul_bytes_bad_bytes_and_extra_cells_refuse_the_row_alone(tmp_path: Path) -> None:
    path = write(
        tmp_path, "名称,说明\n一二三,四五六七八\n".encode() + b"x\0y,2\n" + b"\xff\xfe\xff,3\n" + b"4,5,6\n" + b"ok,7\n"
    )
    found = dict(unread(path))
    assert rows(path)[-1] == ("ok", "7")
    assert set(found) == {3, 4, 5}
    assert "NUL" in found[3] and "cells" in found[5]


def test_rows_that_end_early_are_filled_but_a_cut_off_file_is_noticed(tmp_path: Path) -> None:
    path = write(tmp_path, "a,b,c\n1,2\n4,5,6\n7,8")
    assert rows(path) == [("1", "2", ""), ("4", "5", "6")]
    assert "cut off" in dict(unread(path))[4]


def test_json_lines_flatten_and_lines_become_rows(tmp_path: Path) -> None:
    order = {
        "id": 7,
        "customer": {"id": 9, "email": "a@x.cn"},
        "line_items": [{"sku": "A", "price": 1.10}, {"sku": "B", "price": 2}],
    }
    path = write(tmp_path, json.dumps(order) + "\n{broken\n[1]\n" + json.dumps({"id": 8}) + "\n", "orders.jsonl")
    table = open_table(path)
    assert table.names == ["id", "customer.id", "customer.email", "line.sku", "line.price"]
    assert [row[0] for row in rows(path)] == [7, 7, 8]
    assert [row[3] for row in rows(path)] == ["A", "B", None]
    assert [line for line, _say in unread(path)] == [2, 3]


def test_a_json_list_streams_and_a_broken_one_is_refused(tmp_path: Path) -> None:
    records = [{"id": i, "text": "字" * 300} for i in range(5000)]
    whole = json.dumps(records, ensure_ascii=False, indent=1)
    assert len(rows(write(tmp_path, whole, "a.json"))) == 5000
    broken = open_table(write(tmp_path, whole[:-200], "b.json"))
    with pytest.raises(FileRefused, match="cut off"):
        check_whole(broken)


def test_parquet_is_read_and_a_damaged_one_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"id": [1, 2], "name": pa.array(["x", "y"]).dictionary_encode()}), path)
    assert rows(path) == [(1, "x"), (2, "y")]
    path.write_bytes(path.read_bytes()[:-6])
    with pytest.raises(FileRefused, match="damaged"):
        open_table(path)


@pytest.mark.parametrize("bad", ['{"id": "\\ud800"}', '{"id": "a\\u0000b"}', '{"id": 1, "x": {"\\udc00": [2]}}'])
def test_a_json_row_with_a_character_that_no_text_has_is_refused_alone(tmp_path: Path, bad: str) -> None:
    fine = '{"id": "\\ud83c\\udf75 \\\\u0000"}'
    for name, text in (("a.jsonl", f"{bad}\n{fine}\n{bad}\n"), ("a.json", f"[{bad},\n{fine},\n{bad}]")):
        path = write(tmp_path, text, name)
        assert rows(path) == [("🍵 \\u0000",)]
        assert [line for line, _say in unread(path)] == [1, 3]


def test_a_bad_byte_late_in_a_record_of_a_json_list_is_that_records_matter(tmp_path: Path) -> None:
    text = ('[{"id": 1, "x": "' + "茶" * 400 + '"},\n{"id": 2, "x": "' + "茶" * 400).encode()
    path = write(tmp_path, text + b'\xff"},\n{"id": 3, "x": "y"}]', "a.json")
    assert [row[0] for row in rows(path)] == [1, 3]
    assert [line for line, _say in unread(path)] == [2]


def test_an_upload_unpacks_to_a_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sniffing, "SCAN_BYTES", 1 << 20)
    bomb = write(tmp_path, gzip.compress(b"id,name\n1," + b"a" * (16 << 20)), "orders.csv.gz")
    with pytest.raises(FileRefused, match="unpacks to more than"):
        open_table(bomb, is_upload=True).sample()
    text = b"id,name\n" + b"".join(b"%d,tea %d\n" % (n, n * n) for n in range(200_000))
    table = open_table(write(tmp_path, gzip.compress(text), "fine.csv.gz"), is_upload=True)
    check_whole(table)
    check_whole(open_table(bomb))  # on the server there is no limit
