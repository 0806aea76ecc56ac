"""A member with a history in the ledger, made by the real commit: everything that a statement has to put in words."""

from datetime import UTC, datetime, timedelta

from regulars.core.naming import operation_id
from regulars.customers.queries.subjects import subject_key_of
from regulars.ledger.actions import commit
from regulars.ledger.facts import (
    Account,
    Activate,
    Capture,
    Expire,
    Hold,
    Leg,
    Operation,
    Post,
    Receipt,
    Release,
    Reverse,
    hold_id,
    world,
)

BEGIN = datetime(2026, 2, 3, 2, 30, tzinfo=UTC)


def points_of(customer) -> Account:
    return Account("points", "points", "club", subject_key_of(customer) or "")


def do(name: str, day: int, *legs: Leg, reason: str, about: str = "", actor: str = "") -> Receipt:
    return commit(Operation(operation_id("history", name), BEGIN + timedelta(days=day), legs, reason, actor, about))


def tell(customer, *, orders: list[str], actor: str = "") -> Account:
    """Points earned, waiting, held, spent, given back, expired and taken back; store credit with a top-up and a purchase."""
    own, issued, redeemed = points_of(customer), world("points", "issued"), world("points", "redeemed")
    credit = Account("credit", "CNY", "", own.subject)
    year = timedelta(days=365)

    def about(place: int) -> str:
        return f"order:{orders[place % len(orders)]}"

    def earn(name: str, day: int, amount: int, place: int, wait: int = 0) -> Receipt:
        at = BEGIN + timedelta(days=day)
        leg = Post(issued, own, amount, at + timedelta(days=wait), at + year)
        return do(name, day, leg, reason="order.completed", about=about(place), actor=actor)

    do("welcome", 0, Post(issued, own, 50, expires_at=BEGIN + timedelta(days=60)), reason="welcome")
    earn("first", 5, 120, 0)
    earn("second", 40, 260, 1)
    spent = do("spent", 55, Post(own, redeemed, 90), reason="spent", about=about(2), actor=actor)
    [lot] = [
        p.to_lot_id
        for p in do(
            "gift", 70, Post(issued, own, 30, expires_at=BEGIN + timedelta(days=100)), reason="birthday"
        ).postings
    ]
    do("returned", 75, *(Reverse(p.id) for p in spent.postings), reason="order.returned", about=about(2))
    do("expiry", 130, Expire(lot or ""), reason="expired")
    do(
        "reserve",
        140,
        Hold(own, redeemed, 80, BEGIN + timedelta(days=141)),
        reason="checkout",
        about=about(3),
        actor=actor,
    )
    do(
        "pay",
        140,
        Capture(hold_id(operation_id("history", "reserve"), 0), 60),
        reason="paid",
        about=about(3),
        actor=actor,
    )
    do("free", 141, Release(hold_id(operation_id("history", "reserve"), 0)), reason="timed_out", about=about(3))
    waiting = earn("third", 200, 400, 3, wait=30)
    do("confirmed", 214, Activate(waiting.postings[0].to_lot_id or ""), reason="activated", about=about(3))
    do(
        "basket",
        280,
        Hold(own, redeemed, 100, BEGIN + timedelta(days=400)),
        reason="checkout",
        about=about(4),
        actor=actor,
    )
    earn("fourth", 285, 75, 4, wait=14)
    do("paid in", 20, Post(world("CNY", "sold"), credit, 20_000), reason="topped_up")
    do("bought", 60, Post(credit, world("CNY", "redeemed"), 7_990), reason="spent", about=about(2))
    return own
