"""What is recomputed from postings and compared with what is stored, table by table."""

from collections.abc import Mapping
from dataclasses import dataclass

from regulars.ledger.facts import MOVING, NATURES, Kind
from regulars.ledger.queries.checks.dialects import Dialect

_MOVING = f"({', '.join(str(int(kind)) for kind in sorted(MOVING))})"
_HOLDING = f"CASE kind WHEN {Kind.HOLD} THEN amount WHEN {Kind.CAPTURE} THEN -amount WHEN {Kind.RELEASE} THEN -amount ELSE 0 END"
# An account's history, a row for each posting that counts there, whichever side it stands on.
_SIDES = f"""
    SELECT id, kind, debit_id AS account_id, debit_seq AS seq, debit_balance AS balance, 1 AS at_home,
        CASE WHEN kind IN {_MOVING} THEN -amount ELSE 0 END AS moved, {_HOLDING} AS holding,
        CASE kind WHEN {Kind.GRANT} THEN -amount ELSE 0 END AS granting
    FROM ledger_posting WHERE debit_seq IS NOT NULL
    UNION ALL
    SELECT id, kind, credit_id, credit_seq, credit_balance, CASE WHEN debit_seq IS NULL THEN 1 ELSE 0 END,
        amount, 0, CASE kind WHEN {Kind.GRANT} THEN amount ELSE 0 END
    FROM ledger_posting WHERE credit_seq IS NOT NULL
"""
_TOTALS = f"""
    SELECT account_id, COUNT(*) AS seq, SUM(moved) AS balance, SUM(holding) AS held, SUM(granting) AS granted,
        MAX(CASE kind WHEN {Kind.CLOSE} THEN seq END) AS closes, MAX(CASE kind WHEN {Kind.REOPEN} THEN seq END) AS reopens,
        MAX(CASE at_home WHEN 1 THEN seq END) AS home_seq
    FROM sides GROUP BY account_id
"""
_USES = f"""
    SELECT lot_id, SUM(moved) AS moved, SUM(holding) AS held, MIN(active_at) AS active_at FROM (
        SELECT from_lot_id AS lot_id, CASE WHEN kind IN {_MOVING} THEN -amount ELSE 0 END AS moved, {_HOLDING} AS holding,
            CASE kind WHEN {Kind.ACTIVATE} THEN active_at END AS active_at
        FROM ledger_posting WHERE from_lot_id IS NOT NULL
        UNION ALL
        SELECT to_lot_id, amount, 0, NULL FROM ledger_posting WHERE kind = {Kind.REVERSE} AND to_lot_id IS NOT NULL
    ) used GROUP BY lot_id
"""


@dataclass(frozen=True)
class Comparison:
    """``rows`` with a ``key``, a ``place`` for people, and figures: as found, as they should be. All SQL."""

    what: str
    key: str
    rows: str
    figures: Mapping[str, tuple[str, str]]
    place: str = "''"
    before: str = ""


def comparisons(d: Dialect) -> list[Comparison]:
    """All that is compared, in the order in which people look for a cause."""
    return [
        _operations(d), _numbers(), _postings(), *_chain(d), _sequence(), _accounts(d), _lots(), _holds(), _held(),
        _settled(), _reversals(), _reversed(), _messages(),
    ]  # fmt: skip


def _operations(d: Dialect) -> Comparison:
    # What runs together in the hashed text must not be able to run together otherwise.
    figures = {
        "the length of its digest": ("length(o.digest)", "32"),
        "the separator in its texts": (d.separators, "0"),
    }
    return Comparison("operation", "o.id", "ledger_operation o", figures)


def _numbers() -> Comparison:
    rows = (
        "(SELECT operation_id, MIN(number) AS lowest, MAX(number) AS highest, COUNT(*) AS postings"
        " FROM ledger_posting GROUP BY operation_id) n"
    )
    figures = {"its first posting": ("lowest", "0"), "its last posting": ("highest", "postings - 1")}
    return Comparison("operation", "n.operation_id", rows, figures)


