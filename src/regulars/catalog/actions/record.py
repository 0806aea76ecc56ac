"""Take what sources say of products: facts in batches, each record once, prices into the history when they change."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from regulars.catalog.models import Category, Listing, ListingPrice, Product, Seller, Variant
from regulars.catalog.queries import ids_by_source
from regulars.core.facts import ProductFact, Tally, VariantFact
from regulars.storage.bulk import as_hex, insert, instant, new_hex, select_in, to_json, update

_TEXTS = ("title", "brand", "unit", "url", "image_url")
_STATED = (*_TEXTS, "category_id", "seller_id", "state", "tags", "attributes", "source_updated_at", "recorded_at")
PATH_SEPARATOR = " > "
REMEMBERED_MAX = 500_000


def record_products(facts: Sequence[ProductFact], *, source: str, at: datetime) -> Tally:
    """Create or update products with categories, sellers, variants and listings. Older news never overwrites newer."""
    tally, latest = Tally(), {fact.source_id: fact for fact in facts}
    tally.unchanged += len(facts) - len(latest)
    categories = _ensure_categories({fact.category for fact in latest.values() if fact.category}, source)
    sellers = ensure_sellers({fact.seller for fact in latest.values() if fact.seller}, source=source)
    ids = ids_by_source(source, latest)
    known = {row.source_id: row for row in Product.objects.filter(source=source, source_id__in=list(ids))}
    created: list[tuple[Any, ...]] = []
    updated: list[tuple[Any, ...]] = []
    recorded_at = instant(at)
    variants: list[tuple[str, VariantFact]] = []
    for source_id, fact in latest.items():
        digest = hashlib.blake2b(repr(fact).encode(), digest_size=16).digest()
        row = known.get(source_id)
        if row is not None and (bytes(row.digest) == digest or _is_older(fact, row)):
            tally.unchanged += 1
            continue
        values = _values(fact, row, categories, sellers, recorded_at)
        identifier = row.pk.hex if row else new_hex()
        if row is None:
            created.append((identifier, source, source_id, digest, *values))
        else:
            updated.append((digest, *values, identifier))
        variants += [(identifier, variant) for variant in fact.variants]
    insert(Product, ("id", "source", "source_id", "digest", *_STATED), created)
    update(Product, "id", ("digest", *_STATED), updated)
    _record_variants(variants, source, at)
    tally.created, tally.updated = len(created), len(updated)
    return tally


def ensure_products(
    wanted: Mapping[str, str], *, source: str, at: datetime, remembered: dict[str, str] | None = None
) -> Mapping[str, str]:
    """Ids (32 digits) of at least the products that lines name; unknown ones are made with the title the line gives
    (``wanted[id]``).

    ``remembered`` saves a long import from looking the same products up in every batch: it gains those that were there
    before (products are never deleted), not those made now, which the caller's transaction may yet undo.
    """
    memory = {} if remembered is None else remembered
    if len(memory) > REMEMBERED_MAX:
        memory.clear()
    memory.update(ids_by_source(source, wanted.keys() - memory.keys()))
    # In one order for everybody: two who make the same products wait for each other instead of locking each other out.
    fresh = {source_id: new_hex() for source_id in sorted(wanted.keys() - memory.keys())}
    if not fresh:
        return memory
    rows = []
    for source_id, identifier in fresh.items():
        fact = ProductFact(source_id, wanted[source_id] or source_id)
        rows.append((identifier, source, source_id, b"", *_values(fact, None, {}, {}, instant(at))))
    insert(Product, ("id", "source", "source_id", "digest", *_STATED), rows)
    return {**{found: memory[found] for found in wanted.keys() & memory.keys()}, **fresh}


def ensure_sellers(wanted: Iterable[str], *, source: str) -> dict[str, str]:
    """Ids (32 digits) of sellers by the source's name or id of them; unknown ones are made."""
    wanted = set(wanted)
    sql = "SELECT source_id, id FROM catalog_seller WHERE source = %s AND source_id IN ({marks})"
    ids = {source_id: as_hex(identifier) for source_id, identifier in select_in(sql, wanted, source)} if wanted else {}
    fresh = {name: new_hex() for name in sorted(wanted - ids.keys())}
    insert(
        Seller,
        ("id", "source", "source_id", "name"),
        [(identifier, source, name, name) for name, identifier in fresh.items()],
    )
    return {**ids, **fresh}


