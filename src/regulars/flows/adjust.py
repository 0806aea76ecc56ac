"""Giving and taking by hand what customers own: with a reason, and above the shop's limit with a second person's word."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from regulars.core.money import CURRENCIES, to_decimal
from regulars.core.naming import operation_id
from regulars.customers.queries.subjects import customers_of
from regulars.ledger.actions import commit
from regulars.ledger.facts import FOREVER, LEGS_MAX, Account, Leg, Operation, Post, world
from regulars.ledger.queries.accounts import AccountFacts, account
from regulars.ledger.queries.lots import lots_of
from regulars.ledger.refusals import Insufficient
from regulars.membership import queries as membership
from regulars.membership.actions.looking import look_again
from regulars.orders.queries.clock import shop_time
from regulars.shop import actions as shops
from regulars.shop import queries as shop_queries
from regulars.storage.transactions import run_tx
from regulars.web.access import Actor

ACTION = "account.adjust"
# What may be adjusted: what customers own. What the shop counts follows from its settings.
KINDS = frozenset({"points", "credit", "gift_card"})
REASONS = ("goodwill", "complaint", "correction", "late_points", "fraud")


class SentBefore(ValueError):
    """The same form was sent before with something else in it."""


@dataclass(frozen=True, slots=True)
class Adjustment:
    """``amount`` units in (above zero) or out (below) of an account; ``expires_at`` for what is given.

    ``to``: the subject key of who gets what is taken, on an account like this one, with its dates.
    """

    account: AccountFacts
    amount: int
    reason: str
    note: str
    expires_at: datetime | None = None
    to: str = ""

    def details(self) -> dict[str, Any]:
        expires = self.expires_at and self.expires_at.isoformat()
        told = {"amount": self.amount, "unit": self.account.unit, "reason": self.reason, "note": self.note}
        return {**told, "kind": self.account.kind, "expires_at": expires} | ({"to": self.to} if self.to else {})


def adjust(wanted: Adjustment, *, form: UUID, by: Actor, at: datetime) -> bool:
    """Do an adjustment, or have it wait where it is too large for one person; answers whether it is done.

    ``form`` names what was sent: sent twice it is done once. Raises the ledger's Refused, and SentBefore.
    """
    alone = abs(wanted.amount) <= shop_queries.require_shop().alone(wanted.account.unit)

    def verb() -> bool:
        if not shops.ask(form, ACTION, wanted.account.id, wanted.details(), alone=alone, by=by, at=at):
            before = shop_queries.approvals([form])[form]
            if (before.target, before.details) != (wanted.account.id, wanted.details()):
                raise SentBefore
            return before.state == "done"
        if alone:
            _post(form, wanted.account, wanted.details(), by.subject, at)
        done = "account.adjusted" if alone else "account.adjustment_asked"
        _note(by, done, wanted.account, wanted.details(), at)
        return alone

    return run_tx(verb)


def agree(request: UUID, *, by: Actor, at: datetime) -> None:
    """Do what somebody else asked for. Raises ``shop.actions.Refused`` and the ledger's Refused; nothing is done then."""

    def verb() -> None:
        asked = shop_queries.approvals([request])[request]
        shops.decide(request, agrees=True, by=by, at=at)
        _post(request, _account(asked), asked.details, asked.asked_by, at)
        _note(by, "account.adjustment_agreed", _account(asked), asked.details, at)

    run_tx(verb)


def refuse(request: UUID, reason: str, *, by: Actor, at: datetime) -> None:
    """Do not do what somebody else asked for. Raises ``shop.actions.Refused``."""

    def verb() -> None:
        asked = shop_queries.approvals([request])[request]
        shops.decide(request, agrees=False, reason=reason, by=by, at=at)
        _note(by, "account.adjustment_refused", _account(asked), {**asked.details, "note": reason}, at)

    run_tx(verb)


def about(request: UUID) -> str:
    """What entries say they are about: where the note and the people can be looked up."""
    return f"adjustment:{request.hex}"


def _account(asked: shop_queries.ApprovalView) -> AccountFacts:
    found = account(asked.target)
    assert found is not None, f"account {asked.target} was there when {asked.id} was asked for"
    return found


def _post(request: UUID, of: AccountFacts, details: Mapping[str, Any], by: str, at: datetime) -> None:
    own, outside = Account(of.kind, of.unit, of.reference, of.subject), world(of.unit, "adjusted")
    amount, expires, at = details["amount"], details["expires_at"], shop_time(shop_queries.require_shop(), at)
    expires_at = datetime.fromisoformat(expires) if expires else FOREVER
    legs: list[Leg] = [Post(outside, own, amount, expires_at=expires_at) if amount > 0 else Post(own, outside, -amount)]
    if to := details.get("to"):
        legs = _moved(own, Account(of.kind, of.unit, of.reference, to), -amount, at)
    named = operation_id("adjust", request.hex)
    commit(Operation(named, at, legs, f"adjust.{details['reason']}", by, about(request)))
    if versions := membership.versions():  # what expires, and when, is another now: the day's end tells of it
        look_again(customers_of([own.subject, to or ""]).values(), versions.plans[-1].day(at))


def _moved(own: Account, other: Account, amount: int, at: datetime) -> list[Leg]:
    """Legs that move an amount lot by lot, first to expire first, each with its terms. Raises Insufficient."""
    legs: list[Leg] = []
    left = amount
    for lot in lots_of([own.id]).get(own.id, ()):
        free = lot.remaining - lot.held if lot.active_at <= at < lot.expires_at else 0
        if part := min(left, free):
            legs.append(Post(own, other, part, lot.active_at, lot.expires_at))
            left -= part
    if left or len(legs) > LEGS_MAX:
        raise Insufficient(own.id, own.kind, own.unit, own.reference, amount, amount - left)
    return legs


def _note(by: Actor, action: str, of: AccountFacts, details: Mapping[str, Any], at: datetime) -> None:
    amount = details["amount"]
    shown = to_decimal(amount, of.unit) if of.unit in CURRENCIES else amount
    told = {"amount": f"{shown:+} {of.unit}", "reason": details["reason"], "note": details["note"]}
    shops.record(by, action, f"{of.kind} {of.reference} {of.id}"[:120], told, at=at)
