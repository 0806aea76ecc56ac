"""What was decided for a member, in sentences, with the version that decided."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Min, Q, QuerySet

from regulars.core import points
from regulars.core.member import Award, Given
from regulars.core.points import Draw, Entry
from regulars.core.programme import Gift, Move, Note, Plan, Versions
from regulars.core.programme.plan import FOREVER
from regulars.core.programme.sentences import award_sentences, entry_sentence
from regulars.core.programme.sentences.outcomes import gift_sentence, note_sentence
from regulars.core.programme.sentences.speech import Speech, clauses
from regulars.core.says import Says
from regulars.membership.models import Decision
from regulars.membership.queries.members import awards

_MOVES = {
    "reached": Says("{after} reached; before: {before}", "升为{after}，此前为{before}"),
    "returned": Says("{after}, no longer {before}, because goods came back", "因退货，等级由{before}变为{after}"),
    "merged": Says("{after} with what both records count; before: {before}", "合并记录后等级为{after}，此前为{before}"),
    "split": Says("{after} since the merge was undone; before: {before}", "撤销合并后等级为{after}，此前为{before}"),
    "review": Says("Review of the tier: {before} becomes {after}", "等级复核：由{before}变为{after}"),
}
_TIMES = {"active_at", "expires_at"}
Row = tuple[UUID, datetime, str, str, int, dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Decided:
    """One decision. ``kind`` is the event's (order, task, referral, day_end, day_begin ...).

    ``order`` or ``referral`` is what it is about.
    """

    id: UUID
    at: datetime
    kind: str
    order: UUID | None
    referral: UUID | None
    version: int
    says: tuple[Says, ...]
    entries: tuple[Entry, ...]
    move: Move | None


def decided(customer: UUID, versions: Versions, offset: int, limit: int) -> list[Decided]:
    """What was decided for a member, the newest first; three queries however many."""
    return _explained(
        Decision.objects.filter(customer=customer).order_by("-at", "-id")[offset : offset + limit], versions
    )


def page(
    customers: Sequence[UUID], versions: Versions, limit: int, before: tuple[datetime, UUID] | None = None
) -> list[Decided]:
    """Up to ``limit`` decisions for a member's records before a place (instant, decision), the newest first."""
    rows = Decision.objects.filter(customer__in=customers)
    if before is not None:
        rows = rows.filter(Q(at__lte=before[0]), Q(at__lt=before[0]) | Q(pk__lt=before[1]))
    return _explained(rows.order_by("-at", "-id")[:limit], versions)


def of_change(order: UUID, at: datetime, versions: Versions) -> Decided | None:
    """What was decided when an order changed, if it came to anything; ``at`` is when the change was told."""
    rows = Decision.objects.filter(about=f"order:{order.hex}", at=at).order_by("-id")
    return next(iter(_explained(rows[:1], versions)), None)


def _explained(found: QuerySet[Decision], versions: Versions) -> list[Decided]:
    rows: list[Row] = list(found.values_list("id", "at", "kind", "about", "version", "outcome"))
    orders = {about for _, _, kind, about, _, _ in rows if kind == "order"}
    first = dict(Decision.objects.filter(about__in=orders).values_list("about").annotate(Min("at")))
    given = awards(about.removeprefix("order:") for about in orders)
    return [_one(row, versions, first, given) for row in rows]


def count(customer: UUID) -> int:
    return Decision.objects.filter(customer=customer).count()


def _one(row: Row, versions: Versions, first: Mapping[str, datetime], given: Mapping[str, Award]) -> Decided:
    key, at, kind, about, version, told = row
    plan = versions.numbered(version)
    order = about.removeprefix("order:") if kind == "order" else ""
    award = given.get(UUID(order).hex) if order and first.get(about) == at else None
    entries = tuple(entry_of(one) for one in told.get("entries", ()))
    says = tuple(_says(told, entries, plan, plan.day(at), award))
    move = Move(*told["move"]) if "move" in told else None
    brought = about.removeprefix("referral:") if about.startswith("referral:") else ""
    named = UUID(order) if order else None, UUID(brought) if brought else None
    return Decided(key, at, kind, *named, version, says, entries, move)


def _says(told: Mapping[str, Any], entries: Sequence[Entry], plan: Plan, day: int, award: Award | None) -> list[Says]:
    """``award``: what the order was given, where it was decided for the first time."""
    speech = Speech(plan, day)
    notes = [Note(code, values) for code, values in told.get("notes", ())]
    said: list[Says] = []
    if award is not None and "given" in told:
        waits = any(isinstance(one, points.Earn) and one.active_at >= FOREVER for one in entries)
        kept = award._replace(
            given=tuple(Given(*one) for one in told["given"]), **({"delivered": None} if waits else {})
        )
        said += award_sentences(kept, plan)
        entries = tuple(one for one in entries if not isinstance(one, points.Earn))
    spoken = {note.values.get("unit") for note in notes}
    said += [note_sentence(note, speech) for note in notes]
    said += [entry_sentence(one, plan) for one in entries if not isinstance(one, Draw) and one.unit not in spoken]
    if move := told.get("move"):
        before, after, why = Move(*move)
        said.append(_MOVES[why].filled(before=speech.tier(before), after=speech.tier(after)))
    said += [gift_sentence(Gift(*one), speech) for one in told.get("gifts", ())]
    return [clauses([one]) for one in said]


def entry_of(told: list[Any]) -> Entry:
    """A ledger entry as a decision keeps it."""
    kind: type[Any] = getattr(points, told[0])
    values = dict(zip(kind._fields, told[1:], strict=True))
    entry: Entry = kind(
        **{name: datetime.fromisoformat(value) if name in _TIMES else value for name, value in values.items()}
    )
    return entry
