"""The list of accounts, and the entries of one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import django_tables2 as tables
from django import forms
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext, pgettext_lazy

from regulars.customers import queries as customers
from regulars.customers.queries import subjects
from regulars.flows.pages.accounts import words
from regulars.flows.pages.accounts.entries import ShownEntry, details, shown
from regulars.ledger.queries import accounts, statement
from regulars.ledger.queries.accounts import AccountFacts
from regulars.shop.queries import require_shop
from regulars.web import counted
from regulars.web.access import SERVICE
from regulars.web.columns import Counted
from regulars.web.days import known_year
from regulars.web.lists import Empty, List, Moment, Number, Query, Rows, Text


class Change(Counted):
    """What came in or went out; of what only sets aside, how much, more quietly."""

    def shown(self, value: Any, record: Any) -> Any:
        if value or not record.set_aside:
            tone = "trend-good" if value > 0 else ""
            return format_html('<span class="{}">{}</span>', tone, counted.change(value, record.unit)) if value else ""
        said = _("%(amount)s set aside") if record.set_aside > 0 else _("%(amount)s free again")
        return format_html(
            '<span class="text-secondary">{}</span>',
            said % {"amount": counted.amount(abs(record.set_aside), record.unit)},
        )


@dataclass(frozen=True, slots=True)
class AccountRow:
    """An account with whose it is."""

    id: str
    kind: str
    reference: str
    customer: UUID | None
    owner: str
    title: str
    purpose: str
    balance: int
    held: int | None
    unit: str
    closed: bool


class AccountTable(tables.Table):
    title = Text(
        pgettext_lazy("ledger", "Account"),
        linkify=lambda record: reverse("statement", args=[UUID(record.id)]),
        sub="purpose",
        card="title",
    )
    owner = Text(_("Whose"))
    balance = Counted(_("Balance"), card="end")
    held = Counted(_("Set aside in it"), card="none")

    class Meta:
        orderable = False


class AccountFilters(forms.Form):
    kind = forms.ChoiceField(label=_("Kind"), required=False, choices=[("", _("All")), *counted.KINDS.items()])
    in_use = forms.BooleanField(label=_("Only with something in it"), required=False)


class AccountList(List):
    name, title = "accounts", _("Accounts")
    subtitle = _(
        "Whatever can be counted and must not be spent twice: what customers own, and what the shop has left to give."
    )
    table, filters = AccountTable, AccountFilters
    search = ()
    placeholder = _("Customer, programme, coupon or card")
    nothing_yet = Empty(
        "wallet",
        _("No accounts yet"),
        _("An account appears by itself with the first points, credit or coupon that a customer or programme gets."),
    )
    csv_columns = {"unit": Text(pgettext_lazy("amount", "Unit")), "id": Text(_("Account id"))}

    def rows(self, query: Query) -> Sequence[AccountRow]:
        wanted = self._wanted(query)
        return Rows(lambda: accounts.count(wanted), lambda offset, limit: owned(accounts.listed(wanted, offset, limit)))

    def _wanted(self, query: Query) -> accounts.Wanted:
        asked = {"kind": query.filters.get("kind", ""), "in_use": bool(query.filters.get("in_use"))}
        if not query.search:
            return accounts.Wanted(**asked)
        by_contact = self.request.actor.role in SERVICE  # type: ignore[attr-defined]
        hits = customers.search(query.search, 50, by_contact=by_contact)
        keys = subjects.subject_keys([m for hit in hits for m in customers.member_ids(hit.id)])
        return accounts.Wanted(text=query.search, subjects=keys, **asked)


def owned(found: Sequence[AccountFacts]) -> list[AccountRow]:
    """Accounts with their owners' names and their own; four queries however many."""
    owners = subjects.customers_of(account.subject for account in found)
    names, called = customers.names(owners.values()), words.called(found)
    return [
        AccountRow(
            *(account.id, account.kind, account.reference, owners.get(account.subject)),
            owner=names.get(owners[account.subject], "") if account.subject in owners else unnamed(account.subject),
            title=called[account.id][0],
            purpose=" · ".join(filter(None, (called[account.id][1], _closed(account)))),
            held=account.held or None,
            **{name: getattr(account, name) for name in ("balance", "unit", "closed")},
        )
        for account in found
    ]


def _closed(account: AccountFacts) -> str:
    return pgettext("ledger account", "closed") if account.closed else ""


def unnamed(subject: str) -> str:
    """What to call an owner who is no customer (any more)."""
    return str(_("a customer who was erased") if subject else _("the shop"))


class What(Text):
    """What happened, and why, in words."""

    def render(self, value: Any, record: Any) -> Any:
        return format_html('{}<span class="cell-sub">{}</span>', value, details(record))


class EntryTable(tables.Table):
    seq = Number(_("No."))
    at = Moment(_("When"))
    what = What(_("What happened"), card="title")
    change = Change(_("In / out"), card="end", empty_values=())
    balance = Counted(_("Balance after"))

    class Meta:
        orderable = False


def _day(label: Any) -> forms.DateField:
    picker = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    return forms.DateField(label=label, required=False, widget=picker, validators=[known_year])


class EntryFilters(forms.Form):
    what = forms.ChoiceField(
        label=_("What happened"),
        required=False,
        choices=[("", _("All")), *((key, label) for key, (label, _kinds) in words.LOOKED_FOR.items())],
    )
    since = _day(_("From"))
    until = _day(_("To"))


class EntryList(List):
    """``scope["account"]`` is whose. Without filters an entry's number is its place, so any page is found at once."""

    name, title = "statement", _("Entries")
    table, filters = EntryTable, EntryFilters
    nothing_yet = Empty("list", _("Nothing has happened on this account yet"))
    csv_columns = {
        "unit": Text(pgettext_lazy("amount", "Unit")),
        "why": Text(_("Reason")),
        "about": Text(pgettext_lazy("entry", "About")),
        "terms": Text(_("Terms")),
        "undoes": Number(_("Undoes entry")),
        "note": Text(_("Note")),
        "who": Text(_("Who")),
        "operation": Text(_("Operation")),
    }

    @cached_property
    def account(self) -> AccountFacts:
        account: AccountFacts = self.scope["account"]
        return account

    def rows(self, query: Query) -> Sequence[ShownEntry]:
        wanted = self._wanted(query)
        if wanted == statement.EVERYTHING:
            return Rows(lambda: self.account.entries, self._numbered)
        return Rows(
            lambda: statement.count(self.account.id, wanted), lambda offset, limit: self._found(wanted, offset, limit)
        )

    def _numbered(self, offset: int, limit: int) -> list[ShownEntry]:
        before = self.account.entries - offset + 1
        return shown(self.account, statement.entries(self.account.id, limit, before=before))

    def _found(self, wanted: statement.Wanted, offset: int, limit: int) -> list[ShownEntry]:
        return shown(self.account, statement.entries(self.account.id, limit, skip=offset, wanted=wanted))

    def _wanted(self, query: Query) -> statement.Wanted:
        zone, asked = ZoneInfo(require_shop().zone), query.filters

        def begin(day: Any, later: int = 0) -> datetime | None:
            return datetime.combine(day + timedelta(days=later), time(), zone) if day else None

        kinds = words.LOOKED_FOR.get(asked.get("what", ""), ("", ()))[1]
        return statement.Wanted(kinds, begin(asked.get("since")), begin(asked.get("until"), 1))
