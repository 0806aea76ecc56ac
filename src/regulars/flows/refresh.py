"""Everything analysis shows, brought up to date with the database."""

from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from django.conf import settings

from regulars.insights import actions as insights
from regulars.insights.actions.refresh import Progress, RefreshReport, quiet
from regulars.orders import actions as orders
from regulars.shop import queries as shops
from regulars.storage.locks import held


def refresh(at: datetime, progress: Progress = quiet, *, everything: bool = False) -> RefreshReport:
    """Rewrite the months of order facts that are behind, then marts and profiles. Nothing changed: answers at once.

    ``everything`` rebuilds what has not changed too. Raises NotSetUp before set-up, FiguresRefused where a
    figure leaves 64 bits.

    One refresh at a time, from its first look at the data to its last write: of two, the later to begin sees what the
    earlier saw and more, so older figures never replace newer ones. The lock is a file of the data folder: where a shop
    runs on several machines, the workers of one of them do the refreshes.
    """
    with held(Path(settings.DATA_DIR) / "locks" / "refresh"):
        progress(0, 1, "facts")
        orders.rebuild_facts(ZoneInfo(shops.require_shop().zone), everything=everything)
        return insights.refresh(at, progress, everything=everything)
