"""What to call a customer who gave no name. A guest's source id is made of a handle, and a handle is never shown as a name."""

import re

from django.utils.translation import gettext as _

HIDDEN = "••••"
# The record of an order that names nobody, as ``flows.record_orders`` makes it: one for each such order.
WALK_IN = "guest:"
# As ``flows.record_orders.named_by`` writes them; and sources that number their customers by address or phone.
_HANDLE = re.compile(r"(email|phone|account|device):|.*@|\+?(86)?1[3-9]\d{9}$|\+\d{7,15}$", re.DOTALL)


def is_handle(source_id: str) -> bool:
    """Whether a source's id gives away an address, a number or a device."""
    return _HANDLE.match(source_id) is not None


def is_walk_in(source_id: str) -> bool:
    """Whether a record stands for nobody known: the order it was made for names no buyer."""
    return source_id.startswith(WALK_IN)


def kept_name(name: str, source_id: str) -> str:
    """What copies keep as the name, in no language: the name, else the source's id, of a handle its end at most."""
    if name or not is_handle(source_id):
        return name or source_id
    number = re.fullmatch(r"(?:phone:)?\+?\d+(\d{4})", source_id)
    return HIDDEN + (number[1] if number else "")


def said(kept: str) -> str:
    """A kept name in the reader's language: 「访客 ••••5678」."""
    return _("Guest %(end)s") % {"end": kept} if kept.startswith(HIDDEN) else kept


def shown_name(name: str, source_id: str) -> str:
    """The name to show for a customer."""
    return name or _("Walk-in") if is_walk_in(source_id) else said(kept_name(name, source_id))


def shown_source_id(source_id: str) -> str:
    """The source's id to show, a guest's without the handle in it."""
    return shown_name("", source_id)
