"""What the routes of published documents share: a document in a request, its faults, its versions."""

import json
import re
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from django.http import HttpRequest
from django.utils import timezone
from ninja import Schema
from pydantic import Field, field_validator, model_validator

from regulars.core.declarations import BYTES_MOST, Context, load, parse
from regulars.core.faults import Fault
from regulars.storage.versions import VersionFacts
from regulars.web import api, pagination

_STEP = re.compile(r"[^.\[\]]+")


class DocumentIn(api.Input):
    """A document as its text, or as itself. One of the two."""

    text: Annotated[str, Field(min_length=1, max_length=BYTES_MOST)] | None = Field(
        None, description="TOML, or JSON as text.", examples=['id = "club"\nname = { en = "Club", zh = "会员俱乐部" }']
    )
    document: dict[str, Any] | None = Field(None, description="What its JSON Schema describes.")

    @field_validator("document")
    @classmethod
    def is_text(cls, document: dict[str, Any] | None) -> dict[str, Any] | None:
        json.dumps(document, ensure_ascii=False, allow_nan=False).encode()
        return document

    @model_validator(mode="after")
    def is_one(self) -> "DocumentIn":
        if (self.text is None) == (self.document is None):
            raise ValueError("give either text or document")
        return self

    def read(self, cls: type[Any], context: Context) -> Any:
        """What the document stands for. Raises Faulty."""
        return parse(cls, load(self.text) if self.text is not None else self.document, context)

    def pointer(self, fault: Fault) -> str:
        """The place of a fault in the request, as a JSON pointer."""
        return "/text" if self.text is not None else pointer(fault, "/document")


class PublishIn(DocumentIn):
    since: api.Instant | None = Field(
        None, description="When it comes into force; now without it. The first version may begin in the past."
    )
    note: api.Text = Field("", max_length=200)
    number: int | None = Field(
        None, ge=1, le=1_000_000, description="The number that it is expected to get: 409 where others were quicker."
    )


class FaultOut(Schema):
    path: str = Field(description="`rules[2].per`; of a text that cannot be read `line:column`.")
    reason: str
    mend: str


class VersionOut(Schema):
    number: int
    state: Literal["past", "in_force", "coming"]
    since: datetime = Field(description="It decides what happens from then on, until the next version's.")
    note: str
    published_at: datetime
    published_by: str


class VersionDetailOut(VersionOut):
    currency: str
    zone: str
    document: dict[str, Any] = Field(description="Without what is left at its default.")
    text: str = Field(description="As it was written.")


class VersionPage(Schema):
    items: list[VersionOut]
    next: str | None


def pointer(fault: Fault, root: str = "") -> str:
    """The place of a fault as a JSON pointer: ``/lines/0/price``."""
    return "/".join((root, *_STEP.findall(fault.path)))


def fault_out(fault: Fault, language: str) -> dict[str, str]:
    return {"path": fault.path, "reason": fault.reason.to(language), "mend": fault.mend.to(language)}


def version_out(row: VersionFacts, told: Sequence[VersionFacts]) -> dict[str, Any]:
    """A version among all of them, the newest first."""
    names = ("number", "since", "note", "published_at", "published_by")
    return {name: getattr(row, name) for name in names} | {"state": _state(row, told)}


def in_force(told: Sequence[VersionFacts]) -> VersionFacts | None:
    """The one in force among all versions, the newest first."""
    at = timezone.now()
    return next((one for one in told if one.since <= at), None)


def version_page(request: HttpRequest, page: pagination.Page, told: Sequence[VersionFacts]) -> dict[str, Any]:
    """A page of all versions, the newest first. A cursor names an id; of a version its number is enough."""
    pagination.refuse_unknown(request, pagination.Page)
    place = pagination.after(page, "id")
    rows = [one for one in told if place is None or one.number < place.id.int]
    answer = pagination.answer(rows[: page.limit + 1], page.limit, lambda row: pagination.Place(UUID(int=row.number)))
    return answer | {"items": [version_out(row, told) for row in answer["items"]]}


def _state(row: VersionFacts, told: Sequence[VersionFacts]) -> str:
    if row.since > timezone.now():
        return "coming"
    return "in_force" if row is in_force(told) else "past"
