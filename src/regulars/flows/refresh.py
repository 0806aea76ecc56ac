"""Everything analysis shows, brought up to date with the database."""

from datetime import datetime
from zoneinfo import ZoneInfo

from regulars.insights import actions as insights
from regulars.insights.actions.refresh import Progress, RefreshReport, quiet
from regulars.orders import actions as orders
from regulars.shop import queries as shops


def refresh(at: datetime, progress: Progress = quiet, *, everything: bool = False) -> RefreshReport:
    """Rewrite the months of order facts that are behind, then marts and profiles. Nothing changed: answers at once.

    ``everything`` rebuilds what has not changed too. Raises NotSetUp before set-up.
    """
    progress(0, 1, "facts")
    orders.rebuild_facts(ZoneInfo(shops.require_shop().zone), everything=everything)
    return insights.refresh(at, progress, everything=everything)
