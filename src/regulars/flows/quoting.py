"""What a cart costs under the shop's offers: all that a quote looks at is loaded once, and core says the rest.

Nothing is written or held here.
"""

from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from regulars.core.member import NO_TIER, Member, Standing
from regulars.core.offers import Cart, Catalogue, Offers, Quote, quote
from regulars.core.says import Says
from regulars.customers.queries import member_ids
from regulars.customers.queries.persons import persons
from regulars.membership import queries as membership
from regulars.membership.queries.figures import in_force as programme_in_force
from regulars.membership.queries.members import tier_of
from regulars.orders.queries.bought import days_of
from regulars.promotions import queries as promotions
from regulars.promotions.queries.versions import Tiers
from regulars.shop import queries as shops

# What a shop offers that has published nothing: everything costs what it costs.
NOTHING = Offers(id="nothing", name=Says("Nothing published", "尚未发布"))


def quote_cart(cart: Cart, customer: UUID | None, at: datetime, offers: Catalogue) -> Quote:
    """What a cart costs a customer (None: a guest) at an instant, under some offers: those of ``offers_at``. Raises Faulty."""
    return quote(cart, buyer(customer, offers, at) if customer else None, offers, at)


def offers_at(at: datetime) -> Catalogue:
    """The offers in force at an instant, of version 0 before the first."""
    if found := promotions.in_force(at, tiers(at) or ()):
        return found
    shop = shops.require_shop()
    return Catalogue(NOTHING, ZoneInfo(shop.zone), shop.currency, version=0)


def tiers(at: datetime) -> Tiers | None:
    """The tiers of the programme in force at an instant, None without a programme."""
    versions = membership.versions()
    if versions is None:
        return None
    ladder = programme_in_force(versions, at).programme.ladder
    return tuple((tier.id, tier.name) for tier in ladder.tiers) if ladder else ()


def buyer(customer: UUID, catalogue: Catalogue, at: datetime) -> Member | None:
    """A customer as offers see them; None for a walk-in, who is nobody. Six queries.

    Orders are counted as the shop has them, not as its programme does: who bought before it began is no new customer.
    """
    person = persons([customer]).get(customer)
    if person is None:
        return None
    tier, joined = tier_of(person.id) or ("", None)
    return Member(
        person.subject,
        joined and joined.toordinal(),
        person.birthday,
        person.facts,
        Standing(tier) if tier else NO_TIER,
        days_of(member_ids(person.id), catalogue.currency, catalogue.zone, at),
    )
