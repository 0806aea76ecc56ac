"""The wake-up for whoever decides: what is to be decided stands in the tables, and one run takes all of it."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django_tasks import TaskResultStatus, task
from django_tasks_db.models import DBTaskResult

from regulars.flows import programme
from regulars.flows.referral import settle_referrals


@task
def settle_members() -> int:
    """Bring members up to date soon after something happened; answers how many outcomes there were."""
    return look_after(timezone.now()).outcomes


def look_after(at: datetime) -> programme.Settled:
    """Go through the history where that is still to be done, decide for what waits, reward who brought friends, end the
    days that are over."""
    done = programme.backfill(at) + programme.settle_waiting(at)
    settle_referrals(at)
    return done + programme.end_days(at)


def request_settling() -> None:
    """Ask for a run once the transaction is committed, unless one waits that will see what this one wrote."""
    transaction.on_commit(_request)


def _request() -> None:
    waiting = DBTaskResult.objects.filter(task_path=settle_members.module_path, status=TaskResultStatus.READY)
    if not waiting.exists():
        settle_members.enqueue()
