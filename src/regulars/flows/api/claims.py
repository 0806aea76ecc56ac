"""Rewards and claims, as programs read and make them."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from django.http import Http404, HttpRequest
from django.utils import timezone
from ninja import Query, Router, Schema
from pydantic import Field

from regulars.core.programme.document import Reward, RewardKind
from regulars.core.rewards import Offered
from regulars.core.says import Says
from regulars.customers import queries as customers
from regulars.customers.queries import listing
from regulars.flows import redeem as flow
from regulars.flows.api.keyed import KEY, key_of
from regulars.flows.cancel_claim import cancel
from regulars.membership.queries import cards, claims, offers
from regulars.membership.queries.claims import ClaimFacts, Wanted
from regulars.web import api, pagination
from regulars.web.access import Scope, scope
from regulars.web.problems import Problem, invalid

rewards_router = Router(tags=["Rewards"])
router = Router(tags=["Rewards"])
_CHANGES = {"responses": {409: {"$ref": "#/components/responses/refused"}}}
READ, WRITE = scope(Scope.REWARDS_READ), scope(Scope.REWARDS_WRITE)
State = Literal["held", "confirmed", "fulfilled", "cancelled"]
Kind = Literal["goods", "coupon", "gift_card", "credit", "codes", "service"]


class SaysOut(Schema):
    """The same in both languages."""

    en: str
    zh: str


class LimitOut(Schema):
    amount: int
    per: Literal["day", "week", "month", "quarter", "year", "ever"]


class OfferOut(Schema):
    """What one customer can have now."""

    price: int = Field(description="In points of the reward's `unit`, for the customer's tier.")
    can_have: bool
    missing: int = Field(description="How many points are missing.")
    why_not: SaysOut | None


class RewardOut(Schema):
    id: str
    name: SaysOut
    gives: Kind
    unit: str = Field(description="The points it is paid with.")
    price: int | None = Field(description="In points; null where only `prices` has one.")
    prices: dict[str, int] = Field(description="Other prices by tier.")
    tiers: list[str] = Field(description="Only for these tiers; for all where empty.")
    left: int | None = Field(description="How many are left; null for any number.")
    limit: LimitOut | None = Field(description="How many a member may have.")
    starts: datetime | None
    ends: datetime | None
    worth: int = Field(description="Minor units of the programme's currency.")
    offer: OfferOut | None = Field(description="What the customer asked for can have; null without `customer`.")


class RewardsOut(Schema):
    items: list[RewardOut]


class ClaimIn(api.Input):
    customer: api.Ref
    reward: str = Field(min_length=1, max_length=60, description="The reward's id in the programme.", examples=["mug"])
    hold: bool = Field(
        False, description="Only set points and stock aside, for 15 minutes, until `/confirm` or `/cancel`."
    )
    order: api.Text = Field("", max_length=120, description="The order it goes with, if any.", examples=["#1001"])


class NoteIn(api.Input):
    note: api.Text = Field("", max_length=200, description="For colleagues: a parcel's number, a reason.")


class CancelIn(NoteIn):
    unused: bool = Field(
        False,
        description="For a coupon that was handed over: its code was not used, and is void in the shop. Refused without it.",
    )


class ClaimOut(Schema):
    """A reward on its way to a customer. `held`: set aside; `confirmed`: paid, to be handed over; `fulfilled`: done."""

    id: UUID
    customer: UUID
    reward: str
    gives: Kind
    state: State
    why: str = Field(description="`redeemed`, or what it was given for: `tier:gold`, `birthday:2026` ...")
    unit: str
    price: int = Field(description="Points that it took; 0 for what was given.")
    code: str | None = Field(
        description="What the customer uses it with: a coupon's, gift card's or other code. Only for keys that may redeem."
    )
    order: str
    note: str
    at: datetime
    held_until: datetime | None
    valid_until: datetime | None
    settled_at: datetime | None


class ClaimPage(Schema):
    items: list[ClaimOut]
    next: str | None


class RewardFilters(Schema):
    customer: api.Ref | None = Field(None, description="Say what this customer can have, and why not the rest.")


class ClaimFilters(pagination.Page):
    customer: api.Ref | None = Field(None, description="A customer's id or `source:source_id`; merged records count.")
    state: State | None = None
    reward: Annotated[str, Field(max_length=60)] | None = None


@rewards_router.get("", response=RewardsOut, auth=READ, summary="List rewards", openapi_extra=_CHANGES)
def list_rewards(request: HttpRequest, filters: Query[RewardFilters]) -> Any:
    """The catalogue of the programme in force; for one customer with their prices, and a reason where they cannot have it."""
    pagination.refuse_unknown(request, RewardFilters)
    at = timezone.now()
    if filters.customer is None:
        plan, told = flow.in_force(at), {}
    else:
        customer = customer_of(filters.customer, "customer")
        here, seen = _said(lambda: flow.catalogue(customer, at))
        plan, told = here.plan, {offer.reward.id: offer for offer in seen}
    if plan is None:
        return {"items": []}
    for_sale = [one for one in plan.programme.rewards if one.price is not None or one.prices]
    left = offers.stocks(plan, for_sale)
    return {"items": [_reward(one, plan.unit(one.unit).id, left.get(one.id), told.get(one.id)) for one in for_sale]}


_MAKES = {
    "parameters": [KEY],
    "responses": {
        404: {"$ref": "#/components/responses/not-found"},
        409: {"$ref": "#/components/responses/refused"},
    },
}


@router.post("", response=ClaimOut, auth=WRITE, summary="Redeem a reward", openapi_extra=_MAKES)
def make_claim(request: HttpRequest, body: ClaimIn) -> Any:
    """Points, stock and the member's limit are taken together or not at all. Credit, cards and codes are there at once."""
    whose, key = key_of(request)
    told = {"hold_only": body.hold, "order": body.order, "by": whose}
    customer, at = customer_of(body.customer), timezone.now()
    made = _said(lambda: flow.redeem(customer, body.reward, key=f"{whose}:{key}", at=at, **told))
    return _claim(made, request, names_code=True)


