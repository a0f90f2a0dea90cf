"""The catalogue over version 2 of the API."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from ninja import Query, Router

from apps.authentication.apis.bearer import (
    SignedIn,
    anyone,
    as_caller,
    bearer,
    once_as_caller,
    require_owner,
)
from apps.authentication.models import User
from apps.common.async_ninja.openapi import IDEMPOTENT
from apps.common.async_ninja.operations import send, send_page
from apps.common.async_ninja.reads import Read
from apps.common.async_ninja.schemas import PageQuery, PageSchema
from apps.common.errors import InvalidInput
from apps.common.idempotency import Answer
from apps.common.money import Money, default_currency
from apps.common.pagination import Page
from apps.common.roles import Role
from apps.products import selectors, services
from apps.products.apis.documents import PRODUCT, product_of_catalogue
from apps.products.apis.schemas import (
    CatalogueQuery,
    CategorySchema,
    ProductChanges,
    ProductInput,
    ProductSchema,
)
from apps.products.models import Category
from apps.vendors.selectors import vendor_of

router = Router(auth=anyone, tags=["products"])


def _browse(query: CatalogueQuery) -> QuerySet[Any, Any]:
    return query.choose(PRODUCT.select(selectors.browse(**query.conditions())))


CATALOGUE = Read(_browse)
PRODUCT_OF_CATALOGUE = Read(product_of_catalogue)


@router.get("categories/", response=list[CategorySchema], operation_id="categories_list")
async def list_categories(request: HttpRequest) -> HttpResponse:  # noqa: ARG001 - Ninja names it
    """List the categories, by name; `parent` makes a tree of them."""
    return send(Answer(200, await selectors.category_documents.find()))


@router.get("products/", response=PageSchema[ProductSchema], operation_id="products_list")
async def list_products(request: HttpRequest, query: Query[CatalogueQuery]) -> HttpResponse:
    """List the products for sale, newest first unless there is a search or another order."""
    page = query.page(request, await CATALOGUE.find(query))
    return send_page(request, page, PRODUCT)


@router.post(
    "products/",
    auth=bearer,
    response={201: ProductSchema},
    operation_id="products_create",
    openapi_extra=IDEMPOTENT,
)
async def create_product(request: SignedIn, body: ProductInput) -> HttpResponse:
    """Offer a new product; there is nothing to sell until its stock is set."""

    def write(user: User) -> Answer:
        facts = _facts(body.model_dump(), default_currency())
        product = services.create_product(vendor=vendor_of(user), **facts)
        return Answer(201, _shown(product.public_id, request))

    return await once_as_caller(request, write, Role.VENDOR)


@router.get(
    "products/mine/", auth=bearer, response=PageSchema[ProductSchema], operation_id="products_mine"
)
async def list_own_products(request: SignedIn, query: Query[PageQuery]) -> HttpResponse:
    """List the caller's own products, newest first; hidden ones are among them."""

    def read(user: User) -> Page:
        return query.cut(request, PRODUCT.select(selectors.products_of(vendor_of(user))))

    return send_page(request, await as_caller(request, read, Role.VENDOR), PRODUCT)


@router.get("products/{uuid:product_id}/", response=ProductSchema, operation_id="products_detail")
async def product_detail(request: HttpRequest, product_id: UUID) -> HttpResponse:
    """Show a product."""
    found = await PRODUCT_OF_CATALOGUE.find(product_id)
    return send(Answer(200, PRODUCT.show_one(found.rows, request)))


@router.patch(
    "products/{uuid:product_id}/",
    auth=bearer,
    response=ProductSchema,
    operation_id="products_update",
    openapi_extra=IDEMPOTENT,
)
async def update_product(request: SignedIn, product_id: UUID, body: ProductChanges) -> HttpResponse:
    """Change a product, or hide it from customers."""

    def write(user: User) -> Answer:
        product = selectors.managed_product(product_id)
        require_owner(user, product)
        facts = _facts(body.model_dump(exclude_unset=True), product.currency)
        services.update_product(product=product, **facts)
        return Answer(200, _shown(product_id, request))

    return await once_as_caller(request, write, Role.VENDOR)


def _shown(product_id: UUID, request: HttpRequest) -> dict[str, Any]:
    """A product as its vendor sees it, hidden or not."""
    return PRODUCT.plain(selectors.managed_product(product_id), request)


def _facts(given: dict[str, Any], currency: str) -> dict[str, Any]:
    """What the services take.

    Raises:
        InvalidInput: There is no such category.
    """
    facts = dict(given)
    if "category" in facts:
        facts["category"] = _category(facts["category"])
    if "price" in facts:
        facts["price"] = Money(facts["price"], currency)
    return facts


def _category(slug: str) -> Category:
    category = Category.objects.filter(slug=slug).first()
    if category is None:
        problem = {"field": "category", "message": "There is no such category."}
        raise InvalidInput(
            "Some fields are not valid.", errors=[{**problem, "code": "does_not_exist"}]
        )
    return category
