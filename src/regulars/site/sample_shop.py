"""The demo shop: a real grocer's year, loaded once and refreshed."""

from collections.abc import Callable
from typing import Any

from django.utils import timezone

from regulars.connectors import sample
from regulars.flows import programme
from regulars.flows.refresh import refresh
from regulars.insights import queries as insights
from regulars.membership import queries as membership
from regulars.membership.queries import examples
from regulars.orders import queries as orders
from regulars.shop import actions as shop_actions
from regulars.shop import queries as shop_queries
from regulars.web.access import Actor

SAMPLE = Actor("Regulars")


class NotTheSample(ValueError):
    """The data folder holds another shop."""


def load(*, small: bool, progress: Callable[[int, int, str], None]) -> dict[str, Any]:
    """Make sure that this folder holds the sample shop, whole and refreshed; answers its figures.

    Raises NotTheSample when the folder belongs to a real shop.
    """
    shop = shop_queries.shop()
    if shop is not None and not shop.is_sample:
        raise NotTheSample(
            f"This folder holds the shop {shop.name!r}. Give the demo a folder of its own: --data-dir demo"
        )
    shop_actions.ensure_shop(
        name="Complete Journey",
        currency="USD",
        zone="America/New_York",
        country="US",
        is_sample=True,
        as_of="newest_order",
    )
    sample.load_sample(small=small, progress=progress)
    refresh(timezone.now(), progress)
    _run_a_programme(progress)
    return insights.shop_figures()


def _run_a_programme(progress: Callable[[int, int, str], None]) -> None:
    """The shop has had a members' club since its first order, so that there are tiers, points and expiries to look at."""
    at = timezone.now()
    opened = orders.span()
    if opened is not None and not membership.published():
        programme.put_in_force(examples.example("b2c"), since=opened[0], by=SAMPLE, at=at)
    programme.backfill(at, progress)
    programme.settle_waiting(at)
    programme.end_days(at)
