"""Orders over version 2 of the API."""

from uuid import UUID

from django.http import HttpResponse
from ninja import Query, Router

from apps.authentication.apis.bearer import SignedIn, as_caller, bearer, once_as_caller
from apps.authentication.models import User
from apps.common.async_ninja.operations import dump, send, send_page
from apps.common.async_ninja.schemas import PageSchema
from apps.common.fastpath.documents import JSON
from apps.common.idempotency import Answer
from apps.common.pagination import Page
from apps.common.roles import Role
from apps.orders import selectors, services
from apps.orders.apis.documents import ORDER, order_document
from apps.orders.apis.schemas import OrderQuery, OrderSchema, PlaceOrderSchema

router = Router(auth=bearer, tags=["orders"])


@router.get("/", response=PageSchema[OrderSchema], operation_id="orders_list")
async def list_orders(request: SignedIn, query: Query[OrderQuery]) -> HttpResponse:
    """List the caller's orders, newest first."""

    def read(user: User) -> Page:
        orders = selectors.orders_of(user)
        chosen = orders.filter(status=query.status) if query.status else orders
        return query.cut(request, ORDER.select(chosen))

    return send_page(request, await as_caller(request, read), ORDER)


@router.post("/", response={201: OrderSchema}, operation_id="orders_place")
async def place_order(request: SignedIn, body: PlaceOrderSchema) -> HttpResponse:
    """Place an order: its stock is reserved until it is paid or cancelled."""

    def write(customer: User) -> Answer:
        order = services.place_order(customer=customer, lines=body.lines())
        return Answer(201, dump(OrderSchema, selectors.order_of(customer, order.public_id)))

    return await once_as_caller(request, write, Role.CLIENT)


@router.get("/{uuid:order_id}/", response=OrderSchema, operation_id="orders_detail")
async def order_detail(request: SignedIn, order_id: UUID) -> HttpResponse:
    """Show an order with its lines."""

    def read(user: User) -> JSON:
        return order_document(user, order_id, request)

    return send(Answer(200, await as_caller(request, read)))


@router.post("/{uuid:order_id}/cancel/", response=OrderSchema, operation_id="orders_cancel")
async def cancel_order(request: SignedIn, order_id: UUID) -> HttpResponse:
    """Cancel an order that no payment has begun for; its stock is released."""

    def write(user: User) -> Answer:
        services.cancel_order(order=selectors.order_of(user, order_id))
        return Answer(200, dump(OrderSchema, selectors.order_of(user, order_id)))

    return await once_as_caller(request, write)
