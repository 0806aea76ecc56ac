"""Wake-ups for the worker. What is to be done stands in the tables; a task that comes twice finds nothing to do."""

import logging
from collections.abc import Collection
from datetime import datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils import timezone
from django_tasks import TaskResultStatus, task
from django_tasks_db.models import DBTaskResult

from regulars.flows.gather import gather_all
from regulars.flows.refresh import refresh
from regulars.flows.seal_ledger import seal_nightly
from regulars.insights.actions import FiguresRefused
from regulars.shop import queries as shops
from regulars.shop.actions import watch_settings
from regulars.storage.locks import is_held

logger = logging.getLogger(__name__)
# Many writes in a row cause one refresh, this long after the first of them.
REFRESH_DELAY = timedelta(seconds=10)
# A task of a worker that left no lock in this data folder is given up this long after its start.
LOST_AFTER = timedelta(hours=1)


@task
def refresh_everything() -> int | None:
    """Bring facts, marts, profiles and merged records' accounts up to date, and once a day seal the ledger.

    Answers the number of profiles, None where the old ones had to stay.
    """
    at = timezone.now()
    _request(_next_day(at))
    gather_all(at)
    seal_nightly(at)
    try:
        return refresh(at).profiles
    except FiguresRefused as refused:
        # What is wrong is in the facts: a traceback helps nobody.
        logger.error("%s", refused)
        return None


def request_refresh() -> None:
    """Ask for a refresh soon. While one waits no other is queued; one that runs already may have missed the change."""
    _request(timezone.now() + REFRESH_DELAY)


@watch_settings
def refresh_for_settings(changed: Collection[str]) -> None:
    """What figures are told for (the day, its zone, the currency) has changed."""
    if {"as_of", "zone", "currency"} & set(changed):
        request_refresh()


def worker_lock(worker_id: str) -> Path:
    """The file that a worker holds while it lives."""
    return Path(settings.DATA_DIR) / "locks" / f"worker-{worker_id}"


def fail_abandoned(at: datetime) -> int:
    """End the tasks of dead workers as failed and ask for the refresh that they may have been; answers how many.

    A worker holds the lock of a file while it lives, and the kernel lets go of it however it dies. So any worker may call
    this at any time: a task that another one runs is not touched, however long it takes. Imports have their own runs,
    which are resumed by those.
    """
    abandoned = [found for found in DBTaskResult.objects.running() if _is_abandoned(found, at)]
    ended = sum(
        DBTaskResult.objects.running().filter(pk=lost.pk).update(status=TaskResultStatus.FAILED, finished_at=at)
        for lost in abandoned
    )
    for lost in abandoned:
        worker_lock(lost.worker_ids[-1]).unlink(missing_ok=True)
    if ended and shops.shop() is not None:
        request_refresh()
    return ended


def _is_abandoned(found: DBTaskResult, at: datetime) -> bool:
    at_work = is_held(worker_lock(found.worker_ids[-1]))
    return (found.started_at or at) < at - LOST_AFTER if at_work is None else not at_work


def _request(at: datetime) -> None:
    """Queue a refresh at an instant, unless one is waiting that comes no later."""
    waiting = DBTaskResult.objects.filter(task_path=refresh_everything.module_path, status=TaskResultStatus.READY)
    if not waiting.filter(run_after__lte=at).exists():
        refresh_everything.using(run_after=at).enqueue()


def _next_day(at: datetime) -> datetime:
    """When the shop's next day begins: customers grow a day later without anything being written."""
    zone = ZoneInfo(shops.require_shop().zone)
    return datetime.combine(at.astimezone(zone).date() + timedelta(days=1), time(0, 1), zone)
