"""Two records, one person: merge by pointing at a survivor, and take it back."""

from datetime import datetime
from uuid import UUID

from regulars.customers.models import Customer, Merge
from regulars.storage.transactions import run_tx


class MergeRefused(ValueError):
    """Why two records were not merged or split, as a sentence."""


def merge_customers(survivor: UUID, absorbed: UUID, *, reason: str, actor: str, at: datetime) -> UUID:
    """Make ``absorbed``, and all that was merged into it, part of ``survivor``. Answers the merge's id.

    Nothing is rewritten: records keep their rows and point at the survivor, so ``split_customer`` restores exactly what was.
    Raises MergeRefused for the same, an unknown or an already merged record.
    """

    def merge() -> UUID:
        rows = {
            row.pk: row
            for row in Customer.objects.select_for_update().filter(pk__in=[survivor, absorbed]).order_by("pk")
        }
        if survivor == absorbed:
            raise MergeRefused("A customer cannot be merged with itself.")
        if len(rows) < 2:
            raise MergeRefused("One of the two customers does not exist.")
        if rows[survivor].merged_into_id or rows[absorbed].merged_into_id:
            raise MergeRefused(
                "One of the two is already part of another customer: merge with that one, or split it first."
            )
        moved = list(Customer.objects.filter(merged_into=absorbed).values_list("pk", flat=True))
        Customer.objects.filter(pk__in=[absorbed, *moved]).update(merged_into=survivor, recorded_at=at)
        row = Merge.objects.create(
            customer_id=survivor, absorbed_id=absorbed, moved=[str(m) for m in moved], reason=reason, actor=actor, at=at
        )
        return row.pk

    return run_tx(merge)


def split_customer(merge_id: UUID, *, actor: str, at: datetime) -> tuple[UUID, UUID]:
    """Undo one merge: the absorbed record stands by itself again, with what it had brought along.

    Answers the survivor and the record. Raises MergeRefused when the merge is unknown or undone already, and when the
    survivor was merged into another customer since.
    """

    def split() -> tuple[UUID, UUID]:
        row = Merge.objects.select_for_update().filter(pk=merge_id, undone_at=None).first()
        if row is None:
            raise MergeRefused("This merge does not exist or was undone already.")
        brought = Customer.objects.filter(pk__in=row.moved, merged_into=row.customer_id)
        brought.update(merged_into=row.absorbed_id, recorded_at=at)
        absorbed = Customer.objects.filter(pk=row.absorbed_id, merged_into=row.customer_id)
        if not absorbed.update(merged_into=None, recorded_at=at):
            raise MergeRefused("The customer is part of another one now: split those first.")
        Merge.objects.filter(pk=row.pk).update(undone_at=at, undone_by=actor)
        return row.customer_id, row.absorbed_id

    return run_tx(split)
