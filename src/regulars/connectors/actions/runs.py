"""The life of an import run but for its running: received, mapped, queued, cancelled, picked up again."""

import hashlib
import os
import shutil
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings

from regulars.connectors import complete_journey
from regulars.connectors.feeds import check_plan
from regulars.connectors.models import ImportRun, SavedMapping
from regulars.connectors.queries import SAMPLE, folder_of, inspect_file, rejects_path, warnings_path
from regulars.connectors.tabular.fields import ATTRIBUTE
from regulars.connectors.tabular.mapping import fingerprint
from regulars.connectors.tabular.problems import FileRefused
from regulars.connectors.tabular.reading import open_table
from regulars.connectors.tabular.sniff import Format
from regulars.flows import adopt_sample as flow
from regulars.storage.locks import is_held
from regulars.storage.transactions import lock_name, run_tx
from regulars.web.access import Actor

# A run of a worker that left no lock in this data folder is abandoned after so long a silence: batches take seconds.
ABANDONED_AFTER = timedelta(minutes=3)
_OPEN = (ImportRun.State.UPLOADED, ImportRun.State.CHECKED, ImportRun.State.QUEUED, ImportRun.State.RUNNING)


class RunRefused(ValueError):
    """The run cannot do that in its state; ``code`` is busy, done, gone or open (the same file is on its way in)."""

    def __init__(self, code: str, message: str) -> None:
        self.code = code
        super().__init__(message)


def start_run(
    path: Path,
    *,
    at: datetime,
    actor: str,
    dataset: str = "",
    mapping: Mapping[str, str] | None = None,
    options: Mapping[str, Any] | None = None,
    language: str = "",
) -> UUID:
    """A queued run for a file that stays where it is; one of the same file that was stopped is taken up again.

    ``mapping`` (column to field) adds to what is suggested or was saved. Raises FileRefused, and RunRefused while the same
    file is on its way in.
    """
    seen = inspect_file(path, dataset)
    wanted = dict(mapping or {})
    # A field that is given a column here loses the one it was suggested for.
    settled = {n: "" if t and t != ATTRIBUTE and t in wanted.values() else t for n, t in seen.columns.items()} | wanted
    check_plan(
        open_table(path, seen.form),
        seen.dataset,
        settled,
        (options or {}).get("date_order") or seen.options.get("date_order", ""),
    )
    digest, chosen = _sha256(path), {**seen.options, **{k: v for k, v in (options or {}).items() if v}}
    run = ImportRun(
        dataset=seen.dataset, file_name=path.name[-200:], path=str(path.resolve()), size=path.stat().st_size, sha256=digest,
        format=seen.form.as_json(), mapping=settled, options=chosen, state=ImportRun.State.QUEUED, actor=actor[:120],
        language=language, created_at=at,
    )  # fmt: skip

    def verb() -> UUID:
        for other in _open_like(run):
            same = (other.path, other.mapping, other.options) == (run.path, run.mapping, run.options)
            if same and (other.state == "queued" or is_abandoned(other, at)):
                return other.pk
            _refuse_beside(other, at)
        run.save(force_insert=True)
        return run.pk

    return run_tx(verb)


def receive_upload(name: str, chunks: Iterable[bytes], *, actor: str, language: str, at: datetime) -> UUID:
    """Keep an uploaded file under the data folder and look at it; what is no table becomes a failed run with the reason.

    Where it cannot be kept whole (the disk is full, the upload breaks off) nothing is kept of it, and the error passes.
    """
    run = ImportRun(
        file_name=Path(name).name[-200:] or "file", uploaded=True, actor=actor[:120], language=language, created_at=at
    )
    try:
        _keep(run, chunks)
        _look_at(run, at)
        run.save(force_insert=True)
    except BaseException:
        shutil.rmtree(folder_of(run.pk), ignore_errors=True)
        raise
    return run.pk


def _keep(run: ImportRun, chunks: Iterable[bytes]) -> None:
    path = folder_of(run.pk) / "file"
    path.parent.mkdir(parents=True, exist_ok=True)
    hasher = hashlib.sha256()
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        for chunk in chunks:
            hasher.update(chunk)
            file.write(chunk)
    run.path, run.size, run.sha256 = str(path), path.stat().st_size, hasher.hexdigest()


def _look_at(run: ImportRun, at: datetime) -> None:
    try:
        seen = inspect_file(Path(run.path), is_upload=True)
    except FileRefused as refused:
        run.state, run.error, run.finished_at = ImportRun.State.FAILED, told(refused), at
        Path(run.path).unlink()
    else:
        run.dataset, run.format, run.mapping, run.options = (
            seen.dataset,
            seen.form.as_json(),
            dict(seen.columns),
            dict(seen.options),
        )


def map_run(run_id: UUID, *, dataset: str, mapping: Mapping[str, str], options: Mapping[str, Any]) -> None:
    """Settle what the columns of a file mean. Raises RunRefused once the run has started, FileRefused for an unusable mapping."""
    run = _waiting(run_id)
    table = open_table(Path(run.path), Format(**run.format))
    run.dataset, run.mapping, run.options = dataset, dict(mapping), dict(options)
    run.state = ImportRun.State.UPLOADED
    run.save(update_fields=["dataset", "mapping", "options", "state"])
    check_plan(table, dataset, mapping, options.get("date_order", ""))
    ImportRun.objects.filter(pk=run.pk, state=ImportRun.State.UPLOADED).update(state=ImportRun.State.CHECKED)


