"""Pages by cursor: where the last page ended, not how many rows came before, so that inserts shift nothing."""

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any, TypeVar
from uuid import UUID

from django.http import HttpRequest
from ninja import Schema
from pydantic import Field

from regulars.web.problems import invalid

MOST = 200
Row = TypeVar("Row")
Limit = Annotated[int, Field(ge=1, le=MOST, description=f"How many items at most (1 to {MOST}).")]
Cursor = Annotated[
    str | None, Field(max_length=200, description="`next` of the page before; leave out for the first page.")
]


@dataclass(frozen=True, slots=True)
class Place:
    """A place in a list that is sorted ``by`` the id alone, or by an instant (``recorded``, ``placed``) and then the id."""

    id: UUID
    at: datetime | None = None
    by: str = "id"


class Page(Schema):
    """What the query of every list has."""

    limit: Limit = 50
    cursor: Cursor = None


def encode(place: Place) -> str:
    text = json.dumps([place.by, str(place.id), place.at and place.at.isoformat()])
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def decode(cursor: str) -> Place:
    """The place of a cursor. Raises a problem (422) for one that was not made here."""
    try:
        by, id_text, at_text = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        place = Place(UUID(id_text), _instant(at_text), by)
        if (place.at is None) != (by == "id"):
            raise ValueError("no place of any list")
    except (ValueError, TypeError, AttributeError, OverflowError, RecursionError, binascii.Error):
        raise invalid([("cursor", "This is not a cursor of this list: begin again without it.")]) from None
    return place


def _instant(text: str | None) -> datetime | None:
    if text is None:
        return None
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise ValueError("no instant of any list")
    return at.astimezone(UTC)


def after(page: Page, by: str) -> Place | None:
    """The place that a page starts after. Raises a problem (422) where the cursor belongs to another order of the list."""
    if page.cursor is None:
        return None
    place = decode(page.cursor)
    if place.by != by:
        raise invalid([("cursor", "This cursor belongs to a list with other filters: begin again without it.")])
    return place


def refuse_unknown(request: HttpRequest, known: type[Schema]) -> None:
    """A misspelt filter must not silently return everything. Raises a problem (422) that names it."""
    if unknown := sorted(set(request.GET) - set(known.model_fields)):
        names = ", ".join(sorted(known.model_fields))
        raise invalid([(name, f"This parameter is not known here. Known are: {names}.") for name in unknown])


def answer(rows: Sequence[Row], limit: int, place_of: Callable[[Row], Place]) -> dict[str, Any]:
    """The page of ``rows``, of which the caller has fetched one more than ``limit`` to know whether a next one exists."""
    items = list(rows[:limit])
    return {"items": items, "next": encode(place_of(items[-1])) if len(rows) > limit else None}
