"""What the catalogue looks like in version 2, which is what it looks like in version 1."""

from decimal import Decimal
from typing import Annotated, Any, Literal
from uuid import UUID

from ninja import Field, Schema

from apps.common.async_ninja.schemas import Amount, Input, Instant, Line, PageQuery, Text, filled
from apps.common.money import CENT

type Price = Annotated[Decimal, Field(ge=0, max_digits=12, decimal_places=2)]

Slug = Annotated[str, filled, Field(pattern=r"^[-a-zA-Z0-9_]+$")]
CategorySlug = Annotated[Slug, Field(max_length=120, description="Slug of a category.")]


class CatalogueQuery(PageQuery):
    """What the catalogue can be narrowed to, and in which order it comes."""

    search: Annotated[Text, Field(max_length=100)] = Field(
        default="",
        description="Words, or their beginnings, that must all occur in the name, the description, "
        "or the name of the vendor or category.",
    )
    category: Slug | None = Field(
        default=None, description="Slug of a category; those below it are included."
    )
    vendor: UUID | None = None
    min_price: Price | None = None
    max_price: Price | None = None
    in_stock: bool | None = None
    ordering: Literal[
        "relevance", "-created_at", "created_at", "price", "-price", "name", "-name"
    ] = Field(
        default="relevance",
        description="By relevance, what matches `search` best comes first; among equals, and "
        "without a search, the newest.",
    )

    def conditions(self) -> dict[str, Any]:
        """What `selectors.browse` takes."""
        return self.model_dump(exclude=set(PageQuery.model_fields))


class CategorySchema(Schema):
    """A heading of the catalogue; `parent` is the slug of the one above it."""

    id: UUID = Field(alias="public_id")
    name: str
    slug: str
    parent: str | None = Field(alias="parent.slug", default=None)


class Reference(Schema):
    """A category or a vendor, named."""

    id: UUID = Field(alias="public_id")
    name: str
    slug: str


class ProductSchema(Schema):
    """A product as customers see it."""

    id: UUID = Field(alias="public_id")
    name: str
    slug: str
    description: str
    price: Amount
    currency: str
    available: int = Field(description="Units that are free to sell.")
    image_url: str | None
    is_active: bool
    category: Reference
    vendor: Reference
    created_at: Instant
    updated_at: Instant


class ProductInput(Input):
    """What a vendor says about a product; the price is in the shop's currency."""

    category: CategorySlug
    name: Annotated[Line, Field(max_length=200)]
    description: Annotated[Text, Field(max_length=10_000)] = ""
    price: Annotated[Price, Field(ge=CENT)]
    is_active: bool = True


class ProductChanges(ProductInput):
    """What changes about a product; what is not given stays as it is."""

    category: CategorySlug = ""
    name: Annotated[Line, Field(max_length=200)] = ""
    price: Annotated[Price, Field(ge=CENT)] = CENT
