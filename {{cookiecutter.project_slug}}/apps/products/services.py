"""Creating and changing what is for sale."""

from typing import TypedDict, Unpack

from django.db import transaction
from django.db.models import OuterRef, QuerySet, Subquery
from django.utils.text import slugify

from apps.common import audit
from apps.common.errors import Extension, InvalidInput
from apps.common.money import Money
from apps.products.models import SLUG_LENGTH, Category, Product
from apps.vendors.models import Vendor

SUFFIX_LENGTH = 12


class ProductChanges(TypedDict, total=False):
    """What may change about a product; an absent key leaves the value as it is."""

    category: Category
    name: str
    description: str
    price: Money
    is_active: bool


def create_product(
    *,
    vendor: Vendor,
    category: Category,
    name: str,
    price: Money,
    description: str = "",
    is_active: bool = True,
) -> Product:
    """Offer a new product.

    Raises:
        InvalidInput: The price is not positive.
    """
    product = Product(
        vendor=vendor, category=category, name=name, description=description, is_active=is_active
    )
    product.slug = _slug(product)
    _set_price(product, price)
    with transaction.atomic():
        product.save(force_insert=True)
        audit.record(
            "product.created", product, vendor=str(vendor.public_id), **_recordable(product)
        )
    return product


def update_product(*, product: Product, **changes: Unpack[ProductChanges]) -> Product:
    """Change a product; what stays the same is neither written nor recorded.

    Raises:
        InvalidInput: The price is not positive.
    """
    with transaction.atomic():
        product = (
            Product.objects.select_for_update(of=("self",))
            .select_related("vendor", "category")
            .get(pk=product.pk)
        )
        before = _recordable(product)
        if (price := changes.pop("price", None)) is not None:
            _set_price(product, price)
        for field, value in changes.items():
            setattr(product, field, value)
        if differences := audit.differences(before, _recordable(product)):
            product.save()
            audit.record("product.updated", product, **differences)
    return product


def copy_names(products: QuerySet[Product]) -> int:
    """Bring the present names of their vendors and categories to products; the number of them."""
    vendors = Vendor.objects.filter(pk=OuterRef("vendor"))
    categories = Category.objects.filter(pk=OuterRef("category"))
    return products.update(
        vendor_name=Subquery(vendors.values("name")),
        category_name=Subquery(categories.values("name")),
    )


def _slug(product: Product) -> str:
    """A name for links that is unique from the start, for many things are called the same."""
    name = slugify(product.name)[: SLUG_LENGTH - SUFFIX_LENGTH - 1].strip("-") or "product"
    return f"{name}-{product.public_id.hex[-SUFFIX_LENGTH:]}"


def _set_price(product: Product, price: Money) -> None:
    if price.amount <= 0:
        raise InvalidInput("A price is more than nothing.")
    product.price, product.currency = price.amount, price.currency


def _recordable(product: Product) -> dict[str, Extension]:
    """The product in the terms of the audit log."""
    return {
        "category": product.category.slug,
        "name": product.name,
        "description": product.description,
        "price": str(product.money),
        "is_active": product.is_active,
    }