@router.get("", response=ClaimPage, auth=READ, summary="List claims")
def list_claims(request: HttpRequest, filters: Query[ClaimFilters]) -> Any:
    """The newest first."""
    pagination.refuse_unknown(request, ClaimFilters)
    place = pagination.after(filters, "claimed")
    whose = None if filters.customer is None else customers.member_ids(customer_of(filters.customer, "customer"))
    wanted = Wanted(customers=whose, state=filters.state or "", reward=filters.reward or "")
    rows = claims.page(wanted, filters.limit + 1, place and place.at and (place.at, place.id))
    answer = pagination.answer(rows, filters.limit, lambda row: pagination.Place(row.id, row.at, "claimed"))
    return answer | {"items": [_claim(row, request) for row in answer["items"]]}


@router.get("/{id}", response=ClaimOut, auth=READ, summary="Read a claim")
def read_claim(request: HttpRequest, id: UUID) -> Any:
    """With its code, where the key may redeem too."""
    if (found := claims.claim(id)) is None:
        raise Http404("No claim has this id.")
    return _claim(found, request, names_code=True)


@router.post("/{id}/confirm", response=ClaimOut, auth=WRITE, summary="Confirm a claim", openapi_extra=_CHANGES)
def confirm_claim(request: HttpRequest, id: UUID) -> Any:
    """Take what was set aside. Confirmed before: the claim as it is."""
    done = _said(lambda: flow.confirm(id, at=timezone.now(), by=request.actor.subject))  # type: ignore[attr-defined]
    return _claim(done, request, names_code=True)


@router.post("/{id}/cancel", response=ClaimOut, auth=WRITE, summary="Cancel a claim", openapi_extra=_CHANGES)
def cancel_claim(request: HttpRequest, id: UUID, body: CancelIn) -> Any:
    """Points come back as the lots they were, stock and limit too. Refused where what was given cannot be taken back."""
    told = {"at": timezone.now(), "by": request.actor.subject, "note": body.note}  # type: ignore[attr-defined]
    return _claim(_said(lambda: cancel(id, **told, unused=body.unused)), request, names_code=True)


@router.post("/{id}/fulfil", response=ClaimOut, auth=WRITE, summary="Fulfil a claim", openapi_extra=_CHANGES)
def fulfil_claim(request: HttpRequest, id: UUID, body: NoteIn) -> Any:
    """Note that it was handed over, sent or done."""
    told = {"at": timezone.now(), "by": request.actor.subject, "note": body.note}  # type: ignore[attr-defined]
    return _claim(_said(lambda: flow.fulfil(id, **told)), request)


def said(refused: flow.Refused) -> Problem:
    """A refusal as a problem."""
    return Problem("refused", refused.says.en, more={"reason": _says(refused.says)})


def _said(verb: Any) -> Any:
    """What a flow answers, its refusals as problems."""
    try:
        return verb()
    except flow.Refused as refused:
        raise said(refused) from None
    except flow.KeyReused:
        raise Problem("key-reused", "This Idempotency-Key came with another body before.") from None
    except LookupError:
        raise Http404("No claim has this id.") from None


def customer_of(ref: str, parameter: str = "") -> UUID:
    """The customer that a reference names. Raises 404, or where a parameter named it a problem (422)."""
    found = listing.resolve(api.split_ref(ref), ref)
    if found is None and parameter:
        raise invalid([(parameter, "No customer has this id.")])
    if found is None:
        raise Http404(f"No customer has the id {ref}.")
    return found


def _says(told: Says) -> dict[str, str]:
    return {"en": told.en, "zh": told.zh}


def _reward(reward: Reward, unit: str, left: int | None, offer: Offered | None) -> dict[str, Any]:
    copied = {name: getattr(reward, name) for name in ("id", "price", "starts", "ends", "worth")}
    limit = {"amount": reward.limit.amount, "per": reward.limit.per.value} if reward.limit else None
    told = {"gives": reward.gives.value, "unit": unit, "prices": dict(reward.prices), "tiers": list(reward.tiers)}
    return copied | told | {"name": _says(reward.name), "left": left, "limit": limit, "offer": offer and _offer(offer)}


def _offer(offer: Offered) -> dict[str, Any]:
    why = offer.refusal and _says(offer.refusal)
    return {"price": offer.price, "can_have": why is None, "missing": offer.short, "why_not": why}


def _claim(claim: ClaimFacts, request: HttpRequest, *, names_code: bool = False) -> dict[str, Any]:
    names = (
        "id",
        "reward",
        "gives",
        "state",
        "why",
        "unit",
        "price",
        "order",
        "note",
        "at",
        "valid_until",
        "settled_at",
    )
    may = names_code and Scope.REWARDS_WRITE in request.actor.scopes  # type: ignore[attr-defined]
    held = claim.held_until if claim.state == claims.HELD else None
    told = {"customer": claim.customer_id, "held_until": held, "code": (_code(claim) or None) if may else None}
    return {name: getattr(claim, name) for name in names} | told


def _code(claim: ClaimFacts) -> str:
    """What a claim that was handed over is used with; a cancelled one's too, so that the shop can void it."""
    if claim.state not in {claims.FULFILLED, claims.CANCELLED}:
        return ""
    if claim.gives == RewardKind.GIFT_CARD and (card := claims.card_of(claim.id)):
        return cards.code_of_card(card)
    return claims.code_of(claim.id)
