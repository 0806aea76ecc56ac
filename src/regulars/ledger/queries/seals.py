"""The seals that were made."""

from regulars.ledger import models
from regulars.ledger.seals import Seal


def seals() -> list[Seal]:
    """All seals, the oldest first."""
    return [_seal(row) for row in models.Seal.objects.order_by("number")]


def newest_seal() -> Seal | None:
    """The seal made last."""
    row = models.Seal.objects.order_by("-number").first()
    return row and _seal(row)


def _seal(row: models.Seal) -> Seal:
    return Seal(row.number, row.at, row.anew, row.key_name, bytes(row.digest))
