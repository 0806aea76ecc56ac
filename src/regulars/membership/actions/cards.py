"""Making gift cards, putting money on them, and letting nobody guess their codes. In the caller's transaction."""

import hashlib
import re
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import F
from django.utils.translation import gettext as _

from regulars.core.naming import operation_id
from regulars.ledger.actions import commit, commit_many
from regulars.ledger.facts import FOREVER, Close, Operation, Post, Reopen, world
from regulars.ledger.queries.accounts import account
from regulars.membership.actions.publishing import Refused
from regulars.membership.models import CardTry, GiftCard, GiftCardBatch
from regulars.membership.queries import cards
from regulars.membership.queries.cards import ACTIVE, BLOCKED, MADE, PART, BatchFacts, CardFacts
from regulars.storage.bulk import insert, instant
from regulars.storage.ids import new_id

CARDS_MAX = 10_000
TRIES_PER_HOUR = 10


def make_batch(batch: BatchFacts) -> None:
    """Write a new batch. Raises Refused for what cannot be made."""
    if not 1 <= batch.count <= CARDS_MAX:
        raise Refused(_("A batch has 1 to %(most)s cards.") % {"most": f"{CARDS_MAX:,}"})
    if batch.value < 1:
        raise Refused(_("Say what each card is worth."))
    if not re.fullmatch(r"[A-Z0-9]{0,6}", batch.prefix):
        raise Refused(_("A prefix has up to 6 capital letters and digits."))
    if batch.valid_until and batch.valid_until <= batch.made_at:
        raise Refused(_("The last day is over already."))
    names = (name for name in BatchFacts.__dataclass_fields__ if name != "states")
    GiftCardBatch.objects.create(**{name: getattr(batch, name) for name in names})


def export(identifier: UUID, *, by: str, at: datetime) -> list[str]:
    """Make a batch's cards and answer their codes, which are never answered again. Raises Refused the second time."""
    row = GiftCardBatch.objects.select_for_update().get(pk=identifier)
    if row.exported_at:
        raise Refused(
            _("The codes of this batch were exported already; they are shown once. Make a new batch instead.")
        )
    row.exported_by, row.exported_at = by, at
    row.save(update_fields=["exported_by", "exported_at"])
    made = [new_id() for _number in range(row.count)]
    codes = [cards.code_of_card(own, row.prefix) for own in made]
    columns = ("id", "batch_id", "digest", "ending", "value", "currency", "moves", "valid_until", "state", "changed_at")
    told = (row.value, row.currency, row.moves, row.valid_until and instant(row.valid_until), MADE, instant(at))
    insert(
        GiftCard,
        columns,
        [(own.hex, row.pk.hex, cards.digest_of(code), code[-4:], *told) for own, code in zip(made, codes, strict=True)],
    )
    return codes


def activate_batch(identifier: UUID, *, by: str, at: datetime) -> int:
    """Put their value on all cards of a batch that are not active yet; answers how many."""
    list(GiftCard.objects.select_for_update().filter(batch=identifier, state=MADE).values_list("pk"))
    waiting = [card for card in cards.cards(identifier) if card.state == MADE]
    commit_many([_loading(card, "sold", by, at) for card in waiting], size=CARDS_MAX)
    GiftCard.objects.filter(pk__in=[card.id for card in waiting]).update(state=ACTIVE, changed_at=at)
    return len(waiting)


def issue(claim: UUID, value: int, currency: str, valid_until: datetime | None, *, at: datetime) -> CardFacts:
    """An active card for a claim, paid for by the shop."""
    own = new_id()
    code = cards.code_of_card(own)
    row = GiftCard.objects.create(
        id=own, claim_id=claim, digest=cards.digest_of(code), ending=code[-4:], value=value, currency=currency, moves=PART,
        valid_until=valid_until, state=ACTIVE, changed_at=at,
    )  # fmt: skip
    card = CardFacts(row.pk, None, claim, row.ending, value, currency, PART, valid_until, ACTIVE)
    commit(_loading(card, "issued", "", at))
    return card


def block(card: CardFacts, *, by: str, at: datetime) -> None:
    """Let nothing more be spent from a card. Raises the ledger's Refused."""
    named = operation_id("gift_card_blocked", card.id.hex, at.isoformat())
    if card.state == ACTIVE:
        commit(Operation(named, at, [Close(card.account)], "gift_card.blocked", by, about(card)))
    GiftCard.objects.filter(pk=card.id).update(state=BLOCKED, changed_at=at)


def unblock(card: CardFacts, *, by: str, at: datetime) -> None:
    """Undo ``block``. Raises the ledger's Refused."""
    loaded = account(card.account.id) is not None
    if loaded:
        named = operation_id("gift_card_unblocked", card.id.hex, at.isoformat())
        commit(Operation(named, at, [Reopen(card.account)], "gift_card.unblocked", by, about(card)))
    GiftCard.objects.filter(pk=card.id).update(state=ACTIVE if loaded else MADE, changed_at=at)


def note_try(subject: str, at: datetime) -> bool:
    """Count that somebody names a code; False where they did so too often in this hour. The condition is in the write."""
    hour, named = at.replace(minute=0, second=0, microsecond=0), hashlib.sha256(subject.encode()).hexdigest()
    CardTry.objects.filter(since__lt=hour - timedelta(days=1)).delete()
    CardTry.objects.bulk_create([CardTry(subject=named, since=hour)], ignore_conflicts=True)
    own = CardTry.objects.filter(subject=named, since=hour, times__lt=TRIES_PER_HOUR)
    return bool(own.update(times=F("times") + 1))


def about(card: CardFacts) -> str:
    """What entries of the ledger say they are about."""
    return f"gift_card:{card.id.hex}"


def loaded_by(card: CardFacts) -> str:
    """The operation that put its value on a card."""
    return operation_id("gift_card_loaded", card.id.hex)


def _loading(card: CardFacts, source: str, by: str, at: datetime) -> Operation:
    leg = Post(world(card.currency, source), card.account, card.value, expires_at=card.valid_until or FOREVER)
    return Operation(loaded_by(card), at, [leg], "gift_card.loaded", by, about(card))
