"""Insights as programs read them: the shop's figures, and how one customer stands against their own rhythm."""

from datetime import date
from typing import Any, Literal
from uuid import UUID

from django.http import Http404, HttpRequest
from ninja import Router, Schema
from pydantic import Field

from regulars.customers import queries as customers
from regulars.customers.queries import listing
from regulars.insights import queries
from regulars.insights.queries.customers import as_of, profile
from regulars.shop.queries import require_shop
from regulars.web import api
from regulars.web.access import Scope, scope

router = Router(tags=["Insights"])
READ = scope(Scope.INSIGHTS_READ)
NOT_YET = "There are no figures yet: they are made within a minute of the first orders."


class SummaryOut(Schema):
    """What the dashboard shows, in figures. Each is defined on the console's page of definitions."""

    as_of: date = Field(description="The day the figures stand at, in the shop's zone.")
    customers: int = Field(description="Customers with orders.")
    orders: int
    lines: int
    revenue_amount: int = Field(description="Net sales in minor units of `currency`.")
    currency: str
    repurchase_rate: float | None = Field(description="Share (0 to 1) of customers with orders on two days or more.")


class RhythmOut(Schema):
    """One customer. Figures are null for prospects; `late_days` is how far past their usual interval they are."""

    customer_id: UUID
    as_of: date
    state: Literal["prospect", "new", "active", "slowing", "at_risk", "lapsed"]
    segment: str = Field(description="The RFM segment, empty for prospects.")
    orders: int | None
    order_days: int | None
    net_amount: int | None = Field(description="Minor units of `currency`.")
    currency: str
    first_day: date | None
    last_day: date | None
    usual_days: float | None = Field(description="Their own interval between days with orders.")
    since_days: int | None = Field(description="Days since the last order.")
    late_days: float | None
    due_day: date | None = Field(description="When the next order would be usual.")


@router.get(
    "/summary", response=SummaryOut, auth=READ, summary="Read the shop's figures", openapi_extra=api.MAY_BE_MISSING
)
def read_summary(request: HttpRequest) -> Any:
    """The figures in force; 404 before there are any."""
    found, in_force = queries.figures(), queries.manifest()
    if found is None or in_force is None:
        raise Http404(NOT_YET)
    names = ("customers", "orders", "lines", "revenue_amount", "currency", "repurchase_rate")
    return {"as_of": in_force.as_of, **{name: getattr(found, name) for name in names}}


@router.get("/customers/{ref}", response=RhythmOut, auth=READ, summary="Read one customer's rhythm")
def read_rhythm(request: HttpRequest, ref: api.Ref) -> Any:
    """Of a merged record: the survivor's."""
    identifier = listing.resolve(api.split_ref(ref), ref)
    currency, day = require_shop().currency, as_of()
    found = profile(customers.canonical_id(identifier) or identifier, currency) if identifier else None
    if found is None or day is None:
        raise Http404("No customer has this id, or no figures have been made for them yet.")
    names = [name for name in RhythmOut.model_fields if name != "as_of"]
    return {"as_of": day, **{name: getattr(found, name) for name in names}}
