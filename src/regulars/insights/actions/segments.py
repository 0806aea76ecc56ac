"""Saved segments: a name for a filter of the customer list."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext as _

from regulars.insights.models import SavedSegment


class Refused(ValueError):
    """The segment was not saved or renamed; the message says why, in the reader's language."""


def save_segment(name: str, parameters: Mapping[str, list[str]], *, actor: str, at: datetime) -> UUID:
    """Save a filter under a new name. Raises Refused for an empty or taken name, and for no filter at all."""
    name = _free_name(name)
    kept = {key: said for key, values in parameters.items() if (said := [value for value in values if value])}
    if not kept:
        raise Refused(_("Set a filter first: without one the segment would be everybody."))
    return SavedSegment.objects.create(name=name, parameters=kept, created_by=actor, created_at=at).pk


def rename_segment(segment: UUID, name: str) -> None:
    """Raises Refused for an empty or taken name. An unknown segment is left alone."""
    SavedSegment.objects.filter(pk=segment).update(name=_free_name(name, segment))


def delete_segment(segment: UUID) -> None:
    SavedSegment.objects.filter(pk=segment).delete()


def _free_name(name: str, own: UUID | None = None) -> str:
    name = " ".join(name.split())
    if not name or len(name) > 80:
        raise Refused(_("Give the segment a name of at most 80 characters."))
    if SavedSegment.objects.filter(name=name).exclude(pk=own).exists():
        raise Refused(_("There is a segment of this name already."))
    return name
