"""The versions of the shop's offers. What is countable about them is in the ledger, not here."""

from django.db import models

from regulars.storage.versions import DraftRow, VersionRow


class Draft(DraftRow):
    """The offers as they are being written."""

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="one_draft_of_offers")]


class Version(VersionRow):
    """Published offers. Carts are quoted with them from ``since`` on, until the next version's; they never change."""
