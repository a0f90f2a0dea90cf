"""Vendor profiles over version 2 of the API."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router

from apps.authentication.apis.bearer import SignedIn, anyone, as_caller, bearer, once_as_caller
from apps.authentication.models import User
from apps.common.async_ninja.openapi import IDEMPOTENT
from apps.common.async_ninja.operations import dump, on_thread, send
from apps.common.async_ninja.schemas import PageQuery, PageSchema
from apps.common.idempotency import Answer
from apps.common.pagination import Page
from apps.common.roles import Role
from apps.vendors import selectors, services
from apps.vendors.apis.schemas import VendorChanges, VendorInput, VendorSchema
from apps.vendors.models import Vendor

router = Router(auth=anyone, tags=["vendors"])


@router.get("/", response=PageSchema[VendorSchema], operation_id="vendors_list")
async def list_vendors(request: HttpRequest, query: Query[PageQuery]) -> Page:
    """List the vendors, newest first."""
    return await on_thread(lambda: query.cut(request, selectors.active_vendors()))


@router.post(
    "/",
    auth=bearer,
    response={201: VendorSchema},
    operation_id="vendors_create",
    openapi_extra=IDEMPOTENT,
)
async def create_vendor(request: SignedIn, body: VendorInput) -> HttpResponse:
    """Create the profile to sell under; a user has one."""

    def write(user: User) -> Answer:
        vendor = services.create_vendor(user=user, **body.model_dump())
        return Answer(201, dump(VendorSchema, vendor))

    return await once_as_caller(request, write, Role.VENDOR)


@router.get("/me/", auth=bearer, response=VendorSchema, operation_id="vendors_me")
async def own_vendor(request: SignedIn) -> Vendor:
    """Show the caller's own profile, even when it is hidden from customers."""
    return await as_caller(request, selectors.vendor_of, Role.VENDOR)


@router.patch(
    "/me/",
    auth=bearer,
    response=VendorSchema,
    operation_id="vendors_me_update",
    openapi_extra=IDEMPOTENT,
)
async def update_own_vendor(request: SignedIn, body: VendorChanges) -> HttpResponse:
    """Change the caller's own profile; the slug stays, so that links do."""

    def write(user: User) -> Answer:
        changes = body.model_dump(exclude_unset=True)
        vendor = services.update_vendor(vendor=selectors.vendor_of(user), **changes)
        return Answer(200, dump(VendorSchema, vendor))

    return await once_as_caller(request, write, Role.VENDOR)


@router.get("/{uuid:vendor_id}/", response=VendorSchema, operation_id="vendors_detail")
async def vendor_detail(request: HttpRequest, vendor_id: UUID) -> HttpResponse:  # noqa: ARG001 - Ninja names it
    """Show a vendor."""
    return send(Answer(200, await selectors.vendor_document.find(vendor_id)))
