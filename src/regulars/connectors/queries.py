"""Reads of import runs, and what can be said of a file before it is imported."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext

from regulars.connectors.models import ImportRun, SavedMapping
from regulars.connectors.tabular.converting import Options
from regulars.connectors.tabular.mapping import date_question, fingerprint, missing, suggest, suggest_source
from regulars.connectors.tabular.problems import FileRefused, Problem, _
from regulars.connectors.tabular.reading import open_table
from regulars.connectors.tabular.sniff import Format
from regulars.shop.queries import shop

SAMPLE = "sample"
SAMPLE_ROWS = 1000


@dataclass(frozen=True, slots=True)
class RunView:
    """An import run as pages, commands and tests see it. ``error`` is a sentence with its mend, "" where there is none."""

    id: UUID
    dataset: str
    file_name: str
    state: str
    size: int
    position: int
    rows: int
    created: int
    updated: int
    unchanged: int
    refused: int
    repeated: int
    error: str
    mend: str
    error_line: int
    error_column: str
    refusals: tuple[Mapping[str, Any], ...]
    rejects_path: Path | None
    warned: int
    warnings: tuple[Mapping[str, Any], ...]
    warnings_path: Path | None
    actor: str
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    heartbeat_at: datetime | None
    format: Mapping[str, Any]
    mapping: Mapping[str, str]
    options: Mapping[str, Any]
    path: Path

    @property
    def is_open(self) -> bool:
        return self.state in {"queued", "running"}

    @property
    def changed_nothing(self) -> bool:
        """Whether everything in the file was known already."""
        return self.state == "done" and not self.created and not self.updated and bool(self.unchanged)


@dataclass(frozen=True, slots=True)
class Inspection:
    """A file looked at: its form, columns, first rows, and what they are taken for. ``is_known``: by a saved mapping."""

    form: Format
    names: list[str]
    rows: list[tuple[Any, ...]]
    dataset: str
    columns: Mapping[str, str]
    options: Mapping[str, Any]
    is_known: bool
    missing: list[tuple[str, ...]]
    date_column: str
    date_orders: tuple[str, ...]


def inspect_file(path: Path, dataset: str = "", *, form: Format | None = None, is_upload: bool = False) -> Inspection:
    """Recognise a file and suggest what its columns mean. Raises FileRefused."""
    table = open_table(path, form, is_upload=is_upload)
    rows = table.sample(SAMPLE_ROWS)
    if not rows and not any(block.unread for block in table.blocks()):
        raise FileRefused(
            _("The file has only a header, no data."), _("Export it again with at least one row."), line=1
        )
    saved = SavedMapping.objects.filter(fingerprint=fingerprint(table.names)).first()
    if saved is not None and dataset in {"", saved.dataset}:
        # Saved under the headers of then; the fingerprint holds however they were cased.
        chosen, columns, options, known = (
            saved.dataset,
            {n: saved.mapping.get(n, "") for n in table.names},
            saved.options,
            True,
        )
    else:
        found = suggest(table.names, rows, dataset)
        chosen, columns, options, known = (
            found.dataset,
            dict(found.columns),
            {"source": suggest_source(table.names)},
            False,
        )
    column, orders = date_question(chosen, table.names, columns, rows)
    options = {**_shop_options(), **options}
    if len(orders) == 1:
        options["date_order"] = next(iter(orders))
    lacking = missing(chosen, columns)
    return Inspection(
        table.form, table.names, rows, chosen, columns, options, known, lacking, column, tuple(sorted(orders))
    )


def _shop_options() -> dict[str, Any]:
    facts = shop()
    return {"currency": facts.currency, "zone": facts.zone} if facts else {"currency": "CNY", "zone": "Asia/Shanghai"}


def options_of(run: ImportRun) -> Options:
    """The options of a run. What it says without a date is dated by the first time this very file was given to us."""
    first = (
        ImportRun.objects.filter(sha256=run.sha256).order_by("created_at").values_list("created_at", flat=True).first()
    )
    return conversion_options(run.options, at=run.started_at or timezone.now(), stated_at=first)


def conversion_options(options: Mapping[str, Any], *, at: datetime, stated_at: datetime | None = None) -> Options:
    facts = shop()
    return Options(
        source=options.get("source") or "import",
        currency=options.get("currency") or "CNY",
        zone=options.get("zone") or "Asia/Shanghai",
        at=at,
        stated_at=stated_at,
        country=facts.country if facts else "CN",
        date_order=options.get("date_order") or "",
        unknown_state=options.get("unknown_state") or "",
    )


def folder_of(run_id: UUID) -> Path:
    """Where a run keeps its upload and its rejects."""
    return Path(settings.DATA_DIR) / "imports" / str(run_id)


def rejects_path(run_id: UUID) -> Path:
    return folder_of(run_id) / "rejects.csv"


def warnings_path(run_id: UUID) -> Path:
    return folder_of(run_id) / "warnings.csv"


def run_view(run_id: UUID) -> RunView:
    """One run. Raises ImportRun.DoesNotExist (an ObjectDoesNotExist)."""
    return view_of(ImportRun.objects.get(pk=run_id))


def find_run(run_id: UUID) -> RunView | None:
    run = ImportRun.objects.filter(pk=run_id).first()
    return view_of(run) if run else None


def earlier_run(run_id: UUID) -> RunView | None:
    """The last finished import of the very same file."""
    run = ImportRun.objects.get(pk=run_id)
    same = (
        ImportRun.objects.filter(sha256=run.sha256, state="done", created_at__lt=run.created_at)
        .order_by("-created_at")
        .first()
    )
    return view_of(same) if same else None


def loaded_sample(*, small: bool = False) -> RunView | None:
    """The run that loaded the sample shop; the whole one holds the small one."""
    done = ImportRun.objects.filter(dataset=SAMPLE, state="done").order_by("-created_at")
    run = next((run for run in done if small or not run.options.get("small")), None)
    return view_of(run) if run else None


def latest_sample() -> RunView | None:
    run = ImportRun.objects.filter(dataset=SAMPLE).order_by("-created_at").first()
    return view_of(run) if run else None


def runs() -> Any:
    """All runs, newest first, for the list page of this room."""
    return ImportRun.objects.order_by("-created_at")


def open_runs(limit: int = 20) -> Sequence[RunView]:
    return [
        view_of(run) for run in ImportRun.objects.filter(state__in=("queued", "running")).order_by("created_at")[:limit]
    ]


def view_of(run: ImportRun) -> RunView:
    problem = Problem.from_json(run.error) if run.error else None
    rejects = rejects_path(run.pk) if run.rejects_bytes else None
    return RunView(
        id=run.pk,
        error=problem.reason(gettext) if problem else "",
        mend=problem.remedy(gettext) if problem else "",
        error_line=(run.error or {}).get("line", 0),
        error_column=(run.error or {}).get("column", ""),
        refusals=tuple(run.first_refusals),
        rejects_path=rejects,
        warnings=tuple(run.first_warnings),
        warnings_path=warnings_path(run.pk) if run.warnings_bytes else None,
        path=Path(run.path),
        **{
            name: getattr(run, name)
            for name in (
                *(
                    "dataset",
                    "file_name",
                    "state",
                    "size",
                    "position",
                    "rows",
                    "created",
                    "updated",
                    "unchanged",
                    "refused",
                ),
                *(
                    "repeated",
                    "warned",
                    "actor",
                    "created_at",
                    "started_at",
                    "finished_at",
                    "heartbeat_at",
                    "format",
                    "mapping",
                    "options",
                ),
            )
        },
    )
