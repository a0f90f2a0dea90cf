"""How products look, in whichever version of the API."""

from typing import Any
from uuid import UUID

from django.db.models import F, QuerySet, Value
from django.http import HttpRequest

from apps.common.fastpath.documents import Amount, Document, Instant, Shape
from apps.products import selectors
from apps.products.apis.serializers import ProductSerializer
from apps.products.models import Product


def _image_url(name: str, request: HttpRequest) -> str:
    storage = Product._meta.get_field("image").storage
    return request.build_absolute_uri(storage.url(name))


PRODUCT = Shape[Product](
    kind="product",
    document=Document(
        image_url=Value(None),
        id=F("public_id"),
        name=F("name"),
        slug=F("slug"),
        description=F("description"),
        price=Amount("price"),
        currency=F("currency"),
        available=F("available"),
        is_active=F("is_active"),
        category=Document(
            id=F("category__public_id"), name=F("category__name"), slug=F("category__slug")
        ),
        vendor=Document(id=F("vendor__public_id"), name=F("vendor__name"), slug=F("vendor__slug")),
        created_at=Instant("created_at"),
        updated_at=Instant("updated_at"),
    ),
    plain=lambda product, request: ProductSerializer(product, context={"request": request}).data,
    extra={"image_url": ("image", _image_url)},
)


def product_of_catalogue(product_id: UUID) -> QuerySet[Any, Any]:
    """What to read of one product; no row if customers cannot see it."""
    return PRODUCT.select(selectors.catalogue().filter(public_id=product_id))
