"""What people fill in on the shop's pages."""

from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import available_timezones

from babel.dates import get_timezone_location
from django import forms
from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.utils import timezone
from django.utils.translation import get_language, pgettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from regulars.core.money import CURRENCIES, to_decimal, to_minor
from regulars.shop.models import Shop, User
from regulars.web import formats
from regulars.web.access import Role, Scope

Choices = list[tuple[str, Any]]
_COMMON_CURRENCIES = "CNY USD EUR HKD TWD JPY KRW GBP SGD MYR THB VND AUD CAD".split()
_COMMON_ZONES = (
    "Asia/Shanghai Asia/Hong_Kong Asia/Taipei Asia/Singapore Asia/Tokyo Europe/London Europe/Berlin America/New_York "
    "America/Los_Angeles"
).split()
_COMMON_COUNTRIES = "CN HK TW SG MY JP KR US CA GB DE FR AU".split()
_AREAS = ("Africa/", "America/", "Asia/", "Atlantic/", "Australia/", "Europe/", "Indian/", "Pacific/")


def currencies() -> Choices:
    return _currencies(get_language() or "en")


def zones() -> Choices:
    return _zones(get_language() or "en")


def countries() -> Choices:
    return _countries(get_language() or "en")


@lru_cache(maxsize=4)
def _currencies(_language: str) -> Choices:
    names = formats.locale().currencies
    return _common_first(
        [(code, f"{code} · {names.get(code, code)}") for code in sorted(CURRENCIES)], _COMMON_CURRENCIES
    )


@lru_cache(maxsize=4)
def _zones(_language: str) -> Choices:
    locale = formats.locale()
    names = sorted(zone for zone in available_timezones() if zone.startswith(_AREAS))
    return _common_first(
        [(zone, f"{zone} · {get_timezone_location(zone, locale=locale, return_city=False)}") for zone in names],
        _COMMON_ZONES,
    )


@lru_cache(maxsize=4)
def _countries(_language: str) -> Choices:
    names = [
        (code, "中国台湾" if (code, name) == ("TW", "台湾") else name)
        for code, name in formats.locale().territories.items()
        if len(code) == 2 and code.isalpha() and code not in {"EU", "UN", "EZ", "XA", "XB", "ZZ", "QO"}
    ]
    return _common_first(sorted(names, key=lambda pair: pair[1]), _COMMON_COUNTRIES)


def _common_first(choices: Choices, common: list[str]) -> Choices:
    by_code = dict(choices)
    first = [(code, by_code[code]) for code in common if code in by_code]
    return [
        (pgettext("choices", "Common"), first),
        (pgettext("choices", "All"), [pair for pair in choices if pair[0] not in common]),
    ]


class PasswordMixin(forms.Form):
    """Two password fields checked against Django's validators."""

    password = forms.CharField(
        label=_("Password"),
        min_length=8,
        max_length=200,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=_("At least 8 characters; not a common password."),
    )
    again = forms.CharField(
        label=_("Password again"), max_length=200, widget=forms.PasswordInput(attrs={"autocomplete": "new-password"})
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        password, again = cleaned.get("password"), cleaned.get("again")
        if password and again is not None and password != again:
            self.add_error("again", _("The two passwords differ."))
        elif password:
            try:
                validate_password(password, User(email=cleaned.get("email", ""), name=cleaned.get("name", "")))
            except forms.ValidationError as error:
                self.add_error("password", error)
        return cleaned


class OwnerForm(PasswordMixin):
    name = forms.CharField(
        label=_("Your name"), max_length=80, widget=forms.TextInput(attrs={"autocomplete": "name", "autofocus": True})
    )
    email = forms.EmailField(
        label=_("E-mail"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "username"}),
        help_text=_("You sign in with it."),
    )
    field_order = ("name", "email", "password", "again")


class JoinForm(PasswordMixin):
    field_order = ("password", "again")


class ShopForm(forms.Form):
    name = forms.CharField(label=_("Shop name"), max_length=120)
    currency = forms.ChoiceField(
        label=_("Currency"), help_text=_("Reports are in this currency. Orders keep their own.")
    )
    zone = forms.ChoiceField(label=_("Time zone"), help_text=_("Decides where a day begins and ends."))
    country = forms.ChoiceField(
        label=_("Country or region"), help_text=_("Decides how phone numbers without a country code are read.")
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["currency"].choices = currencies()  # type: ignore[attr-defined]
        self.fields["zone"].choices = zones()  # type: ignore[attr-defined]
        self.fields["country"].choices = countries()  # type: ignore[attr-defined]


class FirstShopForm(ShopForm):
    language = forms.ChoiceField(label=_("Your language"), choices=settings.LANGUAGES)
    field_order = ("name", "language", "country", "currency", "zone")


class SettingsForm(ShopForm):
    as_of = forms.ChoiceField(
        label=_("Figures stand at"),
        choices=Shop.AsOf,
        help_text=_("For a shop whose orders ended some time ago, choose the day of the newest order."),
    )
    alone_points = forms.IntegerField(
        label=_("Points one person may adjust alone"),
        min_value=0,
        max_value=10**9,
        help_text=_("Above it, a second person has to agree."),
    )
    alone_amount = forms.DecimalField(
        label=_("Money one person may adjust alone"),
        min_value=0,
        max_value=10**9,
        help_text=_("In the shop's currency; for store credit and gift cards."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "currency" in (self.initial or {}):
            shown = to_decimal(self.initial["alone_amount"], self.initial["currency"])
            self.initial = {**self.initial, "alone_amount": shown}

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if {"currency", "alone_amount"} <= cleaned.keys():
            try:
                cleaned["alone_amount"] = to_minor(cleaned["alone_amount"], cleaned["currency"])
            except ValueError:
                self.add_error("alone_amount", _("This has more decimals than the currency."))
        return cleaned


class ProfileForm(forms.Form):
    name = forms.CharField(label=_("Name"), max_length=80)
    language = forms.ChoiceField(
        label=_("Language"), required=False, choices=[("", _("As the browser says")), *settings.LANGUAGES]
    )


class InviteForm(forms.Form):
    name = forms.CharField(label=_("Name"), max_length=80)
    email = forms.EmailField(label=_("E-mail"), max_length=254)
    role = forms.ChoiceField(label=_("Role"), choices=Role.choices, initial=Role.READER, widget=forms.RadioSelect)


class RoleForm(forms.Form):
    role = forms.ChoiceField(label=_("Role"), choices=Role.choices)


class KeyForm(forms.Form):
    """``lifetime`` in days; empty for a key that does not run out."""

    name = forms.CharField(
        label=pgettext_lazy("key", "Name"),
        max_length=80,
        help_text=_("The program that will use the key, so that you know it again."),
    )
    scopes = forms.MultipleChoiceField(
        label=_("What it may do"), choices=Scope.choices, widget=forms.CheckboxSelectMultiple
    )
    lifetime = forms.ChoiceField(
        label=_("Valid for"),
        required=False,
        initial="365",
        choices=[("30", _("30 days")), ("90", _("90 days")), ("365", _("one year")), ("", _("until revoked"))],
    )

    def expires_at(self) -> datetime | None:
        days = self.cleaned_data["lifetime"]
        return timezone.now() + timedelta(days=int(days)) if days else None