def queue_run(run_id: UUID, *, at: datetime, enqueue: Callable[[str], object]) -> None:
    """Hand a checked, failed or cancelled run to the worker, and remember its mapping for the next file with this header.

    Raises RunRefused in another state, and while the same file is on its way in.
    """

    def verb() -> None:
        ready = ("checked", "failed", "cancelled")
        if not ImportRun.objects.filter(pk=run_id, state__in=ready).update(
            state="queued", error=None, finished_at=None
        ):
            raise RunRefused("busy", "This import is not waiting to be started.")
        run = ImportRun.objects.get(pk=run_id)
        for other in _open_like(run):
            _refuse_beside(other, at)
        if run.dataset != SAMPLE:
            SavedMapping.objects.update_or_create(
                fingerprint=fingerprint(list(run.mapping)),
                defaults={"dataset": run.dataset, "mapping": run.mapping, "options": run.options, "used_at": at},
            )

    run_tx(verb)
    enqueue(str(run_id))


def cancel_run(run_id: UUID, *, at: datetime) -> None:
    """Stop a run before its next batch; what is recorded stays. Raises RunRefused when it has ended already."""
    if not ImportRun.objects.filter(pk=run_id, state__in=_OPEN).update(state="cancelled", finished_at=at):
        raise RunRefused("done", "This import has ended already.")
    run = ImportRun.objects.get(pk=run_id)
    if run.uploaded and run.checkpoint == 0:
        shutil.rmtree(folder_of(run_id), ignore_errors=True)


def start_sample(
    *, small: bool, actor: str, language: str, at: datetime, enqueue: Callable[[str], object] | None
) -> UUID:
    """A run that loads the sample shop; the one under way where there is one. Without ``enqueue`` the caller runs it."""
    options = {"small": small}
    open_run = ImportRun.objects.filter(dataset=SAMPLE, state__in=("queued", "running"), options=options).first()
    if open_run is None:
        open_run = ImportRun.objects.create(
            dataset=SAMPLE, file_name="Complete Journey", sha256=SAMPLE, options=options, state=ImportRun.State.QUEUED,
            actor=actor[:120], language=language, created_at=at,
        )  # fmt: skip
        if enqueue is not None:
            enqueue(str(open_run.pk))
    return open_run.pk


def adopt_sample(by: Actor) -> None:
    """Give a shop without orders the sample's currency and zone. Raises ShopHasOrders."""
    flow.adopt_sample(
        currency=complete_journey.CURRENCY, zone=complete_journey.ZONE, country=complete_journey.COUNTRY, by=by
    )


def resume_abandoned(*, at: datetime, enqueue: Callable[[str], object]) -> int:
    """Hand runs whose worker died to a new one; answers how many. Call it when a worker starts, and now and then."""
    found = [run for run in ImportRun.objects.filter(state="running") if is_abandoned(run, at)]
    for run in found:
        enqueue(str(run.pk))
    return len(found)


def is_abandoned(run: ImportRun, at: datetime) -> bool:
    """Whether a running run has no worker.

    A worker holds the lock of a file while it works on a run, and the kernel lets go of it however it dies: a slow one is
    never taken for dead, nor a new process of the same number for the old one. Elsewhere, silence tells.
    """
    at_work = is_held(worker_lock(run.worker))
    if at_work is not None:
        return not at_work
    return run.heartbeat_at is None or at - run.heartbeat_at > ABANDONED_AFTER


def worker_lock(worker: str) -> Path:
    """The file that a worker holds while it works on a run."""
    return Path(settings.DATA_DIR) / "locks" / f"import-{worker}"


def told(refused: FileRefused) -> dict[str, Any]:
    """A refusal as a run keeps it."""
    return {**refused.problem.as_json(), "line": refused.line, "column": refused.column}


def forget_upload(run: ImportRun) -> None:
    """Delete the uploaded copy once it is in: it holds personal data that nobody needs twice. The rejects and warnings stay."""
    if run.uploaded:
        Path(run.path).unlink(missing_ok=True)
        if not any(path(run.pk).exists() for path in (rejects_path, warnings_path)):
            shutil.rmtree(folder_of(run.pk), ignore_errors=True)


def _open_like(run: ImportRun) -> list[ImportRun]:
    """Other runs of the same content into the same records, queued or running. Locks out makers of more of them."""
    lock_name(f"import {run.sha256}")
    others = ImportRun.objects.filter(sha256=run.sha256, dataset=run.dataset, state__in=("queued", "running"))
    source = run.options.get("source")
    return [other for other in others.exclude(pk=run.pk) if other.options.get("source") == source]


def _refuse_beside(other: ImportRun, at: datetime) -> None:
    """Two at once would each count the other's records. An abandoned run stands in nobody's way: it finds them recorded."""
    if other.state == "queued" or not is_abandoned(other, at):
        raise RunRefused(
            "open", f"The same file is being imported already, as {other.file_name}: wait for it, or cancel it."
        )


def _waiting(run_id: UUID) -> ImportRun:
    run = ImportRun.objects.filter(pk=run_id, state__in=("uploaded", "checked")).first()
    if run is None:
        raise RunRefused("busy", "This import has started already.")
    return run


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
