"""Verbs of imports: take a file in, settle its mapping, run it, cancel it, go on after a stop; load the sample shop."""

from regulars.connectors.actions.running import Dry, Progress, dry_run, load_sample, run_import
from regulars.connectors.actions.runs import (
    RunRefused,
    adopt_sample,
    cancel_run,
    map_run,
    queue_run,
    receive_upload,
    resume_abandoned,
    start_run,
    start_sample,
)
from regulars.flows.adopt_sample import ShopHasOrders

__all__ = [
    "Dry",
    "Progress",
    "RunRefused",
    "ShopHasOrders",
    "adopt_sample",
    "cancel_run",
    "dry_run",
    "load_sample",
    "map_run",
    "queue_run",
    "receive_upload",
    "resume_abandoned",
    "run_import",
    "start_run",
    "start_sample",
]
