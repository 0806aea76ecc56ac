"""What the import pages show, as plain values for their templates."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.template.defaultfilters import filesizeformat
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from regulars.connectors import queries
from regulars.connectors.actions import Dry
from regulars.connectors.models import ImportRun
from regulars.connectors.pages.listing import DATASET_LABELS, STATE_TONES, actor_label
from regulars.connectors.queries import RunView
from regulars.connectors.tabular.dates import DATE_ORDERS
from regulars.connectors.tabular.fields import ATTRIBUTE, DATASETS
from regulars.connectors.tabular.mapping import date_question, missing
from regulars.connectors.tabular.problems import FileRefused, Problem, shorten
from regulars.connectors.tabular.sniff import Format
from regulars.connectors.tabular.states import KNOWN_STATES
from regulars.core.facts import EventFact
from regulars.core.money import CURRENCIES
from regulars.web import formats

COMMON_CURRENCIES = ("CNY", "USD", "EUR", "HKD", "TWD", "JPY", "GBP")
STEPS = (_("Upload"), _("Columns"), _("Check"), _("Import"))
ENCODINGS = {
    "utf-8": "UTF-8",
    "utf-8-sig": "UTF-8",
    "utf-16-le": "UTF-16",
    "utf-16-be": "UTF-16",
    "gb18030": "GBK / GB18030",
    "cp1252": "Windows-1252",
}
KINDS = {"csv": "CSV", "jsonl": "JSON Lines", "json": "JSON", "parquet": "Parquet", "xlsx": "Excel"}
DELIMITERS = {",": _("comma"), ";": _("semicolon"), "\t": _("tab"), "|": _("bar")}
DATE_LABELS = {"dmy": _("day first: 31/12/2024"), "mdy": _("month first: 12/31/2024")}
STATE_LABELS = {
    "pending": _("Awaiting payment"),
    "paid": _("Paid"),
    "shipped": _("Shipped"),
    "delivered": _("Delivered"),
    "completed": _("Completed"),
    "cancelled": _("Cancelled"),
    "partly_refunded": _("Partly refunded"),
    "refunded": _("Refunded"),
}
FACT_LABELS = {
    "source_id": _("Id"),
    "name": _("Full name"),
    "customer": _("Customer id"),
    "customer_name": _("Customer name"),
    "placed_at": _("Placed at"),
    "at": _("Time"),
    "state": _("State"),
    "identities": _("Contacts"),
    "lines": _("Order lines"),
    "amount": _("Goods before discounts"),
    "discount": _("Discounts"),
    "paid_amount": _("Amount paid"),
    "shipping_amount": _("Shipping"),
    "title": _("Title"),
    "brand": _("Brand"),
    "category": _("Category"),
    "birthday": _("Birthday"),
    "city": _("City"),
    "country": _("Country"),
    "tags": _("Tags"),
    "store": _("Store"),
    "consents": _("Consent"),
}


@dataclass(frozen=True, slots=True)
class ColumnRow:
    """One column of the mapper: its cells as a sample, what is chosen, and whether the program is unsure."""

    index: int
    name: str
    samples: list[str]
    target: str
    label: str


def told(refused: FileRefused) -> dict[str, Any]:
    """A refused file as the reader's sentence."""
    problem = refused.problem
    return {
        "text": problem.reason(gettext),
        "mend": problem.remedy(gettext),
        "line": refused.line,
        "column": refused.column,
    }


def several(runs: Sequence[UUID], names: Sequence[str]) -> str:
    """What to do after several files at once: each is opened and started by itself."""
    places = ((reverse("import_run", args=[run]), name) for run, name in zip(runs, names, strict=True))
    links = format_html_join(gettext(", "), '<a class="alert-link" href="{}">{}</a>', places)
    return format_html("{} {}", gettext("Uploaded. Open each file to check it and start its import:"), links)


def form_of(view: RunView) -> Format:
    return Format(**view.format)


