"""Figures over version 2 of the API."""

from functools import partial

from django.http import HttpResponse
from ninja import Router

from apps.analytics.apis.schemas import DashboardSchema
from apps.analytics.selectors import Dashboard, statistics, top_products
from apps.authentication.apis.bearer import SignedIn, as_caller, bearer
from apps.common.async_ninja.operations import dump, send
from apps.common.async_ninja.parallel import parallel
from apps.common.idempotency import Answer
from apps.common.roles import Role
from apps.vendors.selectors import vendor_of

router = Router(auth=bearer, tags=["vendors"])


@router.get("/", response=DashboardSchema, operation_id="vendors_me_dashboard")
async def vendor_dashboard(request: SignedIn) -> HttpResponse:
    """Show what the caller has sold within the last 30 days, and has to sell now."""
    vendor = await as_caller(request, vendor_of, Role.VENDOR)
    figures, best = await parallel(partial(statistics, vendor), partial(top_products, vendor))
    return send(Answer(200, dump(DashboardSchema, Dashboard(vendor, figures, best))))
