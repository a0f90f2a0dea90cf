"""Stock over version 2 of the API."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import Router

from apps.authentication.apis.bearer import SignedIn, anyone, bearer, once_as_caller, require_owner
from apps.authentication.models import User
from apps.common.async_ninja.openapi import IDEMPOTENT
from apps.common.async_ninja.operations import dump, on_thread
from apps.common.idempotency import Answer
from apps.common.roles import Role
from apps.inventory import selectors, services
from apps.inventory.apis.schemas import AvailabilitySchema, StockInput, StockSchema
from apps.products.selectors import managed_product, product_detail

router = Router(auth=anyone, tags=["inventory"])


@router.get("/{uuid:product_id}/", response=AvailabilitySchema, operation_id="inventory_available")
async def available(request: HttpRequest, product_id: UUID) -> AvailabilitySchema:  # noqa: ARG001 - Ninja names it
    """Show how many units of a product are free to sell."""
    units = await on_thread(lambda: selectors.available(product_detail(product_id)))
    return AvailabilitySchema(product_id=product_id, available=units)


@router.put(
    "/{uuid:product_id}/",
    auth=bearer,
    response=StockSchema,
    operation_id="inventory_set",
    openapi_extra=IDEMPOTENT,
)
async def set_stock(request: SignedIn, product_id: UUID, body: StockInput) -> HttpResponse:
    """Declare how many units there are; not less than are reserved."""

    def write(user: User) -> Answer:
        product = managed_product(product_id)
        require_owner(user, product)
        stock = services.set_stock(product=product, on_hand=body.on_hand)
        return Answer(200, dump(StockSchema, stock))

    return await once_as_caller(request, write, Role.VENDOR)
