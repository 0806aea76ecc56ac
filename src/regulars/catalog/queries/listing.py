"""Products by the page, and one with its variants, listings and price history."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from uuid import UUID

from django.db.models import Count, Max, Min, Q, QuerySet

from regulars.catalog.models import Category, Listing, ListingPrice, Product, Seller, Variant
from regulars.catalog.queries import ProductName
from regulars.core.facts import Attributes
from regulars.storage import sources


@dataclass(frozen=True, slots=True)
class ProductView:
    """One product. ``category`` is the path from the root, joined by `` > ``."""

    id: UUID
    source: str
    source_id: str
    title: str
    brand: str
    category: str
    seller: str
    state: str
    unit: str
    url: str
    image_url: str
    tags: tuple[str, ...]
    attributes: Attributes
    source_updated_at: datetime | None
    recorded_at: datetime


@dataclass(frozen=True, slots=True)
class ListingView:
    """Where and at what price a variant is offered; amounts in minor units of ``currency``."""

    id: UUID
    channel: str
    currency: str
    price: int
    compare_at_price: int | None
    since: datetime


@dataclass(frozen=True, slots=True)
class VariantView:
    id: UUID
    source_id: str
    sku: str
    title: str
    options: Attributes
    listings: tuple[ListingView, ...]


@dataclass(frozen=True, slots=True)
class ProductDetail:
    product: ProductView
    variants: tuple[VariantView, ...]


@dataclass(frozen=True, slots=True)
class Price:
    """The price of a listing from ``at`` until the next; minor units of ``currency``."""

    listing: UUID
    channel: str
    currency: str
    variant: str
    at: datetime
    price: int


def page(  # noqa: PLR0913  (each filter of the API by its name)
    limit: int,
    *,
    after_id: UUID | None = None,
    after_at: datetime | None = None,
    updated_since: datetime | None = None,
    source: str | None = None,
    source_id: str | None = None,
    state: str | None = None,
    brand: str | None = None,
    category: str | None = None,
) -> list[ProductView]:
    """Up to ``limit`` products: by the order of recording, or of the last change where ``updated_since`` is given.

    ``category`` is a path; the products of everything below it count as its own.
    """
    equal = {"source": source, "source_id": source_id, "state": state, "brand": brand}
    rows = Product.objects.filter(**{name: value for name, value in equal.items() if value is not None})
    if category is not None:
        rows = rows.filter(category__in=below(category))
    if updated_since is None:
        rows = (rows.filter(pk__gt=after_id) if after_id else rows).order_by("pk")
    else:
        rows = rows.filter(recorded_at__gte=after_at or updated_since).order_by("recorded_at", "pk")
        if after_at:
            rows = rows.filter(Q(recorded_at__gt=after_at) | Q(pk__gt=after_id))
    return [_view(row) for row in rows.select_related("category", "seller")[:limit]]


def below(category: str) -> QuerySet[Category]:
    """The node of a path and those under it."""
    return Category.objects.filter(Q(path=category) | Q(path__startswith=category + " > "))


def filed_under(category: str) -> list[UUID]:
    """The products filed right under a path, those further below left out: the marts sum by whole paths."""
    return list(Product.objects.filter(category__path=category).values_list("pk", flat=True))


def _view(row: Product) -> ProductView:
    copied = [
        "source",
        "source_id",
        "title",
        "brand",
        "state",
        "unit",
        "url",
        "image_url",
        "attributes",
        "source_updated_at",
        "recorded_at",
    ]
    return ProductView(
        id=row.pk,
        category=row.category.path if row.category else "",
        seller=row.seller.name if row.seller else "",
        tags=tuple(row.tags),
        **{name: getattr(row, name) for name in copied},
    )


def product(identifier: UUID) -> ProductDetail | None:
    """One product with its variants and their listings (3 queries), or None."""
    row = Product.objects.select_related("category", "seller").filter(pk=identifier).first()
    if row is None:
        return None
    found = Variant.objects.filter(product=row).prefetch_related("listings").order_by("pk")
    return ProductDetail(_view(row), tuple(_variant(variant) for variant in found))


def _variant(row: Variant) -> VariantView:
    listings = sorted(row.listings.all(), key=lambda listing: (listing.channel, listing.currency))
    views = (ListingView(x.pk, x.channel, x.currency, x.price, x.compare_at_price, x.since) for x in listings)
    return VariantView(row.pk, row.source_id, row.sku, row.title, row.options, tuple(views))


def prices(identifier: UUID) -> list[Price]:
    """The price history of a product, oldest first, each listing's apart."""
    rows = ListingPrice.objects.filter(listing__variant__product=identifier).select_related("listing__variant")
    return [
        Price(
            r.listing_id,
            r.listing.channel,
            r.listing.currency,
            r.listing.variant.title or r.listing.variant.sku,
            r.at,
            r.price,
        )
        for r in rows.order_by("listing", "at")
    ]


