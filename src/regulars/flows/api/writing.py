"""How every kind of record is written by programs: one by PUT under its conditions, or a batch with an answer per item."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Status

from regulars.core.facts import Tally
from regulars.flows.tasks import request_refresh
from regulars.storage.transactions import Overtaken, run_tx
from regulars.web import api
from regulars.web.problems import invalid

Digests = dict[str, tuple[UUID, bytes]]
Answer = Status[dict[str, Any]]
_TEXT = {"type": "string", "maxLength": 255}
CONDITIONS = {
    "parameters": [
        {
            "in": "header",
            "name": "If-Match",
            "required": False,
            "schema": _TEXT,
            "description": "Write only if the record still has this `ETag`.",
        },
        {
            "in": "header",
            "name": "If-None-Match",
            "required": False,
            "schema": _TEXT,
            "description": "`*`: write only if there is no such record yet.",
        },
    ]
}
IDEMPOTENT = {
    "parameters": [
        {
            "in": "header",
            "name": "Idempotency-Key",
            "required": False,
            "schema": _TEXT,
            "description": "Taken and not needed: each item is recorded once by its source and source id.",
        }
    ]
}


@dataclass(frozen=True, slots=True)
class Kind:
    """Where records of one kind are written and read back."""

    path: str
    record: Callable[..., Tally]
    digests: Callable[[str, Sequence[str]], Digests]
    lock: Callable[[str, str], UUID | None]
    read: Callable[[UUID], Any]


def put(request: HttpRequest, response: HttpResponse, ref: str, make: Callable[[str], Any], kind: Kind) -> Answer:
    """Write the fact that ``make`` gives for a source id, all of it or nothing. Raises problems (412, 422)."""
    source, source_id = api.source_ref(ref)

    def write() -> tuple[UUID, Tally]:
        current = kind.lock(source, source_id)
        if request.headers.keys() & {"If-Match", "If-None-Match"}:
            api.check_precondition(request, current and kind.read(current))
        tally = kind.record([make(source_id)], source=source, at=timezone.now())
        if tally.refused:
            raise invalid([(f"/{refusal.field}", refusal.reason) for refusal in tally.refused])
        return kind.digests(source, [source_id])[source_id][0], tally

    identifier, tally = run_tx(write, finds_its_rows=True)
    outcome = "created" if tally.created else "updated" if tally.updated else "unchanged"
    if outcome != "unchanged":
        request_refresh()
    response["ETag"] = api.etag(kind.read(identifier))
    response["Location"] = f"/api/v1/{kind.path}/{identifier}"
    answer = {"id": str(identifier), "source": source, "source_id": source_id, "outcome": outcome}
    answer["warnings"] = _errors([(f"/{one.field}", one.reason) for one in tally.warnings])
    return Status(201 if outcome == "created" else 200, answer)


def batch(
    source: str,
    items: Sequence[Any],
    make: Callable[[Any], Any],
    kind: Kind,
    id_of: Callable[[Any], str] = lambda item: item.source_id,
) -> Answer:
    """Write the good items in one transaction; 200 where all were taken, 207 where some were refused."""
    taken = {id_of(item): item for item in items if not isinstance(item, api.Refused)}
    ids = list(taken)
    facts = [make(item) for item in taken.values()]

    def write() -> tuple[Digests, Tally, Digests]:
        before = kind.digests(source, ids)
        tally = kind.record(facts, source=source, at=timezone.now()) if facts else Tally()
        after = kind.digests(source, ids)
        if len(after.keys() - before.keys()) != tally.created:
            raise Overtaken(f"some of these {kind.path} were made while they were looked for")
        return before, tally, after

    before, tally, after = run_tx(write, finds_its_rows=True)
    if tally.created or tally.updated:
        request_refresh()
    reasons: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for refusal in (*tally.refused, *tally.warnings):
        reasons[refusal.source_id].append((f"/{refusal.field}", refusal.reason))
    answers = [_answer(item, taken, before, after, reasons, id_of) for item in items]
    counts = {
        name: sum(answer["outcome"] == name for answer in answers)
        for name in ("created", "updated", "unchanged", "refused")
    }
    return Status(207 if counts["refused"] else 200, {**counts, "items": answers})


def _answer(
    item: Any,
    taken: dict[str, Any],
    before: Digests,
    after: Digests,
    reasons: dict[str, list[tuple[str, str]]],
    id_of: Callable[[Any], str],
) -> dict[str, Any]:
    if isinstance(item, api.Refused):
        return _refused(item.source_id, item.errors)
    source_id = id_of(item)
    if taken[source_id] is not item:
        return _refused(source_id, [("", "This id stands again later in the batch; the later item was taken.")])
    if source_id not in after:
        return _refused(source_id, reasons[source_id])
    return {
        "source_id": source_id,
        "outcome": _outcome(source_id, before, after),
        "errors": _errors(reasons[source_id]),
    }


def _refused(source_id: str, errors: Sequence[tuple[str, str]]) -> dict[str, Any]:
    return {"source_id": source_id, "outcome": "refused", "errors": _errors(errors)}


def _errors(errors: Sequence[tuple[str, str]]) -> list[dict[str, str]]:
    return [{"path": path, "reason": reason} for path, reason in errors]


def _outcome(source_id: str, before: Digests, after: Digests) -> str:
    if source_id not in before:
        return "created"
    return "unchanged" if before[source_id] == after[source_id] else "updated"
