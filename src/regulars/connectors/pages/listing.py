"""The list of imports."""

import django_filters
import django_tables2 as tables
from django.db.models import Case, F, QuerySet, Value, When
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from regulars.connectors.models import ImportRun
from regulars.connectors.queries import runs
from regulars.connectors.tabular.fields import DATASETS
from regulars.web.lists import Empty, List, Moment, Number, Query, Tag, Text

DATASET_LABELS = {**{key: _(dataset.label) for key, dataset in DATASETS.items()}, "sample": _("Sample shop")}
STATE_TONES = {
    "done": "good",
    "failed": "bad",
    "running": "info",
    "queued": "info",
    "uploaded": "warn",
    "checked": "warn",
}


def actor_label(actor: str) -> str:
    """Who began an import: a name, or the command line."""
    return gettext("command line") if actor == "terminal" else actor


class ImportTable(tables.Table):
    file_name = Text(_("File"), linkify=lambda record: reverse("import_run", args=[record.id]), card="title")
    # Under another name: django-tables2 would hand over the label of a field with choices.
    now = Tag(
        _("State"),
        accessor="stage",
        order_by="state",
        labels=dict(ImportRun.State.choices),
        tones=STATE_TONES,
        card="end",
    )
    dataset = Tag(_("Holds"), labels=DATASET_LABELS)
    created = Number(_("New records"))
    updated = Number(_("Changed records"))
    unchanged = Number(_("Known already"))
    refused = Number(_("Refused rows"))
    created_at = Moment(_("Begun"), sub="by")


class ImportFilters(django_filters.FilterSet):
    state = django_filters.ChoiceFilter(label=_("State"), choices=ImportRun.State.choices)
    dataset = django_filters.ChoiceFilter(label=_("Holds"), choices=list(DATASET_LABELS.items()))


class ImportList(List):
    name, title = "imports", _("Imports")
    table, filters, sort = ImportTable, ImportFilters, "-created_at"
    search = ("file_name",)
    placeholder = _("File name")
    nothing_yet = Empty(
        "upload",
        _("Nothing imported yet"),
        _("Drop the exports of your shop system above: orders first, or customers and products before them."),
    )

    def rows(self, query: Query) -> QuerySet[ImportRun]:
        by = Case(When(actor="terminal", then=Value(actor_label("terminal"))), default=F("actor"))
        return runs().annotate(stage=F("state"), by=by)
