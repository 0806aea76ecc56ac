"""The statement of one account: its lots, what is set aside, and every entry with the balance after it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from regulars.ledger.facts import MOVING, Kind
from regulars.storage.bulk import as_hex, as_instant, instant


@dataclass(frozen=True, slots=True)
class LotView:
    """What is left of one lot, and its terms; ``reason`` and ``about`` say where it came from."""

    id: str
    amount: int
    remaining: int
    held: int
    earned_at: datetime
    active_at: datetime
    expires_at: datetime
    reason: str
    about: str


@dataclass(frozen=True, slots=True)
class HoldView:
    """What a hold still holds; ``operation_id`` is what made it."""

    id: str
    amount: int
    until: datetime
    at: datetime
    target_id: str
    operation_id: str
    reason: str
    about: str
    actor: str


@dataclass(frozen=True, slots=True)
class EntryView:
    """One posting as the account sees it: ``change`` of its balance (0 where nothing moves), and ``balance`` after it.

    ``seq`` numbers the account's entries. ``lot_id`` is the lot it took from or made, ``of_id`` the posting it undoes,
    settles or activates, ``undone_amount`` how much of it was undone later.
    """

    id: str
    seq: int
    kind: Kind
    amount: int
    change: int
    balance: int
    at: datetime
    operation_id: str
    reason: str
    actor: str
    about: str
    other_id: str
    lot_id: str | None
    of_id: str | None
    active_at: datetime | None
    expires_at: datetime | None
    undone_amount: int


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which entries: of some kinds, from ``since`` (inclusive) to ``until`` (exclusive)."""

    kinds: Collection[int] = ()
    since: datetime | None = None
    until: datetime | None = None

    def where(self) -> tuple[str, list[Any]]:
        """The condition beyond the account, and what it asks with."""
        parts, asked = [], []
        if self.kinds:
            parts.append(f" AND p.kind IN ({', '.join(['%s'] * len(self.kinds))})")
            asked += [int(kind) for kind in self.kinds]
        if self.since is not None:
            parts.append(" AND p.at >= %s")
            asked.append(instant(self.since))
        if self.until is not None:
            parts.append(" AND p.at < %s")
            asked.append(instant(self.until))
        return "".join(parts), asked


EVERYTHING = Wanted()
_COLUMNS = """
    p.id, p.{side}_seq AS seq, p.kind, p.amount, p.{side}_balance, p.at, p.operation_id, p.{other}_id,
    p.from_lot_id, p.to_lot_id, p.of_id, p.active_at, p.expires_at
"""


def lots(account_id: str, limit: int = 200) -> list[LotView]:
    """Lots with something left, first to expire first."""
    sql = """
        SELECT l.id, p.amount, l.remaining, l.held, p.at, l.active_at, l.expires_at, o.reason, o.about
        FROM ledger_lot l JOIN ledger_posting p ON p.id = l.id JOIN ledger_operation o ON o.id = p.operation_id
        WHERE l.account_id = %s AND l.remaining > 0 ORDER BY l.expires_at, l.id LIMIT %s
    """
    return [
        LotView(
            as_hex(own), amount, remaining, held, as_instant(at), as_instant(active), as_instant(expires), reason, about
        )
        for own, amount, remaining, held, at, active, expires, reason, about in _rows(sql, [account_id, limit])
    ]


def lot_dates(ids: Collection[str]) -> dict[str, datetime]:
    """When lots were earned."""
    if not ids:
        return {}
    marks = ", ".join(["%s"] * len(ids))
    rows = _rows(f"SELECT id, at FROM ledger_posting WHERE id IN ({marks})", list(ids))
    return {as_hex(own): as_instant(at) for own, at in rows}


