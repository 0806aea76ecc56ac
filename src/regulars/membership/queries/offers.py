"""The catalogue of rewards as one member sees it: prices, what they can have now, and why not the rest."""

from collections.abc import Sequence
from datetime import datetime

from regulars.core.member import Member
from regulars.core.programme import Plan
from regulars.core.programme.document import Reward, RewardKind
from regulars.core.rewards import Offered, offered
from regulars.ledger.facts import Account
from regulars.ledger.queries import receipts
from regulars.membership.queries import claims


def stock_of(plan: Plan, reward: Reward) -> Account:
    """The account of how many of a reward are left."""
    return Account("stock", "pieces", f"{plan.programme.id}:{reward.id}")


def limit_of(plan: Plan, reward: Reward, at: datetime, subject: str) -> Account:
    """The account of how many of a limited reward a member may still have in the period of an instant."""
    assert reward.limit is not None
    since = plan.period_begins(reward.limit.per, plan.day(at))
    return Account("limit", "pieces", f"{plan.programme.id}:{reward.id}:{since}", subject)


def stocks(plan: Plan, rewards: Sequence[Reward]) -> dict[str, int]:
    """How many of each reward are left, by reward; those of any number are not among them. At most two queries."""
    granted = {stock_of(plan, one): one.stock for one in rewards if one.stock is not None}
    left = {account.reference: number for account, number in receipts.left(granted).items()}
    found = {one.id: left[stock_of(plan, one).reference] for one in rewards if one.stock is not None}
    coded = [one.id for one in rewards if one.gives is RewardKind.CODES]
    for reward, number in (claims.codes_left(coded) if coded else {}).items():
        found[reward] = min(found.get(reward, number), number)
    return found


def offers(member: Member, plan: Plan, at: datetime, rewards: Sequence[Reward]) -> list[Offered]:
    """Those of some rewards that are for sale, in their order, as a member sees them at an instant; at most three queries."""
    limits = {one.id: (limit_of(plan, one, at, member.key), one.limit.amount) for one in rewards if one.limit}
    left = receipts.left(dict(limits.values()))
    taken = {reward: amount - left[account] for reward, (account, amount) in limits.items()}
    stock = stocks(plan, rewards)
    seen = (offered(member, one, plan, at, taken=taken.get(one.id, 0), stock=stock.get(one.id)) for one in rewards)
    return [offer for offer in seen if offer is not None]
