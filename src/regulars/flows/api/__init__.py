"""The API's writes of what sources say, one at a time or in batches; accounts, and what moves between them."""

from regulars.flows.api.accounts import router as accounts
from regulars.flows.api.customers import router as customers
from regulars.flows.api.events import router as events
from regulars.flows.api.merging import router as merging
from regulars.flows.api.operations import router as operations
from regulars.flows.api.orders import router as orders
from regulars.flows.api.products import router as products

__all__ = ["accounts", "customers", "events", "merging", "operations", "orders", "products"]
