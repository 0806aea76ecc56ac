"""Moving what can be counted: the one route that writes in the ledger for programs. Checkouts wait for it, so it is lean."""

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal

from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Router, Schema
from pydantic import BaseModel, ConfigDict, Field, model_validator

from regulars.core.naming import operation_id
from regulars.customers.queries import subjects
from regulars.flows.api.accounts import EntryKind, Movable
from regulars.flows.api.keyed import KEY, key_of
from regulars.ledger import facts, refusals
from regulars.ledger.actions import commit
from regulars.ledger.facts import AMOUNT_MAX, FOREVER, Account, Operation, Receipt
from regulars.web import api
from regulars.web.access import Scope, scope
from regulars.web.api_limits import Buckets, KeyThrottle
from regulars.web.problems import Problem, invalid

router = Router(tags=["Accounts"])
# A shop's whole checkout may stand behind one key.
PER_MINUTE = 60_000
HOLD_SECONDS_MAX = 31 * 24 * 3600
# Where programs may take from and bring to. What staff adjusts, what expires and what limits grant is not theirs to write.
WORLD = ("issued", "redeemed", "sold", "refunded", "consumed", "reward")
_UNIT = r"^[A-Za-z][A-Za-z0-9:_.-]{0,39}$"
_REFERENCE = r"^([A-Za-z0-9][A-Za-z0-9:_./-]{0,199})?$"
_ID = r"^[0-9a-f]{32}$"
Amount = Annotated[int, Field(ge=1, le=AMOUNT_MAX, description="Whole units of the account's `unit`.")]
Hold = Annotated[str, Field(pattern=_ID, description="`holds` of the answer that made it.")]


class _Input(BaseModel):
    """As ``api.Input``, without what ninja's schemas do to read from models: they are never made of any."""

    model_config = ConfigDict(extra="forbid", strict=True)


class AccountIn(_Input):
    """An account by what it is for; it comes into being with its first entry. Things come from and go to the `world`."""

    kind: Movable | Literal["world"]
    unit: str = Field(
        pattern=_UNIT, description="Such as `points`, a currency (then amounts are its minor units), `pieces`."
    )
    reference: str = Field(
        "",
        pattern=_REFERENCE,
        description="The programme, coupon, limit or product it counts for; for `world` one of "
        + ", ".join(WORLD)
        + ".",
    )
    customer: api.Ref | None = Field(
        None, description="Whose it is: an id or `source:source_id`. None for the shop's own."
    )

    @model_validator(mode="after")
    def fits(self) -> "AccountIn":
        if self.kind == "world" and (self.reference not in WORLD or self.customer is not None):
            raise ValueError(f"the world has no customer, and its reference is one of {', '.join(WORLD)}")
        return self


class _Moving(_Input):
    source: AccountIn
    target: AccountIn
    amount: Amount


class PostIn(_Moving):
    """Move an amount at once."""

    do: Literal["post"]
    at_most: bool = Field(False, description="Take what there is where there is less.")
    granted: int | None = Field(
        None,
        ge=0,
        le=AMOUNT_MAX,
        description="For limits: what `source` was granted in all; the difference is granted first.",
    )
    active_at: api.Instant | None = Field(None, description="When it can be spent; at once without it.")
    expires_at: api.Instant | None = Field(None, description="When what is not spent goes; never without it.")


class HoldIn(_Moving):
    """Set an amount aside until it is captured, released, or the time is over."""

    do: Literal["hold"]
    for_seconds: int = Field(ge=1, le=HOLD_SECONDS_MAX)
    granted: int | None = Field(None, ge=0, le=AMOUNT_MAX)


class CaptureIn(_Input):
    """Move what is held, or `amount` of it; the rest stays held."""

    do: Literal["capture"]
    hold: Hold
    amount: Amount | None = None
    active_at: api.Instant | None = None
    expires_at: api.Instant | None = None


class ReleaseIn(_Input):
    """Give back what is held, or `amount` of it."""

    do: Literal["release"]
    hold: Hold
    amount: Amount | None = None


class OperationIn(_Input):
    legs: list[Annotated[PostIn | HoldIn | CaptureIn | ReleaseIn, Field(discriminator="do")]] = Field(
        min_length=1, max_length=facts.LEGS_MAX
    )
    reason: str = Field(pattern=r"^[a-z][a-z0-9_.]{0,79}$", description="A code that statements put in words.")
    about: api.Text = Field(
        "", max_length=120, description="What it is about, such as `order:10023`. No personal data."
    )


class PostingOut(Schema):
    id: str
    kind: EntryKind
    debit_account: str
    credit_account: str
    amount: int
    of: str | None = Field(description="The entry it settles; of a hold's, the hold.")
    active_at: datetime | None
    expires_at: datetime | None
    debit_balance: int | None = Field(description="The balance of the debited account after it; null for the world.")
    credit_balance: int | None


class ReceiptOut(Schema):
    """What was done; the same request with the same key gets the same answer again."""

    operation: str
    at: datetime
    postings: list[PostingOut]
    holds: list[str] = Field(description="The ids of the holds made, in the order of their legs.")
    balances: dict[str, int] = Field(description="The balances afterwards, by account.")


