"""Writes of orders, one verb each."""

from regulars.orders.actions.facts import rebuild_facts
from regulars.orders.actions.lines import record_lines, settle_run
from regulars.orders.actions.record import record_orders

__all__ = ["rebuild_facts", "record_lines", "record_orders", "settle_run"]
