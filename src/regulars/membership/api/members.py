"""Members: tier, balances, privileges, and what was decided for them."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from django.http import Http404, HttpRequest
from django.utils import timezone
from ninja import Query, Router, Schema
from pydantic import Field

from regulars.core.declarations import Context
from regulars.core.programme import Plan, Versions
from regulars.core.programme.document import Purse
from regulars.core.tiers import Metric
from regulars.customers import queries as customers
from regulars.customers.queries import listing
from regulars.membership import queries as membership
from regulars.membership.api.words import DecisionOut, PrivilegeOut, TierOut, decision_out, privilege_out, tier_out
from regulars.membership.queries import explaining, figures
from regulars.membership.queries.balances import Balance
from regulars.membership.queries.figures import MemberFigures
from regulars.orders.queries.clock import shop_time
from regulars.shop.queries import require_shop
from regulars.web import api, pagination
from regulars.web.access import Scope, scope

router = Router(tags=["Members"])
READ = scope(Scope.MEMBERS_READ)


class AmountsOut(Schema):
    """Null for what the tier does not count by."""

    spend: int | None = Field(description="Minor units of the programme's currency.")
    orders: int | None
    points: int | None
    quantity: api.QuantityOut | None


class NextOut(Schema):
    """How far the next tier is, and whether the present one lasts."""

    tier: str = Field(description="The next tier's id; empty at the top.")
    missing: AmountsOut
    either: bool = Field(description="Any of `missing` is enough; else all of it is needed.")
    projected: str = Field(description="The tier after the next review if nothing more is bought; empty for none.")
    to_keep: AmountsOut = Field(description="What is missing to keep the present tier.")
    says: list[str]


class BalanceOut(Schema):
    """In the unit's smallest part: whole points; minor units of `currency` where it is money."""

    unit: str = Field(description="The point type's id in the programme.")
    name: str
    currency: str | None = Field(description="Where the unit is store credit.")
    spendable: int
    pending: int = Field(description="What can be spent later.")
    held: int = Field(description="What is set aside for open redemptions.")
    expiring: int = Field(description="What goes at `expires_at`, if it is not spent before.")
    expires_at: datetime | None
    owed: int = Field(description="What was spent and should have gone back; earned points repay it first.")


class MemberOut(Schema):
    """As of the shop's own time, under the version then in force. The accounts behind it: `GET /accounts?customer=`."""

    customer_id: UUID
    version: int
    joined_on: date
    tier: TierOut | None
    tier_since: date | None
    tier_until: date | None = Field(description="The last day for which it is sure; null for good.")
    in_grace: bool
    next: NextOut | None = Field(description="Null where the programme has no tiers.")
    balances: list[BalanceOut]
    privileges: list[PrivilegeOut]
    changed_at: datetime


class MemberPage(Schema):
    items: list[MemberOut]
    next: str | None


class Filters(pagination.Page):
    tier: Annotated[api.Text, Field(max_length=60)] | None = Field(
        None, description="A tier's id; empty for members without one."
    )
    changed_since: api.Instant | None = Field(
        None, description="Something was decided for them since; sorts by that time. Redemptions: `GET /accounts`."
    )


@router.get("", response=MemberPage, auth=READ, summary="List members", openapi_extra=api.SPEAKS)
def list_members(request: HttpRequest, filters: Query[Filters]) -> Any:
    """In the order of their ids, or of their last change where `changed_since` is given."""
    pagination.refuse_unknown(request, Filters)
    by = "changed" if filters.changed_since else "id"
    place, versions = pagination.after(filters, by), membership.versions()
    asked = {"of_tier": filters.tier, "changed_since": filters.changed_since}
    after = (place.at, place.id) if place else None
    rows = figures.page(versions, _now(), filters.limit + 1, after=after, **asked) if versions else []  # type: ignore[arg-type]
    answer = pagination.answer(
        rows, filters.limit, lambda row: pagination.Place(row.customer, filters.changed_since and row.changed_at, by)
    )
    return answer | {"items": [_member(row, versions, request) for row in answer["items"] if versions]}


