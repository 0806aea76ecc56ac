"""API keys: made with scopes, shown once, revoked."""

from datetime import datetime
from uuid import UUID

import django_tables2 as tables
from django.contrib import messages
from django.db.models import Case, CharField, QuerySet, Value, When
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from regulars.shop import actions
from regulars.shop.models import ApiKey
from regulars.shop.pages.forms import KeyForm
from regulars.web import formats
from regulars.web.access import OWNERS, Scope, page
from regulars.web.lists import Day, Empty, List, Moment, Query, Tag, Text

STATES = {
    "valid": pgettext_lazy("key", "valid"),
    "expired": pgettext_lazy("key", "run out"),
    "revoked": pgettext_lazy("key", "revoked"),
}


class KeyTable(tables.Table):
    name = Text(pgettext_lazy("key", "Name"), sub="shown_prefix", card="title")
    scopes = Text(gettext_lazy("What it may do"), orderable=False)
    state = Tag(
        gettext_lazy("State"), labels=STATES, tones={"valid": "good", "revoked": "plain", "expired": "warn"}, card="end"
    )
    last_used_at = Moment(gettext_lazy("Last used"))
    expires_at = Day(gettext_lazy("Valid until"))
    revoke = tables.TemplateColumn(
        template_name="shop/key_revoke.html",
        verbose_name="",
        orderable=False,
        exclude_from_export=True,
        empty_values=(),
    )

    def render_scopes(self, value: list[str]) -> str:
        labels = dict(Scope.choices)
        return ("、" if formats.locale().language == "zh" else ", ").join(
            str(labels.get(scope, scope)) for scope in value
        )


class KeyList(List):
    name, title = "keys", gettext_lazy("API keys")
    table, sort = KeyTable, "-state"
    nothing_yet = Empty(
        "key-round",
        gettext_lazy("No keys yet"),
        gettext_lazy("A key lets your shop system send customers, products, orders and events to Regulars by itself."),
        gettext_lazy("Create a key"),
        "key_create",
    )

    def rows(self, query: Query) -> QuerySet[ApiKey]:
        return ApiKey.objects.annotate(state=_state(timezone.now())).order_by("-created_at")


def _state(at: datetime) -> Case:
    return Case(
        When(revoked_at__isnull=False, then=Value("revoked")),
        When(expires_at__lte=at, then=Value("expired")),
        default=Value("valid"),
        output_field=CharField(),
    )


@page(OWNERS)
def keys(request: HttpRequest) -> HttpResponseBase:
    return KeyList(request).response("shop/keys.html")


@never_cache
@page(OWNERS)
def create(request: HttpRequest) -> HttpResponse:
    form = KeyForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        key = actions.create_key(given["name"], given["scopes"], expires_at=form.expires_at(), by=request.actor)  # type: ignore[attr-defined]
        return render(request, "shop/key_created.html", {"secret": key.secret, "name": given["name"]})
    return render(request, "shop/key_create.html", {"form": form})


@require_POST
@page(OWNERS)
def revoke(request: HttpRequest, key_id: UUID) -> HttpResponse:
    try:
        actions.revoke_key(key_id, by=request.actor)  # type: ignore[attr-defined]
        messages.success(request, _("The key is revoked. Programs that use it are refused from now on."))
    except actions.Refused as refusal:
        messages.error(request, str(refusal))
    return redirect("keys")
