"""Template filters over ``web.formats``, and the tags every page needs (a builtin library: no ``load``)."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from urllib.parse import urlencode

from django import template
from django.urls import NoReverseMatch, reverse
from django.utils.translation import get_language
from lucide import IconDoesNotExist
from lucide.templatetags.lucide import lucide

from regulars.core.says import Says
from regulars.web import charts, counted, formats

register = template.Library()

for _filter in (
    formats.money,
    formats.money_short,
    formats.quantity,
    formats.number,
    formats.number_short,
    formats.percent,
    formats.day,
    formats.moment,
    formats.ago,
    formats.days,
):
    register.filter(_filter.__name__, _filter)
register.filter("counted", counted.amount)


@register.filter
def said(sentence: Says | None) -> str:
    """A sentence that a rule says, in the page's language."""
    return sentence.to(get_language() or "en") if sentence else ""


@register.simple_tag
@lru_cache(maxsize=512)
def icon(name: str, size: int = 18) -> str:
    """A Lucide icon, hidden from screen readers: ``{% icon "users" %}``. An unknown name shows a circle."""
    try:
        return lucide(name, size=size, **{"class": "icon", "aria-hidden": "true"})
    except IconDoesNotExist:
        return lucide("circle", size=size, **{"class": "icon", "aria-hidden": "true"})


@register.simple_tag
def address(name: str, *args: Any, **kwargs: Any) -> str:
    """The path of a URL name, or "" where no room serves it (yet)."""
    try:
        return reverse(name, args=args, kwargs=kwargs)
    except NoReverseMatch:
        return ""


@register.simple_tag(takes_context=True)
def here(context: template.Context, **changes: Any) -> str:
    """This page's query string with changes: ``{% here page=2 q=None %}``; None drops a parameter."""
    query = context["request"].GET.copy()
    for name, value in changes.items():
        query.pop(name, None)
        if value is not None:
            query[name] = str(value)
    return "?" + urlencode(list(query.lists()), doseq=True)


@register.filter
def initial(name: object) -> str:
    """The letter of an avatar."""
    return str(name or "?").strip()[:1].upper() or "?"


@register.filter
def tint(name: object) -> int:
    """One of eight avatar tints, the same for the same name."""
    return sum(map(ord, str(name))) % 8


@register.filter
def width(share: float | None) -> str:
    """A share 0..1 as the width of an SVG bar (inline styles are forbidden, SVG attributes are not): ``42.0%``."""
    return f"{max(0.0, min(1.0, float(share or 0))) * 100:.1f}%"


@register.filter
def part_of(value: float | None, whole: float | None) -> float:
    """``value / whole``, 0 where there is no whole."""
    return (value or 0) / whole if whole else 0.0


@register.filter
def joined(values: Any) -> str:
    """A list in the page's language: ``a、b`` or ``a, b``."""
    return ("、" if formats.locale().language == "zh" else ", ").join(str(v) for v in values or ())


@register.filter
def chart_table(data: charts.Data) -> charts.Data:
    """The numbers of a chart as a table."""
    return charts.table(data)


@register.filter
def unlocalized(value: float | str) -> str:
    """A number as HTML attributes want it: no grouping, a point for the decimals."""
    return str(value)


@dataclass(frozen=True, slots=True)
class Bar:
    label: str
    text: str
    href: str
    x: str
    width: str
    css: str


@register.simple_tag
def bars(items: Sequence[Sequence[Any]], total: float | None = None) -> list[Bar]:
    """The parts of a segmented bar from ``(label, value[, text[, href[, css]]])``, end to end over ``total`` (their sum)."""
    whole = total or sum(item[1] for item in items) or 1
    laid, before = [], 0.0
    for place, item in enumerate(items):
        css = item[4] if len(item) > 4 else f"series-{place}"
        text = str(item[2]) if len(item) > 2 else formats.number(item[1])
        laid.append(
            Bar(
                str(item[0]), text, item[3] if len(item) > 3 else "", width(before / whole), width(item[1] / whole), css
            )
        )
        before += item[1]
    return laid


_BROWSERS = (
    ("Edg/", "Edge"),
    ("OPR/", "Opera"),
    ("MicroMessenger", "WeChat"),
    ("Firefox/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
_SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS", "macOS"),
    ("Linux", "Linux"),
)


@register.filter
def device(user_agent: str) -> str:
    """What people call a browser: ``Firefox · Windows``; an unknown one by its own first words."""
    named = [next((name for mark, name in known if mark in user_agent), "") for known in (_BROWSERS, _SYSTEMS)]
    return " · ".join(filter(None, named)) or user_agent[:40]
