"""The list of referrals."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

import django_tables2 as tables
from django import forms
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from regulars.core.referral import REASONS
from regulars.customers import queries as customers
from regulars.flows.pages.rewards.words import said
from regulars.membership.queries import referrals
from regulars.membership.queries.referrals import ReferralFacts, Wanted
from regulars.web.access import SERVICE
from regulars.web.lists import Day, Empty, List, Moment, Query, Rows, Tag, Text

TONES = {"waiting": "info", "in_review": "warn", "rewarded": "good", "refused": "bad", "expired": "plain"}
# Of the customers that a search finds, so many at most.
PEOPLE_MAX = 50


@dataclass(frozen=True, slots=True)
class ReferralRow:
    """A referral with the names of the two."""

    id: UUID
    friend: str
    advocate: str
    state: str
    reasons: str
    at: datetime
    due: date | None
    code: str
    note: str


class ReferralTable(tables.Table):
    friend = Text(
        pgettext_lazy("referral", "Friend"),
        linkify=lambda record: reverse("referral", args=[record.id]),
        sub="reasons",
        card="title",
        orderable=False,
    )
    advocate = Text(pgettext_lazy("referral", "Brought by"), orderable=False)
    state = Tag(_("State"), labels=referrals.STATES, tones=TONES, card="end")
    due = Day(pgettext_lazy("referral", "Counts from"), card="none")
    at = Moment(pgettext_lazy("referral", "Joined"))


class ReferralFilters(forms.Form):
    state = forms.ChoiceField(label=_("State"), required=False, choices=[("", _("All")), *referrals.STATES.items()])


class ReferralList(List):
    name, title = "referrals", _("Referrals")
    subtitle = _("Friends whom members brought. Both are rewarded once the friend's first order was kept.")
    table, filters, sort = ReferralTable, ReferralFilters, "-at"
    search = ()
    placeholder = _("Either customer, or the code")
    nothing_yet = Empty(
        "users",
        _("Nobody was brought yet"),
        _("Add a referral to the programme, and let the shop make and use members' codes over the API."),
        _("See the programme"),
        "programme",
    )
    csv_columns = {
        "reasons": Text(_("Reason")),
        "code": Text(pgettext_lazy("referral", "Code")),
        "note": Text(_("Note")),
        "id": Text(_("Referral id")),
    }

    def rows(self, query: Query) -> Sequence[ReferralRow]:
        wanted = self._wanted(query)
        sort = query.sort or "-at"
        return Rows(
            lambda: referrals.count(wanted),
            lambda offset, limit: shown(referrals.listed(wanted, offset, limit, sort=sort)),
        )

    def _wanted(self, query: Query) -> Wanted:
        state = query.filters.get("state", "")
        if not query.search:
            return Wanted(state)
        by_contact = self.request.actor.role in SERVICE  # type: ignore[attr-defined]
        hits = customers.search(query.search, PEOPLE_MAX, by_contact=by_contact)
        people = [member for hit in hits for member in customers.member_ids(hit.id)]
        return Wanted(state, query.search, people)


def shown(found: Sequence[ReferralFacts]) -> list[ReferralRow]:
    """Referrals with their names; one query however many."""
    names = customers.names({who for one in found for who in (one.advocate_id, one.friend_id)})
    return [
        ReferralRow(
            one.id,
            names.get(one.friend_id, ""),
            names.get(one.advocate_id, ""),
            one.state,
            " ".join(reasons(one)),
            *(one.at, one.due, one.code, one.note),
        )
        for one in found
    ]


def reasons(one: ReferralFacts) -> list[str]:
    """What speaks against a referral, in the page's language."""
    return [said(REASONS[name]) for name in one.reasons]
