"""What PostgreSQL builds is what the serialisers write."""

import json
from typing import Any

import orjson
import pytest
from django.db import connection
from django.db.models import QuerySet
from django.test import RequestFactory

from apps.authentication.models import User
from apps.common.fastpath.documents import Shape
from apps.orders.apis.documents import ORDER
from apps.orders.selectors import orders_of
from apps.orders.services import OrderLine, place_order
from apps.products.apis.documents import PRODUCT
from apps.products.models import Product
from apps.products.selectors import catalogue

pytestmark = pytest.mark.skipif(
    connection.vendor != "postgresql", reason="only PostgreSQL builds documents"
)


def documents(shape: Shape[Any], queryset: QuerySet[Any]) -> tuple[list[Any], list[Any]]:
    """Rows as the database shows them, and as Python does."""
    request = RequestFactory().get("/")
    built = shape.show_all(shape.select(queryset), request)
    plain = [shape.plain(row, request) for row in queryset]
    return orjson.loads(orjson.dumps(built)), orjson.loads(orjson.dumps(plain, default=str))


def test_products_look_the_same(products: list[Product]) -> None:
    Product.objects.filter(pk=products[0].pk).update(
        name='A "quoted" näme \\ 👒', description="line\nbreak\t", image="products/hat.png"
    )
    built, plain = documents(PRODUCT, catalogue().order_by("-created_at"))
    assert built == plain
    assert {row["image_url"] for row in built} == {None, "http://testserver/media/products/hat.png"}


def test_a_product_names_its_image_once_whatever_its_description_says(
    products: list[Product],
) -> None:
    Product.objects.filter(pk=products[0].pk).update(
        image="products/hat.png", description='"image_url" : null, '
    )
    rows = PRODUCT.select(catalogue().filter(pk=products[0].pk))
    document = orjson.dumps(PRODUCT.show_one(rows, RequestFactory().get("/")))
    members: list[tuple[str, Any]] = json.loads(document, object_pairs_hook=list)
    assert [value for name, value in members if name == "image_url"] == [
        "http://testserver/media/products/hat.png"
    ]
    assert dict(members)["description"] == '"image_url" : null, '


def test_orders_look_the_same(customer: User, products: list[Product]) -> None:
    lines = [OrderLine(product.public_id, quantity) for quantity, product in enumerate(products, 1)]
    place_order(customer=customer, lines=lines)
    place_order(customer=customer, lines=lines[:1])
    built, plain = documents(ORDER, orders_of(customer).order_by("-public_id"))
    assert built == plain
    assert [len(row["items"]) for row in built] == [1, 2]