_EXTRA = {
    "parameters": [KEY],
    "responses": {
        404: {"$ref": "#/components/responses/not-found"},
        409: {"$ref": "#/components/responses/insufficient"},
    },
}


@router.post(
    "",
    response=ReceiptOut,
    auth=scope(Scope.LEDGER_WRITE),
    summary="Post, hold, capture or release",
    openapi_extra=_EXTRA,
    throttle=KeyThrottle(Buckets(PER_MINUTE)),
)
def post_operation(request: HttpRequest, body: OperationIn) -> Any:
    """The legs are done together or not at all. Less than asked for, a closed account or a hold that is over is a 409."""
    named, at = _named(request), timezone.now()
    operation = _operation(named, at, body, request)
    try:
        receipt = commit(operation, patient=False)
    except refusals.Refused as refused:
        raise _problem(refused) from None
    return _answer(operation, receipt)


def _named(request: HttpRequest) -> str:
    """The operation's id: the key's own, so that two programs may use the same key."""
    return operation_id("api", *key_of(request))


def _operation(named: str, at: datetime, body: OperationIn, request: HttpRequest) -> Operation:
    keys: dict[str, str] = {}

    def account(told: AccountIn) -> Account:
        subject = ""
        if told.customer is not None and not (subject := keys.get(told.customer, "")):
            subject = keys[told.customer] = _subject(told.customer)
        return Account(told.kind, told.unit, told.reference, subject)

    def leg(told: Any) -> facts.Leg:
        match told:
            case PostIn():
                ends = told.expires_at or FOREVER
                ways = account(told.source), account(told.target)
                return facts.Post(*ways, told.amount, told.active_at, ends, told.at_most, told.granted)
            case HoldIn():
                until = at + timedelta(seconds=told.for_seconds)
                return facts.Hold(account(told.source), account(told.target), told.amount, until, told.granted)
            case CaptureIn():
                return facts.Capture(told.hold, told.amount, told.active_at, told.expires_at or FOREVER)
        return facts.Release(told.hold, told.amount)

    legs = tuple(map(leg, body.legs))
    # The body as it came: a retry's instants are others, and it asks the same.
    asked = request.body.decode()
    return Operation(named, at, legs, body.reason, request.actor.subject, body.about, asked)  # type: ignore[attr-defined]


def _subject(ref: str) -> str:
    if (key := subjects.subject_key_by_ref(api.split_ref(ref), ref)) is None:
        raise Http404(f"No customer has the id {ref}.")
    return key


def _problem(refused: refusals.Refused) -> Problem:
    match refused:
        case refusals.Insufficient():
            limit = {name: getattr(refused, name) for name in ("kind", "unit", "reference", "asked", "left")}
            return Problem("insufficient", f"{refused}.", more={"limit": {"account": refused.account_id, **limit}})
        case refusals.Closed():
            return Problem("closed", f"{refused}.")
        case refusals.HoldOver(why="unknown"):
            return Problem("not-found", f"{refused}.")
        case refusals.HoldOver():
            return Problem("hold-over", f"{refused}.", more={"left": refused.left})
        case refusals.InProgress():
            return Problem("in-progress", "The first request with this Idempotency-Key is still running.")
        case refusals.KeyReused():
            return Problem("key-reused", "This Idempotency-Key came with another body before.")
    return invalid([("/legs", f"{refused}.")])


def _answer(operation: Operation, receipt: Receipt) -> HttpResponse:
    balances: dict[str, int] = {}
    for p in receipt.postings:
        sides = ((p.debit_id, p.debit_balance), (p.credit_id, p.credit_balance))
        balances.update((account, balance) for account, balance in sides if balance is not None)
    # On a retry the first one's instant.
    at = receipt.postings[0].at if receipt.postings else operation.at
    holds = [facts.hold_id(operation.id, i) for i, leg in enumerate(operation.legs) if isinstance(leg, facts.Hold)]
    told = {"operation": operation.id, "at": at.isoformat(), "holds": holds, "balances": balances}
    # Past the schema, which would check what was just made; the schema tests hold it to that.
    text = json.dumps({**told, "postings": _postings(receipt.postings)})
    return HttpResponse(
        text, content_type="application/json", headers={"Idempotent-Replayed": "true"} if receipt.replayed else None
    )


def _postings(postings: Sequence[facts.Posting]) -> list[dict[str, Any]]:
    return [
        {
            "id": p.id,
            "kind": facts.Kind(p.kind).name.lower(),
            "debit_account": p.debit_id,
            "credit_account": p.credit_id,
            "amount": p.amount,
            "of": p.of_id,
            "active_at": p.active_at and p.active_at.isoformat(),
            "expires_at": p.expires_at.isoformat() if p.expires_at and p.expires_at != FOREVER else None,
            "debit_balance": p.debit_balance,
            "credit_balance": p.credit_balance,
        }
        for p in postings
    ]
