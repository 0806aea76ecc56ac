"""From when on a version decides."""

from datetime import UTC, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from regulars.flows.pages.programme.drafting import Draft
from regulars.orders.queries import span
from regulars.web.days import known_year


class PublishForm(forms.Form):
    """The first version may begin in the past: what was bought since then counts. A later one begins now or later."""

    numbered = forms.IntegerField(widget=forms.HiddenInput)
    begins = forms.ChoiceField(label=gettext_lazy("In force"), widget=forms.RadioSelect)
    day = forms.DateField(
        label=gettext_lazy("Day"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        validators=[known_year],
    )
    hour = forms.TimeField(
        label=gettext_lazy("Time"), required=False, widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M")
    )
    note = forms.CharField(
        label=gettext_lazy("Note"),
        required=False,
        max_length=200,
        help_text=gettext_lazy("What this version changes and why, for colleagues who read it later."),
    )

    def __init__(self, *args: Any, draft: Draft, at: datetime, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.at, self.zone = at, ZoneInfo(draft.shop.zone)
        self.first = draft.published is None
        self.initial |= {
            "numbered": draft.published.number + 1 if draft.published else 1,
            "begins": "history" if self.first else "now",
        }
        begins = self.fields["begins"]
        assert isinstance(begins, forms.ChoiceField)
        begins.choices = self._choices()
        if self.first:
            del self.fields["hour"]

    def _choices(self) -> list[tuple[str, str]]:
        now = ("now", _("from now on"))
        if not self.first:
            return [now, ("at", _("at a time you choose below"))]
        history = [("history", _("from the first order on: all purchases so far count"))] if span() else []
        return [*history, ("at", _("from the day you choose below: purchases since then count")), now]

    def clean(self) -> dict[str, Any]:
        told: dict[str, Any] = super().clean() or {}
        if told.get("begins") == "at" and not told.get("day") and "day" not in self.errors:
            self.add_error("day", _("Choose the day."))
        if self.first and not self.errors and self.since(self.at) > self.at:
            self.add_error("day", _("The first version begins today or earlier. Choose such a day."))
        return told

    def since(self, at: datetime) -> datetime:
        """The instant chosen; ``at`` is now."""
        begins, told = self.cleaned_data["begins"], self.cleaned_data
        if begins == "at":
            return datetime.combine(told["day"], told.get("hour") or time(), self.zone).astimezone(UTC)
        first = span() if begins == "history" else None
        if first is None:
            return at
        day = first[0].astimezone(self.zone).date()
        return datetime.combine(day, time(), self.zone).astimezone(UTC)
