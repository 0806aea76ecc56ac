"""A reward for points: set aside, confirmed, handed over, or cancelled. Points, stock and limits move together or not at all."""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from uuid import UUID

from regulars.core.naming import operation_id
from regulars.core.programme import Plan, Versions
from regulars.core.programme.document import Reward
from regulars.core.rewards import AT_ONCE, Offered, good_until
from regulars.core.says import Says
from regulars.customers.queries.persons import Person, persons
from regulars.flows.decide import settle
from regulars.ledger import refusals
from regulars.ledger.actions import commit
from regulars.ledger.facts import Capture, Hold, Leg, Message, Operation, Release, world
from regulars.ledger.queries import receipts
from regulars.membership import queries as membership
from regulars.membership.actions import claims, codes
from regulars.membership.actions.issuing import issue
from regulars.membership.actions.looking import look_again
from regulars.membership.queries import claims as reads
from regulars.membership.queries import members, offers
from regulars.membership.queries.claims import CANCELLED, CONFIRMED, FULFILLED, HELD, ClaimFacts
from regulars.membership.queries.members import Known
from regulars.membership.queries.wallets import purse_of
from regulars.orders.queries.clock import shop_time
from regulars.shop import queries as shops
from regulars.storage.transactions import Overtaken, lock_name, run_tx

HELD_FOR = timedelta(minutes=15)


class Refused(ValueError):
    """Why a claim is not done as asked, and how to mend it: a sentence in both languages. Nothing was changed."""

    def __init__(self, says: Says) -> None:
        self.says = says
        super().__init__(says.en)


class KeyReused(ValueError):
    """The key named another claim before."""


@dataclass(frozen=True, slots=True)
class Desk:
    """A member who asks for something: under which programme, when (``now`` in the shop, ``at`` on the clock)."""

    person: Person
    known: Known
    plan: Plan
    versions: Versions
    now: datetime
    at: datetime

    @property
    def today(self) -> int:
        return self.plan.day(self.now)


def in_force(at: datetime) -> Plan | None:
    """The version that is in force in the shop, if any is."""
    versions = membership.versions()
    return versions.at(_now(at)) if versions else None


def desk(customer: UUID, at: datetime, *, lock: bool = False) -> Desk:
    """A customer (of a merged record, the survivor) as the programme sees them. Raises Refused where it does not.

    ``lock``: in the caller's transaction; what the clock owes the member is done first, and nobody else's turn comes.
    """
    versions, now = membership.versions(), shop_time(shops.require_shop(), at)
    plan = versions.at(now) if versions else None
    if versions is None or plan is None:
        raise Refused(Says("No programme is in force. Publish one first.", "没有生效的会员计划，请先发布。"))
    person = persons([customer]).get(customer)
    if person is None:
        raise Refused(
            Says(
                "This is nobody the programme knows. Choose a customer with a record of their own.",
                "会员计划中没有这个人，请选择有档案的顾客。",
            )
        )
    today = plan.day(now)
    if lock:
        settle({person.id: []}, versions, until=today, at=at)
    known = members.load([person], plan, {person.id: date.fromordinal(today)}, lock=lock)[person.id]
    return Desk(person, known, plan, versions, now, at)


def catalogue(customer: UUID, at: datetime) -> tuple[Desk, list[Offered]]:
    """What a member can have now, at which price, and why not the rest. Raises Refused."""
    here = desk(customer, at)
    return here, offers.offers(here.known.member, here.plan, here.now, here.plan.programme.rewards)


def redeem(
    customer: UUID, reward: str, *, key: str, at: datetime, hold_only: bool = False, order: str = "", by: str = ""
) -> ClaimFacts:
    """Give a member a reward for points; ``hold_only``: set points and stock aside until ``confirm``, for ``HELD_FOR``.

    ``key`` names the request: sent again, it gets the same claim. Raises Refused, and KeyReused for another one.
    """
    named = UUID(operation_id("claim_of", key))
    return run_tx(lambda: _redeem(named, customer, reward, order, at, hold_only, by), finds_its_rows=True)


