"""What the page of one account shows beside its entries, and what waits for a second person."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from regulars.customers import queries as customers
from regulars.customers.queries import subjects
from regulars.flows.adjust import KINDS
from regulars.flows.pages.accounts import words
from regulars.flows.pages.accounts.entries import claim_ids, order_ids, rewards
from regulars.flows.pages.accounts.forms import AdjustForm
from regulars.flows.pages.accounts.tables import unnamed
from regulars.ledger.facts import FOREVER
from regulars.ledger.queries import accounts, statement
from regulars.ledger.queries.accounts import AccountFacts
from regulars.orders.queries import listing as orders
from regulars.orders.queries.clock import shop_time
from regulars.shop import queries as shops
from regulars.shop.queries import ApprovalView
from regulars.web import counted, formats
from regulars.web.access import ADJUSTERS, Actor

LOTS_SHOWN = 8


@dataclass(frozen=True, slots=True)
class ShownLot:
    """A row of "what expires when"; ``note`` says what is special about it."""

    earned_at: datetime
    why: str
    active_at: datetime | None
    last_day: str
    left: int
    note: str
    tone: str


def statement_context(account: AccountFacts, actor: Actor, form: AdjustForm | None = None) -> dict[str, Any]:
    """All but the entries; the queries do not grow with what the account holds."""
    shop = shops.require_shop()
    at, zone = shop_time(shop, timezone.now()), ZoneInfo(shop.zone)
    figures = accounts.figures(account, at, zone)
    lots = [_lot(lot, at) for lot in statement.lots(account.id)] if account.in_lots else []
    adjusts = actor.role in ADJUSTERS and account.kind in KINDS and not account.closed
    title, purpose = words.called([account])[account.id]
    return {
        "account": account,
        "key": UUID(account.id),
        "figures": figures,
        "sum": _sum(account, figures),
        "page_title": title,
        "title": title,
        "icon_name": counted.ICONS.get(account.kind, "wallet"),
        "purpose": purpose,
        "lots": lots[:LOTS_SHOWN],
        "more_lots": lots[LOTS_SHOWN:],
        "holds": _holds(account) if account.held else [],
        "form": (form or AdjustForm(account=account)) if adjusts else None,
        "passes": actor.role in ADJUSTERS and figures.spendable > 0 and can_be_passed_on(account),
        "limit": counted.amount(shops.require_shop().alone(account.unit), account.unit),
        **_owner(account.subject),
    }


def can_be_passed_on(account: AccountFacts) -> bool:
    """Whether what is on it may become another customer's: store credit of somebody's."""
    return account.kind == "credit" and bool(account.subject) and not account.closed


def _owner(subject: str) -> dict[str, Any]:
    customer = subjects.customers_of([subject]).get(subject)
    name = customers.names([customer])[customer] if customer else unnamed(subject)
    return {"customer": customer, "owner": name}


def _sum(account: AccountFacts, figures: accounts.Figures) -> str:
    """The balance as what it is made of, in words."""
    parts = [
        (_("%(amount)s can be spent now"), figures.spendable),
        (_("%(amount)s set aside"), account.held),
        (_("%(amount)s not usable yet"), figures.pending),
        (_("%(amount)s expired and soon taken out"), figures.overdue),
    ]
    said = [text % {"amount": counted.amount(count, account.unit)} for text, count in parts if count]
    if len(said) < 2:
        return ""
    balance = counted.amount(account.balance, account.unit)
    return _("The balance of %(amount)s is made of: %(parts)s.") % {"amount": balance, "parts": _joint().join(said)}


def _joint() -> str:
    return "、" if formats.locale().language == "zh" else ", "


def _lot(lot: statement.LotView, at: datetime) -> ShownLot:
    note, tone = "", "plain"
    if lot.expires_at <= at:
        note, tone = _("expired"), "warn"
    elif lot.active_at == FOREVER:
        note, tone = _("to be confirmed first"), "info"
    elif lot.active_at > at:
        note, tone = _("not yet"), "info"
    elif (lot.expires_at - at).days < 30:
        note, tone = _("soon"), "warn"
    last_day = _("does not expire") if lot.expires_at == FOREVER else words.last_day(lot.expires_at)
    active_at = None if lot.active_at == FOREVER else lot.active_at
    return ShownLot(lot.earned_at, words.reason(lot.reason), active_at, last_day, lot.remaining, note, tone)


def _holds(account: AccountFacts) -> list[dict[str, Any]]:
    holds = statement.open_holds(account.id)
    numbers, claims = orders.numbers(order_ids(holds)), rewards(claim_ids(holds))
    return [_hold(hold, numbers, claims) for hold in holds]


def _hold(hold: statement.HoldView, numbers: dict[UUID, str], claims: dict[UUID, str]) -> dict[str, Any]:
    kind, _colon, name = hold.about.partition(":")
    [known] = order_ids([hold]) or [None]
    [claim] = claim_ids([hold]) or [None]
    about = words.order(numbers.get(known, name) if known else name) if kind == "order" else hold.about
    href = reverse("order", args=[known]) if known in numbers else ""
    if claim in claims:
        about, href = claims[claim], reverse("claim", args=[claim])
    why = words.reason(hold.reason)
    return {"amount": hold.amount, "why": why, "about": about, "href": href, "at": hold.at, "until": hold.until}


@dataclass(frozen=True, slots=True)
class Asked:
    """An adjustment that waits, or was decided."""

    id: UUID
    account: UUID
    title: str
    owner: str
    what: str
    to: str
    reason: str
    note: str
    expires: str
    asked_by: str
    asked_at: datetime
    decided_by: str
    decided_at: datetime | None
    state: str
    refusal: str
    is_own: bool


def asked(found: Sequence[ApprovalView], actor: Actor) -> list[Asked]:
    """Requests in words; a few queries however many."""
    people = shops.names_of({one.asked_by for one in found} | {one.decided_by for one in found})
    named = accounts.by_id(one.target for one in found)
    getting = [one.details["to"] for one in found if one.details.get("to")]
    owners = subjects.customers_of([*getting, *(account.subject for account in named.values())])
    names, called = customers.names(owners.values()), words.called(list(named.values()))
    shown = []
    for one in found:
        account, details = named[one.target], one.details
        owner, to = owners.get(account.subject), owners.get(details.get("to", ""))
        expires = datetime.fromisoformat(details["expires_at"]) if details["expires_at"] else None
        shown.append(
            Asked(
                id=one.id,
                account=UUID(account.id),
                title=called[account.id][0],
                owner=names.get(owner, "") if owner else unnamed(account.subject),
                what=counted.change(details["amount"], account.unit),
                to=names.get(to, "") if to else "",
                reason=words.reason(f"adjust.{details['reason']}"),
                note=details["note"],
                expires=words.last_day(expires) if expires else "",
                asked_by=people.get(one.asked_by, one.asked_by),
                asked_at=one.asked_at,
                decided_by=people.get(one.decided_by, one.decided_by),
                decided_at=one.decided_at,
                state=one.state,
                refusal=one.reason,
                is_own=one.asked_by == actor.subject,
            )
        )
    return shown
