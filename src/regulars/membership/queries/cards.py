"""Gift cards, and the batches they were made in. Their codes are nowhere; whoever names one is answered."""

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Count, QuerySet
from django.utils.crypto import salted_hmac

from regulars.core.codes import CODE_BYTES, read, written
from regulars.ledger.facts import Account
from regulars.membership.models import GiftCard, GiftCardBatch

MOVES = dict(GiftCardBatch.Moves.choices)
CARD_STATES = dict(GiftCard.State.choices)
MADE, ACTIVE, BLOCKED = (state.value for state in GiftCard.State)
PART, WHOLE, NOTHING = (moves.value for moves in GiftCardBatch.Moves)
# So many characters of a code are kept, to recognise a card by.
ENDING = 4
_CARD = ("id", "batch_id", "claim_id", "ending", "value", "currency", "moves", "valid_until", "state")
_BATCH = (
    "id", "name", "count", "value", "currency", "prefix", "valid_until", "moves", "made_by", "made_at", "exported_by",
    "exported_at",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class CardFacts:
    """A gift card. ``value`` is what was put on it when it became active, in minor units; ``ending`` ends its code."""

    id: UUID
    batch_id: UUID | None
    claim_id: UUID | None
    ending: str
    value: int
    currency: str
    moves: str
    valid_until: datetime | None
    state: str

    @property
    def account(self) -> Account:
        """The ledger's account of what is on it."""
        return Account("gift_card", self.currency, self.id.hex)


@dataclass(frozen=True, slots=True)
class BatchFacts:
    """A batch; ``value`` of each card in minor units of ``currency``. ``states``: how many cards are in which."""

    id: UUID
    name: str
    count: int
    value: int
    currency: str
    prefix: str
    valid_until: datetime | None
    moves: str
    made_by: str
    made_at: datetime
    exported_by: str
    exported_at: datetime | None
    states: dict[str, int]


def digest_of(code: str) -> str:
    """What a code is found by: codes carry 80 random bits, so a slow hash would add nothing."""
    return hashlib.sha256(read(code).encode()).hexdigest()


def code_of_card(card: UUID, prefix: str = "") -> str:
    """The code of a card. It follows from the card and the installation's key, so that it need not be kept."""
    chance = salted_hmac("regulars.gift_card", card.hex, algorithm="sha256").digest()
    return written(chance[:CODE_BYTES], prefix)


def by_code(code: str) -> CardFacts | None:
    """The card of a code, however it was typed."""
    return _card(GiftCard.objects.filter(digest=digest_of(code)))


def card(identifier: UUID) -> CardFacts | None:
    """One card."""
    return _card(GiftCard.objects.filter(pk=identifier))


def endings(references: Iterable[str]) -> dict[str, str]:
    """How the codes of cards end, by the reference of their account; of what is no card of ours, nothing."""
    known = [reference for reference in references if re.fullmatch("[0-9a-f]{32}", reference)]
    rows = GiftCard.objects.filter(pk__in=known).values_list("pk", "ending") if known else ()
    return {key.hex: ending for key, ending in rows}


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which cards: whose code ends so, in a state, of a batch."""

    ending: str = ""
    state: str = ""
    batch: UUID | None = None

    def rows(self) -> QuerySet[GiftCard]:
        found = GiftCard.objects.filter(state=self.state) if self.state else GiftCard.objects.all()
        if self.batch:
            found = found.filter(batch=self.batch)
        if self.ending:
            found = found.filter(ending=read(self.ending)[-ENDING:])
        return found


def count(wanted: Wanted) -> int:
    return wanted.rows().count()


def listed(wanted: Wanted, offset: int, limit: int) -> list[CardFacts]:
    """A page of cards, those that were made last first."""
    return [CardFacts(*row) for row in wanted.rows().order_by("-id").values_list(*_CARD)[offset : offset + limit]]


def batch_names(identifiers: Iterable[UUID]) -> dict[UUID, str]:
    return dict(GiftCardBatch.objects.filter(pk__in=set(identifiers)).values_list("pk", "name"))


def cards(batch: UUID, limit: int = 0) -> list[CardFacts]:
    """The cards of a batch, all of them with ``limit`` 0."""
    rows = GiftCard.objects.filter(batch=batch).order_by("id").values_list(*_CARD)
    return [CardFacts(*row) for row in (rows[:limit] if limit else rows)]


def batch(identifier: UUID) -> BatchFacts | None:
    """One batch."""
    return next(iter(_batches(GiftCardBatch.objects.filter(pk=identifier))), None)


def batches() -> list[BatchFacts]:
    """All batches, the newest first; two queries."""
    return _batches(GiftCardBatch.objects.order_by("-made_at", "-id"))


def _batches(rows: QuerySet[GiftCardBatch]) -> list[BatchFacts]:
    found = list(rows.values_list(*_BATCH))
    states = _states(row[0] for row in found)
    return [BatchFacts(*row, states=states.get(row[0], {})) for row in found]


def _states(batches: Iterable[UUID]) -> dict[UUID, dict[str, int]]:
    found: dict[UUID, dict[str, int]] = {}
    counted = GiftCard.objects.filter(batch__in=list(batches)).values_list("batch", "state").annotate(Count("pk"))
    for own, state, number in counted:
        found.setdefault(own, {})[state] = number
    return found


def _card(rows: QuerySet[GiftCard]) -> CardFacts | None:
    row = rows.values_list(*_CARD).first()
    return row and CardFacts(*row)
