"""What the demo shop holds; every figure follows from its position, so that each run agrees."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from itertools import cycle, islice

PASSWORD = "fashion-forward-demo"  # noqa: S105 - it is printed for whoever tries the shop
ADMIN = "admin@example.com"
CUSTOMER = "customer@example.com"

VENDORS = {
    "Ada Atelier": "Tailored pieces, cut and sewn to order.",
    "Kente & Co": "Hand-woven cloth and everything made of it.",
    "Northern Knit": "Wool, spun and knitted where the sheep graze.",
}

CATEGORIES = {
    "Women": ("Dresses", "Blouses"),
    "Men": ("Shirts", "Trousers"),
    "Accessories": ("Bags", "Scarves"),
}

STYLES = ("Linen", "Silk", "Denim", "Wool", "Cotton", "Velvet", "Kente", "Corduroy")
COLOURS = ("Indigo", "Ivory", "Crimson", "Olive", "Charcoal", "Saffron", "Teal")
ARTICLES = {
    "Dresses": "Wrap Dress",
    "Blouses": "Blouse",
    "Shirts": "Shirt",
    "Trousers": "Trousers",
    "Bags": "Tote Bag",
    "Scarves": "Scarf",
}

PRODUCTS_PER_SCALE = 24
ORDERS_PER_SCALE = 3


@dataclass(frozen=True, slots=True)
class Piece:
    """A product of the demo shop."""

    name: str
    category: str
    vendor: str
    description: str
    price: Decimal
    units: int


def pieces(scale: int) -> Iterator[Piece]:
    """The products of a shop of this size, always the same and never two of one name."""
    articles, vendors = cycle(ARTICLES.items()), cycle(VENDORS)
    for number, (category, article), vendor in zip(
        range(PRODUCTS_PER_SCALE * scale), articles, vendors, strict=False
    ):
        colour = COLOURS[number % len(COLOURS)]
        style = STYLES[number // len(ARTICLES) % len(STYLES)]
        yield Piece(
            name=f"{colour} {style} {article} No. {number + 1}",
            category=category,
            vendor=vendor,
            description=f"{article} of {style.lower()}, dyed {colour.lower()}. Made by {vendor}.",
            price=Decimal(1900 + 350 * (number % 40)) / 100,
            units=10 + number % 25,
        )


def vendor_email(name: str) -> str:
    """The address under which a vendor of the demo shop signs in."""
    return f"{name.split(maxsplit=1)[0].lower()}@example.com"


def orders(scale: int) -> Iterator[tuple[str, str]]:
    """The orders of a shop of this size: the name of a product and a means of payment."""
    methods = cycle(("fake_success", "fake_success", "fake_decline"))
    for piece, method in islice(
        zip(pieces(scale), methods, strict=False), ORDERS_PER_SCALE * scale
    ):
        yield piece.name, method
