"""Members bring friends: codes, friends who join with them, and rewards for both once a friend's order counts.

What a friend did counts when it is kept: an order that comes back before its day counts for nothing, and a later one may.
Rewards that were given stay, whatever comes back afterwards; staff may take them back by hand.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from uuid import UUID

from regulars.core.codes import read
from regulars.core.member import Referred
from regulars.core.naming import operation_id
from regulars.core.programme import Plan, Versions
from regulars.core.programme.document import Referral as Terms
from regulars.core.referral import Action, Bought, Due, due, is_over, judge
from regulars.core.says import Says
from regulars.customers.queries.handles import records_of
from regulars.customers.queries.persons import Person, persons
from regulars.flows.decide import settle
from regulars.flows.redeem import Refused
from regulars.flows.referral_facts import facts_of
from regulars.ledger import refusals
from regulars.membership import queries as membership
from regulars.membership.actions import referrals as writes
from regulars.membership.actions.cards import note_try
from regulars.membership.queries import referrals as reads
from regulars.membership.queries.referrals import EXPIRED, IN_REVIEW, REFUSED, REWARDED, WAITING, ReferralFacts
from regulars.orders.queries.clock import shop_time
from regulars.orders.queries.purchases import NO_GOODS, Told, purchases_of
from regulars.shop import queries as shops
from regulars.shop.actions import record
from regulars.storage.transactions import run_tx
from regulars.web.access import Actor

AT_ONCE = 100


class NotUsable(Refused):
    """Nobody can join with a code, whatever the reason: whoever guesses learns nothing."""

    def __init__(self) -> None:
        super().__init__(
            Says(
                "This code cannot be used. Check the code; after ten tries, wait an hour.",
                "此推荐码无法使用。请核对推荐码；连续尝试十次后，请一小时后再试。",
            )
        )


# ---- codes, and friends who use them -------------------------------------------------------------------------------------


def code_for(customer: UUID, at: datetime) -> str:
    """A customer's own code, made where there is none. Raises Refused for who is nobody."""
    person = _person(customer)
    return run_tx(lambda: reads.code_of(person.id) or writes.make_code(person.id, at=at), finds_its_rows=True)


def friend_joined(code: str, friend: UUID, traces: Mapping[str, str], *, at: datetime) -> ReferralFacts:
    """A friend uses a member's code; used again by the same friend, it is the same referral.

    ``traces`` are what the shop saw: ``device``, ``address``, ``payment``; only digests of them are kept. Raises NotUsable,
    and Refused where the friend was brought by somebody else, or the programme rewards nobody.
    """
    versions, now = membership.versions(), shop_time(shops.require_shop(), at)
    plan = versions.at(now) if versions else None
    if plan is None or plan.programme.referral is None:
        raise Refused(Says("The programme rewards no referrals now.", "会员计划目前没有推荐奖励。"))
    person = _person(friend)
    if before := _joined_before(person, code):
        return before
    if not run_tx(lambda: note_try(f"referral:{person.subject}", at)):
        raise NotUsable
    digests = {kind: reads.trace(kind, value) for kind, value in traces.items() if value}
    return run_tx(lambda: _join(code, person, digests, plan, now), finds_its_rows=True)


def _joined_before(person: Person, code: str) -> ReferralFacts | None:
    before = reads.of_friend(records_of([person.id]))
    if before and read(before.code) != read(code):
        raise Refused(Says("This customer was brought by somebody already.", "该客户此前已通过推荐加入。"))
    return before


def _join(code: str, person: Person, digests: Mapping[str, str], plan: Plan, now: datetime) -> ReferralFacts:
    if before := _joined_before(person, code):
        return before
    owner = reads.owner_of(code)
    advocate = persons([owner]).get(owner) if owner else None
    if advocate is None or advocate.id == person.id:
        raise NotUsable
    day = date.fromordinal(plan.day(now))
    made = writes.join(advocate.id, person.id, reads.code_of(owner or advocate.id), digests, at=now, day=day)
    verdict = judge(facts_of([made], plan)[made.id])
    if verdict.action is Action.REFUSE:
        writes.decide(made.id, REFUSED, verdict.reasons, at=now)
    return _again(made)