def _redeem(named: UUID, customer: UUID, reward: str, order: str, at: datetime, hold_only: bool, by: str) -> ClaimFacts:
    lock_name(f"claim:{named}")  # the same request at once waits for the first one's answer
    before = reads.claim(named)
    here = desk(customer, at, lock=before is None)
    if before:
        whose = persons([before.customer_id]).get(before.customer_id)
        if (whose, before.reward, before.order) != (here.person, reward, order):
            raise KeyReused
        return before
    told = here.plan.programme.reward(reward)
    offer = _offer(here, told)
    until = good_until(offer.reward, here.plan, here.today)
    claim = ClaimFacts(
        named, here.person.id, reward, offer.reward.gives.value, here.plan.version, reads.REDEEMED, offer.unit, offer.price,
        HELD, order, until, at, None, at + HELD_FOR, "", "",
    )  # fmt: skip
    claims.make(claim)
    _set_aside(claim, offer, here, by)
    return claim if hold_only else _confirm(claim, here.plan, here.now, at, by)


def _offer(here: Desk, reward: Reward | None) -> Offered:
    found = offers.offers(here.known.member, here.plan, here.now, [reward]) if reward else []
    if not found:
        raise Refused(
            Says(
                "The programme has no such reward for points. Choose one from the catalogue.",
                "会员计划中没有这个可兑换的奖品，请从目录中选择。",
            )
        )
    if refusal := found[0].refusal:
        raise Refused(refusal)
    return found[0]


def _set_aside(claim: ClaimFacts, offer: Offered, here: Desk, by: str) -> None:
    """Raises Overtaken where somebody was quicker since the look at it: a rerun sees what they left."""
    reward, until, subject = offer.reward, claim.at + HELD_FOR, here.person.subject
    purse = purse_of(here.plan, offer.unit, subject)
    legs: list[Leg] = [Hold(purse, world(purse.unit, "redeemed"), offer.price, until)]
    piece = world("pieces", "redeemed")
    if reward.stock is not None:
        legs.append(Hold(offers.stock_of(here.plan, reward), piece, 1, until, granted=reward.stock))
    if reward.limit:
        limit = offers.limit_of(here.plan, reward, here.now, subject)
        legs.append(Hold(limit, piece, 1, until, granted=reward.limit.amount))
    try:
        commit(Operation(_named("held", claim), here.now, legs, "redeemed", by, about(claim)))
    except refusals.Insufficient as short:
        raise Overtaken from short
    except refusals.Closed as closed:
        raise _closed() from closed
    if reward.gives.value == "codes" and not codes.take(reward.id, claim.id):
        raise Overtaken


def confirm(identifier: UUID, *, at: datetime, by: str = "") -> ClaimFacts:
    """Take what is set aside, and hand over at once what can be. Confirmed before: the claim as it is. Raises Refused."""

    def verb() -> ClaimFacts:
        claim = _locked(identifier)
        if claim.state in {CONFIRMED, FULFILLED}:
            return claim
        if claim.state == CANCELLED:
            raise Refused(Says("The claim was cancelled. Redeem anew.", "该兑换已取消，请重新兑换。"))
        if claim.held_until and at >= claim.held_until:
            raise _too_late()
        versions = membership.versions()
        assert versions is not None
        return _confirm(claim, versions.numbered(claim.version), _now(at), at, by)

    return run_tx(verb)


def _confirm(claim: ClaimFacts, plan: Plan, now: datetime, at: datetime, by: str) -> ClaimFacts:
    legs = [Capture(hold) for hold in receipts.holds(_named("held", claim))]
    try:
        commit(
            Operation(
                _named("confirmed", claim), now, legs, "redeemed", by, about(claim), messages=_messages(claim, at)
            )
        )
    except refusals.HoldOver as over:
        raise _too_late() from over
    except refusals.Closed as closed:
        raise _closed() from closed
    claims.settle(claim.id, CONFIRMED, at=None, by=by)
    _hand_over(replace(claim, state=CONFIRMED), plan, now, at)
    return _again(claim)


