"""Wake-ups for the worker. What is to be done stands in the tables; a task that comes twice finds nothing to do."""

from datetime import timedelta

from django.utils import timezone
from django_tasks import TaskResultStatus, task
from django_tasks_db.models import DBTaskResult

from regulars.flows.refresh import refresh

# Many writes in a row cause one refresh, this long after the first of them.
REFRESH_DELAY = timedelta(seconds=10)


@task
def refresh_everything() -> int:
    """Bring facts, marts and profiles up to date; answers the number of profiles."""
    return refresh(timezone.now()).profiles


def request_refresh() -> None:
    """Ask for a refresh soon. While one waits no other is queued; one that runs already may have missed the change."""
    waiting = DBTaskResult.objects.filter(task_path=refresh_everything.module_path, status=TaskResultStatus.READY)
    if not waiting.exists():
        refresh_everything.using(run_after=timezone.now() + REFRESH_DELAY).enqueue()
