"""Wake-ups for the worker. What is to be done stands in the tables; a task that comes twice finds nothing to do."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.utils import timezone
from django_tasks import TaskResultStatus, task
from django_tasks_db.models import DBTaskResult

from regulars.flows.refresh import refresh
from regulars.shop import queries as shops

# Many writes in a row cause one refresh, this long after the first of them.
REFRESH_DELAY = timedelta(seconds=10)


@task
def refresh_everything() -> int:
    """Bring facts, marts and profiles up to date; answers the number of profiles."""
    at = timezone.now()
    _request(_next_day(at))
    return refresh(at).profiles


def request_refresh() -> None:
    """Ask for a refresh soon. While one waits no other is queued; one that runs already may have missed the change."""
    _request(timezone.now() + REFRESH_DELAY)


def _request(at: datetime) -> None:
    """Queue a refresh at an instant, unless one is waiting that comes no later."""
    waiting = DBTaskResult.objects.filter(task_path=refresh_everything.module_path, status=TaskResultStatus.READY)
    if not waiting.filter(run_after__lte=at).exists():
        refresh_everything.using(run_after=at).enqueue()


def _next_day(at: datetime) -> datetime:
    """When the shop's next day begins: customers grow a day later without anything being written."""
    zone = ZoneInfo(shops.require_shop().zone)
    return datetime.combine(at.astimezone(zone).date() + timedelta(days=1), time(0, 1), zone)
