"""The team: who has which role, invitations, closing an account."""

from collections.abc import Callable
from uuid import UUID

import django_filters
import django_tables2 as tables
from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from regulars.shop import actions
from regulars.shop.models import User
from regulars.shop.pages.forms import InviteForm, RoleForm
from regulars.web.access import OWNERS, Role, page
from regulars.web.lists import Empty, List, Moment, Query, Tag, Text

ABILITIES = {
    Role.OWNER: gettext_lazy("Everything, the team, the keys and the settings included."),
    Role.MARKETER: gettext_lazy("Customers, segments, orders, imports and every figure."),
    Role.AGENT: gettext_lazy("Customers and their orders, to serve them."),
    Role.ANALYST: gettext_lazy("Every figure and list, and exports."),
    Role.READER: gettext_lazy("May look, not change."),
}
STATES = {True: pgettext_lazy("account", "active"), False: pgettext_lazy("account", "closed")}


class TeamTable(tables.Table):
    name = Text(
        gettext_lazy("Name"),
        linkify=lambda record: reverse("person", args=[record.id]),
        accessor="title",
        order_by="name",
        sub="email",
        card="title",
    )
    role = Tag(gettext_lazy("Role"), labels=dict(Role.choices), tones={"owner": "accent"}, card="end")
    is_active = Tag(gettext_lazy("State"), labels=STATES, tones={"True": "good", True: "good", False: "plain"})
    last_login = Moment(gettext_lazy("Last sign-in"))


class TeamFilters(django_filters.FilterSet):
    role = django_filters.ChoiceFilter(label=gettext_lazy("Role"), choices=Role.choices)
    is_active = django_filters.ChoiceFilter(
        label=gettext_lazy("State"), choices=[("True", STATES[True]), ("False", STATES[False])]
    )


class TeamList(List):
    name, title = "team", gettext_lazy("Team")
    table, filters, sort = TeamTable, TeamFilters, "name"
    search = ("name", "email")
    placeholder = gettext_lazy("Name or e-mail")
    nothing_yet = Empty("user-plus", gettext_lazy("Nobody here yet"))

    def rows(self, query: Query) -> QuerySet[User]:
        return User.objects.all()


@page(OWNERS)
def team(request: HttpRequest) -> HttpResponseBase:
    return TeamList(request).response("shop/team.html")


@never_cache
@page(OWNERS)
def invite(request: HttpRequest) -> HttpResponse:
    form = InviteForm(request.POST or None)
    context = {"form": form, "abilities": [(role.label, text) for role, text in ABILITIES.items()]}
    if request.method == "POST" and form.is_valid():
        try:
            path = actions.invite(**form.cleaned_data, by=request.actor)  # type: ignore[attr-defined]
            return render(
                request,
                "shop/invited.html",
                {"link": request.build_absolute_uri(path), "name": form.cleaned_data["name"]},
            )
        except actions.Refused as refusal:
            form.add_error("email", str(refusal))
    return render(request, "shop/team_invite.html", context)


@page(OWNERS)
def person(request: HttpRequest, user_id: UUID) -> HttpResponse:
    someone = get_object_or_404(User, id=user_id)
    form = RoleForm(initial={"role": someone.role})
    return render(
        request, "shop/person.html", {"person": someone, "form": form, "ability": ABILITIES[Role(someone.role)]}
    )


@require_POST
@page(OWNERS)
def role(request: HttpRequest, user_id: UUID) -> HttpResponse:
    form = RoleForm(request.POST)
    if not form.is_valid():
        return redirect("person", user_id)
    return _changed(request, user_id, lambda: actions.change_role(user_id, form.cleaned_data["role"], by=request.actor))  # type: ignore[attr-defined]


@require_POST
@page(OWNERS)
def state(request: HttpRequest, user_id: UUID) -> HttpResponse:
    change = actions.reactivate if request.POST.get("active") == "1" else actions.deactivate
    return _changed(request, user_id, lambda: change(user_id, by=request.actor))  # type: ignore[attr-defined]


@never_cache
@require_POST
@page(OWNERS)
def link(request: HttpRequest, user_id: UUID) -> HttpResponse:
    """A fresh invitation: also the way back in for someone who lost the password."""
    someone = get_object_or_404(User, id=user_id, is_active=True)
    path = actions.invite_again(user_id, by=request.actor)  # type: ignore[attr-defined]
    return render(request, "shop/invited.html", {"link": request.build_absolute_uri(path), "name": str(someone)})


def _changed(request: HttpRequest, user_id: UUID, change: Callable[[], None]) -> HttpResponse:
    try:
        change()
        messages.success(request, _("Saved."))
    except actions.Refused as refusal:
        messages.error(request, str(refusal))
    return redirect("person", user_id)
