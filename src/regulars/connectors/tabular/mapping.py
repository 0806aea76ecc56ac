"""Which dataset a file holds and which column is which field: suggested from headers and values, recognised next time."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC
from functools import cache
from typing import Any

from regulars.connectors.tabular.converting.batches import CellRefused
from regulars.connectors.tabular.converting.cells import decimal_of, text_of
from regulars.connectors.tabular.dates import DATE_ORDERS, day_month_orders, parse_moment
from regulars.connectors.tabular.fields import ATTRIBUTE, DATASETS, Dataset, Field, plain_name
from regulars.connectors.tabular.problems import FileRefused, Problem, _
from regulars.connectors.tabular.states import STATES

_SURE, _LIKELY = 1.0, 0.6
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_PHONE = re.compile(r"[+(]?\d[\d\s().-]{5,18}\d")


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A dataset, each column's field ("" where none fits) with how sure that is (0 to 1)."""

    dataset: str
    columns: Mapping[str, str]
    scores: Mapping[str, float] = field(default_factory=dict)


def fingerprint(names: Sequence[str]) -> str:
    """What a saved mapping is recognised by: the set of headers, however ordered or cased."""
    return hashlib.blake2b("\n".join(sorted(plain_name(name) for name in names)).encode(), digest_size=16).hexdigest()


def suggest(names: Sequence[str], rows: Sequence[Sequence[Any]], dataset: str = "") -> Suggestion:
    """The best reading of a file; of ``dataset`` where that is known."""
    candidates = [DATASETS[dataset]] if dataset else _likely(names)
    found = [(_assigned(candidate, names, rows), candidate) for candidate in candidates]
    (columns, scores), best = max(found, key=lambda item: _fit(item[1], *item[0]))
    return Suggestion(best.key, {name: columns.get(name, "") for name in names}, scores)


def _likely(names: Sequence[str]) -> list[Dataset]:
    """A file that names orders is none of customers, though a parcel's phone number could be read as one's."""
    named = DATASETS["lines"].field("order")
    tells_orders = named is not None and any(plain_name(name) in named.aliases for name in names)
    return [kind for key, kind in DATASETS.items() if not (tells_orders and key == "customers")]


def missing(dataset: str, mapping: Mapping[str, str]) -> list[tuple[str, ...]]:
    """The required groups of fields of which the mapping names none."""
    mapped = set(mapping.values())
    return [group for group in DATASETS[dataset].required if not mapped & set(group)]


def check_mapping(dataset: str, names: Sequence[str], mapping: Mapping[str, str]) -> None:
    """Raise FileRefused for a mapping that cannot be run: unknown columns or fields, one field twice, required fields missing."""
    kind = DATASETS[dataset]
    used: dict[str, str] = {}
    for name, target in mapping.items():
        if name not in names:
            raise FileRefused(
                _("The file has no column %(column)s."),
                _("Its columns are: %(columns)s."),
                line=1,
                column=name,
                columns=", ".join(names[:40]),
            )
        if not target or target == ATTRIBUTE:
            continue
        if kind.field(target) is None:
            fields = ", ".join(f.key for f in kind.fields)
            raise FileRefused(
                _("There is no field %(field)s."),
                _("The fields are: %(fields)s."),
                column=name,
                field=target,
                fields=fields,
            )
        if target in used:
            raise FileRefused(
                _("The columns %(first)s and %(second)s are both mapped to %(field)s."),
                _("Choose one of them."),
                column=name,
                first=used[target],
                second=name,
                field=target,
            )
        used[target] = name
    if lacking := missing(dataset, mapping):
        raise FileRefused(
            _("The file lacks: %(fields)s."),
            _("Say which columns hold them, or export the file again with these columns."),
            line=1,
            fields=[[field.label for key in group if (field := kind.field(key))] for group in lacking],
        )


def date_question(
    dataset: str, names: Sequence[str], mapping: Mapping[str, str], rows: Sequence[Sequence[Any]]
) -> tuple[str, set[str]]:
    """The first date column whose day and month could be either way, and the orders its cells allow.

    ("", {"dmy"}) where the cells decide; ("", set()) where nothing needs deciding.
    """
    kind, allowed = DATASETS[dataset], set[str]()
    for number, name in enumerate(names):
        target = kind.field(mapping.get(name, ""))
        if target is None or target.type not in {"moment", "date"}:
            continue
        orders = day_month_orders(row[number] for row in rows)
        if not orders:
            continue
        allowed = orders if not allowed else allowed & orders
        if len(allowed) == 1:
            return "", allowed
    if len(allowed) == len(DATE_ORDERS):
        asked = next(
            n for i, n in enumerate(names) if _asks(kind, mapping, n) and day_month_orders(row[i] for row in rows)
        )
        return asked, allowed
    return "", allowed


