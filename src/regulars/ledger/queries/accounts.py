"""Accounts as others see them: whose, what for, and what can be spent of them at an instant."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from typing import Any

from django.db import connection
from django.db.models import Q, QuerySet

from regulars.ledger import models
from regulars.ledger.facts import FOREVER, MOVING, Kind
from regulars.storage.bulk import as_instant, instant

_COLUMNS = ("id", "kind", "unit", "reference", "subject", "in_lots", "balance", "held", "seq", "closed")


@dataclass(frozen=True, slots=True)
class AccountFacts:
    """A guarded account. ``held`` is set aside within ``balance``; ``entries`` is how many postings it has."""

    id: str
    kind: str
    unit: str
    reference: str
    subject: str
    in_lots: bool
    balance: int
    held: int
    entries: int
    closed: bool


@dataclass(frozen=True, slots=True)
class Figures:
    """What an account's balance is made of at an instant.

    ``spendable`` now; ``pending`` is waiting to become so; ``overdue`` has expired and not been taken out yet. Of what can
    be spent or is held, ``expiring`` goes on the day of ``expires_at``, the next on which anything does.
    """

    spendable: int
    pending: int = 0
    overdue: int = 0
    expiring: int = 0
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Total:
    """What one account of the world gave out (``given``) and took in (``taken``) in a month (``2026-03``, UTC)."""

    unit: str
    reference: str
    month: str
    given: int
    taken: int


@dataclass(frozen=True, slots=True)
class Owed:
    """All accounts of one kind and unit together."""

    kind: str
    unit: str
    accounts: int
    balance: int
    held: int


def account(account_id: str) -> AccountFacts | None:
    """One guarded account, or None: the world's accounts keep no balance."""
    found = _facts(models.Account.objects.filter(pk=account_id, guarded=True))
    return found[0] if found else None


def accounts_of(subjects: Collection[str]) -> list[AccountFacts]:
    """The accounts of some owners, by kind."""
    owned = models.Account.objects.filter(subject__in=[key for key in subjects if key]).exclude(subject="")
    return _facts(owned.filter(guarded=True).order_by("kind", "unit", "reference", "id"))


def by_id(ids: Iterable[str]) -> dict[str, AccountFacts]:
    """Guarded accounts by id."""
    return {found.id: found for found in _facts(models.Account.objects.filter(pk__in=set(ids), guarded=True))}


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which guarded accounts: of ``subjects`` or with ``text`` in their reference (either will do), of a kind, in use."""

    text: str = ""
    subjects: Sequence[str] | None = None
    kind: str = ""
    unit: str = ""
    reference: str | None = None
    in_use: bool = False

    def rows(self) -> QuerySet[models.Account]:
        found = models.Account.objects.filter(guarded=True)
        if self.text:
            found = found.filter(Q(reference__icontains=self.text) | _owned(self.subjects or ()))
        elif self.subjects is not None:
            found = found.filter(_owned(self.subjects))
        if self.kind:
            found = found.filter(kind=self.kind)
        if self.unit:
            found = found.filter(unit=self.unit)
        if self.reference is not None:
            found = found.filter(reference=self.reference)
        return found.exclude(balance=0) if self.in_use else found


def count(wanted: Wanted) -> int:
    return int(wanted.rows().count())


def listed(wanted: Wanted, offset: int, limit: int) -> list[AccountFacts]:
    """A page of accounts, by kind and reference."""
    return _facts(wanted.rows().order_by("kind", "reference", "id")[offset : offset + limit])


def page(wanted: Wanted, limit: int, after: str | None = None) -> list[AccountFacts]:
    """A page of accounts by id, after the one that the last page ended with."""
    rows = wanted.rows().order_by("id")
    return _facts((rows.filter(id__gt=after) if after else rows)[:limit])


def _owned(subjects: Sequence[str]) -> Q:
    # The index of owners has this condition, and is used only where the question has it too.
    return Q(subject__in=[key for key in subjects if key]) & ~Q(subject="")


def _facts(rows: QuerySet[models.Account]) -> list[AccountFacts]:
    return [AccountFacts(row[0].hex, *row[1:]) for row in rows.values_list(*_COLUMNS)]


def figures(of: AccountFacts, at: datetime, zone: tzinfo) -> Figures:
    """What ``of`` comes to at ``at``, days ending as they do in ``zone``; one query, two where something expires."""
    if not of.in_lots:
        return Figures(of.balance - of.held)
    sql = """
        SELECT COALESCE(SUM(CASE WHEN active_at <= %s AND expires_at > %s THEN remaining - held END), 0),
          COALESCE(SUM(CASE WHEN active_at > %s AND expires_at > %s THEN remaining END), 0),
          COALESCE(SUM(CASE WHEN expires_at <= %s THEN remaining - held END), 0),
          MIN(CASE WHEN expires_at > %s AND expires_at < %s THEN expires_at END)
        FROM ledger_lot WHERE account_id = %s AND remaining > 0
    """
    now, never = instant(at), instant(FOREVER)
    [(spendable, pending, overdue, first)] = _rows(sql, [*[now] * 6, never, of.id])
    told = Figures(int(spendable), int(pending), int(overdue))
    if first is None:
        return told
    first_at = as_instant(first)
    ends = first_at.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    sql = "SELECT SUM(remaining) FROM ledger_lot WHERE account_id = %s AND remaining > 0 AND expires_at > %s AND expires_at < %s"
    [(expiring,)] = _rows(sql, [of.id, now, instant(ends)])
    return Figures(told.spendable, told.pending, told.overdue, int(expiring), first_at)


def owed() -> list[Owed]:
    """What all guarded accounts hold, by kind and unit: what the shop owes its customers, and has left to give."""
    sql = """
        SELECT kind, unit, COUNT(*), SUM(balance), SUM(held) FROM ledger_account WHERE guarded
        GROUP BY kind, unit ORDER BY kind, unit
    """
    return [
        Owed(kind, unit, int(number), int(balance), int(held)) for kind, unit, number, balance, held in _rows(sql, [])
    ]


def totals(since: datetime) -> list[Total]:
    """What came from and went to the world by unit, reference and month since an instant, the newest month first.

    Reads every posting since then: for an overview, not for every page.
    """
    month = "TO_CHAR(p.at AT TIME ZONE 'UTC', 'YYYY-MM')" if connection.vendor == "postgresql" else "SUBSTR(p.at, 1, 7)"
    moving = ", ".join(str(int(kind)) for kind in sorted(MOVING - {Kind.GRANT}))
    sql = f"""
        SELECT w.unit, w.reference, {month} AS told_month,
          SUM(CASE WHEN p.debit_id = w.id THEN p.amount ELSE 0 END),
          SUM(CASE WHEN p.credit_id = w.id THEN p.amount ELSE 0 END)
        FROM ledger_account w JOIN ledger_posting p ON p.debit_id = w.id OR p.credit_id = w.id
        WHERE w.kind = 'world' AND p.kind IN ({moving}) AND p.at >= %s
        GROUP BY w.unit, w.reference, told_month ORDER BY told_month DESC, w.unit, w.reference
    """
    return [
        Total(unit, named, told, int(given), int(taken))
        for unit, named, told, given, taken in _rows(sql, [instant(since)])
    ]


def _rows(sql: str, asked: Sequence[Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, asked)
        found: list[tuple[Any, ...]] = cursor.fetchall()
    return found
