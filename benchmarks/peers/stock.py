"""Django REST framework, Django Ninja and Django alone, each as its documentation begins."""

import os
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

os.environ["DJANGO_SETTINGS_MODULE"] = "benchmarks.peers.settings"

from django.core.asgi import get_asgi_application

application = get_asgi_application()

# Models load only after Django is set up.
from django.db.models import QuerySet  # noqa: E402
from django.http import HttpRequest, JsonResponse  # noqa: E402
from django.shortcuts import aget_object_or_404  # noqa: E402
from django.urls import include, path  # noqa: E402
from ninja import Field, NinjaAPI, Schema  # noqa: E402
from ninja.security import HttpBearer  # noqa: E402
from rest_framework.pagination import CursorPagination  # noqa: E402
from rest_framework.permissions import IsAuthenticated  # noqa: E402
from rest_framework.routers import SimpleRouter  # noqa: E402
from rest_framework.viewsets import ReadOnlyModelViewSet  # noqa: E402

from apps.authentication import selectors, tokens  # noqa: E402
from apps.authentication.apis.authentication import JWTAuthentication  # noqa: E402
from apps.authentication.models import User  # noqa: E402
from apps.orders.apis.serializers import OrderSerializer  # noqa: E402
from apps.orders.models import Order  # noqa: E402
from apps.orders.selectors import order_detail  # noqa: E402
from apps.products.apis.serializers import ProductSerializer  # noqa: E402
from apps.products.models import Category, Product  # noqa: E402
from apps.products.selectors import catalogue  # noqa: E402
from apps.vendors.models import Vendor  # noqa: E402

PAGE_SIZE = 20


def newest() -> QuerySet[Product]:
    """The first page of the catalogue."""
    return catalogue().order_by("-created_at")[:PAGE_SIZE]


async def bearer(token: str) -> User | None:
    """The user of an access token."""
    return await selectors.bearer(tokens.decode(token, tokens.TokenType.ACCESS)).afirst()


class NewestFirst(CursorPagination):
    page_size = PAGE_SIZE
    ordering = "-created_at"


class ProductViewSet(ReadOnlyModelViewSet[Product]):
    queryset = catalogue()
    serializer_class = ProductSerializer
    pagination_class = NewestFirst


class OrderViewSet(ReadOnlyModelViewSet[Order]):
    authentication_classes = (JWTAuthentication,)
    permission_classes = (IsAuthenticated,)
    serializer_class = OrderSerializer
    lookup_field = "public_id"

    def get_queryset(self) -> QuerySet[Order]:
        return order_detail().filter(customer=self.request.user)


router = SimpleRouter()
router.register("products", ProductViewSet, "product")
router.register("orders", OrderViewSet, "order")


class ReferenceSchema(Schema):
    id: UUID = Field(alias="public_id")
    name: str
    slug: str


class ProductSchema(ReferenceSchema):
    description: str
    price: Decimal
    currency: str
    available: int
    image_url: str | None
    is_active: bool
    category: ReferenceSchema
    vendor: ReferenceSchema
    created_at: datetime
    updated_at: datetime

    @staticmethod
    def resolve_image_url(product: Product) -> str | None:
        return product.image.url if product.image else None


class ProductsSchema(Schema):
    next: str | None
    previous: str | None
    results: list[ProductSchema]


class OrderItemSchema(Schema):
    product_id: UUID = Field(alias="product.public_id")
    product_name: str
    unit_price: Decimal
    quantity: int
    subtotal: Decimal = Field(alias="subtotal.amount")


class OrderSchema(Schema):
    id: UUID = Field(alias="public_id")
    status: str
    total_amount: Decimal
    currency: str
    items: list[OrderItemSchema]
    created_at: datetime
    updated_at: datetime


class Bearer(HttpBearer):
    async def authenticate(self, _request: HttpRequest, token: str) -> User | None:
        return await bearer(token)


ninja = NinjaAPI()


@ninja.get("products/", response=ProductsSchema)
async def ninja_products(request: HttpRequest) -> dict[str, Any]:  # noqa: ARG001 - Ninja's name
    return {"next": None, "previous": None, "results": [product async for product in newest()]}


@ninja.get("orders/{uuid:order_id}/", response=OrderSchema, auth=Bearer())
async def ninja_order(request: HttpRequest, order_id: UUID) -> Order:
    return await aget_object_or_404(order_detail(), customer=request.auth, public_id=order_id)


def reference(thing: Product | Category | Vendor) -> dict[str, Any]:
    return {"id": thing.public_id, "name": thing.name, "slug": thing.slug}


async def django_products(_request: HttpRequest) -> JsonResponse:
    products = [
        {
            **reference(product),
            "description": product.description,
            "price": product.price,
            "currency": product.currency,
            "available": product.available,
            "image_url": product.image.url if product.image else None,
            "is_active": product.is_active,
            "category": reference(product.category),
            "vendor": reference(product.vendor),
            "created_at": product.created_at,
            "updated_at": product.updated_at,
        }
        async for product in newest()
    ]
    return JsonResponse({"next": None, "previous": None, "results": products})


async def django_order(request: HttpRequest, order_id: UUID) -> JsonResponse:
    user = await bearer(request.headers["Authorization"].removeprefix("Bearer "))
    if user is None:
        return JsonResponse({}, status=401)
    order = await aget_object_or_404(order_detail(), customer=user, public_id=order_id)
    items = [
        {
            "product_id": item.product.public_id,
            "product_name": item.product_name,
            "unit_price": item.unit_price,
            "quantity": item.quantity,
            "subtotal": item.subtotal.amount,
        }
        for item in order.items.all()
    ]
    return JsonResponse(
        {
            "id": order.public_id,
            "status": order.status,
            "total_amount": order.total_amount,
            "currency": order.currency,
            "items": items,
            "created_at": order.created_at,
            "updated_at": order.updated_at,
        }
    )


urlpatterns = [
    path("drf/", include(router.urls)),
    path("ninja/", ninja.urls),
    path("django/products/", django_products),
    path("django/orders/<uuid:order_id>/", django_order),
]
