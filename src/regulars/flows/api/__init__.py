"""The API's writes of what sources say, one at a time or in batches; accounts, and what moves between them."""

from regulars.flows.api.accounts import router as accounts
from regulars.flows.api.claims import rewards_router as rewards
from regulars.flows.api.claims import router as claims
from regulars.flows.api.customers import router as customers
from regulars.flows.api.events import router as events
from regulars.flows.api.gift_cards import router as gift_cards
from regulars.flows.api.merging import router as merging
from regulars.flows.api.offers import router as offers
from regulars.flows.api.operations import router as operations
from regulars.flows.api.orders import router as orders
from regulars.flows.api.products import router as products
from regulars.flows.api.programme import members_router as members
from regulars.flows.api.programme import router as programme
from regulars.flows.api.quotes import router as quotes
from regulars.flows.api.referrals import router as referrals
from regulars.flows.api.returns import router as returns

__all__ = [
    "accounts",
    "claims",
    "customers",
    "events",
    "gift_cards",
    "members",
    "merging",
    "offers",
    "operations",
    "orders",
    "products",
    "programme",
    "quotes",
    "referrals",
    "returns",
    "rewards",
]
