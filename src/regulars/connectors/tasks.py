"""Wake-ups for the worker: what is to be imported stands in ``ImportRun``."""

from uuid import UUID

from django.utils import timezone
from django_tasks import task

from regulars.connectors import actions
from regulars.flows.tasks import request_refresh


@task
def run_import(run_id: str) -> str:
    """Run one import, or go on with it; answers its state."""
    try:
        view = actions.run_import(UUID(run_id))
    except actions.RunRefused as refused:
        return refused.code
    if view.created or view.updated:
        request_refresh()
    return view.state


def enqueue(run_id: str) -> None:
    run_import.enqueue(run_id)


def pick_up_abandoned() -> int:
    """Hand on imports whose worker died; a worker calls it when it starts, the imports page when it is opened."""
    return actions.resume_abandoned(at=timezone.now(), enqueue=enqueue)
