"""The list of claims."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import django_tables2 as tables
from django import forms
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from regulars.customers import queries as customers
from regulars.flows.pages.rewards import words
from regulars.membership.queries import claims
from regulars.membership.queries.claims import ClaimFacts, Wanted
from regulars.web.access import SERVICE
from regulars.web.lists import Empty, List, Moment, Query, Rows, Tag, Text

# Of the customers that a search finds, so many at most.
PEOPLE_MAX = 50


@dataclass(frozen=True, slots=True)
class ClaimRow:
    """A claim with the names of what it is about."""

    id: UUID
    number: str
    customer_id: UUID
    customer: str
    reward: str
    why: str
    state: str
    at: datetime
    order: str
    note: str


class ClaimTable(tables.Table):
    reward = Text(
        pgettext_lazy("reward", "Reward"),
        linkify=lambda record: reverse("claim", args=[record.id]),
        sub="why",
        card="title",
    )
    customer = Text(pgettext_lazy("reward", "Member"), orderable=False)
    state = Tag(_("State"), labels=claims.STATES, tones=words.TONES, card="end")
    at = Moment(pgettext_lazy("claim", "Since"))
    number = Text(pgettext_lazy("claim", "No."), orderable=False)


class ClaimFilters(forms.Form):
    state = forms.ChoiceField(label=_("State"), required=False, choices=[("", _("All")), *claims.STATES.items()])
    reward = forms.ChoiceField(label=pgettext_lazy("reward", "Reward"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        names = words.Names()
        reward = self.fields["reward"]
        assert isinstance(reward, forms.ChoiceField)
        reward.choices = [("", _("All")), *((named, names.reward(named)) for named in claims.rewards())]


class ClaimList(List):
    name, title = "claims", _("Rewards desk")
    subtitle = _("What members redeemed or were given, and what still has to be handed over.")
    table, filters, sort = ClaimTable, ClaimFilters, "-at"
    search = ()
    placeholder = _("Member, order or claim number")
    nothing_yet = Empty(
        "gift",
        _("Nothing was redeemed yet"),
        _("Open a customer and redeem a reward for them, or let the shop do so over the API."),
        _("See the customers"),
        "customers",
    )
    csv_columns = {
        "order": Text(pgettext_lazy("claim", "Order")),
        "note": Text(_("Note")),
        "id": Text(_("Claim id")),
    }

    def rows(self, query: Query) -> Sequence[ClaimRow]:
        wanted = self._wanted(query)
        sort = query.sort or "-at"
        return Rows(
            lambda: claims.count(wanted),
            lambda offset, limit: shown(claims.listed(wanted, offset, limit, sort=sort)),
        )

    def _wanted(self, query: Query) -> Wanted:
        asked = {name: query.filters.get(name, "") for name in ("state", "reward")}
        if not query.search:
            return Wanted(**asked)
        by_contact = self.request.actor.role in SERVICE  # type: ignore[attr-defined]
        hits = customers.search(query.search, PEOPLE_MAX, by_contact=by_contact)
        people = [member for hit in hits for member in customers.member_ids(hit.id)]
        return Wanted(text=query.search, customers=people, **asked)


def shown(found: Sequence[ClaimFacts]) -> list[ClaimRow]:
    """Claims with their names; two queries however many."""
    people, names = customers.names({claim.customer_id for claim in found}), words.Names()
    return [
        ClaimRow(
            claim.id,
            words.number(claim),
            claim.customer_id,
            people.get(claim.customer_id, ""),
            names.reward(claim.reward),
            names.why(claim),
            *(claim.state, claim.at, claim.order, claim.note),
        )
        for claim in found
    ]
