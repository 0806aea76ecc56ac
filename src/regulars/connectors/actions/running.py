"""Running an import: batch after batch, each with its checkpoint in one transaction, so that a kill costs nothing but time."""

import logging
import os
import secrets
import socket
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext, override

from regulars.connectors import complete_journey
from regulars.connectors.actions.runs import RunRefused, forget_upload, is_abandoned, start_sample, told, worker_lock
from regulars.connectors.feeds import Feed, file_feed
from regulars.connectors.models import ImportRun
from regulars.connectors.queries import SAMPLE, RunView, options_of, rejects_path, run_view, warnings_path
from regulars.connectors.rejects import write_rejections
from regulars.connectors.tabular.converting import Batch, Options
from regulars.connectors.tabular.problems import FileRefused, Problem, Rejection, _, shorten
from regulars.connectors.tabular.sniff import Format
from regulars.core.facts import Refusal, Tally
from regulars.flows.record_customers import record_customers
from regulars.flows.record_events import record_events
from regulars.flows.record_lines import record_lines
from regulars.flows.record_orders import record_orders, settle_run
from regulars.flows.record_products import record_products
from regulars.storage.bulk import collecting_rarely
from regulars.storage.locks import present
from regulars.storage.transactions import run_tx

logger = logging.getLogger(__name__)
REFUSALS_KEPT = 50
# Passing over what is recorded already, a resumed run says this often that it lives.
HEARTBEAT_EVERY = timedelta(seconds=20)
_PARTLY = _("%(reason)s. The rest of the row was taken.")
_WHOLLY = _("%(reason)s")
_NO_HANDLE = {
    "email": _("This is no e-mail address. The rest of the row was taken."),
    "phone": _("This is no phone number. The rest of the row was taken."),
}
_SETTLED = (ImportRun.State.DONE, ImportRun.State.CANCELLED)


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run is: ``position`` of ``size``, and what it has counted so far."""

    position: int
    size: int
    rows: int
    refused: int
    dataset: str = ""


@dataclass(slots=True)
class Dry:
    """What an import would do: records found, rows refused, cells left out, the first of each and the first facts."""

    rows: int = 0
    records: int = 0
    refused: int = 0
    repeated: int = 0
    is_whole: bool = True
    rejections: list[Rejection] = field(default_factory=list)
    warned: int = 0
    warnings: list[Rejection] = field(default_factory=list)
    facts: list[Any] = field(default_factory=list)
    reasons: Counter[str] = field(default_factory=Counter)


Watch = Callable[[Progress], None]


def quiet(progress: Progress) -> None:
    """No progress shown."""


class _Taken(Exception):
    """The run was cancelled, or another worker has taken it over."""


def run_import(run_id: UUID, *, progress: Watch = quiet) -> RunView:
    """Run a queued import to its end, or go on with one whose worker died.

    A file that is bad as a whole ends as failed and changes nothing. Raises RunRefused when another worker runs it.
    """
    worker = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"
    with present(worker_lock(worker)):
        run = _claim(run_id, worker, timezone.now())
        if run.state not in _SETTLED:
            _run_to_its_end(run, progress)
    return run_view(run_id)


def _run_to_its_end(run: ImportRun, progress: Watch) -> None:
    try:
        _run(run, progress)
    except _Taken:
        pass
    except FileRefused as refused:
        _end(run, ImportRun.State.FAILED, told(refused))
    except Exception:
        problem = Problem(
            _("The import stopped because of an error in the program or the database."),
            _("Resume it; if it stops again, the log says where."),
        )
        _end(run, ImportRun.State.FAILED, problem.as_json())
        logger.exception("import %s stopped", run.pk)
        raise


def load_sample(*, small: bool = False, progress: Watch = quiet, actor: str = "") -> RunView:
    """Load the sample shop in this process; the shop must be set up. Loading it again changes nothing."""
    run_id = start_sample(small=small, actor=actor, language="", at=timezone.now(), enqueue=None)
    return run_import(run_id, progress=progress)


def dry_run(
    path: Path,
    form: Format,
    dataset: str,
    mapping: dict[str, str],
    options: Options,
    *,
    rows_max: int = 0,
    progress: Watch = quiet,
) -> Dry:
    """Read and convert a file as an import would, writing nothing; ``rows_max`` stops early. Raises FileRefused."""
    feed, found = file_feed(path, form, dataset, mapping, options, whole=not rows_max), Dry()
    for batch in feed.batches():
        found.rows += batch.rows
        found.records += len(batch.facts)
        found.refused += len(batch.rejections)
        found.repeated += batch.repeated
        found.reasons.update(rejection.problem.say for rejection in batch.rejections)
        found.rejections += batch.rejections[: REFUSALS_KEPT - len(found.rejections)]
        found.warned += len(batch.warnings)
        found.warnings += batch.warnings[: REFUSALS_KEPT - len(found.warnings)]
        found.facts += batch.facts[: 5 - len(found.facts)]
        progress(Progress(batch.position, feed.size, found.rows, found.refused))
        if rows_max and found.rows >= rows_max:
            found.is_whole = batch.position >= feed.size
            break
    return found


def _claim(run_id: UUID, worker: str, at: datetime) -> ImportRun:
    def verb() -> ImportRun:
        run = ImportRun.objects.select_for_update().filter(pk=run_id).first()
        if run is None:
            raise RunRefused("gone", "There is no such import.")
        if run.state in _SETTLED:
            return run
        if run.state == "running" and not is_abandoned(run, at):
            raise RunRefused("busy", "Another worker runs this import.")
        run.state, run.worker, run.heartbeat_at, run.error = ImportRun.State.RUNNING, worker, at, None
        run.started_at = run.started_at or at
        run.save(update_fields=["state", "worker", "heartbeat_at", "started_at", "error"])
        return run

    return run_tx(verb)


def _run(run: ImportRun, progress: Watch) -> None:
    feed = _feed(run)
    if feed.size != run.size:
        run.size = feed.size
        _mine(run).update(size=feed.size)
    with collecting_rarely():
        for number, batch in enumerate(feed.batches()):
            if number >= run.checkpoint:
                _record(run, feed, batch)
            else:
                _beat(run)
            progress(Progress(batch.position, feed.size, run.rows, run.refused, batch.dataset))
    settle_run(run.pk.hex, at=timezone.now())
    _end(run, ImportRun.State.DONE)
    forget_upload(run)


def _beat(run: ImportRun) -> None:
    now = timezone.now()
    if run.heartbeat_at is None or now - run.heartbeat_at >= HEARTBEAT_EVERY:
        if not _mine(run).update(heartbeat_at=now):
            raise _Taken
        run.heartbeat_at = now


def _feed(run: ImportRun) -> Feed:
    if run.dataset == SAMPLE:
        return complete_journey.feed(small=bool(run.options.get("small")))
    path = Path(run.path)
    if not path.is_file() or path.stat().st_size != run.size:
        raise FileRefused(_("The file is gone or has changed since the import began."), _("Import it again."))
    return file_feed(path, Format(**run.format), run.dataset, run.mapping, options_of(run))


def _record(run: ImportRun, feed: Feed, batch: Batch) -> None:
    """One batch and its checkpoint, in one transaction. The rejects are on the disk before it commits; what a kill leaves
    behind them is cut off by the next write."""

    def verb() -> dict[str, Any]:
        tally = _recorded(run, feed, batch)
        # A line whose order nobody knows is lost with its row; of a customer only the bad address is.
        lost, left_out = (tally.refused, []) if batch.dataset == "lines" else ([], tally.refused)
        rejections = [*batch.rejections, *(_told(run, batch, one, _WHOLLY) for one in lost)]
        warnings = [*batch.warnings, *(_told(run, batch, one, _PARTLY) for one in (*left_out, *tally.warnings))]
        now: dict[str, Any] = {
            "rows": run.rows + batch.rows,
            "created": run.created + tally.created,
            "updated": run.updated + tally.updated,
            "unchanged": run.unchanged + tally.unchanged + batch.unchanged,
            "refused": run.refused + len(rejections),
            "warned": run.warned + len(warnings),
            "repeated": run.repeated + batch.repeated,
            "position": batch.position,
            "checkpoint": run.checkpoint + 1,
            "heartbeat_at": timezone.now(),
            "first_refusals": _with_first(run.first_refusals, rejections),
            "first_warnings": _with_first(run.first_warnings, warnings),
        }
        with override(run.language or "en"):
            now["rejects_bytes"] = write_rejections(
                rejects_path(run.pk), run.rejects_bytes, feed.names, rejections, gettext
            )
            now["warnings_bytes"] = write_rejections(
                warnings_path(run.pk), run.warnings_bytes, feed.names, warnings, gettext
            )
        if not _mine(run).update(**now):
            raise _Taken
        return now

    for name, value in run_tx(verb, finds_its_rows=True).items():
        setattr(run, name, value)


def _recorded(run: ImportRun, feed: Feed, batch: Batch) -> Tally:
    if not batch.facts:
        return Tally()
    source = complete_journey.SOURCE if run.dataset == SAMPLE else run.options["source"]
    assert run.started_at is not None
    known = {"source": source, "at": run.started_at}
    if batch.dataset == "orders":
        run_id = run.pk.hex if feed.appends else None
        return record_orders(batch.facts, **known, run_id=run_id, remembered=feed.products)
    if batch.dataset == "lines":
        return record_lines({o.source_id: o.lines for o in batch.facts}, **known, run_id=run.pk.hex)
    return _RECORDERS[batch.dataset](batch.facts, **known)


_RECORDERS: dict[str, Callable[..., Tally]] = {
    "customers": record_customers,
    "products": record_products,
    "events": record_events,
}


def _told(run: ImportRun, batch: Batch, refusal: Refusal, say: str) -> Rejection:
    column = next((name for name, field in run.mapping.items() if field == refusal.field), refusal.field)
    problem = Problem(_NO_HANDLE.get(refusal.field, say), "", {"reason": refusal.reason})
    value = refusal.value or refusal.source_id
    return Rejection(batch.lines.get(refusal.source_id, 0), column, shorten(value), problem)


def _with_first(kept: list[dict[str, Any]], found: list[Rejection]) -> list[dict[str, Any]]:
    return [*kept, *map(_shown, found[: REFUSALS_KEPT - len(kept)])]


def _shown(rejection: Rejection) -> dict[str, Any]:
    return {"line": rejection.line, "column": rejection.column, "value": rejection.value, **rejection.problem.as_json()}


def _mine(run: ImportRun) -> Any:
    return ImportRun.objects.filter(pk=run.pk, worker=run.worker, state="running")


def _end(run: ImportRun, state: str, error: dict[str, Any] | None = None) -> None:
    if _mine(run).update(state=state, error=error, finished_at=timezone.now()):
        run.state = state
