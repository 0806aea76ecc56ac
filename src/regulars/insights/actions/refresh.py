"""Bring marts and customer profiles up to date with the facts. What did not change is not touched.

Every step is idempotent and put in force at once (a rename, a transaction): a refresh that was killed is run again.
"""

import hashlib
import json
import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import date, datetime
from itertools import islice
from pathlib import Path
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from django.conf import settings

from regulars.catalog import queries as catalog
from regulars.customers.queries import is_walk_in, kept_name
from regulars.customers.queries.directory import CHUNK, Entry, directory, directory_fingerprint
from regulars.insights.models import CustomerProfile, ProfileLoad, RhythmState
from regulars.insights.queries import marts_folder
from regulars.insights.queries.refusals import Refusal, refusal_path
from regulars.orders.queries import COUNTED_STATES
from regulars.orders.queries import listing as orders
from regulars.orders.queries.facts import line_files, order_files
from regulars.science.engine import INPUTS, DuckDB, Manifest, Settings, SumTooLarge, build, fingerprint
from regulars.shop import queries as shops
from regulars.storage.bulk import insert, instant, to_json
from regulars.storage.transactions import run_tx

Progress = Callable[[int, int, str], None]
_FIGURES = tuple(
    (
        "r f m value_score orders order_days net_amount net_365_amount net_90_amount net_before_90_amount "
        "average_order_amount lines_per_order discount_share value_rank value_share cumulated_share typical_days "
        "price_low price_high first_day last_day gaps mean_days median_days usual_days since_days lateness due_day "
        "weekday hour"
    ).split()
)
_TEXTS = ("state", "segment", "channel", "store", "top_category")
_LIMITS = {name: CustomerProfile._meta.get_field(name).max_length for name in _TEXTS}
_COLUMNS = (
    *(
        "customer_id",
        "name",
        "search",
        "email",
        "phone",
        "country",
        "city",
        "tags",
        "consents",
        "records",
        "first_seen_at",
    ),
    *(*_FIGURES, *_TEXTS, "late_days"),
)


@dataclass(frozen=True, slots=True)
class RefreshReport:
    """What a refresh did: the day told for, the marts in force, and whether anything had changed."""

    as_of: date
    version: str
    marts_changed: bool
    profiles_changed: bool
    profiles: int

    def as_dict(self) -> dict[str, Any]:
        """What ``regulars refresh --json`` prints."""
        return {**asdict(self), "as_of": self.as_of.isoformat()}


