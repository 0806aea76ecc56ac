"""Documents that are written as a draft and published in versions: their tables, and how both are read and written.

A domain has the two tables for its own kind of document. A version is in force from ``since`` until the next one's, so
periods cannot overlap; it never changes.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import models
from django.utils.translation import get_language

from regulars.core.says import Says


class DraftRow(models.Model):
    """The document as it is being written: row 1. ``revision`` tells who saves over somebody else's words."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    text = models.TextField()
    revision = models.PositiveIntegerField(default=1)
    changed_at = models.DateTimeField()
    changed_by = models.CharField(max_length=120)

    class Meta:
        abstract = True


class VersionRow(models.Model):
    """A published document: ``text`` is what was written, ``digest`` its SHA-256; ``zone`` and ``currency`` are the shop's at
    the time."""

    number = models.PositiveIntegerField(primary_key=True)
    text = models.TextField()
    digest = models.CharField(max_length=64)
    zone = models.CharField(max_length=64)
    currency = models.CharField(max_length=3)
    since = models.DateTimeField(unique=True)
    note = models.CharField(max_length=200, blank=True)
    published_at = models.DateTimeField()
    published_by = models.CharField(max_length=120)

    class Meta:
        abstract = True


@dataclass(frozen=True, slots=True)
class DraftFacts:
    """The document as it is being written. ``revision`` goes up with every change."""

    text: str
    revision: int
    changed_at: datetime
    changed_by: str


@dataclass(frozen=True, slots=True)
class VersionFacts:
    """One published version: in force from ``since`` until the next one's."""

    number: int
    since: datetime
    note: str
    published_at: datetime
    published_by: str
    text: str


class Refused(ValueError):
    """Why a document is not saved or published; the message is for people."""


_DRAFT = tuple(DraftFacts.__dataclass_fields__)
_VERSION = tuple(VersionFacts.__dataclass_fields__)
_CHANGED = Says(
    "{who} changed the draft meanwhile. Reload it, and put your change in again.",
    "{who} 刚刚改过草稿。请重新载入后再修改。",
)
_MEANWHILE = Says(
    "Version {number} was published meanwhile. Look at it before you publish.",
    "第 {number} 版刚刚发布，请先查看再发布。",
)
_PAST = Says(
    "A new version cannot begin in the past: what it would change has been decided already.",
    "新版本不能从过去开始：那段时间已经按旧版本计算过了。",
)
_LATER = Says(
    "Version {number} begins later than that. Choose a later time.",
    "第 {number} 版的生效时间比这更晚，请选择更晚的时间。",
)


_FAR = Says(
    "A version begins at most 400 days ahead: check the year, or publish it nearer to its time.",
    "新版本最多只能提前 400 天发布：请检查年份，或临近生效时再发布。",
)
_BEGUN = Says(
    "Version {number} has begun, and things were decided by it. Publish a new version instead.",
    "第 {number} 版已经生效并用于计算，不能撤回。请改为发布新版本。",
)
_NOT_LAST = Says(
    "Version {number} comes after it. Withdraw that one first.", "其后还有第 {number} 版，请先撤回那一版。"
)
AHEAD = timedelta(days=400)


def published(table: type[VersionRow]) -> list[VersionFacts]:
    """All versions, the newest first."""
    return [VersionFacts(*row) for row in table._default_manager.order_by("-number").values_list(*_VERSION)]


def version(table: type[VersionRow], number: int) -> VersionFacts | None:
    """One version."""
    row = table._default_manager.filter(pk=number).values_list(*_VERSION).first()
    return VersionFacts(*row) if row else None


def draft(table: type[DraftRow]) -> DraftFacts | None:
    """What is being written, if anything is."""
    row = table._default_manager.filter(pk=1).values_list(*_DRAFT).first()
    return DraftFacts(*row) if row else None


def save_draft(table: type[DraftRow], text: str, *, revision: int, by: str, at: datetime) -> int:
    """Keep what is being written; answers its new revision. ``revision`` is the one that was changed, 0 for none.

    Raises Refused where somebody else changed it meanwhile.
    """
    rows = table._default_manager
    row = rows.select_for_update().filter(pk=1).first()
    if row is None:
        rows.create(pk=1, text=text, changed_at=at, changed_by=by)
        return 1
    if row.revision != revision:
        raise refused(_CHANGED, who=row.changed_by)
    if row.text != text:
        row.text, row.revision, row.changed_at, row.changed_by = text, row.revision + 1, at, by
        row.save()
    return int(row.revision)


def add(table: type[VersionRow], text: str, *, since: datetime, at: datetime, numbered: int | None, **told: Any) -> int:
    """Keep a version that was checked; answers its number. In the caller's transaction, which has the table to itself.

    The first one may begin in the past. ``numbered``: the number that whoever publishes expects it to have, so that two who
    publish at once are told. Raises Refused.
    """
    last = newest(table)
    number = last.number + 1 if last else 1
    if numbered is not None and numbered != number:
        raise refused(_MEANWHILE, number=number - 1)
    if since > at + AHEAD:
        raise refused(_FAR)
    if last and since < at:
        raise refused(_PAST)
    if last and since <= last.since:
        raise refused(_LATER, number=last.number)
    digest = hashlib.sha256(text.encode()).hexdigest()
    table._default_manager.create(number=number, text=text, digest=digest, since=since, published_at=at, **told)
    return number


def withdraw(table: type[VersionRow], number: int, *, at: datetime, used: bool) -> None:
    """Take back the newest version before it begins; ``used``: something was decided by it all the same.

    In the caller's transaction, which has the table to itself. Raises Refused, and LookupError.
    """
    row, last = table._default_manager.filter(pk=number).first(), newest(table)
    if row is None:
        raise LookupError(number)
    if row.since <= at or used:
        raise refused(_BEGUN, number=number)
    if last.number != number:
        raise refused(_NOT_LAST, number=last.number)
    row.delete()


def newest(table: type[VersionRow]) -> Any:
    """The row of the newest version, None without one."""
    return table._default_manager.order_by("-number").first()


def refused(why: Says, **told: object) -> Refused:
    """A refusal in the language of whoever asks."""
    return Refused(why.filled(**told).to(get_language() or "en"))
