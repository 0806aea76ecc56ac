"""Writes of customers, one verb each."""

from regulars.customers.actions.merge import merge_customers, split_customer
from regulars.customers.actions.record import ensure_customers, record_consents, record_customers, record_events

__all__ = [
    "ensure_customers",
    "merge_customers",
    "record_consents",
    "record_customers",
    "record_events",
    "split_customer",
]
