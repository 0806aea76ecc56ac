"""Customers made of what an order says: what is no address or number is told, not dropped in silence."""

from datetime import datetime
from typing import Any

from regulars.core.facts import IdentityFact, Tally
from regulars.customers.actions import ensure_customers
from regulars.customers.models import Identity


def test_refused_identities_are_told_and_the_rest_is_kept(shop: Any, at: datetime) -> None:
    tally = Tally()
    identities = (IdentityFact("email", "no address"), IdentityFact("phone", "13800135678"))
    ids = ensure_customers({"c1": ("安", identities)}, source="test", at=at, tally=tally)
    assert set(ids) == {"c1"}
    assert [(one.source_id, one.field, one.value) for one in tally.warnings] == [("c1", "email", "no address")]
    assert tally.refused == []
    assert list(Identity.objects.values_list("value", flat=True)) == ["+8613800135678"]
