"""Import runs and the mappings people have settled on."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from regulars.storage.ids import new_id


class ImportRun(models.Model):
    """One file (or the sample shop) on its way in.

    ``checkpoint`` counts the batches recorded; it changes in the transaction that records them, so a run that was killed
    goes on where it stopped. ``error`` is a problem as JSON (tabular.problems), so that it is shown in the reader's language.
    """

    class State(models.TextChoices):
        UPLOADED = "uploaded", _("To be mapped")
        CHECKED = "checked", _("Checked")
        QUEUED = "queued", _("Waiting")
        RUNNING = "running", _("Running")
        DONE = "done", _("Done")
        FAILED = "failed", _("Failed")
        CANCELLED = "cancelled", _("Cancelled")

    id = models.UUIDField(primary_key=True, default=new_id)
    dataset = models.CharField(max_length=16, blank=True)
    file_name = models.CharField(max_length=200)
    path = models.CharField(max_length=500, blank=True)
    uploaded = models.BooleanField(default=False)
    size = models.BigIntegerField(default=0)
    sha256 = models.CharField(max_length=64, db_index=True)
    format = models.JSONField(default=dict)
    mapping = models.JSONField(default=dict)
    options = models.JSONField(default=dict)
    state = models.CharField(max_length=12, choices=State, default=State.UPLOADED)
    rows = models.PositiveBigIntegerField(default=0)
    created = models.PositiveBigIntegerField(default=0)
    updated = models.PositiveBigIntegerField(default=0)
    unchanged = models.PositiveBigIntegerField(default=0)
    refused = models.PositiveBigIntegerField(default=0)
    repeated = models.PositiveBigIntegerField(default=0)
    position = models.BigIntegerField(default=0)
    checkpoint = models.PositiveIntegerField(default=0)
    rejects_bytes = models.BigIntegerField(default=0)
    first_refusals = models.JSONField(default=list)
    warned = models.PositiveBigIntegerField(default=0)
    warnings_bytes = models.BigIntegerField(default=0)
    first_warnings = models.JSONField(default=list)
    error = models.JSONField(null=True)
    actor = models.CharField(max_length=120, blank=True)
    language = models.CharField(max_length=8, blank=True)
    worker = models.CharField(max_length=120, blank=True)
    created_at = models.DateTimeField(db_index=True)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    heartbeat_at = models.DateTimeField(null=True)


class SavedMapping(models.Model):
    """What the columns of one header mean, as somebody settled it; recognised by the header's fingerprint."""

    id = models.UUIDField(primary_key=True, default=new_id)
    fingerprint = models.CharField(max_length=32, unique=True)
    dataset = models.CharField(max_length=16)
    mapping = models.JSONField(default=dict)
    options = models.JSONField(default=dict)
    used_at = models.DateTimeField()
