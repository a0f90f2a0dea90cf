"""What is for sale, and under which heading."""

from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import FileExtensionValidator
from django.db import models
from django.db.models import F, Q

from apps.authentication.models import User
from apps.common.models import BaseModel
from apps.common.money import Money, amount_field, currency_field
from apps.common.validators import one_line
from apps.products.search import SearchColumn, SearchDocument, SearchField, SearchIndex
from apps.vendors.models import Vendor

IMAGE_EXTENSIONS = ("avif", "jpeg", "jpg", "png", "webp")
SLUG_LENGTH = 220

SHOWN = Q(is_active=True)
"""What the catalogue asks of every product."""


class Category(BaseModel):
    """A heading of the catalogue, possibly below another one."""

    name = models.CharField(max_length=100, validators=[one_line])
    slug = models.SlugField(max_length=120, unique=True)
    parent = models.ForeignKey(
        "self", on_delete=models.PROTECT, related_name="children", null=True, blank=True
    )

    class Meta:
        verbose_name_plural = "categories"
        constraints = (
            models.CheckConstraint(
                condition=Q(parent=None) | ~Q(parent=F("id")), name="category_is_not_its_own_parent"
            ),
        )

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """Refuse a parent that lies below this category.

        Raises:
            ValidationError: The headings would form a circle.
        """
        lineage, ancestor = {self.pk}, self.parent
        while ancestor is not None:
            if ancestor.pk in lineage:
                raise ValidationError({"parent": "A category cannot lie below itself."})
            lineage.add(ancestor.pk)
            ancestor = ancestor.parent


class Product(BaseModel):
    """Something a vendor sells at a price; how many there are is the inventory's business.

    It carries the names of its vendor and category, because a search looks at one row; what stores
    it otherwise than by `save` copies them itself.
    """

    vendor = models.ForeignKey(
        Vendor,
        on_delete=models.PROTECT,
        related_name="products",
        db_index=False,  # product_by_vendor begins with it.
    )
    category = models.ForeignKey(Category, on_delete=models.PROTECT, related_name="products")
    name = models.CharField(max_length=200, validators=[one_line])
    slug = models.SlugField(max_length=SLUG_LENGTH, unique=True)
    description = models.TextField(max_length=10_000, blank=True)
    price = amount_field()
    currency = currency_field()
    image = models.FileField(
        upload_to="products/", blank=True, validators=[FileExtensionValidator(IMAGE_EXTENSIONS)]
    )
    is_active = models.BooleanField(default=True, help_text="Customers see active products only.")
    vendor_name = models.TextField(editable=False)
    category_name = models.TextField(editable=False)
    search = SearchColumn(
        expression=SearchDocument(
            "name", "vendor_name", "category_name", "description", weights="ABBC"
        ),
        output_field=SearchField(),
        db_persist=True,
    )

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=Q(price__gt=0),
                name="product_price_is_positive",
                violation_error_message="A price is more than nothing.",
            ),
        )
        indexes = (
            # One for each order the catalogue can be read in, from either end.
            models.Index(
                fields=["created_at", "public_id"], condition=SHOWN, name="product_by_age"
            ),
            models.Index(fields=["price", "public_id"], condition=SHOWN, name="product_by_price"),
            models.Index(fields=["name", "public_id"], condition=SHOWN, name="product_by_name"),
            models.Index(fields=["vendor", "public_id"], name="product_by_vendor"),
            SearchIndex(fields=["search"], condition=SHOWN, name="product_search"),
        )

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **options: Any) -> None:
        """Store the product under the present names of its vendor and category."""
        self.vendor_name, self.category_name = self.vendor.name, self.category.name
        super().save(*args, **options)

    @property
    def money(self) -> Money:
        """The price of one unit, with its currency."""
        return Money(self.price, self.currency)

    def is_owned_by(self, user: User) -> bool:
        """Whether the user's vendor sells this product."""
        return self.vendor.is_owned_by(user)
