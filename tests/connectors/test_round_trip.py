"""Whatever a shop sells, written as CSV in any dialect and encoding, comes back as the same facts."""

import csv
import io
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from regulars.connectors.tabular.converting import Options, converter_for
from regulars.connectors.tabular.reading import open_table
from regulars.core.facts import Discount, LineFact, OrderFact
from regulars.core.money import to_decimal

AT = datetime(2026, 7, 1, tzinfo=UTC)
NAMES = ["订单编号", "下单时间", "会员编号", "订单状态", "币种", "商品编号", "商品名称", "数量", "原价小计", "商品优惠"]
FIELDS = [
    "source_id",
    "placed_at",
    "customer",
    "state",
    "currency",
    "product",
    "title",
    "quantity",
    "list_amount",
    "line_discount",
]
# Characters every encoding under test holds; quotes, delimiters and newlines inside cells included.
TEXT = st.text(st.sampled_from('abc XYZ09,;|"\n林小明茶杯é'.replace("é", "")), max_size=12)
IDS = st.text(st.sampled_from("ABCxyz0123456789-_#茶"), min_size=1, max_size=10).filter(lambda s: not s.endswith(".0"))

lines = st.builds(
    lambda milli, amount, off, product, title: LineFact(
        milli, amount + off, product, title=" ".join(title.split()), discounts=(Discount("manual", off),) if off else ()
    ),
    st.integers(0, 10**6),
    st.integers(0, 10**8),
    st.integers(0, 10**4),
    IDS,
    TEXT,
)
orders = st.lists(
    st.builds(
        lambda order, customer, seconds, state, currency, found: OrderFact(
            order,
            customer,
            datetime(2020, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds),
            currency,
            state=state,
            lines=tuple(found),
        ),
        IDS,
        IDS,
        st.integers(0, 6 * 365 * 86400),
        st.sampled_from(["pending", "paid", "shipped", "completed", "refunded"]),
        st.sampled_from(["CNY", "USD", "JPY"]),
        st.lists(lines, min_size=1, max_size=4),
    ),
    min_size=1,
    max_size=8,
    unique_by=lambda order: order.source_id,
)


def written(facts: list[OrderFact], delimiter: str, quoting: int, ending: str) -> str:
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter, quoting=quoting, lineterminator=ending)
    writer.writerow(NAMES)
    for order in facts:
        local = order.placed_at.astimezone(ZoneInfo("Asia/Shanghai"))
        for line in order.lines or ():
            off = sum(d.amount for d in line.discounts)
            amounts = [to_decimal(line.list_amount, order.currency), to_decimal(off, order.currency)]
            head = [order.source_id, f"{local:%Y-%m-%d %H:%M:%S}", order.customer, order.state, order.currency]
            writer.writerow([*head, line.product, line.title, line.quantity_milli / 1000, *amounts])
    return out.getvalue()


@given(
    orders,
    st.sampled_from([",", ";", "\t"]),
    st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    st.sampled_from(["\n", "\r\n"]),
    st.sampled_from(["utf-8", "utf-8-sig", "gb18030", "utf-16"]),
    st.integers(1, 9),
)
def test_facts_survive_a_file(
    facts: list[OrderFact], delimiter: str, quoting: int, ending: str, encoding: str, rows: int
) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "orders.csv"
        path.write_bytes(written(facts, delimiter, quoting, ending).encode(encoding))
        table = open_table(path)
        assert table.names == NAMES
        options = Options("test", "CNY", "Asia/Shanghai", AT)
        converter = converter_for("orders", table.names, dict(zip(NAMES, FIELDS, strict=True)), options)
        batches = [converter.convert(block) for block in table.blocks(rows)] + [converter.finish()]
    assert [r for batch in batches for r in batch.rejections] == []
    assert [fact for batch in batches for fact in batch.facts] == facts
