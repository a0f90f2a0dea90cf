"""Orders over version 2 of the API."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpResponse
from ninja import Query, Router

from apps.authentication.apis.bearer import SignedIn, as_caller, bearer, once_as_caller
from apps.authentication.models import User
from apps.authentication.selectors import user_of_login
from apps.common.async_ninja.openapi import IDEMPOTENT
from apps.common.async_ninja.operations import dump, send, send_page
from apps.common.async_ninja.reads import Read
from apps.common.async_ninja.schemas import PageSchema
from apps.common.context import bind_actor
from apps.common.fastpath.documents import JSON
from apps.common.idempotency import Answer
from apps.common.pagination import Page
from apps.common.roles import Role
from apps.orders import selectors, services
from apps.orders.apis.documents import ORDER, order_of
from apps.orders.apis.schemas import OrderQuery, OrderSchema, PlaceOrderSchema

router = Router(auth=bearer, tags=["orders"])


def _order_of_login(user_id: UUID, family: UUID, order_id: UUID) -> QuerySet[Any, Any]:
    orders = selectors.order_detail().filter(customer__in=user_of_login(user_id, family))
    return ORDER.select(orders.filter(public_id=order_id))


ORDER_OF_LOGIN = Read(_order_of_login)
"""One query that also sees whether the caller's login has ended."""


@router.get("/", response=PageSchema[OrderSchema], operation_id="orders_list")
async def list_orders(request: SignedIn, query: Query[OrderQuery]) -> HttpResponse:
    """List the caller's orders, newest first."""

    def read(user: User) -> Page:
        orders = selectors.orders_of(user)
        chosen = orders.filter(status=query.status) if query.status else orders
        return query.cut(request, ORDER.select(chosen))

    return send_page(request, await as_caller(request, read), ORDER)


@router.post(
    "/", response={201: OrderSchema}, operation_id="orders_place", openapi_extra=IDEMPOTENT
)
async def place_order(request: SignedIn, body: PlaceOrderSchema) -> HttpResponse:
    """Place an order: its stock is reserved until it is paid or cancelled."""

    def write(customer: User) -> Answer:
        order = services.place_order(customer=customer, lines=body.lines())
        return Answer(201, dump(OrderSchema, selectors.order_of(customer, order.public_id)))

    return await once_as_caller(request, write, Role.CLIENT)


@router.get("/{uuid:order_id}/", response=OrderSchema, operation_id="orders_detail")
async def order_detail(request: SignedIn, order_id: UUID) -> HttpResponse:
    """Show an order with its lines."""
    caller = request.auth
    found = await ORDER_OF_LOGIN.find(caller.user_id, caller.family, order_id)
    if found.rows:
        bind_actor(caller.user_id)
        return send(Answer(200, ORDER.show_one(found.rows, request)))

    def explain(user: User) -> JSON:
        return ORDER.show_one(order_of(user, order_id), request)

    return send(Answer(200, await as_caller(request, explain)))


@router.post(
    "/{uuid:order_id}/cancel/",
    response=OrderSchema,
    operation_id="orders_cancel",
    openapi_extra=IDEMPOTENT,
)
async def cancel_order(request: SignedIn, order_id: UUID) -> HttpResponse:
    """Cancel an order that no payment has begun for; its stock is released."""

    def write(user: User) -> Answer:
        services.cancel_order(order=selectors.order_of(user, order_id))
        return Answer(200, dump(OrderSchema, selectors.order_of(user, order_id)))

    return await once_as_caller(request, write)
