"""Random shops: a programme published, members who buy, return, cancel, do and redeem things, days that end; told to the
database as a shop tells it, in batches, some of it late."""

import json
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import date, datetime, timedelta
from random import Random
from typing import Any, NamedTuple
from uuid import UUID

from regulars.core.declarations import Context, plain
from regulars.core.facts import CustomerFact, Discount, EventFact, LineFact, OrderFact, ReturnedLineFact, ReturnFact
from regulars.core.member import Referred
from regulars.core.naming import operation_id
from regulars.core.programme import Programme
from regulars.customers.queries import ids_by_source
from regulars.flows.decide import settle
from regulars.flows.join import join
from regulars.flows.order_returned import order_returned
from regulars.flows.programme import end_days, settle_waiting
from regulars.flows.record_customers import record_customers
from regulars.flows.record_events import record_events
from regulars.flows.record_orders import record_orders
from regulars.flows.record_products import record_products
from regulars.flows.redeem import Refused, redeem
from regulars.membership import queries as membership
from regulars.membership.actions.publishing import publish
from regulars.orders.actions.returns import ReturnRefused
from tests.core.programmes import GOODS, SHANGHAI, START

SOURCE = "test"
BORN = (None, date(1990, 2, 28), date(1992, 2, 29), date(1980, 1, 20), date(1999, 12, 31))
PAUSES = [timedelta(minutes=minutes) for minutes in (0, 1, 60, 60 * 24, 60 * 24 * 7, 60 * 24 * 40, 60 * 24 * 120)]
# What is told within so many days arrives together.
TOGETHER = timedelta(days=9)
CHANGES = ("deliver", "deliver", "return", "return", "cancel", "reopen", "unpaid", "refund")


class News(NamedTuple):
    """What a shop tells at an instant: an order as it is now, a return, a deed, a wish for a reward ..."""

    at: datetime
    what: str
    fact: Any


def news(random: Random, customer: str, *, quiet: bool) -> Iterator[News]:
    """A customer's life; ``quiet``: nothing but orders, each told once, as it stays."""
    at, orders = START + timedelta(hours=random.randrange(24 * 30)), dict[str, OrderFact]()
    if not quiet and random.random() < 0.3:
        yield News(at, "join", customer)
    for number in range(random.randint(3, 14)):
        at += random.choice(PAUSES) + timedelta(seconds=random.randrange(3_600))
        named = f"{customer}-{number}"
        chance = random.random()
        if quiet or not orders or chance < 0.45:
            late = timedelta(days=random.randint(1, 30)) if not quiet and random.random() < 0.15 else timedelta()
            state = "completed" if quiet else random.choice(["paid", "paid", "completed", "pending"])
            orders[named] = order(random, named, customer, max(START, at - late), state)
            yield News(at, "order", orders[named])
        elif chance < 0.75:
            before = orders[random.choice(sorted(orders))]
            yield from changed(random, orders, before, named, at)
        elif chance < 0.92:
            told = {"verified": random.random() < 0.5, "length": random.randint(1, 20)}
            name = random.choice(["reviewed", "answered", "slept"])
            yield News(at, "deed", EventFact(named, customer, name, at, told))
        else:
            what = random.choice(["refer", "refer", "redeem"])
            yield News(at, what, (customer, random.choice(["advocate", "friend"]), named))


def changed(
    random: Random, orders: dict[str, OrderFact], before: OrderFact, named: str, at: datetime
) -> Iterator[News]:
    """An order becomes something else, or some of it comes back."""
    match random.choice(CHANGES):
        case "return":
            numbers = [str(number + 1) for number in range(len(before.lines or ())) if random.random() < 0.6]
            lines = tuple(
                ReturnedLineFact(number, random.choice([None, None, random.randint(1, 2_000)])) for number in numbers
            )
            yield News(at, "return", ReturnFact(named, before.source_id, at, lines or None))
            return
        case "refund":
            now = replace(before, refunded_amount=random.randint(0, 20_000))
        case what:
            states = {"deliver": "delivered", "cancel": "cancelled", "reopen": "paid", "unpaid": "pending"}
            now = replace(before, state=states[what])
    orders[before.source_id] = now
    yield News(at, "order", now)