def products_like(text: str, limit: int) -> list[ProductName]:
    """Products whose title has ``text`` in it, or whose source id or stock-keeping unit is ``text``; by title."""
    by_sku = Variant.objects.filter(sku=text).values("product")
    found = Product.objects.filter(Q(title__icontains=text) | Q(source_id=text) | Q(pk__in=by_sku)).order_by(
        "title", "pk"
    )
    rows = found.values_list("pk", "title", "brand", "category__path", "source_id")[:limit]
    return [ProductName(row[0], row[1], row[2], row[3] or "", row[4]) for row in rows]


@dataclass(frozen=True, slots=True)
class ProductRow:
    """One product of the list: how many variants it has, and their lowest and highest price in ``currency``; None for none."""

    id: UUID
    source_id: str
    title: str
    brand: str
    category: str
    seller: str
    state: str
    variants: int | None
    price_low: int | None
    price_high: int | None
    currency: str
    recorded_at: datetime


def _wanted(text: str, equal: Mapping[str, str]) -> QuerySet[Product]:
    """``equal`` may hold state, brand, seller (name) and category (path, with what is below it)."""
    names = {"state": "state", "brand": "brand__iexact", "seller": "seller__name"}
    found = Product.objects.filter(**{names[name]: value for name, value in equal.items() if name in names})
    if "category" in equal:
        found = found.filter(category__in=below(equal["category"]))
    if text:
        by_sku = Variant.objects.filter(sku=text).values("product")
        found = found.filter(Q(title__icontains=text) | Q(brand__icontains=text) | Q(source_id=text) | Q(pk__in=by_sku))
    return found


def count(text: str, equal: Mapping[str, str]) -> int:
    return _wanted(text, equal).count()


def rows(text: str, equal: Mapping[str, str], sort: str, offset: int, limit: int) -> list[ProductRow]:
    """Products sorted by title, brand, category, state or recorded_at (``-`` before it: descending): 4 queries."""
    column = {"category": "category__path"}.get(sort.lstrip("-"), sort.lstrip("-")) or "title"
    order = (f"{'-' if sort.startswith('-') else ''}{column}", "pk")
    # The ids first: sorting whole rows to skip most of them would carry every attribute of the catalogue along.
    ids = list(_wanted(text, equal).order_by(*order).values_list("pk", flat=True)[offset : offset + limit])
    found = Product.objects.select_related("category", "seller").in_bulk(ids)
    page = [found[identifier] for identifier in ids]
    variants = dict(Variant.objects.filter(product__in=ids).values_list("product").annotate(n=Count("pk")))
    prices = price_spans(ids)
    return [
        ProductRow(
            *(row.pk, row.source_id, row.title, row.brand, row.category.path if row.category else ""),
            *(row.seller.name if row.seller else "", row.state, variants.get(row.pk)),
            *prices.get(row.pk, (None, None, "")),
            row.recorded_at,
        )
        for row in page
    ]


def price_spans(products: Sequence[UUID]) -> dict[UUID, tuple[int, int, str]]:
    """The lowest and highest price of each product in the currency most of its listings have."""
    found = Listing.objects.filter(variant__product__in=products).values_list("variant__product", "currency")
    spans: dict[UUID, tuple[int, int, str]] = {}
    for product, currency, low, high, _n in found.annotate(low=Min("price"), high=Max("price"), n=Count("pk")).order_by(
        "n"
    ):
        spans[product] = (low, high, currency)
    return spans


def top_categories() -> list[str]:
    """The categories at the root, by name: what the list's filter offers."""
    return list(Category.objects.filter(parent=None).order_by("path").values_list("path", flat=True).distinct())


def sellers(limit: int) -> list[str]:
    return list(Seller.objects.order_by("name").values_list("name", flat=True).distinct()[:limit])


resolve = partial(sources.resolve, Product)
digests = partial(sources.digests, Product)
lock = partial(sources.lock, Product)
