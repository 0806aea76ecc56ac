"""Gift cards: made and exported in batches, found by their code alone, and turned into store credit."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

from regulars.core.money import to_decimal
from regulars.core.naming import operation_id
from regulars.core.says import Says, money
from regulars.customers.queries.persons import persons
from regulars.flows.redeem import KeyReused, Refused
from regulars.ledger import refusals
from regulars.ledger.actions import commit
from regulars.ledger.facts import LEGS_MAX, Account, Leg, Operation, Post
from regulars.ledger.queries import accounts, receipts
from regulars.ledger.queries.lots import LotFacts, lots_of
from regulars.membership.actions import cards
from regulars.membership.actions.issuing import credit_of
from regulars.membership.queries import cards as reads
from regulars.membership.queries.cards import ACTIVE, BLOCKED, MADE, NOTHING, WHOLE, BatchFacts, CardFacts
from regulars.orders.queries.clock import shop_time
from regulars.shop import actions as shop_actions
from regulars.shop import queries as shops
from regulars.storage.ids import new_id
from regulars.storage.transactions import Overtaken, lock_name, run_tx
from regulars.web.access import Actor

T = TypeVar("T")


class NotUsable(Refused):
    """No card can be used under a code, whatever the reason: whoever guesses learns nothing."""

    def __init__(self) -> None:
        super().__init__(
            Says(
                "No gift card can be used under this code now. Check the code; after ten tries, wait an hour.",
                "此卡号目前无法使用。请核对卡号；连续尝试十次后，请一小时后再试。",
            )
        )


@dataclass(frozen=True, slots=True)
class Balance:
    """A card and what can be spent of it, in minor units of its currency."""

    card: CardFacts
    spendable: int


def look_up(code: str, *, subject: str, at: datetime) -> Balance:
    """What is on the card of a code. ``subject`` is who asks, at most ten times an hour. Raises NotUsable."""
    if not run_tx(lambda: cards.note_try(subject, at)):
        raise NotUsable
    return _usable(reads.by_code(code), at)


def balance(card: CardFacts, at: datetime) -> int:
    """What can be spent of a card."""
    shop = shops.require_shop()
    found = accounts.account(card.account.id)
    return accounts.figures(found, shop_time(shop, at), ZoneInfo(shop.zone)).spendable if found else 0


def into_credit(
    code: str, customer: UUID, amount: int | None, *, key: str, at: datetime, by: str = ""
) -> tuple[CardFacts, int]:
    """Turn what is on a card, or ``amount`` of it, into store credit of a customer, with its dates; answers how much.

    ``key`` names the request: sent again, it does nothing more. Raises NotUsable, Refused, and KeyReused.
    """
    person = persons([customer]).get(customer)
    if person is None:
        raise Refused(Says("Choose a customer with a record of their own.", "请选择有档案的顾客。"))
    named = operation_id("gift_card_moved", key)
    if not receipts.postings(named):
        look_up(code, subject=person.subject, at=at)
    card = reads.by_code(code)
    if card is None:
        raise KeyReused
    credit = credit_of(card.currency, person.subject)
    return card, run_tx(lambda: _move(named, card, credit, amount, at, by))


def _move(named: str, card: CardFacts, credit: Account, amount: int | None, at: datetime, by: str) -> int:
    lock_name(named)
    if before := receipts.postings(named):
        done = sum(posting.amount for posting in before)
        ways = before[0].debit_id, before[0].credit_id
        if ways != (card.account.id, credit.id) or amount not in {None, done}:
            raise KeyReused
        return done
    now = shop_time(shops.require_shop(), at)
    free = [lot for lot in lots_of([card.account.id]).get(card.account.id, ()) if _is_free(lot, now)][:LEGS_MAX]
    there = sum(lot.remaining - lot.held for lot in free)
    wanted = left = there if amount is None else amount
    _check(card, wanted, there)
    legs: list[Leg] = []
    for lot in free:
        if part := min(left, lot.remaining - lot.held):
            legs.append(Post(card.account, credit, part, expires_at=lot.expires_at))
            left -= part
    try:
        commit(Operation(named, now, legs, "gift_card.moved", by, cards.about(card)))
    except (refusals.Insufficient, refusals.Closed) as changed:
        raise Overtaken from changed
    return wanted


def _is_free(lot: LotFacts, now: datetime) -> bool:
    return lot.remaining > lot.held and lot.active_at <= now < lot.expires_at


def _check(card: CardFacts, wanted: int, there: int) -> None:
    left = money(there, card.currency)
    if not there or card.state != ACTIVE:
        raise NotUsable
    if card.moves == NOTHING:
        raise Refused(Says("This card is spent at the checkout only.", "此卡仅限结账时使用，不能转入购物金。"))
    if wanted > there:
        raise Refused(Says("{left} is left on it. Ask for no more.", "卡内余额为 {left}，请勿超过。").filled(left=left))
    if card.moves == WHOLE and wanted != there:
        words = Says("This card moves as a whole only: {left}.", "此卡只能整卡转入：{left}。")
        raise Refused(words.filled(left=left))


def _usable(card: CardFacts | None, at: datetime) -> Balance:
    # A missing card costs the same look-ups as one that is there, or the time taken would tell.
    seen = card or CardFacts(UUID(int=0), None, None, "", 0, shops.require_shop().currency, NOTHING, None, MADE)
    spendable = balance(seen, at)
    if card is None or card.state != ACTIVE or not spendable:
        raise NotUsable
    return Balance(card, spendable)


# ---- what staff does -----------------------------------------------------------------------------------------------------


def make_batch(batch: BatchFacts, *, by: Actor, at: datetime) -> UUID:
    """Plan a batch; its id is given here. Raises the membership's Refused."""
    made = replace(batch, id=new_id(), made_by=by.subject, made_at=at)

    def verb() -> UUID:
        cards.make_batch(made)
        told = {"count": made.count, "value": f"{to_decimal(made.value, made.currency)} {made.currency}"}
        shop_actions.record(by, "gift_cards.made", made.name, told, at=at)
        return made.id

    return run_tx(verb)


def export(batch: UUID, *, by: Actor, at: datetime) -> list[str]:
    """The codes of a batch, once. Raises the membership's Refused."""
    return _noted("gift_cards.exported", batch, by, at, lambda: cards.export(batch, by=by.subject, at=at))


def activate(batch: UUID, *, by: Actor, at: datetime) -> int:
    """Put their value on the cards of a batch; answers how many there were to activate."""
    now = shop_time(shops.require_shop(), at)
    return _noted("gift_cards.activated", batch, by, at, lambda: cards.activate_batch(batch, by=by.subject, at=now))


def block(card: UUID, *, blocked: bool, by: Actor, at: datetime, note: str = "") -> None:
    """Block a card, or let it be used again. Raises the ledger's Refused."""

    def verb() -> None:
        found = reads.card(card)
        if found is None or (found.state == BLOCKED) == blocked:
            return
        (cards.block if blocked else cards.unblock)(found, by=by.subject, at=at)
        done = "gift_card.blocked" if blocked else "gift_card.unblocked"
        shop_actions.record(by, done, f"…{found.ending}", {"note": note} if note else {}, at=at)

    run_tx(verb)


def _noted(action: str, batch: UUID, by: Actor, at: datetime, verb: Callable[[], T]) -> T:
    def noted() -> T:
        done = verb()
        shop_actions.record(by, action, str(batch), at=at)
        return done

    return run_tx(noted)
