"""The API's writes of what sources say: customers, products, orders and events, one at a time or in batches."""

from regulars.flows.api.customers import router as customers
from regulars.flows.api.events import router as events
from regulars.flows.api.merging import router as merging
from regulars.flows.api.orders import router as orders
from regulars.flows.api.products import router as products

__all__ = ["customers", "events", "merging", "orders", "products"]
