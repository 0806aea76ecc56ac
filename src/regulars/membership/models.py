"""The programme's versions, its members, and what was decided for them. What is countable is in the ledger, not here."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from regulars.storage.ids import new_id
from regulars.storage.versions import DraftRow, VersionRow


class Draft(DraftRow):
    """The programme as it is being written."""

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="one_draft")]


class Version(VersionRow):
    """A published programme. It decides what happens from ``since`` on, until the next one's; it never changes."""

    programme = models.CharField(max_length=60)


class Member(models.Model):
    """Where a customer stands. ``state`` is the rest of ``core.member.Member`` but its lots, which are the ledger's.

    ``due`` is the day (ordinal) at whose end the clock next has something to do, ``seen`` the last for which it was done.
    ``toward_...`` is what counts so far toward the review at the end of ``tier_until``, for lists of many: else ``state``
    would be read to know who is about to lose a tier.
    """

    customer = models.OneToOneField(
        "customers.Customer", on_delete=models.PROTECT, primary_key=True, related_name="+", db_constraint=False
    )
    subject = models.CharField(max_length=32, unique=True)
    joined_on = models.DateField()
    tier = models.CharField(max_length=60, blank=True)
    tier_since = models.DateField(null=True)
    tier_until = models.DateField(null=True)
    in_grace = models.BooleanField(db_default=False)
    toward_spend = models.BigIntegerField(db_default=0)
    toward_orders = models.BigIntegerField(db_default=0)
    toward_points = models.BigIntegerField(db_default=0)
    toward_quantity = models.BigIntegerField(db_default=0)
    state = models.JSONField(default=dict)
    due = models.IntegerField()
    seen = models.IntegerField(default=0)
    changed_at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["due"], name="member_due"),
            models.Index(fields=["tier"], name="member_tier"),
            models.Index(fields=["-joined_on", "customer"], name="member_joined"),
            models.Index(fields=["tier_until"], name="member_tier_until"),
            models.Index(fields=["changed_at", "customer"], name="member_changed"),
        ]


class Union(models.Model):
    """How two records stood before the ``merge`` that made one member of them: what a split begins from again.

    Each in plain form, null for who was no member: ``own`` of the customer who remains, ``other`` of the record that became
    part of it and has no row among the members meanwhile. ``day`` is that of the merge.
    """

    merge = models.UUIDField(primary_key=True)
    day = models.DateField()
    own = models.JSONField(null=True)
    other = models.JSONField(null=True)


class Award(models.Model):
    """What an order was given, as it stands now: ``core.member.Award``. ``customer`` is the record whose order it was then."""

    order_id = models.UUIDField(primary_key=True)
    customer = models.ForeignKey(
        "customers.Customer", on_delete=models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )
    version = models.PositiveIntegerField()
    state = models.JSONField()

    class Meta:
        indexes = [models.Index(fields=["customer"], name="award_of_customer")]


class Decision(models.Model):
    """What an event came to, with the version that decided: append-only. ``id`` is the ledger's operation, if it has one.

    ``kind`` is the event's; ``about`` the order or task; ``outcome`` its entries, move, gifts and notes in plain form.
    """

    id = models.UUIDField(primary_key=True)
    customer = models.ForeignKey(
        "customers.Customer", on_delete=models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )
    at = models.DateTimeField()
    kind = models.CharField(max_length=12)
    about = models.CharField(max_length=160, blank=True)
    version = models.PositiveIntegerField()
    outcome = models.JSONField()

    class Meta:
        indexes = [
            models.Index(fields=["customer", "-at"], name="decision_of_customer"),
            models.Index(fields=["about"], name="decision_about"),
        ]


class TierMove(models.Model):
    """From one tier to another, for charts and lists."""

    id = models.UUIDField(primary_key=True)
    customer = models.ForeignKey(
        "customers.Customer", on_delete=models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )
    before = models.CharField(max_length=60, blank=True)
    after = models.CharField(max_length=60, blank=True)
    why = models.CharField(max_length=12)
    at = models.DateTimeField(db_index=True)

    class Meta:
        indexes = [models.Index(fields=["customer", "-at"], name="tier_move_of_customer")]


