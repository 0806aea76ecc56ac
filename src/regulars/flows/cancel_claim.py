"""Undoing a claim: what was set aside is free again, what was paid comes back as the lots it was, what was given goes back."""

from datetime import datetime
from uuid import UUID

from regulars.core.member import Lot, Restored
from regulars.core.money import to_decimal
from regulars.core.naming import operation_id, within
from regulars.core.programme import decide
from regulars.core.programme.document import RewardKind
from regulars.core.says import Says
from regulars.flows.redeem import Desk, Refused, about, captured_by, desk, release
from regulars.ledger import refusals
from regulars.ledger.actions import commit
from regulars.ledger.facts import LEGS_MAX, Kind, Message, Operation, Posting, Reverse
from regulars.ledger.queries import receipts
from regulars.ledger.queries.lots import lots_of
from regulars.membership.actions import cards as card_actions
from regulars.membership.actions import claims, deciding
from regulars.membership.actions.deciding import Decided
from regulars.membership.actions.issuing import issued_by
from regulars.membership.queries import cards
from regulars.membership.queries import claims as reads
from regulars.membership.queries.claims import CANCELLED, FULFILLED, HELD, REDEEMED, ClaimFacts
from regulars.storage.transactions import run_tx


def cancel(identifier: UUID, *, at: datetime, by: str, note: str = "", unused: bool = False) -> ClaimFacts:
    """Cancel a claim in whatever state it is. Cancelled before: the claim as it is.

    ``unused``: whoever asks has seen that the coupon was not used, and voids it where it would be. Raises Refused where what
    was given cannot be taken back, and LookupError.
    """

    def verb() -> ClaimFacts:
        claim = claims.lock(identifier)
        if claim is None:
            raise LookupError(identifier)
        if claim.state == CANCELLED:
            return claim
        if claim.state == HELD:
            release(claim, at=at, by=by, note=note)
        else:
            here = desk(claim.customer_id, at, lock=True)
            _take_back(claim, here, by, unused)
            if claim.why == REDEEMED:
                _pay_back(claim, here, by)
            claims.settle(identifier, CANCELLED, at=at, by=by, note=note)
            _tell(claim, here, by)
        found = reads.claim(identifier)
        assert found is not None
        return found

    return run_tx(verb)


def _tell(claim: ClaimFacts, here: Desk, by: str) -> None:
    """What was given is withdrawn: whoever keeps its code (which the claim goes on to show) must void it."""
    told = {
        "customer_id": str(claim.customer_id), "at": here.at.isoformat(), "about": about(claim), "claim_id": str(claim.id),
        "reward": claim.reward, "why": claim.why, "gives": claim.gives,
    }  # fmt: skip
    named = operation_id("claim", "cancelled", claim.id.hex)
    messages = [Message("Reward Cancelled", told)]
    commit(Operation(named, here.now, [], "claim.cancelled", by, about(claim), messages=messages))


def _take_back(claim: ClaimFacts, here: Desk, by: str, unused: bool) -> None:
    """Take back what was handed over at once; goods and services come back by hand, if at all."""
    if claim.state != FULFILLED:
        return
    match claim.gives:
        case RewardKind.CODES:
            raise Refused(
                Says(
                    "The member has the code, and nobody can take it back. Make it up with an adjustment instead.",
                    "兑换码已发给会员，无法收回。如需补偿，请改用手工调整。",
                )
            )
        case RewardKind.COUPON if not unused:
            raise Refused(
                Says(
                    "The member has the coupon's code. See that it was not used, void it in the shop, and confirm that here.",
                    "优惠券码已发给会员。请先确认该券未使用并在商城中作废，再确认取消。",
                )
            )
        case RewardKind.CREDIT:
            _reverse_credit(claim, here, by)
        case RewardKind.GIFT_CARD:
            _reverse_card(claim, here, by)


def _reverse_credit(claim: ClaimFacts, here: Desk, by: str) -> None:
    done = receipts.postings(issued_by(claim))
    try:
        _reverse(done, "credit", claim, here, by)
    except refusals.Insufficient as short:
        raise _spent(Says("store credit", "购物金"), short.left, done[0].amount, here.plan.currency) from short


def _reverse_card(claim: ClaimFacts, here: Desk, by: str) -> None:
    card = cards.card(reads.card_of(claim.id) or UUID(int=0))
    assert card is not None, f"claim {claim.id} was answered with a gift card"
    done = receipts.postings(card_actions.loaded_by(card))
    try:
        _reverse(done, "card", claim, here, by)
    except refusals.Insufficient as short:
        raise _spent(Says("gift card", "礼品卡"), short.left, card.value, card.currency) from short
    card_actions.block(card, by=by, at=here.now)


def _pay_back(claim: ClaimFacts, here: Desk, by: str) -> None:
    """Give points, stock and limit back; what comes back repays what the member owes first, as the rules say."""
    taken = [posting for posting in receipts.postings(captured_by(claim)) if posting.kind == Kind.CAPTURE]
    try:
        _reverse(taken, "paid_back", claim, here, by)
    except refusals.Closed as closed:
        raise Refused(
            Says(
                "The member's points are closed. Open the account again first.",
                "该会员的积分账户已关闭，请先重新开启。",
            )
        ) from closed
    own = [posting for posting in taken if posting.from_lot_id]
    terms = {lot.id: lot for lots in lots_of({posting.debit_id for posting in own}).values() for lot in lots}
    back = tuple(
        Lot(lot.id, claim.unit, posting.amount, lot.active_at, lot.expires_at)
        for posting in own
        if (lot := terms.get(posting.from_lot_id or ""))
    )
    event = Restored(operation_id("claim", "restored", claim.id.hex), here.now, back)
    outcome = decide(here.known.member, event, here.plan)
    deciding.write([here.known], [Decided(here.person, event, outcome, here.plan)], here.plan, at=here.at)


def _reverse(done: list[Posting], what: str, claim: ClaimFacts, here: Desk, by: str) -> None:
    """Undo postings, in as many operations as it takes."""
    named = operation_id("claim", what, claim.id.hex)
    for begin in range(0, len(done), LEGS_MAX):
        legs = [Reverse(posting.id) for posting in done[begin : begin + LEGS_MAX]]
        part = within(named, f"part:{begin}") if begin else named
        commit(Operation(part, here.now, legs, "claim.cancelled", by, about(claim)))


def _spent(what: Says, left: int, of: int, currency: str) -> Refused:
    words = Says(
        "Of the {what} {left} of {of} {currency} is left: it was spent. Take the points back with an adjustment instead.",
        "{what}已被使用，{of} {currency} 仅剩 {left}，无法取消。如需处理，请改用手工调整。",
    )
    return Refused(
        words.filled(what=what, left=to_decimal(left, currency), of=to_decimal(of, currency), currency=currency)
    )
