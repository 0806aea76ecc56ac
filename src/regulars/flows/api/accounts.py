"""Accounts and their entries, as programs read them."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from django.http import Http404, HttpRequest
from django.utils import timezone
from ninja import Query, Router, Schema
from pydantic import Field

from regulars.customers import queries as customers
from regulars.customers.queries import listing, subjects
from regulars.ledger.facts import FOREVER
from regulars.ledger.queries import accounts, statement
from regulars.ledger.queries.accounts import AccountFacts
from regulars.ledger.queries.statement import EntryView
from regulars.shop.queries import require_shop
from regulars.web import api, pagination
from regulars.web.access import Scope, scope
from regulars.web.problems import invalid

router = Router(tags=["Accounts"])
READ = scope(Scope.LEDGER_READ)
# What programs may move; what somebody owes they read only: debts arise and are repaid with points.
Movable = Literal["points", "credit", "gift_card", "stock", "limit", "budget", "prize", "escrow"]
Kind = Literal[Movable, "debt"]
EntryKind = Literal["post", "grant", "hold", "capture", "release", "activate", "expire", "reverse", "close", "reopen"]


class AccountOut(Schema):
    """Amounts are whole units of `unit`: points, minor units of a currency, pieces."""

    id: str
    kind: Kind
    unit: str
    reference: str = Field(description="What it counts for: a programme, a coupon, a limit, a product.")
    customer: UUID | None = Field(description="Whose it is; null for the shop's own.")
    balance: int
    held: int = Field(description="What is set aside within `balance`.")
    closed: bool


class AccountDetailOut(AccountOut):
    spendable: int = Field(description="What can be spent now.")
    pending: int = Field(description="What can be spent later.")
    expiring: int = Field(description="What goes on the day of `expires_at`, if it is not spent before.")
    expires_at: datetime | None


class AccountPage(Schema):
    items: list[AccountOut]
    next: str | None


class EntryOut(Schema):
    number: int = Field(description="Counts the account's entries from 1.")
    id: str
    kind: EntryKind
    amount: int
    change: int = Field(description="What it did to the balance; 0 for what only sets aside, gives back or marks.")
    balance: int = Field(description="The balance after it.")
    at: datetime
    operation: str
    reason: str
    actor: str
    about: str
    other_account: str = Field(description="Where it went to or came from.")
    lot: str | None = Field(description="The lot it took from, or made.")
    of: str | None = Field(description="The entry it undoes, activates or settles; of a hold's, the hold.")
    active_at: datetime | None
    expires_at: datetime | None = Field(description="When the lot expires or the hold times out; null for never.")


class EntryPage(Schema):
    items: list[EntryOut]
    next: str | None


class Filters(pagination.Page):
    customer: api.Ref | None = Field(
        None, description="A customer's id or `source:source_id`; accounts of merged records count."
    )
    kind: Kind | None = None
    unit: Annotated[str, Field(max_length=40)] | None = None
    reference: Annotated[str, Field(max_length=200)] | None = None


@router.get("", response=AccountPage, auth=READ, summary="List accounts")
def list_accounts(request: HttpRequest, filters: Query[Filters]) -> Any:
    """In no order that means anything. The world's accounts, which keep no balance, are not among them."""
    pagination.refuse_unknown(request, Filters)
    place = pagination.after(filters, "id")
    named = {name: getattr(filters, name) or "" for name in ("kind", "unit")}
    wanted = accounts.Wanted(subjects=_subjects(filters.customer), reference=filters.reference, **named)
    rows = accounts.page(wanted, filters.limit + 1, place and place.id.hex)
    answer = pagination.answer(rows, filters.limit, lambda row: pagination.Place(UUID(row.id)))
    owners = subjects.customers_of(row.subject for row in answer["items"])
    return answer | {"items": [_account(row, owners) for row in answer["items"]]}


def _subjects(ref: str | None) -> list[str] | None:
    if ref is None:
        return None
    customer = listing.resolve(api.split_ref(ref), ref)
    if customer is None:
        raise invalid([("customer", "No customer has this id.")])
    return subjects.subject_keys(customers.member_ids(customer))


@router.get("/{id}", response=AccountDetailOut, auth=READ, summary="Read an account")
def read_account(request: HttpRequest, id: UUID) -> Any:
    """With what can be spent of it now, and what expires next."""
    account = _found(id)
    told = accounts.figures(account, timezone.now(), ZoneInfo(require_shop().zone))
    figures = {name: getattr(told, name) for name in ("spendable", "pending", "expiring", "expires_at")}
    return _account(account, subjects.customers_of([account.subject])) | figures


@router.get("/{id}/entries", response=EntryPage, auth=READ, summary="Read an account's entries")
def list_entries(request: HttpRequest, id: UUID, page: Query[pagination.Page]) -> Any:
    """The newest first, each with the balance after it. Entries never change, and none is ever taken away."""
    pagination.refuse_unknown(request, pagination.Page)
    account, place = _found(id), pagination.after(page, "id")
    # A cursor names an id; of an entry its number is enough.
    rows = statement.entries(account.id, page.limit + 1, before=place and place.id.int)
    answer = pagination.answer(rows, page.limit, lambda row: pagination.Place(UUID(int=row.seq)))
    return answer | {"items": [_entry(row) for row in answer["items"]]}


def _found(account_id: UUID) -> AccountFacts:
    if (account := accounts.account(account_id.hex)) is None:
        raise Http404("No account has this id.")
    return account


def _account(row: AccountFacts, owners: dict[str, UUID]) -> dict[str, Any]:
    copied = {name: getattr(row, name) for name in ("id", "kind", "unit", "reference", "balance", "held", "closed")}
    return copied | {"customer": owners.get(row.subject)}


def _entry(row: EntryView) -> dict[str, Any]:
    names = ("id", "amount", "change", "balance", "at", "reason", "actor", "about", "active_at")
    return {name: getattr(row, name) for name in names} | {
        "number": row.seq,
        "kind": row.kind.name.lower(),
        "operation": row.operation_id,
        "other_account": row.other_id,
        "lot": row.lot_id,
        "of": row.of_id,
        "expires_at": None if row.expires_at == FOREVER else row.expires_at,
    }