class Claim(models.Model):
    """A reward on its way to a member: redeemed for points, or given.

    ``held``: points and stock are set aside; ``confirmed``: paid for; ``fulfilled``: handed over, sent, issued.
    """

    class State(models.TextChoices):
        HELD = "held", _("Reserved")
        CONFIRMED = "confirmed", _("To be fulfilled")
        FULFILLED = "fulfilled", _("Fulfilled")
        CANCELLED = "cancelled", _("Cancelled")

    id = models.UUIDField(primary_key=True, default=new_id)
    customer = models.ForeignKey(
        "customers.Customer", on_delete=models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )
    reward = models.CharField(max_length=60)
    gives = models.CharField(max_length=12)
    version = models.PositiveIntegerField()
    why = models.CharField(max_length=60, default="redeemed")
    unit = models.CharField(max_length=60, blank=True)
    price = models.BigIntegerField(default=0)
    state = models.CharField(max_length=10, choices=State)
    code = models.CharField(max_length=64, blank=True)
    order = models.CharField(max_length=120, blank=True)
    valid_until = models.DateTimeField(null=True)
    at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True)
    note = models.CharField(max_length=200, blank=True)
    # Until when points and stock are set aside, for ``held``; who settled it, where a person did.
    held_until = models.DateTimeField(null=True)
    by = models.CharField(max_length=80, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["customer", "-at"], name="claim_of_customer"),
            models.Index(fields=["state", "at"], name="claim_queue"),
            models.Index(fields=["reward", "state"], name="claim_of_reward"),
        ]


class Waiting(models.Model):
    """An order that changed, or a deed that was told, and has not been decided for since; ``told`` gives the turn."""

    class What(models.TextChoices):
        ORDER = "order"
        DEED = "deed"

    id = models.UUIDField(primary_key=True)
    what = models.CharField(max_length=8, choices=What)
    customer_id = models.UUIDField()
    told = models.UUIDField(default=new_id, db_index=True)


class Backfill(models.Model):
    """How far the history was gone through for version 1: row 1. Members come in the order of their ids."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    last = models.UUIDField(null=True)
    members = models.PositiveIntegerField(default=0)
    of_members = models.PositiveIntegerField(default=0)
    orders = models.PositiveIntegerField(default=0)
    began_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="one_backfill")]


class SelfCheck(models.Model):
    """A night's replay of all members: how far it came (``last``, by customers' ids), and what differed from what is stored.

    ``findings`` are the first of them: (customer, where, stored, replayed) each.
    """

    night = models.DateField(primary_key=True)
    last = models.UUIDField(null=True)
    members = models.PositiveIntegerField(default=0)
    of_members = models.PositiveIntegerField(default=0)
    differences = models.PositiveIntegerField(default=0)
    findings = models.JSONField(default=list)
    began_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)


class CodePool(models.Model):
    """Where a reward's codes come from, that somebody else made. ``warn_below``: say so when fewer are left."""

    reward = models.CharField(primary_key=True, max_length=60)
    warn_below = models.PositiveIntegerField(default=20)
    changed_at = models.DateTimeField()


class Code(models.Model):
    """One code of a pool; ``key`` is what makes it the same as another. Taken once ``claim`` names who has it."""

    id = models.UUIDField(primary_key=True, default=new_id)
    pool = models.ForeignKey(CodePool, on_delete=models.PROTECT, related_name="+", db_constraint=False, db_index=False)
    key = models.CharField(max_length=64)
    code = models.CharField(max_length=64)
    claim_id = models.UUIDField(null=True, unique=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["pool", "key"], name="code_once_in_pool")]
        indexes = [models.Index(fields=["pool", "id"], name="code_left", condition=models.Q(claim_id=None))]


