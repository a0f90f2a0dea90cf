"""How orders look, in whichever version of the API."""

from typing import Any
from uuid import UUID

from django.db.models import F, OuterRef, QuerySet

from apps.authentication.models import User
from apps.common.fastpath.documents import Amount, Document, Documents, Instant, Shape
from apps.orders import selectors
from apps.orders.apis.serializers import OrderSerializer
from apps.orders.models import Order, OrderItem

ITEM = Document(
    product_id=F("product__public_id"),
    product_name=F("product_name"),
    unit_price=Amount("unit_price"),
    quantity=F("quantity"),
    subtotal=Amount(F("unit_price") * F("quantity")),
)

ORDER = Shape[Order](
    kind="order",
    document=Document(
        id=F("public_id"),
        status=F("status"),
        total_amount=Amount("total_amount"),
        currency=F("currency"),
        items=Documents(
            OrderItem.objects.filter(order=OuterRef("pk")).order_by("pk").values_list(ITEM)
        ),
        created_at=Instant("created_at"),
        updated_at=Instant("updated_at"),
    ),
    plain=lambda order, _request: OrderSerializer(order).data,
)


def order_of(user: User, order_id: UUID) -> QuerySet[Any, Any]:
    """What to read of one of the user's own orders; no row if it is somebody else's."""
    return ORDER.select(selectors.orders_of(user).filter(public_id=order_id))