def described(view: RunView) -> list[tuple[Any, Any]]:
    """The recognised form of the file, as label and value."""
    form = view.format
    if not form:
        return []
    kind = KINDS[form["kind"]] + (" (gzip)" if form.get("compression") else "")
    facts = [(_("Size"), filesizeformat(view.size)), (_("Format"), kind)]
    if form.get("encoding"):
        facts.append((_("Encoding"), ENCODINGS.get(form["encoding"], form["encoding"])))
    if form.get("delimiter"):
        facts.append((_("Delimiter"), DELIMITERS[form["delimiter"]]))
    return facts


def context(view: RunView, earlier: RunView | None = None) -> dict[str, Any]:
    """What every page of a run shows."""
    return {
        "run": view,
        "earlier": earlier,
        "refusals": _in_words(view.refusals),
        "warnings": _in_words(view.warnings),
        "actor_label": actor_label(view.actor),
        "dataset_label": DATASET_LABELS.get(view.dataset, ""),
        "state_label": dict(ImportRun.State.choices).get(view.state, view.state),
        "tone": STATE_TONES.get(view.state, "plain"),
        "described": described(view),
        "steps": STEPS,
        "can_resume": view.dataset == queries.SAMPLE or view.path.is_file(),
        "share": formats.percent(view.position / view.size, 0) if view.size and view.position else "",
        "mapped": [(column, _field_label(view.dataset, target)) for target, column in _mapped(view)],
    }


