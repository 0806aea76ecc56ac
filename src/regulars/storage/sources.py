"""Records that are known by their source and its id there: the look-ups every such table has.

``model`` has the columns ``source`` and ``source_id``, unique together, and ``digest``, a fingerprint of what was said.
"""

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from regulars.storage.bulk import as_hex, select_in


def ids(model: Any, source: str, source_ids: Iterable[str]) -> dict[str, str]:
    """Our ids (32 hexadecimal digits) by the source's own; unknown ones are left out."""
    sql = f"SELECT source_id, id FROM {model._meta.db_table} WHERE source = %s AND source_id IN ({{marks}})"
    return {found: as_hex(identifier) for found, identifier in select_in(sql, set(source_ids), source)}


def resolve(model: Any, source: tuple[str, str] | None, identifier: str) -> UUID | None:
    """The id of a reference: (source, source id), or where that is None the id as text; None where nothing has it."""
    if source is not None:
        return _id_where(model.objects.filter(source=source[0], source_id=source[1]))
    try:
        return _id_where(model.objects.filter(pk=UUID(identifier)))
    except ValueError:
        return None


def digests(model: Any, source: str, source_ids: Sequence[str]) -> dict[str, tuple[UUID, bytes]]:
    """(id, fingerprint) by the source's ids of those recorded: differs before and after a write that changed something.

    In the caller's transaction, until whose end the rows are locked: nobody else changes them in between.
    """
    # Locked in one order, so that two who write the same records wait for each other instead of locking each other out.
    rows = model.objects.select_for_update().filter(source=source, source_id__in=source_ids).order_by("pk")
    return {row[0]: (row[1], bytes(row[2])) for row in rows.values_list("source_id", "pk", "digest")}


def lock(model: Any, source: str, source_id: str) -> UUID | None:
    """The id of one record, its row locked until the caller's transaction ends."""
    return _id_where(model.objects.select_for_update().filter(source=source, source_id=source_id))


def _id_where(rows: Any) -> UUID | None:
    found: UUID | None = rows.values_list("pk", flat=True).first()
    return found
