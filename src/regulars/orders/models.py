"""Orders and their lines. Amounts are integer minor units of the order's currency; quantities are thousandths of a unit."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from regulars.storage.ids import new_id


class Order(models.Model):
    """What a customer bought at one moment.

    ``list_amount`` - ``discount_amount`` = ``net_amount``, what the shop earns on goods; ``paid_amount`` is what the
    customer pays: goods less what others fund (a maker's coupon), plus shipping, plus tax where prices exclude it.
    ``stated_...`` is what the source said itself, null where the amount is worked out.

    A file may tell an order in several parts, apart from one another. ``parts`` lists their (digest, number of lines),
    null where the order came in one; ``parts_seen`` says how many of them the run ``recorded_by`` has met so far.
    """

    class State(models.TextChoices):
        PENDING = "pending", _("Awaiting payment")
        PAID = "paid", _("Paid")
        SHIPPED = "shipped", _("Shipped")
        DELIVERED = "delivered", _("Delivered")
        COMPLETED = "completed", _("Completed")
        CANCELLED = "cancelled", _("Cancelled")
        PARTLY_REFUNDED = "partly_refunded", _("Partly refunded")
        REFUNDED = "refunded", _("Refunded")

    id = models.UUIDField(primary_key=True, default=new_id)
    source = models.CharField(max_length=40)
    source_id = models.CharField(max_length=120)
    digest = models.BinaryField(max_length=16, default=b"")
    number = models.CharField(max_length=120)
    customer = models.ForeignKey("customers.Customer", on_delete=models.PROTECT, related_name="+", db_index=False)
    placed_at = models.DateTimeField()
    state = models.CharField(max_length=16, choices=State)
    currency = models.CharField(max_length=3)
    channel = models.CharField(max_length=40, blank=True)
    store = models.CharField(max_length=60, blank=True)
    seller = models.ForeignKey("catalog.Seller", null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    line_count = models.PositiveIntegerField(default=0)
    list_amount = models.BigIntegerField(default=0)
    discount_amount = models.BigIntegerField(default=0)
    net_amount = models.BigIntegerField(default=0)
    shipping_amount = models.BigIntegerField(default=0)
    tax_amount = models.BigIntegerField(default=0)
    tax_included = models.BooleanField(default=True)
    funded_amount = models.BigIntegerField(default=0)
    paid_amount = models.BigIntegerField(default=0)
    stated_paid_amount = models.BigIntegerField(null=True)
    stated_tax_amount = models.BigIntegerField(null=True)
    refunded_amount = models.BigIntegerField(default=0)
    discounts = models.JSONField(default=list)
    attributes = models.JSONField(default=dict)
    source_updated_at = models.DateTimeField(null=True)
    recorded_at = models.DateTimeField()
    recorded_by = models.UUIDField(null=True)
    parts = models.JSONField(null=True)
    parts_seen = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["source", "source_id"], name="order_source")]
        indexes = [
            models.Index(fields=["customer", "-placed_at"], name="order_of_customer"),
            models.Index(fields=["-placed_at", "id"], name="order_newest"),
            models.Index(fields=["number"], name="order_number"),
            models.Index(fields=["recorded_at", "id"], name="order_recorded"),
        ]


class Line(models.Model):
    """One line of an order. ``discounts`` lists kind, code, amount and who funds it."""

    pk = models.CompositePrimaryKey("order_id", "number")
    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="lines", db_index=False)
    number = models.PositiveIntegerField()
    customer = models.ForeignKey(
        "customers.Customer", on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    source_id = models.CharField(max_length=120, blank=True, db_default="")
    product = models.ForeignKey(
        "catalog.Product", null=True, on_delete=models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )
    variant = models.ForeignKey(
        "catalog.Variant", null=True, on_delete=models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )
    sku = models.CharField(max_length=120, blank=True, db_default="")
    title = models.CharField(max_length=300, blank=True, db_default="")
    quantity_milli = models.BigIntegerField()
    list_amount = models.BigIntegerField()
    discount_amount = models.BigIntegerField(default=0)
    net_amount = models.BigIntegerField()
    tax_amount = models.BigIntegerField(db_default=0)
    funded_amount = models.BigIntegerField(default=0)
    discounts = models.JSONField(null=True)


class StateChange(models.Model):
    """When an order came into a state. The first state of an order is its ``placed_at``; later ones stand here."""

    id = models.UUIDField(primary_key=True, default=new_id)
    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="state_changes")
    customer = models.ForeignKey("customers.Customer", on_delete=models.PROTECT, related_name="+", db_index=False)
    state = models.CharField(max_length=16, choices=Order.State)
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["order", "state", "at"], name="state_change_once")]


class Return(models.Model):
    """Goods of an order that came back at one moment. ``amount`` is what the shop gave back for goods."""

    id = models.UUIDField(primary_key=True, default=new_id)
    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="returns")
    customer = models.ForeignKey("customers.Customer", on_delete=models.PROTECT, related_name="+", db_index=False)
    source = models.CharField(max_length=40)
    source_id = models.CharField(max_length=120)
    digest = models.BinaryField(max_length=16)
    at = models.DateTimeField()
    amount = models.BigIntegerField()
    reason = models.CharField(max_length=200, blank=True)
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["source", "source_id"], name="return_source")]
        indexes = [models.Index(fields=["customer", "-at"], name="return_of_customer")]


class ReturnedLine(models.Model):
    """How much of an order's line came back with one return, and what was given back for it.

    ``number`` is where the line stood then, ``named`` what it is called, and ``line`` where that stands now: null where the
    order was told without it since.
    """

    pk = models.CompositePrimaryKey("returned_id", "number")
    returned = models.ForeignKey(Return, on_delete=models.CASCADE, related_name="lines", db_index=False)
    number = models.PositiveIntegerField()
    order_id = models.UUIDField(db_index=True)
    named = models.CharField(max_length=340)
    line = models.PositiveIntegerField(null=True)
    quantity_milli = models.BigIntegerField()
    amount = models.BigIntegerField()

    class Meta:
        db_table = "orders_returned_line"


class FactMonth(models.Model):
    """One month (shop's zone) of order facts on disk.

    ``changed`` counts orders that the files do not show yet; ``generation`` counts rebuilds, so that an append which lost
    the race against one is not written twice.
    """

    month = models.CharField(primary_key=True, max_length=7)
    changed = models.PositiveBigIntegerField(default=0)
    generation = models.PositiveIntegerField(default=0)
