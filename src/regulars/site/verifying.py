"""``regulars verify``: every room's own check, in one list."""

from zoneinfo import ZoneInfo

from regulars.customers import queries as customers
from regulars.flows.seal_ledger import noted_seal, sealing_key
from regulars.ledger.queries import checks as ledger
from regulars.orders import queries as orders
from regulars.shop import queries as shop_queries


def verify_everything() -> list[str]:
    """A sentence for each thing that is stored twice and differs, or was tampered with; empty when all agrees."""
    found = ledger.inconsistencies(sealing_key(), noted_seal())
    if shop := shop_queries.shop():
        found += [*customers.inconsistencies(), *orders.inconsistencies(ZoneInfo(shop.zone))]
    return found
