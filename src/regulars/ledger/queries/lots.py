"""What is left in accounts, lot by lot."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from regulars.storage.bulk import as_hex, as_instant, select_in

_LOTS = """
    SELECT account_id, id, remaining, held, active_at, expires_at FROM ledger_lot
    WHERE remaining > 0 AND account_id IN ({marks})
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


def lots_of(accounts: Iterable[str]) -> dict[str, list[LotFacts]]:
    """The lots of accounts in which something is left, by account, first to expire first."""
    found: dict[str, list[LotFacts]] = {}
    for account, own, remaining, held, active_at, expires_at in select_in(_LOTS, accounts):
        lot = LotFacts(as_hex(own), as_hex(account), remaining, held, as_instant(active_at), as_instant(expires_at))
        found.setdefault(lot.account_id, []).append(lot)
    return {account: sorted(lots, key=lambda lot: (lot.expires_at, lot.id)) for account, lots in found.items()}
