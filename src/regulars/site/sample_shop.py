"""The demo shop: a real grocer's year, loaded once and refreshed."""

from collections.abc import Callable
from typing import Any

from django.utils import timezone

from regulars.connectors import sample
from regulars.flows.refresh import refresh
from regulars.insights import queries as insights
from regulars.shop import actions as shop_actions
from regulars.shop import queries as shop_queries


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
    return insights.shop_figures()
