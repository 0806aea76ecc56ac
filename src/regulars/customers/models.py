"""Customers and prospects, and what is known of them. ``customer`` stands in every row that belongs to one."""

import secrets

from django.db import models
from django.utils.translation import gettext_lazy as _

from regulars.storage.ids import new_id


def new_subject_key() -> str:
    """A fresh key (32 hexadecimal digits): chance alone, so that it says nothing of whom it stands for, nor since when."""
    return secrets.token_hex(16)


class Customer(models.Model):
    """One record of one source. Records of the same person are merged by pointing at a survivor, so a merge can be undone.

    ``subject_key`` is what the ledger knows the customer by: its history is final, and must not name a person.
    """

    id = models.UUIDField(primary_key=True, default=new_id)
    source = models.CharField(max_length=40)
    source_id = models.CharField(max_length=120)
    subject_key = models.CharField(max_length=32, unique=True, default=new_subject_key)
    digest = models.BinaryField(max_length=16, default=b"")
    name = models.CharField(max_length=200, blank=True)
    birthday = models.DateField(null=True)
    gender = models.CharField(max_length=16, blank=True)
    language = models.CharField(max_length=12, blank=True)
    country = models.CharField(max_length=2, blank=True)
    region = models.CharField(max_length=80, blank=True)
    city = models.CharField(max_length=80, blank=True)
    postcode = models.CharField(max_length=20, blank=True)
    tags = models.JSONField(default=list)
    attributes = models.JSONField(default=dict)
    first_seen_at = models.DateTimeField(null=True)
    source_updated_at = models.DateTimeField(null=True)
    recorded_at = models.DateTimeField(db_index=True)
    merged_into = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="absorbed")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["source", "source_id"], name="customer_source")]


class Identity(models.Model):
    """A handle by which a customer is recognised. Several customers may carry the same one until they are merged."""

    class Kind(models.TextChoices):
        EMAIL = "email", _("E-mail")
        PHONE = "phone", _("Phone")
        ACCOUNT = "account", _("Shop account")
        DEVICE = "device", _("Device")

    id = models.UUIDField(primary_key=True, default=new_id)
    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="identities")
    kind = models.CharField(max_length=8, choices=Kind)
    value = models.CharField(max_length=254)
    shown = models.CharField(max_length=254)
    verified_at = models.DateTimeField(null=True)
    source = models.CharField(max_length=40)
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["customer", "kind", "value"], name="identity_once")]
        indexes = [models.Index(fields=["kind", "value"], name="identity_lookup")]


class Merge(models.Model):
    """That ``absorbed`` is the same person as ``survivor``, who said so and why; ``undone_at`` when it was split again."""

    id = models.UUIDField(primary_key=True, default=new_id)
    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="merges")
    absorbed = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="+")
    moved = models.JSONField(default=list)
    reason = models.CharField(max_length=200)
    actor = models.CharField(max_length=120)
    at = models.DateTimeField()
    undone_at = models.DateTimeField(null=True)
    undone_by = models.CharField(max_length=120, blank=True)


class Consent(models.Model):
    """One decision of a customer about one channel and purpose. Append-only: the newest row is in force."""

    class Channel(models.TextChoices):
        EMAIL = "email", _("E-mail")
        SMS = "sms", _("SMS")
        SOCIAL = "social", _("Social messages")
        PHONE = "phone", _("Phone calls")
        PROFILE = "profile", _("Personalisation")

    class Purpose(models.TextChoices):
        MARKETING = "marketing", _("Marketing")
        SURVEY = "survey", _("Surveys")
        SERVICE = "service", _("Service")

    id = models.UUIDField(primary_key=True, default=new_id)
    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="consents")
    channel = models.CharField(max_length=8, choices=Channel)
    purpose = models.CharField(max_length=12, choices=Purpose)
    granted = models.BooleanField()
    at = models.DateTimeField()
    source = models.CharField(max_length=40)
    source_id = models.CharField(max_length=120)
    proof = models.JSONField(default=dict)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["source", "source_id"], name="consent_source")]
        indexes = [models.Index(fields=["customer", "channel", "purpose", "-at"], name="consent_in_force")]


class Event(models.Model):
    """Something a customer did, under Segment's e-commerce names."""

    id = models.UUIDField(primary_key=True, default=new_id)
    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="events")
    name = models.CharField(max_length=60)
    at = models.DateTimeField()
    properties = models.JSONField(default=dict)
    source = models.CharField(max_length=40)
    source_id = models.CharField(max_length=120)
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["source", "source_id"], name="event_source")]
        indexes = [models.Index(fields=["customer", "-at"], name="event_timeline")]
