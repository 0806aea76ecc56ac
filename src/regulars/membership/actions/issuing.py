"""What a claim is answered with at once: store credit, a gift card, a coupon's code, a code out of a pool.

In the caller's transaction; done once, whoever tries again.
"""

import secrets
from datetime import datetime

from regulars.core.codes import CODE_BYTES, written
from regulars.core.naming import operation_id
from regulars.core.programme import Plan
from regulars.core.programme.document import Reward, RewardKind
from regulars.core.rewards import AT_ONCE
from regulars.ledger.actions import commit
from regulars.ledger.facts import FOREVER, Account, Operation, Post, world
from regulars.membership.actions import cards, claims, codes
from regulars.membership.queries.claims import FULFILLED, ClaimFacts


def credit_of(currency: str, subject: str) -> Account:
    """A customer's store credit: money the shop owes, to spend on orders."""
    return Account("credit", currency, "", subject)


def issue(claim: ClaimFacts, reward: Reward, plan: Plan, subject: str, *, at: datetime, now: datetime) -> bool:
    """Hand over what a confirmed claim stands for; False where that takes somebody's hands, or a code that is missing.

    ``now`` is what time it is in the shop, ``at`` what time it is.
    """
    code = None
    match reward.gives:
        case RewardKind.CREDIT:
            _credit(claim, reward.worth, credit_of(plan.currency, subject), now)
        case RewardKind.GIFT_CARD:
            cards.issue(claim.id, reward.worth, plan.currency, claim.valid_until, at=now)
        case RewardKind.COUPON:
            code = written(secrets.token_bytes(CODE_BYTES))
        case RewardKind.CODES:
            if not codes.take(reward.id, claim.id):
                return False
    if reward.gives not in AT_ONCE:
        return False
    claims.settle(claim.id, FULFILLED, at=at, code=code)
    return True


def issued_by(claim: ClaimFacts) -> str:
    """The operation that credited a claim."""
    return operation_id("claim_issued", claim.id.hex)


def _credit(claim: ClaimFacts, worth: int, credit: Account, now: datetime) -> None:
    leg = Post(world(credit.unit, "issued"), credit, worth, expires_at=claim.valid_until or FOREVER)
    commit(Operation(issued_by(claim), now, [leg], "reward", about=f"claim:{claim.id.hex}"))
