"""Gift cards, as a shop's checkout uses them: what is on one, and turning it into store credit."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from django.http import HttpRequest
from django.utils import timezone
from ninja import Router, Schema
from pydantic import Field

from regulars.core.codes import CODE_MAX
from regulars.flows import gift_cards as flow
from regulars.flows.api.claims import customer_of, said
from regulars.flows.api.keyed import KEY, key_of
from regulars.flows.redeem import KeyReused, Refused
from regulars.membership.queries.cards import CardFacts
from regulars.web import api
from regulars.web.access import Scope, scope
from regulars.web.problems import Problem

router = Router(tags=["Gift cards"])
WRITE = scope(Scope.GIFT_CARDS_WRITE)


class CheckIn(api.Input):
    code: api.Text = Field(min_length=1, max_length=CODE_MAX, examples=["7K2M-0QF3-9XTB-41VC"])
    asked_by: api.Text = Field(
        min_length=1,
        max_length=80,
        description="Who asks: the customer's id or the session's. Ten tries an hour each; guessing gets nowhere.",
        examples=["session-7"],
    )


class CardOut(Schema):
    """Amounts in minor units of `currency`."""

    id: UUID
    account: str = Field(description="Its account: what the checkout spends, by `POST /operations`.")
    ending: str = Field(description="The end of its code.")
    currency: str
    value: int = Field(description="What was on it at first.")
    spendable: int
    valid_until: datetime | None
    moves: Literal["part", "whole", "none"] = Field(description="What of it may become store credit.")


class RedeemIn(api.Input):
    code: api.Text = Field(min_length=1, max_length=CODE_MAX, examples=["7K2M-0QF3-9XTB-41VC"])
    customer: api.Ref
    amount: int | None = Field(None, ge=1, le=api.LARGEST_AMOUNT, description="In minor units; all of it without.")


class RedeemedOut(Schema):
    card: UUID
    amount: int = Field(description="What became store credit.")
    currency: str
    valid_until: datetime | None


_REDEEMS = {
    "parameters": [KEY],
    "responses": {
        404: {"$ref": "#/components/responses/not-found"},
        409: {"$ref": "#/components/responses/refused"},
    },
}


@router.post("/check", response=CardOut, auth=WRITE, summary="Check a gift card", openapi_extra=api.MAY_BE_MISSING)
def check_gift_card(request: HttpRequest, body: CheckIn) -> Any:
    """What is on it. By POST, so that no address or log holds the code.

    Every failure is the same 404: an unknown code, a blocked, empty or expired card, too many tries.
    """
    subject = f"{request.actor.subject}:{body.asked_by}"  # type: ignore[attr-defined]
    try:
        found = flow.look_up(body.code, subject=subject, at=timezone.now())
    except flow.NotUsable as refused:
        raise _unusable(refused) from None
    return _card(found.card) | {"spendable": found.spendable}


@router.post("/redeem", response=RedeemedOut, auth=WRITE, summary="Redeem a gift card", openapi_extra=_REDEEMS)
def redeem_gift_card(request: HttpRequest, body: RedeemIn) -> Any:
    """Turn it, or a part of it, into store credit of a customer. Each customer has ten tries an hour."""
    whose, key = key_of(request)
    customer = customer_of(body.customer)
    told = {"key": f"{whose}:{key}", "at": timezone.now(), "by": whose}
    try:
        card, amount = flow.into_credit(body.code, customer, body.amount, **told)
    except flow.NotUsable as refused:
        raise _unusable(refused) from None
    except Refused as refused:
        raise said(refused) from None
    except KeyReused:
        raise Problem("key-reused", "This Idempotency-Key came with another body before.") from None
    return {"card": card.id, "amount": amount, "currency": card.currency, "valid_until": card.valid_until}


def _unusable(refused: flow.NotUsable) -> Problem:
    reason = {"en": refused.says.en, "zh": refused.says.zh}
    return Problem("not-found", refused.says.en, more={"reason": reason})


def _card(card: CardFacts) -> dict[str, Any]:
    copied = {name: getattr(card, name) for name in ("id", "ending", "currency", "value", "valid_until", "moves")}
    return copied | {"account": card.account.id}