def order(random: Random, named: str, customer: str, at: datetime, state: str) -> OrderFact:
    lines = tuple(
        LineFact(
            random.randint(1, 4_000),
            (amount := random.randint(0, 30_000)),
            product=random.choice(GOODS).product,
            discounts=(Discount("coupon", min(500, amount)),) if random.random() < 0.3 else (),
        )
        for _ in range(random.randint(1, 3))
    )
    channel, store = random.choice(["app", "web"]), random.choice(["first", "second"])
    return OrderFact(named, customer, at, "CNY", state=state, channel=channel, store=store, lines=lines)


# ---- telling it --------------------------------------------------------------------------------------------------------


def open_shop(programmes: Iterable[Programme], customers: Iterable[str]) -> None:
    """The shop before its first order, with its programme: each version begins 200 days after the one before."""
    from regulars.core.facts import ProductFact

    people = [
        CustomerFact(
            name,
            country="CN" if number % 2 else "DE",
            tags=("vip",) if number % 3 else (),
            birthday=BORN[number % len(BORN)],
        )
        for number, name in enumerate(customers)
    ]
    record_customers(people, source=SOURCE, at=START)
    sold = [ProductFact(g.product, g.product, g.brand, g.categories, g.seller, tags=g.tags) for g in GOODS if g.product]
    record_products(sold, source=SOURCE, at=START)
    for number, programme in enumerate(programmes):
        text = json.dumps(plain(programme, Context("CNY", SHANGHAI)), ensure_ascii=False)
        since = START + timedelta(days=200 * number)
        publish(text, since=since, note="", zone="Asia/Shanghai", currency="CNY", by="test", at=START)


def live(told: Iterable[News], random: Random) -> datetime:
    """Tell a shop all its news, as time goes by; answers when it ends, a year after the last."""
    at, together = START, list[News]()
    for one in sorted(told, key=lambda one: one.at):
        if together and one.at - together[0].at > TOGETHER:
            at = _tell(together, random)
            together = []
        together.append(one)
    at = _tell(together, random) + timedelta(days=365)
    end_days(at)
    return at


def _tell(together: list[News], random: Random) -> datetime:
    at = together[-1].at
    orders = {one.fact.source_id: one.fact for one in together if one.what == "order"}
    record_orders(list(orders.values()), source=SOURCE, at=at)
    record_events([one.fact for one in together if one.what == "deed"], source=SOURCE, at=at)
    if random.random() < 0.5:
        settle_waiting(at)
    ids = ids_by_source(SOURCE, {one.fact[0] if isinstance(one.fact, tuple) else "" for one in together} - {""})
    for one in together:
        match one.what:
            case "return":
                with suppress(ReturnRefused):  # it has come back before
                    order_returned(one.fact, source=SOURCE, at=at)
            case "join":
                [own] = ids_by_source(SOURCE, [one.fact]).values()
                join(UUID(own), at=one.at)
            case "refer":
                customer, role, named = one.fact
                _refer(UUID(ids[customer]), role, named, at)
            case "redeem":
                with suppress(Refused):  # too few points
                    redeem(UUID(ids[one.fact[0]]), "voucher", key=one.fact[2], at=at)
    settle_waiting(at)
    if random.random() < 0.5:
        end_days(at)
    return at


def _refer(customer: UUID, role: str, named: str, at: datetime) -> None:
    versions = membership.versions()
    assert versions is not None
    event = Referred(operation_id("referral", named, role), at, role)
    settle({customer: [event]}, versions, until=versions.plans[-1].day(at), at=at)
