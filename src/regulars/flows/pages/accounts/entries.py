"""Entries as a bank statement would show them: what happened, why, about what, and by whom."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _

from regulars.customers import queries as customers
from regulars.customers.queries import subjects
from regulars.flows.pages.accounts import words
from regulars.flows.pages.rewards.words import Names
from regulars.ledger.actions.sweeping import ACTOR as CLOCK
from regulars.ledger.facts import FOREVER, Kind
from regulars.ledger.queries import statement
from regulars.ledger.queries.accounts import AccountFacts
from regulars.ledger.queries.statement import EntryView, HoldView
from regulars.membership.actions.posting import ACTOR as PROGRAMME
from regulars.membership.queries import cards, claims, referrals
from regulars.orders.queries import listing as orders
from regulars.shop import queries as shops
from regulars.shop.queries import ApprovalView
from regulars.web import counted, formats

Approvals = dict[UUID, ApprovalView]


@dataclass(frozen=True, slots=True)
class ShownEntry:
    """A line of the statement. ``change`` is 0 where nothing moved; ``set_aside`` then says how much was set aside or freed."""

    seq: int
    at: datetime
    what: str
    why: str
    about: str
    about_href: str
    who: str
    note: str
    terms: str
    undoes: int | None
    undone: str
    change: int
    set_aside: int
    balance: int
    unit: str
    operation: str


@dataclass(frozen=True, slots=True)
class Told:
    """What a page of entries speaks of beyond itself, looked up once for all."""

    people: dict[str, str]
    approvals: Approvals
    orders: dict[UUID, str]
    claims: dict[UUID, str]
    referrals: dict[UUID, str]
    cards: dict[str, str]
    lots: dict[str, datetime]
    places: dict[str, int]


def shown(account: AccountFacts, rows: Sequence[EntryView]) -> list[ShownEntry]:
    """Entries in words; at most twelve more queries however many they are."""
    approvals = shops.approvals(_ids(rows, "adjustment:"))
    subjects = (
        {row.actor for row in rows}
        | {a.asked_by for a in approvals.values()}
        | {a.decided_by for a in approvals.values()}
    )
    told = Told(
        people=shops.names_of(subjects),
        approvals=approvals,
        orders=orders.numbers(order_ids(rows)),
        claims=rewards(claim_ids(rows)),
        referrals=_friends(account, _ids(rows, "referral:")),
        cards=_cards(rows),
        lots=statement.lot_dates({row.lot_id for row in rows if row.lot_id}),
        places=statement.places(account.id, {row.of_id for row in rows if row.kind == Kind.REVERSE and row.of_id}),
    )
    return [_shown(account, row, told) for row in rows]


def _shown(account: AccountFacts, row: EntryView, told: Told) -> ShownEntry:
    about, href, approval = "", "", None
    kind, _colon, name = row.about.partition(":")
    known = _uuid(name)
    if kind == "adjustment" and known in told.approvals:
        approval = told.approvals[known]
    elif kind == "order":
        about = words.order(told.orders.get(known, name) if known else name)
        href = reverse("order", args=[known]) if known in told.orders else ""
    elif kind == "claim" and known in told.claims:
        about, href = told.claims[known], reverse("claim", args=[known])
    elif kind == "referral" and known in told.referrals:
        about, href = told.referrals[known], reverse("referral", args=[known])
    elif kind == "gift_card" and name in told.cards:
        about, href = told.cards[name], reverse("gift_card", args=[known]) if known else ""
    elif kind == "task":
        about = name
    else:
        about = row.about
    return ShownEntry(
        seq=row.seq,
        at=row.at,
        what=words.happened(row.kind, row.change, row.reason),
        why=words.reason(row.reason),
        about=about,
        about_href=href,
        who=_who(row, told, approval),
        note=str(approval.details.get("note", "")) if approval else "",
        terms=_terms(row, told),
        undoes=told.places.get(row.of_id or "") if row.kind == Kind.REVERSE else None,
        undone=counted.amount(row.undone_amount, account.unit) if row.undone_amount else "",
        change=row.change,
        set_aside={Kind.HOLD: row.amount, Kind.RELEASE: -row.amount, Kind.CAPTURE: -row.amount}.get(row.kind, 0),
        balance=row.balance,
        unit=account.unit,
        operation=row.operation_id,
    )


def rewards(ids: set[UUID]) -> dict[UUID, str]:
    """What was claimed, by claim."""
    names = Names() if ids else None
    return {key: names.reward(found.reward) for key, found in claims.claims(ids).items()} if names else {}


def _friends(account: AccountFacts, ids: set[UUID]) -> dict[UUID, str]:
    """Who was brought, or who brought the owner, by referral."""
    found = referrals.by_id(ids)
    names = customers.names({who for one in found.values() for who in (one.advocate_id, one.friend_id)})
    owner = subjects.customers_of([account.subject]).get(account.subject) if found else None
    own = set(customers.member_ids(owner)) if owner else set()
    return {
        key: _("brought %(friend)s") % {"friend": names.get(one.friend_id, "")}
        if one.advocate_id in own
        else _("brought by %(advocate)s") % {"advocate": names.get(one.advocate_id, "")}
        for key, one in found.items()
    }


def _cards(rows: Sequence[EntryView]) -> dict[str, str]:
    named = (row.about.removeprefix("gift_card:") for row in rows if row.about.startswith("gift_card:"))
    said = _("gift card ending in %(ending)s")
    return {key: said % {"ending": ending} for key, ending in cards.endings(named).items()}


def _who(row: EntryView, told: Told, approval: ApprovalView | None) -> str:
    if row.actor in {CLOCK, PROGRAMME}:
        return _("automatically")
    if approval is None:
        return told.people.get(row.actor, "" if ":" in row.actor else row.actor)
    asked = told.people.get(approval.asked_by, "")
    if not approval.decided_by:
        return asked
    return _("%(asked)s, agreed to by %(agreed)s") % {
        "asked": asked,
        "agreed": told.people.get(approval.decided_by, ""),
    }


def _terms(row: EntryView, told: Told) -> str:
    """Until when, from when, and out of what came in earlier."""
    parts = []
    comes_in = row.change > 0 and row.kind != Kind.REVERSE
    if comes_in and row.active_at and row.active_at > row.at:
        later = _("to be confirmed first") if row.active_at == FOREVER else _("usable from %(day)s")
        parts.append(later % {"day": formats.day(row.active_at)})
    if comes_in and row.expires_at and row.expires_at != FOREVER:
        parts.append(_("to be spent by %(day)s") % {"day": words.last_day(row.expires_at)})
    if row.kind == Kind.HOLD and row.expires_at:
        parts.append(_("until %(moment)s at most") % {"moment": formats.moment(row.expires_at)})
    if not comes_in and row.lot_id and (earned := told.lots.get(row.lot_id)):
        goes_back = row.change > 0 or row.kind in {Kind.RELEASE, Kind.ACTIVATE}
        said = _("to what came in on %(day)s") if goes_back else _("from what came in on %(day)s")
        parts.append(said % {"day": formats.day(earned)})
    return " · ".join(parts)


def details(entry: ShownEntry) -> Any:
    """The quieter line under what happened."""
    parts: list[Any] = [entry.why] if entry.why != entry.what else []
    if entry.about_href:
        parts.append(format_html('<a class="cell-link" href="{}">{}</a>', entry.about_href, entry.about))
    elif entry.about:
        parts.append(entry.about)
    if entry.undoes is not None:
        parts.append(_("undoes entry %(number)s") % {"number": entry.undoes})
    if entry.undone:
        parts.append(_("%(amount)s of it undone later") % {"amount": entry.undone})
    parts += [part for part in (entry.terms, entry.note and f"“{entry.note}”", entry.who) if part]
    return format_html_join(" · ", "{}", ((part,) for part in parts))


def order_ids(rows: Iterable[EntryView | HoldView]) -> set[UUID]:
    """The orders that entries or holds are about."""
    return _ids(rows, "order:")


def claim_ids(rows: Iterable[EntryView | HoldView]) -> set[UUID]:
    """The claims that entries or holds are about."""
    return _ids(rows, "claim:")


def _ids(rows: Iterable[EntryView | HoldView], prefix: str) -> set[UUID]:
    named = (_uuid(row.about.removeprefix(prefix)) for row in rows if row.about.startswith(prefix))
    return {found for found in named if found}


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
