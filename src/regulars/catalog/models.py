"""What the shop sells, by whom, and at which price since when."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from regulars.storage.ids import new_id


class Seller(models.Model):
    """A third party that sells in this shop."""

    id = models.UUIDField(primary_key=True, default=new_id)
    source = models.CharField(max_length=40)
    source_id = models.CharField(max_length=120)
    name = models.CharField(max_length=200)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["source", "source_id"], name="seller_source")]


class Category(models.Model):
    """A node of the category tree; ``path`` is the names from the root, joined by `` > ``."""

    id = models.UUIDField(primary_key=True, default=new_id)
    source = models.CharField(max_length=40)
    path = models.CharField(max_length=400)
    name = models.CharField(max_length=120)
    parent = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="children")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["source", "path"], name="category_path")]


class Product(models.Model):
    class State(models.TextChoices):
        ACTIVE = "active", _("On sale")
        HIDDEN = "hidden", _("Hidden")
        ENDED = "ended", _("Discontinued")

    id = models.UUIDField(primary_key=True, default=new_id)
    source = models.CharField(max_length=40)
    source_id = models.CharField(max_length=120)
    digest = models.BinaryField(max_length=16, default=b"")
    title = models.CharField(max_length=300)
    brand = models.CharField(max_length=120, blank=True)
    category = models.ForeignKey(Category, null=True, on_delete=models.PROTECT, related_name="products")
    seller = models.ForeignKey(Seller, null=True, on_delete=models.PROTECT, related_name="products")
    state = models.CharField(max_length=8, choices=State, default=State.ACTIVE)
    unit = models.CharField(max_length=16, default="piece")
    url = models.URLField(max_length=500, blank=True)
    image_url = models.URLField(max_length=500, blank=True)
    tags = models.JSONField(default=list)
    attributes = models.JSONField(default=dict)
    source_updated_at = models.DateTimeField(null=True)
    recorded_at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["source", "source_id"], name="product_source")]


class Variant(models.Model):
    """What is put in a cart: one size, colour or pack of a product. A product without variants has one."""

    id = models.UUIDField(primary_key=True, default=new_id)
    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="variants")
    source = models.CharField(max_length=40)
    source_id = models.CharField(max_length=120)
    sku = models.CharField(max_length=120, blank=True, db_index=True)
    title = models.CharField(max_length=200, blank=True)
    options = models.JSONField(default=dict)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["source", "source_id"], name="variant_source")]


class Listing(models.Model):
    """A variant offered in a channel. ``price`` and ``compare_at_price`` in minor units of ``currency``."""

    id = models.UUIDField(primary_key=True, default=new_id)
    variant = models.ForeignKey(Variant, on_delete=models.CASCADE, related_name="listings")
    channel = models.CharField(max_length=40, blank=True)
    currency = models.CharField(max_length=3)
    price = models.BigIntegerField()
    compare_at_price = models.BigIntegerField(null=True)
    since = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["variant", "channel", "currency"], name="listing_once")]


class ListingPrice(models.Model):
    """Price history: the price of a listing from ``at`` until the next row. Append-only."""

    id = models.UUIDField(primary_key=True, default=new_id)
    listing = models.ForeignKey(Listing, on_delete=models.CASCADE, related_name="prices")
    at = models.DateTimeField()
    price = models.BigIntegerField()
    compare_at_price = models.BigIntegerField(null=True)

    class Meta:
        indexes = [models.Index(fields=["listing", "at"], name="price_history")]
