"""Members who bring friends, as a shop's storefront tells of them and programs read them."""

from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from django.http import Http404, HttpRequest
from django.utils import timezone
from ninja import Query, Router, Schema
from pydantic import Field

from regulars.core.codes import CODE_MAX
from regulars.core.referral import REASONS
from regulars.customers import queries as customers
from regulars.flows import referral as flow
from regulars.flows.api.claims import NoteIn, SaysOut, customer_of, said
from regulars.flows.redeem import Refused
from regulars.membership.queries import referrals
from regulars.membership.queries.referrals import ReferralFacts, Wanted
from regulars.web import api, pagination
from regulars.web.access import Actor, Scope, scope
from regulars.web.problems import Problem

router = Router(tags=["Referrals"])
READ, WRITE, DECIDE = scope(Scope.REFERRALS_READ), scope(Scope.REFERRALS_WRITE), scope(Scope.REFERRALS_DECIDE)
State = Literal["waiting", "in_review", "rewarded", "refused", "expired"]


class ReferralIn(api.Input):
    code: api.Text = Field(min_length=1, max_length=CODE_MAX, examples=["7K2M-0QF3-9XTB-41VC"])
    friend: api.Ref = Field(description="Who uses the code: a customer's id or `source:source_id`.")
    device: api.Text = Field("", max_length=200, description="What names the friend's device.")
    address: api.Text = Field("", max_length=500, description="Where the friend's goods go.")
    payment: api.Text = Field(
        "", max_length=200, description="What your payment provider names the card or account by."
    )


class ReasonOut(SaysOut):
    name: str


class ReferralOut(Schema):
    """`waiting` for an order that counts, `in_review`, `rewarded`, `refused`, or `expired`: no order came in time."""

    id: UUID
    advocate: UUID
    friend: UUID
    code: str
    state: State
    reasons: list[ReasonOut] = Field(description="What speaks against it.")
    at: datetime = Field(description="When the code was used.")
    order: UUID | None = Field(description="The friend's order that counts, or is about to.")
    due: date | None = Field(description="The day from which it counts.")
    decided_at: datetime | None
    decided_by: str = Field(description="Who decided, where a person did.")
    note: str


class ReferralPage(Schema):
    items: list[ReferralOut]
    next: str | None


class ReferralFilters(pagination.Page):
    state: State | None = None
    customer: api.Ref | None = Field(
        None, description="On either side: an id or `source:source_id`; merged records count."
    )


class CodeOut(Schema):
    customer: UUID
    code: str = Field(description="For links and for saying aloud: no digit is taken for another.")


_JOINS = {
    "parameters": [
        {
            "in": "header",
            "name": "Idempotency-Key",
            "required": False,
            "schema": {"type": "string", "maxLength": 255},
            "description": "Taken and not needed: a friend is brought once, and told again is answered as the first time.",
        }
    ],
    "responses": {
        404: {"$ref": "#/components/responses/not-found"},
        409: {"$ref": "#/components/responses/refused"},
    },
}
_CHANGES = {"responses": {409: {"$ref": "#/components/responses/refused"}}}


@router.post("", response=ReferralOut, auth=WRITE, summary="Use a referral code", openapi_extra=_JOINS)
def use_code(request: HttpRequest, body: ReferralIn) -> Any:
    """A friend joins with a member's code. Send it when the friend signs up: who bought before is nobody new.

    Every failure of the code is the same 404: an unknown one, one's own, too many tries (ten an hour for each friend). What
    device, address and payment are is not kept, only whether the member's are the same.
    """
    friend = customer_of(body.friend)
    traces = {name: getattr(body, name) for name in ("device", "address", "payment")}
    try:
        return _referral(flow.friend_joined(body.code, friend, traces, at=timezone.now()))
    except flow.NotUsable as refused:
        reason = {"en": refused.says.en, "zh": refused.says.zh}
        raise Problem("not-found", refused.says.en, more={"reason": reason}) from None
    except Refused as refused:
        raise said(refused) from None


@router.get("", response=ReferralPage, auth=READ, summary="List referrals")
def list_referrals(request: HttpRequest, filters: Query[ReferralFilters]) -> Any:
    """The newest first."""
    pagination.refuse_unknown(request, ReferralFilters)
    place = pagination.after(filters, "joined")
    whose = None if filters.customer is None else customers.member_ids(customer_of(filters.customer, "customer"))
    wanted = Wanted(state=filters.state or "", customers=whose)
    rows = referrals.page(wanted, filters.limit + 1, place and place.at and (place.at, place.id))
    answer = pagination.answer(rows, filters.limit, lambda row: pagination.Place(row.id, row.at, "joined"))
    return answer | {"items": [_referral(row) for row in answer["items"]]}


@router.put("/codes/{ref}", response=CodeOut, auth=WRITE, summary="Make a referral code", openapi_extra=_CHANGES)
def make_code(request: HttpRequest, ref: api.Ref) -> Any:
    """A member's own code: the one there is, or a new one."""
    customer = customer_of(ref)
    try:
        return {"customer": customer, "code": flow.code_for(customer, timezone.now())}
    except Refused as refused:
        raise said(refused) from None


@router.get("/codes/{ref}", response=CodeOut, auth=READ, summary="Read a referral code")
def read_code(request: HttpRequest, ref: api.Ref) -> Any:
    """404 where the member has none yet."""
    customer = customer_of(ref)
    if not (code := referrals.code_of(customer)):
        raise Http404("This customer has no referral code yet: make one by PUT.")
    return {"customer": customer, "code": code}


@router.post("/{id}/accept", response=ReferralOut, auth=DECIDE, summary="Accept a referral", openapi_extra=_CHANGES)
def accept_referral(request: HttpRequest, id: UUID, body: NoteIn) -> Any:
    """Reward both sides of one that is in review. Accepted before: as it is."""
    return _decided(flow.accept, request, id, body)


@router.post("/{id}/refuse", response=ReferralOut, auth=DECIDE, summary="Refuse a referral", openapi_extra=_CHANGES)
def refuse_referral(request: HttpRequest, id: UUID, body: NoteIn) -> Any:
    """Reward nobody for one that waits or is in review. Refused before: as it is."""
    return _decided(flow.refuse, request, id, body)


def _decided(verb: Any, request: HttpRequest, identifier: UUID, body: NoteIn) -> dict[str, Any]:
    by: Actor = request.actor  # type: ignore[attr-defined]
    try:
        return _referral(verb(identifier, by=by, at=timezone.now(), note=body.note))
    except Refused as refused:
        raise said(refused) from None
    except LookupError:
        raise Http404("No referral has this id.") from None


def _referral(row: ReferralFacts) -> dict[str, Any]:
    names = ("id", "code", "state", "at", "due", "decided_at", "decided_by", "note")
    reasons = [{"name": name, "en": REASONS[name].en, "zh": REASONS[name].zh} for name in row.reasons]
    whose = {"advocate": row.advocate_id, "friend": row.friend_id, "order": row.order_id}
    return {name: getattr(row, name) for name in names} | whose | {"reasons": reasons}
