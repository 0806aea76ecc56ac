"""Where the order facts are on disk, and their shape. Amounts in minor units; ``day`` in the shop's zone."""

from pathlib import Path

import pyarrow as pa
from django.conf import settings

from regulars.storage.parquet import MonthlyFiles

_INT = pa.int64()
_AT = pa.timestamp("us", tz="UTC")
ORDER_SCHEMA = pa.schema(
    [
        *(("order_id", pa.string()), ("customer_id", pa.string()), ("placed_at", _AT), ("day", pa.date32())),
        *(("state", pa.string()), ("currency", pa.string()), ("channel", pa.string()), ("store", pa.string())),
        *(("line_count", pa.int32()), ("list_amount", _INT), ("discount_amount", _INT), ("net_amount", _INT)),
        *(("shipping_amount", _INT), ("tax_amount", _INT), ("funded_amount", _INT), ("paid_amount", _INT)),
        ("refunded_amount", _INT),
    ]
)
LINE_SCHEMA = pa.schema(
    [
        *(("order_id", pa.string()), ("customer_id", pa.string()), ("placed_at", _AT), ("day", pa.date32())),
        *(("number", pa.int32()), ("product_id", pa.string()), ("quantity_milli", _INT), ("list_amount", _INT)),
        *(("discount_amount", _INT), ("net_amount", _INT), ("funded_amount", _INT)),
    ]
)


def facts_dir() -> Path:
    return Path(settings.DATA_DIR) / "facts"


def order_files() -> MonthlyFiles:
    return MonthlyFiles(facts_dir() / "orders", ORDER_SCHEMA)


def line_files() -> MonthlyFiles:
    return MonthlyFiles(facts_dir() / "lines", LINE_SCHEMA)


def zone_file() -> Path:
    """Says for which zone's months the files were written."""
    return facts_dir() / "zone"


def zone_of_facts() -> str:
    """IANA name of the zone the files were written for; "" before the first file."""
    return zone_file().read_text() if zone_file().exists() else ""
