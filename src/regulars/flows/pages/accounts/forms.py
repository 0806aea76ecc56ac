"""What staff fills in to give or take by hand."""

from datetime import UTC, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django import forms
from django.utils import timezone
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from regulars.core.money import exponent
from regulars.flows.adjust import REASONS, Adjustment
from regulars.flows.pages.accounts import words
from regulars.ledger.queries.accounts import AccountFacts
from regulars.shop.queries import require_shop
from regulars.storage.ids import new_id
from regulars.web import counted
from regulars.web.days import known_year


class AdjustForm(forms.Form):
    """``form`` names what is sent, so that a second click does nothing more."""

    form = forms.UUIDField(widget=forms.HiddenInput)
    way = forms.ChoiceField(
        label=pgettext_lazy("adjustment", "What to do"),
        choices=[("give", pgettext_lazy("adjustment", "Give")), ("take", pgettext_lazy("adjustment", "Take"))],
        initial="give",
        widget=forms.RadioSelect,
    )
    amount = forms.DecimalField(label=_("How much"), max_digits=15)
    reason = forms.ChoiceField(
        label=_("Reason"), choices=[("", _("Choose")), *((code, words.REASONS[f"adjust.{code}"]) for code in REASONS)]
    )
    note = forms.CharField(
        label=_("Note"), max_length=200, help_text=_("What happened, for colleagues who read this later.")
    )
    expires = forms.DateField(
        label=_("Last day to spend what is given"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        validators=[known_year],
        help_text=_("Empty: it does not expire."),
    )

    def __init__(self, *args: Any, account: AccountFacts, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.account = account
        self.initial.setdefault("form", new_id())
        amount = self.fields["amount"]
        assert isinstance(amount, forms.DecimalField)
        amount.decimal_places = exponent(account.unit) if counted.is_money(account.unit) else 0
        amount.validators.append(forms.DecimalField(max_digits=15, decimal_places=amount.decimal_places).validators[-1])
        if counted.is_money(account.unit):
            amount.help_text = gettext("In %(unit)s.") % {"unit": account.unit}
        smallest = 10**-amount.decimal_places
        amount.widget.attrs.update({"min": smallest, "step": smallest})

    def clean_amount(self) -> int:
        units = int(self.cleaned_data["amount"].scaleb(self.fields["amount"].decimal_places))  # type: ignore[attr-defined]
        if units < 1:
            raise forms.ValidationError(_("Give a number above zero; choose above whether it is given or taken."))
        return units

    def clean_expires(self) -> datetime | None:
        day = self.cleaned_data["expires"]
        if day is None:
            return None
        ends = datetime.combine(day + timedelta(days=1), time(), ZoneInfo(require_shop().zone)).astimezone(UTC)
        if ends <= timezone.now():
            raise forms.ValidationError(_("This day is over."))
        return ends

    def named(self) -> UUID:
        found: UUID = self.cleaned_data["form"]
        return found

    def adjustment(self) -> Adjustment:
        given, taken = self.cleaned_data, self.cleaned_data["way"] == "take"
        amount = -given["amount"] if taken else given["amount"]
        expires_at = None if taken else given["expires"]
        return Adjustment(self.account, amount, given["reason"], " ".join(given["note"].split()), expires_at)
