"""What lists need of the marts, one row per customer, and the segments people save."""

from typing import Any

from django.db import models
from django.utils.translation import pgettext_lazy

from regulars.storage.ids import new_id


class RhythmState(models.TextChoices):
    """Where a customer stands against their own rhythm (``science/marts/rhythm.sql``)."""

    PROSPECT = "prospect", pgettext_lazy("rhythm", "Prospect")
    NEW = "new", pgettext_lazy("rhythm", "New")
    ACTIVE = "active", pgettext_lazy("rhythm", "Active")
    SLOWING = "slowing", pgettext_lazy("rhythm", "Slowing down")
    AT_RISK = "at_risk", pgettext_lazy("rhythm", "At risk")
    LAPSED = "lapsed", pgettext_lazy("rhythm", "Lapsed")


class RfmSegment(models.TextChoices):
    """Recency against value (``science/marts/rfm.sql``)."""

    CHAMPIONS = "champions", pgettext_lazy("RFM", "Champions")
    LOYAL = "loyal", pgettext_lazy("RFM", "Loyal")
    POTENTIAL = "potential", pgettext_lazy("RFM", "Potential loyalists")
    NEWCOMERS = "newcomers", pgettext_lazy("RFM", "Newcomers")
    PROMISING = "promising", pgettext_lazy("RFM", "Promising")
    NEED_ATTENTION = "need_attention", pgettext_lazy("RFM", "Need attention")
    ABOUT_TO_SLEEP = "about_to_sleep", pgettext_lazy("RFM", "About to sleep")
    AT_RISK = "at_risk", pgettext_lazy("RFM", "Valuable and cooling")
    CANNOT_LOSE = "cannot_lose", pgettext_lazy("RFM", "Must not lose")
    HIBERNATING = "hibernating", pgettext_lazy("RFM", "Hibernating")
    LOST = "lost", pgettext_lazy("RFM", "Lost")


class CustomerProfile(models.Model):
    """One surviving customer as lists show them: a copy, rewritten whole by refresh. Figures are null for prospects.

    Amounts are minor units of the shop's currency; ``state`` is a RhythmState, ``segment`` an RfmSegment or "".
    ``search`` holds name, handles and source ids in lower case.
    """

    customer_id = models.UUIDField(primary_key=True)
    name = models.CharField(max_length=200)
    search = models.TextField()
    email = models.CharField(max_length=254)
    phone = models.CharField(max_length=254)
    country = models.CharField(max_length=2)
    city = models.CharField(max_length=80, db_index=True)
    tags = models.JSONField(default=list)
    consents = models.CharField(max_length=80)
    records = models.PositiveIntegerField()
    first_seen_at = models.DateTimeField(null=True)
    state = models.CharField(max_length=8)
    segment = models.CharField(max_length=16)
    r = models.PositiveSmallIntegerField(null=True)
    f = models.PositiveSmallIntegerField(null=True)
    m = models.PositiveSmallIntegerField(null=True)
    value_score = models.PositiveSmallIntegerField(null=True)
    orders = models.PositiveIntegerField(null=True)
    order_days = models.PositiveIntegerField(null=True)
    net_amount = models.BigIntegerField(null=True)
    net_365_amount = models.BigIntegerField(null=True)
    net_90_amount = models.BigIntegerField(null=True)
    net_before_90_amount = models.BigIntegerField(null=True)
    average_order_amount = models.BigIntegerField(null=True)
    lines_per_order = models.FloatField(null=True)
    discount_share = models.FloatField(null=True)
    price_low = models.BigIntegerField(null=True)
    price_high = models.BigIntegerField(null=True)
    value_rank = models.PositiveIntegerField(null=True, db_index=True)
    value_share = models.FloatField(null=True)
    cumulated_share = models.FloatField(null=True)
    typical_days = models.FloatField(null=True)
    first_day = models.DateField(null=True, db_index=True)
    last_day = models.DateField(null=True)
    gaps = models.PositiveIntegerField(null=True)
    mean_days = models.FloatField(null=True)
    median_days = models.FloatField(null=True)
    usual_days = models.FloatField(null=True)
    since_days = models.PositiveIntegerField(null=True)
    late_days = models.FloatField(null=True)
    lateness = models.FloatField(null=True)
    due_day = models.DateField(null=True)
    channel = models.CharField(max_length=40)
    store = models.CharField(max_length=60)
    weekday = models.PositiveSmallIntegerField(null=True)
    hour = models.PositiveSmallIntegerField(null=True)
    top_category = models.CharField(max_length=400)

    class Meta:
        indexes = [
            models.Index(fields=["state", "net_365_amount"], name="profile_state"),
            models.Index(fields=["segment", "net_amount"], name="profile_segment"),
            models.Index(fields=["net_amount"], name="profile_net"),
            models.Index(fields=["last_day"], name="profile_last_day"),
            models.Index(fields=["name"], name="profile_name"),
        ]


class ProfileLoad(models.Model):
    """Which marts and which customers the profiles show. Row 1, or none before the first refresh."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    version = models.CharField(max_length=16)
    directory = models.CharField(max_length=16)
    as_of = models.DateField()
    loaded_at = models.DateTimeField()


class SavedSegment(models.Model):
    """A filter of the customer list under a name. Only ``parameters``, the list's query, is kept: never out of date."""

    id = models.UUIDField(primary_key=True, default=new_id)
    name = models.CharField(max_length=80, unique=True)
    parameters = models.JSONField(default=dict)
    created_by = models.CharField(max_length=120)
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["name"]

    def __str__(self) -> Any:
        return self.name
