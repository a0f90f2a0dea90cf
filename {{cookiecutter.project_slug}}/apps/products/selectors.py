"""Reading the catalogue."""

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from functools import reduce
from operator import add
from typing import Any
from uuid import UUID

from django.db import connections
from django.db.models import Case, F, Q, QuerySet, Value, When
from django.db.models.expressions import RawSQL
from django.db.models.functions import Coalesce

from apps.common.caching import cached
from apps.common.errors import NotFound
from apps.products.models import SHOWN, Category, Product
from apps.products.search import SearchMatch, SearchRank, search_query, search_words
from apps.vendors.models import Vendor

RELEVANCE = "relevance"
ORDERINGS = (RELEVANCE, "-created_at", "created_at", "price", "-price", "name", "-name")
"""What the catalogue can be ordered by."""


def categories() -> QuerySet[Category]:
    """Every heading of the catalogue, by name."""
    return Category.objects.select_related("parent").order_by("name", "id")


@cached("categories", timedelta(minutes=10))
def category_documents() -> list[dict[str, str | None]]:
    """Every heading of the catalogue, by name, as the API shows it."""
    rows = categories().values_list("public_id", "name", "slug", "parent__slug")
    return [
        {"id": str(public_id), "name": name, "slug": slug, "parent": parent}
        for public_id, name, slug, parent in rows
    ]


BRANCH = """
WITH RECURSIVE branch (id) AS (
    SELECT id FROM products_category WHERE slug = %s
    UNION
    SELECT below.id FROM products_category below JOIN branch ON below.parent_id = branch.id
)
SELECT id FROM branch
"""


def category_branch(slug: str) -> RawSQL:
    """The keys of a category and of all that lie below it; empty when there is none.

    Raw, because Django's query sets cannot descend a tree.
    """
    return RawSQL(BRANCH, [slug])  # noqa: S611 - the slug is a parameter


def products() -> QuerySet[Product]:
    """Every product with its vendor and category, and as `available` the units free to sell.

    The inventory builds on this domain, so its tables are reached by the name of the relation only.
    """
    return (
        Product.objects.defer("search")
        .select_related("vendor", "category")
        .annotate(available=Coalesce(F("stock__on_hand") - F("stock__reserved"), 0))
    )


def catalogue() -> QuerySet[Product]:
    """The products that customers may see: active ones of active vendors."""
    return products().filter(SHOWN, vendor__is_active=True)


def products_of(vendor: Vendor) -> QuerySet[Product]:
    """What a vendor sells, and what it hides."""
    return products().filter(vendor=vendor)


def product_detail(public_id: UUID) -> Product:
    """One product of the catalogue.

    Raises:
        NotFound: Customers can see none with this id.
    """
    return _one(catalogue(), public_id)


def managed_product(public_id: UUID) -> Product:
    """One product, hidden or not, for those who manage it.

    Raises:
        NotFound: There is none with this id.
    """
    return _one(products(), public_id)


def browse(*, search: str = "", ordering: str = RELEVANCE, **conditions: Any) -> QuerySet[Product]:
    """The products of the catalogue that somebody looks for.

    Args:
        search: Words that must all occur.
        ordering: A column, or `RELEVANCE`: what matches best comes first, else the newest.
        conditions: Those of `filter_products`.
    """
    found = search_products(filter_products(catalogue(), **conditions), search)
    return found if ordering == RELEVANCE else found.order_by(ordering)


def filter_products(
    queryset: QuerySet[Product],
    *,
    category: str | None = None,
    vendor: UUID | None = None,
    min_price: Decimal | None = None,
    max_price: Decimal | None = None,
    in_stock: bool | None = None,
) -> QuerySet[Product]:
    """The products that meet every given condition.

    Args:
        queryset: Products with their availability, as `products()` gives them.
        category: Slug; what lies below the category counts as well.
        vendor: Public id.
        min_price: In the main unit of the currency, inclusive.
        max_price: In the main unit of the currency, inclusive.
        in_stock: Whether there is a unit free to sell.
    """
    if category is not None:
        queryset = queryset.filter(category__in=category_branch(category))
    if vendor is not None:
        queryset = queryset.filter(vendor__public_id=vendor)
    if min_price is not None:
        queryset = queryset.filter(price__gte=min_price)
    if max_price is not None:
        queryset = queryset.filter(price__lte=max_price)
    if in_stock is not None:
        queryset = queryset.filter(Q(available__gt=0) if in_stock else Q(available=0))
    return queryset


def search_products(queryset: QuerySet[Product], query: str) -> QuerySet[Product]:
    """The products with every word, the most relevant first; without words all, the newest first.

    PostgreSQL looks the beginnings of words and of their stems up in an index; any other database
    looks for the words in all texts, within other words as well.
    """
    words = search_words(query)
    if not words:
        return queryset.order_by("-created_at")
    on_postgresql = connections[queryset.db].vendor == "postgresql"
    return _search_words(queryset, words) if on_postgresql else _search_text(queryset, words)


def _search_words(queryset: QuerySet[Product], words: Sequence[str]) -> QuerySet[Product]:
    sought = F("search"), search_query(words)
    found = queryset.filter(SearchMatch(*sought)).annotate(relevance=SearchRank(*sought))
    return found.order_by("-relevance", "-public_id")


def _search_text(queryset: QuerySet[Product], words: Sequence[str]) -> QuerySet[Product]:
    for word in words:
        queryset = queryset.filter(search__icontains=word)
    in_name = (Case(When(name__icontains=word, then=1), default=0) for word in words)
    found = queryset.annotate(relevance=reduce(add, in_name, Value(0)))
    return found.order_by("-relevance", "-public_id")


def _one(queryset: QuerySet[Product], public_id: UUID) -> Product:
    product = queryset.filter(public_id=public_id).first()
    if product is None:
        raise NotFound("There is no such product.")
    return product
