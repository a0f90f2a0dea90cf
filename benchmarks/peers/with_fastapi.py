"""FastAPI on psycopg's own pool: no ORM, response models by Pydantic."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

import jwt
from fastapi import Depends, FastAPI, HTTPException
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from psycopg.rows import dict_row
from psycopg_pool import AsyncConnectionPool
from pydantic import BaseModel

PRODUCTS = """
SELECT p.public_id AS id, p.name, p.slug, p.description, p.price, p.currency,
    coalesce(s.on_hand - s.reserved, 0) AS available, nullif(p.image, '') AS image_url, p.is_active,
    c.public_id AS category_id, c.name AS category_name, c.slug AS category_slug,
    v.public_id AS vendor_id, v.name AS vendor_name, v.slug AS vendor_slug,
    p.created_at, p.updated_at
FROM products_product p
JOIN vendors_vendor v ON v.id = p.vendor_id
JOIN products_category c ON c.id = p.category_id
LEFT JOIN inventory_stockitem s ON s.product_id = p.id
WHERE p.is_active AND v.is_active
ORDER BY p.created_at DESC, p.public_id DESC LIMIT 20
"""
USER = """
SELECT u.id FROM authentication_user u JOIN authentication_refreshtoken t ON t.user_id = u.id
WHERE u.public_id = %s AND u.is_active AND t.family = %s AND t.revoked_at IS NULL LIMIT 1
"""
ORDER = """
SELECT id AS key, public_id AS id, status, total_amount, currency, created_at, updated_at
FROM orders_order WHERE customer_id = %s AND public_id = %s
"""
ITEMS = """
SELECT p.public_id AS product_id, i.product_name, i.unit_price, i.quantity,
    i.unit_price * i.quantity AS subtotal
FROM orders_orderitem i JOIN products_product p ON p.id = i.product_id
WHERE i.order_id = %s ORDER BY i.id
"""

pool = AsyncConnectionPool(
    os.environ["DATABASE_URL"],
    min_size=1,
    max_size=10,
    open=False,
    kwargs={"autocommit": True, "row_factory": dict_row},
)


@asynccontextmanager
async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
    """Keep connections for as long as the process lives."""
    async with pool:
        yield


application = FastAPI(lifespan=lifespan)


class Reference(BaseModel):
    id: UUID
    name: str
    slug: str


class Product(Reference):
    description: str
    price: Decimal
    currency: str
    available: int
    image_url: str | None
    is_active: bool
    category: Reference
    vendor: Reference
    created_at: datetime
    updated_at: datetime


class Products(BaseModel):
    next: str | None
    previous: str | None
    results: list[Product]


class OrderItem(BaseModel):
    product_id: UUID
    product_name: str
    unit_price: Decimal
    quantity: int
    subtotal: Decimal


class Order(BaseModel):
    id: UUID
    status: str
    total_amount: Decimal
    currency: str
    items: list[OrderItem]
    created_at: datetime
    updated_at: datetime


type Token = Annotated[HTTPAuthorizationCredentials, Depends(HTTPBearer())]


def authentic(token: Token) -> dict[str, Any]:
    """What an authentic access token says."""
    options = {"require": ["exp", "iss", "typ"], "verify_iat": False}
    key = os.environ["APP_JWT_SIGNING_KEY"]
    return jwt.decode(token.credentials, key, algorithms=["HS256"], options=options)


def nested(product: dict[str, Any], name: str) -> dict[str, Any]:
    return {field: product[f"{name}_{field}"] for field in Reference.model_fields}


@application.get("/products/", response_model=Products)
async def products() -> dict[str, Any]:
    async with pool.connection() as connection:
        found = await (await connection.execute(PRODUCTS)).fetchall()
    results = [
        {**row, "category": nested(row, "category"), "vendor": nested(row, "vendor")}
        for row in found
    ]
    return {"next": None, "previous": None, "results": results}


@application.get("/orders/{order_id}/", response_model=Order)
async def order(
    order_id: UUID, claims: Annotated[dict[str, Any], Depends(authentic)]
) -> dict[str, Any]:
    async with pool.connection() as connection:
        user = await connection.execute(USER, (claims["sub"], claims["fam"]))
        if (caller := await user.fetchone()) is None:
            raise HTTPException(401)
        row = await (await connection.execute(ORDER, (caller["id"], order_id))).fetchone()
        if row is None:
            raise HTTPException(404)
        items = await (await connection.execute(ITEMS, (row["key"],))).fetchall()
    return {**row, "items": items}
