"""The tables. Postings, operations and seals are never changed or deleted (triggers refuse it); the others cache what they add
up to.

There are no foreign keys between them: a reference would lock the row it names, and all postings name the same few accounts
of the world. ``queries.checks`` finds what a key would have refused.
"""

from django.db import models

_AMOUNT = {"default": 0}


class Account(models.Model):
    """A name and its balance. ``held`` is set aside within ``balance``; ``head`` is the last hash of its chain of ``seq``."""

    id = models.UUIDField(primary_key=True)
    kind = models.CharField(max_length=16)
    unit = models.CharField(max_length=40)
    reference = models.CharField(max_length=200, blank=True)
    subject = models.CharField(max_length=32, blank=True)
    guarded = models.BooleanField()
    in_lots = models.BooleanField()
    balance = models.BigIntegerField(**_AMOUNT)
    held = models.BigIntegerField(**_AMOUNT)
    granted = models.BigIntegerField(**_AMOUNT)
    seq = models.BigIntegerField(**_AMOUNT)
    head = models.BinaryField(default=b"")
    closed = models.BooleanField(default=False)

    class Meta:
        indexes = [
            models.Index(fields=["subject"], name="ledger_account_subject", condition=~models.Q(subject="")),
            models.Index(fields=["kind", "reference"], name="ledger_account_named"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(held__gte=0) & models.Q(balance__gte=models.F("held")), name="ledger_account_covered"
            )
        ]


class Operation(models.Model):
    """What was asked, once. ``digest`` tells a retry from another request under the same id."""

    id = models.UUIDField(primary_key=True)
    digest = models.BinaryField()
    at = models.DateTimeField()
    reason = models.CharField(max_length=200)
    actor = models.CharField(max_length=200)
    about = models.CharField(max_length=200)

    class Meta:
        indexes = [models.Index(fields=["about"], name="ledger_operation_about", condition=~models.Q(about=""))]


class Posting(models.Model):
    """One movement; the columns are those of ``facts.Posting``."""

    id = models.UUIDField(primary_key=True)
    operation_id = models.UUIDField(db_index=True)
    number = models.SmallIntegerField()
    kind = models.SmallIntegerField()
    debit_id = models.UUIDField()
    credit_id = models.UUIDField()
    amount = models.BigIntegerField()
    from_lot_id = models.UUIDField(null=True)
    to_lot_id = models.UUIDField(null=True)
    of_id = models.UUIDField(null=True)
    active_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)
    debit_seq = models.BigIntegerField(null=True)
    debit_balance = models.BigIntegerField(null=True)
    credit_seq = models.BigIntegerField(null=True)
    credit_balance = models.BigIntegerField(null=True)
    at = models.DateTimeField()
    hash = models.BinaryField()

    class Meta:
        indexes = [models.Index(fields=["of_id"], name="ledger_posting_of", condition=models.Q(of_id__isnull=False))]
        constraints = [
            models.UniqueConstraint(fields=["debit_id", "debit_seq"], name="ledger_posting_debit"),
            models.UniqueConstraint(fields=["credit_id", "credit_seq"], name="ledger_posting_credit"),
        ]


class Lot(models.Model):
    """What is left of what a posting (of the same id) brought into an account, and its terms."""

    id = models.UUIDField(primary_key=True)
    account_id = models.UUIDField()
    remaining = models.BigIntegerField()
    held = models.BigIntegerField(**_AMOUNT)
    active_at = models.DateTimeField()
    expires_at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(
                fields=["account_id", "expires_at", "id"],
                name="ledger_lot_spendable",
                condition=models.Q(remaining__gt=0),
            ),
            models.Index(fields=["expires_at"], name="ledger_lot_due", condition=models.Q(remaining__gt=0)),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(held__gte=0) & models.Q(remaining__gte=models.F("held")), name="ledger_lot_covered"
            )
        ]


class Hold(models.Model):
    """What is left of one posting of a hold; ``hold_id`` names the hold, which has a row for each lot it took from."""

    posting_id = models.UUIDField(primary_key=True)
    hold_id = models.UUIDField(db_index=True)
    account_id = models.UUIDField()
    target_id = models.UUIDField()
    lot_id = models.UUIDField(null=True)
    remaining = models.BigIntegerField()
    until = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["until"], name="ledger_hold_due", condition=models.Q(remaining__gt=0)),
            models.Index(fields=["account_id"], name="ledger_hold_open", condition=models.Q(remaining__gt=0)),
        ]
        constraints = [models.CheckConstraint(condition=models.Q(remaining__gte=0), name="ledger_hold_left")]


class Message(models.Model):
    """What others should hear of an operation, written with it and sent after it."""

    id = models.UUIDField(primary_key=True)
    operation_id = models.UUIDField()
    name = models.CharField(max_length=80)
    content = models.JSONField()
    at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["id"], name="ledger_message_unsent", condition=models.Q(sent_at__isnull=True))]


class Seal(models.Model):
    """A keyed digest over what moved since the seal before it; ``anew``: over everything, whatever came before."""

    id = models.UUIDField(primary_key=True)
    number = models.IntegerField(unique=True)
    at = models.DateTimeField()
    anew = models.BooleanField()
    key_name = models.CharField(max_length=16)
    digest = models.BinaryField()


class SealLine(models.Model):
    """What a seal vouches for: an account's chain as it was at ``seq``, or (``seq`` 0) an operation that posted nothing."""

    pk = models.CompositePrimaryKey("sealed_id", "number")
    sealed_id = models.UUIDField()
    number = models.IntegerField()
    seq = models.BigIntegerField()
    hash = models.BinaryField()

    class Meta:
        db_table = "ledger_seal_line"
        indexes = [models.Index(fields=["number", "sealed_id"], name="ledger_seal_line_of")]
