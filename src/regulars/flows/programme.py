"""Publishing the programme, and letting it decide: over the history that a shop starts with, over orders as they come, at the
end of days. All of it may be stopped at any moment and goes on where it stopped."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from regulars.catalog.queries.goods import Shelf, goods
from regulars.core.member import Event
from regulars.core.programme import Versions
from regulars.customers.queries.deeds import deeds
from regulars.flows.decide import settle
from regulars.flows.give_back import give_back
from regulars.membership import queries as membership
from regulars.membership.actions import backfilling, publishing, referrals, waiting
from regulars.membership.queries import members
from regulars.orders.queries import purchases
from regulars.orders.queries.clock import shop_time
from regulars.orders.queries.purchases import Told
from regulars.shop import queries as shops
from regulars.shop.actions import record
from regulars.storage.bulk import collecting_rarely
from regulars.storage.transactions import lock_name, run_tx
from regulars.web.access import Actor

Progress = Callable[[int, int, str], None]
# Customers in a transaction: enough to share its cost, few enough that others get their turn soon.
BUYERS_AT_ONCE = 100
WAITING_AT_ONCE = 200
DUE_AT_ONCE = 2_000


@dataclass(frozen=True, slots=True)
class Settled:
    """How many members, orders and deeds were gone through, and how many outcomes that had."""

    members: int = 0
    orders: int = 0
    outcomes: int = 0

    def __add__(self, other: "Settled") -> "Settled":
        return Settled(self.members + other.members, self.orders + other.orders, self.outcomes + other.outcomes)


def quiet(done: int, total: int, text: str) -> None:
    """Progress that nobody watches."""


def backfill(at: datetime, progress: Progress = quiet) -> Settled:
    """Go through the orders since the first version came into force, member by member, as if each had arrived live.

    Goes on where an earlier run stopped; nobody is told of what is history. Nothing to do once it has ended.
    """
    versions = membership.versions()
    run = backfilling.begin(purchases.count_of_buyers(), at=at) if versions else None
    if versions is None or run is None:
        return Settled()
    told, shelf = Settled(), Shelf()
    with collecting_rarely():
        while backfilling.last() != backfilling.ENDED:
            told += run_tx(lambda: _backfill_some(versions, shelf, at))
            progress(*backfilling.progress(), "members")
    return told


def _backfill_some(versions: Versions, shelf: Shelf, at: datetime) -> Settled:
    lock_name("membership:backfill")  # of two workers the second goes on where the first has come to
    last = backfilling.last()
    if last == backfilling.ENDED:
        return Settled()
    buyers = purchases.buyers_after(last, BUYERS_AT_ONCE)
    if not buyers:
        backfilling.end(at=at)
        return Settled()
    first = versions.plans[0].since
    told = purchases.purchases_of(buyers, first, shelf) if first else []
    outcomes = settle(_by_customer(told), versions, until=_today(versions, at), at=at, quiet=True)
    backfilling.advance(buyers[-1], members=len(buyers), orders=len(told))
    return Settled(len(buyers), len(told), outcomes)


def settle_waiting(at: datetime) -> Settled:
    """Decide for the orders that changed and the deeds that were told, in the order they came in, until none waits."""
    versions, told = membership.versions(), Settled()
    while versions and (some := run_tx(lambda: _settle_some(versions, at))).orders:
        told += some
    return told


def _settle_some(versions: Versions, at: datetime) -> Settled:
    waits = waiting.take(WAITING_AT_ONCE)
    bought = purchases.purchases([one.id for one in waits if one.what == waiting.ORDER], goods)
    give_back(bought, at=at)
    told = _by_customer(bought)
    for customer, done in deeds([one.id for one in waits if one.what == waiting.DEED]).items():
        told.setdefault(customer, []).extend(done)
    today = _today(versions, at)
    outcomes = settle(told, versions, until=today, at=at)
    referrals.look_again(told, date.fromordinal(today))
    return Settled(len({one.customer for one in waits}), len(waits), outcomes)


def end_days(at: datetime, *, until: int | None = None, progress: Progress = quiet) -> Settled:
    """Bring what the clock owes members, day by day, up to today in the shop, or the day ``until`` (ordinal)."""
    versions = membership.versions()
    if versions is None:
        return Settled()
    today, told = until or _today(versions, at), Settled()
    with collecting_rarely():
        while some := members.due(today, DUE_AT_ONCE):
            told += run_tx(lambda batch=some: _end_some(batch, versions, today, at))  # type: ignore[misc]
            progress(told.members, told.members, "members")
    return told


def _end_some(batch: list[UUID], versions: Versions, today: int, at: datetime) -> Settled:
    nothing: dict[UUID, list[Told | Event]] = {customer: [] for customer in batch}
    return Settled(len(batch), 0, settle(nothing, versions, until=today, at=at))


def _today(versions: Versions, at: datetime) -> int:
    """The day in the shop: what ended before it has ended."""
    return versions.plans[-1].day(shop_time(shops.require_shop(), at))


def _by_customer(told: list[Told]) -> dict[UUID, list[Told | Event]]:
    own: dict[UUID, list[Told | Event]] = {}
    for one in told:
        own.setdefault(one.customer, []).append(one)
    return own


def put_in_force(
    text: str, *, since: datetime, note: str = "", by: Actor, at: datetime, numbered: int | None = None
) -> int:
    """Publish a programme from ``since`` on; answers the version's number. The first one's history is gone through soon.

    Raises Faulty and ``membership.actions.publishing.Refused``.
    """
    shop = shops.require_shop()

    def verb() -> int:
        number = publishing.publish(
            text,
            since=since,
            note=note,
            zone=shop.zone,
            currency=shop.currency,
            by=by.subject,
            at=at,
            numbered=numbered,
        )
        told = {"version": str(number), "since": since.isoformat(), "note": note}
        record(by, "programme.published", f"version {number}", told, at=at)
        return number

    return run_tx(verb)


def withdraw(number: int, *, by: Actor, at: datetime) -> None:
    """Take back the newest version before it begins. Raises ``membership.actions.publishing.Refused``, and LookupError."""

    def verb() -> None:
        lock_name("membership:backfill")
        publishing.withdraw(number, at=at)
        record(by, "programme.withdrawn", f"version {number}", {"version": str(number)}, at=at)

    run_tx(verb)
