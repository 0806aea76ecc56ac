"""Batches of gift cards: made, exported once, activated."""

import codecs
from datetime import UTC, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext, pgettext_lazy
from django.views.decorators.http import require_POST

from regulars.core.money import exponent
from regulars.flows import gift_cards as flow
from regulars.membership.actions.publishing import Refused
from regulars.membership.queries import cards
from regulars.membership.queries.cards import BatchFacts
from regulars.shop import queries as shops
from regulars.web import counted, formats
from regulars.web.access import MARKETERS, OWNERS, page
from regulars.web.days import known_year


class BatchForm(forms.Form):
    name = forms.CharField(label=pgettext_lazy("gift card", "Name"), max_length=80)
    count = forms.IntegerField(label=gettext_lazy("How many cards"), min_value=1, max_value=10_000)
    value = forms.DecimalField(label=gettext_lazy("What each is worth"), max_digits=12)
    prefix = forms.RegexField(
        r"^[A-Za-z0-9]{0,6}$",
        label=gettext_lazy("Prefix of the codes"),
        required=False,
        help_text=gettext_lazy("Up to 6 letters and digits, to recognise them by."),
    )
    last_day = forms.DateField(
        label=gettext_lazy("Last day"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        validators=[known_year],
        help_text=gettext_lazy("Empty: they do not expire."),
    )
    moves = forms.ChoiceField(label=gettext_lazy("May become store credit"), choices=list(cards.MOVES.items()))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        value = self.fields["value"]
        assert isinstance(value, forms.DecimalField)
        currency = shops.require_shop().currency
        value.help_text = _("In %(unit)s.") % {"unit": currency}
        value.decimal_places = exponent(currency)
        value.validators.append(forms.DecimalField(max_digits=12, decimal_places=value.decimal_places).validators[-1])
        smallest = 10**-value.decimal_places
        value.widget.attrs.update({"min": smallest, "step": smallest})

    def batch(self) -> BatchFacts:
        told, shop = self.cleaned_data, shops.require_shop()
        last, zone = told["last_day"], ZoneInfo(shop.zone)
        until = datetime.combine(last + timedelta(days=1), time(), zone).astimezone(UTC) if last else None
        value = int(told["value"].scaleb(exponent(shop.currency)))
        made = (told["name"], told["count"], value, shop.currency, told["prefix"].upper(), until, told["moves"])
        return BatchFacts(UUID(int=0), *made, "", timezone.now(), "", None, {})


@page(MARKETERS)
def batches(request: HttpRequest) -> HttpResponse:
    actor = request.actor  # type: ignore[attr-defined]
    makes = actor.role in OWNERS
    form = BatchForm(request.POST or None) if makes else None
    if form and request.method == "POST" and form.is_valid() and (made := _made(request, form)):
        return redirect("gift_card_batch", made)
    rows = [_row(one) for one in cards.batches()]
    return render(request, "flows/rewards/gift_cards.html", {"form": form, "batches": rows})


def _made(request: HttpRequest, form: BatchForm) -> UUID | None:
    try:
        return flow.make_batch(form.batch(), by=request.actor, at=timezone.now())  # type: ignore[attr-defined]
    except Refused as refused:
        form.add_error(None, str(refused))
    return None


@page(MARKETERS)
def batch(request: HttpRequest, identifier: UUID) -> HttpResponse:
    found = cards.batch(identifier)
    if found is None:
        raise Http404
    told = {"makes": request.actor.role in OWNERS, "page_title": found.name}  # type: ignore[attr-defined]
    return render(request, "flows/rewards/gift_card_batch.html", _row(found) | told)


def _row(found: BatchFacts) -> dict[str, Any]:
    states = [f"{cards.CARD_STATES[state]} {formats.number(n)}" for state, n in sorted(found.states.items())]
    last = found.valid_until and found.valid_until - timedelta(microseconds=1)
    return {
        "batch": found,
        "value": counted.amount(found.value, found.currency),
        "states": " · ".join(map(str, states)) or _("codes not exported yet"),
        "last_day": formats.day(last) if last else pgettext("gift card", "never"),
        "moves": cards.MOVES[found.moves],
        "by": shops.names_of([found.exported_by]).get(found.exported_by, "") if found.exported_by else "",
        "waiting": found.states.get(cards.MADE, 0),
    }


@page(OWNERS)
@require_POST
def export(request: HttpRequest, identifier: UUID) -> HttpResponse:
    """The codes as a file, this once."""
    found = _found(identifier)
    try:
        codes = flow.export(identifier, by=request.actor, at=timezone.now())  # type: ignore[attr-defined]
    except Refused as refused:
        messages.error(request, str(refused))
        return redirect("gift_card_batch", identifier)
    text = "".join(f"{code}\r\n" for code in (_("Code"), *codes))
    name = f"gift-cards-{found.made_at:%Y%m%d}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return HttpResponse(codecs.BOM_UTF8 + text.encode(), content_type="text/csv; charset=utf-8", headers=headers)


@page(OWNERS)
@require_POST
def activate(request: HttpRequest, identifier: UUID) -> HttpResponse:
    _found(identifier)
    done = flow.activate(identifier, by=request.actor, at=timezone.now())  # type: ignore[attr-defined]
    said = ngettext("%(count)s card is active now.", "%(count)s cards are active now.", done)
    messages.success(request, said % {"count": formats.number(done)})
    return redirect("gift_card_batch", identifier)


def _found(identifier: UUID) -> BatchFacts:
    if (found := cards.batch(identifier)) is None:
        raise Http404
    return found
