"""What is known of the two sides of referrals, gathered for ``core.referral.judge``: a dozen queries, however many there are."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from regulars.core.programme import Plan
from regulars.core.referral import Facts, Traces, comparable
from regulars.customers.queries.handles import handles_of, records_of
from regulars.customers.queries.persons import persons
from regulars.membership.queries import referrals as reads
from regulars.membership.queries.referrals import ReferralFacts
from regulars.orders.queries.bought import first_bought, told_at_checkout

# Attributes of orders that say who stands behind them, by the kind of trace they are.
ATTRIBUTES = {"device": "device", "delivery_address": "address", "payment_fingerprint": "payment"}


def facts_of(some: Sequence[ReferralFacts], plan: Plan) -> dict[UUID, Facts]:
    """By referral; where one of the two is nobody any more, it is left out. ``plan`` is the one in force."""
    people = persons(who for one in some for who in (one.advocate_id, one.friend_id))
    pairs = {
        one.id: (people[one.advocate_id].id, people[one.friend_id].id)
        for one in some
        if one.advocate_id in people and one.friend_id in people
    }
    records = records_of(who for pair in pairs.values() for who in pair)
    known, bought = _traces(records), _first_bought(records)
    chains = reads.above(advocate for advocate, _friend in pairs.values())
    days = _days(some, pairs, records, plan)
    friends = {friend for _advocate, friend in pairs.values()}
    rewarded = {records[own] for own in reads.rewarded_for(own for own, who in records.items() if who in friends)}
    terms = plan.programme.referral
    found = {}
    for one in some:
        if one.id not in pairs:
            continue
        advocate, friend = pairs[one.id]
        own = known.get(friend, {})
        found[one.id] = Facts(
            advocate=advocate.hex,
            friend=friend.hex,
            advocate_traces=known.get(advocate, {}),
            friend_traces=own | {kind: own.get(kind, frozenset()) | {digest} for kind, digest in one.traces.items()},
            above=tuple(who.hex for who in chains[advocate]),
            bought_before=friend in bought and bought[friend] < one.at,
            brought_before=friend in rewarded,
            same_day=days[advocate, plan.day(one.at)],
            per_day=terms.per_day if terms else 1,
        )
    return found


def _traces(records: Mapping[UUID, UUID]) -> dict[UUID, Traces]:
    """What customers' handles and orders say of who they are, by customer."""
    told = [
        (records[record], kind, comparable(kind, value) if kind in {"email", "phone"} else reads.trace(kind, value))
        for record, handles in handles_of(records).items()
        for kind, value in handles
        if kind != "account"  # one shop's number says nothing of another's
    ]
    for record, seen in told_at_checkout(records, ATTRIBUTES).items():
        told += [(records[record], ATTRIBUTES[name], reads.trace(ATTRIBUTES[name], text)) for name, text in seen]
    found: dict[UUID, dict[str, frozenset[str]]] = {}
    for customer, kind, value in told:
        own = found.setdefault(customer, {})
        own[kind] = own.get(kind, frozenset()) | {value}
    return dict(found)


def _first_bought(records: Mapping[UUID, UUID]) -> dict[UUID, datetime]:
    found: dict[UUID, datetime] = {}
    for record, at in first_bought(records).items():
        customer = records[record]
        found[customer] = min(at, found.get(customer, at))
    return found


def _days(
    some: Iterable[ReferralFacts], pairs: Mapping[UUID, tuple[UUID, UUID]], records: Mapping[UUID, UUID], plan: Plan
) -> Counter[tuple[UUID, int]]:
    """How many friends advocates brought on which day."""
    times = [one.at for one in some]
    if not times:
        return Counter()
    advocates = {advocate for advocate, _friend in pairs.values()}
    own = [record for record, customer in records.items() if customer in advocates]
    joined = reads.joined_between(own, min(times), max(times))
    return Counter((records[record], plan.day(at)) for record, at in joined)