def _in_words(told: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Refusals or warnings in the reader's language."""
    problems = ((one, Problem.from_json(one)) for one in told)
    return [{**one, "reason": p.reason(gettext), "remedy": p.remedy(gettext)} for one, p in problems]


def _mapped(view: RunView) -> list[tuple[str, str]]:
    """Field and column of what is imported, in the order of the dataset's fields: PostgreSQL keeps no order of keys."""
    order = (
        {field.key: rank for rank, field in enumerate(DATASETS[view.dataset].fields)}
        if view.dataset in DATASETS
        else {}
    )
    pairs = [(target, column) for column, target in view.mapping.items() if target]
    return sorted(pairs, key=lambda pair: (order.get(pair[0], len(order)), pair[1]))


def mapper(view: RunView, dataset: str = "", refused: FileRefused | None = None) -> dict[str, Any]:
    """The mapper: columns with samples, the fields of the dataset, options, and what is still missing."""
    seen = queries.inspect_file(view.path, dataset if dataset in DATASETS else view.dataset, form=form_of(view))
    columns = dict(view.mapping) if seen.dataset == view.dataset else dict(seen.columns)
    options = {**seen.options, **(view.options if seen.dataset == view.dataset else {})}
    kind = DATASETS[seen.dataset]
    question, orders = date_question(seen.dataset, seen.names, columns, seen.rows)
    lacking = [
        [gettext(field.label) for key in group if (field := kind.field(key))]
        for group in missing(seen.dataset, columns)
    ]
    groups = [
        (
            _("Order") if seen.dataset in {"orders", "lines"} else kind.label,
            [f for f in kind.fields if f.level == "record"],
        )
    ]
    if any(f.level == "line" for f in kind.fields):
        groups.append((_("Order line"), [f for f in kind.fields if f.level == "line"]))
    return {
        **context(view, queries.earlier_run(view.id)),
        "datasets": [(key, DATASET_LABELS[key]) for key in DATASETS],
        "dataset": seen.dataset,
        "columns": _column_rows(seen, columns),
        "groups": [(gettext(str(label)), [(f.key, gettext(f.label)) for f in fields]) for label, fields in groups],
        "keeps": kind.attributes,
        "attribute": ATTRIBUTE,
        "options": options,
        "currencies": [*COMMON_CURRENCIES, *sorted(CURRENCIES - set(COMMON_CURRENCIES))],
        "date_orders": list(DATE_LABELS.items()) if len(orders) == len(DATE_ORDERS) else [],
        "date_column": question,
        "states": [(state, STATE_LABELS[state]) for state in KNOWN_STATES] if seen.dataset == "orders" else [],
        "missing": [" / ".join(labels) for labels in lacking],
        "is_known": seen.is_known,
        "problem": told(refused) if refused else None,
    }


def _column_rows(seen: queries.Inspection, columns: Mapping[str, str]) -> list[ColumnRow]:
    rows = []
    for index, name in enumerate(seen.names):
        cells = dict.fromkeys(shorten(row[index], 28) for row in seen.rows[:200])
        samples = [cell for cell in cells if cell][:3]
        target = columns.get(name, "")
        rows.append(ColumnRow(index, name, samples, target, _field_label(seen.dataset, target)))
    return rows


def _field_label(dataset: str, target: str) -> str:
    if target == ATTRIBUTE:
        return gettext("Keep as an extra property")
    field = DATASETS[dataset].field(target) if dataset in DATASETS and target else None
    return gettext(field.label) if field else ""


def chosen(view: RunView, posted: Mapping[str, str]) -> dict[str, Any]:
    """The mapping and options of a posted mapper, as ``actions.map_run`` takes them; unknown values fall back to none."""
    dataset = posted.get("dataset", "") if posted.get("dataset") in DATASETS else view.dataset
    names = queries.inspect_file(view.path, dataset, form=form_of(view)).names
    mapping = {name: posted.get(f"column-{index}", "") for index, name in enumerate(names)}
    allowed = {"date_order": DATE_ORDERS, "unknown_state": KNOWN_STATES, "currency": CURRENCIES}
    options = {name: value for name, known in allowed.items() if (value := posted.get(name, "")) in known}
    options["source"] = (posted.get("source", "").strip() or "import")[:40]
    options["zone"] = view.options.get("zone", "")
    return {"dataset": dataset, "mapping": mapping, "options": options}


def dry(view: RunView, found: Dry, rows_max: int) -> dict[str, Any]:
    """The dry run: counts, the first refusals with the mend, the first records in words."""
    refusals, warnings = (
        _in_words({"line": r.line, "column": r.column, "value": r.value, **r.problem.as_json()} for r in first[:20])
        for first in (found.rejections, found.warnings)
    )
    return {
        **context(view, queries.earlier_run(view.id)),
        "dry": found,
        "rows_max": rows_max,
        "refusals": refusals,
        "warnings": warnings,
        "facts": [_fact(fact, view.options.get("currency", "")) for fact in found.facts[:3]],
    }


def _fact(fact: Any, currency: str) -> list[tuple[Any, str]]:
    currency = getattr(fact, "currency", "") or currency
    said: list[tuple[Any, str]] = []
    for name, label in FACT_LABELS.items():
        value = getattr(fact, name, None)
        if value not in (None, "", (), {}):
            said.append(
                (_("Event") if isinstance(fact, EventFact) and name == "name" else label, _value(name, value, currency))
            )
    lines = getattr(fact, "lines", None) or ()
    if lines:
        off = sum(d.amount for line in lines for d in line.discounts) + sum(
            d.amount for d in getattr(fact, "discounts", ())
        )
        said.append((FACT_LABELS["amount"], formats.money(sum(line.list_amount for line in lines), currency)))
        if off:
            said.append((FACT_LABELS["discount"], formats.money(off, currency)))
    return said


def _value(name: str, value: Any, currency: str) -> str:
    if name.endswith("_amount"):
        return str(formats.money(value, currency)) if value else "–"
    if isinstance(value, datetime):
        return str(formats.moment(value))
    if isinstance(value, date):
        return str(formats.day(value))
    if name == "state":
        return str(STATE_LABELS.get(value, value))
    if name == "identities":
        return ", ".join(one.value for one in value)
    if name == "consents":
        return ", ".join(f"{c.channel} {'✓' if c.granted else '✗'}" for c in value)
    if name == "lines":
        return " · ".join(
            " × ".join(filter(None, (line.title or line.sku or line.product, formats.quantity(line.quantity_milli))))
            for line in value[:5]
        )
    return shorten(
        " > ".join(value) if name == "category" else ", ".join(value) if isinstance(value, tuple) else value, 120
    )