def _ensure_categories(paths: set[tuple[str, ...]], source: str) -> dict[tuple[str, ...], str]:
    """Ids of category paths; missing nodes are made from the root down."""
    wanted = sorted({path[:depth] for path in paths for depth in range(1, len(path) + 1)}, key=len)
    if not wanted:
        return {}
    texts = {PATH_SEPARATOR.join(path): path for path in wanted}
    sql = "SELECT path, id FROM catalog_category WHERE source = %s AND path IN ({marks})"
    ids = {texts[text]: as_hex(identifier) for text, identifier in select_in(sql, texts, source)}
    rows = []
    for path in wanted:
        if path not in ids:
            ids[path] = new_hex()
            rows.append((ids[path], source, PATH_SEPARATOR.join(path), path[-1], ids.get(path[:-1])))
    insert(Category, ("id", "source", "path", "name", "parent_id"), rows)
    return ids


def _values(
    fact: ProductFact,
    old: Product | None,
    categories: Mapping[tuple[str, ...], str],
    sellers: Mapping[str, str],
    recorded_at: Any,
) -> tuple[Any, ...]:
    """The stored values after ``fact``: what it says, and what was known where it is silent."""
    texts = [getattr(fact, name) or (getattr(old, name) if old else "") for name in _TEXTS]
    category = categories.get(fact.category) or (old and old.category_id and old.category_id.hex)
    seller = sellers.get(fact.seller) or (old and old.seller_id and old.seller_id.hex)
    tags = list(fact.tags) or (old.tags if old else [])
    attributes = {**(old.attributes if old else {}), **fact.attributes}
    updated_at = instant(fact.updated_at or (old.source_updated_at if old else None))
    return (*texts, category, seller, fact.state, to_json(tags), to_json(attributes), updated_at, recorded_at)


def _record_variants(wanted: Sequence[tuple[str, VariantFact]], source: str, at: datetime) -> None:
    if not wanted:
        return
    facts = {fact.source_id: (product, fact) for product, fact in wanted}
    sql = "SELECT source_id, id FROM catalog_variant WHERE source = %s AND source_id IN ({marks})"
    ids = {source_id: as_hex(identifier) for source_id, identifier in select_in(sql, facts, source)}
    changed = [(p, f.sku, f.title, to_json(f.options), ids[i]) for i, (p, f) in facts.items() if i in ids]
    update(Variant, "id", ("product_id", "sku", "title", "options"), changed)
    rows = []
    for source_id, (product, fact) in facts.items():
        if source_id not in ids:
            ids[source_id] = new_hex()
            rows.append((ids[source_id], product, source, source_id, fact.sku, fact.title, to_json(fact.options)))
    insert(Variant, ("id", "product_id", "source", "source_id", "sku", "title", "options"), rows)
    _record_prices([(ids[i], fact) for i, (_, fact) in facts.items() if fact.price is not None], at)


def _record_prices(priced: Sequence[tuple[str, VariantFact]], at: datetime) -> None:
    """Set the listings' prices; a price that differs from the one in force starts a new row of the history."""
    if not priced:
        return
    sql = "SELECT variant_id, channel, currency, id, price, compare_at_price FROM catalog_listing WHERE variant_id IN ({marks})"
    known = {
        (as_hex(r[0]), r[1], r[2]): (as_hex(r[3]), r[4], r[5])
        for r in select_in(sql, [variant for variant, _ in priced])
    }
    listings, changes, history = [], [], []
    for variant, fact in priced:
        found = known.get((variant, fact.channel, fact.currency))
        if found is not None and found[1:] == (fact.price, fact.compare_at_price):
            continue
        listing = found[0] if found else new_hex()
        if found:
            changes.append((fact.price, fact.compare_at_price, instant(at), listing))
        else:
            listings.append(
                (listing, variant, fact.channel, fact.currency, fact.price, fact.compare_at_price, instant(at))
            )
        history.append((new_hex(), listing, instant(at), fact.price, fact.compare_at_price))
    insert(Listing, ("id", "variant_id", "channel", "currency", "price", "compare_at_price", "since"), listings)
    update(Listing, "id", ("price", "compare_at_price", "since"), changes)
    insert(ListingPrice, ("id", "listing_id", "at", "price", "compare_at_price"), history)


def _is_older(fact: ProductFact, old: Product) -> bool:
    return fact.updated_at is not None and old.source_updated_at is not None and fact.updated_at < old.source_updated_at