def _postings() -> Comparison:
    rows = """ledger_posting p
        LEFT JOIN ledger_account a ON a.id = p.debit_id
        LEFT JOIN ledger_account c ON c.id = p.credit_id
        LEFT JOIN ledger_lot f ON f.id = p.from_lot_id
        LEFT JOIN ledger_lot t ON t.id = p.to_lot_id"""
    yes = "CASE WHEN {} THEN 1 ELSE 0 END".format
    moving, marking = f"p.kind IN {_MOVING}", f"p.kind IN ({Kind.CLOSE}, {Kind.REOPEN})"
    figures = {
        "its debited account": ("p.debit_id", "a.id"),
        "its credited account": ("p.credit_id", "c.id"),
        "numbers on the debit side": (
            f"{yes('p.debit_seq IS NOT NULL')} + {yes('p.debit_balance IS NOT NULL')}",
            f"2 * {yes('a.guarded')}",
        ),
        "numbers on the credit side": (
            f"{yes('p.credit_seq IS NOT NULL')} + {yes('p.credit_balance IS NOT NULL')}",
            f"2 * {yes(f'c.guarded AND {moving}')}",
        ),
        "the owner of the lot it takes from": (f"CASE WHEN a.in_lots AND NOT {marking} THEN p.debit_id END", "f.account_id"),
        "the owner of the lot it gives to": (f"CASE WHEN c.in_lots AND {moving} THEN p.credit_id END", "t.account_id"),
        "the lot it makes": (f"CASE WHEN p.kind <> {Kind.REVERSE} AND t.id IS NOT NULL THEN p.id END",
                             f"CASE WHEN p.kind <> {Kind.REVERSE} THEN p.to_lot_id END"),
        "figures below zero": (yes("p.amount < 0 OR p.debit_balance < 0 OR p.credit_balance < 0"), "0"),
    }  # fmt: skip
    return Comparison("posting", "p.id", rows, figures)


def _chain(d: Dialect) -> list[Comparison]:
    if d.link is None:
        return []
    rows = """(SELECT *, LAG(hash) OVER (PARTITION BY home ORDER BY seq) AS before FROM (
            SELECT *, CASE WHEN debit_seq IS NULL THEN credit_id ELSE debit_id END AS home, COALESCE(debit_seq, credit_seq) AS seq
            FROM ledger_posting) homes) p
        LEFT JOIN ledger_operation o ON o.id = p.operation_id"""
    figures = {
        "its operation": ("p.operation_id", "o.id"),
        "its instant": ("p.at", "o.at"),
        "its hash": ("p.hash", d.link),
    }
    return [Comparison("posting", "p.id", rows, figures)]


def _sequence() -> Comparison:
    rows = f"""(SELECT id, seq, balance, ROW_NUMBER() OVER numbered AS position, SUM(moved) OVER numbered AS reached,
            SUM(holding) OVER numbered AS held, account_id
            FROM ({_SIDES}) sides WINDOW numbered AS (PARTITION BY account_id ORDER BY seq ROWS UNBOUNDED PRECEDING)) s
        LEFT JOIN ledger_account a ON a.id = s.account_id"""
    figures = {
        "its number there": ("s.seq", "s.position"),
        "the balance after it": ("s.balance", "s.reached"),
        "held after it, beyond the balance or below zero": (
            "CASE WHEN s.held < 0 OR s.held > s.reached THEN s.held ELSE 0 END",
            "0",
        ),
    }
    return Comparison("posting", "s.id", rows, figures, _ACCOUNT)


_ACCOUNT = "COALESCE(a.kind || ' ' || a.unit || ' ' || a.reference || ' ' || a.subject, 'unknown account')"


def _accounts(d: Dialect) -> Comparison:
    rows = """ledger_account a LEFT JOIN totals t ON t.account_id = a.id
        LEFT JOIN ledger_posting hd ON hd.debit_id = a.id AND hd.debit_seq = t.home_seq
        LEFT JOIN ledger_posting hc ON hc.credit_id = a.id AND hc.credit_seq = t.home_seq AND hc.debit_seq IS NULL"""
    natures = " ".join(
        f"WHEN '{kind}' THEN {2 * nature.guarded + nature.in_lots}" for kind, nature in sorted(NATURES.items())
    )
    figures = {
        "its id": ("a.id", d.account_id),
        "how it behaves": (
            "CASE WHEN a.guarded THEN 2 ELSE 0 END + CASE WHEN a.in_lots THEN 1 ELSE 0 END",
            f"CASE a.kind {natures} END",
        ),
        **{name: (f"a.{name}", f"COALESCE(t.{name}, 0)") for name in ("balance", "held", "granted", "seq")},
        "closed": (
            "CASE WHEN a.closed THEN 1 ELSE 0 END",
            "CASE WHEN t.closes > COALESCE(t.reopens, 0) THEN 1 ELSE 0 END",
        ),
        "the head of its chain": ("a.head", f"COALESCE(hd.hash, hc.hash, {d.no_bytes})"),
    }
    return Comparison("account", "a.id", rows, figures, _ACCOUNT, f"WITH sides AS ({_SIDES}), totals AS ({_TOTALS})")


