"""Keeping how records stood before they became one member, in the caller's transaction."""

from datetime import date
from uuid import UUID

from regulars.membership.models import Member, Union
from regulars.membership.queries.members import Known
from regulars.membership.queries.unions import plain


def put_aside(merge: UUID, own: Known, other: Known, *, day: date) -> None:
    """Keep how both stood. ``other``'s row goes: whoever ends days, lists and counts members finds one of them."""
    Union.objects.create(
        merge=merge,
        day=day,
        own=plain(own.member) if own.stored else None,
        other=plain(other.member) if other.stored else None,
    )
    Member.objects.filter(pk=other.person.id).delete()


def forget(merge: UUID) -> None:
    """The merge was undone."""
    Union.objects.filter(pk=merge).delete()
