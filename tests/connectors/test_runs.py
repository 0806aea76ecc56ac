"""Imports into the database: the same file again changes nothing, bad rows are kept apart, a stopped run goes on."""

import csv
import errno
import gzip
import io
import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.utils import timezone

from regulars.catalog.models import Product, Variant
from regulars.connectors import actions, queries
from regulars.connectors.actions import running, runs
from regulars.connectors.models import ImportRun
from regulars.connectors.tabular.problems import FileRefused
from regulars.connectors.tabular.reading import delimited
from regulars.customers.models import Consent, Customer, Event
from regulars.orders.models import Line, Order
from regulars.storage.locks import held

pytestmark = pytest.mark.django_db
HEADER = "Order ID,Date,Customer ID,Product ID,Quantity,Unit price\n"


def orders_text(count: int, *, start: int = 0, lines: int = 2) -> str:
    rows = [
        f"O{i},2024-05-{i % 28 + 1:02} 10:00,C{i % 50},P{(i * 7 + j) % 40},{j + 1},{i % 90 + 1}.50\n"
        for i in range(start, start + count)
        for j in range(lines)
    ]
    return HEADER + "".join(rows)


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    def write_file(content: str | bytes, name: str = "orders.csv") -> Path:
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return write_file


def run(path: Path, **options: Any) -> queries.RunView:
    return actions.run_import(actions.start_run(path, at=timezone.now(), actor="test", **options))


def finished(view: queries.RunView) -> None:
    """Raise what a run ended with, as a file refused at once does."""
    if view.state == "failed":
        raise FileRefused(view.error, view.mend)


def everything() -> dict[str, Any]:
    """All that imports write, without what differs from run to run."""
    order = (
        "source_id",
        "customer__source_id",
        "placed_at",
        "state",
        "currency",
        "line_count",
        "list_amount",
        "net_amount",
        "paid_amount",
    )
    line = ("order__source_id", "number", "product__source_id", "quantity_milli", "list_amount", "net_amount")
    return {
        "orders": sorted(Order.objects.values_list(*order)),
        "lines": sorted(Line.objects.values_list(*line)),
        "customers": sorted(Customer.objects.values_list("source", "source_id", "name")),
        "products": sorted(Product.objects.values_list("source_id", "title")),
    }


def test_the_same_file_again_changes_nothing(shop: Any, write: Callable[..., Path]) -> None:
    path = write(orders_text(60))
    first = run(path)
    before = everything()
    assert (first.state, first.created, first.rows, first.refused) == ("done", 60, 120, 0)
    again = run(path)
    assert (again.created, again.updated, again.unchanged) == (0, 0, 60)
    assert again.changed_nothing
    assert everything() == before
    assert queries.earlier_run(again.id).id == first.id  # type: ignore[union-attr]


def test_bad_rows_go_to_a_file_and_the_rest_is_kept(shop: Any, write: Callable[..., Path]) -> None:
    bad = 'X1,2024-02-30,C1,P1,1,3\nX2,2024-05-01,=HYPERLINK("http://evil"),P1,-1,3\nX3,2024-05-01,C1,P1,1,3,7,8\n'
    view = run(write(orders_text(5) + bad))
    assert (view.state, view.created, view.refused) == ("done", 5, 3)
    assert view.rejects_path is not None
    header, *rejected = csv.reader(io.StringIO(view.rejects_path.read_text(encoding="utf-8-sig")))
    assert header[:5] == ["rejected line", "rejected column", "rejected value", "reason", "mend"]
    assert header[5:] == HEADER.strip().split(",")
    assert {(row[0], row[1]) for row in rejected} == {("12", "Date"), ("13", "Quantity"), ("14", "")}
    evil = next(row for row in rejected if row[0] == "13")
    assert evil[7] == '\'=HYPERLINK("http://evil")', "a formula must not run in a spreadsheet"
    assert not any(cell[:1] in "=+@" for row in rejected for cell in row if cell)


def test_a_mended_rejects_file_imports_as_it_is(shop: Any, write: Callable[..., Path]) -> None:
    view = run(write(orders_text(2) + "X1,2024-02-30,C1,P1,1,3\n"))
    assert view.rejects_path is not None
    mended = view.rejects_path.read_text(encoding="utf-8-sig").replace("2024-02-30", "2024-02-29")
    again = run(write(mended, "mended.csv"))
    assert (again.dataset, again.created, again.refused) == ("orders", 1, 0)
    assert Order.objects.count() == 3


