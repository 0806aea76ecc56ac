"""A shop whose members bring friends, with orders told day by day."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from regulars.core.facts import CustomerFact, IdentityFact, LineFact, OrderFact
from regulars.customers.models import Customer
from regulars.flows.programme import settle_waiting
from regulars.flows.record_customers import record_customers
from regulars.flows.record_orders import record_orders
from regulars.flows.referral import code_for, friend_joined, settle_referrals
from regulars.membership.queries.referrals import ReferralFacts, referral
from tests.flows.rewarding import REWARDS, days, put_in_force

REFERRAL = """
[referral]
advocate_points = 200
friend_points = 50
friend_reward = "welcome"
minimum = "50.00"
after = "delivered"
after_days = 7
within_days = 30
per_day = 3
"""
PROGRAMME = REWARDS + REFERRAL


def open_shop(shop: Any, at: datetime, text: str = PROGRAMME) -> None:
    """A shop that is open now: its time is the clock's."""
    shop.as_of = "now"
    shop.save()
    put_in_force(at, text)


def meet(name: str, at: datetime, *identities: tuple[str, str]) -> UUID:
    """Somebody new."""
    told = tuple(IdentityFact(kind, value) for kind, value in identities)
    record_customers([CustomerFact(name, name=name.title(), identities=told)], source="web", at=at)
    return Customer.objects.get(source="web", source_id=name).pk


def buy(
    name: str, at: datetime, *, number: str = "1", state: str = "delivered", amount: int = 10_000, **more: Any
) -> None:
    """Tell an order as it is now; told again under its number, it changes."""
    back = amount if state == "refunded" else 0
    fact = OrderFact(
        f"{name}-{number}",
        name,
        more.pop("placed_at", at),
        more.pop("currency", "CNY"),
        state=state,
        lines=(LineFact(1000, amount),),
        refunded_amount=back,
        updated_at=at,
        **more,
    )
    tally = record_orders([fact], source="web", at=at)
    assert not tally.refused, tally.refused
    settle_waiting(at)


def bring(advocate: UUID, friend: UUID, at: datetime, **traces: str) -> ReferralFacts:
    return friend_joined(code_for(advocate, at), friend, traces, at=at)


def look(at: datetime, one: ReferralFacts) -> ReferralFacts:
    """Let the worker look, and the referral as it is then."""
    settle_referrals(at)
    found = referral(one.id)
    assert found is not None
    return found


__all__ = ["PROGRAMME", "REFERRAL", "bring", "buy", "days", "look", "meet", "open_shop", "timedelta"]