class GiftCardBatch(models.Model):
    """Gift cards that are made together. Their codes are made when they are exported, once, and are kept nowhere.

    ``value`` is minor units of ``currency``; ``moves`` says what may become store credit of a customer.
    """

    class Moves(models.TextChoices):
        PART = "part", _("The whole or a part")
        WHOLE = "whole", _("The whole only")
        NONE = "none", _("Nothing: spent at the checkout only")

    id = models.UUIDField(primary_key=True, default=new_id)
    name = models.CharField(max_length=80)
    count = models.PositiveIntegerField()
    value = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    prefix = models.CharField(max_length=6, blank=True)
    valid_until = models.DateTimeField(null=True)
    moves = models.CharField(max_length=5, choices=Moves, default=Moves.PART)
    made_by = models.CharField(max_length=80)
    made_at = models.DateTimeField()
    exported_by = models.CharField(max_length=80, blank=True)
    exported_at = models.DateTimeField(null=True)


class GiftCard(models.Model):
    """A gift card, found by the SHA-256 of its code. What is on it is in the ledger, under its id."""

    class State(models.TextChoices):
        MADE = "made", _("Not active yet")
        ACTIVE = "active", _("Active")
        BLOCKED = "blocked", _("Blocked")

    id = models.UUIDField(primary_key=True, default=new_id)
    batch = models.ForeignKey(
        GiftCardBatch, on_delete=models.PROTECT, null=True, related_name="+", db_constraint=False, db_index=False
    )
    claim_id = models.UUIDField(null=True, unique=True)
    digest = models.CharField(max_length=64, unique=True)
    ending = models.CharField(max_length=4)
    value = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    moves = models.CharField(max_length=5, choices=GiftCardBatch.Moves, default=GiftCardBatch.Moves.PART)
    valid_until = models.DateTimeField(null=True)
    state = models.CharField(max_length=7, choices=State)
    changed_at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["batch", "state"], name="gift_card_of_batch"),
            models.Index(fields=["ending"], name="gift_card_ending"),
        ]


class CardTry(models.Model):
    """How often somebody (``subject``: a SHA-256) named a gift card's code in an hour, which begins at ``since``."""

    pk = models.CompositePrimaryKey("subject", "since")
    subject = models.CharField(max_length=64)
    since = models.DateTimeField()
    times = models.PositiveSmallIntegerField(default=0)


class ReferralCode(models.Model):
    """A member's own code for bringing friends. ``key`` is how it is compared, however it was typed."""

    customer = models.OneToOneField(
        "customers.Customer", on_delete=models.PROTECT, primary_key=True, related_name="+", db_constraint=False
    )
    code = models.CharField(max_length=32)
    key = models.CharField(max_length=32, unique=True)
    made_at = models.DateTimeField()


class Referral(models.Model):
    """That ``advocate`` brought ``friend``, who used the code at ``at``: in the shop, as of orders. A friend is brought once.

    ``look`` is the next day on which the worker looks at it. ``order_id`` is the friend's order that counts, from the day
    ``due`` on. ``traces`` are digests of what was told when the friend joined; ``reasons`` name what spoke against it.
    """

    class State(models.TextChoices):
        WAITING = "waiting", pgettext_lazy("referral", "Waiting")
        IN_REVIEW = "in_review", pgettext_lazy("referral", "To be reviewed")
        REWARDED = "rewarded", pgettext_lazy("referral", "Rewarded")
        REFUSED = "refused", pgettext_lazy("referral", "Refused")
        EXPIRED = "expired", pgettext_lazy("referral", "Expired")

    id = models.UUIDField(primary_key=True, default=new_id)
    advocate = models.ForeignKey(
        "customers.Customer", on_delete=models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )
    friend = models.OneToOneField("customers.Customer", on_delete=models.PROTECT, related_name="+", db_constraint=False)
    code = models.CharField(max_length=32)
    at = models.DateTimeField()
    state = models.CharField(max_length=9, choices=State, default=State.WAITING)
    traces = models.JSONField(default=dict)
    reasons = models.JSONField(default=list)
    look = models.DateField()
    order_id = models.UUIDField(null=True)
    due = models.DateField(null=True)
    decided_at = models.DateTimeField(null=True)
    decided_by = models.CharField(max_length=120, blank=True)
    note = models.CharField(max_length=200, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["state", "look"], name="referral_look"),
            models.Index(fields=["advocate", "at"], name="referral_of_advocate"),
            models.Index(fields=["-at", "-id"], name="referral_newest"),
        ]
