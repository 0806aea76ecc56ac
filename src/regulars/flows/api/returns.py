"""Goods that come back, as a program tells of them, and what that means for the member."""

from datetime import datetime, timedelta
from typing import Annotated, Any
from uuid import UUID

from django.http import Http404, HttpRequest
from django.utils import timezone
from ninja import Router, Schema, Status
from pydantic import Field, field_validator

from regulars.core.facts import ReturnedLineFact, ReturnFact
from regulars.flows.order_returned import order_returned
from regulars.flows.tasks import request_refresh
from regulars.membership import queries as membership
from regulars.membership.api import ChangeOut, MoveOut, TierOut, decision_out, tier_out
from regulars.membership.queries import explaining, figures
from regulars.orders.actions.returns import Returned, ReturnRefused
from regulars.orders.api import ReturnOut
from regulars.orders.queries import listing
from regulars.web import api
from regulars.web.access import Scope, scope
from regulars.web.problems import invalid

router = Router(tags=["Orders"])


class ReturnedLineIn(api.Input):
    line: api.Text = Field(
        min_length=1, max_length=120, description="The line's number, its id at the source, or its SKU.", examples=["1"]
    )
    quantity: api.Quantity | None = Field(None, description="All that is left of it without this.")
    amount: api.Amount | None = Field(None, description="What was given back; what was paid for so much without this.")


class ReturnIn(api.Input):
    source_id: api.SourceId
    at: api.Instant = Field(description="When the goods came back.")
    lines: Annotated[list[ReturnedLineIn], Field(min_length=1, max_length=1000)] | None = Field(
        None, description="All that is left of the order without this."
    )
    reason: api.Text = Field("", max_length=200)

    @field_validator("at")
    @classmethod
    def has_happened(cls, value: datetime) -> datetime:
        if value > timezone.now() + timedelta(days=1):
            raise ValueError("goods cannot have come back in the future")
        return value

    def fact(self, order: str) -> ReturnFact:
        lines = self.lines and tuple(ReturnedLineFact(one.line, one.quantity, one.amount) for one in self.lines)
        return ReturnFact(self.source_id, order, self.at, lines or None, self.reason)


class MeantOut(Schema):
    """What the return meant for the member."""

    version: int = Field(description="The version of the programme that decided: that of the purchase.")
    points: list[ChangeOut] = Field(description="Points that went back, below zero, and what is owed of them.")
    moved: MoveOut | None
    tier: TierOut | None = Field(description="The tier afterwards; null for none.")
    says: list[str]


class ReturnedOut(Schema):
    returned: ReturnOut
    meant: MeantOut | None = Field(description="Null where it meant nothing: no programme, no member, nothing earned.")


@router.post(
    "/{ref}/returns",
    response={200: ReturnedOut, 201: ReturnedOut},
    auth=scope(Scope.ORDERS_WRITE),
    summary="Record a return",
    openapi_extra=api.SPEAKS,
    by_alias=False,
)
def record_return(request: HttpRequest, ref: api.Ref, body: ReturnIn) -> Any:
    """201 with what it meant; 200 with the same answer where the return (its `source_id`) was told before."""
    source, source_id = _order(ref)
    try:
        done = order_returned(body.fact(source_id), source=source, at=timezone.now()).returned
    except ReturnRefused as refused:
        raise invalid([(f"/{refused.field}", refused.reason)]) from None
    if done.created:
        request_refresh()
    return Status(201 if done.created else 200, _answer(done, api.language_of(request)))


def _order(ref: str) -> tuple[str, str]:
    """The order's source and its id there."""
    found = listing.resolve(api.split_ref(ref), ref)
    named = found and listing.source_of(found)
    if not named:
        raise Http404("No order has this id.")
    return named


def _answer(done: Returned, language: str) -> dict[str, Any]:
    told = next(one for one in listing.returns(done.order) if one.id == done.id)
    return {"returned": told, "meant": _meant(done.order, done.customer, told.recorded_at, language)}


def _meant(order: UUID, customer: UUID, at: datetime, language: str) -> dict[str, Any] | None:
    versions = membership.versions()
    decided = explaining.of_change(order, at, versions) if versions else None
    if versions is None or decided is None:
        return None
    told = decision_out(decided, language)
    held = figures.held_tier(None, str(customer)) or ""
    tier = tier_out(figures.tier(figures.in_force(versions, at), held), language)
    return {
        "version": decided.version,
        "points": told["points"],
        "moved": told["tier"],
        "tier": tier,
        "says": told["says"],
    }
