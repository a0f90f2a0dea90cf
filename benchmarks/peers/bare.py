"""No framework, no token, one query whose JSON PostgreSQL builds: what nothing in Python beats."""

import os
from collections.abc import Awaitable, Callable
from typing import Any

from psycopg_pool import AsyncConnectionPool

INSTANT = """to_char({} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')"""
PRODUCTS = f"""
SELECT json_build_object('next', null, 'previous', null, 'results', json_agg(document))::text
FROM (
    SELECT json_build_object(
        'id', p.public_id, 'name', p.name, 'slug', p.slug, 'description', p.description,
        'price', p.price::text, 'currency', p.currency,
        'available', coalesce(s.on_hand - s.reserved, 0),
        'image_url', nullif(p.image, ''), 'is_active', p.is_active,
        'category', json_build_object('id', c.public_id, 'name', c.name, 'slug', c.slug),
        'vendor', json_build_object('id', v.public_id, 'name', v.name, 'slug', v.slug),
        'created_at', {INSTANT.format("p.created_at")},
        'updated_at', {INSTANT.format("p.updated_at")}
    ) AS document
    FROM products_product p
    JOIN vendors_vendor v ON v.id = p.vendor_id
    JOIN products_category c ON c.id = p.category_id
    LEFT JOIN inventory_stockitem s ON s.product_id = p.id
    WHERE p.is_active AND v.is_active
    ORDER BY p.created_at DESC, p.public_id DESC LIMIT 20
) AS page
"""  # noqa: S608 - nothing but constants
ORDER = f"""
SELECT json_build_object(
    'id', o.public_id, 'status', o.status, 'total_amount', o.total_amount::text,
    'currency', o.currency,
    'items', (
        SELECT json_agg(json_build_object(
            'product_id', p.public_id, 'product_name', i.product_name,
            'unit_price', i.unit_price::text, 'quantity', i.quantity,
            'subtotal', (i.unit_price * i.quantity)::text
        ) ORDER BY i.id)
        FROM orders_orderitem i JOIN products_product p ON p.id = i.product_id
        WHERE i.order_id = o.id
    ),
    'created_at', {INSTANT.format("o.created_at")}, 'updated_at', {INSTANT.format("o.updated_at")}
)::text
FROM orders_order o WHERE o.public_id = %s
"""  # noqa: S608 - nothing but constants

pool = AsyncConnectionPool(
    os.environ["DATABASE_URL"], min_size=1, max_size=10, open=False, kwargs={"autocommit": True}
)


async def application(
    scope: dict[str, Any],
    receive: Callable[[], Awaitable[dict[str, Any]]],
    send: Callable[[dict[str, Any]], Awaitable[None]],
) -> None:
    """Serve `/products/` and `/orders/ID/`."""
    if scope["type"] == "lifespan":
        await receive()
        async with pool:
            await send({"type": "lifespan.startup.complete"})
            await receive()
        await send({"type": "lifespan.shutdown.complete"})
        return
    _, page, *key = scope["path"].rstrip("/").split("/")
    async with pool.connection() as connection:
        found = await connection.execute(PRODUCTS if page == "products" else ORDER, key)
        ((document,),) = await found.fetchall()
    body = document.encode()
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
    ]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})