@router.get("/{ref}", response=MemberOut, auth=READ, summary="Read a member", openapi_extra=api.SPEAKS)
def read_member(request: HttpRequest, ref: api.Ref) -> Any:
    """`ref` is the customer's id given here, or `source:source_id`; of merged records the survivor answers."""
    customer, versions = _customer(ref), membership.versions()
    found = figures.member(customer, versions, _now()) if versions else None
    if versions is None or found is None:
        raise Http404("This customer is no member.")
    return _member(found, versions, request)


class DecisionPage(Schema):
    items: list[DecisionOut]
    next: str | None


@router.get(
    "/{ref}/decisions", response=DecisionPage, auth=READ, summary="Read what was decided", openapi_extra=api.SPEAKS
)
def list_decisions(request: HttpRequest, ref: api.Ref, page: Query[pagination.Page]) -> Any:
    """The newest first, each with the version that decided and its reasons."""
    pagination.refuse_unknown(request, pagination.Page)
    records, versions = customers.member_ids(_customer(ref)), membership.versions()
    place = pagination.after(page, "decided")
    before = (place.at, place.id) if place and place.at else None
    rows = explaining.page(records, versions, page.limit + 1, before) if versions else []
    answer = pagination.answer(rows, page.limit, lambda row: pagination.Place(row.id, row.at, "decided"))
    return answer | {"items": [decision_out(row, api.language_of(request)) for row in answer["items"]]}


class PrivilegesOut(Schema):
    tier: TierOut | None = Field(description="Null for who has none, members or not.")
    privileges: list[PrivilegeOut]


@router.get(
    "/{ref}/privileges",
    response=PrivilegesOut,
    auth=READ,
    summary="Read a member's privileges",
    openapi_extra=api.SPEAKS,
)
def read_privileges(request: HttpRequest, ref: api.Ref) -> Any:
    """For checkouts, shipping and service desks: what the customer's tier gives now. Who is no member has none."""
    held = figures.held_tier(api.split_ref(ref), ref)
    if held is None:
        raise Http404("No customer has this id.")
    versions = membership.versions() if held else None
    return _tier(versions, held, api.language_of(request)) if versions else {"tier": None, "privileges": []}


def _tier(versions: Versions, held: str, language: str) -> dict[str, Any]:
    plan = figures.in_force(versions, timezone.now())
    tier, context = figures.tier(plan, held), Context(plan.currency, plan.zone)
    rights = tier.rights if tier else ()
    return {"tier": tier_out(tier, language), "privileges": [privilege_out(one, context, language) for one in rights]}


def _customer(ref: str) -> UUID:
    if (found := listing.resolve(api.split_ref(ref), ref)) is None:
        raise Http404("No customer has this id.")
    return found


def _now() -> datetime:
    return shop_time(require_shop(), timezone.now())


def _member(row: MemberFigures, versions: Versions, request: HttpRequest) -> dict[str, Any]:
    language, plan = api.language_of(request), versions.numbered(row.version)
    context = Context(plan.currency, plan.zone)
    return {
        "customer_id": row.customer,
        "version": row.version,
        "joined_on": row.joined_on,
        "tier": tier_out(row.tier, language),
        "tier_since": row.since,
        "tier_until": row.until,
        "in_grace": row.in_grace,
        "next": row.next and _next(row, language),
        "balances": [_balance(one, plan, language) for one in row.balances],
        "privileges": [privilege_out(one, context, language) for one in (row.tier.rights if row.tier else ())],
        "changed_at": row.changed_at,
    }


def _next(row: MemberFigures, language: str) -> dict[str, Any]:
    told = row.next
    assert told is not None
    return {
        "tier": told.next_tier,
        "missing": _amounts(told.missing),
        "either": told.either,
        "projected": told.projected,
        "to_keep": _amounts(told.keep),
        "says": [one.to(language) for one in told.says],
    }


def _amounts(parts: Iterable[tuple[Metric, int]]) -> dict[str, int | None]:
    found = dict(parts)
    return {metric.value: found.get(metric) for metric in Metric}


def _balance(one: Balance, plan: Plan, language: str) -> dict[str, Any]:
    unit = plan.unit(one.unit)
    names = ("unit", "spendable", "pending", "held", "expiring", "expires_at", "owed")
    money = plan.currency if unit.purse is Purse.CREDIT else None
    return {name: getattr(one, name) for name in names} | {"name": unit.name.to(language), "currency": money}
