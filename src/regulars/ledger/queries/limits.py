"""What limits have left."""

from collections.abc import Mapping

from regulars.storage.bulk import as_hex, select_in


def left_of(granted: Mapping[str, int]) -> dict[str, int]:
    """What is left of limits, by account, once each is granted so much in all; of one that nobody used yet, all of it."""
    sql = "SELECT id, balance - held - granted FROM ledger_account WHERE id IN ({marks})"
    used = {as_hex(account): int(less) for account, less in select_in(sql, granted)}
    return {account: max(0, amount + used.get(account, 0)) for account, amount in granted.items()}
