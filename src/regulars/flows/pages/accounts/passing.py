"""Passing a customer's store credit on to another customer: who should get it, then how much and why."""

from decimal import Decimal
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from regulars.core.money import exponent, to_decimal
from regulars.customers import queries as customers
from regulars.customers.queries import subjects
from regulars.flows.adjust import SentBefore
from regulars.flows.credit import NobodyToGiveTo, transfer
from regulars.flows.pages.accounts import showing
from regulars.flows.pages.accounts.refusing import in_words
from regulars.ledger import refusals
from regulars.ledger.queries import accounts
from regulars.ledger.queries.accounts import AccountFacts
from regulars.storage.ids import new_id
from regulars.web.access import ADJUSTERS, page

SHOWN_MAX = 12


class PassForm(forms.Form):
    """``form`` names what is sent, so that a second click does nothing more."""

    form = forms.UUIDField(widget=forms.HiddenInput)
    note = forms.CharField(
        label=gettext_lazy("Note"),
        max_length=200,
        help_text=gettext_lazy("Why it is passed on, for colleagues who read this later."),
    )

    def __init__(self, *args: Any, account: AccountFacts, spendable: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        places = exponent(account.unit)
        smallest, most = Decimal(1).scaleb(-places), to_decimal(spendable, account.unit)
        self.initial.setdefault("form", new_id())
        self.initial.setdefault("amount", most)
        widget = forms.NumberInput(attrs={"min": smallest, "step": smallest, "max": most})
        self.fields["amount"] = forms.DecimalField(
            label=_("How much"),
            max_digits=15,
            decimal_places=places,
            min_value=smallest,
            widget=widget,
            help_text=_("In %(unit)s.") % {"unit": account.unit},
        )
        self.order_fields(["form", "amount", "note"])

    def minor(self, account: AccountFacts) -> int:
        return int(self.cleaned_data["amount"].scaleb(exponent(account.unit)))


@page(ADJUSTERS)
def pass_on(request: HttpRequest, account: UUID) -> HttpResponse:
    found = accounts.account(account.hex)
    if found is None or not showing.can_be_passed_on(found):
        raise Http404
    if getattr(request, "htmx", False):
        return render(request, "flows/receivers.html", _chosen(request, found))
    context = showing.statement_context(found, request.actor) | _chosen(request, found)  # type: ignore[attr-defined]
    spendable = context["figures"].spendable
    form = PassForm(request.POST or None, account=found, spendable=spendable) if context["to"] else None
    if form and request.method == "POST" and form.is_valid() and _passed(request, found, context["to"], form):
        return redirect("statement", account)
    return render(request, "flows/pass_on.html", context | {"form": form})


def _chosen(request: HttpRequest, account: AccountFacts) -> dict[str, Any]:
    """Who should get it, or the customers to choose from."""
    owner = subjects.customers_of([account.subject]).get(account.subject)
    try:
        to = customers.canonical_id(UUID(request.GET.get("to", "")))
    except ValueError:
        to = None
    if to and to != owner:
        return {"to": to, "receiver": customers.names([to])[to]}
    search = " ".join(request.GET.get("q", "").split())[:100]
    hits = customers.search(search, SHOWN_MAX, by_contact=True) if search else []
    return {"to": None, "search": search, "hits": [hit for hit in hits if hit.id != owner]}


def _passed(request: HttpRequest, account: AccountFacts, to: UUID, form: PassForm) -> bool:
    """Whether it was done or waits; else the form says why not."""
    given = form.cleaned_data
    told = {"note": " ".join(given["note"].split()), "form": given["form"], "at": timezone.now()}
    try:
        done = transfer(account, to, form.minor(account), by=request.actor, **told)  # type: ignore[attr-defined]
    except refusals.Refused as refused:
        form.add_error("amount", in_words(refused))
    except NobodyToGiveTo:
        form.add_error(None, _("This customer cannot get it: choose another one who has a record of their own."))
    except SentBefore:
        form.add_error(None, _("This form was sent before with something else in it. Open the account again."))
    else:
        said = (
            _("Done. The entry stands in the statement.")
            if done
            else _("This is more than one person may adjust alone. It waits for a colleague to agree.")
        )
        messages.success(request, said)
        return True
    return False