def test_a_mended_row_keeps_its_wrapped_id(shop: Any, write: Callable[..., Path]) -> None:
    view = run(write('order_id,date,customer_id,status,total\n"=""3284756102938475615""",2024-05-01,C1,??,3\n'))
    assert view.rejects_path is not None
    mended = view.rejects_path.read_text(encoding="utf-8-sig").replace("??", "paid")
    run(write(mended, "mended.csv"))
    assert Order.objects.get().source_id == "3284756102938475615"


def test_files_bad_as_a_whole_change_nothing(shop: Any, write: Callable[..., Path]) -> None:
    whole = gzip.compress(orders_text(50_000).encode())
    for content, name in (
        (whole[:-2000], "orders.csv.gz"),
        (
            json.dumps([{"order_id": i, "date": "2024-05-01", "customer_id": 1, "unit price": 1} for i in range(9000)])[
                :-30
            ],
            "a.json",
        ),
        ("Order ID,Nothing else\n1,2\n", "b.csv"),
        ("<html><body>Sign in</body></html>", "c.csv"),
    ):
        path = write(content, name)
        with pytest.raises(FileRefused) as caught:
            finished(run(path))
        assert caught.value.problem.remedy()
    assert everything() == {"orders": [], "lines": [], "customers": [], "products": []}


def test_ambiguous_dates_must_be_decided(shop: Any, write: Callable[..., Path]) -> None:
    path = write(HEADER + "O1,05/06/2024,C1,P1,1,3\n")
    with pytest.raises(FileRefused, match="day or with the month"):
        run(path)
    assert run(path, options={"date_order": "dmy"}).created == 1
    assert Order.objects.get().placed_at.month == 6


class _Killed(BaseException):
    """As a kill does: nothing after it runs."""


@pytest.mark.parametrize("dies_at", ["before", "inside", "after"])
def test_a_killed_run_goes_on_without_double_or_lost_rows(
    shop: Any, write: Callable[..., Path], monkeypatch: pytest.MonkeyPatch, dies_at: str
) -> None:
    text = (
        orders_text(200, lines=3)
        + "X1,2024-02-30,C1,P1,1,3\n"
        + orders_text(100, start=300)[len(HEADER) :]
        + "X2,2024-05-01,C1,P1,-1,3\n"
    )
    path = write(text)
    monkeypatch.setattr("regulars.connectors.tabular.reading.delimited.DelimitedTable.blocks", _small_blocks())
    expected = run(path)
    whole, rejects = everything(), expected.rejects_path.read_bytes()  # type: ignore[union-attr]
    for model in (Line, Order, Customer, Product):
        model.objects.all().delete()
    ImportRun.objects.all().delete()
    run_id = actions.start_run(path, at=timezone.now(), actor="test")
    ends = 0
    for stop in (1, 3, 4, 2):
        with monkeypatch.context() as dying:
            _die(dying, stop, dies_at)
            with pytest.raises(_Killed):
                actions.run_import(run_id)
        ImportRun.objects.filter(pk=run_id).update(
            worker="elsewhere:1:x", heartbeat_at=timezone.now() - timedelta(hours=1)
        )
        ends += 1
    view = actions.run_import(run_id)
    assert ends == 4
    assert (view.state, view.created, view.updated, view.refused) == ("done", expected.created, 0, expected.refused)
    assert everything() == whole
    assert view.rejects_path.read_bytes() == rejects  # type: ignore[union-attr]


def _small_blocks() -> Any:
    blocks = delimited.DelimitedTable.blocks
    return lambda self, rows=64: blocks(self, min(rows, 64))


def _die(monkeypatch: pytest.MonkeyPatch, stop: int, where: str) -> None:
    """Kill the run at its ``stop``-th batch: before its transaction, inside it after everything is written, or after it."""
    calls = {"count": 0}
    record, mine = running._record, running._mine

    def recorded(*args: Any) -> None:
        calls["count"] += 1
        if calls["count"] == stop and where == "before":
            raise _Killed
        record(*args)
        if calls["count"] == stop and where == "after":
            raise _Killed

    def mine_or_death(run: ImportRun) -> Any:
        if calls["count"] == stop and where == "inside":
            raise _Killed
        return mine(run)

    monkeypatch.setattr(running, "_record", recorded)
    monkeypatch.setattr(running, "_mine", mine_or_death)