# ---- what the worker does --------------------------------------------------------------------------------------------------


def settle_referrals(at: datetime) -> int:
    """Look at the referrals whose day has come: reward both sides, ask the staff, refuse, or wait on. Answers how many."""
    versions, now = membership.versions(), shop_time(shops.require_shop(), at)
    plan = versions.at(now) if versions else None
    seen = 0
    # Without terms nobody is rewarded and nobody's time runs out: what waits is looked at when there are some again.
    while versions and plan and plan.programme.referral:
        some = run_tx(lambda: _settle_some(versions, plan, now, at), finds_its_rows=True)
        seen += some
        if not some:
            break
    return seen


def _settle_some(versions: Versions, plan: Plan, now: datetime, at: datetime) -> int:
    today = plan.day(now)
    some = writes.take(date.fromordinal(today), date.fromordinal(today + 1), AT_ONCE)
    bought = _bought(some, plan)
    counting = []
    for one in some:
        terms = _terms(one, versions, plan)
        found = due(bought[one.id], plan.day(one.at), terms)
        _note(one, found)
        if found is None and is_over(today, plan.day(one.at), terms):
            writes.decide(one.id, EXPIRED, ["no_order"], at=now)
        elif found and found.day is not None and found.day <= today:
            counting.append(one)
    _judge_all(counting, versions, plan, now, at)
    return len(some)


def _judge_all(some: Sequence[ReferralFacts], versions: Versions, plan: Plan, now: datetime, at: datetime) -> None:
    facts, rewarded = facts_of(some, plan), set[str]()
    for one in some:
        if one.id not in facts:
            writes.decide(one.id, REFUSED, ["gone"], at=now)
            continue
        known = facts[one.id]
        # Records that were merged since may both have been brought.
        verdict = judge(replace(known, brought_before=known.brought_before or known.friend in rewarded))
        if verdict.action is not Action.ACCEPT:
            writes.decide(one.id, _STATES[verdict.action], verdict.reasons, at=now)
        elif _reward_or_ask(one, versions, now, at):
            rewarded.add(known.friend)


_STATES = {Action.REVIEW: IN_REVIEW, Action.REFUSE: REFUSED}


def _terms(one: ReferralFacts, versions: Versions, plan: Plan) -> Terms:
    """What was promised when the friend joined; where that version promised nothing, what is promised now."""
    then = versions.at(one.at)
    terms = then.programme.referral if then else None
    terms = terms or plan.programme.referral
    assert terms is not None
    return terms


def _note(one: ReferralFacts, found: Due | None) -> None:
    order, day = (found.order, found.day) if found else (None, None)
    if (order, day) != (one.order_id and one.order_id.hex, one.due and one.due.toordinal()):
        writes.note_order(one.id, order, day)


def _bought(some: Sequence[ReferralFacts], plan: Plan) -> dict[UUID, list[Bought]]:
    """What the friends ordered since they joined, by referral."""
    if not some:
        return {}
    people = persons(one.friend_id for one in some)
    records = records_of(person.id for person in people.values())
    told: dict[UUID, list[Told]] = {}
    for one in purchases_of(records, min(one.at for one in some), lambda products: dict.fromkeys(products, NO_GOODS)):
        told.setdefault(records[one.customer], []).append(one)
    return {
        one.id: [
            _order(order, plan)
            for order in told.get(people[one.friend_id].id if one.friend_id in people else one.friend_id, ())
            if order.purchase.currency == plan.currency
        ]
        for one in some
    }


def _order(told: Told, plan: Plan) -> Bought:
    purchase = told.purchase
    delivered = plan.day(purchase.delivered_at) if purchase.delivered_at else None
    return Bought(purchase.id, plan.day(told.placed_at), sum(line.amount for line in purchase.lines), delivered)


def _reward_or_ask(one: ReferralFacts, versions: Versions, now: datetime, at: datetime) -> bool:
    try:
        _reward(one, versions, (), now, at)
    except refusals.Closed:
        writes.decide(one.id, IN_REVIEW, ["closed"], at=now)
        return False
    return True


