"""The nightly self-check: every member's history replayed and held against what is stored, some members at each look."""

import logging
from datetime import datetime
from zoneinfo import ZoneInfo

from regulars.core.programme import Versions
from regulars.membership import queries as membership
from regulars.membership.actions import checking
from regulars.membership.queries import checks, members
from regulars.membership.queries.backfills import backfill
from regulars.membership.queries.checks import CheckFacts
from regulars.orders.queries.clock import shop_time
from regulars.shop import queries as shops
from regulars.simulation.self_check import AT_ONCE, Checked, check_members
from regulars.storage.transactions import run_tx

logger = logging.getLogger(__name__)
# A look takes seconds, and a hundred thousand members one night.
PARTS_A_LOOK = 5


def check_nightly(at: datetime) -> int:
    """Go on with the check that is under way, or begin that of a new night in the shop; answers how many were replayed.

    Nothing to do without a programme, while its history is gone through, and once the night's check has ended.
    """
    shop, versions, history = shops.shop(), membership.versions(), backfill()
    if shop is None or versions is None or history is None or history.ended_at is None:
        return 0
    done, now = 0, shop_time(shop, at)
    for _part in range(PARTS_A_LOOK):
        check = _under_way(at, ZoneInfo(shop.zone))
        if check is None or not (some := _check_some(check, versions, now, at)):
            break
        done += some.members
    return done


def _under_way(at: datetime, zone: ZoneInfo) -> CheckFacts | None:
    """The check to go on with. One that took more than its night is followed by that of the night after it ended."""
    night, newest = at.astimezone(zone).date(), checks.newest()
    if newest is None or (newest.ended_at and newest.ended_at.astimezone(zone).date() < night):
        run_tx(lambda: checking.begin(night, of_members=members.count(), at=at), finds_its_rows=True)
        newest = checks.newest()
    return None if newest is None or newest.ended_at else newest


def _check_some(check: CheckFacts, versions: Versions, now: datetime, at: datetime) -> Checked | None:
    """Replay the next members; None once there are none, or where another worker is at it."""
    some = members.after(check.last, AT_ONCE)
    if not some:
        run_tx(lambda: checking.end(check, at=at))
        logger.info(
            "self-check of %s: %d members replayed, %d differences", check.night, check.members, check.differences
        )
        return None
    told = check_members(some, versions, now)
    if not run_tx(lambda: checking.advance(check, some[-1], members=told.members, found=told.differences)):
        return None
    for one in told.differences:
        logger.error("self-check: customer %s, %s: stored %s; replayed %s", *one)
    return told
