"""Payments over version 2 of the API; gateways report to version 1, whose address they keep."""

from uuid import UUID

from django.http import HttpResponse
from ninja import Query, Router

from apps.authentication.apis.bearer import SignedIn, as_caller, bearer, once_as_caller
from apps.authentication.models import User
from apps.common.async_ninja.openapi import IDEMPOTENT
from apps.common.async_ninja.operations import dump
from apps.common.async_ninja.schemas import PageSchema
from apps.common.idempotency import Answer
from apps.common.pagination import Page
from apps.orders.selectors import order_of
from apps.payments import selectors, services
from apps.payments.apis.schemas import PaymentQuery, PaymentSchema, StartPaymentSchema
from apps.payments.models import Payment

router = Router(auth=bearer, tags=["payments"])


@router.get("/", response=PageSchema[PaymentSchema], operation_id="payments_list")
async def list_payments(request: SignedIn, query: Query[PaymentQuery]) -> Page:
    """List the caller's payments, newest first."""

    def read(user: User) -> Page:
        payments = selectors.payments_of(user)
        chosen = payments.filter(order__public_id=query.order_id) if query.order_id else payments
        return query.cut(request, chosen)

    return await as_caller(request, read)


@router.post(
    "/", response={202: PaymentSchema}, operation_id="payments_start", openapi_extra=IDEMPOTENT
)
async def start_payment(request: SignedIn, body: StartPaymentSchema) -> HttpResponse:
    """Pay an order.

    The gateway is asked in the background: follow the payment until its status is `succeeded` or
    `declined`.
    """

    def write(customer: User) -> Answer:
        order = order_of(customer, body.order_id)
        payment = services.start_payment(order=order, method=body.method)
        return Answer(202, dump(PaymentSchema, payment))

    return await once_as_caller(request, write)


@router.get("/{uuid:payment_id}/", response=PaymentSchema, operation_id="payments_detail")
async def payment_detail(request: SignedIn, payment_id: UUID) -> Payment:
    """Show a payment."""
    return await as_caller(request, lambda user: selectors.payment_of(user, payment_id))