def _lots() -> Comparison:
    rows = f"ledger_lot l LEFT JOIN ledger_posting p ON p.id = l.id LEFT JOIN ({_USES}) u ON u.lot_id = l.id"
    figures = {
        "the posting that made it": ("l.id", "p.to_lot_id"),
        "its account": ("l.account_id", "p.credit_id"),
        "remaining": ("l.remaining", "p.amount + COALESCE(u.moved, 0)"),
        "held": ("l.held", "COALESCE(u.held, 0)"),
        "active_at": ("l.active_at", "CASE WHEN u.active_at < p.active_at THEN u.active_at ELSE p.active_at END"),
        "expires_at": ("l.expires_at", "p.expires_at"),
    }
    return Comparison("lot", "l.id", rows, figures)


def _holds() -> Comparison:
    rows = f"""ledger_hold h LEFT JOIN ledger_posting p ON p.id = h.posting_id AND p.kind = {Kind.HOLD}
        LEFT JOIN (SELECT of_id, SUM(amount) AS taken FROM ledger_posting
            WHERE of_id IS NOT NULL AND kind IN ({Kind.CAPTURE}, {Kind.RELEASE}) GROUP BY of_id) s ON s.of_id = h.posting_id"""
    figures = {
        "the posting that made it": ("h.posting_id", "p.id"),
        "its name": ("h.hold_id", "p.of_id"),
        "its account": ("h.account_id", "p.debit_id"),
        "its target": ("h.target_id", "p.credit_id"),
        "its lot": ("h.lot_id", "p.from_lot_id"),
        "its end": ("h.until", "p.expires_at"),
        "remaining": ("h.remaining", "p.amount - COALESCE(s.taken, 0)"),
        "remaining below zero": ("CASE WHEN h.remaining < 0 THEN h.remaining ELSE 0 END", "0"),
    }
    return Comparison("hold", "h.posting_id", rows, figures)


def _held() -> Comparison:
    rows = f"""(SELECT p.id, h.posting_id FROM ledger_posting p LEFT JOIN ledger_hold h ON h.posting_id = p.id
        WHERE p.kind = {Kind.HOLD}) m"""
    return Comparison("posting", "m.id", rows, {"what it holds": ("m.id", "m.posting_id")})


def _settled() -> Comparison:
    rows = f"""(SELECT * FROM ledger_posting WHERE of_id IS NOT NULL AND kind IN ({Kind.CAPTURE}, {Kind.RELEASE})) p
        LEFT JOIN ledger_posting q ON q.id = p.of_id AND q.kind = {Kind.HOLD}"""
    figures = {
        "what it settles": ("p.of_id", "q.id"),
        "its debited account": ("p.debit_id", "q.debit_id"),
        "its credited account": ("p.credit_id", "q.credit_id"),
        "its lot": ("p.from_lot_id", "q.from_lot_id"),
    }
    return Comparison("posting", "p.id", rows, figures)


def _reversals() -> Comparison:
    rows = f"""(SELECT * FROM ledger_posting WHERE of_id IS NOT NULL AND kind = {Kind.REVERSE}) p
        LEFT JOIN ledger_posting q ON q.id = p.of_id AND q.kind IN ({Kind.POST}, {Kind.CAPTURE}, {Kind.EXPIRE})"""
    figures = {
        "what it reverses": ("p.of_id", "q.id"),
        "its debited account": ("p.debit_id", "q.credit_id"),
        "its credited account": ("p.credit_id", "q.debit_id"),
        "the lot it gives to": ("p.to_lot_id", "q.from_lot_id"),
    }
    return Comparison("posting", "p.id", rows, figures)


def _reversed() -> Comparison:
    rows = f"""(SELECT of_id, SUM(amount) AS amount FROM ledger_posting WHERE of_id IS NOT NULL AND kind = {Kind.REVERSE}
        GROUP BY of_id) r JOIN ledger_posting q ON q.id = r.of_id"""
    figures = {"reversed": ("CASE WHEN r.amount > q.amount THEN r.amount ELSE q.amount END", "q.amount")}
    return Comparison("posting", "q.id", rows, figures)


def _messages() -> Comparison:
    rows = "ledger_message m LEFT JOIN ledger_operation o ON o.id = m.operation_id"
    figures = {"its operation": ("m.operation_id", "o.id"), "its instant": ("m.at", "o.at")}
    return Comparison("message", "m.id", rows, figures)