class FiguresRefused(ValueError):
    """The figures could not be brought up to date; ``refusal`` says why, and the message how to mend it."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(
            f"The figures stay as they were: {refusal.mart} leaves 64 bits. Order {refusal.number} ({refusal.order_id}) "
            f"has {refusal.column} = {refusal.value:,}, the largest. Correct it where it came from and send it again, "
            "or cancel the order."
        )
        self.refusal = refusal


def quiet(done: int, total: int, text: str) -> None:
    """Progress that nobody watches."""


def refresh(at: datetime, progress: Progress = quiet, *, everything: bool = False) -> RefreshReport:
    """Rebuild what changed since the last refresh: snapshots, marts, profiles. Raises NotSetUp before set-up.

    Raises FiguresRefused where a figure leaves 64 bits: the old ones stay in force, and pages say what to mend.

    Order facts on disk are taken as they are; ``flows.refresh`` brings those up to date first, and lets one run at a time.
    """
    people = fingerprint(*directory_fingerprint())
    inputs, told_for = inputs_and_settings(at, people)
    before = ProfileLoad.objects.filter(pk=1).first()
    try:
        manifest = build(
            inputs, told_for, marts_folder(), at=at, open_engine=engine, progress=progress, everything=everything
        )
    except SumTooLarge as error:
        refusal = _refusal(error)
        refusal_path().write_text(json.dumps(asdict(refusal)))
        raise FiguresRefused(refusal) from None
    refusal_path().unlink(missing_ok=True)
    stale = everything or before is None or (before.version, before.directory) != (manifest.version, people)
    if stale:
        progress(0, 1, "profiles")
        _load_profiles(manifest, people, at)
    marts_changed = before is None or before.version != manifest.version
    return RefreshReport(told_for.as_of, manifest.version, marts_changed, stale, CustomerProfile.objects.count())


def _refusal(error: SumTooLarge) -> Refusal:
    found = orders.order(UUID(error.order_id))
    number = found.order.number or found.order.source_id if found else ""
    return Refusal(error.mart, error.column, error.order_id, number or error.order_id, error.value)


def inputs_and_settings(at: datetime, people: str) -> tuple[dict[str, list[Path]], Settings]:
    """What the marts are made of: files by input, and the shop's settings. ``people`` is the directory's fingerprint."""
    shop = shops.require_shop()
    inputs = {
        "orders": order_files().files(),
        "lines": line_files().files(),
        "customers": [_snapshot("customers", people, _customer_rows)],
        "products": [_snapshot("products", fingerprint(*catalog.fingerprint()), _product_rows)],
    }
    return inputs, Settings(_as_of(shop.as_of, shop.zone, at, inputs["orders"]), shop.zone, shop.currency)


def engine() -> DuckDB:
    """DuckDB within the memory a shop gives it; what does not fit goes to the data folder for the while."""
    return DuckDB(memory_limit=f"{settings.MEMORY_MB}MB", spill=data_folder() / "spill")


def data_folder() -> Path:
    return Path(settings.DATA_DIR)


def _as_of(setting: str, zone: str, at: datetime, order_files: list[Path]) -> date:
    """Today in the shop's zone, or the newest counted order's day where the shop says so (a closed or sample shop).

    Never later than today: orders may be dated up to a day ahead.
    """
    today = at.astimezone(ZoneInfo(zone)).date()
    if setting == "newest_order":
        for month in sorted({file.parent for file in order_files}, reverse=True):
            found = pq.read_table(month, columns=["day", "state", "refunded_amount", "paid_amount"], partitioning=None)
            refunded, paid = pc.field("refunded_amount"), pc.field("paid_amount")
            counted = found.filter(pc.field("state").isin(COUNTED_STATES) & ~((refunded > 0) & (refunded >= paid)))
            if counted.num_rows:
                return min(pc.max(counted["day"]).as_py(), today)
    return today


def _snapshot(name: str, version: str, rows: Callable[[], Iterable[tuple[Any, ...]]]) -> Path:
    """Rows of the database as Parquet, written when ``version`` is new and replaced only when the rows differ.

    The file is named after its content (marts depend on it), a note beside it says which version that content is.
    """
    folder = data_folder() / "snapshots"
    folder.mkdir(parents=True, exist_ok=True)
    note = folder / f"{name}.version"
    said = note.read_text().split() if note.exists() else []
    if len(said) == 2 and said[0] == version and (folder / said[1]).exists():
        return folder / said[1]
    columns = list(zip(*rows(), strict=True)) or [()] * len(INPUTS[name])
    table = pa.table(
        [pa.array(c, type=f.type) for c, f in zip(columns, INPUTS[name], strict=True)], schema=INPUTS[name]
    )
    partial = folder / f"{name}.partial"
    pq.write_table(table, partial, compression="zstd")
    with partial.open("rb") as file:
        path = folder / f"{name}-{hashlib.file_digest(file, 'sha256').hexdigest()[:16]}.parquet"
    if path.exists():
        partial.unlink()
    else:
        os.replace(partial, path)
    note.write_text(f"{version} {path.name}")
    for old in folder.glob(f"{name}-*.parquet"):
        if old != path:
            old.unlink(missing_ok=True)
    return path


def _customer_rows() -> Iterator[tuple[Any, ...]]:
    for entry in directory():
        reachable = any(kind in ("email", "phone") for kind, _value, _shown in entry.handles)
        yield str(entry.id), str(entry.survivor), reachable, is_walk_in(entry.source_id)


def _product_rows() -> Iterator[tuple[Any, ...]]:
    for identifier, title, _brand, category in catalog.product_facts():
        yield str(identifier), title, category or ""


def _load_profiles(manifest: Manifest, people: str, at: datetime) -> None:
    path = marts_folder() / manifest.files["customer_cards"]

    def swap() -> None:
        told = {"version": manifest.version, "directory": people, "as_of": manifest.as_of, "loaded_at": at}
        # First, for its lock: of two refreshes at once the second waits here, and then deletes what the first has loaded.
        ProfileLoad.objects.update_or_create(pk=1, defaults=told)
        CustomerProfile.objects.all().delete()
        # In lists: while COPY runs, its connection can answer none of the queries that make further rows.
        rows = _profile_rows(path)
        while chunk := list(islice(rows, CHUNK)):
            insert(CustomerProfile, _COLUMNS, chunk)

    run_tx(swap)


def _profile_rows(path: Path) -> Iterator[tuple[Any, ...]]:
    """One row for each surviving customer, with the figures of those who have orders; walk-ins are nobody's."""
    cards = {UUID(card["customer_id"]): card for card in _cards(path)}
    merged: dict[UUID, list[Entry]] = {}
    for entry in directory():
        if entry.survivor != entry.id:
            merged.setdefault(entry.survivor, []).append(entry)
    for entry in directory():
        records = [entry, *merged.get(entry.id, ())]
        if entry.survivor == entry.id and not all(is_walk_in(record.source_id) for record in records):
            yield _profile_row(records, cards.get(entry.id, {}))


def _cards(path: Path) -> Iterator[dict[str, Any]]:
    columns = ["customer_id", *_FIGURES, *_TEXTS]
    for batch in pq.ParquetFile(path).iter_batches(batch_size=20_000, columns=columns):
        yield from batch.to_pylist()


def _profile_row(records: list[Entry], card: dict[str, Any]) -> tuple[Any, ...]:
    own = records[0]
    handles = [handle for entry in records for handle in entry.handles]
    emails, phones = ([shown for kind, _v, shown in handles if kind == wanted] for wanted in ("email", "phone"))
    words = {own.name, *(e.source_id for e in records), *(v for _k, value, shown in handles for v in (value, shown))}
    name = kept_name(own.name or next((e.name for e in records if e.name), ""), own.source_id)
    seen = min((e.first_seen_at for e in records if e.first_seen_at), default=None)
    granted = sorted({channel for e in records for channel in e.granted})
    tags = sorted({tag for e in records for tag in e.tags})
    late = card["since_days"] - card["usual_days"] if card else None
    texts = (((card.get(name) or "")[: _LIMITS[name]]) for name in _TEXTS)
    return (
        *(own.id.hex, name, "\n".join(sorted(word.lower() for word in words if word))),
        *(next(iter(emails), ""), next(iter(phones), ""), own.country, own.city, to_json(tags), ",".join(granted)),
        *(len(records), instant(seen)),
        *(_stored(card.get(column)) for column in _FIGURES),
        *((RhythmState.PROSPECT.value, "", "", "", "") if not card else texts),
        max(late, 0.0) if late is not None else None,
    )


def _stored(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value
