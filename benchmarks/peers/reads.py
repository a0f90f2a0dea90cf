"""Several reads in one operation, made in every way: reads that only take time, and a dashboard."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.urls import path
from ninja import NinjaAPI
from orjson import Fragment

from apps.analytics.apis.schemas import DashboardSchema
from apps.analytics.selectors import Dashboard, statistics, top_products, vendor_dashboard
from apps.common.async_ninja.operations import dump, on_thread, send
from apps.common.async_ninja.parallel import parallel
from apps.common.idempotency import Answer
from apps.vendors.models import Vendor

type Read = Callable[[], Any]

# What `vendor_dashboard` finds, without the profile.
QUERY = """
WITH sold AS MATERIALIZED (
    SELECT line.order_id, line.product_id, line.quantity, placed.currency,
           line.unit_price * line.quantity AS revenue
    FROM orders_orderitem line
    JOIN orders_order placed ON placed.id = line.order_id
    JOIN products_product product ON product.id = line.product_id
    WHERE product.vendor_id = %(vendor)s AND placed.status = 'paid'
      AND placed.created_at >= now() - interval '30 days'
), revenue AS (
    SELECT json_agg(json_build_object('amount', amount::text, 'currency', currency)) AS sums
    FROM (SELECT currency, sum(revenue) AS amount FROM sold GROUP BY 1 ORDER BY 1) sums
), stock AS (
    SELECT count(*) FILTER (WHERE on_hand > reserved) AS on_sale,
           count(*) FILTER (WHERE on_hand > reserved IS NOT TRUE) AS sold_out
    FROM products_product product
    JOIN vendors_vendor vendor ON vendor.id = product.vendor_id AND vendor.is_active
    LEFT JOIN inventory_stockitem stock ON stock.product_id = product.id
    WHERE product.vendor_id = %(vendor)s AND product.is_active
), best AS (
    SELECT product.public_id, product.name, units, amount, sums.currency
    FROM (
        SELECT product_id, currency, sum(quantity) AS units, sum(revenue) AS amount
        FROM sold GROUP BY 1, 2
    ) sums
    JOIN products_product product ON product.id = sums.product_id
    ORDER BY units DESC, product.public_id DESC LIMIT 5
)
SELECT json_build_object(
    'orders_paid', (SELECT count(DISTINCT order_id) FROM sold),
    'units_sold', (SELECT coalesce(sum(quantity), 0) FROM sold),
    'revenue', (SELECT coalesce(sums, '[]') FROM revenue),
    'products_on_sale', (SELECT on_sale FROM stock),
    'products_sold_out', (SELECT sold_out FROM stock)
)::text, (
    SELECT coalesce(json_agg(json_build_object(
        'product_id', public_id, 'name', name, 'units_sold', units,
        'revenue', json_build_object('amount', amount::text, 'currency', currency)
    )), '[]') FROM best
)::text
"""

api = NinjaAPI(urls_namespace="reads")


async def one_by_one(*reads: Read) -> None:
    for read in reads:
        await on_thread(read)


async def gathered(*reads: Read) -> None:
    await asyncio.gather(*map(on_thread, reads))


async def in_one_visit(*reads: Read) -> None:
    await on_thread(lambda: [read() for read in reads])


WAYS: dict[str, Callable[..., Awaitable[object]]] = {
    "one-by-one": one_by_one,
    "gather": gathered,
    "one-visit": in_one_visit,
    "parallel": parallel,
}


@api.get("naps/{way}/{milliseconds}/")
async def naps(request: HttpRequest, way: str, milliseconds: float) -> HttpResponse:  # noqa: ARG001
    """Make three reads that take so long."""

    def nap() -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_sleep(%s)", [milliseconds / 1000])

    await WAYS[way](nap, nap, nap)
    return send(Answer(204, None))


@api.get("dashboards/one-by-one/{slug}/")
async def dashboard_one_by_one(request: HttpRequest, slug: str) -> HttpResponse:  # noqa: ARG001
    vendor = await on_thread(lambda: Vendor.objects.get(slug=slug))
    figures = await on_thread(partial(statistics, vendor))
    best = await on_thread(partial(top_products, vendor))
    return show(Dashboard(vendor, figures, best))


@api.get("dashboards/one-visit/{slug}/")
async def dashboard_in_one_visit(request: HttpRequest, slug: str) -> HttpResponse:  # noqa: ARG001
    return show(await on_thread(lambda: vendor_dashboard(Vendor.objects.get(slug=slug))))


@api.get("dashboards/parallel/{slug}/")
async def dashboard_in_parallel(request: HttpRequest, slug: str) -> HttpResponse:  # noqa: ARG001
    vendor = await on_thread(lambda: Vendor.objects.get(slug=slug))
    figures, best = await parallel(partial(statistics, vendor), partial(top_products, vendor))
    return show(Dashboard(vendor, figures, best))


@api.get("dashboards/one-query/{slug}/")
async def dashboard_in_one_query(request: HttpRequest, slug: str) -> HttpResponse:  # noqa: ARG001
    def read() -> dict[str, Any]:
        vendor = Vendor.objects.get(slug=slug)
        with connection.cursor() as cursor:
            cursor.execute(QUERY, {"vendor": vendor.pk})
            figures, best = map(Fragment, cursor.fetchone())
        profile = dump(DashboardSchema.model_fields["vendor"].annotation, vendor)
        return {"vendor": profile, "statistics": figures, "top_products": best}

    return send(Answer(200, await on_thread(read)))


def show(dashboard: Dashboard) -> HttpResponse:
    return send(Answer(200, dump(DashboardSchema, dashboard)))


urlpatterns = [path("api/reads/", api.urls)]
