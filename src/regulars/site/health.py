"""Whether the site is well: the database answers, the facts are fresh, somebody takes the tasks."""

from datetime import datetime, timedelta
from typing import Any

from django.db import DatabaseError, connection
from django_tasks import TaskResultStatus
from django_tasks_db.models import DBTaskResult

from regulars.flows.tasks import refresh_everything
from regulars.insights import queries as insights
from regulars.insights.queries.refusals import refusal
from regulars.membership.queries import checks
from regulars.orders import queries as orders

# A task that waits this long past its time says that no worker runs.
OVERDUE = timedelta(minutes=2)
# A refresh that runs this long hangs, or has lost its worker. Imports may take longer, and show how far they are.
STUCK = timedelta(minutes=15)


def database_answers() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return False
    return True


def details(at: datetime) -> dict[str, Any]:
    """Facts, worker and members at an instant, for whoever has a key."""
    return {"database": connection.vendor, "facts": _facts(), "worker": _worker(at), "members": _members()}


def _facts() -> dict[str, Any]:
    in_force = insights.manifest()
    return {
        "orders_behind": sum(changed for _month, _generation, changed in orders.fingerprint()),
        "figures_as_of": in_force and in_force.as_of,
        "figures_refused": refusal() is not None,
    }


def _members() -> dict[str, Any]:
    """What the newest self-check came to; who is stored otherwise, and how, is for the console and the log."""
    told = checks.telling()
    return {"checked_on": told and told.night, "differences": told.differences if told else 0}


def _worker(at: datetime) -> dict[str, Any]:
    waiting = DBTaskResult.objects.filter(status=TaskResultStatus.READY, run_after__lte=at)
    oldest = waiting.order_by("run_after").values_list("run_after", flat=True).first()
    finished = (
        DBTaskResult.objects.exclude(finished_at=None)
        .order_by("-finished_at")
        .values_list("finished_at", flat=True)
        .first()
    )
    refreshing = DBTaskResult.objects.running().filter(task_path=refresh_everything.module_path)
    stuck = refreshing.filter(started_at__lt=at - STUCK).exists()
    return {
        "state": "overdue" if oldest and oldest < at - OVERDUE else "stuck" if stuck else "well",
        "waiting": waiting.count(),
        "last_finished_at": finished,
    }
