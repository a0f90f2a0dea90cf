"""The catalogue as JSON."""

from decimal import Decimal
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from apps.common.money import CENT, Money, default_currency
from apps.products.models import Category, Product
from apps.products.selectors import ORDERINGS, RELEVANCE
from apps.vendors.models import Vendor


@extend_schema_field({"type": "string", "format": "decimal", "pattern": r"^\d{1,10}(\.\d{1,2})?$"})
class PriceField(serializers.DecimalField):
    """An amount of money, as large as the database keeps and never negative."""

    def __init__(self, **options: Any) -> None:
        super().__init__(max_digits=12, decimal_places=2, **{"min_value": Decimal(0), **options})


class CatalogueQuerySerializer(serializers.Serializer[Any]):
    """What the catalogue can be narrowed to, and in which order it comes."""

    search = serializers.CharField(
        default="",
        allow_blank=True,
        max_length=100,
        help_text="Words, or their beginnings, that must all occur in the name, the description, "
        "or the name of the vendor or category.",
    )
    category = serializers.SlugField(
        required=False, help_text="Slug of a category; those below it are included."
    )
    vendor = serializers.UUIDField(required=False)
    min_price = PriceField(required=False)
    max_price = PriceField(required=False)
    in_stock = serializers.BooleanField(required=False)
    ordering = serializers.ChoiceField(
        ORDERINGS,
        default=RELEVANCE,
        help_text="By relevance, what matches `search` best comes first; among equals, and without "
        "a search, the newest.",
    )


class CategorySerializer(serializers.ModelSerializer[Category]):
    """A heading of the catalogue; `parent` is the slug of the one above it."""

    id = serializers.UUIDField(source="public_id", read_only=True)
    serializer_related_field = serializers.SlugRelatedField

    class Meta:
        model = Category
        fields = ("id", "name", "slug", "parent")
        read_only_fields = fields
        extra_kwargs = {"parent": {"slug_field": "slug"}}


class CategoryReferenceSerializer(serializers.ModelSerializer[Category]):
    """A category, named."""

    id = serializers.UUIDField(source="public_id", read_only=True)

    class Meta:
        model = Category
        fields = ("id", "name", "slug")
        read_only_fields = fields


class VendorReferenceSerializer(serializers.ModelSerializer[Vendor]):
    """A vendor, named."""

    id = serializers.UUIDField(source="public_id", read_only=True)

    class Meta:
        model = Vendor
        fields = ("id", "name", "slug")
        read_only_fields = fields


class ProductSerializer(serializers.ModelSerializer[Product]):
    """A product as customers see it."""

    id = serializers.UUIDField(source="public_id", read_only=True)
    price = PriceField(read_only=True)
    available = serializers.IntegerField(read_only=True, help_text="Units that are free to sell.")
    image_url = serializers.FileField(source="image", read_only=True, allow_null=True)
    category = CategoryReferenceSerializer(read_only=True)
    vendor = VendorReferenceSerializer(read_only=True)

    class Meta:
        model = Product
        fields = (
            "id",
            "name",
            "slug",
            "description",
            "price",
            "currency",
            "available",
            "image_url",
            "is_active",
            "category",
            "vendor",
            "created_at",
            "updated_at",
        )
        read_only_fields = fields


class ProductInputSerializer(serializers.ModelSerializer[Product]):
    """What a vendor says about a product; the price is in the shop's currency."""

    category = serializers.SlugField(max_length=120, help_text="Slug of a category.")
    price = PriceField(min_value=CENT)

    class Meta:
        model = Product
        fields = ("category", "name", "description", "price", "is_active")

    def validate_category(self, slug: str) -> Category:
        """The category of that slug."""
        category = Category.objects.filter(slug=slug).first()
        if category is None:
            raise serializers.ValidationError("There is no such category.", "does_not_exist")
        return category

    def validate_price(self, amount: Decimal) -> Money:
        """The amount with its currency, which a change leaves as it is."""
        return Money(amount, self.instance.currency if self.instance else default_currency())