def test_a_run_that_somebody_works_on_is_not_taken_over(shop: Any, write: Callable[..., Path]) -> None:
    run_id = actions.start_run(write(orders_text(3)), at=timezone.now(), actor="test")
    ImportRun.objects.filter(pk=run_id).update(state="running", worker="elsewhere:1:x", heartbeat_at=timezone.now())
    with pytest.raises(actions.RunRefused):
        actions.run_import(run_id)
    handed: list[str] = []
    assert actions.resume_abandoned(at=timezone.now(), enqueue=handed.append) == 0
    later = timezone.now() + timedelta(hours=1)
    assert actions.resume_abandoned(at=later, enqueue=handed.append) == 1
    assert handed == [str(run_id)]


def left_by(worker: str, run_id: UUID) -> Path:
    """A run as a worker leaves it that works in this data folder; the file it holds while it does."""
    ImportRun.objects.filter(pk=run_id).update(state="running", worker=worker, heartbeat_at=timezone.now())
    lock = runs.worker_lock(worker)
    lock.parent.mkdir(parents=True, exist_ok=True)
    lock.touch()
    return lock


def test_a_run_whose_worker_was_killed_here_is_taken_up_at_once(shop: Any, write: Callable[..., Path]) -> None:
    path = write(orders_text(3))
    run_id = actions.start_run(path, at=timezone.now(), actor="test")
    left_by("killed", run_id)
    assert actions.start_run(path, at=timezone.now(), actor="test") == run_id
    assert actions.run_import(run_id).state == "done"


def test_a_slow_worker_keeps_its_run_however_long_it_is_silent(shop: Any, write: Callable[..., Path]) -> None:
    run_id = actions.start_run(write(orders_text(3)), at=timezone.now(), actor="test")
    with held(left_by("slow", run_id)):
        handed: list[str] = []
        assert actions.resume_abandoned(at=timezone.now() + timedelta(hours=1), enqueue=handed.append) == 0


