"""The shop's settings, staff, API keys and audit trail."""

from typing import Any

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from regulars.storage.ids import new_id
from regulars.web.access import Role


class Shop(models.Model):
    """The one shop of this installation. Row 1 is the shop; a missing row means that set-up has not begun."""

    class AsOf(models.TextChoices):
        NOW = "now", _("today")
        NEWEST_ORDER = "newest_order", _("the day of the newest order")

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    name = models.CharField(max_length=120)
    currency = models.CharField(max_length=3, default="CNY")
    zone = models.CharField(max_length=64, default="Asia/Shanghai")
    country = models.CharField(max_length=2, default="CN")
    as_of = models.CharField(max_length=16, choices=AsOf, default=AsOf.NOW)
    is_sample = models.BooleanField(default=False)
    # Up to how much one person may adjust alone; the amount is minor units of ``currency``.
    alone_points = models.BigIntegerField(default=1_000)
    alone_amount = models.BigIntegerField(default=10_000)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="one_shop")]


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None, *, role: str, name: str = "", **extra: Any) -> "User":
        user = self.model(email=email.strip().lower(), role=role, name=name, **extra)
        user.set_password(password)
        user.save(using=self._db)
        return user


class User(AbstractBaseUser):
    """A person of the shop's staff, signed in by e-mail."""

    id = models.UUIDField(primary_key=True, default=new_id)
    email = models.EmailField(unique=True)
    name = models.CharField(max_length=80, blank=True)
    role = models.CharField(max_length=16, choices=Role, default=Role.READER)
    language = models.CharField(max_length=8, blank=True)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = UserManager()
    USERNAME_FIELD = EMAIL_FIELD = "email"
    REQUIRED_FIELDS: list[str] = []

    def __str__(self) -> str:
        return self.title

    @property
    def title(self) -> str:
        """How lists call a person."""
        return self.name or self.email

    # allauth and Django's own forms ask a user for these two; Regulars decides by role alone.
    is_staff = False
    is_superuser = False


class OneTimeLink(models.Model):
    """A link that works once, for a while: to set up, to sign in, to accept an invitation. Only its hash is kept."""

    class Purpose(models.TextChoices):
        SET_UP = "set_up"
        SIGN_IN = "sign_in"
        INVITATION = "invitation"

    id = models.UUIDField(primary_key=True, default=new_id)
    purpose = models.CharField(max_length=12, choices=Purpose)
    token_hash = models.CharField(max_length=64, unique=True)
    user = models.ForeignKey(User, on_delete=models.CASCADE, null=True, related_name="+")
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)


class ApiKey(models.Model):
    """A program's key. Only its SHA-256 is kept; ``prefix`` is what people recognise it by."""

    id = models.UUIDField(primary_key=True, default=new_id)
    name = models.CharField(max_length=80)
    prefix = models.CharField(max_length=12)
    secret_hash = models.CharField(max_length=64, unique=True)
    scopes = models.JSONField(default=list)
    created_by = models.CharField(max_length=120, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(null=True)
    last_used_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    @property
    def shown_prefix(self) -> str:
        return f"{self.prefix}…"


class Approval(models.Model):
    """What a member of staff asked to be done, and whether it was: at once, or after a second person agreed.

    ``details`` is what was asked, for the flow of ``action`` to do. People are named by their ``subject`` (``user:...``).
    """

    class State(models.TextChoices):
        WAITING = "waiting", pgettext_lazy("approval", "waiting")
        DONE = "done", pgettext_lazy("approval", "done")
        REFUSED = "refused", pgettext_lazy("approval", "refused")

    id = models.UUIDField(primary_key=True, default=new_id)
    action = models.CharField(max_length=60)
    target = models.CharField(max_length=120)
    details = models.JSONField(default=dict)
    asked_by = models.CharField(max_length=80)
    asked_at = models.DateTimeField()
    state = models.CharField(max_length=8, choices=State)
    decided_by = models.CharField(max_length=80, blank=True)
    decided_at = models.DateTimeField(null=True)
    reason = models.CharField(max_length=200, blank=True)

    class Meta:
        indexes = [models.Index(fields=["asked_at"], name="approval_waiting", condition=models.Q(state="waiting"))]


class AuditEntry(models.Model):
    """Who did what to what, when. Written beside the change, in its transaction."""

    id = models.UUIDField(primary_key=True, default=new_id)
    at = models.DateTimeField(db_index=True)
    actor = models.CharField(max_length=120)
    action = models.CharField(max_length=60)
    target = models.CharField(max_length=120, blank=True)
    details = models.JSONField(default=dict)
