"""Keeping how records stood before they became one member, in the caller's transaction."""

from collections.abc import Iterable, Mapping
from datetime import date
from uuid import UUID

from regulars.membership.models import Award, Member, Union
from regulars.membership.queries.members import Known, awards_of
from regulars.membership.queries.states import plain_award
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


def rename_lots(customers: Iterable[UUID], renamed: Mapping[str, str]) -> None:
    """What the orders of some records brought lies in other lots now: who takes it back, or activates it, finds it there."""
    for award in awards_of(customers) if renamed else ():
        earned = tuple(one._replace(lot=renamed.get(one.lot, one.lot)) for one in award.earned)
        if earned != award.earned:
            Award.objects.filter(pk=award.order).update(state=plain_award(award._replace(earned=earned)))