def open_holds(account_id: str, limit: int = 100) -> list[HoldView]:
    """What is set aside, first to run out first; a hold on several lots is one."""
    sql = """
        SELECT h.hold_id, SUM(h.remaining), MIN(h.until), MIN(o.at), h.target_id, o.id, o.reason, o.about, o.actor
        FROM ledger_hold h JOIN ledger_posting p ON p.id = h.posting_id JOIN ledger_operation o ON o.id = p.operation_id
        WHERE h.account_id = %s AND h.remaining > 0
        GROUP BY h.hold_id, h.target_id, o.id, o.reason, o.about, o.actor ORDER BY 3, 1 LIMIT %s
    """
    return [
        HoldView(as_hex(hold), int(left), as_instant(until), as_instant(at), as_hex(target), as_hex(by), *told)
        for hold, left, until, at, target, by, *told in _rows(sql, [account_id, limit])
    ]


def count(account_id: str, wanted: Wanted) -> int:
    """How many entries there are. Without conditions the account itself knows."""
    where, asked = wanted.where()
    [(number,)] = _rows(
        f"""
        SELECT (SELECT COUNT(*) FROM ledger_posting p WHERE p.debit_id = %s AND p.debit_seq IS NOT NULL{where})
          + (SELECT COUNT(*) FROM ledger_posting p WHERE p.credit_id = %s AND p.credit_seq IS NOT NULL{where})
        """,
        [account_id, *asked, account_id, *asked],
    )
    return int(number)


def entries(
    account_id: str, limit: int, *, before: int | None = None, skip: int = 0, wanted: Wanted = EVERYTHING
) -> list[EntryView]:
    """Entries, the newest first: those numbered below ``before``, or after the ``skip`` newest that are wanted."""
    where, asked = wanted.where()
    reach = limit + skip
    halves, values = [], []
    for side, other in (("debit", "credit"), ("credit", "debit")):
        below = "" if before is None else f" AND p.{side}_seq < %s"
        halves.append(
            f"SELECT * FROM (SELECT {_COLUMNS.format(side=side, other=other)}, {1 if side == 'credit' else -1} AS way"
            f" FROM ledger_posting p WHERE p.{side}_id = %s AND p.{side}_seq IS NOT NULL{below}{where}"
            f" ORDER BY p.{side}_seq DESC LIMIT {reach}) {side}s"
        )
        values += [account_id, *([] if before is None else [before]), *asked]
    sql = f"""
        SELECT e.*, o.reason, o.actor, o.about,
          (SELECT SUM(u.amount) FROM ledger_posting u WHERE u.of_id = e.id AND u.of_id IS NOT NULL AND u.kind = {Kind.REVERSE})
        FROM ({" UNION ALL ".join(halves)}) e JOIN ledger_operation o ON o.id = e.operation_id
        ORDER BY e.seq DESC LIMIT %s OFFSET %s
    """
    return [_entry(row) for row in _rows(sql, [*values, limit, skip])]


def _entry(row: Sequence[Any]) -> EntryView:
    (
        own, seq, kind, amount, balance, at, operation, other, from_lot, to_lot, of, active, expires, way, reason, actor,
        about, undone,
    ) = row  # fmt: skip
    lot = from_lot if way < 0 else to_lot
    return EntryView(
        as_hex(own), seq, Kind(kind), amount, way * amount if kind in MOVING else 0, balance, as_instant(at),
        as_hex(operation), reason, actor, about, as_hex(other), lot and as_hex(lot), of and as_hex(of),
        active and as_instant(active), expires and as_instant(expires), int(undone or 0),
    )  # fmt: skip


def places(account_id: str, ids: Collection[str]) -> dict[str, int]:
    """The numbers that postings have among an account's entries."""
    if not ids:
        return {}
    marks = ", ".join(["%s"] * len(ids))
    sql = f"SELECT id, CASE WHEN debit_id = %s THEN debit_seq ELSE credit_seq END FROM ledger_posting WHERE id IN ({marks})"
    return {as_hex(own): seq for own, seq in _rows(sql, [account_id, *ids]) if seq is not None}


def _rows(sql: str, asked: Sequence[Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, asked)
        found: list[tuple[Any, ...]] = cursor.fetchall()
    return found
