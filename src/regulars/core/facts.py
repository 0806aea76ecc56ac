"""The words every rule, import and connector speaks: what a shop tells Regulars, frozen.

Amounts are integer minor units of the stated currency; quantities are thousandths of a unit (``quantity_milli``);
instants are aware datetimes. Ids are the source's own, as strings (shop ids exceed 2^53).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, NamedTuple

Attributes = Mapping[str, Any]
NONE: Attributes = {}


@dataclass(frozen=True, slots=True)
class Source:
    """Where a record comes from: the system (``shopify``, ``csv`` ...) and its own id there."""

    system: str
    id: str


@dataclass(frozen=True, slots=True)
class IdentityFact:
    """A handle of a customer as the source wrote it; ``kind`` is email, phone, account or device."""

    kind: str
    value: str
    verified_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ConsentFact:
    """A decision about one channel and purpose, with its proof (form, text, address ...)."""

    channel: str
    purpose: str
    granted: bool
    at: datetime
    proof: Attributes = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CustomerFact:
    """A customer or prospect as one source knows them. Empty fields say nothing and erase nothing."""

    source_id: str
    name: str = ""
    birthday: date | None = None
    gender: str = ""
    language: str = ""
    country: str = ""
    region: str = ""
    city: str = ""
    postcode: str = ""
    tags: tuple[str, ...] = ()
    identities: tuple[IdentityFact, ...] = ()
    consents: tuple[ConsentFact, ...] = ()
    attributes: Attributes = field(default_factory=dict)
    first_seen_at: datetime | None = None
    updated_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class VariantFact:
    """One size, colour or pack; ``price`` and ``compare_at_price`` in minor units, None where not stated."""

    source_id: str
    sku: str = ""
    title: str = ""
    options: Attributes = field(default_factory=dict)
    currency: str = ""
    price: int | None = None
    compare_at_price: int | None = None
    channel: str = ""


@dataclass(frozen=True, slots=True)
class ProductFact:
    """A product; ``category`` is the path from the root, ``seller`` a third party's name in a marketplace."""

    source_id: str
    title: str
    brand: str = ""
    category: tuple[str, ...] = ()
    seller: str = ""
    state: str = "active"
    unit: str = "piece"
    url: str = ""
    image_url: str = ""
    tags: tuple[str, ...] = ()
    variants: tuple[VariantFact, ...] = ()
    attributes: Attributes = field(default_factory=dict)
    updated_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Discount:
    """One discount: ``kind`` (member_price, coupon, offer, manual ...), its code, amount, and who bears it."""

    kind: str
    amount: int
    code: str = ""
    funded_by: str = "shop"


class LineFact(NamedTuple):
    """One line. ``list_amount`` is before discounts; ``discounts`` are those of this line, order-level shares included.

    What the shop earns on the line is ``list_amount`` less the discounts the shop bears. A shop has millions of lines, so
    this fact is a tuple: made in a quarter of the time of the others, and many of them turn into columns in one step.
    """

    quantity_milli: int
    list_amount: int
    product: str = ""
    variant: str = ""
    sku: str = ""
    title: str = ""
    source_id: str = ""
    tax_amount: int = 0
    discounts: tuple[Discount, ...] = ()


@dataclass(frozen=True, slots=True)
class OrderFact:
    """An order. ``customer`` is the source's customer id; ``lines`` None says nothing about lines, () says there are none.

    ``discounts`` are on the whole order and not yet in the lines; ``paid_amount`` None means "as computed".
    """

    source_id: str
    customer: str
    placed_at: datetime
    currency: str
    state: str = "completed"
    number: str = ""
    channel: str = ""
    store: str = ""
    seller: str = ""
    lines: tuple[LineFact, ...] | None = None
    discounts: tuple[Discount, ...] = ()
    shipping_amount: int = 0
    tax_amount: int | None = None
    tax_included: bool = True
    refunded_amount: int = 0
    paid_amount: int | None = None
    identities: tuple[IdentityFact, ...] = ()
    customer_name: str = ""
    attributes: Attributes = field(default_factory=dict)
    updated_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ReturnedLineFact:
    """What came back of one line: the line's number in the order (from 1), its id at the source, or its SKU.

    ``quantity_milli`` None: all that is left of it. ``amount`` None: what was paid for so much of it.
    """

    line: str
    quantity_milli: int | None = None
    amount: int | None = None


@dataclass(frozen=True, slots=True)
class ReturnFact:
    """Goods of an order (by its source id) that came back. ``lines`` None: all that is left of the order."""

    source_id: str
    order: str
    at: datetime
    lines: tuple[ReturnedLineFact, ...] | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class EventFact:
    """Something a customer did, under Segment's e-commerce names (``Product Viewed``, ``Coupon Applied`` ...)."""

    source_id: str
    customer: str
    name: str
    at: datetime
    properties: Attributes = field(default_factory=dict)
    identities: tuple[IdentityFact, ...] = ()


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why one record, or ``value`` in one of its fields, was not taken: the field at fault and a sentence."""

    source_id: str
    field: str
    reason: str
    value: str = ""


@dataclass(slots=True)
class Tally:
    """What a recording did: records new, changed, already known as they are; those refused; and what was left out of
    records that were taken."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    refused: list[Refusal] = field(default_factory=list)
    warnings: list[Refusal] = field(default_factory=list)

    def add(self, other: "Tally") -> None:
        self.created += other.created
        self.updated += other.updated
        self.unchanged += other.unchanged
        self.refused.extend(other.refused)
        self.warnings.extend(other.warnings)
