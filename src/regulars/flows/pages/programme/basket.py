"""What a made-up order holds: products that are searched for and put in, each with a quantity and a price.

All of it stands in the address, so that the page works without a script and a trial can be sent to a colleague.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from uuid import UUID

from django.http import QueryDict
from django.utils.translation import gettext as _

from regulars.catalog import queries as catalog
from regulars.catalog.queries import listing
from regulars.catalog.queries.goods import goods
from regulars.catalog.queries.listing import ProductRow
from regulars.core.member import Line
from regulars.core.money import exponent, to_decimal
from regulars.orders.queries.purchases import NO_GOODS

ROWS_MAX = 20
HITS_MAX = 8
QUANTITY_MAX = 10_000
PRICE_MAX = 10**10
_MILLI = Decimal("0.001")


@dataclass(frozen=True, slots=True)
class Row:
    """A product in the order: ``quantity`` and ``price`` (of one) as they were typed; ``fault`` says what to mend."""

    product: UUID
    title: str
    about: str
    quantity: str
    price: str
    fault: str = ""


class Basket:
    """The rows that an address tells of, after what its button did: ``add`` a product, or ``drop`` a row."""

    def __init__(self, asked: QueryDict, currency: str) -> None:
        self.currency, self.places = currency, exponent(currency)
        self.search = " ".join(asked.get("find", "").split())[:100]
        self.other, self.fault = asked.get("other", "").strip()[:20], ""
        told = zip(asked.getlist("product"), asked.getlist("quantity"), asked.getlist("price"), strict=False)
        rows = [(key, quantity, price) for name, quantity, price in told if (key := _uuid(name))]
        drop = asked.get("drop", "")
        if drop.isdecimal() and int(drop) < len(rows):
            del rows[int(drop)]
        if added := _uuid(asked.get("add", "")):
            rows.append((added, "1", self._price(added)))
        self.rows = self._named(rows[:ROWS_MAX])

    @property
    def step(self) -> Decimal:
        """The smallest amount of the currency."""
        return Decimal(1).scaleb(-self.places)

    def hits(self) -> Sequence[ProductRow]:
        """Products to put in: by a part of their title or brand, by number or stock-keeping unit."""
        return listing.rows(self.search, {}, "title", 0, HITS_MAX) if self.search else ()

    def lines(self) -> list[Line]:
        """The order's lines; none where something has to be mended, which the rows then say."""
        own = goods([row.product.hex for row in self.rows])
        lines, checked = [], []
        for row in self.rows:
            quantity, price = _number(row.quantity, _MILLI, QUANTITY_MAX), _number(row.price, self.step, PRICE_MAX)
            if not quantity:
                checked.append(replace(row, fault=_("Say how many.")))
            elif price is None:
                checked.append(replace(row, fault=_("Say what one of it costs.")))
            else:
                checked.append(row)
                paid = (quantity * price).scaleb(self.places).to_integral_value(ROUND_HALF_UP)
                lines.append(Line(own.get(row.product.hex, NO_GOODS), int(quantity.scaleb(3)), int(paid)))
        self.rows = checked
        rest = _number(self.other, self.step, PRICE_MAX) if self.other else Decimal(0)
        if rest is None:
            self.fault = _("Give an amount, such as 100.00.")
        elif rest:
            lines.append(Line(NO_GOODS, 1000, int(rest.scaleb(self.places))))
        elif not self.rows:
            self.fault = _("Put in a product, or say what other goods cost.")
        return [] if self.fault or any(row.fault for row in self.rows) else lines

    def _price(self, product: UUID) -> str:
        """What a product costs at least; "" where no price in the shop's currency is known."""
        low, _high, currency = listing.price_spans([product]).get(product, (0, 0, ""))
        return str(to_decimal(low, currency)) if currency == self.currency else ""

    def _named(self, rows: Sequence[tuple[UUID, str, str]]) -> list[Row]:
        known = catalog.names(key for key, *_rest in rows)
        return [
            Row(key, known[key].title, " · ".join(filter(None, (known[key].brand, known[key].category))), *told)
            for key, *told in rows
            if key in known
        ]


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _number(text: str, step: Decimal, most: int) -> Decimal | None:
    """A number from 0 up, no finer than ``step``; None for anything else."""
    try:
        found = Decimal(text.strip())
        return found if 0 <= found <= most and found % step == 0 else None
    except InvalidOperation:
        return None
