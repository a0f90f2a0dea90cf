"""How orders look, in whichever version of the API."""

from uuid import UUID

from django.db.models import F, OuterRef
from django.http import HttpRequest

from apps.authentication.models import User
from apps.common.errors import NotFound
from apps.common.fastpath.documents import JSON, Amount, Document, Documents, Instant, Shape
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


def order_document(user: User, order_id: UUID, request: HttpRequest) -> JSON:
    """One of the user's own orders.

    Raises:
        NotFound: There is none, or it is somebody else's.
    """
    shown = ORDER.one(selectors.orders_of(user).filter(public_id=order_id), request)
    if shown is None:
        raise NotFound("There is no such order.")
    return shown
