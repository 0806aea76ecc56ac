"""Products as a source states them."""

from collections.abc import Sequence
from datetime import datetime

from regulars.catalog import actions
from regulars.core.facts import ProductFact, Tally
from regulars.storage.transactions import run_tx


def record_products(facts: Sequence[ProductFact], *, source: str, at: datetime) -> Tally:
    """Record a batch of products of one source."""
    return run_tx(lambda: actions.record_products(facts, source=source, at=at), finds_its_rows=True)