def _hand_over(claim: ClaimFacts, plan: Plan, now: datetime, at: datetime) -> bool:
    reward = plan.programme.reward(claim.reward)
    person = persons([claim.customer_id]).get(claim.customer_id)
    return bool(reward and person and issue(claim, reward, plan, person.subject, at=at, now=now))


def fulfil(identifier: UUID, *, by: str, at: datetime, note: str = "") -> ClaimFacts:
    """Note that a confirmed claim was handed over, sent or done. Raises Refused."""

    def verb() -> ClaimFacts:
        claim = _locked(identifier)
        if claim.state == FULFILLED:
            return claim
        if claim.state != CONFIRMED:
            raise Refused(
                Says(
                    "Only what is confirmed can be fulfilled. Confirm it, or redeem anew.",
                    "只有已确认的兑换才能发放，请先确认或重新兑换。",
                )
            )
        versions = membership.versions()
        assert versions is not None
        if claim.gives in AT_ONCE and not _hand_over(claim, versions.numbered(claim.version), _now(at), at):
            raise Refused(Says("No code is left. Import more codes first.", "兑换码已用完，请先导入。"))
        claims.settle(identifier, FULFILLED, at=at, by=by, note=note)
        return _again(claim)

    return run_tx(verb)


def lapse(at: datetime) -> int:
    """Cancel what was set aside and not confirmed in time; answers how many. The worker's look."""
    gone = 0
    while overdue := reads.overdue(at, 200):
        gone += run_tx(lambda batch=overdue: sum(_lapse(one, at) for one in batch))  # type: ignore[misc]
    return gone


def _lapse(identifier: UUID, at: datetime) -> bool:
    claim = _locked(identifier)
    if claim.state != HELD or claim.held_until is None or at < claim.held_until:
        return False
    release(claim, at=at, by="", note="")
    return True


def release(claim: ClaimFacts, *, at: datetime, by: str, note: str) -> None:
    """Give back what is set aside for a claim, in the caller's transaction; what timed out was given back already."""
    now = _now(at)
    for place, hold in enumerate(receipts.holds(_named("held", claim))):
        try:
            commit(
                Operation(_named(f"released:{place}", claim), now, [Release(hold)], "claim.cancelled", by, about(claim))
            )
        except refusals.HoldOver as over:
            if over.why != "settled":
                raise
    codes.give_back(claim.id)
    claims.settle(claim.id, CANCELLED, at=at, by=by, note=note)
    if (versions := membership.versions()) is not None:
        look_again([claim.customer_id], versions.plans[-1].day(now))


def about(claim: ClaimFacts) -> str:
    """What entries of the ledger say they are about."""
    return f"claim:{claim.id.hex}"


def captured_by(claim: ClaimFacts) -> str:
    """The operation that took what a claim had set aside."""
    return _named("confirmed", claim)


def _named(what: str, claim: ClaimFacts) -> str:
    return operation_id("claim", what, claim.id.hex)


def _locked(identifier: UUID) -> ClaimFacts:
    if (found := claims.lock(identifier)) is None:
        raise LookupError(identifier)
    return found


def _again(claim: ClaimFacts) -> ClaimFacts:
    found = reads.claim(claim.id)
    assert found is not None
    return found


def _now(at: datetime) -> datetime:
    return shop_time(shops.require_shop(), at)


def _messages(claim: ClaimFacts, at: datetime) -> list[Message]:
    whose = {
        "customer_id": str(claim.customer_id),
        "at": at.isoformat(),
        "about": about(claim),
        "claim_id": str(claim.id),
    }
    spent = {**whose, "unit": claim.unit, "amount": claim.price, "for": claim.reward}
    return [
        Message("Points Redeemed", spent),
        Message("Reward Claimed", {**whose, "reward": claim.reward, "why": claim.why}),
    ]


def _too_late() -> Refused:
    return Refused(Says("The time to confirm was over. Redeem anew.", "已超过确认时限，请重新兑换。"))


def _closed() -> Refused:
    return Refused(
        Says("The member's points are closed. Open the account again first.", "该会员的积分账户已关闭，请先重新开启。")
    )
