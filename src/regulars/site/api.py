"""The API put together: each domain's routes, one document, one way to answer errors."""

from datetime import date, datetime
from typing import Any, Literal

from django.http import HttpRequest
from django.utils import timezone
from ninja import Router, Schema
from ninja.operation import PathView

import regulars
from regulars.catalog.api import router as products
from regulars.customers.api import router as customers
from regulars.flows import api as writes
from regulars.insights.api import router as insights
from regulars.membership import api as membership
from regulars.orders.api import router as orders
from regulars.promotions.api import router as offers
from regulars.shop.queries import NotSetUp
from regulars.site import health
from regulars.web import problems
from regulars.web.api import StrictParser
from regulars.web.api_document import DocumentedAPI
from regulars.web.api_limits import KeyThrottle

DESCRIPTION = """Customers, products, orders, events and accounts of this shop.

Money is integer minor units of the stated currency; quantities are decimal strings; instants are RFC 3339 with an offset.
Records are named by the id given here or by `source:source_id`. Lists are read by cursor: pass `next` as `cursor`."""


class FactsOut(Schema):
    orders_behind: int
    figures_as_of: date | None
    figures_refused: bool


class WorkerOut(Schema):
    state: Literal["well", "overdue", "stuck"]
    waiting: int
    last_finished_at: datetime | None


class MembersOut(Schema):
    """The nightly self-check: on which night, and in how many places members are stored otherwise than they lived."""

    checked_on: date | None
    differences: int


class DetailsOut(Schema):
    database: str
    facts: FactsOut
    worker: WorkerOut
    members: MembersOut


class HealthOut(Schema):
    status: Literal["ok", "degraded"]
    version: str
    details: DetailsOut | None = None


root = Router(tags=["Health"])


@root.get("/health", response=HealthOut, auth=None, summary="Is the site well?")
def read_health(request: HttpRequest) -> Any:
    """Needs no key; with any key it answers the details too. 503 where the database does not answer."""
    if not health.database_answers():
        raise problems.Problem("unavailable", "The database does not answer.")
    found = health.details(timezone.now())
    well = found["worker"]["state"] == "well" and not found["facts"]["figures_refused"]
    status = "ok" if well and not found["members"]["differences"] else "degraded"
    return {"status": status, "version": regulars.__version__, "details": found if request.actor.subject else None}  # type: ignore[attr-defined]


def _joined(*routers: Router) -> Router:
    """One router of several that share addresses: Django finds an address once, so its methods must stand together."""
    joined = Router(tags=routers[0].tags)
    for router in routers:
        for path, view in router.path_operations.items():
            joined.path_operations.setdefault(path, PathView()).operations.extend(view.operations)
    # "/batch" before "/{ref}", which would match it too.
    joined.path_operations = dict(sorted(joined.path_operations.items(), key=lambda item: "{" in item[0]))
    return joined


def _not_set_up(request: HttpRequest, error: NotSetUp) -> Any:
    return problems.respond(request, problems.Problem("unavailable", str(error)))


api = DocumentedAPI(
    title="Regulars",
    version="1",
    description=DESCRIPTION,
    urls_namespace="api",
    docs_url=None,
    parser=StrictParser(),
    throttle=KeyThrottle(),
)
problems.install(api)
api.add_exception_handler(NotSetUp, _not_set_up)
api.add_router("/customers", _joined(customers, writes.customers, writes.merging))
api.add_router("/products", _joined(products, writes.products))
api.add_router("/orders", _joined(orders, writes.orders, writes.returns))
api.add_router("/events", writes.events)
api.add_router("/accounts", writes.accounts)
api.add_router("/operations", writes.operations)
api.add_router("/members", _joined(membership.members, writes.members))
api.add_router("/programme", _joined(membership.programme, writes.programme))
api.add_router("/offers", _joined(writes.offers, offers))
api.add_router("/quotes", writes.quotes)
api.add_router("/rewards", writes.rewards)
api.add_router("/claims", writes.claims)
api.add_router("/gift-cards", writes.gift_cards)
api.add_router("/referrals", writes.referrals)
api.add_router("/insights", insights)
api.add_router("", root)
