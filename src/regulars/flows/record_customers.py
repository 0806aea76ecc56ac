"""Customers as a source states them."""

from collections.abc import Sequence
from datetime import datetime

from regulars.core.facts import CustomerFact, Tally
from regulars.customers import actions
from regulars.shop import queries as shop_queries
from regulars.storage.transactions import run_tx


def record_customers(facts: Sequence[CustomerFact], *, source: str, at: datetime) -> Tally:
    """Record a batch of customers of one source. Raises NotSetUp before set-up."""
    country = shop_queries.require_shop().country
    return run_tx(lambda: actions.record_customers(facts, source=source, at=at, country=country), finds_its_rows=True)
