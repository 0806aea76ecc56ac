"""The one way to write in the ledger: ``commit`` an operation, or ``commit_many`` in batches."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice

from django.db import connection

from regulars.ledger import requests
from regulars.ledger.actions import postgresql
from regulars.ledger.actions.loading import load
from regulars.ledger.actions.writing import claim, send, write
from regulars.ledger.facts import Operation, Receipt
from regulars.ledger.refusals import InProgress, KeyReused
from regulars.ledger.rows import posting_of, postings_where
from regulars.storage.bulk import as_hex, select_in
from regulars.storage.transactions import rerun, run_tx, try_name

# Long enough that the cost of a transaction is shared, short enough that others get their turn and memory stays flat.
BATCH = 10_000


def commit(operation: Operation, *, patient: bool = True) -> Receipt:
    """Do an operation, whole or not at all, once: the same again answers what the first time did.

    While the first is still being done, the same again waits for it; ``patient=False``: InProgress (on SQLite, where writers
    queue, it always waits).

    Inside a transaction it is part of that; else it is one of its own and committed when this returns.
    Raises Refused and changes nothing. Errors of the database pass after at most 10 attempts: the operation may then
    have been done or not, and sending it again is safe.
    """
    legs = requests.plain(operation)
    digest = requests.digest(operation, legs)
    if connection.vendor == "postgresql" and postgresql.HOT.issuperset(map(type, operation.legs)):
        alone = run_tx if connection.in_atomic_block else rerun
        return alone(lambda: postgresql.commit(operation, legs, digest, patient=patient))
    return run_tx(lambda: _commit(operation, digest, patient), finds_its_rows=True)


def _commit(operation: Operation, digest: bytes, patient: bool) -> Receipt:
    if not (patient or try_name(operation.id)):
        raise InProgress(operation.id)
    if (first := _done(operation, digest)) is not None:
        return first
    claim([(operation, digest)])
    book = load([operation])
    book.apply(operation, digest)
    write(book)
    send([operation])
    return Receipt(operation.id, tuple(book.written))


def _done(operation: Operation, digest: bytes) -> Receipt | None:
    known = select_in("SELECT digest FROM ledger_operation WHERE id IN ({marks})", [operation.id])
    if not known:
        return None
    if bytes(known[0][0]) != digest:
        raise KeyReused(operation.id)
    rows = postings_where("operation_id", [operation.id], "ORDER BY number")
    return Receipt(operation.id, tuple(map(posting_of, rows)), replayed=True)


@dataclass(slots=True)
class Batch:
    """What ``commit_many`` did: operations done, done before, and postings written."""

    done: int = 0
    replayed: int = 0
    postings: int = 0


def commit_many(operations: Iterable[Operation], *, size: int = BATCH) -> Batch:
    """Do many operations in the order given, ``size`` of them in a transaction; the same rules, lots and chain.

    A batch is done whole or not at all: one refused operation refuses its batch, and those before it stand. Operations
    done before are left out, so a run that was stopped can be repeated. Raises Refused.
    """
    told, waiting = Batch(), iter(operations)
    while batch := list(islice(waiting, size)):
        done, postings = run_tx(lambda batch=batch: _commit_batch(batch), finds_its_rows=True)  # type: ignore[misc]
        told.done += done
        told.replayed += len(batch) - done
        told.postings += postings
    return told


def _commit_batch(batch: Sequence[Operation]) -> tuple[int, int]:
    """How many operations were new, and how many postings they made."""
    digests: dict[str, bytes] = {}
    first: dict[str, Operation] = {}
    for operation in batch:
        digest = requests.digest(operation, requests.plain(operation))
        if digests.setdefault(operation.id, digest) != digest:
            raise KeyReused(operation.id)
        first.setdefault(operation.id, operation)
    known = select_in("SELECT id, digest FROM ledger_operation WHERE id IN ({marks})", digests)
    before = {as_hex(key): bytes(digest) for key, digest in known}
    if reused := next((key for key, digest in before.items() if digests[key] != digest), None):
        raise KeyReused(reused)
    fresh = [operation for key, operation in first.items() if key not in before]
    if not fresh:
        return 0, 0
    claim((operation, digests[operation.id]) for operation in fresh)
    book = load(fresh)
    for operation in fresh:
        book.apply(operation, digests[operation.id])
    write(book)
    send(fresh)
    return len(fresh), len(book.written)
