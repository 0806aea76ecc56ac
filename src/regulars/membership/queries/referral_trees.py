"""Who brought whom, over all levels, and what those who were brought have bought."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import F
from django.db.models.functions import Coalesce

from regulars.customers.queries.handles import records_of, survivors_of
from regulars.membership.models import Referral
from regulars.membership.queries.referrals import LEVELS_MAX, REFUSED, most_brought
from regulars.orders.queries.bought import bought_by

PEOPLE_MAX = 5_000


@dataclass(frozen=True, slots=True)
class Branch:
    """A friend in a tree: brought by ``by``, so many levels below the root; what they bought, in minor units."""

    customer: UUID
    by: UUID
    level: int
    state: str
    at: datetime
    orders: int
    net_amount: int


@dataclass(frozen=True, slots=True)
class Tree:
    """Everyone a member brought, directly or through others, level by level. ``is_whole``: nobody was left out as too many."""

    root: UUID
    branches: tuple[Branch, ...]
    is_whole: bool

    @property
    def orders(self) -> int:
        return sum(branch.orders for branch in self.branches)

    @property
    def net_amount(self) -> int:
        """What those who were brought have bought, in minor units."""
        return sum(branch.net_amount for branch in self.branches)

    def direct(self) -> int:
        """How many friends the member brought in person."""
        return sum(branch.level == 1 for branch in self.branches)


Edge = tuple[UUID, UUID, int, str, datetime]


def trees(roots: Iterable[UUID], currency: str) -> dict[UUID, Tree]:
    """The trees of some customers, by customer. A few queries a level, at most ``LEVELS_MAX`` levels, ``PEOPLE_MAX`` people.

    Who was refused was brought by nobody. Purchases in other currencies than ``currency`` do not count.
    """
    found: dict[UUID, list[Edge]] = {root: [] for root in roots}
    # Whoever stands in a tree already, so that no circle is gone round twice.
    seen: dict[UUID, set[UUID]] = {root: {root} for root in found}
    level = {root: {root} for root in found}
    depth, whole = 0, True
    while whole and depth < LEVELS_MAX and any(level.values()):
        depth += 1
        below = _brought_by({who for some in level.values() for who in some})
        following: dict[UUID, set[UUID]] = {}
        for root, some in level.items():
            fresh = [
                (friend, by, depth, state, at)
                for by in sorted(some)
                for friend, state, at in below.get(by, ())
                if friend not in seen[root]
            ]
            found[root] += fresh
            following[root] = {edge[0] for edge in fresh}
            seen[root] |= following[root]
        level = following
        whole = sum(map(len, found.values())) < PEOPLE_MAX
    return _valued(found, currency, whole and not any(level.values()))


def _brought_by(advocates: set[UUID]) -> dict[UUID, list[tuple[UUID, str, datetime]]]:
    """Friends by who brought them, the first first, both as the customers that records stand for."""
    records = records_of(advocates)
    rows = Referral.objects.filter(advocate__in=records).exclude(state=REFUSED).order_by("at", "id")
    friend = Coalesce(F("friend__merged_into"), F("friend"))
    found: dict[UUID, list[tuple[UUID, str, datetime]]] = {}
    met: set[tuple[UUID, UUID]] = set()
    for advocate, who, state, at in rows.values_list("advocate_id", friend, "state", "at")[:PEOPLE_MAX]:
        by = records[advocate]
        if (by, who) not in met:
            met.add((by, who))
            found.setdefault(by, []).append((who, state, at))
    return found


def _valued(found: dict[UUID, list[Edge]], currency: str, whole: bool) -> dict[UUID, Tree]:
    records = records_of(edge[0] for edges in found.values() for edge in edges)
    bought: dict[UUID, tuple[int, int]] = {}
    for record, (orders, amount) in bought_by(records, currency).items():
        before = bought.get(records[record], (0, 0))
        bought[records[record]] = (before[0] + orders, before[1] + amount)
    return {
        root: Tree(root, tuple(Branch(*edge, *bought.get(edge[0], (0, 0))) for edge in edges), whole)
        for root, edges in found.items()
    }


def top_advocates(limit: int, currency: str) -> list[Tree]:
    """The trees of those who brought most friends that both were rewarded for, the most first, then by value."""
    most = most_brought(limit)
    found = trees(most, currency).values()
    return sorted(found, key=lambda tree: (-most[tree.root], -tree.net_amount, tree.root))


def tree_of(customer: UUID, currency: str) -> Tree:
    """The tree of one customer, of a merged record the survivor's."""
    root = survivors_of([customer]).get(customer, customer)
    return trees([root], currency)[root]