def _reward(
    one: ReferralFacts,
    versions: Versions,
    reasons: Sequence[str],
    now: datetime,
    at: datetime,
    by: str = "",
    note: str = "",
) -> None:
    """What both get, together or not at all. Raises the ledger's Closed."""
    people = persons([one.advocate_id, one.friend_id])
    brought = people[one.friend_id].id.hex
    happened = {
        people[who].id: [
            Referred(operation_id("referral", brought, role), now, role, one.id.hex)
        ]  # a friend is brought once
        for who, role in ((one.advocate_id, "advocate"), (one.friend_id, "friend"))
    }

    def verb() -> None:
        settle(happened, versions, until=versions.plans[-1].day(now), at=at)
        writes.decide(one.id, REWARDED, reasons, at=now, by=by, note=note)

    run_tx(verb)


# ---- what staff does -------------------------------------------------------------------------------------------------------


def accept(identifier: UUID, *, by: Actor, at: datetime, note: str = "") -> ReferralFacts:
    """Reward both sides of a referral that is in review. Accepted before: as it is. Raises Refused and LookupError."""

    def verb() -> ReferralFacts:
        one, versions, now = _in_review(identifier), membership.versions(), shop_time(shops.require_shop(), at)
        if one.state == REWARDED:
            return one
        if one.state != IN_REVIEW:
            raise Refused(Says("Only what is to be reviewed can be accepted.", "只能通过待审核的推荐。"))
        plan = versions.at(now) if versions else None
        if versions is None or plan is None or plan.programme.referral is None:
            raise Refused(Says("The programme rewards no referrals now.", "会员计划目前没有推荐奖励。"))
        _check_kept(one, versions, plan, plan.day(now))
        try:
            _reward(one, versions, one.reasons, now, at, by.name or by.subject, note)
        except refusals.Closed as closed:
            words = Says(
                "An account of one of the two is closed. Open it again first.",
                "其中一方的积分账户已关闭，请先重新开启。",
            )
            raise Refused(words) from closed
        record(by, "referral.accepted", str(one.id), {"reasons": one.reasons, "note": note}, at=at)
        return _again(one)

    return run_tx(verb)


def refuse(identifier: UUID, *, by: Actor, at: datetime, note: str = "") -> ReferralFacts:
    """Reward nobody for a referral that waits or is in review. Refused before: as it is. Raises Refused and LookupError."""

    def verb() -> ReferralFacts:
        one, now = _in_review(identifier), shop_time(shops.require_shop(), at)
        if one.state == REFUSED:
            return one
        if one.state not in {WAITING, IN_REVIEW}:
            raise Refused(Says("This referral is settled already.", "该推荐已处理完毕。"))
        writes.decide(one.id, REFUSED, [*one.reasons, "staff"], at=now, by=by.name or by.subject, note=note)
        record(by, "referral.refused", str(one.id), {"reasons": one.reasons, "note": note}, at=at)
        return _again(one)

    return run_tx(verb)


def _check_kept(one: ReferralFacts, versions: Versions, plan: Plan, today: int) -> None:
    people = persons([one.advocate_id, one.friend_id])
    if len({person.id for person in people.values()}) < 2:
        raise Refused(Says("These are no longer two customers on record.", "双方已不是两位有档案的客户。"))
    found = due(_bought([one], plan)[one.id], plan.day(one.at), _terms(one, versions, plan))
    if found is None or found.day is None or found.day > today:
        raise Refused(Says("The friend has kept no order that counts.", "好友目前没有保留下来的有效订单。"))


def _in_review(identifier: UUID) -> ReferralFacts:
    if (found := writes.lock(identifier)) is None:
        raise LookupError(identifier)
    return found


def _again(one: ReferralFacts) -> ReferralFacts:
    found = reads.referral(one.id)
    assert found is not None
    return found


def _person(customer: UUID) -> Person:
    if (found := persons([customer]).get(customer)) is None:
        raise Refused(Says("Choose a customer with a record of their own.", "请选择有档案的客户。"))
    return found
