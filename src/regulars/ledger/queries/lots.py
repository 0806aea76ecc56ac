"""What is left in accounts, lot by lot."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from regulars.core.naming import posting_id
from regulars.ledger.facts import Account, Kind, Posting
from regulars.ledger.rows import posting_of, postings_where
from regulars.storage.bulk import as_hex, as_instant, select_in

_LOTS = """
    SELECT account_id, id, remaining, held, active_at, expires_at FROM ledger_lot
    WHERE remaining > 0 AND account_id IN ({marks})
"""
_ORIGINS = """
    SELECT p.id, a.kind, a.unit, a.reference, a.subject FROM ledger_posting p JOIN ledger_account a ON a.id = p.debit_id
    WHERE NOT a.closed AND p.id IN ({marks})
"""
_TAKEN = f"""
    SELECT p.operation_id, p.number, o.reason FROM ledger_posting p JOIN ledger_operation o ON o.id = p.operation_id
    WHERE p.kind = {Kind.REVERSE} AND p.of_id IN ({{marks}})
"""


@dataclass(frozen=True, slots=True)
class LotFacts:
    """One lot of an account: ``held`` of what remains is set aside."""

    id: str
    account_id: str
    remaining: int
    held: int
    active_at: datetime
    expires_at: datetime

    @property
    def free(self) -> int:
        return self.remaining - self.held


def lots_of(accounts: Iterable[str]) -> dict[str, list[LotFacts]]:
    """The lots of accounts in which something is left, by account, first to expire first."""
    found: dict[str, list[LotFacts]] = {}
    for account, own, remaining, held, active_at, expires_at in select_in(_LOTS, accounts):
        lot = LotFacts(as_hex(own), as_hex(account), remaining, held, as_instant(active_at), as_instant(expires_at))
        found.setdefault(lot.account_id, []).append(lot)
    return {account: sorted(lots, key=lambda lot: (lot.expires_at, lot.id)) for account, lots in found.items()}


def origins_of(lots: Iterable[str]) -> dict[str, Account]:
    """From which account lots came, by lot; those that came from one that is closed are left out."""
    return {as_hex(lot): Account(*named) for lot, *named in select_in(_ORIGINS, lots)}


def followed(lots: Iterable[str], reasons: Collection[str]) -> list[Posting]:
    """What became of lots that were taken back and given again by the next leg, for some reasons: every lot since."""
    found: dict[str, Posting] = {}
    after = set(lots)
    while after:
        taken = [(as_hex(done), number) for done, number, why in select_in(_TAKEN, after) if why in reasons]
        given = [posting_id(done, number + 1) for done, number in taken]
        after = {lot for lot in given if lot not in found}
        found |= {posting.id: posting for posting in map(posting_of, postings_where("id", after))}
    return list(found.values())