def _asks(kind: Dataset, mapping: Mapping[str, str], name: str) -> bool:
    target = kind.field(mapping.get(name, ""))
    return target is not None and target.type in {"moment", "date"}


DATE_QUESTION = Problem(
    _("Dates such as %(value)s in column %(column)s could begin with the day or with the month."),
    _("Say which under Date order (or --date-order dmy or mdy)."),
)


def _fit(kind: Dataset, columns: Mapping[str, str], scores: Mapping[str, float]) -> tuple[float, float]:
    mapped = {target for target in columns.values() if target}
    complete = sum(1 for group in kind.required if mapped & set(group)) / len(kind.required)
    explained = sum(scores.get(name, 0.0) for name, target in columns.items() if target)
    # An order file explains a customer file's columns too: what counts first is that the required fields are there.
    return complete == 1.0, explained + 2 * complete + (len(kind.required) if complete == 1.0 else 0)


def _assigned(
    kind: Dataset, names: Sequence[str], rows: Sequence[Sequence[Any]]
) -> tuple[dict[str, str], dict[str, float]]:
    """Greedy: the surest pair of column and field first, each used once."""
    pairs: list[tuple[float, int, int, str, str]] = []
    for number, name in enumerate(names):
        cells = [text for row in rows[:200] if (text := text_of(row[number]))]
        for rank, target in enumerate(kind.fields):
            score = _score(plain_name(name), target, cells)
            if score >= _LIKELY:
                pairs.append((-score, rank, number, name, target.key))
    columns: dict[str, str] = {}
    scores: dict[str, float] = {}
    for negative, _rank, _number, name, key in sorted(pairs):
        if name not in columns and key not in columns.values():
            columns[name], scores[name] = key, -negative
    return columns, scores


def _score(name: str, target: Field, cells: Sequence[str]) -> float:
    """How well a header and its cells fit a field: earlier aliases are surer; cells of the wrong type veto."""
    if name in target.aliases:
        place = target.aliases.index(name)
        score = _SURE - min(place, 20) * 0.01
    else:
        score = 0.0
        for alias in _long_aliases(target):
            if alias in name and len(alias) * 2 >= len(name):
                score = max(score, _LIKELY + 0.1 * len(alias) / len(name))
        if not score and target.key == "email" and cells and all(_EMAIL.fullmatch(cell) for cell in cells):
            score = _LIKELY
    if score and cells and _share(cells[:50], target) < 0.5:
        return 0.0
    return score


@cache
def _long_aliases(target: Field) -> tuple[str, ...]:
    return tuple(alias for alias in target.aliases if len(alias) >= (2 if not alias.isascii() else 5))


def _share(cells: Sequence[str], target: Field) -> float:
    return sum(_looks_like(cell, target) for cell in cells) / len(cells)


def _looks_like(cell: str, target: Field) -> bool:
    if target.key == "email":
        return bool(_EMAIL.fullmatch(cell))
    if target.key == "phone":
        return bool(_PHONE.fullmatch(cell))
    if target.type in {"money", "number"}:
        try:
            decimal_of(cell)
        except CellRefused:
            return False
        return True
    if target.type in {"moment", "date"}:
        for order in DATE_ORDERS:
            try:
                parse_moment(cell, UTC, order)
            except (ValueError, OverflowError):
                continue
            return True
        return False
    if target.type == "state":
        return plain_name(cell) in STATES or len(cell) <= 40
    return True


# Headers that only one system writes.
_SOURCES = {
    "shopify": ("Lineitem quantity", "Accepts Email Marketing", "Default Address City", "Variant SKU"),
    "taobao": ("买家会员名", "宝贝标题", "宝贝种类"),
    "youzan": ("收货人/提货人", "电子面单号"),
    "odoo": ("partner_id", "order_line/product_id"),
    "woocommerce": ("date_created_gmt", "line.variation_id"),
}


def suggest_source(names: Sequence[str]) -> str:
    """The shop system whose export this looks like; "import" where it could be anybody's."""
    plain = {plain_name(name) for name in names}
    return next(
        (source for source, marks in _SOURCES.items() if any(plain_name(mark) in plain for mark in marks)), "import"
    )
