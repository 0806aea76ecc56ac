"""Gift cards one by one: found by how their code ends or by the code itself, looked at, blocked and unblocked."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import django_tables2 as tables
from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext, pgettext_lazy
from django.views.decorators.http import require_POST

from regulars.flows import gift_cards as flow
from regulars.ledger import refusals
from regulars.ledger.queries import accounts
from regulars.membership.queries import cards, claims
from regulars.membership.queries.cards import CardFacts, Wanted
from regulars.web import counted, formats
from regulars.web.access import MARKETERS, SERVICE, Actor, page
from regulars.web.columns import Counted
from regulars.web.lists import Day, Empty, List, Query, Rows, Tag, Text

TONES = {cards.MADE: "plain", cards.ACTIVE: "good", cards.BLOCKED: "bad"}


@dataclass(frozen=True, slots=True)
class CardRow:
    """A card in the list; ``left`` is what is on it."""

    id: UUID
    name: str
    batch: str
    state: str
    left: int
    unit: str
    valid_until: datetime | None


class CardTable(tables.Table):
    name = Text(
        pgettext_lazy("gift card", "Card"),
        linkify=lambda record: reverse("gift_card", args=[record.id]),
        sub="batch",
        card="title",
    )
    state = Tag(gettext_lazy("State"), labels=cards.CARD_STATES, tones=TONES)
    valid_until = Day(gettext_lazy("Last day"), card="none")
    left = Counted(pgettext_lazy("gift card", "Left on it"), card="end")

    class Meta:
        orderable = False


class CardFilters(forms.Form):
    state = forms.ChoiceField(
        label=gettext_lazy("State"), required=False, choices=[("", gettext_lazy("All")), *cards.CARD_STATES.items()]
    )
    batch = forms.UUIDField(required=False, widget=forms.HiddenInput, label=gettext_lazy("Batch"))


class CardList(List):
    name, title = "cards", gettext_lazy("Single gift cards")
    subtitle = gettext_lazy("Find a card that was lost, stolen or sold by mistake, and block it.")
    table, filters = CardTable, CardFilters
    search = ()
    placeholder = gettext_lazy("Last four characters of the code")
    nothing_yet = Empty(
        "gift",
        gettext_lazy("No gift cards yet"),
        gettext_lazy("Cards stand here once the codes of a batch were exported, or a member redeemed one."),
    )

    def rows(self, query: Query) -> Sequence[CardRow]:
        asked = query.filters
        wanted = Wanted(query.search.strip(), asked.get("state", ""), asked.get("batch"))
        return Rows(lambda: cards.count(wanted), lambda offset, limit: _shown(cards.listed(wanted, offset, limit)))


def _shown(found: Sequence[CardFacts]) -> list[CardRow]:
    """Cards with what is on them; two queries however many."""
    held = accounts.by_id(one.account.id for one in found)
    batches = cards.batch_names(one.batch_id for one in found if one.batch_id)
    return [
        CardRow(
            one.id,
            _("Ending in %(ending)s") % {"ending": one.ending},
            batches.get(one.batch_id, "") if one.batch_id else _("Redeemed by a member"),
            one.state,
            held[one.account.id].balance if one.account.id in held else 0,
            one.currency,
            one.valid_until and one.valid_until - timedelta(microseconds=1),
        )
        for one in found
    ]


@page(SERVICE)
def gift_cards(request: HttpRequest) -> HttpResponseBase:
    if request.method == "POST":
        return _by_code(request)
    return CardList(request).response("flows/rewards/cards.html")


def _by_code(request: HttpRequest) -> HttpResponse:
    """To the card of a code. The code is posted: an address would stay behind in the browser and in logs."""
    if found := cards.by_code(request.POST.get("code", "")[:80]):
        return redirect("gift_card", found.id)
    messages.error(request, _("No gift card has this code. Check it letter by letter: there is no O, I or L in it."))
    return redirect("gift_cards")


@page(SERVICE)
def gift_card(request: HttpRequest, identifier: UUID) -> HttpResponse:
    if (found := cards.card(identifier)) is None:
        raise Http404
    return render(request, "flows/rewards/card.html", _context(found, request.actor))  # type: ignore[attr-defined]


def _context(found: CardFacts, actor: Actor) -> dict[str, Any]:
    batch = cards.batch(found.batch_id) if found.batch_id else None
    claim = claims.claim(found.claim_id) if found.claim_id else None
    last = found.valid_until and found.valid_until - timedelta(microseconds=1)
    return {
        "card": found,
        "page_title": _("Gift card ending in %(ending)s") % {"ending": found.ending},
        "state": cards.CARD_STATES[found.state],
        "tone": TONES[found.state],
        "left": counted.amount(flow.balance(found, timezone.now()), found.currency),
        "value": counted.amount(found.value, found.currency),
        "last_day": formats.day(last) if last else pgettext("gift card", "never"),
        "moves": cards.MOVES[found.moves],
        "batch": batch,
        "markets": actor.role in MARKETERS,
        "claim": claim,
        "account": UUID(found.account.id) if accounts.account(found.account.id) else None,
        "blocked": found.state == cards.BLOCKED,
    }


@page(SERVICE)
@require_POST
def block(request: HttpRequest, identifier: UUID) -> HttpResponse:
    blocked, note = request.POST.get("do") == "block", " ".join(request.POST.get("note", "").split())[:200]
    if cards.card(identifier) is None:
        raise Http404
    if blocked and not note:
        messages.error(request, _("Say why the card is blocked, for colleagues who are asked about it."))
    else:
        _block(request, identifier, blocked, note)
    return redirect("gift_card", identifier)


def _block(request: HttpRequest, identifier: UUID, blocked: bool, note: str) -> None:
    try:
        flow.block(identifier, blocked=blocked, by=request.actor, at=timezone.now(), note=note)  # type: ignore[attr-defined]
    except refusals.Refused:
        messages.error(request, _("Somebody else closed or opened its account meanwhile. Look at what happened on it."))
    else:
        done = _("Blocked: nothing can be spent from it now.") if blocked else _("The card can be used again.")
        messages.success(request, done)