def test_passing_over_what_is_recorded_shows_that_the_run_lives(
    shop: Any, write: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("regulars.connectors.tabular.reading.delimited.DelimitedTable.blocks", _small_blocks())
    monkeypatch.setattr(running, "HEARTBEAT_EVERY", timedelta())
    run_id = actions.start_run(write(orders_text(200)), at=timezone.now(), actor="test")
    ImportRun.objects.filter(pk=run_id).update(checkpoint=1_000)
    beats: list[Any] = []

    def watch(now: actions.Progress) -> None:
        beats.append(ImportRun.objects.get(pk=run_id).heartbeat_at)

    actions.run_import(run_id, progress=watch)
    assert len(beats) > 3
    assert beats == sorted(set(beats))


def test_the_same_file_is_not_imported_twice_at_once(shop: Any, write: Callable[..., Path]) -> None:
    text = orders_text(3)
    first = actions.start_run(write(text), at=timezone.now(), actor="test", options={"source": "a"})
    copy = write(text, "copy.csv")
    with pytest.raises(actions.RunRefused, match="same file"):
        actions.start_run(copy, at=timezone.now(), actor="test", options={"source": "a"})
    actions.start_run(copy, at=timezone.now(), actor="test", options={"source": "b"})
    upload = actions.receive_upload("third.csv", [text.encode()], actor="test", language="en", at=timezone.now())
    view = queries.run_view(upload)
    actions.map_run(upload, dataset=view.dataset, mapping=dict(view.mapping), options={**view.options, "source": "a"})
    handed: list[str] = []
    with pytest.raises(actions.RunRefused) as refused:
        actions.queue_run(upload, at=timezone.now(), enqueue=handed.append)
    assert (refused.value.code, handed, queries.run_view(upload).state) == ("open", [], "checked")
    assert actions.run_import(first).state == "done"
    actions.queue_run(upload, at=timezone.now(), enqueue=handed.append)
    assert actions.run_import(upload).changed_nothing


@pytest.mark.django_db(transaction=True)
def test_of_several_who_start_the_same_file_one_does(shop: Any, write: Callable[..., Path]) -> None:
    paths = [write(orders_text(3), f"{n}.csv") for n in range(6)]

    def start(path: Path) -> bool:
        try:
            actions.start_run(path, at=timezone.now(), actor="test")
        except actions.RunRefused:
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(6) as pool:
        assert sum(pool.map(start, paths)) == 1
    assert ImportRun.objects.count() == 1


def test_a_cancelled_run_stops_keeps_what_it_has_and_can_go_on(
    shop: Any, write: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("regulars.connectors.tabular.reading.delimited.DelimitedTable.blocks", _small_blocks())
    run_id = actions.start_run(write(orders_text(200)), at=timezone.now(), actor="test")

    def cancel(now: actions.Progress) -> None:
        if now.rows >= 128:
            actions.cancel_run(run_id, at=timezone.now())

    stopped = actions.run_import(run_id, progress=cancel)
    assert stopped.state == "cancelled"
    assert 0 < Order.objects.count() == stopped.created < 200
    handed: list[str] = []
    actions.queue_run(run_id, at=timezone.now(), enqueue=handed.append)
    assert actions.run_import(UUID(handed[0])).created == 200 == Order.objects.count()


def test_an_error_of_the_program_rolls_the_batch_back_and_is_told(
    shop: Any, write: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    run_id = actions.start_run(write(orders_text(5)), at=timezone.now(), actor="test")
    with monkeypatch.context() as broken:
        broken.setattr(running, "write_rejections", lambda *args: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            actions.run_import(run_id)
    assert Order.objects.count() == 0
    view = queries.run_view(run_id)
    assert (view.state, bool(view.error), bool(view.mend)) == ("failed", True, True)
    assert actions.run_import(run_id).created == 5


def test_orders_whose_lines_stand_apart_add_up_and_copies_do_not(
    shop: Any, write: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "regulars.connectors.tabular.reading.delimited.DelimitedTable.blocks", lambda self, rows=2: _blocks_of_two(self)
    )
    text = (
        HEADER
        + "A,2024-05-01,C1,P1,1,3\nB,2024-05-01,C1,P1,1,3\nC,2024-05-01,C1,P1,1,3\n"
        + "A,2024-05-01,C1,P2,1,4\nB,2024-05-01,C1,P1,1,3\nD,2024-05-01,C1,P1,1,3\n"
    )
    view = run(write(text))
    assert view.state == "done"
    assert {o.source_id: (o.line_count, o.net_amount) for o in Order.objects.all()} == {
        "A": (2, 700),
        "B": (1, 300),
        "C": (1, 300),
        "D": (1, 300),
    }


def _blocks_of_two(table: Any) -> Any:
    lines = delimited._Lines(table.path, table.form)
    yield from table._blocks(lines, 2)
    lines.close()


def test_lines_in_a_file_of_their_own_go_to_their_orders(shop: Any, write: Callable[..., Path]) -> None:
    orders = write("Order ID,Date,Customer ID,Discount Amount\nA,2024-05-01,C1,1.00\nB,2024-05-02,C2,\n")
    lines = write(
        "Order ID,Product ID,Title,Quantity,Unit price\nA,P1,Tea,2,3.00\nA,P2,Cup,1,4.00\nB,P1,Tea,1,3.00\nNONE,P1,Tea,1,3\n",
        "lines.csv",
    )
    assert run(orders).created == 2
    view = run(lines, dataset="lines")
    assert (view.updated, view.refused) == (2, 1)
    assert {o.source_id: (o.line_count, o.list_amount, o.net_amount) for o in Order.objects.all()} == {
        "A": (2, 1000, 900),
        "B": (1, 300, 300),
    }
    before = everything()
    assert run(lines, dataset="lines").unchanged == 2
    assert run(orders).unchanged == 2
    assert everything() == before


def test_customers_with_consent_products_with_variants_and_events(shop: Any, write: Callable[..., Path]) -> None:
    customers = write(
        "Customer ID,Name,Email,Phone,Accepts Email Marketing,Birthday,Country\n"
        "C1,林小明,lin@example.com,13800138000,yes,1990-05-01,中国\n"
        "C2,王芳,not an address,,no,,CN\n",
        "customers.csv",
    )
    view = run(customers)
    assert (view.dataset, view.created, view.refused) == ("customers", 2, 0)
    (told,) = view.warnings
    assert (told["line"], told["column"], told["value"]) == (3, "Email", "not an address"), "the customer is kept"
    assert view.warned == 1 and not view.refusals and view.rejects_path is None
    assert Customer.objects.get(source_id="C1").country == "CN"
    assert set(Consent.objects.values_list("channel", "granted")) == {("email", True), ("email", False)}
    again = run(customers)
    assert (again.created, again.updated, Consent.objects.count()) == (0, 0, 2)
    products = write("Handle,Title,Variant SKU,Variant Price\ntea,Green tea,T-S,3.00\ntea,,T-L,5.00\n", "products.csv")
    assert run(products).created == 1
    assert Variant.objects.count() == 2
    assert run(products).unchanged == 1
    events = write(
        '{"customer_id":"C1","event":"Product Viewed","timestamp":"2024-05-01T10:00:00Z","page":"tea"}\n' * 2,
        "events.jsonl",
    )
    view = run(events)
    assert (view.dataset, view.created) == ("events", 1), "the same event twice is one"
    assert Event.objects.get().at == datetime(2024, 5, 1, 10, tzinfo=UTC)
    assert run(events).created == 0


def test_a_mapping_that_was_settled_is_used_for_the_next_file(shop: Any, write: Callable[..., Path]) -> None:
    odd = "Beleg,Tag,Wer,Summe\nB1,2024-05-01,C1,3.00\n"
    run_id = actions.receive_upload("odd.csv", [odd.encode()], actor="test", language="en", at=timezone.now())
    mapping = {"Beleg": "source_id", "Tag": "placed_at", "Wer": "customer", "Summe": "paid_amount"}
    with pytest.raises(FileRefused):
        actions.map_run(run_id, dataset="orders", mapping={**mapping, "Wer": ""}, options={"source": "kasse"})
    actions.map_run(
        run_id,
        dataset="orders",
        mapping=mapping,
        options={"source": "kasse", "currency": "CNY", "zone": "Asia/Shanghai"},
    )
    handed: list[str] = []
    actions.queue_run(run_id, at=timezone.now(), enqueue=handed.append)
    view = actions.run_import(UUID(handed[0]))
    assert (view.state, view.created) == ("done", 1)
    assert not view.path.exists(), "the uploaded copy is deleted once it is in"
    seen = queries.inspect_file(write("WER,Beleg,Tag,Summe\nC2,B2,2024-05-02,4.00\n", "next.csv"))
    assert seen.is_known and seen.dataset == "orders" and seen.options["source"] == "kasse"
    assert dict(seen.columns)["Beleg"] == "source_id"


def test_an_order_that_comes_again_further_along_changes_its_state_and_keeps_its_lines(
    shop: Any, write: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    header = "Order ID,Date,Customer ID,Status,Product ID,Quantity,Unit price\n"
    text = (
        header
        + "A,2024-05-01,C1,pending,P1,1,3\nB,2024-05-01,C1,paid,P1,1,3\n"
        + "C,2024-05-01,C1,paid,P1,1,3\nA,2024-05-01,C1,paid,P1,1,3\n"
    )
    blocks = delimited.DelimitedTable.blocks
    for rows in (1, 100):
        Order.objects.all().delete()
        monkeypatch.setattr(delimited.DelimitedTable, "blocks", lambda self, size=0, rows=rows: blocks(self, rows))
        view = run(write(text))
        assert (view.state, view.repeated) == ("done", 1)
        order = Order.objects.get(source_id="A")
        assert (order.state, order.line_count, order.net_amount) == ("paid", 1, 300)


def test_of_an_upload_that_breaks_off_nothing_is_kept(shop: Any, settings: Any) -> None:
    def chunks() -> Iterator[bytes]:
        yield HEADER.encode()
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(OSError, match="No space"):
        actions.receive_upload("orders.csv", chunks(), actor="test", language="en", at=timezone.now())
    assert [path for path in Path(settings.DATA_DIR).rglob("*") if path.is_file()] == []
    assert not ImportRun.objects.exists()
